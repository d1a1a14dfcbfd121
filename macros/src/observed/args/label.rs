//! What is between the parentheses of `labels(…)` and `after(…)`.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Token, parenthesized, token};

use super::{Label, equals, expected, list, set};
use crate::diag::{Errors, did_you_mean, listed};

pub fn labels(input: ParseStream<'_>, key: &Ident, form: &str, errors: &Errors) -> syn::Result<Vec<Label>> {
    if !input.peek(token::Paren) {
        return Err(expected(input, key, form));
    }
    let inner;
    parenthesized!(inner in input);
    let mut labels = Vec::new();
    list(&inner, errors, |inner| {
        labels.push(label(inner, key, errors)?);
        Ok(())
    });
    Ok(labels)
}

fn label(input: ParseStream<'_>, of: &Ident, errors: &Errors) -> syn::Result<Label> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected the name of a label"));
    }
    let name = input.call(Ident::parse_any)?;
    if input.peek(Token![.]) || input.peek(Token![::]) {
        return Err(syn::Error::new_spanned(&name, "a label from an expression needs a name: `name = expression`"));
    }
    let mut label = Label { name, most: None, flatten: None, ty: None, value: None };
    if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        list(&inner, errors, |inner| of_label(inner, &mut label, errors));
    }
    if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        label.ty = Some(input.parse()?);
        let form = if of == "after" { "`name: Type = |returned| …`" } else { "`name: Type = expression`" };
        equals(input, &label.name, form)?;
        label.value = Some(input.parse()?);
    } else if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        label.value = Some(input.parse()?);
    }
    Ok(label)
}

/// An argument of one label.
fn of_label(input: ParseStream<'_>, label: &mut Label, errors: &Errors) -> syn::Result<()> {
    const KNOWN: [&str; 2] = ["max", "flatten"];
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected an argument of the label `{}` such as `max = 64`", label.name)));
    }
    let key = input.call(Ident::parse_any)?;
    match key.to_string().as_str() {
        "max" => {
            equals(input, &key, "`max = 64`")?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(expected(input, &key, "`max = 64`"));
            }
            set(&mut label.most, input.parse()?, &key, errors);
        }
        "flatten" => {
            if input.peek(Token![=]) {
                return Err(syn::Error::new_spanned(&key, "`flatten` takes no value; remove it"));
            }
            set(&mut label.flatten, key.clone(), &key, errors);
        }
        word => {
            let remedy = match did_you_mean(word, KNOWN) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(&KNOWN)),
            };
            let message = format!("unknown argument `{word}` of the label `{}`; {remedy}", label.name);
            return Err(syn::Error::new_spanned(&key, message));
        }
    }
    Ok(())
}
