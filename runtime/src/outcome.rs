//! What became of a call, and how a returned value says so.
//!
//! Deliberately absent: any look at a thread's panic state. Who ends a call knows which of the four it was; the guard
//! beside a body that a closure cannot stand for is the one exception, and looks for itself.

/// What became of a call: the value of the label `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
impl Status {
    /// In the order in which they are exposed.
    pub(crate) const ALL: [Status; 4] = [Status::Ok, Status::Error, Status::Cancelled, Status::Panicked];

    /// The text of the label's value.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Error => "error",
            Status::Cancelled => "cancelled",
            Status::Panicked => "panicked",
        }
    }

    /// A bit of a [`Ways`].
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The ways in which a function can end: only these are exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways(u8);

#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
impl Ways {
    /// Every function can return, and can unwind where panics unwind.
    pub(crate) const fn of(can_fail: bool, can_be_cancelled: bool) -> Self {
        let mut bits = Status::Ok.bit();
        if cfg!(panic = "unwind") {
            bits |= Status::Panicked.bit();
        }
        if can_fail {
            bits |= Status::Error.bit();
        }
        if can_be_cancelled {
            bits |= Status::Cancelled.bit();
        }
        Ways(bits)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Ways(bits)
    }

    /// Whether a function with these ways out can end as `status`.
    pub(crate) const fn contains(self, status: Status) -> bool {
        self.0 & status.bit() != 0
    }
}

/// What a returned value tells of its call.
///
/// The type says whether an error is possible at all, before there is a value.
pub trait Told {
    /// Whether a value of the observed type can be an error.
    const CAN_FAIL: bool;
    /// What this value was.
    fn status(self) -> Status;
}

/// Told by a `Result`.
pub struct ByResult {
    failed: bool,
}

impl Told for ByResult {
    const CAN_FAIL: bool = true;
    #[inline]
    fn status(self) -> Status {
        if self.failed { Status::Error } else { Status::Ok }
    }
}

/// Told by anything that is no `Result`: to return is to succeed.
pub struct ByReturn;

impl Told for ByReturn {
    const CAN_FAIL: bool = false;
    #[inline]
    fn status(self) -> Status {
        Status::Ok
    }
}

/// Asks a returned value what it tells. The traits below answer, the one that needs fewer references first: so a
/// `Result` is known by its type, through any alias, and nothing is asked of its parts.
pub struct Ask<'a, R: ?Sized>(pub &'a R);

/// First choice: the value is a `Result`.
pub trait AskResult {
    /// Whether it was an `Err`.
    fn tallied_told(&self) -> ByResult;
}

impl<T, E> AskResult for &Ask<'_, Result<T, E>> {
    #[inline]
    fn tallied_told(&self) -> ByResult {
        ByResult { failed: self.0.is_err() }
    }
}

/// Second choice: it is anything else.
pub trait AskAny {
    /// A return is a success.
    fn tallied_told(&self) -> ByReturn;
}

impl<R: ?Sized> AskAny for Ask<'_, R> {
    #[inline]
    fn tallied_told(&self) -> ByReturn {
        ByReturn
    }
}

/// Whether values of a type can be errors, known while compiling: `Fails::<R>::CAN`.
///
/// An associated constant of the type itself goes before one of a trait, so a `Result` is known through any alias.
pub struct Fails<R: ?Sized>(std::marker::PhantomData<R>);

impl<T, E> Fails<Result<T, E>> {
    /// A `Result` can be an `Err`.
    pub const CAN: bool = true;
}

/// What is no `Result` never fails.
pub trait NeverFails {
    /// Only a `Result` can.
    const CAN: bool = false;
}

impl<R: ?Sized> NeverFails for Fails<R> {}

#[cfg(test)]
#[allow(clippy::needless_borrow)] // the references choose between the two traits
mod tests {
    use super::*;

    fn of_generic<R>(value: &R) -> (Status, bool) {
        status_of((&&Ask(value)).tallied_told())
    }

    fn status_of<T: Told>(told: T) -> (Status, bool) {
        (told.status(), T::CAN_FAIL)
    }

    #[test]
    fn a_result_is_recognised_by_type_through_an_alias() {
        type Alias<T> = std::io::Result<T>;
        let failed: Alias<u8> = Err(std::io::Error::other("no"));
        assert_eq!(status_of((&&Ask(&failed)).tallied_told()), (Status::Error, true));
        let fine: Alias<u8> = Ok(1);
        assert_eq!(status_of((&&Ask(&fine)).tallied_told()), (Status::Ok, true));
    }

    #[test]
    fn anything_else_that_returns_is_ok_and_cannot_fail() {
        assert_eq!(status_of((&&Ask(&None::<u8>)).tallied_told()), (Status::Ok, false));
        assert_eq!(status_of((&&Ask("text")).tallied_told()), (Status::Ok, false));
        assert_eq!(of_generic(&Err::<u8, u8>(1)), (Status::Ok, false), "a bare generic return is ok");
    }

    #[test]
    fn only_the_ways_a_function_can_end_are_contained() {
        let sync = Ways::of(false, false);
        assert!(sync.contains(Status::Ok) && sync.contains(Status::Panicked));
        assert!(!sync.contains(Status::Error) && !sync.contains(Status::Cancelled));
        let all = Ways::of(true, true);
        assert!(Status::ALL.iter().all(|s| all.contains(*s)));
        assert_eq!(Ways::from_bits(all.bits()), all);
    }
}
