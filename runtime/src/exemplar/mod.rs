//! Traces, and the exemplars that name them.

#[cfg(feature = "metrics")]
mod kept;

#[cfg(feature = "metrics")]
pub(crate) use kept::{Exemplar, is_on, note, read};

/// The trace that something belongs to, as the W3C has it: <https://www.w3.org/TR/trace-context/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span in it.
    pub span_id: [u8; 8],
}

#[cfg(feature = "metrics")]
impl Trace {
    /// Both in lower-case hexadecimal.
    pub(crate) fn texts(&self) -> [(&'static str, String); 2] {
        let (trace, span) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.span_id));
        [("trace_id", format!("{trace:032x}")), ("span_id", format!("{span:016x}"))]
    }
}

/// Says where the trace of the current span comes from: from now on each bucket of a histogram keeps the last observation
/// that has one, as its exemplar in OpenMetrics and protobuf.
///
/// `source` is asked in the thread that observes, in its current span, once an observation; it should cost little, and give
/// `None` where there is no trace or nobody keeps it. One that panics gives none, and so does one that observes, for what it
/// observes. An observation with a trace then tries a lock, and goes on without if
/// it is taken. At most 16,384 exemplars are kept, those of the first buckets that come. Gives `false`, and changes nothing,
/// if there is a source already. Without the feature `metrics` nothing is asked.
///
/// ```
/// use std::cell::Cell;
/// use tallied::Trace;
///
/// thread_local! {
///     static CURRENT: Cell<Option<Trace>> = const { Cell::new(None) };
/// }
/// tallied::trace_from(|| CURRENT.get());
/// ```
pub fn trace_from(source: fn() -> Option<Trace>) -> bool {
    #[cfg(feature = "metrics")]
    {
        kept::set_source(source)
    }
    #[cfg(not(feature = "metrics"))]
    {
        let _ = source;
        true
    }
}
