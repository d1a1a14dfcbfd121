//! The labels of a callsite: of each its name, and the text of each of its values.
//!
//! One of them may hold the function's name: its bare name where the user gave the label a name, and its path in the
//! crate where nobody did (`function`), so that two methods of one name never share a series by accident.

use std::borrow::Cow;

use super::open::Open;
use super::path::path;
use super::{Message, Values};

/// One label of a callsite, or the labels of one set that stand together.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    /// The label's name, for example `task_name`.
    pub(crate) label: &'static str,
    texts: Texts,
    after: After,
}

#[derive(Clone, Copy, Debug)]
enum Texts {
    One(&'static str),
    Path {
        module: &'static str,
        type_name: fn() -> &'static str,
    },
    Of(Values),
    /// At most so many, whatever comes first, and one for the rest.
    Open(usize),
    Set(&'static [Dimension]),
}

/// Whether a label is known only when the call has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    No,
    /// Its first value, which is absent, is that of a call that did not return.
    AbsentAdded,
    /// The same, and a returned value may be absent too.
    AbsentAnyway,
}

impl Dimension {
    /// A label with one value: the function's bare name, or a literal.
    #[must_use]
    pub const fn one(label: &'static str, text: &'static str) -> Self {
        Dimension { label, texts: Texts::One(text), after: After::No }
    }

    /// A label that holds the function's path in its crate. `module` is the callsite's `module_path!()`, and
    /// `type_name` gives the type name of an item inside the function.
    #[must_use]
    pub const fn path(label: &'static str, module: &'static str, type_name: fn() -> &'static str) -> Self {
        Dimension { label, texts: Texts::Path { module, type_name }, after: After::No }
    }

    /// A label with these values.
    ///
    /// # Panics
    ///
    /// While compiling, if there are none, or two have the same text.
    #[must_use]
    #[track_caller]
    pub const fn of(label: &'static str, values: Values) -> Self {
        super::no_text_twice(label, values);
        Dimension { label, texts: Texts::Of(values), after: After::No }
    }

    /// A label that keeps the first `most` values that come, and counts the rest as `_other`.
    ///
    /// # Panics
    ///
    /// While compiling, if it would keep none.
    #[must_use]
    #[track_caller]
    pub const fn open(label: &'static str, most: usize) -> Self {
        if most == 0 {
            let message = Message::new("the label `").text(label).text("` keeps no value; `max` is at least 1");
            panic!("{}", message.as_str());
        }
        Dimension { label, texts: Texts::Open(most), after: After::No }
    }

    /// The labels of a set, which the callsite calls by one name.
    #[must_use]
    pub const fn set(name: &'static str, labels: &'static [Dimension]) -> Self {
        Dimension { label: name, texts: Texts::Set(labels), after: After::No }
    }

    /// The same label, known when the call has returned: absent for a call that did not.
    #[must_use]
    pub const fn after(mut self) -> Self {
        self.after = match self.texts {
            Texts::Of(values) if values.begins_absent() => After::AbsentAnyway,
            _ => After::AbsentAdded,
        };
        self
    }

    /// How many values it has.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // it never is
    pub const fn len(&self) -> usize {
        let len = match self.texts {
            Texts::One(_) | Texts::Path { .. } => 1,
            Texts::Of(values) => values.len(),
            Texts::Open(most) => most.saturating_add(1),
            Texts::Set(labels) => super::sets(labels),
        };
        if matches!(self.after, After::AbsentAdded) { len.saturating_add(1) } else { len }
    }

    /// How many of its labels are open-ended.
    pub(super) const fn open_len(&self) -> usize {
        match self.texts {
            Texts::Open(_) => 1,
            Texts::Set(labels) => open_len(labels),
            _ => 0,
        }
    }

    /// Whether it stands for the labels of a set.
    #[cfg(feature = "metrics")]
    pub(crate) const fn is_set(&self) -> bool {
        matches!(self.texts, Texts::Set(_))
    }

    /// The labels that it stands for, if it is a set.
    pub(super) const fn inner(&self) -> Option<&'static [Dimension]> {
        if let Texts::Set(labels) = self.texts { Some(labels) } else { None }
    }

    /// The most values that it keeps, if it is open-ended.
    pub(crate) const fn most(&self) -> Option<usize> {
        if let Texts::Open(most) = self.texts { Some(most) } else { None }
    }

