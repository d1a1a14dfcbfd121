#[observed(counter = false)]
fn only_a_span() {}
