//! An attribute as it is written.

use syn::{Expr, Ident, LitStr, Path, Type};

use super::{Event, Fields, Skip};
use crate::names::Unit;

/// What an attribute does that does not say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defaults {
    /// Counts, and records no argument.
    Observed,
    /// What tracing's attribute does: records every argument, and counts nothing.
    Instrument,
}

impl Defaults {
    /// The attribute's name.
    pub fn word(self) -> &'static str {
        match self {
            Defaults::Observed => "observed",
            Defaults::Instrument => "instrument",
        }
    }

    /// The other one.
    pub fn other(self) -> Defaults {
        match self {
            Defaults::Observed => Defaults::Instrument,
            Defaults::Instrument => Defaults::Observed,
        }
    }
}

/// The attribute as it is written, each argument at most once.
#[derive(Default)]
#[allow(clippy::struct_field_names)] // one is called `args`
pub struct Args {
    pub counter: Option<Metric>,
    pub histogram: Option<Metric>,
    pub summary: Option<Metric>,
    pub in_flight: Option<Metric>,
    /// Time inside the polls of a future.
    pub busy: Option<Metric>,
    pub buckets: Option<Buckets>,
    pub labels: Option<Vec<Label>>,
    /// Labels from the returned value.
    pub after: Option<Vec<Label>>,
    /// The type of the words for what becomes of a call.
    pub status: Option<Type>,
    pub budget: Option<Expr>,
    /// The lints that are not asked.
    pub allow: Vec<Ident>,
    /// The returned value is a future, though its type does not show it.
    pub future: Option<Ident>,
    pub span: Option<Switch>,
    pub level: Option<Value>,
    /// The span's name.
    pub name: Option<Value>,
    pub target: Option<Value>,
    pub parent: Option<Value>,
    pub follows_from: Option<Value>,
    /// Records the parameters.
    pub args: Option<Ident>,
    pub skip: Option<Skip>,
    pub skip_all: Option<Ident>,
    pub fields: Option<Fields>,
    pub err: Option<Event>,
    pub ret: Option<Event>,
    /// From which time on a call is slow.
    pub slow: Option<Value>,
    /// The level of an event at the end of each call.
    pub log: Option<Value>,
    pub krate: Option<Path>,
    /// There was a `histogram`, though it may be broken.
    pub meant_histogram: bool,
    /// Bare words that are no argument.
    pub words: Vec<Ident>,
}

/// `counter`, `histogram`, `summary`, `in_flight` or `busy`.
pub struct Metric {
    pub key: Ident,
    /// `= false`
    pub off: bool,
    pub name: Option<LitStr>,
    pub help: Option<LitStr>,
    pub buckets: Option<Buckets>,
    pub quantiles: Option<Expr>,
    pub unit: Option<Unit>,
    pub native: Option<Ident>,
    /// One call in so many is timed.
    pub sample: Option<(Ident, u32)>,
    pub zero: Option<bool>,
    /// The labels of this family alone.
    pub labels: Option<Vec<Ident>>,
}

impl Metric {
    pub fn new(key: &Ident) -> Self {
        Metric {
            key: key.clone(),
            off: false,
            name: None,
            help: None,
            buckets: None,
            quantiles: None,
            unit: None,
            native: None,
            sample: None,
            zero: None,
            labels: None,
        }
    }
}

/// `name`, `name = expression` or `name: Type = expression`, with arguments of its own behind the name or without.
pub struct Label {
    pub name: Ident,
    /// `(max = N)`
    pub most: Option<Expr>,
    /// `(flatten)`
    pub flatten: Option<Ident>,
    pub ty: Option<Type>,
    pub value: Option<Expr>,
}

/// `key`, `key = true` or `key = false`
pub struct Switch {
    pub key: Ident,
    pub on: bool,
}

/// `key = expression`
pub struct Value {
    pub key: Ident,
    pub value: Expr,
}

pub struct Buckets {
    pub key: Ident,
    pub bounds: Expr,
}
