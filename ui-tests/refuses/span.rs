//! The span's level, name and target, as tracing's attribute takes them.

use tallied::observed;

#[observed(level)]
fn no_level() {}

#[observed(level = "verbose")]
fn an_unknown_level() {}

#[observed(level = "debg", name = 3)]
fn a_misspelt_level() {}

#[observed(level = 6, target = 'a')]
fn a_number_too_high() {}

#[observed(level = "a" + "b")]
fn no_constant() {}

#[observed(name, target)]
fn nothing() {}

#[observed(level = "info", level = "warn")]
fn twice() {}

#[observed(span = false, level = "info", target = "shop")]
fn without_a_span() {}

const LEVEL: u8 = 3;

#[observed(level = LEVEL)]
fn a_constant_of_another_type() {}

#[observed(name = LEVEL, target = LEVEL)]
fn constants_of_another_type() {}

fn main() {}
