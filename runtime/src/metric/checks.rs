//! What the compiler refuses of a group's field, each where it stands. A definition takes everything as it comes, so that
//! what is wrong is said once.

use crate::definition::Definition;
use crate::family::{Family, Kind, cells_of, ends};
use crate::label::Message;

/// The suffix of a name, where the macro did not see which metric it is; `total` and `reserved` are lints that are allowed.
///
/// # Panics
///
/// While compiling, if it is not that of its type.
#[track_caller]
pub const fn check_name(says: &Definition, total: bool, reserved: bool) {
    let Some(family) = says.family(0) else { return };
    let name = family.name.as_bytes();
    let (is_total, is_info) = (ends(name, name.len(), b"_total"), ends(name, name.len(), b"_info"));
    let fact = match family.kind {
        Kind::Counter if !is_total && !total => {
            "` does not end in `_total`, and is a counter; rename it, or say `#[metrics(allow(total_suffix))]`"
        }
        Kind::Counter | Kind::Gauge | Kind::Histogram | Kind::Summary if is_info && !reserved => {
            "` ends in `_info`, and is no `Info`; rename it, or say `#[metrics(allow(reserved_suffix))]`"
        }
        Kind::Counter => return,
        _ if is_total && !total => {
            "` ends in `_total`, and is no counter; rename it, or say `#[metrics(allow(total_suffix))]`"
        }
        Kind::Info if !is_info && !reserved => {
            "` does not end in `_info`, and is an `Info`; rename it, or say `#[metrics(allow(reserved_suffix))]`"
        }
        _ => return,
    };
    panic!("{}", Message::new("`").text(family.name).text(fact).as_str());
}

/// `buckets` are those of a histogram, and are bounds.
///
/// # Panics
///
/// While compiling, if they are not.
#[track_caller]
pub const fn check_bounds(kind: Kind, bounds: &[f64]) {
    assert!(matches!(kind, Kind::Histogram), "`buckets` are for a `Histogram`");
    let _ = cells_of(bounds, false);
}

/// A histogram without `buckets` is one of durations.
///
/// # Panics
///
/// While compiling, if it is not.
#[track_caller]
pub const fn check_standard(says: &Definition) {
    if let Some(Family { kind: Kind::Histogram, bounds: [], name, .. }) = says.family(0) {
        let message = Message::new("the histogram `").text(name).text("` needs `buckets`: the standard ones are ");
        let message =
            message.text("durations, and its name ends in no unit of time; write `#[metrics(buckets = […])]`, or ");
        panic!("{}", message.text("a name such as `…_seconds`").as_str());
    }
}

/// `quantiles` are those of a summary, from 0 to 1 and strictly increasing.
///
/// # Panics
///
/// While compiling, if they are not.
#[track_caller]
pub const fn check_quantiles(kind: Kind, quantiles: &[f64]) {
    assert!(matches!(kind, Kind::Summary), "`quantiles` are for a `Summary`");
    assert!(!quantiles.is_empty(), "a summary needs a quantile; leave `quantiles` out for the standard ones");
    let mut at = 0;
    while at < quantiles.len() {
        assert!(quantiles[at] >= 0.0 && quantiles[at] <= 1.0, "a quantile is from 0 to 1");
        assert!(at == 0 || quantiles[at - 1] < quantiles[at], "quantiles must be strictly increasing");
        at += 1;
    }
}

/// `unit` is of what observes durations.
///
/// # Panics
///
/// While compiling, if it is not.
#[track_caller]
pub const fn check_unit(kind: Kind) {
    assert!(
        matches!(kind, Kind::Histogram | Kind::Summary),
        "`unit` is for a `Histogram` or a `Summary`, which convert durations to it"
    );
}

/// `native` is of a histogram.
///
/// # Panics
///
/// While compiling, if it is not.
#[track_caller]
pub const fn check_native(kind: Kind) {
    assert!(matches!(kind, Kind::Histogram), "`native` is for a `Histogram`");
}
