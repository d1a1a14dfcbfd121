//! Turns a [`Plan`] into tokens.
//!
//! Nothing here can fail: every question was answered in [`super::plan`]. If you want to report an error, you are one
//! room too late.
//!
//! Locals of ours have the span of the macro's definition, so the body cannot see them. Items have no such protection:
//! those stand in a block of their own, beside the body.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Pat, ReturnType, Type, parse_quote};

use super::callee::{find, peeled};
use super::labels::Label;
use super::plan::{Plan, Shape};
use crate::paths;

/// `quote!` with the span of the macro's definition.
macro_rules! ours {
    ($($tokens:tt)*) => { ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*) };
}

mod site;
mod span;
mod values;

use site::site;
use values::{number, told};

/// `attributes signature { a call of the runtime round the body }`
pub fn function(plan: Plan) -> TokenStream {
    let private = paths::private(plan.krate.as_ref());
    let site = site(&plan, &private);
    let number = number(&plan, &private);
    let told = told(&plan, &private);
    // Without a label of the user's there is one label set, and nothing to name.
    let (numbered, set) = match number {
        Some(number) => (ours!(let __set = #number;), ours!(__set)),
        None => (TokenStream::new(), ours!(0)),
    };
    let opened = span::opened(&plan, &set, &private);
    let block_of_async_trait = plan.callee.block_of_async_trait();
    let output_of_future = plan.callee.output_of_future();
    let observed = if plan.busy.is_some() { ours!(#private::Observed::busy) } else { ours!(#private::Observed::new) };
    let Plan { callee, shape, labels, span, .. } = plan;
    let (attrs, vis, mut sig) = (callee.attrs, callee.vis, callee.sig);
    let mut erased = return_type(&sig.output);
    Erase.visit_type_mut(&mut erased);
    let is_taken = |parameter: &Ident| span.as_ref().is_some_and(|span| span.takes(parameter));
    let rebound = match shape {
        Shape::Inline | Shape::AsyncTrait => TokenStream::new(),
        Shape::ReturnedFuture | Shape::ReturnedBox | Shape::ReturnedUnpinnedBox if opened.is_some() => {
            // The span is opened outside of the block that stands for the body, and sees what patterns bind.
            // A value may be used up there, so those stay too.
            let is_named = |parameter: &Ident| span.as_ref().is_some_and(|span| span.names(parameter));
            rebind(&mut sig, &labels, false, is_named)
        }
        _ => rebind(&mut sig, &labels, true, is_taken),
    };
    let braces = callee.body.span();
    let body = body(&callee.body);
    let mut allow = TokenStream::new();
    let call = match shape {
        Shape::Closure => match &opened {
            None => {
                ours!(#private::observe(__site, #set, __span, move || -> #erased { #rebound #body }, #told))
            }
            Some(opened) => {
                let block = ours!({ #rebound #opened __call.begin(__opened); #body });
                ours!(#private::observe_inside(__site, #set, move |__call| -> #erased #block, #told))
            }
        },
        // expands to: `let guard = Inline::begin(…); { the body }`
        Shape::Inline => match &opened {
            None => ours!(let __call = #private::Inline::begin(__site, #set, __span); #body),
            Some(opened) => ours!(#opened let __call = #private::Inline::begin_in(__site, #set, __opened); #body),
        },
        Shape::ReturnedFuture | Shape::ReturnedBox | Shape::ReturnedUnpinnedBox => {
            let opening = if opened.is_some() { ours!(#private::Opened(__opened)) } else { ours!(__span) };
            let future = if shape == Shape::ReturnedFuture {
                // Says the future's output, as the signature does: the body's last expression may need it.
                let mut output = output_of_future;
                if let Some(output) = &mut output {
                    Erase.visit_type_mut(output);
                }
                let output = output.map(|output| ours!(::<#output, _, _>));
                ours!(#private::future_of #output (__site, #set, move || { #rebound #body }))
            } else {
                ours!(#private::future_of(__site, #set, move || -> #erased { #rebound #body }))
            };
            let observed = ours!(#observed(__site, #set, #opening, #future, #told));
            let boxed = match shape {
                Shape::ReturnedBox => ours!(#private::Box::pin(#observed)),
                Shape::ReturnedUnpinnedBox => ours!(#private::Box::new(#observed)),
                _ => observed,
            };
            ours!(#opened #boxed)
        }
        Shape::AsyncRewritten | Shape::AsyncKept | Shape::AsyncTrait => {
            let (opening, begun) = match &opened {
                None => (ours!(__span), TokenStream::new()),
                Some(opened) => (ours!(#private::Inside), ours!(#opened #private::hand_over(__opened).await;)),
            };
            let block = match &block_of_async_trait {
                Some(block) if shape == Shape::AsyncTrait => {
                    let inside = block.stream();
                    let mut block = Group::new(Delimiter::Brace, ours!(#begun #inside));
                    block.set_span(block_of_async_trait.as_ref().map_or(braces, Group::span));
                    block.into_token_stream()
                }
                _ => {
                    let pinned = pinned(&erased);
                    ours!({ #rebound #pinned #begun #body })
                }
            };
            let future = ours!(#observed(__site, #set, #opening, async move #block, #told));
            // The first is what we make of an `async fn`; the second is not raised in one.
            allow = ours!(#[allow(clippy::manual_async_fn, clippy::async_yields_async)]);
            match shape {
                Shape::AsyncTrait => ours!(#private::Box::pin(#future)),
                Shape::AsyncKept => ours!(#future.await),
                _ => {
                    let output = output(&sig.output, &private);
                    sig.asyncness = None;
                    // This `impl` is of our edition, so it captures every lifetime in every edition of the user's.
                    let future_type = ours!(impl ::core::future::Future<Output = #output>);
                    sig.output = ReturnType::Type(parse_quote!(->), Box::new(Type::Verbatim(future_type)));
                    future
                }
            }
        }
    };
    let call = ours!(#site #numbered #call);
    // With the user's braces the whole function has the user's span, so lints on its signature are raised as before.
    let mut block = Group::new(Delimiter::Brace, call);
    block.set_span(braces);
    ours!(#(#attrs)* #allow #vis #sig #block)
}

/// Moves the parameters into the block that stands for the body, in their order, patterns and `mut` included: so they
/// are dropped as they would have been, and stored once in a future.
///
/// The signature keeps the parameters' names, because documentation shows them.
///
/// What `parent` and `follows_from` take stays where it is, for them to use up. Without `patterns`, those stay too.
fn rebind(
    sig: &mut syn::Signature,
    labels: &[Label],
    patterns: bool,
    is_taken: impl Fn(&Ident) -> bool,
) -> TokenStream {
    let mut rebound = TokenStream::new();
    for (at, argument) in sig.inputs.iter_mut().enumerate() {
        match argument {
            // Takes all of `self`, not only the fields that the body names.
            FnArg::Receiver(receiver) => {
                let this = receiver.self_token;
                rebound.extend(ours!(let _ = &#this;));
            }
            FnArg::Typed(argument) => {
                let stays = match &*argument.pat {
                    Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => is_taken(&pat.ident),
                    _ => !patterns,
                };
                if stays {
                    continue;
                }
                let any = |attr: &Attribute, names: &[&str]| names.iter().any(|name| attr.path().is_ident(name));
                let is_lint = |attr: &Attribute| any(attr, &["allow", "warn", "deny", "forbid", "expect"]);
                // Lints go where the binding is, `cfg` to both places; what another macro may look for stays.
                let (lints, mut kept): (Vec<_>, Vec<_>) = argument.attrs.drain(..).partition(is_lint);
                let cfgs: Vec<_> = kept.iter().filter(|attr| any(attr, &["cfg", "cfg_attr"])).cloned().collect();
                argument.attrs.append(&mut kept);
                let (name, pattern) = split(&mut argument.pat, at);
                let is_label = |label: &Label| {
                    label.holds.expression().is_some_and(|e| find(e.clone(), &[name.to_string()]).is_some())
                };
                let is_plain = matches!(&pattern, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none());
                // The names are the user's; that they are used here is ours.
                let allow = if is_plain && !name.to_string().starts_with('_') {
                    ours!(#[allow(clippy::shadow_same)])
                } else {
                    ours!(#[allow(
                        unused_mut,
                        let_underscore_lock,
                        clippy::shadow_same,
                        clippy::used_underscore_binding,
                        clippy::no_effect_underscore_binding
                    )])
                };
                let bind = |pattern: &dyn ToTokens| ours!(#(#cfgs)* #allow #(#lints)* let #pattern = #name;);
                // A pattern such as `(a, _)` binds only in part, and `_` nothing: the rest lives in the first `let`. It
                // is `mut` for the sake of a `ref mut`.
                if !is_plain {
                    rebound.extend(bind(&ours!(mut #name)));
                }
                if !matches!(pattern, Pat::Wild(_)) {
                    rebound.extend(bind(&pattern));
                }
                // What a label is made of is used, though the body may not say so.
                if labels.iter().any(is_label) {
                    rebound.extend(ours!(let _ = &#name;));
                }
            }
        }
    }
    rebound
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

/// The user's braces with what they hold, and an item of ours in front: without it a block that is all there is in ours
/// would raise `unused_braces`, and with a statement one that begins with an item `clippy::items_after_statements`. The
/// braces keep their span and so their edition, which decides when the temporaries of the last expression are dropped.
fn body(body: &Group) -> TokenStream {
    let statements = body.stream();
    let mut group = Group::new(Delimiter::Brace, ours!(const _: () = (); #statements));
    group.set_span(body.span());
    group.into_token_stream()
}

/// Tells the compiler the type of an `async` block, which cannot be written: so the last expression coerces as it would
/// in the function, and a mismatch is blamed on it.
fn pinned(erased: &Type) -> TokenStream {
    if matches!(erased, Type::Never(_) | Type::Infer(_)) {
        return TokenStream::new();
    }
    quote_spanned!(erased.span()=>
        #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop, clippy::let_unit_value)]
        if false {
            let __returned: #erased = loop {};
            return __returned;
        }
    )
}

fn return_type(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => peeled(ty).clone(),
    }
}

/// The type that the future of an `async fn` gives. `!` may stand only behind an arrow, so there it is named by one.
fn output(output: &ReturnType, private: &TokenStream) -> TokenStream {
    match return_type(output) {
        Type::Never(_) => ours!(#private::Never),
        ty => ty.into_token_stream(),
    }
}

/// `impl Trait` → `_`: a closure's return type and a local's type may leave it to inference.
struct Erase;

impl VisitMut for Erase {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
