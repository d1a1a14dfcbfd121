//! What `#[label(…)]` says, on an enum, a variant, a struct or a field.

use syn::{Attribute, Expr, Ident, LitStr, Path, Token};

use crate::diag::{Errors, did_you_mean};

/// What `#[label(…)]` says, each at most once.
#[derive(Default)]
pub struct Options {
    pub rename: Option<LitStr>,
    pub rename_all: Option<LitStr>,
    pub krate: Option<Path>,
    /// `max = N`
    pub most: Option<Expr>,
    /// `flatten`
    pub flatten: Option<Ident>,
}

/// Reads those of `known` that are there.
pub fn options(attrs: &[Attribute], known: &[&str], errors: &Errors) -> Options {
    let mut options = Options::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("label")) {
        let read = attr.parse_nested_meta(|meta| {
            let key = meta.path.require_ident()?.clone();
            match key.to_string().as_str() {
                word if !known.contains(&word) => Err(unknown(&key, known)),
                "rename" => set(&mut options.rename, meta.value()?.parse()?, &key),
                "rename_all" => set(&mut options.rename_all, meta.value()?.parse()?, &key),
                "max" if !meta.input.peek(Token![=]) => {
                    Err(syn::Error::new_spanned(&key, "`max` needs a value; write `max = 64`"))
                }
                "max" => set(&mut options.most, meta.value()?.parse()?, &key),
                "flatten" if meta.input.peek(Token![=]) => {
                    Err(syn::Error::new_spanned(&key, "`flatten` takes no value; remove it"))
                }
                "flatten" => set(&mut options.flatten, key.clone(), &key),
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
