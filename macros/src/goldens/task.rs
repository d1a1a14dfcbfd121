#[observed(task_name, histogram, in_flight)]
pub(crate) fn charge<C: Card>(card: &C, mut cents: u64) -> Alias<Receipt> {
    cents += card.fee();
    card.charge(cents)
}
