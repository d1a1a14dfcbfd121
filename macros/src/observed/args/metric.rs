//! What is between the parentheses of `counter(…)`, `histogram(…)`, `summary(…)`, `in_flight(…)` and `busy(…)`.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, LitInt, LitStr, Token, parenthesized, token};

use super::{Metric, buckets, equals, expected, list, numbers, set};
use crate::diag::{Errors, did_you_mean, listed};
use crate::names::Unit;

/// What goes into the parentheses of a metric.
pub const COUNTED: &[&str] = &["name", "help", "labels", "zero"];
/// The same of a histogram.
pub const SAMPLED: &[&str] = &["name", "help", "labels", "buckets", "unit", "native", "sample", "zero"];
/// The same of one that is told of every call.
pub const TIMED: &[&str] = &["name", "help", "labels", "buckets", "unit", "native", "zero"];
/// The same of a summary.
pub const SUMMED: &[&str] = &["name", "help", "labels", "quantiles", "unit", "zero"];

/// Fewer than one call in so many are as good as none.
const MOST_SAMPLE: u32 = 1_000_000;

/// Nothing, `= "name"`, `= false`, or `(name = "…", help = "…", buckets = …)`.
pub fn metric(input: ParseStream<'_>, key: &Ident, known: &[&str], errors: &Errors) -> syn::Result<Metric> {
    let mut metric = Metric::new(key);
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.peek(LitStr) {
            metric.name = Some(input.parse()?);
        } else if input.peek(LitBool) {
            metric.off = !input.parse::<LitBool>()?.value;
        } else {
            return Err(expected(
                input,
                key,
                &format!("a string, the family's name: `{key} = \"…\"`, or `{key} = false`"),
            ));
        }
    } else if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        list(&inner, errors, |inner| inside(inner, &mut metric, known, errors));
    }
    Ok(metric)
}

fn inside(input: ParseStream<'_>, metric: &mut Metric, known: &[&str], errors: &Errors) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected an argument of `{}(…)` such as `name = \"…\"`", metric.key)));
    }
    let key = input.call(Ident::parse_any)?;
    match key.to_string().as_str() {
        word if !known.contains(&word) => {
            let remedy = match did_you_mean(word, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(known)),
            };
            return Err(syn::Error::new_spanned(
                &key,
                format!("unknown argument `{word}` of `{}(…)`; {remedy}", metric.key),
            ));
        }
        "name" => set(&mut metric.name, string(input, &key)?, &key, errors),
        "help" => set(&mut metric.help, string(input, &key)?, &key, errors),
        "labels" => {
            if !input.peek(token::Paren) {
                return Err(expected(input, &key, "`labels(task_name, status)`"));
            }
            let inner;
            parenthesized!(inner in input);
            let mut labels = Vec::new();
            list(&inner, errors, |inner| {
                if !inner.peek(Ident::peek_any) {
                    return Err(inner.error("expected the name of a label"));
                }
                labels.push(inner.call(Ident::parse_any)?);
                Ok(())
            });
            set(&mut metric.labels, labels, &key, errors);
        }
        "buckets" => set(&mut metric.buckets, buckets(input, &key)?, &key, errors),
        "quantiles" => {
            let quantiles = numbers(input, &key, "`quantiles = [0.5, 0.99]`")?;
            set(&mut metric.quantiles, quantiles, &key, errors);
        }
        "unit" => {
            let text = string(input, &key)?;
            let unit = Unit::of(&text.value()).map_err(|message| syn::Error::new_spanned(&text, message))?;
            set(&mut metric.unit, unit, &key, errors);
        }
        "sample" => {
            equals(input, &key, "the number of calls of which one is timed: `sample = 16`")?;
            let number = if input.peek(LitInt) { Some(input.parse::<LitInt>()?) } else { None };
            let given = number.as_ref().and_then(|number| number.base10_parse().ok());
            let Some(one_in) = given.filter(|n| (2..=MOST_SAMPLE).contains(n)) else {
                let form = format!(
                    "a whole number from 2 to {MOST_SAMPLE}: of so many calls one is timed, as in `sample = 16`"
                );
                return Err(match number {
                    Some(number) => syn::Error::new_spanned(number, format!("expected {form}")),
                    None => expected(input, &key, &form),
                });
            };
            set(&mut metric.sample, (key.clone(), one_in), &key, errors);
        }
        "native" if input.peek(Token![=]) => {
            return Err(syn::Error::new_spanned(&key, "`native` takes no value; write it alone"));
        }
        "native" => set(&mut metric.native, key.clone(), &key, errors),
        _ => {
            equals(input, &key, "`zero = true` or `zero = false`")?;
            if !input.peek(LitBool) {
                return Err(expected(input, &key, "`zero = true` or `zero = false`"));
            }
            set(&mut metric.zero, input.parse::<LitBool>()?.value, &key, errors);
        }
    }
    Ok(())
}

fn string(input: ParseStream<'_>, key: &Ident) -> syn::Result<LitStr> {
    let form = format!("a string: `{key} = \"…\"`");
    equals(input, key, &form)?;
    if input.peek(LitStr) { input.parse() } else { Err(expected(input, key, &form)) }
}
