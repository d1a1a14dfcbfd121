//! All series at one moment, for code that wants numbers and no text.
//!
//! What a scrape shows goes into a map, by the names and labels of the text format. Without the feature `metrics` there is
//! nothing in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[cfg(feature = "metrics")]
use crate::{
    encode, registry,
    snapshot::{Head, Number, Sink, Value},
};

type Text = Cow<'static, str>;
/// Sorted, and none of them empty.
type Labels = Vec<(Text, Text)>;

/// Every series with its value, at one moment.
///
/// Samples are called as in the text format: `x_total`, and of a histogram `x_count`, `x_sum` and `x_bucket` with the label
/// `le`. To take one costs what a scrape costs, and an allocation or two for each series.
///
/// ```
/// use tallied::Snapshot;
///
/// #[tallied::observed(counter = "orders_total", span = false)]
/// fn order(n: u32) -> Result<u32, u32> {
///     if n > 0 { Ok(n) } else { Err(n) }
/// }
///
/// let before = Snapshot::take();
/// let _ = (order(2), order(0), order(1));
/// let now = Snapshot::take();
/// # if cfg!(feature = "metrics") {
/// assert_eq!(now.value("orders_total", &[("status", "ok")]), Some(2.0));
/// assert_eq!(now.sum("orders_total", &[]), 3.0);
/// assert!(now.rate(&before, "orders_total", &[("status", "error")]).unwrap() > 0.0);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    all: BTreeMap<String, BTreeMap<Labels, f64>>,
    taken: Instant,
}

impl Snapshot {
    /// Everything that is exposed now; nothing where the exposition is switched off.
    #[must_use]
    pub fn take() -> Self {
        #[cfg(feature = "metrics")]
        return Snapshot::of(registry::visit);
        #[cfg(not(feature = "metrics"))]
        Snapshot::empty()
    }

    fn empty() -> Self {
        Snapshot { all: BTreeMap::new(), taken: Instant::now() }
    }

    /// What `visit` shows.
    #[cfg(feature = "metrics")]
    pub(crate) fn of(visit: impl FnOnce(&mut dyn Sink)) -> Self {
        let mut reader = Reader { snapshot: Snapshot::empty(), family: String::new() };
        visit(&mut reader);
        reader.snapshot
    }

    /// The value of one series, with exactly these labels in any order; `None` if there is no such series. An empty label is
    /// none: it need not be named.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(label, value)| (Cow::Owned((*label).into()), Cow::Owned((*value).into())));
        self.all.get(name)?.get(&known(labels)).copied()
    }

    /// The sum of all series that have these labels, whatever others they have; 0 if there are none.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.series(name).filter(|series| series.has(labels)).fold(0.0, |sum, series| sum + series.value)
    }

    /// The same as a whole number: of what is counted, and of gauges that are never below zero.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates, and what is no number is 0
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        self.sum(name, labels).round() as u64
    }

    /// By how much [`sum`](Self::sum) grew each second since an earlier moment; `None` if no time has passed. What has become
    /// less counts as 0.
    #[must_use]
    pub fn rate(&self, earlier: &Snapshot, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let seconds = self.since(earlier).as_secs_f64();
        let grown = (self.sum(name, labels) - earlier.sum(name, labels)).max(0.0);
        (seconds > 0.0).then(|| grown / seconds)
    }

    /// The mean of what a histogram or a summary observed, over all series that have these labels; `None` if that is nothing.
    #[must_use]
    pub fn mean(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let count = self.sum(&format!("{family}_count"), labels);
        (count > 0.0).then(|| self.sum(&format!("{family}_sum"), labels) / count)
    }

    /// The quantile `q`, from 0 to 1, of a histogram's observations, over all series that have these labels: as
    /// `histogram_quantile` finds it, by a straight line within its bucket, and the last bound where it is above that. `None`
    /// if there are no observations.
    #[must_use]
    pub fn quantile(&self, q: f64, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for series in self.series(&format!("{family}_bucket")).filter(|series| series.has(labels)) {
            let Some(bound) = series.label("le").and_then(bound) else { continue };
            match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
                Some((_, count)) => *count += series.value,
                None => buckets.push((bound, series.value)),
            }
        }
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let rank = q.clamp(0.0, 1.0) * buckets.last().map(|(_, all)| *all).filter(|all| *all > 0.0)?;
        let at = buckets.iter().position(|(_, count)| *count >= rank)?;
        let (upper, count) = buckets[at];
        let (lower, below) = match at.checked_sub(1) {
            Some(before) => buckets[before],
            None if upper > 0.0 => (0.0, 0.0),
            None => return Some(upper),
        };
        if !upper.is_finite() {
            return Some(lower);
        }
        let share = if count > below { (rank - below) / (count - below) } else { 1.0 };
        Some(lower + (upper - lower) * share)
    }

    /// All series of a sample.
    pub fn series<'a>(&'a self, name: &str) -> impl Iterator<Item = Series<'a>> + use<'a> {
        self.all.get(name).into_iter().flatten().map(|(labels, value)| Series { labels, value: *value })
    }

    /// The values of a label among the series of a sample, sorted.
    #[must_use]
    pub fn label_values(&self, name: &str, label: &str) -> Vec<&str> {
        let mut values: Vec<_> = self.series(name).filter_map(|series| series.label(label)).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The names of all samples, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// How long it was taken after another.
    #[must_use]
    pub fn since(&self, earlier: &Snapshot) -> Duration {
        self.taken.saturating_duration_since(earlier.taken)
    }

    /// How long ago it was taken.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.taken.elapsed()
    }
}

