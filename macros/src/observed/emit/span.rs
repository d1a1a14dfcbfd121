//! The span: what the callsite says of it, and the code that opens it where something of the user's is evaluated for it.
//! And the events at the end of a call.

use proc_macro2::{Ident, Literal, Span as Place, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use crate::observed::args::How;
use crate::observed::events::{Event, Level, Slow};
use crate::observed::plan::Plan;
use crate::observed::span::Field;
use crate::spans::{blamed_group, blamed_on};

/// What the user gave stands in constants, so that a value of another type is told once, where it stands.
pub(super) struct Given {
    constants: TokenStream,
    name: TokenStream,
    target: TokenStream,
    level: TokenStream,
    /// The level of the span, as the runtime numbers it; 0 without one.
    number: TokenStream,
}

impl Given {
    pub(super) fn of(plan: &Plan, private: &TokenStream) -> Self {
        let mut constants = TokenStream::new();
        let mut text = |given: Option<&Expr>, constant: &str, otherwise: TokenStream| {
            let Some(given) = given else { return otherwise };
            let constant = Ident::new(constant, Place::mixed_site());
            constants.extend(ours!(const #constant: &::core::primitive::str = #given;));
            constant.into_token_stream()
        };
        let span = plan.span.as_ref();
        let name = text(span.and_then(|span| span.name.as_ref()), "__TALLIED_NAME", plan.name.to_token_stream());
        let target = text(plan.target.as_ref(), "__TALLIED_TARGET", ours!(::core::module_path!()));
        let level = match span.map(|span| &span.level) {
            Some(Level::Given(level)) => {
                constants.extend(ours!(const __TALLIED_LEVEL: #private::tracing::Level = #level;));
                ours!(__TALLIED_LEVEL)
            }
            Some(Level::Named(level)) => named(level, private),
            None => named("INFO", private),
        };
        let number = match span.map(|span| &span.level) {
            None => ours!(0),
            Some(Level::Given(_)) => ours!({ #private::number_of(__TALLIED_LEVEL) }),
            Some(Level::Named(level)) => numbered(level),
        };
        let of_events = [("ERR", plan.events.err.as_ref().and_then(|err| err.level.as_ref()))]
            .into_iter()
            .chain([("RET", plan.events.ret.as_ref().and_then(|ret| ret.level.as_ref()))])
            .chain([("LOG", plan.events.log.as_ref())]);
        for (event, level) in of_events {
            if let Some(Level::Given(level)) = level {
                let constant = of_event(event);
                constants.extend(ours!(const #constant: #private::tracing::Level = #level;));
            }
        }
        if let Some(Slow::Given(limit)) = &plan.events.slow {
            constants.extend(ours!(const __TALLIED_SLOW: ::core::time::Duration = #limit;));
        }
        Given { constants, name, target, level, number }
    }

    pub(super) fn constants(&self) -> &TokenStream {
        &self.constants
    }

    /// The span's level as a call has it; and the name and the value of a local that must be bound for it, if the level is a
    /// constant of the user's.
    // expands to: `At::<3>`
    pub(super) fn level(
        &self,
        plan: &Plan,
        private: &TokenStream,
    ) -> (TokenStream, Option<(TokenStream, TokenStream)>) {
        let number = &self.number;
        let level = ours!(#private::At::<#number>);
        let is_given = matches!(plan.span.as_ref().map(|span| &span.level), Some(Level::Given(_)));
        if is_given { (ours!(__level), Some((ours!(__level), level))) } else { (level, None) }
    }
}

fn numbered(level: &str) -> TokenStream {
    let number = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].iter().position(|name| *name == level);
    Literal::usize_unsuffixed(number.map_or(0, |number| number + 1)).into_token_stream()
}

fn named(level: &str, private: &TokenStream) -> TokenStream {
    let level = Ident::new(level, Place::mixed_site());
    ours!(#private::tracing::Level::#level)
}

/// What a callsite says of its span: what all have, and what is special.
// expands to: `("charge", 3, true)` and `.target(TARGET).fields(&["id"])`
pub(super) fn said(plan: &Plan, given: &Given) -> (TokenStream, TokenStream) {
    let Given { name, target, number, .. } = given;
    let Some(span) = plan.span.as_ref() else { return (ours!(("", 0, false)), TokenStream::new()) };
    let has_labels = span.has_labels;
    let fields = span.fields.iter().map(|Field { name, cfgs, .. }| quote_spanned!(name.span()=> #(#cfgs)* #name));
    let fields = (!span.fields.is_empty()).then(|| ours!(.fields(&[#(#fields),*])));
    let target = plan.target.is_some().then(|| ours!(.target(#target)));
    (ours!((#name, #number, #has_labels)), ours!(#target #fields))
}

/// Opens the span where the arguments are. Nothing is evaluated if nobody wants to see it.
// expands to: `let opened = match ready(site, At::<3>) { Some(ready) => Some(ready.open(set, &[Some(&id), …])), None => None };`
pub(super) fn opened(
    plan: &Plan,
    level: &TokenStream,
    set: &TokenStream,
    private: &TokenStream,
) -> Option<TokenStream> {
    let span = plan.span.as_ref().filter(|span| span.has_values())?;
    let values = span.fields.iter().map(|field| value(field, private));
    // Asked of the trait itself, so nobody hears of a bound of ours.
    let parent = span.parent.as_ref().map(|parent| {
        let into = ours!(::core::convert::Into::<::core::option::Option<#private::tracing::Id>>::into);
        let (into, parent) = (blamed_on(parent.span(), into), blamed_group(parent.span(), parent.to_token_stream()));
        ours!(#into #parent,)
    });
    let below = if parent.is_some() { ours!(child_of) } else { ours!(open) };
    let open = ours!(__ready.#below(#parent #set, &[#(#values),*]));
    let follows = span.follows_from.as_ref().map(|causes| {
        let into = blamed_on(
            causes.span(),
            ours!(::core::convert::Into::<::core::option::Option<#private::tracing::Id>>::into),
        );
        let cause = Ident::new("__cause", Place::mixed_site().located_at(causes.span()));
        let cause = blamed_group(causes.span(), cause.into_token_stream());
        let cause = ours!(#into #cause);
        ours!(
            // An `Option` of a span is as good as a list.
            #[allow(for_loops_over_fallibles)]
            for __cause in #causes {
                __opened.follows_from(#cause);
            }
        )
    });
    // What is only a span has nothing to count.
    let (preparing, prepared) = if plan.has_site {
        (ours!(let __preparing = #private::Preparing::new(__site, #set);), ours!(__preparing.done();))
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    Some(ours!(
        // That the user's names are used here is ours.
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let __opened = match #private::ready(__site, #level) {
            ::core::option::Option::Some(__ready) => {
                #preparing
                let __opened = #open;
                #follows
                #prepared
                ::core::option::Option::Some(__opened)
            }
            ::core::option::Option::None => ::core::option::Option::None,
        };
    ))
}

// expands to: `Some::<&dyn Value>(&debug(&value))`
fn value(Field { how, value, cfgs, .. }: &Field, private: &TokenStream) -> TokenStream {
    let Some(value) = value else {
        return ours!(::core::option::Option::Some::<&dyn #private::tracing::Value>(&#private::tracing::field::Empty));
    };
    // What has no such form is blamed where it stands.
    let at = Place::mixed_site().located_at(value.span());
    let value = match how {
        How::Value => quote_spanned!(at=> &(#value)),
        // A reference more, because what has no size can be written too.
        How::Debug => quote_spanned!(at=> &#private::tracing::field::debug::<&dyn ::core::fmt::Debug>(&&(#value))),
        How::Display => {
            quote_spanned!(at=> &#private::tracing::field::display::<&dyn ::core::fmt::Display>(&&(#value)))
        }
    };
    quote_spanned!(at=> #(#cfgs)* ::core::option::Option::Some::<&dyn #private::tracing::Value>(#value))
}

/// Closures that tell of a returned value: their names and what they are.
// expands to: `__err` and `|error: &dyn Display| event!(target: …, ERROR, error = %error)`
pub(super) fn returned(plan: &Plan, given: &Given, private: &TokenStream) -> Vec<(TokenStream, TokenStream)> {
    let Given { target, .. } = given;
    let closure = |event: &Event, word: &str, field: &str| {
        let level = event.level.as_ref().map_or_else(|| given.level.clone(), |level| self::level(level, word, private));
        let (form, value) = match event.how {
            How::Display => (ours!(::core::fmt::Display), ours!(display)),
            How::Debug | How::Value => (ours!(::core::fmt::Debug), ours!(debug)),
        };
        ours!(|__value: &dyn #form| #private::tracing::event!(
            target: #target, #level, #field = #private::tracing::field::#value(__value)
        ))
    };
    let err = plan.events.err.as_ref().map(|err| (ours!(__err), closure(err, "ERR", "error")));
    let ret = plan.events.ret.as_ref().map(|ret| (ours!(__ret), closure(ret, "RET", "return")));
    err.into_iter().chain(ret).collect()
}

/// The constant of a level that the user gave to an event.
fn of_event(event: &str) -> Ident {
    Ident::new(&format!("__TALLIED_{event}_LEVEL"), Place::mixed_site())
}

fn level(level: &Level, event: &str, private: &TokenStream) -> TokenStream {
    match level {
        Level::Named(level) => named(level, private),
        Level::Given(_) => of_event(event).into_token_stream(),
    }
}

/// Calls those closures. What a value cannot do is blamed on the word that asks for it.
// expands to: `match out { Ok(value) => ret(value), Err(error) => err(error) }`
pub(super) fn say_returned(plan: &Plan) -> Option<TokenStream> {
    let call = |event: &Event, closure: TokenStream, value: &str| {
        let value = Ident::new(value, Place::mixed_site().located_at(event.at));
        ours!(#closure(#value))
    };
    let ret = plan.events.ret.as_ref();
    let Some(err) = &plan.events.err else {
        // As tracing has it: without `err`, an `Err` is a value like any other.
        return ret.map(|ret| {
            let say = call(ret, ours!(__ret), "__out");
            ours!(#say;)
        });
    };
    let (say_ok, say) = (ret.map(|ret| call(ret, ours!(__ret), "__value")), call(err, ours!(__err), "__error"));
    let value = if ret.is_some() { ours!(__value) } else { ours!(_) };
    let at = Place::mixed_site().located_at(err.at);
    Some(quote_spanned!(at=>
        match __out {
            ::core::result::Result::Ok(#value) => { #say_ok }
            ::core::result::Result::Err(__error) => #say,
        }
    ))
}

/// Tells the end of each call, or of a slow one.
// expands to: `.tell(|ended| if ended.nanos() > 100_000_000 { event!(…) })`
pub(super) fn tell(plan: &Plan, given: &Given, private: &TokenStream) -> Option<TokenStream> {
    let (Given { target, .. }, name) = (given, &plan.name);
    let event = |level: &TokenStream, message: &str| {
        ours!(#private::tracing::event!(
            target: #target,
            #level,
            function = &*__ended.function(#name),
            elapsed_ms = #private::millis(__ended.nanos()),
            status = __ended.status(),
            #message
        ))
    };
    let slow = plan.events.slow.as_ref().map(|slow| {
        let limit = match slow {
            Slow::Nanos(nanos) => nanos.to_token_stream(),
            Slow::Given(_) => ours!(const { #private::nanos_of(__TALLIED_SLOW) }),
        };
        let event = event(&named("WARN", private), "slow call");
        ours!(if __ended.nanos() > #limit { #event })
    });
    let log = plan.events.log.as_ref().map(|log| event(&level(log, "LOG", private), "call ended"));
    plan.is_loud().then(|| ours!(.tell(|__ended| { #slow #log })))
}
