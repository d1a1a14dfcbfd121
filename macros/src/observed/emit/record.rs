//! What a callsite writes into the program's file. The runtime's `record` has the format.

use proc_macro2::{Literal, TokenStream};

use super::site::can_be_cancelled;
use crate::names::Kind;
use crate::observed::families::Family;
use crate::observed::labels::Holds;
use crate::observed::plan::{Plan, Told};
use crate::paths::record_texts;

/// What is written into the program's file: all of it where it is known here, else what is.
// expands to: `SITE, "…"` or `SITE, SAYS, 2 "…" 4 34 *b"…"`
pub(super) fn record(site: &TokenStream, says: &TokenStream, families: &[(Kind, &Family)], plan: &Plan) -> TokenStream {
    let texts = families.iter().map(|(_, family)| (&*family.name, family.written.as_deref(), &*family.help));
    let texts = record_texts(texts);
    let len = Literal::usize_unsuffixed(families.len());
    // Which labels a set has, the compiler knows.
    if plan.labels.iter().any(|label| matches!(label.holds, Holds::Set { .. })) {
        let texts = Literal::string(&texts);
        return ours!(#site, #says, #len #texts);
    }
    let labels = |family: &Family| {
        let labels = family.labels.iter().map(|place| plan.labels[*place].name.clone());
        labels.chain(family.status.then(|| "status".to_owned())).collect::<Vec<_>>()
    };
    let labels: Vec<Vec<String>> = families.iter().map(|(_, family)| labels(family)).collect();
    let ended = |labels: &Vec<String>| labels.iter().flat_map(|label| [label, "\0"]).chain(["\0"]).collect::<String>();
    let names: String = labels.iter().map(ended).collect();
    if let Some(statuses) = statuses(plan) {
        let numbers = numbers(families, statuses);
        // The compiler keeps equal texts once: the name tells the methods of a block apart, whose place is that of the block.
        let text = Literal::string(&format!("{texts}{names}{numbers}{}\0", plan.name));
        return ours!(#site, #text);
    }
    let (texts, bytes) = (Literal::string(&texts), Literal::usize_unsuffixed(names.len()));
    let labels = Literal::usize_unsuffixed(labels.iter().map(Vec::len).sum());
    let names = Literal::byte_string(names.as_bytes());
    ours!(#site, #says, #len #texts #labels #bytes *#names)
}

/// Whether all numbers are known here: so nothing asks the compiler for them.
pub(super) fn is_known(plan: &Plan) -> bool {
    statuses(plan).is_some()
}

/// How many statuses the calls can have, if that is known here: and so, where each label has one value, all numbers.
fn statuses(plan: &Plan) -> Option<u8> {
    let ways = match plan.told {
        Told::ByReturn => 2,
        Told::Result => 3,
        Told::ByType(..) | Told::Anything => return None,
    };
    plan.is_small.then(|| ways + u8::from(can_be_cancelled(plan)))
}

/// The types, what the families have of native buckets and of series, and how many values their labels have. All are below
/// 128, so each byte is a character.
fn numbers(families: &[(Kind, &Family)], statuses: u8) -> String {
    let number = |number: u8| [number, 0, 0, 0, 0, 0, 0, 0];
    let of_family = |(kind, family): &(Kind, &Family)| {
        // The standard buckets, that of `+Inf`, sum and count.
        let child = if matches!(kind, Kind::Histogram) { 15 } else { 1 };
        let series = child * if family.status { statuses } else { 1 };
        let kind = match kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram => 2,
            Kind::Summary => 3,
            Kind::Info => 4,
        };
        [kind, u8::from(family.native)].into_iter().chain(number(series))
    };
    let of_labels = |(_, family): &(Kind, &Family)| {
        let ones = family.labels.iter().map(|_| 1);
        ones.chain(family.status.then_some(statuses)).flat_map(number).collect::<Vec<u8>>()
    };
    families.iter().flat_map(of_family).chain(families.iter().flat_map(of_labels)).map(char::from).collect()
}
