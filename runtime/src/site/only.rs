//! What has a span, and counts nothing.

use tracing::Span;

use super::Callsite;
use crate::definition::Definition;
use crate::outcome::{Outcome as _, Status, Ways, Words};
use crate::span::{MadeSpan, Speaks, Spoken};

/// The callsite of what is only a span.
pub struct SpanOnly {
    says: Definition,
    made: MadeSpan,
}

impl SpanOnly {
    /// A callsite that says this.
    #[must_use]
    pub const fn new(says: Definition) -> Self {
        SpanOnly { says, made: MadeSpan::new() }
    }
}

impl Callsite for SpanOnly {
    const TIMED: bool = false;
    const IS_HEARD: bool = false;
    #[inline]
    fn is_met(&'static self, _: Ways) -> bool {
        true
    }
    fn meet(&'static self, _: Ways) {}
    fn ways(&self) -> Ways {
        Status::WORDS.all()
    }
    #[inline]
    fn begin(&'static self, _: usize) {}
    #[inline]
    fn end_as<const PLAIN: bool>(&'static self, _: usize, _: usize, _: usize, _: u64, _: u64) {}
    #[inline]
    fn words(&self) -> &Words {
        &Status::WORDS
    }
    fn record(&'static self, _: usize, _: &Span) {}
}

impl Speaks for SpanOnly {
    fn spoken(&'static self) -> Spoken {
        Spoken { says: &self.says, opens: &[], made: &self.made }
    }
}
