//! What expansions name. No part of it is covered by semantic versioning, and it has no logic of its own.

pub use crate::__tallied_listed as listed;
pub use crate::bounds::Bounds;
pub use crate::budget::{given, given_to_field, of_environment, within_budget, within_budget_too};
pub use crate::catalogue::*;
pub use crate::clock::{millis, nanos_of};
pub use crate::definition::{DEFAULT_BUDGET, Definition};
pub use crate::family::{Family, Kind, Unit, cells};
pub use crate::future::{Inside, Observed, Opened, future_of, giving, giving_as, hand_over};
pub use crate::guard::{Inline, Preparing, observe, observe_in};
pub use crate::label::{
    Dimension, Join, Label, LabelSet, Number, Open, OpenLabel, Values, after, never, never_ref, no_name_twice,
    no_text_twice, open_len, opens, type_name_of, values_of,
};
pub use crate::metric::{
    Field, FieldCells, Metric, check_bounds, check_name, check_native, check_quantiles, check_standard, check_unit,
};
pub use crate::outcome::{After, Ask, Outcome, Said, Status, Ways, returned};
#[cfg(feature = "metrics")]
pub use crate::record::{Record, record_labels, record_names};
pub use crate::site::{Site, SiteCells, SpanOnly};
pub use crate::span::{At, enter, entered, number_of, ready};
pub use crate::windows::Windows;
#[cfg(all(feature = "metrics", any(target_vendor = "apple", windows)))]
pub use linkme;
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

/// What asks a returned value, without names: so a glob brings no name into the user's scope.
pub mod ask {
    pub use crate::outcome::{AskAny as _, AskHand as _, AskNobody as _, AskResult as _};
}

/// What joins a label to a number, without names.
pub mod join {
    pub use crate::label::{JoinAny as _, JoinLabel as _};
}
