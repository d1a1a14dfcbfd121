//! The callsite: a static with what the attribute says, its cells, and what the compiler checks of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

use super::values::ask;
use crate::observed::families::Family;
use crate::observed::labels::{After, Holds, Label};
use crate::observed::plan::{Plan, Shape, Told};
use crate::spans::{blamed_group, blamed_on};

// expands to: `{ fn marker() {} const LABELS: … = …; static SITE: Site<N, S> = …; (&SITE, || Some((&SPAN, …))) }`
pub(super) fn site(plan: &Plan, private: &TokenStream) -> TokenStream {
    let dimensions = plan.labels.iter().map(|label| dimension(label, plan, private));
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
    let (given, budget) = budget(plan, private);
    let (alias, cells_type, site_type) = types(plan, &cells, private);
    let silent = plan.span.is_none().then(|| ours!(.without_span()));
    let words = plan.status.as_ref().map(|ty| {
        let words = quote_spanned!(ty.span()=> <#ty as #private::Outcome>::WORDS.checked());
        ours!(.words(#words))
    });
    let at_most = at_most(plan);
    let first_after = plan.labels.iter().position(|label| label.holds.is_after());
    let after = first_after.map(|first| ours!(.after(#first)));
    let is_open = |label: &Label| {
        matches!(label.holds, Holds::Open { .. } | Holds::Set { .. } | Holds::After { what: After::Open(_), .. })
    };
    let (opens, opens_static) = if plan.labels.iter().any(is_open) {
        let of = ours!(
            static __TALLIED_OPENS: [#private::Open; #private::open_len(__TALLIED_LABELS)] =
                #private::opens(__TALLIED_LABELS);
        );
        (ours!(&__TALLIED_OPENS), of)
    } else {
        (ours!(&[]), TokenStream::new())
    };
    let (span, spanned) = super::span::declared(plan, &opens, private);
    let distinct = plan.labels.iter().find_map(|label| match &label.holds {
        Holds::Set { ty, .. } => {
            let status = [&plan.counter, &plan.histogram].into_iter().flatten().any(|family| family.status);
            let check = ours!(#private::no_name_twice("the labels of this function", __TALLIED_LABELS, #status));
            let check = blamed_on(ty.span(), check);
            Some(ours!(const _: () = #check;))
        }
        _ => None,
    });
    ours!({
        #marker
        #constant
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[#private::Dimension] = &[#(#dimensions),*];
        const __TALLIED_SITE_SAYS: #private::Definition =
            #private::Definition::new(__TALLIED_LABELS, ::core::file!(), ::core::line!())
                #counter #histogram #in_flight #words #at_most #after #silent #given;
        #alias
        #opens_static
        static __TALLIED_CELLS: #cells_type = <#cells_type>::new();
        static __TALLIED_SITE: #site_type =
            #private::Site::new(__TALLIED_SITE_SAYS, #opens, &__TALLIED_CELLS, &__TALLIED_SITE);
        #private::listed!(__TALLIED_SITE);
        #distinct
        #budget
        #span
        (&__TALLIED_SITE, #spanned)
    })
}

/// The types of the cells and of the callsite: those of most, or ones that the compiler counts.
// expands to: `type Cells = Cells<{ … }, { … }, { … }>;`
fn types(plan: &Plan, cells: &TokenStream, private: &TokenStream) -> (TokenStream, TokenStream, TokenStream) {
    let mut parts = Vec::new();
    if plan.in_flight.is_some() {
        parts.push(ours!(#private::RUNNING));
    }
    if matches!(plan.told, Told::ByReturn | Told::Result) {
        parts.push(ours!(#private::SURE));
    }
    let parts = if parts.is_empty() { ours!({ 0 }) } else { ours!({ #(#parts)|* }) };
    if plan.is_small {
        return if plan.histogram.is_some() {
            (TokenStream::new(), ours!(#private::TimedCells::<#parts>), ours!(#private::TimedSite::<#parts>))
        } else {
            (TokenStream::new(), ours!(#private::CountedCells::<#parts>), ours!(#private::CountedSite::<#parts>))
        };
    }
    let alias = ours!(
        type __TalliedCells = #private::Cells<
            { #cells },
            { #private::Definition::room(&__TALLIED_SITE_SAYS) },
            { #private::Definition::statuses(&__TALLIED_SITE_SAYS) },
            #parts
        >;
    );
    (alias, ours!(__TalliedCells), ours!(<__TalliedCells as #private::HasSite>::Site))
}

// expands to: `Dimension::of("route", <Route as Label>::VALUES)`
fn dimension(Label { name, holds, .. }: &Label, plan: &Plan, private: &TokenStream) -> TokenStream {
    match holds {
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
            inferred(name, at, &ours!(#(#parameters)* #expression), private)
        }
        Holds::Open { most, .. } => open_ended(name, most, private),
        Holds::Set { ty, .. } => {
            let labels = quote_spanned!(ty.span()=> <#ty as #private::LabelSet>::LABELS);
            ours!(#private::Dimension::set(#name, #labels))
        }
        Holds::After { what, closure } => {
            let at = closure.span();
            let dimension = match what {
                After::Value(ty) => {
                    let of = blamed_on(ty.span(), ours!(#private::Dimension::of));
                    let values = quote_spanned!(ty.span()=> (#name, <#ty as #private::Label>::VALUES));
                    ours!(#of #values)
                }
                After::Inferred(returned) => {
                    let after = blamed_on(at, ours!(#private::after));
                    let arguments = blamed_group(at, ours!(#private::never_ref::<#returned>(), #closure));
                    inferred(name, at, &ours!(#after #arguments), private)
                }
                After::Open(most) => open_ended(name, most, private),
            };
            ours!(#dimension.after())
        }
    }
}

/// The most that is possible by what the signature says; without a word of this, all.
// expands to: `.at_most(can_fail, can_be_cancelled)`
fn at_most(plan: &Plan) -> Option<TokenStream> {
    let can_be_cancelled = can_be_cancelled(plan);
    match &plan.told {
        Told::ByReturn => Some(ours!(.at_most(false, #can_be_cancelled))),
        Told::Result => Some(ours!(.at_most(true, #can_be_cancelled))),
        Told::ByType(..) if plan.status.is_none() => Some(ours!(.at_most(true, #can_be_cancelled))),
        Told::ByType(..) | Told::Anything => None,
    }
}

fn can_be_cancelled(plan: &Plan) -> bool {
    !matches!(plan.shape, Shape::Closure | Shape::Inline)
}

/// A constant, because those are evaluated by `cargo check` too.
// expands to: `.budget(500)` and `const _: () = within_budget(&SAYS, ways);`, and perhaps `const { … }`
fn budget(plan: &Plan, private: &TokenStream) -> (TokenStream, TokenStream) {
    if plan.is_small {
        // A variable that the compiler looks at is watched: with a smaller budget this is expanded anew.
        let watched = plan.is_own.then(|| {
            ours!(
                const _: () = {
                    let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
                };
            )
        });
        return (TokenStream::new(), watched.unwrap_or_default());
    }
    let can_be_cancelled = can_be_cancelled(plan);
    let blamed = plan.budget.as_ref().map_or_else(|| plan.callee.sig.ident.span(), Spanned::span);
    let given = plan.budget.as_ref().map(|budget| ours!(.budget(#private::given(#budget))));
    // Here too it is watched.
    let given = given.or_else(|| {
        let of_environment = blamed_on(blamed, ours!(#private::of_environment));
        let arguments =
            blamed_group(blamed, ours!(::core::option_env!("TALLIED_SERIES_BUDGET"), #private::DEFAULT_BUDGET));
        plan.is_own.then(|| ours!(.budget(#of_environment #arguments)))
    });
    let check = |function: TokenStream, ways: TokenStream| {
        let function = blamed_on(blamed, ours!(#private::#function));
        let arguments = blamed_group(blamed, ours!(&__TALLIED_SITE_SAYS, #ways));
        ours!(#function #arguments)
    };
    let sure = |can_fail: bool| ours!(#private::Definition::sure(&__TALLIED_SITE_SAYS, #can_fail, #can_be_cancelled));
    let checks = match &plan.told {
        Told::ByReturn | Told::Result => {
            let sure = check(ours!(within_budget), sure(matches!(plan.told, Told::Result)));
            ours!(const _: () = #sure;)
        }
        Told::Anything => {
            let all = check(ours!(within_budget), ours!(#private::Definition::most(&__TALLIED_SITE_SAYS)));
            ours!(const _: () = #all;)
        }
        // What is sure is said by `cargo check`, the rest when the function is built: only there its type has a name.
        Told::ByType(can_fail, ty) => {
            let (sure, asked) = (sure(*can_fail), ask(&ours!(__out), plan, private));
            let exact = ours!(#sure, #private::Ways::told_by::<#ty, _, _>(&|__out| #asked, #can_be_cancelled));
            let exact = check(ours!(within_budget_too), exact);
            let sure = check(ours!(within_budget), sure);
            ours!(
                const _: () = #sure;
                const { #exact }
            )
        }
    };
    (given.unwrap_or_default(), checks)
}

/// A label of a type that the compiler infers. A type that is none is blamed on the user's expression, and nobody hears
/// of the bound of a function of ours: it has none.
// expands to: `Dimension::of("hit", { fn label() -> impl Label { … } values_of(label) })`
fn inferred(name: &str, at: Span, value: &TokenStream, private: &TokenStream) -> TokenStream {
    let of = blamed_on(at, ours!(#private::Dimension::of));
    let label = blamed_on(at, ours!(impl #private::Label));
    let values = quote_spanned!(at=> (#name, {
        // What the user's own code raises is raised where it runs, and not here again.
        #[allow(unused, clippy::all, clippy::pedantic)]
        fn __tallied_label() -> #label {
            #value
        }
        #private::values_of(__tallied_label)
    }));
    ours!(#of #values)
}

/// A label that keeps the first values. What is wrong with their number is said where it stands.
fn open_ended(name: &str, most: &Expr, private: &TokenStream) -> TokenStream {
    let open = blamed_on(most.span(), ours!(#private::Dimension::open));
    let values = quote_spanned!(most.span()=> (#name, #most));
    ours!(#open #values)
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
