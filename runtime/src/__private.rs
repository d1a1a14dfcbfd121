//! What expansions name. No part of it is covered by semantic versioning, and it has no logic of its own.

pub use crate::family::{STANDARD_BUCKETS, cells};
pub use crate::future::Observed;
pub use crate::guard::{Inline, observe};
pub use crate::label::{
    Budget, Dimension, Join, JoinAny, JoinLabel, Label, Values, never, no_text_twice, sets, type_name_of, values_of,
    within_budget,
};
pub use crate::outcome::{Ask, AskAny, AskResult, Fails, NeverFails};
pub use crate::site::{Cells, Definition, HasSite, Site};
pub use std::boxed::Box;
pub use tracing;

/// The output of a function type: names `!` where only a return type may.
pub trait Output {
    /// What it returns.
    type Is;
}

impl<R> Output for fn() -> R {
    type Is = R;
}

/// The type `!`.
pub type Never = <fn() -> ! as Output>::Is;

/// Calls `body`: a closure that is called where it stands would raise a lint.
#[inline]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// Calls `body`, whose future gives an `O`.
#[inline]
pub fn future_of<O, F: Future<Output = O>>(body: impl FnOnce() -> F) -> F {
    body()
}
