//! A label from the returned value is a closure over it, of a type that is a label.

use tallied::observed;

#[observed(after(hit))]
fn without_a_closure() -> bool {
    true
}

#[observed(after(hit = "yes"))]
fn a_text() -> bool {
    true
}

#[observed(after)]
fn nothing_at_all() -> bool {
    true
}

#[observed(after(cache(flatten) = |hit| *hit))]
fn a_set() -> bool {
    true
}

#[observed(after(first = |shown| true))]
fn of_a_hidden_type() -> impl Iterator<Item = u8> {
    [1].into_iter()
}

#[observed(after(hit = |hit| *hit), in_flight(labels(hit)))]
fn before_it_is_known() -> bool {
    true
}

#[observed(hit, after(hit = |hit| *hit))]
fn twice(hit: bool) -> bool {
    hit
}

#[observed(after(over = |length| *length > limit))]
fn of_a_parameter(limit: usize) -> usize {
    limit
}

#[observed(labels(hit = |hit: &bool| *hit))]
fn before_the_call() -> bool {
    true
}

#[observed(after(hit: bool))]
fn a_type_alone() -> bool {
    true
}

struct Limit {
    limit: usize,
}

#[observed(after(over = |found: &Limit| found.limit > limit::MOST && *found > Limit { limit: limit }))]
fn in_a_field(limit: usize) -> Limit {
    Limit { limit }
}

impl Limit {
    #[observed(after(over = |length| *length > self.limit))]
    fn of_itself(&self) -> usize {
        self.limit
    }
}

#[observed(after(hit = hit.is_some()))]
fn no_closure() -> Option<bool> {
    None
}

fn main() {}
