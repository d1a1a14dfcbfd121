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
use super::labels::{Holds, Label};
use super::plan::{Family, Plan, Shape, Told};
use crate::paths;
use crate::spans::blamed_on;

/// `quote!` with the span of the macro's definition.
macro_rules! ours {
    ($($tokens:tt)*) => { quote_spanned!(Span::mixed_site()=> $($tokens)*) };
}

/// `attributes signature { a call of the runtime round the body }`
pub fn function(plan: Plan) -> TokenStream {
    let private = paths::private(plan.krate.as_ref());
    let site = site(&plan, &private);
    let set = set(&plan, &private);
    let open = open(&plan, &private);
    let told = told(&plan, &private);
    let output_of_future = plan.callee.output_of_future();
    let Plan { callee, shape, labels, .. } = plan;
    let (attrs, vis, mut sig) = (callee.attrs, callee.vis, callee.sig);
    let mut erased = return_type(&sig.output);
    Erase.visit_type_mut(&mut erased);
    let rebound = if shape == Shape::Inline { TokenStream::new() } else { rebind(&mut sig, &labels) };
    let braces = callee.body.span();
    let body = body(&callee.body);
    let block = ours!({ #rebound #body });
    let mut allow = TokenStream::new();
    let call = match shape {
        Shape::Closure => ours!(#private::observe(#site, #set, #open, move || -> #erased #block, #told)),
        // expands to: `let guard = Inline::begin(…); { the body }`
        Shape::Inline => ours!(let __call = #private::Inline::begin(#site, #set, #open); #body),
        Shape::ReturnedFuture => {
            // Says the future's output, as the signature does: the body's last expression may need it.
            let mut output = output_of_future;
            if let Some(output) = &mut output {
                Erase.visit_type_mut(output);
            }
            let output = output.map(|output| ours!(::<#output, _>));
            ours!(#private::Observed::new(#site, #set, #open, #private::future_of #output (move || #block), #told))
        }
        Shape::ReturnedBox => {
            let future = ours!(#private::call(move || -> #erased #block));
            ours!(#private::Box::pin(#private::Observed::new(#site, #set, #open, #future, #told)))
        }
        Shape::AsyncRewritten | Shape::AsyncKept => {
            let pinned = pinned(&erased);
            let future =
                ours!(#private::Observed::new(#site, #set, #open, async move { #rebound #pinned #body }, #told));
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
    };
    // With the user's braces the whole function has the user's span, so lints on its signature are raised as before.
    let mut block = Group::new(Delimiter::Brace, call);
    if shape != Shape::Inline {
        block.set_span(braces);
    }
    ours!(#(#attrs)* #allow #vis #sig #block)
}

// expands to: `{ fn marker() {} const LABELS: … = …; static SITE: Site<N, S> = …; &SITE }`
fn site(plan: &Plan, private: &TokenStream) -> TokenStream {
    let dimensions = plan.labels.iter().map(|Label { name, holds, .. }| match holds {
        Holds::Name => {
            let function = &plan.name;
            ours!(#private::Dimension::one(#name, #function))
        }
        Holds::Path => {
            let type_name = ours!(|| #private::type_name_of(__tallied_marker));
            ours!(#private::Dimension::path(#name, ::core::module_path!(), #type_name))
        }
        Holds::Text(text) => ours!(#private::Dimension::one(#name, #text)),
        // What is wrong with the type or its values is said where it stands.
        Holds::Value { ty, .. } => {
            let of = blamed_on(ty.span(), ours!(#private::Dimension::of));
            let values = quote_spanned!(ty.span()=> (#name, <#ty as #private::Label>::VALUES));
            ours!(#of #values)
        }
        Holds::Inferred { parameters, expression } => {
            let at = expression.span();
            let parameters =
                parameters.iter().map(|(name, ty)| ours!(let #name: #ty = #private::never(); let _ = &#name;));
            let values_of = blamed_on(at, ours!(#private::values_of));
            let of = blamed_on(at, ours!(#private::Dimension::of));
            let values = quote_spanned!(at=> (#name, #values_of(&|| { #(#parameters)* #expression })));
            ours!(#of #values)
        }
    });
    let has_path = plan.labels.iter().any(|label| matches!(label.holds, Holds::Path));
    let marker = has_path.then(|| {
        ours!(
            fn __tallied_marker() {}
        )
    });
    let (bounds, cells) = cells(plan, private);
    let counter = described("counter", plan.counter.as_ref(), &TokenStream::new());
    let histogram = described("histogram", plan.histogram.as_ref(), &bounds);
    let in_flight = described("in_flight", plan.in_flight.as_ref(), &TokenStream::new());
    // The user's expression stands once, in a constant of its own.
    let constant = plan.bounds.as_ref().map(|bounds| {
        // Makes a slice of an array, of a reference to one and of a slice alike.
        let slice = quote_spanned!(bounds.span()=> (#bounds).split_at(0).1);
        ours!(
            #[allow(clippy::needless_borrow)]
            const __TALLIED_BOUNDS: &[::core::primitive::f64] = #slice;
        )
    });
    let budget = budget(plan, private);
    ours!({
        #marker
        #constant
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[#private::Dimension] = &[#(#dimensions),*];
        const __TALLIED_SITE_SAYS: #private::Definition =
            #private::Definition::new(__TALLIED_LABELS, ::core::file!(), ::core::line!()) #counter #histogram #in_flight;
        type __TalliedCells = #private::Cells<{ #cells }, { #private::sets(__TALLIED_LABELS) }>;
        static __TALLIED_CELLS: __TalliedCells = __TalliedCells::new();
        static __TALLIED_SITE: <__TalliedCells as #private::HasSite>::Site =
            #private::Site::new(__TALLIED_SITE_SAYS, &__TALLIED_CELLS, &__TALLIED_SITE);
        #budget
        &__TALLIED_SITE
    })
}

/// A constant, because those are evaluated by `cargo check` too. A counter or a gauge without labels of the user's has no
/// more series than there are statuses.
// expands to: `const _: () = within_budget(&SAYS, can_fail, can_be_cancelled, budget);`, and perhaps `const { … }`
fn budget(plan: &Plan, private: &TokenStream) -> Option<TokenStream> {
    let has_values = plan.labels.iter().any(|label| label.holds.expression().is_some());
    if !has_values && plan.budget.is_none() && plan.histogram.is_none() {
        return None;
    }
    let can_be_cancelled = !matches!(plan.shape, Shape::Closure | Shape::Inline);
    let (given, blamed) = match &plan.budget {
        Some(budget) => (ours!(#private::Budget::Given(#budget)), budget.span()),
        // A variable that the compiler looks at is watched: the crate is built anew when it changes.
        None if plan.is_own => {
            let variable = ours!(::core::option_env!("TALLIED_SERIES_BUDGET"));
            (ours!(#private::Budget::of_environment(#variable)), plan.callee.sig.ident.span())
        }
        None => (ours!(#private::Budget::Default), plan.callee.sig.ident.span()),
    };
    let check = |can_fail: TokenStream| {
        let within_budget = blamed_on(blamed, ours!(#private::within_budget));
        let says = ours!(&__TALLIED_SITE_SAYS, #can_fail, #can_be_cancelled, #given);
        let arguments = blamed_group(blamed, says);
        ours!(#within_budget #arguments)
    };
    match &plan.told {
        Told::Certainly(can) => {
            let check = check(ours!(#can));
            Some(ours!(const _: () = #check;))
        }
        // What is sure is said by `cargo check`, the rest when the function is built: only there its type has a name.
        Told::ByType(ty) => {
            let (sure, exact) = (
                check(ours!(false)),
                check(ours!({
                    #[allow(unused_imports)]
                    use #private::NeverFails as _;
                    #private::Fails::<#ty>::CAN
                })),
            );
            Some(ours!(
                const _: () = #sure;
                const { #exact }
            ))
        }
    }
}

/// Parentheses that end a call which is blamed on the user's tokens.
fn blamed_group(span: Span, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    group
}

/// Which of the label sets a call has: a number whose last digit is the last label.
// expands to: `{ let set = 0; let set = set * CARDINALITY + place; …; set }`
fn set(plan: &Plan, private: &TokenStream) -> TokenStream {
    // A type that is no label was refused where the labels stand: here nobody needs to hear it again.
    let digit = |label: &Label| {
        let expression = label.holds.expression()?;
        let ty = match &label.holds {
            Holds::Value { ty, .. } => ours!(::<'_, #ty>),
            _ => TokenStream::new(),
        };
        Some(ours!(let __set = {
            #[allow(unused_imports)]
            use #private::{JoinAny as _, JoinLabel as _};
            (&&#private::Join #ty (&(#expression))).tallied_join(__set)
        };))
    };
    let digits: Vec<TokenStream> = plan.labels.iter().filter_map(digit).collect();
    if digits.is_empty() { ours!(0) } else { ours!({ let __set = 0; #(#digits)* __set }) }
}

/// The histogram's bounds as an argument, and the number of cells.
fn cells(plan: &Plan, private: &TokenStream) -> (TokenStream, TokenStream) {
    match (&plan.histogram, &plan.bounds) {
        (None, _) => (TokenStream::new(), ours!(1)),
        (Some(_), None) => {
            let standard = ours!(&#private::STANDARD_BUCKETS);
            (ours!(, #standard), ours!(#private::cells(#standard)))
        }
        (Some(_), Some(bounds)) => {
            // What is wrong with the user's bounds is said where they stand.
            let call = ours!(#private::cells(__TALLIED_BOUNDS));
            (ours!(, __TALLIED_BOUNDS), blamed_on(bounds.span(), call))
        }
    }
}

// expands to: `.counter("jobs_total", "Jobs.", &[0], true)`
fn described(kind: &str, family: Option<&Family>, bounds: &TokenStream) -> Option<TokenStream> {
    let kind = Ident::new(kind, Span::mixed_site());
    family.map(|Family { name, help, labels, status }| ours!(.#kind(#name, #help, &[#(#labels),*], #status #bounds)))
}

// expands to: `|site, set| span!(…)`
fn open(plan: &Plan, private: &TokenStream) -> TokenStream {
    if !plan.span {
        return ours!(|_, _| #private::tracing::Span::none());
    }
    let (name, numbers) = (&plan.name, 0usize..);
    let labels = plan.labels.iter().map(|label| &label.name);
    ours!(|__site, __set| #private::tracing::span!(
        target: ::core::module_path!(),
        #private::tracing::Level::INFO,
        #name,
        #(#labels = &*__site.text(#numbers, __set),)*
    ))
}

// expands to: `|out| (&&Ask(out)).told()`
fn told(plan: &Plan, private: &TokenStream) -> TokenStream {
    // Nothing else says the type of a block that never ends.
    let never = matches!(return_type(&plan.callee.sig.output), Type::Never(_));
    let ty = never.then(|| ours!(: &#private::Never));
    ours!(|__out #ty| {
        #[allow(unused_imports)]
        use #private::{AskAny as _, AskResult as _};
        (&&#private::Ask(__out)).tallied_told()
    })
}

/// Moves the parameters into the block that stands for the body, in their order, patterns and `mut` included: so they
/// are dropped as they would have been, and stored once in a future.
///
/// The signature keeps the parameters' names, because documentation shows them.
fn rebind(sig: &mut syn::Signature, labels: &[Label]) -> TokenStream {
    let mut rebound = TokenStream::new();
    for (at, argument) in sig.inputs.iter_mut().enumerate() {
        match argument {
            // Takes all of `self`, not only the fields that the body names.
            FnArg::Receiver(receiver) => {
                let this = receiver.self_token;
                rebound.extend(ours!(let _ = &#this;));
            }
            FnArg::Typed(argument) => {
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
/// would raise `unused_braces`, and with a statement one that begins with an item `clippy::items_after_statements`. The braces keep their span and so their edition, which decides when the
/// temporaries of the last expression are dropped.
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
