//! How many series a callsite can make, proven while compiling.

use super::{Dimension, Message};
use crate::family::Family;
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

/// How many label sets there are: at least one, since every label has a value.
#[must_use]
pub const fn sets(dimensions: &[Dimension]) -> usize {
    let (mut at, mut sets) = (0, 1usize);
    while at < dimensions.len() {
        sets = sets.saturating_mul(dimensions[at].len());
        at += 1;
    }
    sets
}

/// Refuses a callsite, while compiling, one of whose families can have more series than the budget.
///
/// Series = label sets × statuses × the series of one child; a histogram's child has one for each bound, `+Inf`, sum and
/// count.
///
/// # Panics
///
/// While compiling, with the family, its labels with their counts, the product, the budget and the remedy.
#[track_caller]
pub const fn within_budget(says: &Definition, can_fail: bool, can_be_cancelled: bool, budget: Budget) {
    let statuses = 2 + can_fail as usize + can_be_cancelled as usize;
    // The cells are there for every label set, even if each family has only some of the labels.
    let all = sets(says.dimensions);
    if all > budget.series() {
        let message = Message::new("the labels of this function have ")
            .number(all)
            .text(" sets, and each has cells\n    budget  ");
        let message = message.number(budget.series()).text(" (").text(budget.origin()).text("), over by ");
        let message =
            message.number(all - budget.series()).text("\n    help    use fewer labels or merge their values");
        panic!("{}", message.as_str());
    }
    // The largest first: one message is enough.
    if let Some(family) = says.histogram {
        check(&family, says.dimensions, statuses, says.bounds.len() + 3, budget);
    }
    if let Some(family) = says.counter {
        check(&family, says.dimensions, statuses, 1, budget);
    }
    if let Some(family) = says.in_flight {
        check(&family, says.dimensions, statuses, 1, budget);
    }
}

#[track_caller]
const fn check(family: &Family, dimensions: &[Dimension], statuses: usize, child: usize, budget: Budget) {
    let (mut at, mut all, mut widest) = (0, if family.status { statuses } else { 1 }, 0);
    while at < family.labels.len() {
        let len = dimensions[family.labels[at]].len();
        all = all.saturating_mul(len);
        if len > dimensions[family.labels[widest]].len() {
            widest = at;
        }
        at += 1;
    }
    let series = all.saturating_mul(child);
    let (origin, budget) = (budget.origin(), budget.series());
    if series <= budget {
        return;
    }
    let mut message =
        Message::new("the family `").text(family.name).text("` can have more series than its budget\n    labels  ");
    at = 0;
    while at < family.labels.len() {
        let label = &dimensions[family.labels[at]];
        message = message.text(if at > 0 { ", " } else { "" }).text(label.label).text(": ").number(label.len());
        at += 1;
    }
    if family.status {
        message = message.text(if at > 0 { ", " } else { "" }).text("status: ").number(statuses);
    }
    message = message.text(" = ").number(all).text(" label sets");
    if child > 1 {
        message = message.text("\n    series  ").number(all).text(" x ").number(child);
        message = message.text(" (buckets, +Inf, sum and count) = ").number(series);
    }
    message = message.text("\n    budget  ").number(budget).text(" (").text(origin).text("), over by ");
    message = message.number(series - budget).text("\n    help    ");
    if !family.labels.is_empty() && dimensions[family.labels[widest]].len() > 1 {
        message = message.text("the widest label is `").text(dimensions[family.labels[widest]].label);
        message = message.text("`: drop it or merge its values; or say `budget = ").number(series).text("`");
    } else {
        message = message.text("say `budget = ").number(series).text("`, or use fewer buckets");
    }
    panic!("{}", message.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Values;

    const THREE: Values = Values::texts(&["a", "b", "c"]);
    const LABELS: &[Dimension] =
        &[Dimension::of("route", THREE), Dimension::one("zone", "eu"), Dimension::of("b", THREE)];
    const SAYS: Definition = Definition::new(LABELS, "f.rs", 1)
        .histogram("h_seconds", "", &[0, 1, 2], true, &[1.0, 2.0])
        .counter("c_total", "", &[0], false);

    fn refused(budget: Budget, can_fail: bool) -> Option<String> {
        let refused = std::panic::catch_unwind(|| within_budget(&SAYS, can_fail, false, budget)).err()?;
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
