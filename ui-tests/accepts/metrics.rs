//! Groups of metrics as they may be written, in a crate that wants no warning.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::redundant_pub_crate)] // it contradicts `unreachable_pub`
#![forbid(unsafe_code)]

use tallied::LabelSet;

mod renamed {
    pub(crate) use tallied::{self as facade, Counter as Count};
}

type Jobs = tallied::Counter<By<'static, bool>>;

const NUMBERS: &[f64] = &[1.0, 2.0];
const GIVEN: [f64; 1] = [0.5];

#[derive(LabelSet)]
struct By<'a, T> {
    hit: T,
    #[label(max = 2)]
    who: &'a str,
}

/// A group of aliases and renamed types.
#[derive(tallied::Metrics)]
#[metrics(prefix = "accepted", crate = renamed::facade)]
pub(crate) struct Aliases {
    /// An alias.
    jobs_total: Jobs,
    /// A renamed import.
    r#type_total: renamed::Count,
    /// Bounds by the name of a constant.
    #[metrics(buckets = NUMBERS)]
    size_bytes: tallied::Histogram,
    /// Quantiles by the name of a constant.
    #[metrics(quantiles = GIVEN)]
    wait_seconds: tallied::Summary,
    /// **Bold**, and plain.
    level: tallied::Gauge,
}

macro_rules! group {
    ($name:ident { $($(#[$attribute:meta])* $field:ident : $ty:ty),* }) => {
        /// A group of a macro.
        #[derive(tallied::Metrics)]
        #[metrics(prefix = "accepted_macro")]
        struct $name { $($(#[$attribute])* $field: $ty),* }
    };
}

group!(Made {
    /// A type that came through a macro.
    made_total: tallied::Counter,
    /// Another one.
    depth: tallied::Gauge<(), i64>
});

/// Nothing yet.
#[derive(tallied::Metrics)]
struct Empty {}

fn main() {
    /// A group inside of a function.
    #[derive(tallied::Metrics)]
    struct Inner {
        /// Of the function.
        accepted_inner_total: tallied::Counter,
    }
    static ALIASES: Aliases = Aliases::new();
    const MADE: Made = Made::new();
    let Empty {} = Empty::new();
    let who = String::from("ada");
    ALIASES.jobs_total.with(By { hit: true, who: &who }).inc();
    ALIASES.r#type_total.inc();
    ALIASES.size_bytes.observe(1.5);
    ALIASES.wait_seconds.observe(1);
    ALIASES.level.set(2.0);
    MADE.made_total.inc();
    MADE.depth.inc();
    let text = tallied::gather_metrics();
    assert!(text.contains("# HELP accepted_level **Bold**, and plain.\n"));
    assert!(text.contains("accepted_jobs_total{hit=\"true\",who=\"ada\"} 1\n"));
    assert!(text.contains("accepted_type_total 1\n") && text.contains("accepted_macro_depth 1\n"));

    Inner::new().accepted_inner_total.inc();
    assert!(tallied::gather_metrics().contains("accepted_inner_total 1\n"));
}