    /// Whether a call that returned, or one that did not, can have this value.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_possible(&self, index: usize, returned: bool) -> bool {
        match self.after {
            After::No => true,
            After::AbsentAdded => returned == (index > 0),
            After::AbsentAnyway => returned || index == 0,
        }
    }

    /// Whether it is known only when a call has returned.
    pub(crate) fn is_after(&self) -> bool {
        self.after != After::No
    }

    /// Whether it holds the function's path.
    pub(crate) fn is_path(&self) -> bool {
        matches!(self.texts, Texts::Path { .. })
    }

    /// Whether it has one value, which is known before the call.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.texts, Texts::One(_) | Texts::Path { .. }) && !self.is_after()
    }

    /// The text of one value, or `None` for one that nobody has seen yet. `open` has the values of an open-ended label.
    ///
    /// A path is cut from a type name at each call: meant for scrapes and enabled spans.
    #[must_use]
    pub(crate) fn text(&self, index: usize, open: Option<&Open>) -> Option<Cow<'static, str>> {
        let index = match self.after {
            After::AbsentAdded if index == 0 => return Some(Cow::Borrowed("")),
            After::AbsentAdded => index - 1,
            After::No | After::AbsentAnyway => index,
        };
        match self.texts {
            Texts::One(text) => Some(Cow::Borrowed(text)),
            Texts::Path { module, type_name } => Some(path(module, type_name())),
            Texts::Of(values) => Some(Cow::Borrowed(values.get(index))),
            Texts::Open(_) => open?.text(index).map(Cow::Borrowed),
            Texts::Set(_) => None,
        }
    }
}

/// How many labels are open-ended.
#[must_use]
pub const fn open_len(dimensions: &[Dimension]) -> usize {
    let (mut at, mut len) = (0, 0);
    while at < dimensions.len() {
        len += dimensions[at].open_len();
        at += 1;
    }
    len
}

/// How many values the open-ended label of this number keeps.
#[cfg(not(feature = "metrics"))]
pub(crate) fn most(dimensions: &'static [Dimension], number: usize) -> Option<usize> {
    digits(dimensions, &[]).iter().filter_map(|digit| digit.dimension.most()).nth(number)
}

/// One label, as a scrape sees it: a digit of the number of a label set.
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) struct Digit {
    pub(crate) dimension: &'static Dimension,
    /// Its place, or that of the set that it belongs to, among the dimensions of the callsite.
    pub(crate) place: usize,
    /// What one more of it adds to the number.
    weight: usize,
    /// Where its values are, if it is open-ended.
    pub(crate) open: Option<&'static Open>,
}

impl Digit {
    /// Which of its values a label set has.
    pub(crate) fn of(&self, set: usize) -> usize {
        set / self.weight % self.dimension.len().max(1)
    }

    /// Whether a label set has the value that stands for all that are not kept: the last of an open-ended label.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_other(&self, set: usize) -> bool {
        self.open.is_some() && self.of(set) + 1 == self.dimension.len()
    }

    /// The text of its value in a label set; `None` where nobody has seen that value.
    pub(crate) fn text(&self, set: usize) -> Option<Cow<'static, str>> {
        self.dimension.text(self.of(set), self.open)
    }
}

/// The numbers of the label sets that can be, in their order: of an open-ended label only what came is shown. What is in
/// `sets` already is room that is used again.
#[cfg(feature = "metrics")]
pub(crate) fn sets_seen(digits: &[Digit], sets: &mut Vec<usize>) {
    sets.clear();
    sets.push(0);
    // From the first digit on, each set becomes as many as that has values; from the last to the first, so that what is not
    // read yet is not written over.
    for digit in digits {
        let len = digit.dimension.len();
        let is_seen = |index: usize| digit.open.is_none_or(|open| digit.dimension.text(index, Some(open)).is_some());
        // The places of an open-ended label are filled from the first on; behind them is that of all the others.
        let kept = (0..len).take_while(|index| is_seen(*index)).count();
        let others = usize::from(kept < len && is_seen(len - 1));
        let (before, seen) = (sets.len(), kept + others);
        sets.resize(before * seen, 0);
        if seen == 0 {
            return;
        }
        for at in (0..before).rev() {
            let base = sets[at];
            for place in 0..seen {
                let index = if place < kept { place } else { len - 1 };
                // The first of these is where `base` stood, or behind it.
                sets[at * seen + place] = base + index * digit.weight;
            }
        }
    }
}

/// Every label of a callsite, those of sets one by one. The number of a label set counts through the last one first.
pub(crate) fn digits(dimensions: &'static [Dimension], mut opens: &'static [Open]) -> Vec<Digit> {
    let mut digits = Vec::new();
    for (place, dimension) in dimensions.iter().enumerate() {
        collect(dimension, place, &mut opens, &mut digits);
    }
    let mut weight = 1usize;
    for digit in digits.iter_mut().rev() {
        digit.weight = weight;
        weight = weight.saturating_mul(digit.dimension.len());
    }
    digits
}

fn collect(dimension: &'static Dimension, place: usize, opens: &mut &'static [Open], digits: &mut Vec<Digit>) {
    if let Some(inner) = dimension.inner() {
        for dimension in inner {
            collect(dimension, place, opens, digits);
        }
        return;
    }
    let mut open = None;
    if dimension.most().is_some() {
        if let Some((first, rest)) = opens.split_first() {
            (open, *opens) = (Some(first), rest);
        }
    }
    digits.push(Digit { dimension, place, weight: 1, open });
}

