//! What a call evaluates: its labels before the body, its outcome and further labels from the value.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::return_type;
use crate::observed::labels::{After, Holds, Label};
use crate::observed::plan::{Plan, Shape, Told};
use crate::spans::{blamed_group, blamed_on};

/// Which of the label sets a call has: a number whose last digit is the last label. `None` where there is one.
// expands to: `{ let mut number = site.number(); Join(&label).join(&mut number); …; number.set() }`
pub(super) fn number(plan: &Plan, private: &TokenStream) -> Option<TokenStream> {
    let digit = |label: &Label| {
        let expression = label.holds.expression()?;
        Some(match &label.holds {
            Holds::Open { .. } => {
                let at = expression.span();
                open_digit(at, &quote_spanned!(at=> &(#expression)), private)
            }
            Holds::Set { ty, .. } => {
                let join = quote_spanned!(ty.span()=> <#ty as #private::LabelSet>::join);
                ours!(#join(&(#expression), &mut __number);)
            }
            Holds::Value { ty, .. } => digit(&ours!(::<'_, #ty>), &ours!(&(#expression)), private),
            _ => digit(&TokenStream::new(), &ours!(&(#expression)), private),
        })
    };
    let digits: Vec<TokenStream> = plan.labels.iter().filter_map(digit).collect();
    let has_after = plan.labels.iter().any(|label| label.holds.is_after());
    // After a call its value may add to the number.
    let set = if has_after { ours!(__site.before(__number)) } else { ours!(__number.set()) };
    (has_after || !digits.is_empty()).then(|| {
        ours!({
            let mut __number = __site.number();
            #(#digits)*
            #set
        })
    })
}

/// A type that is no label was refused where the labels stand: here nobody needs to hear it again.
fn digit(ty: &TokenStream, value: &TokenStream, private: &TokenStream) -> TokenStream {
    ours!({
        use #private::join::*;
        (&&#private::Join #ty (#value)).tallied_join(&mut __number);
    })
}

/// A value without a text is refused where it stands: by the trait itself, so nobody hears of a bound of ours.
// expands to: `OpenLabel::with_text(&value, |text| Number::open(&mut number, text));`
fn open_digit(blamed: Span, value: &TokenStream, private: &TokenStream) -> TokenStream {
    let with_text = blamed_on(blamed, ours!(#private::OpenLabel::with_text));
    let arguments = blamed_group(blamed, ours!(#value, |__text| #private::Number::open(&mut __number, __text)));
    ours!(#with_text #arguments;)
}

/// The type of the words for what becomes of a call.
pub(super) fn status(plan: &Plan, private: &TokenStream) -> TokenStream {
    plan.status.as_ref().map_or_else(|| ours!(#private::Status), ToTokens::to_token_stream)
}

// expands to: `(&&&&Ask::<Status, _>::new(out)).told()`
pub(super) fn ask(out: &TokenStream, plan: &Plan, private: &TokenStream) -> TokenStream {
    let status = status(plan, private);
    if matches!(plan.told, Told::ByReturn) {
        return ours!(#private::returned::<#status, _>(#out));
    }
    ours!({
        use #private::ask::*;
        (&&&&#private::Ask::<#status, _>::new(#out)).tallied_told()
    })
}

// expands to: `|out| ask(out)`, or `|out| After { told: ask(out), labels: { …; number.set() } }`
pub(super) fn told(plan: &Plan, private: &TokenStream) -> TokenStream {
    // Nothing else says the type of a block that never ends.
    let never = matches!(return_type(&plan.callee.sig.output), Type::Never(_));
    let ty = never.then(|| ours!(: &#private::Never));
    let asked = ask(&ours!(__out), plan, private);
    let digit = |label: &Label| {
        let Holds::After { what, closure } = &label.holds else { return None };
        let after = blamed_on(closure.span(), ours!(#private::after));
        let arguments = blamed_group(closure.span(), ours!(__out, #closure));
        let ours_there = Span::mixed_site().located_at(closure.span());
        let value = quote_spanned!(ours_there=> &__label);
        let of_type = if let After::Value(ty) = what { ours!(: #ty) } else { TokenStream::new() };
        let digit = match what {
            After::Value(ty) => digit(&ours!(::<'_, #ty>), &value, private),
            After::Inferred(_) => digit(&TokenStream::new(), &value, private),
            After::Open(_) => open_digit(closure.span(), &value, private),
        };
        // `|page| page.is_some()` says more in an attribute than a path would.
        Some(ours!(
            #[allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls)]
            let __label #of_type = #after #arguments;
            #digit
        ))
    };
    let digits: Vec<TokenStream> = plan.labels.iter().filter_map(digit).collect();
    let has_digits = !digits.is_empty();
    let told = if has_digits {
        ours!(#private::After {
            told: #asked,
            labels: {
                let mut __number = __site.number_after();
                #(#digits)*
                __number.set()
            },
        })
    } else {
        asked
    };
    // A closure more costs the compiler as much as a static: a function says the same. But its type has that of the value in
    // it, and may live no longer, where a closure lives for ever: a future that the user names may have to.
    let is_ours = matches!(plan.shape, Shape::Closure | Shape::AsyncRewritten | Shape::AsyncKept);
    let is_plain = is_ours && matches!(plan.told, Told::ByReturn) && !has_digits && ty.is_none();
    match super::span::say_returned(plan) {
        None if is_plain => {
            let status = status(plan, private);
            ours!(#private::returned::<#status, _>)
        }
        Some(say) => ours!(move |__out #ty| { #say #private::Said(#told) }),
        None if has_digits => ours!(move |__out #ty| #told),
        None => ours!(|__out #ty| #told),
    }
}
