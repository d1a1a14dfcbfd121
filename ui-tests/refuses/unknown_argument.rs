use tallied::observed;

#[observed(bucket = FAST)]
fn misspelt() {}

#[observed(colour = "red")]
fn unheard_of() {}

#[observed(histogram(bukets = [1.0], colour = "red"))]
fn inside() {}

#[observed("jobs_total")]
fn literal() {}

#[observed(summary, allow)]
fn reserved() {}

fn main() {}
