//! The part of [`super::plan`] that is about families: their names, their help, their labels and their buckets.

use quote::ToTokens as _;
use syn::{Expr, Ident, LitStr};

use super::args::{Args, Metric};
use super::callee::find;
use super::labels::{Holds, Label, Labels};
use crate::diag::Errors;
use crate::names::{self, Kind, Unit};

pub struct Family {
    pub name: String,
    /// The same as the user wrote it, if that is another text.
    pub written: Option<String>,
    pub help: String,
    /// Whether the user wrote it.
    pub is_help_given: bool,
    /// The places of its labels among those of the plan.
    pub labels: Vec<usize>,
    /// Whether it has the label `status`.
    pub status: bool,
    /// The unit of time that it says.
    pub unit: Option<Unit>,
    /// The one that it has by that, or by its name, if that is not seconds.
    pub other_unit: Option<Unit>,
    pub native: bool,
    pub quantiles: Option<Expr>,
    pub zero: Option<bool>,
}

const IN_FLIGHT: &str = "in_flight";

/// Derives the names of families, or checks the user's.
pub struct Names<'a> {
    pub package: String,
    pub function: &'a str,
    pub labels: &'a Labels,
    /// The lints that are not asked.
    pub allow: &'a [Ident],
    pub errors: &'a Errors,
}

impl Names<'_> {
    pub fn counter(&self, metric: Option<&Metric>) -> Option<Family> {
        self.family(metric, Kind::Counter, "calls_total", |by| format!("Calls{by}."))
    }

    pub fn histogram(&self, metric: &Metric) -> Option<Family> {
        let help = match metric.sample {
            Some((_, one_in)) => format!("Duration of one call in {one_in}"),
            None => "Duration of calls".to_owned(),
        };
        self.durations(metric, Kind::Histogram, "duration", &help)
    }

    pub fn summary(&self, metric: &Metric) -> Option<Family> {
        // Beside a histogram it needs another name.
        self.durations(metric, Kind::Summary, "duration_quantiles", "Quantiles of the duration of calls")
    }

    pub fn in_flight(&self, metric: &Metric) -> Option<Family> {
        self.family(Some(metric), Kind::Gauge, IN_FLIGHT, |by| format!("Calls running now{}.", comma(by)))
    }

    pub fn busy(&self, metric: &Metric) -> Option<Family> {
        self.durations(metric, Kind::Histogram, "busy", "Time inside polls")
    }

    fn durations(&self, metric: &Metric, kind: Kind, what: &str, help: &str) -> Option<Family> {
        let of_name = || metric.name.as_ref().and_then(|name| names::time_unit(&name.value().replace('.', "_")));
        let unit = metric.unit.or_else(of_name).unwrap_or(Unit::Seconds);
        let [word, long] = unit.words();
        let family =
            self.family(Some(metric), kind, &format!("{what}_{word}"), |by| format!("{help} in {long}{}.", comma(by)))?;
        Some(Family { unit: metric.unit, other_unit: Some(unit).filter(|unit| *unit != Unit::Seconds), ..family })
    }

    /// `help` gets ` by task_name and status`, or nothing.
    fn family(
        &self,
        metric: Option<&Metric>,
        kind: Kind,
        suffix: &str,
        help: impl Fn(&str) -> String,
    ) -> Option<Family> {
        if metric.is_some_and(|metric| metric.off) {
            return None;
        }
        let named = metric.and_then(|metric| metric.name.as_ref());
        let (own, written) = named.map_or_else(Default::default, |name| names::mapped(&name.value(), Some(kind)));
        if let Some(name) = named {
            if let Err(message) = names::written(&name.value()).and_then(|()| names::family(&own)) {
                self.errors.at(name, message);
            } else {
                for lint in names::lints(&own, Some(kind), metric.and_then(|metric| metric.unit)) {
                    if !self.allow.iter().any(|allowed| allowed == lint.name) {
                        self.errors.at(name, lint.message("", &format!("allow({})", lint.name)));
                    }
                }
            }
        }
        let (mut places, status) =
            self.labels.of_family(metric.and_then(|metric| metric.labels.as_deref()), suffix == IN_FLIGHT);
        let described = |label: &Label| match label.holds {
            // Which labels it has, the compiler knows.
            Holds::Set { .. } => format!("the labels of {}", label.name),
            _ => label.name.clone(),
        };
        let mut labels: Vec<String> = places.iter().map(|place| described(&self.labels.all[*place])).collect();
        // Without labels of the user's, a derived family has `function` and a named one has none.
        let lists = metric.is_some_and(|metric| metric.labels.is_some());
        if self.labels.all.is_empty() && named.is_none() && !lists {
            (places, labels) = (vec![0], vec!["function".to_owned()]);
        }
        if status {
            labels.push("status".to_owned());
        }
        let given = metric.and_then(|metric| metric.help.as_ref());
        if let Some(text) = given.filter(|text| text.value().trim().is_empty()) {
            self.errors.at(text, "the help text is empty; say what is counted, or leave `help` out");
        }
        Some(Family {
            name: if named.is_some() { own } else { self.derived(suffix, &places) },
            written,
            help: given.map_or_else(|| help(&by(&labels)), LitStr::value),
            is_help_given: given.is_some(),
            status,
            labels: places,
            unit: None,
            other_unit: None,
            native: metric.is_some_and(|metric| metric.native.is_some()),
            quantiles: metric.and_then(|metric| metric.quantiles.clone()),
            zero: metric.and_then(|metric| metric.zero),
        })
    }

    /// `{crate}_task_calls_total` for the label `task_name`, `{crate}_{fn}_calls_total` for labels of the function's
    /// own.
    fn derived(&self, suffix: &str, places: &[usize]) -> String {
        // A label of another family alone says nothing of this one.
        let identity = self.labels.identity().filter(|at| {
            let label = &self.labels.all[*at];
            !label.is_listed_only || places.contains(at)
        });
        let stem = match identity.map(|at| self.labels.all[at].name.as_str()) {
            Some(label) => label.strip_suffix("_name").filter(|stem| !stem.is_empty()).unwrap_or(label).to_owned(),
            None if self.labels.all.is_empty() => "function".to_owned(),
            None => names::part(self.function),
        };
        format!("{}_{stem}_{suffix}", self.package)
    }
}

