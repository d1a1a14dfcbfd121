//! What a returned value tells of its call.

use std::marker::PhantomData;

use super::{Outcome, Status, Ways};

/// Tells the outcome of a call by the value that it returned.
///
/// Without it a `Result` is told by `Ok` and `Err`, and anything else that returned is ok. With it the value has the
/// word, and every word of the type is possible: `not_found` need be neither `ok` nor `error`.
///
/// ```
/// use tallied::{Classify, Label, Outcome, observed};
///
/// #[derive(Clone, Copy, Label, Outcome)]
/// enum Found { Ok, NotFound, Error }
///
/// impl<T> Classify<Option<T>> for Found {
///     fn classify(returned: &Option<T>) -> Self {
///         if returned.is_some() { Found::Ok } else { Found::NotFound }
///     }
/// }
///
/// #[observed(status = Found)]
/// fn first(words: &[String]) -> Option<&String> {
///     words.first()
/// }
/// # assert!(first(&[]).is_none());
/// # if cfg!(feature = "metrics") {
/// # assert!(tallied::gather_metrics().contains("status=\"not_found\"} 1"));
/// # }
/// ```
///
/// In a generic function it counts if the function's own bounds say that it is there. A type of yours that is no
/// `Result` can tell the usual words so: `impl Classify<Response> for tallied::Status`.
pub trait Classify<R: ?Sized>: Outcome {
    /// What became of a call that returned this. A panic here counts the call as panicked.
    fn classify(returned: &R) -> Self;
}

/// What a returned value tells of its call.
///
/// The type says what is possible at all, before there is a value.
pub trait Told {
    /// The words it is told in.
    type Words: Outcome;
    /// What a return can be.
    const RETURNS: Ways;
    /// What this value was.
    fn status(&self) -> usize;
    /// Whether it has labels too.
    const HAS_LABELS: bool = false;
    /// Whether it is asked for though nothing is counted.
    const IS_HEARD: bool = Self::HAS_LABELS;
    /// What its labels add to the number of the call's label set.
    #[inline]
    fn labels(&self) -> usize {
        0
    }
}

/// Told by the user's own [`Classify`].
pub struct Classified<S>(S);

impl<S: Outcome> Told for Classified<S> {
    type Words = S;
    const RETURNS: Ways = S::BY_HAND;
    #[inline]
    fn status(&self) -> usize {
        self.0.index()
    }
}

/// Told by a `Result`.
pub struct OfResult<S> {
    failed: bool,
    words: PhantomData<S>,
}

impl<S: Outcome> Told for OfResult<S> {
    type Words = S;
    const RETURNS: Ways = Ways::only(S::OK).and(Ways::only(S::ERROR));
    #[inline]
    fn status(&self) -> usize {
        if self.failed { S::ERROR } else { S::OK }
    }
}

/// Told by anything that is no `Result`: to return is to succeed.
pub struct Returned<S>(PhantomData<S>);

impl<S> Returned<S> {
    pub(crate) fn new() -> Self {
        Returned(PhantomData)
    }
}

impl<S: Outcome> Told for Returned<S> {
    type Words = S;
    const RETURNS: Ways = Ways::only(S::OK);
    #[inline]
    fn status(&self) -> usize {
        S::OK
    }
}

/// Told by a value of which nobody is asked.
#[inline]
#[must_use]
pub fn returned<S: Outcome, R: ?Sized>(_: &R) -> Returned<S> {
    Returned::new()
}

/// The same, with labels that the value has.
pub struct After<T> {
    /// What the value tells.
    pub told: T,
    /// What its labels add.
    pub labels: usize,
}

impl<T: Told> Told for After<T> {
    type Words = T::Words;
    const RETURNS: Ways = T::RETURNS;
    const HAS_LABELS: bool = true;
    #[inline]
    fn status(&self) -> usize {
        self.told.status()
    }
    #[inline]
    fn labels(&self) -> usize {
        self.labels
    }
}

/// The same, after events that the value made: those are for whoever listens, counted or not.
pub struct Said<T>(pub T);

impl<T: Told> Told for Said<T> {
    type Words = T::Words;
    const RETURNS: Ways = T::RETURNS;
    const HAS_LABELS: bool = T::HAS_LABELS;
    const IS_HEARD: bool = true;
    #[inline]
    fn status(&self) -> usize {
        self.0.status()
    }
    #[inline]
    fn labels(&self) -> usize {
        self.0.labels()
    }
}

/// Asks a returned value what it tells. The traits below answer, the one that needs fewer references first: so a user's
/// word goes before all, a `Result` is known by its type through any alias, and nothing is asked of its parts.
pub struct Ask<'a, S, R: ?Sized>(&'a R, PhantomData<S>);

