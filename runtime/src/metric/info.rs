//! What a program says of itself.

use super::{At, LabelSet, Metric, Of, PhantomData, fmt, handle, sealed};
use crate::family::{Kind, Numbers};

/// Labels that say something of the program, such as its version; the value is always 1.
///
/// `Info<L>` shows one label set of `L` at a time, the last that was [`set`](Info::set), and nothing before. `Info` without
/// labels is there from the start. The name ends in `_info`. In the text format it is a gauge.
///
/// ```
/// use tallied::{Info, LabelSet, Metrics};
///
/// #[derive(LabelSet)]
/// struct Build<'a> {
///     #[label(max = 1)]
///     version: &'a str,
/// }
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "shop")]
/// struct About {
///     /// The build that is running.
///     build_info: Info<Build<'static>>,
/// }
/// static ABOUT: About = About::new();
///
/// ABOUT.build_info.set(Build { version: "1.2.0" });
/// # if cfg!(feature = "metrics") {
/// assert!(tallied::gather_metrics().contains("shop_build_info{version=\"1.2.0\"} 1"));
/// # }
/// ```
pub struct Info<L = ()> {
    at: At,
    of: Of<L>,
}

handle!(Info<L>, Info, Numbers::Float);

impl<L: LabelSet<Static = L>> Info<L> {
    /// Shows this label set from now on, and no other. A relaxed store; never blocks, but for the first value of a label
    /// with `max`. Such a label keeps as many values as the information may change in the life of the process.
    pub fn set<S: LabelSet<Static = L>>(&self, labels: S) {
        self.at.with(&labels).show();
    }
}
