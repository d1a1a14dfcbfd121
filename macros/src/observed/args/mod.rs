//! The text of the attribute → [`Args`].
//!
//! Knows how arguments are written, not what they mean: no defaults, and nothing of the function. A broken argument is
//! said and skipped, so the next one is read too.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Token, parenthesized, token};

use crate::diag::{Errors, did_you_mean, listed};
use crate::names;

mod block;
mod label;
mod metric;
mod model;
mod span;

use label::labels;
use metric::{COUNTED, SAMPLED, SUMMED, TIMED, metric};
pub use model::{Args, Buckets, Defaults, Label, Metric, Switch, Value};
pub use span::{Event, Field, FieldName, Fields, How, Skip};

/// The arguments that this version has.
pub const KNOWN: [&str; 27] = [
    "counter",
    "histogram",
    "summary",
    "in_flight",
    "busy",
    "labels",
    "after",
    "status",
    "buckets",
    "budget",
    "allow",
    "future",
    "span",
    "level",
    "name",
    "target",
    "parent",
    "follows_from",
    "args",
    "skip",
    "skip_all",
    "fields",
    "err",
    "ret",
    "slow",
    "log",
    "crate",
];

/// Arguments of one family, which stand in its parentheses.
pub const OF_A_FAMILY: [&str; 4] = ["native", "quantiles", "unit", "zero"];

/// For one that stands beside it.
pub fn of_a_family(word: &str) -> String {
    let example = match word {
        "native" => "histogram(native)",
        "quantiles" => "summary(quantiles = [0.5, 0.99])",
        "unit" => "histogram(unit = \"ms\")",
        _ => "counter(zero = false)",
    };
    format!("`{word}` belongs to a family: `{example}`")
}

pub fn parse(attribute: TokenStream, defaults: Defaults, errors: &Errors) -> Args {
    let mut args = Args::default();
    let parser = |input: ParseStream<'_>| {
        if defaults == Defaults::Instrument {
            // tracing's attribute reads commas as it reads blanks.
            while !input.is_empty() {
                until_comma(input, errors, |input| argument(input, &mut args, defaults, errors), false);
            }
        } else {
            list(input, errors, |input| argument(input, &mut args, defaults, errors));
        }
        Ok(())
    };
    // The list swallows every token, so this only fails where a token is unreadable.
    if let Err(error) = parser.parse2(attribute) {
        errors.push(error);
    }
    args
}

/// Reads arguments between commas; after a broken one, goes on behind the next comma.
fn list(input: ParseStream<'_>, errors: &Errors, mut one: impl FnMut(ParseStream<'_>) -> syn::Result<()>) {
    while !input.is_empty() {
        until_comma(input, errors, &mut one, true);
    }
}

