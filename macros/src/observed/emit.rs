//! Turns a [`Plan`] into tokens.
//!
//! Nothing here can fail: every question was answered in [`super::plan`]. If you want to report an error, you are one
//! room too late.
//!
//! Locals of ours have the span of the macro's definition, so the body cannot see them. Items have no such protection:
//! those stand in a block of their own, beside the body.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Pat, ReturnType, Type, parse_quote};

use super::callee::peeled;
use super::plan::{Family, Plan, Shape};
use crate::paths;

/// `quote!` with the span of the macro's definition.
macro_rules! ours {
    ($($tokens:tt)*) => { quote_spanned!(Span::mixed_site()=> $($tokens)*) };
}

/// `attributes signature { a call of the runtime round the body }`
pub fn function(plan: Plan) -> TokenStream {
    let private = paths::private(plan.krate.as_ref());
    let site = site(&plan, &private);
    let open = open(&plan, &private);
    let told = told(&plan, &private);
    let output_of_future = plan.callee.output_of_future();
    let Plan { callee, shape, .. } = plan;
    let (attrs, vis, mut sig) = (callee.attrs, callee.vis, callee.sig);
    let mut erased = return_type(&sig.output);
    Erase.visit_type_mut(&mut erased);
    let rebound = if shape == Shape::Inline { TokenStream::new() } else { rebind(&mut sig) };
    let body = body(&private, &callee.body);
    let block = ours!({ #rebound #body });
    let mut allow = TokenStream::new();
    let call = match shape {
        Shape::Closure => ours!(#private::observe(#site, #open, move || -> #erased #block, #told)),
        // expands to: `let guard = Inline::begin(…); { the body }`
        Shape::Inline => ours!(let __call = #private::Inline::begin(#site, #open); #body),
        Shape::ReturnedFuture => {
            // Says the future's output, as the signature does: the body's last expression may need it.
            let mut output = output_of_future;
            if let Some(output) = &mut output {
                Erase.visit_type_mut(output);
            }
            let output = output.map(|output| ours!(::<#output, _>));
            ours!(#private::Observed::new(#site, #open, #private::future_of #output (move || #block), #told))
        }
        Shape::ReturnedBox => {
            let future = ours!(#private::call(move || -> #erased #block));
            ours!(#private::Box::pin(#private::Observed::new(#site, #open, #future, #told)))
        }
        Shape::AsyncRewritten | Shape::AsyncKept => {
            let pinned = pinned(&erased);
            let future = ours!(#private::Observed::new(#site, #open, async move { #rebound #pinned #body }, #told));
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
    ours!(#(#attrs)* #allow #vis #sig { #call })
}

// expands to: `{ fn marker() {} static SITE: Site<N> = …; &SITE }`
fn site(plan: &Plan, private: &TokenStream) -> TokenStream {
    let label = &plan.identity.label;
    let (marker, identity) = if plan.identity.holds_path {
        let marker = ours!(
            fn __tallied_marker() {}
        );
        let type_name = ours!(|| #private::type_name_of(__tallied_marker));
        (Some(marker), ours!(#private::Identity::path(#label, ::core::module_path!(), #type_name)))
    } else {
        let name = &plan.name;
        (None, ours!(#private::Identity::name(#label, #name)))
    };
    let (bounds, cells) = cells(plan, private);
    let counter = described("counter", plan.counter.as_ref(), &TokenStream::new());
    let histogram = described("histogram", plan.histogram.as_ref(), &bounds);
    let in_flight = described("in_flight", plan.in_flight.as_ref(), &TokenStream::new());
    // The user's expression stands once, in a constant of its own.
    let constant = plan.bounds.as_ref().map(|bounds| {
        // Makes a slice of an array, of a reference to one and of a slice alike.
        let slice = quote_spanned!(bounds.span()=> (#bounds).split_at(0).1);
        ours!(#[allow(clippy::needless_borrow)] const __TALLIED_BOUNDS: &[::core::primitive::f64] = #slice;)
    });
    ours!({
        #marker
        #constant
        static __TALLIED_SITE: #private::Site<{ #cells }> = #private::Site::new(
            #private::Definition::new(#identity, ::core::file!(), ::core::line!()) #counter #histogram #in_flight,
            &__TALLIED_SITE,
        );
        &__TALLIED_SITE
    })
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

/// The same tokens, with the user's span on each: what the compiler finds wrong with them is said there.
fn blamed_on(span: Span, tokens: TokenStream) -> TokenStream {
    let respanned = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut group = Group::new(group.delimiter(), blamed_on(span, group.stream()));
            group.set_span(span);
            TokenTree::Group(group)
        }
        mut other => {
            other.set_span(span);
            other
        }
    });
    respanned.collect()
}

// expands to: `.counter("jobs_total", "Jobs.", false)`
fn described(kind: &str, family: Option<&Family>, bounds: &TokenStream) -> Option<TokenStream> {
    let kind = Ident::new(kind, Span::mixed_site());
    family.map(|Family { name, help, identity }| ours!(.#kind(#name, #help, #identity #bounds)))
}

// expands to: `|site| span!(…)`
fn open(plan: &Plan, private: &TokenStream) -> TokenStream {
    if !plan.span {
        return ours!(|_| #private::tracing::Span::none());
    }
    let (name, label) = (&plan.name, &plan.identity.label);
    ours!(|__site| #private::tracing::span!(
        target: ::core::module_path!(),
        #private::tracing::Level::INFO,
        #name,
        #label = &*__site.identity(),
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
        (&&#private::Ask(__out)).told()
    })
}

/// Moves the parameters into the block that stands for the body, in their order, patterns and `mut` included: so they
/// are dropped as they would have been, and stored once in a future.
///
/// The signature keeps the parameters' names, because documentation shows them.
fn rebind(sig: &mut syn::Signature) -> TokenStream {
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
                let bind = |pattern: &dyn ToTokens| {
                    // The names are the user's; that they are used here is ours.
                    ours!(
                        #(#cfgs)*
                        #[allow(
                            let_underscore_lock,
                            clippy::used_underscore_binding,
                            clippy::no_effect_underscore_binding
                        )]
                        #(#lints)*
                        let #pattern = #name;
                    )
                };
                // A pattern such as `(a, _)` binds only in part, and `_` nothing: the rest lives in the first `let`.
                if !matches!(pattern, Pat::Ident(_)) {
                    rebound.extend(bind(&name));
                }
                if !matches!(pattern, Pat::Wild(_)) {
                    rebound.extend(bind(&pattern));
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

/// The user's braces with what they hold, and one statement of ours in front: without it a block that is all there is
/// in ours would raise `unused_braces`. The braces keep their span and so their edition, which decides when the
/// temporaries of the last expression are dropped.
fn body(private: &TokenStream, body: &Group) -> TokenStream {
    let statements = body.stream();
    let mut group = Group::new(Delimiter::Brace, ours!(#private::nothing(); #statements));
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
