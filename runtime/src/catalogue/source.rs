//! What feeds families: an observed function, or the field of a group, as a scrape and the catalogue see it.

use crate::definition::Definition;
use crate::exemplar::Exemplar;
use crate::label::Open;
use crate::record::HEAD;
use crate::recording::Recorded;
use crate::sketch::Sketch;

/// A callsite or a field.
pub(crate) trait Readable: Sync {
    fn definition(&'static self) -> &'static Definition;
    /// Its open-ended labels.
    fn opens(&'static self) -> &'static [Open];
    /// Reads every cell once: its own, or those of a recording.
    fn read(&'static self, recorded: Option<&Recorded>) -> Reading;
    /// The next use is looked at, though others were before: somebody begins to record.
    fn pause(&'static self);
    /// From now on its histogram has these bounds: at most as many as it was compiled for.
    fn replace_bounds(&'static self, bounds: &[f64]);
    /// It is known how long a tick is: its bounds are made once more.
    fn scale(&'static self);
    /// The bytes that it can take at most, when all of its label sets were there.
    fn bytes(&'static self) -> usize;
}

/// A callsite or a field as the linker's list holds it.
#[allow(dead_code)] // the record is for others; and where the linker makes no list
pub struct Listed(pub(crate) &'static dyn Readable, pub(crate) &'static [u8; HEAD]);

/// What stood in the cells at one moment. All families of a callsite are made of one reading, so they agree.
pub(crate) struct Reading {
    /// One for each label set that can be, in their order.
    pub(crate) sets: Vec<SetReading>,
    /// Numbers that were not taken.
    pub(crate) rejected: u64,
    /// Whether something that was to be asked did not answer.
    pub(crate) failed: bool,
}

/// The part of one label set.
pub(crate) struct SetReading {
    /// The number of the label set.
    pub(crate) set: usize,
    pub(crate) shows: SetShows,
}

/// The part of one label set.
pub(crate) enum SetShows {
    /// Of a callsite.
    Calls {
        /// Those that its calls can have.
        statuses: Vec<Calls>,
        /// Calls that are running.
        running: i64,
    },
    /// Of a field.
    Field {
        /// Whether it was ever used.
        is_touched: bool,
        value: Value,
    },
}

/// The calls that ended in one way.
pub(crate) struct Calls {
    /// The index of its word.
    pub(crate) status: usize,
    /// How many there were, if only some of them were timed.
    pub(crate) sampled: Option<u64>,
    /// Those that were timed, by bucket, not cumulative.
    pub(crate) counts: Vec<u64>,
    /// The time of those.
    pub(crate) nanos: f64,
    /// By native bucket, if there are such.
    pub(crate) native: Vec<u64>,
    /// One for each bucket, or none at all.
    pub(crate) exemplars: Vec<Option<Exemplar>>,
    /// Those of the last minute, if somebody asks for quantiles.
    pub(crate) sketch: Option<Sketch>,
}

impl Calls {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.sampled.unwrap_or_else(|| self.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count)))
    }
}

/// What stands in a field.
pub(crate) enum Value {
    Count(u64),
    Level(i64),
    Float(f64),
    /// Observations by bucket, not cumulative, and their sum in the unit of the family.
    Histogram {
        counts: Vec<u64>,
        sum: f64,
        native: Vec<u64>,
        exemplars: Vec<Option<Exemplar>>,
    },
    /// The observations of the last minute, and the number and the sum of all.
    Summary {
        sketch: Sketch,
        count: u64,
        sum: f64,
    },
    /// The labels say all.
    Info,
}
