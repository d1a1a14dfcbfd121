//! The span: a static that says it, beside the callsite.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use syn::Expr;

use crate::observed::plan::{Level, Plan};

/// The statics of the span, and a closure that names it.
// expands to: `static SPAN: SpanSite = SpanSite::new(…);` and `|| Some((&SPAN, Level::INFO))`
pub(super) fn declared(plan: &Plan, opens: &TokenStream, private: &TokenStream) -> (TokenStream, TokenStream) {
    let Some(span) = &plan.span else {
        return (TokenStream::new(), ours!(|| ::core::option::Option::None));
    };
    // What the user gave stands in constants, so that a value of another type is told once, where it stands.
    let text = |given: &Option<Expr>, constant: &str, otherwise: TokenStream| {
        let constant = Ident::new(constant, Span::mixed_site());
        let given = given.as_ref().map(|given| ours!(const #constant: &::core::primitive::str = #given;));
        let value = if given.is_some() { constant.to_token_stream() } else { otherwise };
        (given, value)
    };
    let (given_name, name) = text(&span.name, "__TALLIED_NAME", plan.name.to_token_stream());
    let (given_target, target) = text(&span.target, "__TALLIED_TARGET", ours!(::core::module_path!()));
    let (given_level, level) = match &span.level {
        Level::Named(level) => {
            let level = Ident::new(level, Span::mixed_site());
            (None, ours!(#private::tracing::Level::#level))
        }
        Level::Given(level) => {
            (Some(ours!(const __TALLIED_LEVEL: #private::tracing::Level = #level;)), ours!(__TALLIED_LEVEL))
        }
    };
    let fields = plan.labels.iter().map(|label| &label.name);
    let declared = ours!(
        #given_name #given_target #given_level
        static __TALLIED_SPAN: #private::SpanSite = #private::SpanSite::new(
            &__TALLIED_SPAN,
            (#name, #target, #level),
            (::core::file!(), ::core::line!(), ::core::module_path!()),
            &[#(#fields),*],
            (__TALLIED_LABELS, #opens),
        );
    );
    (declared, ours!(|| ::core::option::Option::Some((&__TALLIED_SPAN, #level))))
}
