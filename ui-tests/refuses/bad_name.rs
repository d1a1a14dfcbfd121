use tallied::observed;

#[observed(counter = "jobs-total")]
fn character() {}

#[observed(counter = "")]
fn empty() {}

#[observed(counter = "2xx_total", histogram = "größe")]
fn two() {}

#[observed(counter = "jobs_total_total", in_flight = "jobs_bucket")]
fn suffixes() {}

#[observed(_private)]
fn underscore() {}

#[observed(le)]
fn of_the_format() {}

#[observed(größe)]
fn not_ascii() {}

fn main() {}
