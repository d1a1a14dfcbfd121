//! The parameters, moved into the block that stands for the body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, FnArg, Pat, Type, parse_quote};

use crate::observed::callee::find;
use crate::observed::labels::Label;

/// The parameters, moved into the block that stands for the body.
#[derive(Default)]
pub(super) struct Rebound {
    pub(super) patterns: TokenStream,
    pub(super) names: TokenStream,
    /// Makes those that stay where they are whole parts of the block, though it names a field of one, or none.
    pub(super) stay: TokenStream,
}

/// Moves the parameters into the block that stands for the body, in their order, patterns and `mut` included: so they
/// are dropped as they would have been, and stored once in a future.
///
/// The signature keeps the parameters' names, because documentation shows them.
///
/// What an expression of the span's names stays where it is, for that to use up. Without `patterns`, those stay too; or
/// they are put `apart` from the names, for values that need them.
pub(super) fn rebind(
    sig: &mut syn::Signature,
    labels: &[Label],
    patterns: bool,
    apart: bool,
    is_named: impl Fn(&Ident) -> bool,
) -> Rebound {
    let mut rebound = Rebound::default();
    let (mut copied, mut copied_used) = (Vec::new(), TokenStream::new());
    for (at, argument) in sig.inputs.iter_mut().enumerate() {
        match argument {
            // Takes all of `self`, not only the fields that the body names.
            FnArg::Receiver(receiver) => {
                let this = receiver.self_token;
                let is_named = is_named(&Ident::new("self", this.span));
                let place = if is_named { &mut rebound.stay } else { &mut rebound.names };
                place.extend(ours!(let _ = &#this;));
            }
            FnArg::Typed(argument) => {
                let stays = match &*argument.pat {
                    Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => is_named(&pat.ident),
                    _ => !patterns,
                };
                if stays {
                    if let Pat::Ident(pat) = &*argument.pat {
                        let name = &pat.ident;
                        let cfgs = argument.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
                        rebound.stay.extend(ours!(
                            #(#cfgs)*
                            #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
                            let _ = &#name;
                        ));
                    }
                    continue;
                }
                let is_copied = argument.attrs.is_empty() && is_copied(&argument.ty);
                let any = |attr: &Attribute, names: &[&str]| names.iter().any(|name| attr.path().is_ident(name));
                let is_lint = |attr: &Attribute| any(attr, &["allow", "warn", "deny", "forbid", "expect"]);
                // Lints go where the binding is, `cfg` to both places; what another macro may look for stays.
                let (lints, mut kept): (Vec<_>, Vec<_>) = argument.attrs.drain(..).partition(is_lint);
                let cfgs: Vec<_> = kept.iter().filter(|attr| any(attr, &["cfg", "cfg_attr"])).cloned().collect();
                argument.attrs.append(&mut kept);
                let (name, pattern) = split(&mut argument.pat, at);
                // What a label is made of is used, though the body may not say so.
                let is_label = |label: &Label| {
                    label.holds.expression().is_some_and(|e| find(e.clone(), &[name.to_string()]).is_some())
                };
                let used = labels.iter().any(is_label).then(|| ours!(let _ = &#name;));
                let is_plain = matches!(&pattern, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none());
                if is_copied && matches!(&pattern, Pat::Ident(pat) if is_plain && pat.mutability.is_none()) {
                    copied.push(name);
                    copied_used.extend(used);
                    continue;
                }
                let allow = allow(is_plain.then_some(&name));
                let bind = |pattern: &dyn ToTokens| ours!(#(#cfgs)* #allow #(#lints)* let #pattern = #name;);
                // A pattern such as `(a, _)` binds only in part, and `_` nothing: the rest lives in the first `let`. It
                // is `mut` for the sake of a `ref mut`.
                let rebound = if is_plain || !apart { &mut rebound.names } else { &mut rebound.patterns };
                if !is_plain {
                    rebound.extend(bind(&ours!(mut #name)));
                }
                if !matches!(pattern, Pat::Wild(_)) {
                    rebound.extend(bind(&pattern));
                }
                rebound.extend(used);
            }
        }
    }
    // Nothing is dropped of these, so their order is no matter, and one `let` costs the compiler less than many.
    if let [first, rest @ ..] = &*copied {
        let allow = allow(copied.iter().find(|name| is_underscored(name)).or(Some(first)));
        let names = if rest.is_empty() { ours!(#first) } else { ours!((#(#copied),*)) };
        rebound.names.extend(ours!(#allow let #names = #names; #copied_used));
    }
    rebound
}

fn is_underscored(name: &Ident) -> bool {
    name.to_string().starts_with('_')
}

/// What is allowed where a parameter is bound again: the names are the user's, that they are used there is ours. `None` for
/// more than a name.
fn allow(name: Option<&Ident>) -> TokenStream {
    if name.is_some_and(|name| !is_underscored(name)) {
        return ours!(#[allow(clippy::shadow_same)]);
    }
    ours!(#[allow(
        unused_mut,
        let_underscore_lock,
        clippy::shadow_same,
        clippy::used_underscore_binding,
        clippy::no_effect_underscore_binding
    )])
}

/// Whether a type is copied: a number, a truth value, a character, or a reference that others may have too.
fn is_copied(ty: &Type) -> bool {
    const COPIED: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize",
    ];
    match ty {
        Type::Reference(reference) => reference.mutability.is_none(),
        Type::Path(path) => path.path.get_ident().is_some_and(|name| COPIED.iter().any(|copied| name == copied)),
        _ => false,
    }
}

/// Leaves a plain name in the signature, and returns it with the pattern that the body wants.
fn split(pattern: &mut Pat, at: usize) -> (Ident, Pat) {
    let name = match pattern {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => pat.ident.clone(),
        _ => Ident::new(&format!("__arg{at}"), Span::mixed_site()),
    };
    let plain = parse_quote!(#name);
    (name, std::mem::replace(pattern, plain))
}
