//! The tokens of a type → [`Outcome`].

use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Ident, Variant};

use super::model::{Outcome, ROLES};
use crate::diag::{Errors, did_you_mean, listed};
use crate::labels::{self, Holds};

pub fn outcome(input: TokenStream, errors: &Errors) -> Option<Outcome> {
    // What is wrong with it as a label, `#[derive(Label)]` says.
    let ignored = Errors::new();
    let label = labels::label(input.clone(), &ignored);
    let is_label = ignored.finish().is_ok();
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let Data::Enum(data) = input.data else {
        errors.at(&input.ident, "`#[derive(Outcome)]` goes on an enum, whose variants are the words");
        return None;
    };
    misplaced(&input.attrs, errors);
    let mut places: [Option<usize>; 4] = [None; 4];
    let (mut is_wrong, mut told) = (false, Vec::new());
    for (at, variant) in data.variants.iter().enumerate() {
        variant.fields.iter().for_each(|field| misplaced(&field.attrs, errors));
        let (roles, is_known) = roles(variant, errors);
        is_wrong |= !is_known;
        told.push(!roles.is_empty());
        for (role, key) in roles {
            let holds_another = label.as_ref().is_some_and(|label| {
                label.variants.get(at).is_some_and(|variant| matches!(variant.holds, Holds::Label(_)))
            });
            if holds_another {
                errors.at(&key, "a variant with a label inside is no single word; say it on one that holds nothing");
                places[role] = Some(at);
            } else if let Some(earlier) = places[role] {
                let (word, earlier) = (ROLES[role].0, &data.variants[earlier].ident);
                errors.at(&key, format!("`{word}` is said of `{earlier}` already; remove one of the two"));
            } else {
                places[role] = Some(at);
            }
        }
    }
    // A variant that is called so has the role, unless another one was given it, or it was given another.
    for (role, (_, name)) in ROLES.iter().enumerate() {
        let is_called_so = |at: &usize| {
            let variant = &data.variants[*at];
            !told[*at] && variant.fields.is_empty() && variant.ident.to_string().to_uppercase() == *name
        };
        places[role] = places[role].or_else(|| (0..data.variants.len()).find(is_called_so));
    }
    let [ok, error, cancelled, panicked] = places;
    for (role, place) in [(0, ok), (1, error)] {
        if place.is_none() && !is_wrong {
            let word = ROLES[role].0;
            errors
                .at(&input.ident, format!("no variant says what `{word}` is called; put `#[outcome({word})]` on one"));
        }
    }
    let (ok, error) = (ok?, error?);
    // A call that did not return is an error where it has no word of its own.
    let places = [ok, error, cancelled.unwrap_or(error), panicked.unwrap_or(error)];
    label.filter(|_| is_label).map(|label| Outcome { label, places })
}

/// What `#[outcome(…)]` says, by the places in [`ROLES`]; and whether all of it could be read.
fn roles(variant: &Variant, errors: &Errors) -> (Vec<(usize, Ident)>, bool) {
    let (mut roles, mut is_known) = (Vec::new(), true);
    for attr in variant.attrs.iter().filter(|attr| attr.path().is_ident("outcome")) {
        let read = attr.parse_nested_meta(|meta| {
            let key = meta.path.require_ident()?.clone();
            let words = ROLES.map(|(word, _)| word);
            let Some(role) = words.iter().position(|word| key == word) else {
                let remedy = match did_you_mean(&key.to_string(), words) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it takes {}", listed(&words)),
                };
                let message = format!("unknown argument `{key}` of `outcome(…)`; {remedy}");
                return Err(syn::Error::new_spanned(&key, message));
            };
            roles.push((role, key));
            Ok(())
        });
        if let Err(error) = read {
            errors.push(error);
            is_known = false;
        }
    }
    (roles, is_known)
}

/// On anything but a variant the attribute says nothing.
fn misplaced(attrs: &[Attribute], errors: &Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("outcome")) {
        errors.at(attr, "`#[outcome(…)]` stands on a variant; move it there");
    }
}
