//! What became of a call: its words, and which of them a function can have.
//!
//! Deliberately absent: any look at a thread's panic state. Who ends a call knows what it was; the guard beside a body
//! that a closure cannot stand for is the one exception, and looks for itself.

mod told;

pub use told::{After, Ask, AskAny, AskHand, AskNobody, AskResult, Classify, Returned, Said, Told, returned};

use crate::label::{self, Label, Message, Values};

/// The words for what becomes of a call: the values of the label `status`.
///
/// `#[derive(Label, Outcome)]` writes it for an enum. Without a word from you, it is [`Status`].
///
/// # By hand
///
/// Each constant is the [`index`](Label::index) of a value. Two may be the same: a call that panicked may be an error
/// like any other.
///
/// ```
/// use tallied::{Label, Outcome, Values};
///
/// struct Answer(bool);
///
/// impl Label for Answer {
///     const VALUES: Values = Values::texts(&["good", "bad"]);
///
///     fn index(&self) -> usize {
///         usize::from(!self.0)
///     }
/// }
///
/// impl Outcome for Answer {
///     const OK: usize = 0;
///     const ERROR: usize = 1;
///     const CANCELLED: usize = 1;
///     const PANICKED: usize = 1;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no words for what becomes of a call",
    label = "`status` takes an enum with `#[derive(Label, Outcome)]`"
)]
pub trait Outcome: Label {
    /// It returned, and not with an `Err`.
    const OK: usize;
    /// It returned an `Err`.
    const ERROR: usize;
    /// Its future was polled at least once and then dropped before it was ready.
    const CANCELLED: usize;
    /// It unwound.
    const PANICKED: usize;

    /// What a value can say by hand. Not to be overridden.
    #[doc(hidden)]
    const BY_HAND: Ways = Self::WORDS.all();

    /// All of it, as a callsite holds it. Not to be overridden.
    #[doc(hidden)]
    const WORDS: Words = Words {
        values: Self::VALUES,
        ok: Self::OK,
        error: Self::ERROR,
        cancelled: Self::CANCELLED,
        panicked: Self::PANICKED,
    };
}

/// What became of a call, in the words that are used where the attribute names no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It returned, and not with an `Err`.
    Ok,
    /// It returned an `Err`.
    Error,
    /// Its future was polled at least once and then dropped before it was ready.
    Cancelled,
    /// It unwound.
    Panicked,
}

#[diagnostic::do_not_recommend]
impl Label for Status {
    const VALUES: Values = Values::texts(&["ok", "error", "cancelled", "panicked"]);

    #[inline]
    fn index(&self) -> usize {
        *self as usize
    }
}

#[diagnostic::do_not_recommend]
impl Outcome for Status {
    const OK: usize = Status::Ok as usize;
    const ERROR: usize = Status::Error as usize;
    const CANCELLED: usize = Status::Cancelled as usize;
    const PANICKED: usize = Status::Panicked as usize;
    // A value that says `cancelled` is counted, but no row of zeros waits for it.
    const BY_HAND: Ways = Ways::only(Self::OK).and(Ways::only(Self::ERROR));
}

/// The words of a callsite.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub struct Words {
    pub(crate) values: Values,
    ok: usize,
    error: usize,
    pub(crate) cancelled: usize,
    pub(crate) panicked: usize,
}

impl Words {
    /// The same, if they are words at all.
    ///
    /// # Panics
    ///
    /// While compiling, if there are none or more than 64, two are the same, or a constant of the type is no index of
    /// them.
    #[must_use]
    #[track_caller]
    pub const fn checked(&'static self) -> &'static Self {
        let len = self.len();
        if len > Ways::MOST {
            let message = Message::new("the type of `status` has ").number(len).text(" values; it may have 1 to 64");
            panic!("{}", message.as_str());
        }
        label::no_text_twice("status", self.values);
        let constants =
            [("OK", self.ok), ("ERROR", self.error), ("CANCELLED", self.cancelled), ("PANICKED", self.panicked)];
        let mut at = 0;
        while at < constants.len() {
            if constants[at].1 >= len {
                let message = Message::new("`").text(constants[at].0).text("` of the type of `status` is ");
                let message = message.number(constants[at].1).text(", and it has only ").number(len).text(" values");
                panic!("{}", message.as_str());
            }
            at += 1;
        }
        self
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.values.len()
    }

    /// What is sure before the type of the value is known.
    pub(crate) const fn sure(&self, can_fail: bool, can_be_cancelled: bool) -> Ways {
        let returns = Ways::only(self.ok);
        let returns = if can_fail { returns.and(Ways::only(self.error)) } else { returns };
        returns.and_others(self, can_be_cancelled)
    }

    /// All that there are.
    pub(crate) const fn all(&self) -> Ways {
        let len = self.len();
        Ways(if len < Ways::MOST { (1 << len) - 1 } else { u64::MAX })
    }
}

#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
impl Words {
    /// Whether a call that did not return is told so.
    pub(crate) fn is_unwinding(&self, word: usize) -> bool {
        word == self.cancelled || word == self.panicked
    }

