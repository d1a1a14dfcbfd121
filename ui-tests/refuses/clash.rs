use tallied::observed;

#[observed(counter = "a_seconds_count", histogram = "a_seconds")]
fn suffix() {}

#[observed(counter = "b_total", in_flight = "b_total")]
fn same() {}

fn main() {}