/// One series of a [`Snapshot`].
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    labels: &'a [(Text, Text)],
    value: f64,
}

impl<'a> Series<'a> {
    /// Its value.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'a str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| &**value)
    }

    /// Its labels with their values, sorted by name. Empty ones are not among them.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.labels.iter().map(|(label, value)| (&**label, &**value))
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(label, value)| self.label(label).unwrap_or_default() == *value)
    }
}

/// Labels in one order, without those that are empty.
fn known(labels: impl Iterator<Item = (Text, Text)>) -> Labels {
    let mut labels: Vec<_> = labels.filter(|(_, value)| !value.is_empty()).collect();
    labels.sort();
    labels
}

fn bound(text: &str) -> Option<f64> {
    if text == "+Inf" { Some(f64::INFINITY) } else { text.parse().ok() }
}

#[cfg(feature = "metrics")]
struct Reader {
    snapshot: Snapshot,
    family: String,
}

#[cfg(feature = "metrics")]
impl Reader {
    fn add(&mut self, suffix: &str, labels: &[(Text, Text)], extra: Option<(&'static str, f64)>, value: Number) {
        let extra = extra.map(|(label, value)| (Cow::Borrowed(label), Cow::Owned(encode::float_text(value))));
        let labels = known(labels.iter().cloned().chain(extra));
        let name = format!("{}{suffix}", self.family);
        self.snapshot.all.entry(name).or_default().insert(labels, value.float());
    }
}

#[cfg(feature = "metrics")]
impl Sink for Reader {
    fn family(&mut self, head: &Head<'_>) {
        head.name.clone_into(&mut self.family);
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, _: Option<i64>) {
        match value {
            Value::Number(value) => self.add("", labels, None, *value),
            Value::Histogram(histogram) => {
                let mut cumulative = 0u64;
                for (at, count) in histogram.counts.iter().enumerate() {
                    cumulative = cumulative.wrapping_add(*count);
                    let bound = histogram.bounds.get(at).copied().unwrap_or(f64::INFINITY);
                    self.add("_bucket", labels, Some(("le", bound)), Number::Count(cumulative));
                }
                self.add("_sum", labels, None, Number::Float(histogram.sum));
                self.add("_count", labels, None, Number::Count(cumulative));
            }
            Value::Summary(summary) => {
                for (quantile, value) in summary.quantiles.iter() {
                    self.add("", labels, Some(("quantile", *quantile)), Number::Float(*value));
                }
                self.add("_sum", labels, None, Number::Float(summary.sum));
                self.add("_count", labels, None, Number::Count(summary.count));
            }
        }
    }
}

#[cfg(all(test, feature = "metrics"))]
#[allow(clippy::float_cmp)] // of what is exact
mod tests {
    use super::*;

    /// A histogram `t` with bounds 1, 2, 4 for each of `labels`, and a gauge `g`.
    fn snapshot(counts: [f64; 4], label: &'static str) -> Snapshot {
        let mut snapshot = Snapshot::empty();
        let labels =
            |le: &'static str| known([("app", label), ("le", le)].map(|(l, v)| (l.into(), v.into())).into_iter());
        let buckets = snapshot.all.entry("t_bucket".into()).or_default();
        buckets.extend(["1", "2", "4", "+Inf"].map(labels).into_iter().zip(counts));
        snapshot
    }

    #[test]
    fn a_quantile_lies_on_a_line_within_its_bucket() {
        // What `histogram_quantile` of Prometheus gives for these.
        let some = snapshot([2.0, 6.0, 10.0, 10.0], "a");
        assert_eq!(some.quantile(0.5, "t", &[]), Some(1.75));
        assert_eq!(some.quantile(0.1, "t", &[]), Some(0.5));
        assert_eq!(some.quantile(1.0, "t", &[("app", "a")]), Some(4.0));
        assert_eq!(some.quantile(0.5, "t", &[("app", "b")]), None);
        // Above the last bound nobody knows more.
        assert_eq!(snapshot([1.0, 1.0, 1.0, 10.0], "a").quantile(0.9, "t", &[]), Some(4.0));
        assert_eq!(snapshot([0.0; 4], "a").quantile(0.9, "t", &[]), None);
        assert_eq!(Snapshot::empty().quantile(0.9, "t", &[]), None);
    }

    #[test]
    fn series_are_added_up_over_labels_that_are_not_named() {
        let mut both = snapshot([1.0, 2.0, 3.0, 4.0], "a");
        let b = snapshot([10.0, 20.0, 30.0, 40.0], "b").all.remove("t_bucket").unwrap();
        both.all.get_mut("t_bucket").unwrap().extend(b);
        assert_eq!(both.sum("t_bucket", &[("le", "+Inf")]), 44.0);
        assert_eq!(both.sum("t_bucket", &[("app", "b"), ("le", "2")]), 20.0);
        assert_eq!(both.sum("t_bucket", &[("app", "")]), 0.0);
        assert_eq!(both.label_values("t_bucket", "app"), ["a", "b"]);
        assert_eq!(both.value("t_bucket", &[("le", "2"), ("app", "b"), ("none", "")]), Some(20.0));
        assert_eq!(both.value("t_bucket", &[("le", "2")]), None);
    }
}