    /// Whether a call that returned is told so. (A value that says `cancelled` by hand is seen when it comes.)
    pub(crate) fn is_return(&self, word: usize) -> bool {
        !self.is_unwinding(word) || word == self.ok || word == self.error
    }
}

/// The ways in which a function can end, as bits by the index of their word: only these are exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways(u64);

impl Ways {
    const MOST: usize = 64;

    /// A bit for the word with this index.
    pub(crate) const fn only(index: usize) -> Self {
        Ways(if index < Self::MOST { 1 << index } else { 0 })
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Ways(self.0 | other.0)
    }

    /// The ways of a function whose value tells so much: it can return, can unwind where panics unwind, and perhaps be
    /// cancelled.
    pub(crate) const fn of<T: Told>(can_be_cancelled: bool) -> Self {
        T::RETURNS.and_others(&<T::Words as Outcome>::WORDS, can_be_cancelled)
    }

    const fn and_others(self, words: &Words, can_be_cancelled: bool) -> Self {
        let all = if cfg!(panic = "unwind") { self.and(Ways::only(words.panicked)) } else { self };
        if can_be_cancelled { all.and(Ways::only(words.cancelled)) } else { all }
    }

    /// The ways of a function whose value, an `R`, is told by this closure. It is not called.
    #[must_use]
    pub const fn told_by<R: ?Sized, T: Told, F: Fn(&R) -> T>(_: &F, can_be_cancelled: bool) -> Self {
        Self::of::<T>(can_be_cancelled)
    }

    /// How many there are.
    pub(crate) const fn count(self) -> usize {
        self.0.count_ones() as usize
    }
}

#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
impl Ways {
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Ways(bits)
    }

    /// Whether a function with these ways can end with the word of this index.
    pub(crate) const fn contains(self, index: usize) -> bool {
        self.0 & Ways::only(index).0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ways_a_function_can_end_are_contained() {
        let sync = Status::WORDS.sure(false, false);
        assert!(sync.contains(Status::Ok.index()) && sync.contains(Status::Panicked.index()));
        assert!(!sync.contains(Status::Error.index()) && !sync.contains(Status::Cancelled.index()));
        assert_eq!(sync.count(), 2);
        assert_eq!(Status::WORDS.sure(true, true), Status::WORDS.all());
        assert_eq!(Ways::from_bits(sync.bits()), sync);
    }

    struct Sixty<const N: usize>;

    impl<const N: usize> Label for Sixty<N> {
        const VALUES: Values = Values::distinct(&["x"; N]);

        fn index(&self) -> usize {
            0
        }
    }

    impl<const N: usize> Outcome for Sixty<N> {
        const OK: usize = 0;
        const ERROR: usize = 0;
        const CANCELLED: usize = 0;
        const PANICKED: usize = 63;
    }

    #[test]
    fn words_are_one_to_sixty_four_and_each_constant_is_one_of_them() {
        assert_eq!(Sixty::<64>::WORDS.checked().len(), 64);
        assert_eq!(Sixty::<64>::WORDS.all().count(), 64);
        assert!(Sixty::<64>::WORDS.sure(false, false).contains(63));
        assert!(std::panic::catch_unwind(|| Sixty::<65>::WORDS.checked()).is_err());
        assert!(std::panic::catch_unwind(|| Sixty::<63>::WORDS.checked()).is_err());
        assert!(std::panic::catch_unwind(|| Sixty::<0>::WORDS.checked()).is_err());
    }
}