impl<'a, S, R: ?Sized> Ask<'a, S, R> {
    /// Asks this value in the words `S`.
    #[inline]
    pub fn new(returned: &'a R) -> Self {
        Ask(returned, PhantomData)
    }
}

/// First choice: the user tells it.
pub trait AskHand<S> {
    /// What the user says.
    fn tallied_told(&self) -> Classified<S>;
}

impl<S: Classify<R>, R: ?Sized> AskHand<S> for &&&Ask<'_, S, R> {
    #[inline]
    fn tallied_told(&self) -> Classified<S> {
        Classified(S::classify(self.0))
    }
}

/// Second choice: the value is a `Result`.
pub trait AskResult<S> {
    /// Whether it was an `Err`.
    fn tallied_told(&self) -> OfResult<S>;
}

impl<S: Outcome, T, E> AskResult<S> for &&Ask<'_, S, Result<T, E>> {
    #[inline]
    fn tallied_told(&self) -> OfResult<S> {
        OfResult { failed: self.0.is_err(), words: PhantomData }
    }
}

/// Third choice: it is anything else.
pub trait AskAny<S> {
    /// A return is a success.
    fn tallied_told(&self) -> Returned<S>;
}

impl<S: Outcome, R: ?Sized> AskAny<S> for &Ask<'_, S, R> {
    #[inline]
    fn tallied_told(&self) -> Returned<S> {
        Returned::new()
    }
}

/// Last choice: the words are none. Then they were refused where they stand, and nobody needs to hear it twice.
pub trait AskNobody {
    /// Anything: this is never run.
    fn tallied_told(&self) -> Returned<Status>;
}

impl<S, R: ?Sized> AskNobody for Ask<'_, S, R> {
    #[inline]
    fn tallied_told(&self) -> Returned<Status> {
        Returned::new()
    }
}

#[cfg(test)]
#[allow(clippy::needless_borrow)] // the references choose between the traits
mod tests {
    use super::*;
    use crate::label::{Label, Values};

    fn of_generic<R>(value: &R) -> (usize, usize) {
        told(&(&&&&Ask::<Status, _>::new(value)).tallied_told())
    }

    /// The word, and how many are possible.
    fn told<T: Told>(told: &T) -> (usize, usize) {
        (told.status(), T::RETURNS.count())
    }

    #[test]
    fn a_result_is_recognised_by_type_through_an_alias() {
        type Alias<T> = std::io::Result<T>;
        let failed: Alias<u8> = Err(std::io::Error::other("no"));
        assert_eq!(told(&(&&&&Ask::<Status, _>::new(&failed)).tallied_told()), (Status::ERROR, 2));
        let fine: Alias<u8> = Ok(1);
        assert_eq!(told(&(&&&&Ask::<Status, _>::new(&fine)).tallied_told()), (Status::OK, 2));
    }

    #[test]
    fn anything_else_that_returns_is_ok_and_cannot_fail() {
        assert_eq!(told(&(&&&&Ask::<Status, _>::new(&None::<u8>)).tallied_told()), (Status::OK, 1));
        assert_eq!(told(&(&&&&Ask::<Status, _>::new("text")).tallied_told()), (Status::OK, 1));
        assert_eq!(of_generic(&Err::<u8, u8>(1)), (Status::OK, 1), "a bare generic return is ok");
    }

    struct Found(bool);

    impl Label for Found {
        const VALUES: Values = Values::texts(&["found", "missing", "broken"]);

        fn index(&self) -> usize {
            usize::from(!self.0)
        }
    }

    impl Outcome for Found {
        const OK: usize = 0;
        const ERROR: usize = 2;
        const CANCELLED: usize = 2;
        const PANICKED: usize = 2;
    }

    impl<T> Classify<Option<T>> for Found {
        fn classify(returned: &Option<T>) -> Self {
            Found(returned.is_some())
        }
    }

    #[test]
    fn the_users_word_goes_before_all() {
        assert_eq!(told(&(&&&&Ask::<Found, _>::new(&None::<u8>)).tallied_told()), (1, 3));
        assert_eq!(told(&(&&&&Ask::<Found, _>::new(&Some(1))).tallied_told()), (0, 3));
        assert_eq!(told(&(&&&&Ask::<Found, _>::new(&Err::<u8, u8>(1))).tallied_told()), (2, 2));
        assert_eq!(told(&(&&&&Ask::<Found, _>::new(&1)).tallied_told()), (0, 1));
    }
}
