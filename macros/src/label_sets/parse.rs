//! The tokens of a type → [`LabelSet`].

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Expr, ExprLit, Fields, Lit};

use super::model::{Field, Holds, LabelSet};
use crate::diag::Errors;
use crate::labels::options;
use crate::names;

pub fn set(input: TokenStream, errors: &Errors) -> Option<LabelSet> {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = options(&input.attrs, &["crate"], errors);
    let Data::Struct(data) = input.data else {
        errors.at(&input.ident, "`#[derive(LabelSet)]` goes on a struct, whose fields are the labels");
        return None;
    };
    let fields = match data.fields {
        Fields::Named(fields) => fields.named,
        Fields::Unit => Punctuated::default(),
        Fields::Unnamed(fields) => {
            errors.at(&fields, "a label needs a name; give the fields names");
            return None;
        }
    };
    let fields: Vec<Field> = fields.into_iter().filter_map(|field| self::field(field, errors)).collect();
    no_name_twice(&fields, errors);
    Some(LabelSet { name: input.ident, generics: input.generics, krate: options.krate, fields })
}

fn field(field: syn::Field, errors: &Errors) -> Option<Field> {
    let options = options(&field.attrs, &["rename", "max", "flatten"], errors);
    let ident = field.ident?;
    let name = options.rename.as_ref().map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
    if let Some(flatten) = &options.flatten {
        let other = [options.rename.as_ref().map(|_| "rename"), options.most.as_ref().map(|_| "max")];
        if let Some(other) = other.into_iter().flatten().next() {
            errors.at(flatten, format!("`flatten` takes the labels of another set as they are; remove `{other}`"));
        }
        return Some(Field { name: ident, ty: field.ty, holds: Holds::Set });
    }
    if let Err(message) = names::label(&name) {
        match &options.rename {
            Some(rename) => errors.at(rename, message),
            None => errors.at(&ident, format!("{message}, by `#[label(rename = \"…\")]`")),
        }
    }
    let holds = match options.most {
        Some(most) => {
            if matches!(&most, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_digits() == "0") {
                errors.at(&most, "the label would keep no value; `max` is at least 1");
            } else if matches!(&most, Expr::Unary(_))
                || matches!(&most, Expr::Lit(lit) if !matches!(lit.lit, Lit::Int(_)))
            {
                errors.at(&most, "expected the number of values to keep: `max = 64`, or the name of a constant");
            }
            Holds::Open(name, most)
        }
        None => Holds::Label(name),
    };
    Some(Field { name: ident, ty: field.ty, holds })
}

/// Those of other sets are compared by the compiler.
fn no_name_twice(fields: &[Field], errors: &Errors) {
    let name = |field: &Field| match &field.holds {
        Holds::Label(name) | Holds::Open(name, _) => Some(name.clone()),
        Holds::Set => None,
    };
    for (at, later) in fields.iter().enumerate() {
        let Some(label) = name(later) else { continue };
        if let Some(earlier) = fields[..at].iter().find(|earlier| name(earlier).as_ref() == Some(&label)) {
            let message = format!(
                "the label `{label}` is that of `{}` already; give one of them a `#[label(rename = \"…\")]`",
                earlier.name
            );
            errors.push(syn::Error::new(later.name.span(), message));
        }
    }
}
