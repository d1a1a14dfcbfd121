//! What `#[metrics(…)]` says, on a group or on a field.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitBool, LitStr, Path, Token};

use crate::diag::{Errors, did_you_mean, listed};
use crate::names::{self, Unit};

/// Each at most once.
#[derive(Default)]
pub struct Options {
    pub prefix: Option<LitStr>,
    pub rename: Option<LitStr>,
    pub krate: Option<Path>,
    pub buckets: Option<Expr>,
    pub quantiles: Option<Expr>,
    pub unit: Option<(Unit, Span)>,
    pub budget: Option<Expr>,
    pub zero: Option<bool>,
    pub native: Option<Span>,
    /// The lints that are not asked.
    pub allow: Vec<Ident>,
}

/// Reads those of `known` that are there.
pub fn options(attrs: &[Attribute], known: &[&str], errors: &Errors) -> Options {
    let mut options = Options::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("metrics")) {
        let read = attr.parse_nested_meta(|meta| {
            let key = meta.path.require_ident()?.clone();
            let word = key.to_string();
            if !known.contains(&word.as_str()) {
                return Err(unknown(&key, known));
            }
            if !matches!(word.as_str(), "native" | "allow") && !meta.input.peek(Token![=]) {
                let message = format!("`{word}` needs a value; write `{}`", form(&word));
                return Err(syn::Error::new_spanned(&key, message));
            }
            match word.as_str() {
                "prefix" => set(&mut options.prefix, meta.value()?.parse()?, &key),
                "rename" => set(&mut options.rename, meta.value()?.parse()?, &key),
                "buckets" => set(&mut options.buckets, meta.value()?.parse()?, &key),
                "quantiles" => set(&mut options.quantiles, meta.value()?.parse()?, &key),
                "budget" => set(&mut options.budget, meta.value()?.parse()?, &key),
                "zero" => set(&mut options.zero, meta.value()?.parse::<LitBool>()?.value, &key),
                "unit" => {
                    let text: LitStr = meta.value()?.parse()?;
                    let unit = Unit::of(&text.value()).map_err(|message| syn::Error::new_spanned(&text, message))?;
                    set(&mut options.unit, (unit, text.span()), &key)
                }
                "native" if meta.input.peek(Token![=]) => {
                    Err(syn::Error::new_spanned(&key, "`native` takes no value; write it alone"))
                }
                "native" => set(&mut options.native, key.span(), &key),
                "allow" => {
                    let inner;
                    syn::parenthesized!(inner in meta.input);
                    let lints = Punctuated::<Ident, Token![,]>::parse_terminated(&inner)?;
                    for lint in lints {
                        match names::known_lint(&lint) {
                            Ok(()) => options.allow.push(lint),
                            Err(error) => errors.push(error),
                        }
                    }
                    Ok(())
                }
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

fn form(word: &str) -> String {
    let value = match word {
        "buckets" => "[0.1, 1.0]",
        "quantiles" => "[0.5, 0.99]",
        "budget" => "50_000",
        "zero" => "false",
        "unit" => "\"ms\"",
        "crate" => "path",
        _ => "\"…\"",
    };
    format!("{word} = {value}")
}

fn set<T>(place: &mut Option<T>, value: T, key: &Ident) -> syn::Result<()> {
    if place.is_some() {
        return Err(syn::Error::new_spanned(key, format!("duplicate argument `{key}`; remove one of the two")));
    }
    *place = Some(value);
    Ok(())
}

fn unknown(key: &Ident, known: &[&str]) -> syn::Error {
    let remedy = match did_you_mean(&key.to_string(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("here it takes {}", listed(known)),
    };
    syn::Error::new_spanned(key, format!("unknown argument `{key}` of `metrics(…)`; {remedy}"))
}
