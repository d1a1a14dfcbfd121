//! How many series a callsite can make, proven while compiling.

use crate::family::Family;
use crate::label::{Dimension, Message, names, one};
use crate::outcome::Ways;
use crate::site::Definition;

/// Series that a callsite may make of one family without saying more.
const DEFAULT: usize = 10_000;

/// Where a budget comes from.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// `budget = N` of the attribute.
    Given(usize),
    /// `TALLIED_SERIES_BUDGET`.
    Environment(usize),
    /// Nobody said one.
    Default,
}

impl Budget {
    /// Reads the environment's budget, if there is one.
    ///
    /// # Panics
    ///
    /// While compiling, if it is no number.
    #[must_use]
    #[track_caller]
    pub const fn of_environment(variable: Option<&str>) -> Self {
        let Some(text) = variable else { return Budget::Default };
        // An empty variable is a usual way to unset it.
        if text.is_empty() {
            return Budget::Default;
        }
        #[allow(clippy::single_match_else)] // the error is no value of ours
        match usize::from_str_radix(text, 10) {
            Ok(budget) => Budget::Environment(budget),
            Err(_) => {
                let message =
                    Message::new("`TALLIED_SERIES_BUDGET` is `").text(text).text("`, which is no number of series");
                panic!("{}", message.as_str())
            }
        }
    }

    const fn series(self) -> usize {
        match self {
            Budget::Given(budget) | Budget::Environment(budget) => budget,
            Budget::Default => DEFAULT,
        }
    }

    const fn origin(self) -> &'static str {
        match self {
            Budget::Given(_) => "`budget` of this attribute",
            Budget::Environment(_) => "`TALLIED_SERIES_BUDGET` of the environment",
            Budget::Default => "the default for one callsite",
        }
    }
}

/// Refuses a callsite, while compiling, one of whose families can have more series than the budget. `ways` are the statuses
/// that its calls can have.
///
/// Series = label sets × statuses × the series of one child; a histogram's child has one for each bound, `+Inf`, sum and
/// count.
///
/// # Panics
///
/// While compiling, with the family, its labels with their counts, the product, the budget and the remedy.
#[track_caller]
pub const fn within_budget(says: &Definition, ways: Ways, budget: Budget) {
    if let Some(message) = refusal(says, ways, budget) {
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
pub const fn within_budget_too(says: &Definition, sure: Ways, ways: Ways, budget: Budget) {
    if refusal(says, sure, budget).is_none() {
        within_budget(says, ways, budget);
    }
}

/// Of the first family that is over it, the largest first: one message is enough. Then of the cells, which are there for
/// every label set even if each family has only some of the labels.
const fn refusal(says: &Definition, ways: Ways, budget: Budget) -> Option<Message> {
    let parts = [
        (says.histogram, says.bounds.len() + 3),
        (says.counter, 1),
        (says.in_flight, 1),
        (Some(Family { name: "", help: "", labels: &[], status: false }), 1),
    ];
    let mut at = 0;
    while at < parts.len() {
        if let (Some(family), child) = parts[at] {
            let part = Part { dimensions: says.dimensions, family, statuses: ways.count(), child };
            if part.series() > budget.series() {
                return Some(part.message(budget));
            }
        }
        at += 1;
    }
    None
}

/// A family, or the cells of all label sets, which have no name.
struct Part {
    dimensions: &'static [Dimension],
    family: Family,
    statuses: usize,
    /// The series of one label set with one status.
    child: usize,
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
        self.sets().saturating_mul(self.child)
    }

    const fn message(&self, budget: Budget) -> Message {
        let (sets, series, most) = (self.sets(), self.series(), budget.series());
        let mut message = if self.family.name.is_empty() {
            Message::new("the labels of this function have more sets, which have cells each, than its budget")
        } else {
            Message::new("the family `").text(self.family.name).text("` can have more series than its budget")
        };
        message = message.text("\n    labels  ");
        let (mut at, mut widest, mut comma) = (0, ("", 1), "");
        while let Some(label) = self.label(at) {
            // Of a set, each of its labels.
            let (label, mut inside) = (std::slice::from_ref(label), 0);
            while inside < names(label) {
                let one = one(label, inside);
                message = message.text(comma).text(one.label).text(": ").number(one.len());
                comma = ", ";
                if one.len() > widest.1 {
                    widest = (one.label, one.len());
                }
                inside += 1;
            }
            at += 1;
        }
        if self.family.status {
            message = message.text(comma).text("status: ").number(self.statuses);
        }
        message = message.text(" = ").number(sets).text(" label sets");
        if self.child > 1 {
            message = message.text("\n    series  ").number(sets).text(" x ").number(self.child);
            message = message.text(" (buckets, +Inf, sum and count) = ").number(series);
        }
        message = message.text("\n    budget  ").number(most).text(" (").text(budget.origin()).text("), over by ");
        message = message.number(series - most).text("\n    help    ");
        if widest.0.is_empty() {
            return message.text("say `budget = ").number(series).text("`, or use fewer buckets");
        }
        let message = message.text("the widest label is `").text(widest.0);
        message.text("`: drop it or merge its values; or say `budget = ").number(series).text("`")
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
    const SAYS: Definition = Definition::new(LABELS, "f.rs", 1)
        .histogram("h_seconds", "", &[0, 1, 2], true, &[1.0, 2.0])
        .counter("c_total", "", &[0], false);

    fn refused(budget: Budget, can_fail: bool) -> Option<String> {
        let refused =
            std::panic::catch_unwind(|| within_budget(&SAYS, Status::WORDS.sure(can_fail, false), budget)).err()?;
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
        assert_eq!(refused(Budget::Given(90), false), None);
        assert!(refused(Budget::Given(89), false).is_some());
        // And error.
        assert_eq!(refused(Budget::Environment(135), true), None);
        assert!(refused(Budget::Environment(134), true).is_some());
    }

    #[test]
    fn the_message_has_the_family_the_labels_the_product_the_origin_and_the_remedy() {
        let message = refused(Budget::Environment(100), true).unwrap();
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
        assert!(matches!(Budget::of_environment(None), Budget::Default));
        assert!(matches!(Budget::of_environment(Some("")), Budget::Default));
        assert!(matches!(Budget::of_environment(Some("500")), Budget::Environment(500)));
        assert!(std::panic::catch_unwind(|| Budget::of_environment(Some("many"))).is_err());
    }
}
