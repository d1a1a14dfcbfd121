use tallied::observed;

#[observed(counter = jobs_total)]
fn not_a_string() {}

#[observed(counter =)]
fn nothing() {}

#[observed(span = "no")]
fn not_a_switch() {}

#[observed(buckets)]
fn no_bounds() {}

#[observed(histogram(help))]
fn no_help() {}

#[observed(histogram(help = " "))]
fn empty_help() {}

#[observed(crate = "tallied")]
fn not_a_path() {}

#[observed(histogram counter)]
fn no_comma() {}

#[tallied::observed(budget = "10")]
fn budget() {}

fn main() {}
