//! One attribute on a function gives it a span, a counter and a duration histogram.
//!
//! ```
//! use tallied::observed;
//!
//! #[observed(task_name, histogram)]
//! fn resize(width: u32) -> Result<u32, &'static str> {
//!     if width == 0 { Err("nothing to resize") } else { Ok(width / 2) }
//! }
//!
//! resize(640)?;
//! let _ = resize(0);
//! # if cfg!(feature = "metrics") {
//! let text = tallied::gather_metrics();
//! assert!(text.contains("tallied_task_calls_total{task_name=\"resize\",status=\"error\"} 1"));
//! # }
//! # Ok::<(), &str>(())
//! ```
//!
//! # Vocabulary
//!
//! A *family* is a metric's name with its type and help. A *series* is one line of it: a name with one set of label
//! values. A *callsite* is a function that carries the attribute. The *exposition* is the text that a Prometheus
//! server scrapes.
//!
//! # Where to look
//!
//! - [`observed`]: the attribute, with all of its arguments.
//! - [`Metrics`](derive@Metrics): groups of [`Counter`], [`Gauge`], [`Histogram`], [`Summary`] and [`Info`]; [`buckets`] for
//!   their bounds.
//! - [`Label`]: types that may label a metric, and how to make one. [`LabelSet`]: structs of these. [`OpenLabel`]:
//!   values with a text and no end, for labels that keep the first `N`.
//! - [`Outcome`], [`Classify`] and [`Status`]: the words for what becomes of a call.
//! - [`catalogue()`]: all families of the program, with the most series that they can have. [`reserve`]: places for
//!   values that are expected. [`init`]: what of it cannot stand together.
//! - [`init_with`]: bounds by configuration. [`testing`]: what a test counts.
//! - [`gather_metrics`], [`encode`], [`encode_only`] and [`Format`]: the exposition. [`trace_from`]: exemplars in it.
//! - [`Snapshot`]: the same as numbers, with sums, rates, means and quantiles.
//! - `register` and `registry` take `prometheus` collectors of other people, `collector` puts ours into a registry of theirs.
//!   With the feature `push`, `push` brings all of it to a Pushgateway.
//! - [`STANDARD_BUCKETS`]: the bounds of a histogram that names none.
//!
//! # Without the feature `metrics`
//!
//! Everything still compiles and the spans stay. Nothing is counted, [`gather_metrics`] returns an empty string, and
//! none of `prometheus`, `once_cell`, `linkme` and `sketches-ddsketch` is in the tree.

// Lets the expansions of our own attribute, which name `::tallied`, compile inside this crate's tests.
#[cfg(test)]
extern crate self as tallied;

mod bounds;
pub mod buckets;
mod budget;
mod catalogue;
#[cfg(feature = "metrics")]
mod cell;
mod clock;
mod config;
mod definition;
mod encode;
mod exemplar;
mod family;
#[cfg(feature = "metrics")]
mod foreign;
mod future;
mod guard;
mod label;
mod metric;
#[cfg(feature = "metrics")]
mod native;
mod outcome;
#[cfg(feature = "push")]
pub mod push;
mod reading;
#[cfg(feature = "metrics")]
mod record;
#[cfg(feature = "metrics")]
mod recording;
#[cfg(feature = "metrics")]
mod registry;
mod site;
#[cfg(feature = "metrics")]
mod sketch;
#[cfg(feature = "metrics")]
mod snapshot;
mod span;
pub mod testing;
mod windows;

#[doc(hidden)]
pub mod __private;

pub use catalogue::{Catalogue, CataloguedFamily, Conflict, InitError, ReserveError, catalogue, init, reserve};
pub use config::{Config, init_with};
pub use encode::{Format, encode, encode_only, gather_metrics};
pub use exemplar::{Trace, trace_from};
pub use family::{STANDARD_BUCKETS, STANDARD_QUANTILES};
#[cfg(feature = "metrics")]
pub use foreign::{collector, register, registry};
pub use label::{Label, LabelSet, OpenLabel, Values};
pub use metric::{Counter, Gauge, GaugeGuard, Histogram, Info, Metric, Observation, Summary, Timer};
pub use outcome::{Classify, Outcome, Status};
pub use reading::{Series, Snapshot};
pub use tallied_macros::{Label, LabelSet, Metrics, Outcome, instrument, observed};

/// The page of the crate: its blocks compile, too.
#[cfg(all(doctest, feature = "metrics"))]
#[doc = include_str!("../README.md")]
struct Page;
