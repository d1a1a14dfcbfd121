//! What is between the parentheses of `counter(…)`, `histogram(…)`, `in_flight(…)` and `busy(…)`.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, LitStr, Token, parenthesized, token};

use super::{Metric, buckets, equals, expected, list, set};
use crate::diag::{Errors, did_you_mean, listed};

/// Nothing, `= "name"`, `= false`, or `(name = "…", help = "…", buckets = …)`.
pub fn metric(input: ParseStream<'_>, key: &Ident, has_buckets: bool, errors: &Errors) -> syn::Result<Metric> {
    let mut metric = Metric { key: key.clone(), off: false, name: None, help: None, buckets: None, labels: None };
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.peek(LitStr) {
            metric.name = Some(input.parse()?);
        } else if input.peek(LitBool) {
            metric.off = !input.parse::<LitBool>()?.value;
        } else {
            return Err(expected(
                input,
                key,
                &format!("a string, the family's name: `{key} = \"…\"`, or `{key} = false`"),
            ));
        }
    } else if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        list(&inner, errors, |inner| inside(inner, &mut metric, has_buckets, errors));
    }
    Ok(metric)
}

fn inside(input: ParseStream<'_>, metric: &mut Metric, has_buckets: bool, errors: &Errors) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected an argument of `{}(…)` such as `name = \"…\"`", metric.key)));
    }
    let key = input.call(Ident::parse_any)?;
    let known: &[&str] = if has_buckets { &["name", "help", "labels", "buckets"] } else { &["name", "help", "labels"] };
    match key.to_string().as_str() {
        "name" => set(&mut metric.name, string(input, &key)?, &key, errors),
        "help" => set(&mut metric.help, string(input, &key)?, &key, errors),
        "labels" => {
            if !input.peek(token::Paren) {
                return Err(expected(input, &key, "`labels(task_name, status)`"));
            }
            let inner;
            parenthesized!(inner in input);
            let mut labels = Vec::new();
            list(&inner, errors, |inner| {
                if !inner.peek(Ident::peek_any) {
                    return Err(inner.error("expected the name of a label"));
                }
                labels.push(inner.call(Ident::parse_any)?);
                Ok(())
            });
            set(&mut metric.labels, labels, &key, errors);
        }
        "buckets" if has_buckets => set(&mut metric.buckets, buckets(input, &key)?, &key, errors),
        word => {
            let remedy = match did_you_mean(word, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(known)),
            };
            return Err(syn::Error::new_spanned(
                &key,
                format!("unknown argument `{word}` of `{}(…)`; {remedy}", metric.key),
            ));
        }
    }
    Ok(())
}

fn string(input: ParseStream<'_>, key: &Ident) -> syn::Result<LitStr> {
    let form = format!("a string: `{key} = \"…\"`");
    equals(input, key, &form)?;
    if input.peek(LitStr) { input.parse() } else { Err(expected(input, key, &form)) }
}
