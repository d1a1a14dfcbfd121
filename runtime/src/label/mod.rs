//! Labels: types with a known number of values, and the text of each.
//!
//! Deliberately absent: any way from a `String` or an integer to a label without a bound. Each distinct value of a
//! label is a time series of its own, so a type that cannot say how many it has is none; `max = N` says it for it
//! (`open`).

mod dimension;
mod message;
mod open;
mod path;
mod set;
mod text;
mod values;

pub use dimension::{Dimension, open_len};
pub use open::{Open, opens};
pub use path::type_name_of;
pub use set::{Join, JoinAny, JoinLabel, LabelSet, Number, no_name_twice};
pub use text::OpenLabel;
pub use values::Values;

#[cfg(not(feature = "metrics"))]
pub(crate) use dimension::most;
pub(crate) use dimension::text_in_set;
#[cfg(feature = "metrics")]
pub(crate) use dimension::{Digit, digits, sets_seen};
pub(crate) use message::Message;
pub(crate) use open::LONGEST;
pub(crate) use open::Table;
#[cfg(feature = "metrics")]
pub(crate) use open::is_keepable;
pub(crate) use set::{names, one, sets};

use set::count;

/// A type whose values may label a metric: it knows how many there are.
///
/// `#[derive(Label)]` writes it for enums. `bool` has the values `false` and `true`; `Option<L>` those of `L` and the
/// absent label; `()` is the absent label alone; a reference is a label if what it points to is.
///
/// # By hand
///
/// ```
/// use tallied::{Label, Values};
///
/// /// The class of an HTTP status code.
/// struct Class(u16);
///
/// impl Label for Class {
///     const VALUES: Values = Values::texts(&["1xx", "2xx", "3xx", "4xx", "5xx", "other"]);
///
///     fn index(&self) -> usize {
///         match self.0 {
///             100..600 => usize::from(self.0 / 100) - 1,
///             _ => 5,
///         }
///     }
/// }
///
/// assert_eq!(Class::CARDINALITY, 6);
/// assert_eq!(Class(404).text(), "4xx");
/// ```
///
/// An index that is too large is counted under the last value: a mistake here costs a wrong label, never a panic.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a metric label: it does not say which values it has",
    label = "a label needs a type with a known number of values",
    note = "each value of a label is a time series of its own, which is kept until the process ends",
    note = "either use an enum that has `#[derive(Label)]`, or `bool`, or an `Option` of these",
    note = "or keep the first values only: `name(max = 64)` in `labels(…)`, `#[label(max = 64)]` on a field",
    note = "or leave it to the span or the log",
    note = "the labels of a struct with `#[derive(LabelSet)]` are taken by `name(flatten)`"
)]
pub trait Label {
    /// The text of each value, in the order of [`index`](Label::index).
    const VALUES: Values;

    /// How many values there are: one series each, times those of the other labels. Not to be overridden: what counts
    /// is the number of texts.
    const CARDINALITY: usize = Self::VALUES.len();

    /// Which of [`VALUES`](Label::VALUES) this is. Called once a call: it should cost no more than a `match`.
    fn index(&self) -> usize;

    /// Its text: for whatever else shall say the same word, a log or an answer.
    fn text(&self) -> &'static str {
        Self::VALUES.get(self.index())
    }
}

#[diagnostic::do_not_recommend]
impl Label for bool {
    const VALUES: Values = Values::texts(&["false", "true"]);

    #[inline]
    fn index(&self) -> usize {
        usize::from(*self)
    }
}

#[diagnostic::do_not_recommend]
impl Label for () {
    const VALUES: Values = Values::texts(&[""]);

    #[inline]
    fn index(&self) -> usize {
        0
    }
}

#[diagnostic::do_not_recommend]
impl<L: Label> Label for Option<L> {
    const VALUES: Values = Values::joined(&[Values::texts(&[""]), L::VALUES]);

    #[inline]
    fn index(&self) -> usize {
        self.as_ref().map_or(0, |label| 1 + place(label))
    }
}

#[diagnostic::do_not_recommend]
impl<L: Label + ?Sized> Label for &mut L {
    const VALUES: Values = L::VALUES;

    #[inline]
    fn index(&self) -> usize {
        L::index(self)
    }
}

#[diagnostic::do_not_recommend]
impl<L: Label + ?Sized> Label for &L {
    const VALUES: Values = L::VALUES;

    #[inline]
    fn index(&self) -> usize {
        L::index(self)
    }
}

/// The index of a label, or that of its last value where a mistake by hand gives too large a one.
#[inline]
fn place<L: Label + ?Sized>(label: &L) -> usize {
    label.index().min(const { count(L::VALUES) - 1 })
}

/// The values of whatever label a function gives. It is not called.
#[must_use]
pub const fn values_of<L: Label>(_: fn() -> L) -> Values {
    L::VALUES
}

/// What a closure makes of a returned value.
#[inline]
pub fn after<'a, R: ?Sized, L>(returned: &'a R, make: impl FnOnce(&'a R) -> L) -> L {
    make(returned)
}

/// A value of any type, in code that is never run.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("the compiler wants to know the type of an expression, nobody its value")
}

/// A reference to a value of any type, in code that is never run.
#[must_use]
pub fn never_ref<T: ?Sized>() -> &'static T {
    never()
}

/// Refuses a label, while compiling, that has one text for two values.
///
/// # Panics
///
/// While compiling, with both values.
#[track_caller]
pub const fn no_text_twice(name: &str, values: Values) {
    if values.len() == 0 {
        let message = Message::new("the label `").text(name).text("` has no values; it needs at least one");
        panic!("{}", message.as_str());
    }
    if let Some((earlier, later)) = values.fault() {
        let message = Message::new("the label `").text(name).text("` has the text `").text(values.get(later));
        let message = if earlier == later {
            message
                .text("` for the value ")
                .number(later)
                .text("; that is the absent label: put the `Option` round the whole")
        } else {
            message
                .text("` for its values ")
                .number(earlier)
                .text(" and ")
                .number(later)
                .text(" (counted from 0, through what its variants hold); rename one of them")
        };
        panic!("{}", message.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_nested_types_add_up() {
        assert_eq!(bool::CARDINALITY, 2);
        assert_eq!(<() as Label>::CARDINALITY, 1);
        assert_eq!(Option::<bool>::CARDINALITY, 3);
        assert_eq!(Option::<&bool>::CARDINALITY, 3);
    }

    #[test]
    fn an_index_finds_its_text() {
        let text = |label: Option<bool>| Option::<bool>::VALUES.get(label.index());
        assert_eq!([text(None), text(Some(false)), text(Some(true))], ["", "false", "true"]);
    }
}
