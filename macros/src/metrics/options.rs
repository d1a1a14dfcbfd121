//! What `#[metrics(…)]` says, on a group or on a field.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitBool, LitStr, Path, Token, token};

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

/// Reads those of `known` that are there. Behind a broken one it reads on, so all problems are said at once.
pub fn options(attrs: &[Attribute], known: &[&str], errors: &Errors) -> Options {
    let mut options = Options::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("metrics")) {
        let read = attr.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                let read = option(input, known, &mut options, errors).and_then(|()| {
                    let is_end = input.is_empty() || input.peek(Token![,]);
                    if is_end { Ok(()) } else { Err(input.error("expected `,` after the argument")) }
                });
                if let Err(error) = read {
                    errors.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        });
        if let Err(error) = read {
            errors.push(error);
        }
    }
    options
}

fn option(input: ParseStream<'_>, known: &[&str], options: &mut Options, errors: &Errors) -> syn::Result<()> {
    let key = input.call(Ident::parse_any)?;
    let word = key.to_string();
    if !known.contains(&word.as_str()) {
        return Err(unknown(&key, known));
    }
    let wrong = |message: String| Err(syn::Error::new_spanned(&key, message));
    let has_value = input.peek(Token![=]);
    match word.as_str() {
        "native" if has_value => return wrong("`native` takes no value; write it alone".to_owned()),
        "native" => return set(&mut options.native, key.span(), &key),
        "allow" if !input.peek(token::Paren) => {
            return wrong("`allow` names lints; write `allow(base_unit)`".to_owned());
        }
        "allow" => {
            let inner;
            syn::parenthesized!(inner in input);
            for lint in Punctuated::<Ident, Token![,]>::parse_terminated(&inner)? {
                match names::known_lint(&lint) {
                    Ok(()) => options.allow.push(lint),
                    Err(error) => errors.push(error),
                }
            }
            return Ok(());
        }
        _ if !has_value => return wrong(format!("`{word}` needs a value; write `{}`", form(&word))),
        _ => {}
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return wrong(format!("`{word}` needs a value; write `{}`", form(&word)));
    }
    let is_text = matches!(word.as_str(), "prefix" | "rename" | "unit");
    if is_text && !input.peek(LitStr) || word == "zero" && !input.peek(LitBool) {
        return Err(input.error(format!("expected `{}`", form(&word))));
    }
    match word.as_str() {
        "prefix" => set(&mut options.prefix, input.parse()?, &key),
        "rename" => set(&mut options.rename, input.parse()?, &key),
        "buckets" => set(&mut options.buckets, input.parse()?, &key),
        "quantiles" => set(&mut options.quantiles, input.parse()?, &key),
        "budget" => set(&mut options.budget, input.parse()?, &key),
        "zero" => set(&mut options.zero, input.parse::<LitBool>()?.value, &key),
        "unit" => {
            let text: LitStr = input.parse()?;
            let unit = Unit::of(&text.value()).map_err(|message| syn::Error::new_spanned(&text, message))?;
            set(&mut options.unit, (unit, text.span()), &key)
        }
        _ => set(&mut options.krate, input.call(Path::parse_mod_style)?, &key),
    }
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
