//! The callsite: a static with what the attribute says, its cells, and what the compiler checks of it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::cells::{cells, described, quantiles, windows};
use super::record::{is_known, record};
use super::span::{self, Given};
use super::values::ask;
use crate::names::Kind;
use crate::observed::labels::{After, Holds, Label};
use crate::observed::plan::{Plan, Shape, Told};
use crate::spans::{blamed_group, blamed_on};

/// What a call names of its callsite.
// expands to: `let site = { fn marker() {} static CELLS: … = …; static SITE: Site<P> = …; &SITE };`
pub(super) fn site(plan: &Plan, given: &Given, private: &TokenStream) -> TokenStream {
    let constants = given.constants();
    let (marker, labels) = labels(plan, private);
    let declared = if plan.has_site {
        counted(plan, given, &labels, private)
    } else {
        let has_labels = plan.span.as_ref().is_some_and(|span| span.has_labels);
        let labels = if has_labels { labels } else { ours!(&[]) };
        let says = says(plan, given, &labels, &[], &TokenStream::new(), private);
        ours!(static __TALLIED_SITE: #private::SpanOnly = #private::SpanOnly::new(#says);)
    };
    let (_, level) = given.level(plan, private);
    let further = span::returned(plan, given, private).into_iter().chain(level);
    let (names, values): (Vec<_>, Vec<_>) = further.unzip();
    let (names, values) = if names.is_empty() {
        (ours!(__site), ours!(&__TALLIED_SITE))
    } else {
        (ours!((__site, #(#names),*)), ours!((&__TALLIED_SITE, #(#values),*)))
    };
    // With a smaller budget this is expanded anew: a variable that the compiler looks at is watched.
    let watched = (plan.has_site && plan.is_own && plan.is_small)
        .then(|| ours!(let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");));
    ours!(let #names = { #constants #marker #declared #watched #values };)
}

/// What says the function's path, if a label does, and the labels.
// expands to: `fn marker() -> &'static str { … }` and `&[Dimension::one("task_name", "charge"), …]`
fn labels(plan: &Plan, private: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let dimensions = plan.labels.iter().map(|label| dimension(label, plan, private));
    let has_path = plan.labels.iter().any(|label| matches!(label.holds, Holds::Path));
    let marker = has_path.then(|| {
        ours!(
            fn __tallied_path() -> &'static ::core::primitive::str {
                #private::type_name_of(__tallied_path)
            }
        )
    });
    (marker, ours!(&[#(#dimensions),*]))
}

/// The values of the open-ended labels, and how the callsite has them; and that no label stands in two sets.
// expands to: `static OPENS: [Open; …] = …;` and `.with_opens(&OPENS)`
fn opens(plan: &Plan, private: &TokenStream) -> (TokenStream, TokenStream) {
    let labels = ours!(#private::Definition::dimensions(&__TALLIED_SITE_SAYS));
    let distinct = plan.labels.iter().find_map(|label| match &label.holds {
        Holds::Set { ty, .. } => {
            let status = [&plan.counter, &plan.histogram, &plan.busy].into_iter().flatten().any(|family| family.status);
            let check = ours!(#private::no_name_twice("the labels of this function", #labels, #status));
            let check = blamed_on(ty.span(), check);
            Some(ours!(const _: () = #check;))
        }
        _ => None,
    });
    let is_open = |label: &Label| {
        matches!(label.holds, Holds::Open { .. } | Holds::Set { .. } | Holds::After { what: After::Open(_), .. })
    };
    if !plan.labels.iter().any(is_open) {
        return (TokenStream::new(), TokenStream::new());
    }
    let opens = ours!(
        static __TALLIED_OPENS: [#private::Open; #private::open_len(#labels)] = #private::opens(#labels);
        #distinct
    );
    (opens, ours!(.with_opens(&__TALLIED_OPENS)))
}

/// What a callsite says.
// expands to: `Definition::of_calls(&[…], &[…], (file!(), …), (can_fail, can_be_cancelled), ("charge", 3, true)).after(1)`
fn says(
    plan: &Plan,
    given: &Given,
    labels: &TokenStream,
    families: &[TokenStream],
    more: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let can_fail = !matches!(plan.told, Told::ByReturn);
    let can_be_cancelled = can_be_cancelled(plan);
    let (span, further) = span::said(plan, given);
    ours!(
        #private::Definition::of_calls(
            #labels,
            &[#(#families),*],
            (::core::file!(), ::core::line!(), ::core::module_path!()),
            (#can_fail, #can_be_cancelled),
            #span,
        ) #further #more
    )
}

/// The callsite itself, and what the compiler checks of it.
fn counted(plan: &Plan, given: &Given, labels: &TokenStream, private: &TokenStream) -> TokenStream {
    let cells = cells(plan.histogram.as_ref(), plan.bounds.as_ref(), "__TALLIED_BOUNDS", private);
    let counter = described("counter", plan.counter.as_ref(), &TokenStream::new(), private);
    let histogram = described("histogram", plan.histogram.as_ref(), &cells.said, private);
    let summary = described("summary", plan.summary.as_ref(), &TokenStream::new(), private);
    let in_flight = described("in_flight", plan.in_flight.as_ref(), &TokenStream::new(), private);
    let described: Vec<_> = [counter, histogram, summary, in_flight].into_iter().flatten().collect();
    let (windows, with_windows) = windows(plan.summary.is_some(), private).unzip();
    let (opens, with_opens) = opens(plan, private);
    let number = &cells.number;
    let (given_budget, budget) = budget(plan, private);
    let parts = parts(plan);
    let ends = ends(plan, private);
    let first_after = plan.labels.iter().position(|label| label.holds.is_after());
    let after = first_after.map(|first| ours!(.after(#first)));
    let tell = span::tell(plan, given, private);
    let sampled = plan.sample.map(|one_in| ours!(.sampled(#one_in)));
    let (busy, with_busy) = busy(plan, &with_opens, private).unzip();
    let beside = plan.busy.is_some().then(|| ours!(.beside(&__TALLIED_BUSY_FAMILIES)));
    let more = ours!(#ends #after #given_budget #beside #tell #sampled);
    let (constant, quantiles) = (&cells.constant, quantiles(plan.summary.as_ref(), private));
    // In the order in which they are said.
    let families = [
        (Kind::Counter, &plan.counter),
        (Kind::Histogram, &plan.histogram),
        (Kind::Summary, &plan.summary),
        (Kind::Gauge, &plan.in_flight),
    ];
    let families = families.into_iter().filter_map(|(kind, family)| Some((kind, family.as_ref()?)));
    let record = record(&ours!(__TALLIED_SITE), &ours!(__TALLIED_SITE_SAYS), &families.collect::<Vec<_>>(), plan);
    let says = says(plan, given, labels, &described, &more, private);
    // A static more costs the compiler a third of a callsite: this one is there where something else asks it.
    let is_asked = plan.busy.is_some() || plan.summary.is_some() || !is_known(plan);
    let (asked, says) = if is_asked {
        let asked = ours!(
            #[allow(long_running_const_eval)]
            static __TALLIED_SITE_SAYS: #private::Definition = #says;
        );
        (Some(asked), ours!(__TALLIED_SITE_SAYS))
    } else {
        (None, says)
    };
    ours!(
        #constant
        #quantiles
        #asked
        #opens
        #busy
        #windows
        static __TALLIED_CELLS: #private::SiteCells<#number> = #private::SiteCells::NEW;
        static __TALLIED_SITE: #private::Site<#parts> =
            #private::Site::new(#says, &__TALLIED_CELLS, &__TALLIED_SITE) #with_opens #with_busy #with_windows;
        #private::listed!(#record);
        #budget
    )
}

/// The time inside polls has a callsite of its own, with the labels of the other.
// expands to: `static BUSY: Site<P> = …;` and `.with_busy(&BUSY)`
fn busy(plan: &Plan, with_opens: &TokenStream, private: &TokenStream) -> Option<(TokenStream, TokenStream)> {
    let family = plan.busy.as_ref()?;
    // Those that are for both stand once.
    let text = |bounds: &Option<Expr>| bounds.as_ref().map(|bounds| bounds.to_token_stream().to_string());
    let is_shared = plan.histogram.is_some() && plan.bounds.is_some() && text(&plan.bounds) == text(&plan.busy_bounds);
    let name = if is_shared { "__TALLIED_BOUNDS" } else { "__TALLIED_BUSY_BOUNDS" };
    let cells = cells(Some(family), plan.busy_bounds.as_ref(), name, private);
    let (constant, number) = if is_shared {
        // What is wrong with them was said.
        (None, ours!({ #private::Definition::cells(&__TALLIED_BUSY_SAYS) }))
    } else {
        (Some(&cells.constant), cells.number.clone())
    };
    let histogram = described("histogram", Some(family), &cells.said, private);
    let within_budget = proof(plan, &ours!(__TALLIED_BUSY_SAYS), private);
    let parts = Literal::u8_unsuffixed(bits([false, is_sure(plan), false, false, false, true, false, false]));
    let record = record(&ours!(__TALLIED_BUSY), &ours!(__TALLIED_BUSY_SAYS), &[(Kind::Histogram, family)], plan);
    let declared = ours!(
        #constant
        static __TALLIED_BUSY_FAMILIES: [#private::Family; 1] = [#histogram];
        static __TALLIED_BUSY_SAYS: #private::Definition =
            #private::Definition::of_polls(&__TALLIED_SITE_SAYS, &__TALLIED_BUSY_FAMILIES);
        #within_budget
        static __TALLIED_BUSY_CELLS: #private::SiteCells<#number> = #private::SiteCells::NEW;
        static __TALLIED_BUSY: #private::Site<#parts> =
            #private::Site::new(__TALLIED_BUSY_SAYS, &__TALLIED_BUSY_CELLS, &__TALLIED_BUSY) #with_opens;
        const _: () = {
            #private::listed!(#record);
        };
    );
    Some((declared, ours!(.with_busy(&__TALLIED_BUSY))))
}

/// Whether the signature says every way in which a call can end.
fn is_sure(plan: &Plan) -> bool {
    matches!(plan.told, Told::ByReturn | Told::Result)
}

/// What the calls of the callsite do: the bits of the runtime's `site`, in one number, because the compiler takes longer for
/// an expression.
fn parts(plan: &Plan) -> Literal {
    let parts = [
        plan.in_flight.is_some(),
        is_sure(plan),
        plan.is_loud(),
        plan.busy.is_some(),
        plan.summary.is_some(),
        plan.histogram.is_some(),
        // What is called `Result` may be another type.
        matches!(plan.told, Told::ByReturn),
        plan.sample.is_some(),
    ];
    Literal::u8_unsuffixed(bits(parts))
}

/// RUNNING, SURE, LOUD, BUSY, SUMMARY, HISTOGRAM, EXACT and SAMPLED, from the lowest bit on.
fn bits(parts: [bool; 8]) -> u8 {
    parts.into_iter().rev().fold(0, |bits, part| bits << 1 | u8::from(part))
}

// expands to: `Dimension::of("route", <Route as Label>::VALUES)`
fn dimension(Label { name, holds, .. }: &Label, plan: &Plan, private: &TokenStream) -> TokenStream {
    match holds {
        Holds::Name => {
            let function = &plan.name;
            ours!(#private::Dimension::one(#name, #function))
        }
        Holds::Path => {
            ours!(#private::Dimension::path(#name, ::core::module_path!(), __tallied_path))
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

/// The words, and how calls can end, where that is more than the signature says or said in other words.
// expands to: `.words((&<Answer as Outcome>::WORDS).checked()).at_most(can_fail, can_be_cancelled)`
fn ends(plan: &Plan, private: &TokenStream) -> TokenStream {
    let can_be_cancelled = can_be_cancelled(plan);
    let words = plan.status.as_ref().map(|ty| {
        let words = quote_spanned!(ty.span()=> (&<#ty as #private::Outcome>::WORDS).checked());
        ours!(.words(#words))
    });
    let ends = match &plan.told {
        Told::ByReturn => plan.status.as_ref().map(|_| ours!(.at_most(false, #can_be_cancelled))),
        Told::Result => plan.status.as_ref().map(|_| ours!(.at_most(true, #can_be_cancelled))),
        // Before it is called, what is sure.
        Told::ByType(can_fail, _) => Some(ours!(.at_least(#can_fail, #can_be_cancelled))),
        Told::Anything => Some(ours!(.anyhow().at_least(false, #can_be_cancelled))),
    };
    ours!(#words #ends)
}

pub(super) fn can_be_cancelled(plan: &Plan) -> bool {
    !matches!(plan.shape, Shape::Closure | Shape::Inline)
}

/// A constant, because those are evaluated by `cargo check` too.
// expands to: `.budget(500)` and `const _: () = within_budget(&SAYS, ways);`, and perhaps `const { … }`
fn budget(plan: &Plan, private: &TokenStream) -> (TokenStream, TokenStream) {
    if plan.is_small {
        return (TokenStream::new(), TokenStream::new());
    }
    let blamed = plan.budget.as_ref().map_or_else(|| plan.callee.sig.ident.span(), Spanned::span);
    let given = plan.budget.as_ref().map(|budget| ours!(.budget(#private::given(#budget))));
    // So it is watched too.
    let given = given.or_else(|| {
        let of_environment = blamed_on(blamed, ours!(#private::of_environment));
        let arguments =
            blamed_group(blamed, ours!(::core::option_env!("TALLIED_SERIES_BUDGET"), #private::DEFAULT_BUDGET));
        plan.is_own.then(|| ours!(.budget(#of_environment #arguments)))
    });
    (given.unwrap_or_default(), proof(plan, &ours!(__TALLIED_SITE_SAYS), private))
}

/// That the families which some constant says are within their budget.
fn proof(plan: &Plan, says: &TokenStream, private: &TokenStream) -> TokenStream {
    let can_be_cancelled = can_be_cancelled(plan);
    let blamed = plan.budget.as_ref().map_or_else(|| plan.callee.sig.ident.span(), Spanned::span);
    let check = |function: TokenStream, ways: TokenStream| {
        let function = blamed_on(blamed, ours!(#private::#function));
        let arguments = blamed_group(blamed, ours!(&#says, #ways));
        ours!(#function #arguments)
    };
    let sure = |can_fail: bool| ours!(#private::Definition::sure(&#says, #can_fail, #can_be_cancelled));
    match &plan.told {
        Told::ByReturn | Told::Result => {
            let sure = check(ours!(within_budget), sure(matches!(plan.told, Told::Result)));
            ours!(const _: () = #sure;)
        }
        Told::Anything => {
            let all = check(ours!(within_budget), ours!(#private::Definition::most(&#says)));
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
    }
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
    // A constant by itself: the labels stand in an array that lives for ever, and so may hold no branches of the user's.
    let values = quote_spanned!(most.span()=> (#name, const { #most }));
    ours!(#open #values)
}
