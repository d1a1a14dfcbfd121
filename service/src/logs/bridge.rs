//! What libraries say by the crate `log`.
//!
//! With tracing's feature `log-always`, which any crate of a program may turn on, tracing says by `log` what it says to its
//! subscriber. That would be each line twice, and with values as they are, secrets too: so what this thread has just told, and what
//! becomes of spans, is not told again.

use std::cell::Cell;

use log::{Log, Record};
use tracing::Metadata;
use tracing_log::LogTracer;

thread_local! {
    /// Where the last event or span of this thread stands.
    static TOLD: Cell<Option<(&'static str, u32)>> = const { Cell::new(None) };
}

/// An event was told here by its own line, or a span by those in it.
pub(super) fn told(metadata: &'static Metadata<'static>) {
    let place = metadata.file().zip(metadata.line());
    let _ = TOLD.try_with(|told| told.set(place));
}

struct Bridge(LogTracer);

impl Log for Bridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        !metadata.target().starts_with("tracing::span") && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let place = record.file().zip(record.line());
        let last = TOLD.try_with(Cell::take).ok().flatten();
        if self.enabled(record.metadata()) && (place.is_none() || place != last) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// From now on it is told as all else is. Somebody may have taken that for himself.
pub(super) fn build() {
    if log::set_boxed_logger(Box::new(Bridge(LogTracer::new()))).is_ok() {
        log::set_max_level(log::LevelFilter::max());
    }
}
