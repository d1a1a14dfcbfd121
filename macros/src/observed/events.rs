//! The part of [`super::plan`] that is about events, and what they have in common with the span: levels and constant texts.

use proc_macro2::{Ident, Span as Place};
use quote::ToTokens as _;
use syn::{Expr, ExprLit, Lit, Type};

use super::args::{self, Args, How, Value};
use super::callee::Callee;
use super::plan::is_nobodys;
use crate::diag::{Errors, did_you_mean};

pub enum Level {
    /// A constant of `tracing::Level`.
    Named(&'static str),
    /// A constant of the user's.
    Given(Expr),
}

/// An event at the end of a call.
pub struct Event {
    /// `None` for that of the span.
    pub level: Option<Level>,
    pub how: How,
    /// Where it is asked for.
    pub at: Place,
}

/// The events that a returned value makes, and those at the end of each call.
pub struct Events {
    pub err: Option<Event>,
    pub ret: Option<Event>,
    pub slow: Option<Slow>,
    pub log: Option<Level>,
}

/// From which time on a call is slow.
pub enum Slow {
    Nanos(u64),
    /// A constant `Duration` of the user's.
    Given(Expr),
}

pub fn make(args: &Args, callee: &Callee, errors: &Errors) -> Events {
    let event = |event: &args::Event, level: Option<Level>, how: How| Event {
        level: event.level.as_ref().map(|level| self::level(level, callee, errors)).or(level),
        how: event.how.unwrap_or(how),
        at: event.key.span(),
    };
    // Of a block, `err` is for those methods whose type says `Result`.
    let nobodys = callee.returned().filter(|ty| is_nobodys(ty) && callee.awaited().is_none());
    let says_result = callee.returned().is_some_and(|ty| match &ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result")),
        _ => false,
    });
    let err = match (&args.err, nobodys) {
        (Some(_), _) if callee.is_of_block && !says_result => None,
        (Some(err), Some(ty)) => {
            let ty = ty.to_token_stream();
            let message = "`err` tells of the errors of a `Result`, and this function returns";
            errors.at(&err.key, format!("{message} `{ty}`; remove `err`"));
            None
        }
        (err, _) => err.as_ref(),
    };
    Events {
        err: err.map(|err| event(err, Some(Level::Named("ERROR")), How::Display)),
        ret: args.ret.as_ref().map(|ret| event(ret, None, How::Debug)),
        slow: args.slow.as_ref().and_then(|slow| self::slow(slow, callee, errors)),
        log: args.log.as_ref().map(|log| level(log, callee, errors)),
    }
}

/// A string, or something that the compiler will find to be one.
pub fn text(value: Option<&Value>, callee: &Callee, errors: &Errors) -> Option<Expr> {
    let Value { key, value } = value?;
    if !is_known(key, value, callee, errors) {
        return None;
    }
    if matches!(value, Expr::Lit(literal) if !matches!(literal.lit, Lit::Str(_))) {
        errors.at(value, "expected a string, or the name of a constant that is one");
    }
    Some(value.clone())
}

/// What stands in a constant cannot name what only the function knows.
fn is_known(key: &Ident, value: &Expr, callee: &Callee, errors: &Errors) -> bool {
    let open = callee.open_name(value.to_token_stream());
    if let Some(open) = &open {
        errors.at(open, format!("`{key}` must be known where the function is written, and `{open}` is not"));
    }
    open.is_none()
}

/// A level as tracing's attribute takes it: by its name in any case, by its number, or a constant.
pub fn level(Value { key, value: level }: &Value, callee: &Callee, errors: &Errors) -> Level {
    const LEVELS: [&str; 5] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];
    let named = match level {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let text = text.value();
            let found = LEVELS.iter().position(|level| level.eq_ignore_ascii_case(&text));
            found.ok_or_else(|| did_you_mean(&text.to_uppercase(), LEVELS).map(str::to_lowercase))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            let number: Option<usize> = number.base10_parse().ok();
            number.and_then(|number| number.checked_sub(1)).filter(|at| *at < LEVELS.len()).ok_or(None)
        }
        Expr::Path(_) if is_known(key, level, callee, errors) => return Level::Given(level.clone()),
        Expr::Path(_) => return Level::Named("INFO"),
        _ => Err(None),
    };
    match named {
        Ok(at) => Level::Named(LEVELS[at]),
        Err(near) => {
            let remedy = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write `trace`, `debug`, `info`, `warn` or `error` in quotes, 1 to 5, or a constant".to_owned(),
            };
            errors.at(level, format!("this is no level; {remedy}"));
            Level::Named("INFO")
        }
    }
}

/// `"100ms"`, `"1.5s"`, or a constant.
fn slow(Value { key, value: slow }: &Value, callee: &Callee, errors: &Errors) -> Option<Slow> {
    const FORM: &str = "write a time such as `\"100ms\"` (ns, us, ms, s, m), or the name of a constant `Duration`";
    const UNITS: [(&str, f64); 6] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9)];
    let text = match slow {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text,
        Expr::Lit(_) | Expr::Unary(_) => {
            errors.at(slow, format!("this is no time; {FORM}"));
            return None;
        }
        _ => return is_known(key, slow, callee, errors).then(|| Slow::Given(slow.clone())),
    };
    let text = text.value();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
    let nanos = unit.and_then(|(_, nanos)| Some(number.parse::<f64>().ok()? * nanos));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // it is positive
    match nanos {
        Some(nanos) if nanos >= u64::MAX as f64 => {
            errors.at(slow, format!("no call takes so long; {FORM}"));
            None
        }
        Some(nanos) if nanos >= 1.0 => Some(Slow::Nanos(nanos as u64)),
        Some(_) => {
            errors.at(slow, format!("every call takes longer than nothing; {FORM}"));
            None
        }
        None => {
            errors.at(slow, format!("this is no time; {FORM}"));
            None
        }
    }
}
