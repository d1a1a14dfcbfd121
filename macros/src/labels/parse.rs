//! The tokens of a type → [`Label`].

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, LitStr};

use super::case::{CASES, rename};
use super::model::{Holds, Label, Variant};
use super::options::options;
use crate::diag::{Errors, did_you_mean};

pub fn label(input: TokenStream, errors: &Errors) -> Option<Label> {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = options(&input.attrs, &["rename_all", "crate"], errors);
    let Data::Enum(data) = input.data else {
        errors.at(&input.ident, "`#[derive(Label)]` goes on an enum, whose variants are the values");
        return None;
    };
    if data.variants.is_empty() {
        errors.at(&input.ident, "a label needs at least one value; add a variant");
    }
    let case = options.rename_all.as_ref().map_or_else(|| "snake_case".to_owned(), LitStr::value);
    if let Some(given) = options.rename_all.as_ref().filter(|given| !CASES.contains(&given.value().as_str())) {
        let remedy = match did_you_mean(&given.value(), CASES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the cases are {}", crate::diag::listed(&CASES)),
        };
        errors.at(given, format!("unknown case `{}`; {remedy}", given.value()));
    }
    let variants: Vec<Variant> =
        data.variants.into_iter().map(|variant| self::variant(variant, &case, errors)).collect();
    no_text_twice(&variants, errors);
    Some(Label { name: input.ident, generics: input.generics, krate: options.krate, variants })
}

fn variant(variant: syn::Variant, case: &str, errors: &Errors) -> Variant {
    let options = options(&variant.attrs, &["rename"], errors);
    for attr in variant.fields.iter().flat_map(|field| &field.attrs).filter(|attr| attr.path().is_ident("label")) {
        errors.at(attr, "the values of a label inside a variant are its own; say this where it is defined");
    }
    let text = || match &options.rename {
        Some(name) => name.value(),
        None => rename(&variant.ident.unraw().to_string(), case),
    };
    if let Some(name) = options.rename.as_ref().filter(|name| name.value().is_empty()) {
        errors.at(name, "an empty text is the absent label, which is `None` of an `Option`; name the value");
    }
    let holds = match &variant.fields {
        Fields::Unit => Holds::Text(text()),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            if let Some(name) = &options.rename {
                errors.at(name, "the values of this variant are those of the label inside; rename them there");
            }
            Holds::Label(fields.unnamed[0].ty.clone())
        }
        fields => {
            errors.at(fields, "a variant holds nothing, or one other label");
            Holds::Text(text())
        }
    };
    Variant { name: variant.ident, holds }
}

fn no_text_twice(variants: &[Variant], errors: &Errors) {
    for (at, later) in variants.iter().enumerate() {
        let Holds::Text(text) = &later.holds else { continue };
        let same = |earlier: &&Variant| matches!(&earlier.holds, Holds::Text(other) if other == text);
        if let Some(earlier) = variants[..at].iter().find(same) {
            errors.at(
                &later.name,
                format!(
                    "the text `{text}` is that of `{}` already; give one of them a `#[label(rename = \"…\")]`",
                    earlier.name
                ),
            );
        }
    }
}
