//! What feeds families: an observed function, or the field of a group, as a scrape and the catalogue see it.

use std::sync::atomic::AtomicU8;

use crate::definition::Definition;
use crate::exemplar::Exemplar;
use crate::label::{Digit, Open};
use crate::recording::Recorded;
use crate::sketch::Sketch;

/// A callsite or a field.
pub(crate) trait Readable: Sync {
    fn definition(&'static self) -> &'static Definition;
    /// Its open-ended labels.
    fn opens(&'static self) -> &'static [Open];
    /// Reads every cell once: its own, or those of a recording. What is in `into` already is room that is used again.
    fn read(&'static self, recorded: Option<&Recorded>, digits: &[Digit], into: &mut Reading);
    /// Tells what was read: of each label set that can be, in their order.
    fn tell<'a>(&'static self, digits: &[Digit], reading: &'a Reading, take: &mut dyn FnMut(usize, Shown<'a>));
    /// The next use is looked at, though others were before: somebody begins to record.
    fn pause(&'static self);
    /// From now on its histogram has these bounds: at most as many as it was compiled for.
    fn replace_bounds(&'static self, bounds: &[f64]);
    /// It is known how long a tick is: its bounds are made once more.
    fn scale(&'static self);
    /// The bytes that it can take at most, when all of its label sets were there.
    fn bytes(&'static self) -> usize;
}

/// A callsite or a field as the linker's list holds it. Its layout belongs to the name of that list.
#[repr(C)]
#[allow(dead_code)] // the record is for others; and where the linker makes no list
pub struct Listed {
    /// Whose: two copies of this crate in one program may share the list, and do not know each other's types.
    copy: &'static AtomicU8,
    readable: Option<&'static dyn Readable>,
    record: &'static [u8],
}

/// Every copy of this crate has another one: a linker may make one of two constants.
static COPY: AtomicU8 = AtomicU8::new(0);

#[allow(dead_code)] // where the linker makes no list
impl Listed {
    /// Nothing.
    pub(crate) const fn nothing() -> Self {
        Listed { copy: &COPY, readable: None, record: &[] }
    }

    pub(crate) const fn new(readable: &'static dyn Readable, record: &'static [u8]) -> Self {
        Listed { copy: &COPY, readable: Some(readable), record }
    }

    /// What is listed, if it is ours.
    pub(crate) fn readable(&'static self) -> Option<&'static dyn Readable> {
        if std::ptr::eq(self.copy, &raw const COPY) { self.readable } else { None }
    }
}

/// What stood in the cells at one moment. All families of a callsite are made of one reading, so they agree.
#[derive(Default)]
pub(crate) struct Reading {
    /// The label sets that can be.
    pub(crate) sets: Vec<usize>,
    /// For each of those, its cells, over all threads.
    pub(crate) numbers: Vec<u64>,
    /// For each of those, its windows.
    pub(crate) sketches: Vec<Sketch>,
    /// What callbacks gave, by label set.
    pub(crate) called: Vec<(usize, Option<Value<'static>>)>,
    /// The ways of calls that were seen.
    pub(crate) ways: u64,
    /// Numbers that were not taken.
    pub(crate) rejected: u64,
    /// Whether something that was to be asked did not answer.
    pub(crate) failed: bool,
}

/// What a label set shows.
pub(crate) enum Shown<'a> {
    /// Calls of a callsite that ended in one way.
    Calls(Calls<'a>),
    /// Calls of it that are running, and whether there ever was one.
    Running(i64, bool),
    /// A field, and whether it was ever used.
    Field(Value<'a>, bool),
}

/// The calls that ended in one way.
pub(crate) struct Calls<'a> {
    /// The index of its word.
    pub(crate) status: usize,
    /// How many there were.
    pub(crate) count: u64,
    /// Those that were timed, by bucket, not cumulative.
    pub(crate) counts: &'a [u64],
    /// The time of those.
    pub(crate) nanos: f64,
    /// By native bucket, if there are such.
    pub(crate) native: &'a [u64],
    /// One for each bucket, or none at all.
    pub(crate) exemplars: Vec<Option<Exemplar>>,
    /// Those of the last minute, if somebody asks for quantiles.
    pub(crate) sketch: Option<&'a Sketch>,
}

/// What stands in a field.
pub(crate) enum Value<'a> {
    Count(u64),
    Level(i64),
    Float(f64),
    /// Observations by bucket, not cumulative, and their sum in the unit of the family.
    Histogram {
        counts: &'a [u64],
        sum: f64,
        native: &'a [u64],
        exemplars: Vec<Option<Exemplar>>,
    },
    /// The observations of the last minute, and the number and the sum of all.
    Summary {
        sketch: &'a Sketch,
        count: u64,
        sum: f64,
    },
    /// The labels say all.
    Info,
}
