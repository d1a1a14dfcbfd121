//! Several labels that belong together, and the number of a label set as it is made.

use super::{
    Dimension, Label, Message, Values,
    open::{FindTable, Open},
    place,
};
use crate::definition::Definition;

/// Labels that stand together: a struct with `#[derive(LabelSet)]`.
///
/// Only the derive implements it. An attribute takes one by `labels(name(flatten))`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no label set",
    label = "a struct with `#[derive(LabelSet)]` is needed here",
    note = "`flatten` and the parameter of a metric take one; a single label is a field of it, and needs no `flatten`"
)]
pub trait LabelSet {
    /// Its labels, in the order of the fields.
    const LABELS: &'static [Dimension];

    /// How many label sets there are: the product of the labels' counts.
    const CARDINALITY: usize = sets(Self::LABELS);

    /// The same type, whatever it borrows: so a `Counter<Cache<'static>>` takes a `Cache<'_>`.
    #[doc(hidden)]
    type Static: LabelSet + ?Sized;

    /// Adds a digit for each label.
    #[doc(hidden)]
    fn join(&self, number: &mut Number);
}

#[diagnostic::do_not_recommend]
impl LabelSet for () {
    const LABELS: &'static [Dimension] = &[];
    type Static = ();

    #[inline]
    fn join(&self, _: &mut Number) {}
}

#[diagnostic::do_not_recommend]
impl<S: LabelSet + ?Sized> LabelSet for &S {
    const LABELS: &'static [Dimension] = S::LABELS;
    type Static = S::Static;

    #[inline]
    fn join(&self, number: &mut Number) {
        S::join(self, number);
    }
}

#[diagnostic::do_not_recommend]
impl<S: LabelSet + ?Sized> LabelSet for &mut S {
    const LABELS: &'static [Dimension] = S::LABELS;
    type Static = S::Static;

    #[inline]
    fn join(&self, number: &mut Number) {
        S::join(self, number);
    }
}

/// The number of a label set while its digits are joined, label by label in the order of the callsite.
pub struct Number {
    set: usize,
    /// The open-ended labels that are still to come.
    opens: &'static [Open],
    of: &'static Definition,
    table: FindTable,
    /// Whether the labels are those of a call that returned, which is one more value.
    after: bool,
}

impl Number {
    #[inline]
    pub(crate) fn new(of: &'static Definition, opens: &'static [Open], table: FindTable, after: bool) -> Self {
        Number { set: 0, opens, of, table, after }
    }

    /// The number.
    #[inline]
    #[must_use]
    pub fn set(self) -> usize {
        self.set
    }

    #[inline]
    fn label<L: Label + ?Sized>(&mut self, label: &L) {
        // What a type by hand says of its cardinality is not asked: the cells are as many as it has texts.
        let shift = usize::from(self.after && !const { L::VALUES.begins_absent() });
        self.set = self.set * (const { count(L::VALUES) } + shift) + shift + place(label);
    }

    /// Puts the text of an open-ended label behind it.
    #[inline]
    pub fn open(&mut self, text: &str) {
        // Where nothing is counted a value is only looked at for the sake of a span.
        if cfg!(not(feature = "metrics")) && !self.of.has_span() {
            return;
        }
        // There is one for each: the expansion counted them.
        let Some((open, rest)) = self.opens.split_first() else { return };
        self.opens = rest;
        let shift = usize::from(self.after);
        self.set = self.set * (open.len() + shift) + shift + open.find(text, self.of, self.table);
    }
}

/// A value that becomes one more digit of the number of a label set.
pub struct Join<'a, L: ?Sized>(pub &'a L);

/// First choice: the value is a label.
pub trait JoinLabel {
    /// Puts the value behind the number.
    fn tallied_join(&self, number: &mut Number);
    /// Its index, for a label that has it inside.
    fn tallied_place(&self) -> usize;
}

impl<L: Label + ?Sized> JoinLabel for &Join<'_, L> {
    #[inline]
    fn tallied_join(&self, number: &mut Number) {
        number.label(self.0);
    }
    #[inline]
    fn tallied_place(&self) -> usize {
        place(self.0)
    }
}

