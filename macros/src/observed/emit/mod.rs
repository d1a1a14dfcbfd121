//! Turns a [`Plan`] into tokens.
//!
//! Nothing here can fail: every question was answered in [`super::plan`]. If you want to report an error, you are one
//! room too late.
//!
//! Locals of ours have the span of the macro's definition, so the body cannot see them. Items have no such protection:
//! those stand in a block of their own, beside the body.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{ReturnType, Type, parse_quote};

use super::callee::peeled;
use super::nameable::has_no_name;
use super::plan::{Plan, Shape};
use super::tail::Tail;
use crate::paths;
use crate::spans::{blamed_group, blamed_on};

/// `quote!` with the span of the macro's definition.
macro_rules! ours {
    ($($tokens:tt)*) => { ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*) };
}

mod cells;
mod parameters;
mod record;
mod site;
mod span;
mod values;

use parameters::{Rebound, rebind};
use site::site;
use span::Given;
use values::{number, told};

/// `attributes signature { a call of the runtime round the body }`
#[allow(clippy::too_many_lines)] // a shape an arm
pub fn function(plan: Plan) -> TokenStream {
    let private = paths::private(plan.krate.as_ref());
    let given = Given::of(&plan, &private);
    let site = site(&plan, &given, &private);
    let (level, _) = given.level(&plan, &private);
    let number = number(&plan, &private);
    let told = told(&plan, &private);
    // Without a label of the user's there is one label set, and nothing to name.
    let (numbered, set) = match number {
        Some(number) => (ours!(let __set = #number;), ours!(__set)),
        None => (TokenStream::new(), ours!(0)),
    };
    let opened = span::opened(&plan, &level, &set, &private);
    let tail = plan.callee.tail().filter(|_| plan.shape == Shape::Tail);
    let output_of_future = plan.callee.output_of_future();
    let observed = if plan.busy.is_some() { ours!(#private::Observed::busy) } else { ours!(#private::Observed::new) };
    let Plan { callee, shape, labels, span, has_site, .. } = plan;
    let (attrs, vis, mut sig) = (callee.attrs, callee.vis, callee.sig);
    let mut erased = return_type(&sig.output);
    Erase.visit_type_mut(&mut erased);
    // What an expression of the span's names may be used up there, and stays where it is.
    let is_named = |parameter: &Ident| span.as_ref().is_some_and(|span| span.names(parameter));
    let rebound = match shape {
        Shape::Inline | Shape::Tail => Rebound::default(),
        // The span is opened outside of the block that stands for the body, and sees what patterns bind.
        Shape::Closure | Shape::ReturnedFuture | Shape::ReturnedBox | Shape::ReturnedUnpinnedBox => {
            rebind(&mut sig, &labels, opened.is_none(), false, is_named)
        }
        Shape::AsyncRewritten | Shape::AsyncKept => rebind(&mut sig, &labels, true, opened.is_some(), is_named),
    };
    let Rebound { patterns, names, stay } = &rebound;
    let braces = callee.body.span();
    let body = body(&callee.body);
    // Says the future's output, as the signature does: the body's last expression may need it.
    let output_of_future = output_of_future.map(|mut output| {
        Erase.visit_type_mut(&mut output);
        output
    });
    let mut allow = TokenStream::new();
    let call = match shape {
        Shape::Closure => {
            let block = ours!({ #patterns #names #body });
            match &opened {
                None => ours!(#private::observe(__site, #set, #level, move || -> #erased #block, #told)),
                Some(opened) => {
                    let entered = ours!(#private::entered(__opened));
                    ours!(#opened #private::observe_in(__site, #set, #entered, move || -> #erased #block, #told))
                }
            }
        }
        // expands to: `let guard = Inline::begin(…); { the body }`
        Shape::Inline => match (&opened, has_site) {
            (None, true) => ours!(let __call = #private::Inline::begin(__site, #set, #level); #body),
            (None, false) => ours!(let __entered = #private::enter(__site, #set, #level); #body),
            (Some(opened), true) => {
                let entered = ours!(#private::entered(__opened));
                ours!(#opened let __call = #private::Inline::begin_in(__site, #set, #entered); #body)
            }
            (Some(opened), false) => ours!(#opened let __entered = #private::entered(__opened); #body),
        },
        Shape::ReturnedFuture | Shape::ReturnedBox | Shape::ReturnedUnpinnedBox => {
            let opening = if opened.is_some() { ours!(#private::Opened(__opened)) } else { level };
            let future = if shape == Shape::ReturnedFuture {
                let output = output_of_future.map(|output| ours!(::<#output, _, _>));
                ours!(#private::future_of #output (__site, #set, move || { #patterns #names #body }))
            } else {
                ours!(#private::future_of(__site, #set, move || -> #erased { #patterns #names #body }))
            };
            let observed = ours!(#observed(__site, #set, #opening, #future, #told));
            let boxed = match shape {
                Shape::ReturnedBox => ours!(#private::Box::pin(#observed)),
                Shape::ReturnedUnpinnedBox => ours!(#private::Box::new(#observed)),
                _ => observed,
            };
            ours!(#opened #boxed)
        }
        Shape::AsyncRewritten | Shape::AsyncKept | Shape::Tail => {
            let (opening, begun) = match &opened {
                None => (level, TokenStream::new()),
                Some(opened) => {
                    (ours!(#private::Inside(#level)), ours!(#opened #private::hand_over(__opened, __site).await;))
                }
            };
            let future = |block: &dyn ToTokens| ours!(#observed(__site, #set, #opening, #block, #told));
            if let Some(tail) = tail {
                // The function's own type says what the block gives, unless some of it is left to the compiler.
                let giving = Some(&erased).filter(|ty| tail.pin.is_some() && !has_no_name(ty));
                let site = has_site.then(|| ours!((__site, #set)));
                self::tail(&tail, site.as_ref(), &begun, giving, output_of_future, &private, future)
            } else {
                let pinned = pinned(&erased);
                // Names are moved behind the span's values, or they would be stored twice.
                let future = future(&ours!(async move { #stay #patterns #pinned #begun #names #body }));
                // The first is what we make of an `async fn`; the second is not raised in one.
                allow = ours!(#[allow(clippy::manual_async_fn, clippy::async_yields_async)]);
                if shape == Shape::AsyncKept {
                    ours!(#future.await)
                } else {
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

/// What stands before the block, and the observed block in the user's own box.
// expands to: `before; Box::pin(Observed::new(…, async move { the block }, …))`
fn tail(
    Tail { before, pin, attrs, block }: &Tail,
    site: Option<&TokenStream>,
    begun: &TokenStream,
    giving: Option<&Type>,
    output: Option<Type>,
    private: &TokenStream,
    future: impl Fn(&dyn ToTokens) -> TokenStream,
) -> TokenStream {
    let inside = block.stream();
    // As [`body`] does, for the same lints.
    let inside = if begun.is_empty() { inside } else { body(block).into_token_stream() };
    let mut braces = Group::new(Delimiter::Brace, ours!(#(#attrs)* #begun #inside));
    braces.set_span(block.span());
    // What is wrong with its value is said where it stands.
    let at = block.span();
    let block = quote_spanned!(at=> async move #braces);
    let arguments = blamed_group(at, block.clone());
    let block = match (giving, output) {
        (Some(ty), _) => {
            let giving = blamed_on(at, ours!(#private::giving_as));
            ours!(#giving::<#ty, _> #arguments)
        }
        (None, Some(output)) => {
            let giving = blamed_on(at, ours!(#private::giving));
            ours!(#giving::<#output, _> #arguments)
        }
        (None, None) => block,
    };
    let future = future(&block);
    let future = pin.as_ref().map_or(future.clone(), |pin| ours!(#pin(#future)));
    let Some(site) = site else { return ours!({ const _: () = (); #before #future }) };
    if before.is_empty() {
        return future;
    }
    ours!(
        let __preparing = #private::Preparing::new #site;
        { const _: () = (); #before __preparing.done(); #future }
    )
}

/// The user's braces with what they hold. They keep their span and so their edition, which decides when the temporaries of the
/// last expression are dropped.
///
/// If that is one expression and nothing else, an item of ours stands in front: a block that is all there is in ours would
/// raise `unused_braces`. (With a statement, one that begins with an item would raise `clippy::items_after_statements`.)
fn body(body: &Group) -> TokenStream {
    let statements = body.stream();
    let statements = if has_statements(statements.clone()) { statements } else { ours!(const _: () = (); #statements) };
    let mut group = Group::new(Delimiter::Brace, statements);
    group.set_span(body.span());
    group.into_token_stream()
}

/// Whether a body surely is more than one expression: it has a `;`, or begins with what ends with its block where a statement
/// may stand, and goes on behind.
fn has_statements(body: TokenStream) -> bool {
    let (mut begins_with_block, mut behind_block) = (None, false);
    for token in body {
        let word = if let TokenTree::Ident(word) = &token { word.to_string() } else { String::new() };
        let begins =
            *begins_with_block.get_or_insert_with(|| ["if", "for", "while", "loop", "match"].contains(&&*word));
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return true,
            TokenTree::Punct(_) => {}
            // The first one may stand in the head of what begins.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {}
            _ if begins && behind_block && !["else", "as", "in"].contains(&&*word) => return true,
            _ => {}
        }
        behind_block = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    }
    false
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