/// The text of one label in a label set, for a span: of a set of labels, `name=value` of each.
#[must_use]
pub(crate) fn text_in_set(
    dimensions: &'static [Dimension],
    opens: &'static [Open],
    at: usize,
    set: usize,
) -> Cow<'static, str> {
    let Some(dimension) = dimensions.get(at) else { return Cow::Borrowed("") };
    let opens = opens.get(open_len(&dimensions[..at])..).unwrap_or_default();
    let weight = super::sets(&dimensions[at + 1..]).max(1);
    let index = set / weight % dimension.len().max(1);
    if let Some(inner) = dimension.inner() {
        let of_one = |digit: &Digit| format!("{}={}", digit.dimension.label, digit.text(index).unwrap_or_default());
        return digits(inner, opens).iter().map(of_one).collect::<Vec<_>>().join(" ").into();
    }
    dimension.text(index, opens.first()).unwrap_or_default()
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: Values = Values::texts(&["a", "b"]);
    const THREE: Values = Values::texts(&["x", "y", "z"]);
    const INNER: &[Dimension] = &[Dimension::one("one", "1"), Dimension::of("three", THREE)];

    #[test]
    fn a_set_is_a_number_whose_last_digit_is_the_last_label() {
        const FLAT: &[Dimension] =
            &[Dimension::of("two", TWO), Dimension::one("one", "1"), Dimension::of("three", THREE)];
        const NESTED: &[Dimension] = &[Dimension::of("two", TWO), Dimension::set("inner", INNER)];
        for dimensions in [FLAT, NESTED] {
            let texts = |set| digits(dimensions, &[]).iter().map(|digit| digit.text(set).unwrap()).collect();
            let sets: Vec<String> = (0..6).map(texts).collect();
            assert_eq!(sets, ["a1x", "a1y", "a1z", "b1x", "b1y", "b1z"]);
        }
        assert_eq!(text_in_set(NESTED, &[], 1, 4), "one=1 three=y");
        assert_eq!(text_in_set(FLAT, &[], 2, 4), "y");
        assert_eq!(text_in_set(FLAT, &[], 0, 4), "b");
        assert_eq!(text_in_set(FLAT, &[], 3, 4), "");
    }

    const TEXTS: [&str; 5] = ["a", "b", "c", "ab", "bc"];

    /// Labels with one to five values, some of them in sets, to any depth that fits the eye.
    fn dimensions() -> impl Strategy<Value = Vec<Dimension>> {
        let label = (1..=TEXTS.len()).prop_map(|len| Dimension::of("label", Values::texts(&TEXTS[..len])));
        let dimension = label.prop_recursive(2, 6, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(|labels| Dimension::set("set", labels.leak()))
        });
        prop::collection::vec(dimension, 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_combination_has_a_number_of_its_own(dimensions in dimensions()) {
            let dimensions: &'static [Dimension] = dimensions.leak();
            let (sets, digits) = (super::super::sets(dimensions), digits(dimensions, &[]));
            prop_assume!(sets <= 5_000);
            prop_assert_eq!(digits.iter().map(|digit| digit.dimension.len()).product::<usize>(), sets);
            let mut seen = std::collections::BTreeSet::new();
            for set in 0..sets {
                let values: Vec<usize> = digits.iter().map(|digit| digit.of(set)).collect();
                // As a call makes it, label by label.
                let number = digits.iter().zip(&values).fold(0, |set, (digit, value)| set * digit.dimension.len() + value);
                prop_assert_eq!(number, set);
                let texts: Vec<String> = digits.iter().map(|digit| digit.text(set).unwrap().into_owned()).collect();
                prop_assert!(seen.insert(texts));
                for place in 0..dimensions.len() {
                    let of_place = digits.iter().filter(|digit| digit.place == place);
                    let whole = text_in_set(dimensions, &[], place, set);
                    let parts: Vec<String> = of_place
                        .map(|digit| {
                            let text = digit.text(set).unwrap();
                            if dimensions[place].inner().is_some() { format!("label={text}") } else { text.into_owned() }
                        })
                        .collect();
                    prop_assert_eq!(parts.join(" "), whole);
                }
            }
            prop_assert_eq!(seen.len(), sets);
        }
    }

    #[test]
    fn a_label_known_afterwards_is_absent_for_a_call_that_did_not_return() {
        let plain = Dimension::of("two", TWO).after();
        assert_eq!(plain.len(), 3);
        assert_eq!([0, 1, 2].map(|index| plain.text(index, None).unwrap()), ["", "a", "b"]);
        assert_eq!([0, 1].map(|index| plain.is_possible(index, true)), [false, true]);
        assert_eq!([0, 1].map(|index| plain.is_possible(index, false)), [true, false]);
        let optional = Dimension::of("two", Values::texts(&["", "a"])).after();
        assert_eq!(optional.len(), 2, "it is absent already");
        assert_eq!([0, 1].map(|index| optional.text(index, None).unwrap()), ["", "a"]);
        assert_eq!([0, 1].map(|index| optional.is_possible(index, true)), [true, true]);
        assert_eq!([0, 1].map(|index| optional.is_possible(index, false)), [true, false]);
    }
}
