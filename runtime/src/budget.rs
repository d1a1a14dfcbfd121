//! How many series a callsite can make, proven while compiling.

use crate::definition::{Definition, MOST_SETS};
use crate::family::{Family, Kind, Shows};
use crate::label::{Dimension, Message, names, one};
use crate::outcome::Ways;

/// What `budget = N` of an attribute says.
#[must_use]
pub const fn given(budget: usize) -> (usize, &'static str) {
    (budget, "`budget` of this attribute")
}

/// What `budget = N` of a group's field says.
#[must_use]
pub const fn given_to_field(budget: usize) -> (usize, &'static str) {
    (budget, "`budget` of this field")
}

/// What the environment says, if it says anything: else what was said `before`.
///
/// # Panics
///
/// While compiling, if it is no number.
#[must_use]
#[track_caller]
pub const fn of_environment(variable: Option<&str>, before: (usize, &'static str)) -> (usize, &'static str) {
    let Some(text) = variable else { return before };
    // An empty variable is a usual way to unset it.
    if text.is_empty() {
        return before;
    }
    // As the attribute has it: `50_000`.
    let (digits, mut at, mut budget) = (text.as_bytes(), 0, 0usize);
    while at < digits.len() {
        match digits[at] {
            b'_' if at > 0 => {}
            digit @ b'0'..=b'9' => budget = budget.saturating_mul(10).saturating_add((digit - b'0') as usize),
            _ => {
                let message =
                    Message::new("`TALLIED_SERIES_BUDGET` is `").text(text).text("`, which is no number of series");
                panic!("{}", message.text("; write digits, such as `2_000`").as_str())
            }
        }
        at += 1;
    }
    (budget, "`TALLIED_SERIES_BUDGET` of the environment")
}

/// Who refuses what no budget allows.
const NO_MORE: &str = "there is none above that";

/// Refuses a callsite, while compiling, one of whose families can have more series than the budget. `ways` are the
/// statuses that its calls can have.
///
/// Series = label sets × statuses × the series of one child; a histogram's child has one for each bound, `+Inf`, sum
/// and count.
///
/// # Panics
///
/// While compiling, with the family, its labels with their counts, the product, the budget and the remedy.
#[track_caller]
pub const fn within_budget(says: &Definition, ways: Ways) {
    if let Some(message) = refusal(says, ways) {
        panic!("{}", message.as_str());
    }
}

/// The same, for what is known only when a function is built. Of one that was refused by what is `sure` nothing is said
/// again.
///
/// # Panics
///
/// As [`within_budget`].
#[track_caller]
pub const fn within_budget_too(says: &Definition, sure: Ways, ways: Ways) {
    if refusal(says, sure).is_none() {
        within_budget(says, ways);
    }
}

/// Of the first family that is over it, histograms first: one message is enough. Then of the cells, which are there for
/// every label set even if each family has only some of the labels.
const fn refusal(says: &Definition, ways: Ways) -> Option<Message> {
    const CELLS: Family = Family::new("", "", Kind::Counter, Shows::Calls);
    let histogram = match says.histogram_family() {
        Some(histogram) => refusal_of(says, histogram, ways),
        None => None,
    };
    let (mut refused, mut at) = (histogram, 0);
    while refused.is_none() {
        refused = match says.family(at) {
            Some(family) => refusal_of(says, family, ways),
            None => return refusal_of(says, &CELLS, ways),
        };
        at += 1;
    }
    refused
}

const fn refusal_of(says: &Definition, family: &Family, ways: Ways) -> Option<Message> {
    let part = Part { dimensions: says.dimensions, family: *family, statuses: ways.count() };
    if part.series() > says.budget.0 {
        Some(part.message(says.budget))
    } else if part.sets() > MOST_SETS {
        Some(part.message((MOST_SETS, NO_MORE)))
    } else {
        None
    }
}

/// The most series that a place can make of a family.
#[cfg(feature = "metrics")]
pub(crate) const fn most_series(says: &Definition, family: &Family) -> usize {
    Part { dimensions: says.dimensions, family: *family, statuses: says.most().count() }.series()
}

/// A family, or the cells of all label sets, which have no name.
struct Part {
    dimensions: &'static [Dimension],
    family: Family,
    statuses: usize,
}

impl Part {
    /// A label, by its number.
    const fn label(&self, at: usize) -> Option<&'static Dimension> {
        let places = if self.family.name.is_empty() { self.dimensions.len() } else { self.family.labels.len() };
        if at >= places {
            return None;
        }
        Some(&self.dimensions[if self.family.name.is_empty() { at } else { self.family.labels[at] }])
    }

    const fn sets(&self) -> usize {
        let (mut at, mut sets) = (0, if self.family.status { self.statuses } else { 1 });
        while let Some(label) = self.label(at) {
            sets = sets.saturating_mul(label.len());
            at += 1;
        }
        sets
    }

    const fn series(&self) -> usize {
        self.sets().saturating_mul(self.family.child())
    }

    const fn message(&self, (most, origin): (usize, &str)) -> Message {
        let (sets, series) = (self.sets(), self.series());
        let mut message = if self.family.name.is_empty() {
            Message::new("this function has more label sets than its budget, and each has cells")
        } else {
            Message::new("the family `").text(self.family.name).text("` can have more series than its budget")
        };
        message = message.text("\n    labels  ");
        let (mut at, mut widest, mut comma) = (0, ("", 1, false), "");
        while let Some(label) = self.label(at) {
            // Of a set, each of its labels.
            let (label, mut inside) = (std::slice::from_ref(label), 0);
            while inside < names(label) {
                let one = one(label, inside);
                message = message.text(comma).text(one.label).text(": ").number(one.len());
                comma = ", ";
                if one.len() > widest.1 {
                    widest = (one.label, one.len(), one.most().is_some());
                }
                inside += 1;
            }
            at += 1;
        }
        if self.family.status {
            message = message.text(comma).text("status: ").number(self.statuses);
        }
        message = message.text(" = ").number(sets).text(" label sets");
        let (child, is_summary) = (self.family.child(), matches!(self.family.kind, Kind::Summary));
        if child > 1 {
            message = message.text("\n    series  ").number(sets).text(" x ").number(child);
            let of = if is_summary { " (quantiles, sum and count) = " } else { " (buckets, +Inf, sum and count) = " };
            message = message.text(of).number(series);
        }
        message = message.text("\n    budget  ").number(most).text(" (").text(origin).text("), over by ");
        message = message.number(series.saturating_sub(most)).text("\n    help    ");
        if widest.0.is_empty() {
            let message = message.text("say `budget = ").number(series).text("`");
            let fewer = if is_summary { ", or use fewer quantiles" } else { ", or use fewer buckets" };
            return if child > 1 { message.text(fewer) } else { message };
        }
        let merge = if widest.2 { "lower its `max`" } else { "merge its values" };
        let message = message.text("the widest label is `").text(widest.0).text("`: drop it or ").text(merge);
        if most == MOST_SETS { message } else { message.text("; or say `budget = ").number(series).text("`") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Values, sets};
    use crate::outcome::{Outcome as _, Status};

    const THREE: Values = Values::texts(&["a", "b", "c"]);
    const LABELS: &[Dimension] =
        &[Dimension::of("route", THREE), Dimension::one("zone", "eu"), Dimension::of("b", THREE)];
    const FAMILIES: &[Family] =
        &[Family::counter("c_total", "", 1, false), Family::histogram("h_seconds", "", 3, true).bounded(&[1.0, 2.0])];
    const SAYS: Definition = Definition::new(LABELS, FAMILIES, ("f.rs", 1));

    fn refused(budget: (usize, &'static str), can_fail: bool) -> Option<String> {
        let check = || within_budget(&SAYS.budget(budget), Status::WORDS.sure(can_fail, false));
        let refused = std::panic::catch_unwind(check).err()?;
        Some(refused.downcast_ref::<String>().unwrap().clone())
    }

    #[test]
    fn label_sets_are_the_product_of_the_labels() {
        assert_eq!(sets(LABELS), 9);
        assert_eq!(sets(&[]), 1);
        assert!(std::panic::catch_unwind(|| Dimension::of("none", Values::texts(&[]))).is_err());
    }

    #[test]
    fn a_budget_is_met_to_the_last_series() {
        // 9 label sets, ok and panicked, 2 buckets with +Inf, sum and count.
        assert_eq!(refused(given(90), false), None);
        assert!(refused(given(89), false).is_some());
        // And error.
        assert_eq!(refused(of_environment(Some("135"), given(1)), true), None);
        assert!(refused(of_environment(Some("134"), given(1)), true).is_some());
    }

    #[test]
    fn the_message_has_the_family_the_labels_the_product_the_origin_and_the_remedy() {
        let message = refused(of_environment(Some("100"), given(1)), true).unwrap();
        for part in [
            "`h_seconds`",
            "route: 3, zone: 1, b: 3, status: 3 = 27 label sets",
            "27 x 5 (buckets, +Inf, sum and count) = 135",
            "100 (`TALLIED_SERIES_BUDGET` of the environment), over by 35",
            "the widest label is `route`",
            "`budget = 135`",
        ] {
            assert!(message.contains(part), "`{part}` is not in\n{message}");
        }
    }

    #[test]
    fn the_environment_says_a_number_or_nothing() {
        assert_eq!(of_environment(None, given(1)), given(1));
        assert_eq!(of_environment(Some(""), given(1)), given(1));
        assert_eq!(of_environment(Some("500"), given(1)).0, 500);
        assert_eq!(of_environment(Some("2_000"), given(1)).0, 2_000);
        assert_eq!(of_environment(Some(&"9".repeat(40)), given(1)).0, usize::MAX);
        for wrong in ["many", "-1", " 2", "_2", "2.0"] {
            assert!(std::panic::catch_unwind(|| of_environment(Some(wrong), given(1))).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_budget_makes_room_for_more_than_a_million_label_sets() {
        const THOUSAND: Dimension = Dimension::open("n", 999);
        const TOO_MANY: Definition =
            Definition::new(&[THOUSAND, THOUSAND, Dimension::open("m", 1)], &[], ("", 1)).budget(given(usize::MAX));
        const MANY: Definition = Definition::new(&[THOUSAND, THOUSAND], &[], ("", 1)).budget(given(usize::MAX));
        assert_eq!((TOO_MANY.room(), MANY.room()), (1, 1_000_000));
        assert!(
            refusal(&TOO_MANY, Status::WORDS.all()).unwrap().as_str().contains("1000000 (there is none above that)")
        );
        assert!(refusal(&MANY, Status::WORDS.all()).is_none());
    }
}