/// Reads one argument and the comma behind it.
fn until_comma(
    input: ParseStream<'_>,
    errors: &Errors,
    one: impl FnOnce(ParseStream<'_>) -> syn::Result<()>,
    needs_comma: bool,
) {
    let is_blank = !needs_comma && input.peek(Token![,]);
    let read = if is_blank { Ok(()) } else { one(input) };
    let read = read.and_then(|()| {
        if input.is_empty() || input.peek(Token![,]) || !needs_comma {
            Ok(())
        } else {
            Err(input.error("expected `,` after the argument"))
        }
    });
    if let Err(error) = read {
        errors.push(error);
        while !input.is_empty() && !input.peek(Token![,]) {
            let _ = input.parse::<TokenTree>();
        }
    }
    let _ = input.parse::<Option<Token![,]>>();
}

fn argument(input: ParseStream<'_>, args: &mut Args, defaults: Defaults, errors: &Errors) -> syn::Result<()> {
    // As tracing's attribute has it.
    if input.peek(LitStr) && defaults == Defaults::Instrument {
        let name: LitStr = input.parse()?;
        let key = Ident::new("name", name.span());
        set(
            &mut args.name,
            Value { key: key.clone(), value: Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Str(name) }) },
            &key,
            errors,
        );
        return Ok(());
    }
    if !input.peek(Ident::peek_any) {
        let literal = if input.peek(LitStr) { "; a name is written `counter = \"…\"`" } else { "" };
        return Err(input.error(format!("expected an argument such as `histogram`{literal}")));
    }
    let key = input.call(Ident::parse_any)?;
    let has_value = input.peek(Token![=]) || input.peek(token::Paren);
    let bare = input.is_empty() || input.peek(Token![,]) || defaults == Defaults::Instrument && !has_value;
    let word = key.unraw().to_string();
    if span::argument(input, &key, bare, args, errors)? {
        return Ok(());
    }
    match word.as_str() {
        "counter" => set(&mut args.counter, metric(input, &key, COUNTED, errors)?, &key, errors),
        "histogram" => {
            args.meant_histogram = true;
            set(&mut args.histogram, metric(input, &key, SAMPLED, errors)?, &key, errors);
        }
        "summary" => set(&mut args.summary, metric(input, &key, SUMMED, errors)?, &key, errors),
        "in_flight" => set(&mut args.in_flight, metric(input, &key, COUNTED, errors)?, &key, errors),
        "busy" => set(&mut args.busy, metric(input, &key, TIMED, errors)?, &key, errors),
        "allow" => {
            if !input.peek(token::Paren) {
                return Err(expected(input, &key, "`allow(base_unit)`"));
            }
            let inner;
            parenthesized!(inner in input);
            list(&inner, errors, |inner| {
                let lint: Ident = inner.parse()?;
                names::known_lint(&lint).map(|()| args.allow.push(lint))
            });
        }
        "buckets" => set(&mut args.buckets, buckets(input, &key)?, &key, errors),
        "budget" => {
            equals(input, &key, "`budget = 50_000`")?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(expected(input, &key, "`budget = 50_000`"));
            }
            let budget: Expr = input.parse()?;
            if matches!(&budget, Expr::Lit(literal) if !matches!(literal.lit, Lit::Int(_))) {
                return Err(syn::Error::new_spanned(budget, "expected a number of series: `budget = 50_000`"));
            }
            set(&mut args.budget, budget, &key, errors);
        }
        "labels" => {
            let labels = labels(input, &key, "`labels(queue, route: Route = req.route())`", errors)?;
            set(&mut args.labels, labels, &key, errors);
        }
        "after" => {
            let labels = labels(input, &key, "`after(hit = |page| page.is_some())`", errors)?;
            set(&mut args.after, labels, &key, errors);
        }
        "status" => {
            equals(input, &key, "`status = MyStatus`")?;
            if input.is_empty() || input.peek(Token![,]) || input.peek(LitStr) {
                return Err(expected(input, &key, "`status = MyStatus`"));
            }
            set(&mut args.status, input.parse()?, &key, errors);
        }
        "future" if bare => set(&mut args.future, key.clone(), &key, errors),
        "future" => return Err(alone(&key)),
        "span" => set(&mut args.span, Switch { key: key.clone(), on: switch(input, &key)? }, &key, errors),
        "crate" => {
            equals(input, &key, "`crate = path`")?;
            if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
                return Err(expected(input, &key, "`crate = path`"));
            }
            set(&mut args.krate, input.call(Path::parse_mod_style)?, &key, errors);
        }
        _ if bare && syn::parse2::<Ident>(key.to_token_stream()).is_err() => {
            let message = format!("expected an argument or a label, found the keyword `{key}`");
            return Err(syn::Error::new_spanned(&key, message));
        }
        _ if bare => args.words.push(key),
        word if OF_A_FAMILY.contains(&word) => return Err(syn::Error::new_spanned(&key, of_a_family(word))),
        word => {
            let known = KNOWN;
            let remedy = match did_you_mean(word, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None if word == "max" => "it belongs to a label: `labels(tenant(max = 64))`".to_owned(),
                None if input.peek(token::Paren) => format!("a label is written `labels({word}(…))`"),
                None => format!("the arguments are {}", listed(&KNOWN)),
            };
            return Err(syn::Error::new_spanned(&key, format!("unknown argument `{word}`; {remedy}")));
        }
    }
    Ok(())
}

/// Keeps the first and blames the second.
fn set<T>(place: &mut Option<T>, value: T, key: &Ident, errors: &Errors) {
    if place.is_some() {
        errors.at(key, format!("duplicate argument `{key}`; remove one of the two"));
    } else {
        *place = Some(value);
    }
}

fn switch(input: ParseStream<'_>, key: &Ident) -> syn::Result<bool> {
    if !input.peek(Token![=]) {
        return Ok(true);
    }
    input.parse::<Token![=]>()?;
    if input.peek(LitBool) {
        Ok(input.parse::<LitBool>()?.value)
    } else {
        Err(expected(input, key, &format!("`{key} = true` or `{key} = false`")))
    }
}

/// For a word that takes nothing.
fn alone(key: &Ident) -> syn::Error {
    syn::Error::new_spanned(key, format!("`{key}` takes no value; write it alone"))
}

/// `key = expression`
fn keyed(
    place: &mut Option<Value>,
    input: ParseStream<'_>,
    key: &Ident,
    form: &str,
    errors: &Errors,
) -> syn::Result<()> {
    equals(input, key, form)?;
    let value = value(input, key, form)?;
    set(place, Value { key: key.clone(), value }, key, errors);
    Ok(())
}

/// What stands behind a `=`.
fn value(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(expected(input, key, form));
    }
    match input.parse() {
        Ok(value) => Ok(peeled(value)),
        // Half of an expression ends where nothing is to be underlined.
        Err(_) if input.is_empty() => {
            Err(syn::Error::new_spanned(key, format!("the value of `{key}` is not complete; write {form}")))
        }
        Err(error) => Err(error),
    }
}

/// Without parentheses, and without the invisible ones round an `$e:expr`.
fn peeled(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => peeled(*group.expr),
        Expr::Paren(paren) => peeled(*paren.expr),
        other => other,
    }
}

fn buckets(input: ParseStream<'_>, key: &Ident) -> syn::Result<Buckets> {
    Ok(Buckets { key: key.clone(), bounds: numbers(input, key, "`buckets = CONST`")? })
}

fn numbers(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Result<Expr> {
    equals(input, key, form)?;
    if input.is_empty() { Err(expected(input, key, form)) } else { input.parse() }
}

fn equals(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Ok(())
    } else {
        Err(expected(input, key, form))
    }
}

/// Blames what stands there, or the argument's name where nothing does.
fn expected(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Error {
    if input.is_empty() || input.peek(Token![,]) {
        syn::Error::new_spanned(key, format!("`{key}` needs a value; write {form}"))
    } else {
        input.error(format!("expected {form}"))
    }
}