/// Second choice: it is none. Then its values were refused, and nobody needs to hear it twice.
pub trait JoinAny {
    /// Leaves the number as it is.
    fn tallied_join(&self, number: &mut Number);
    /// Any index: this is never run.
    fn tallied_place(&self) -> usize;
}

impl<T: ?Sized> JoinAny for Join<'_, T> {
    #[inline]
    fn tallied_join(&self, _: &mut Number) {}
    #[inline]
    fn tallied_place(&self) -> usize {
        0
    }
}

/// How many values a label has. One without any is refused by [`no_text_twice`](super::no_text_twice), and need not be
/// refused here too.
pub(super) const fn count(values: Values) -> usize {
    let len = values.len();
    if len == 0 { 1 } else { len }
}

/// Refuses labels, while compiling, of which two have the same name, through sets too. `status` is one more, if it is
/// there.
///
/// # Panics
///
/// While compiling, with the name.
#[track_caller]
pub const fn no_name_twice(what: &str, dimensions: &[Dimension], status: bool) {
    let len = names(dimensions);
    let mut later = 0;
    while later < len {
        let name = name(dimensions, later);
        if status && super::values::same(name, "status") {
            let message =
                Message::new("a set of labels in ").text(what).text(" has the label `status`, which holds what ");
            panic!("{}", message.text("became of the call; rename it with `#[label(rename = \"…\")]`").as_str());
        }
        let mut earlier = 0;
        while earlier < later {
            if super::values::same(name, self::name(dimensions, earlier)) {
                let message = Message::new("the label `").text(name).text("` stands twice in ").text(what);
                let message =
                    message.text(", once through `flatten`; rename one of them with `#[label(rename = \"…\")]` (a list of a family names a set as a whole)");
                panic!("{}", message.as_str());
            }
            earlier += 1;
        }
        later += 1;
    }
}

/// How many label sets there are: at least one, since every label has a value.
pub(crate) const fn sets(dimensions: &[Dimension]) -> usize {
    let (mut at, mut sets) = (0, 1usize);
    while at < dimensions.len() {
        sets = sets.saturating_mul(dimensions[at].len());
        at += 1;
    }
    sets
}

/// How many names there are, those of sets one by one.
pub(crate) const fn names(dimensions: &[Dimension]) -> usize {
    let (mut at, mut len) = (0, 0);
    while at < dimensions.len() {
        len += match dimensions[at].inner() {
            Some(inner) => names(inner),
            None => 1,
        };
        at += 1;
    }
    len
}

/// One of them.
pub(crate) const fn one(dimensions: &[Dimension], mut index: usize) -> &Dimension {
    let mut at = 0;
    loop {
        let len = match dimensions[at].inner() {
            Some(inner) if index < names(inner) => return one(inner, index),
            Some(inner) => names(inner),
            None if index == 0 => return &dimensions[at],
            None => 1,
        };
        index -= len;
        at += 1;
    }
}

const fn name(dimensions: &[Dimension], index: usize) -> &'static str {
    one(dimensions, index).label
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &[Dimension] = &[Dimension::one("b", ""), Dimension::one("c", "")];
    const OUTER: &[Dimension] = &[Dimension::one("a", ""), Dimension::set("inner", INNER), Dimension::one("d", "")];

    #[test]
    fn names_are_counted_through_sets() {
        assert_eq!(names(OUTER), 4);
        assert_eq!([0, 1, 2, 3].map(|at| name(OUTER, at)), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_through_a_set_too() {
        const TWICE: &[Dimension] = &[Dimension::one("c", ""), Dimension::set("inner", INNER)];
        const STATUS: &[Dimension] = &[Dimension::set("inner", &[Dimension::one("status", "")])];
        let refused = |dimensions: &'static [Dimension], status| {
            let refused = std::panic::catch_unwind(|| no_name_twice("`Here`", dimensions, status)).err()?;
            Some(refused.downcast_ref::<String>().unwrap().clone())
        };
        assert_eq!(refused(OUTER, true), None);
        assert!(refused(TWICE, false).unwrap().contains("the label `c` stands twice in `Here`"));
        assert_eq!(refused(STATUS, false), None);
        assert!(refused(STATUS, true).unwrap().contains("has the label `status`"));
    }
}
