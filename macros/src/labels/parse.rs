//! The tokens of a type → [`Label`].

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path, Token};

use super::case::{CASES, rename};
use super::model::{Holds, Label, Variant};
use crate::diag::{Errors, did_you_mean};

/// What `#[label(…)]` says, each at most once.
#[derive(Default)]
struct Options {
    rename: Option<LitStr>,
    rename_all: Option<LitStr>,
    krate: Option<Path>,
}

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

fn options(attrs: &[Attribute], known: &[&str], errors: &Errors) -> Options {
    let mut options = Options::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("label")) {
        let read = attr.parse_nested_meta(|meta| {
            let key = meta.path.require_ident()?.clone();
            match key.to_string().as_str() {
                word if !known.contains(&word) => Err(unknown(&key, known)),
                "rename" => set(&mut options.rename, meta.value()?.parse()?, &key),
                "rename_all" => set(&mut options.rename_all, meta.value()?.parse()?, &key),
                _ => {
                    meta.input.parse::<Token![=]>()?;
                    set(&mut options.krate, meta.input.call(Path::parse_mod_style)?, &key)
                }
            }
        });
        if let Err(error) = read {
            errors.push(error);
        }
    }
    options
}

fn set<T>(place: &mut Option<T>, value: T, key: &Ident) -> syn::Result<()> {
    if place.replace(value).is_some() {
        return Err(syn::Error::new_spanned(key, format!("duplicate argument `{key}`; remove one of the two")));
    }
    Ok(())
}

fn unknown(key: &Ident, known: &[&str]) -> syn::Error {
    let remedy = match did_you_mean(&key.to_string(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("here it takes {}", crate::diag::listed(known)),
    };
    syn::Error::new_spanned(key, format!("unknown argument `{key}` of `label(…)`; {remedy}"))
}