/// `, by a, b and c`, or nothing.
fn comma(by: &str) -> String {
    if by.is_empty() { String::new() } else { format!(",{by}") }
}

/// ` by a, b and c`, or nothing.
fn by(labels: &[String]) -> String {
    match labels.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" by {last}"),
        Some((last, rest)) => format!(" by {} and {last}", rest.join(", ")),
    }
}

/// No two families of one attribute may share a sample's name.
pub fn distinct(families: [&Option<Family>; 5], args: &Args, errors: &Errors) {
    let keys = [&args.counter, &args.histogram, &args.summary, &args.in_flight, &args.busy];
    let samples = |at: usize, family: &Family| -> Vec<String> {
        let suffixes: &[&str] = match at {
            1 | 4 => &["", "_bucket", "_sum", "_count", "_created"],
            2 => &["", "_sum", "_count", "_created"],
            _ => &[""],
        };
        suffixes.iter().map(|suffix| format!("{}{suffix}", family.name)).collect()
    };
    for later in 1..families.len() {
        for earlier in 0..later {
            let (Some(a), Some(b)) = (families[earlier], families[later]) else { continue };
            let taken = samples(earlier, a);
            let clash = samples(later, b).into_iter().find(|sample| taken.contains(sample));
            if let (Some(sample), Some(metric)) = (clash, keys[later]) {
                let message = format!("two families of this attribute have a sample `{sample}`; rename one of them");
                match &metric.name {
                    Some(name) => errors.at(name, message),
                    None => errors.at(&metric.key, message),
                }
            }
        }
    }
}

/// Whoever else needs the time of a call needs it of each.
pub fn sample(args: &Args, errors: &Errors) -> Option<u32> {
    let (key, one_in) = args.histogram.as_ref()?.sample.as_ref()?;
    let others = [("slow", args.slow.is_some()), ("log", args.log.is_some()), ("summary", args.summary.is_some())];
    if let Some((other, _)) = others.into_iter().find(|(_, is_there)| *is_there) {
        errors.at(
            key,
            format!("`sample` leaves most calls untimed, and `{other}` needs the time of each; remove one of the two"),
        );
    }
    Some(*one_in)
}

/// The bounds of the histogram and of `busy`. Those beside them are for both.
pub fn bounds(args: &Args, has_histogram: bool, errors: &Errors) -> (Option<Expr>, Option<Expr>) {
    let of = |metric: &Option<Metric>| {
        let buckets = metric.as_ref().filter(|metric| !metric.off).and_then(|metric| metric.buckets.as_ref());
        buckets.map(|buckets| buckets.bounds.clone())
    };
    let (histogram, busy) = (of(&args.histogram), of(&args.busy));
    let has_busy = args.busy.as_ref().is_some_and(|busy| !busy.off);
    if let Some(outer) = &args.buckets {
        if !has_histogram && !has_busy {
            errors.at(&outer.key, "`buckets` needs a histogram; add `histogram`");
        } else if (!has_histogram || histogram.is_some()) && (!has_busy || busy.is_some()) {
            let of = if has_histogram { "histogram" } else { "busy" };
            let message = format!("duplicate argument `buckets`: `{of}(…)` has it too; remove one of the two");
            errors.at(&outer.key, message);
        }
    }
    let outer = args.buckets.as_ref().map(|buckets| &buckets.bounds);
    for bounds in [histogram.as_ref(), busy.as_ref(), outer].into_iter().flatten() {
        check_numbers(bounds, "bounds", "[0.1, 1.0]", errors);
    }
    if let Some(quantiles) = args.summary.as_ref().and_then(|summary| summary.quantiles.as_ref()) {
        check_numbers(quantiles, "quantiles", "[0.5, 0.99]", errors);
    }
    (histogram.or(outer.cloned()), busy.or(outer.cloned()))
}

fn check_numbers(numbers: &Expr, what: &str, such: &str, errors: &Errors) {
    match numbers {
        Expr::Lit(_) | Expr::Unary(_) => {
            errors.at(numbers, format!("expected {what}, such as `{such}` or the name of a constant"));
        }
        Expr::Macro(list) if list.mac.path.is_ident("vec") => {
            errors.at(list, format!("{what} are known while compiling; write `[…]` instead of `vec![…]`"));
        }
        _ => {}
    }
    if let Some(this) = find(numbers.to_token_stream(), &["Self".to_owned()]) {
        errors.at(this, format!("the {what} stand in a `static`, where `Self` has no meaning; write the type's name"));
    }
}
