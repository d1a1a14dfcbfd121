//! What a closure makes of the returned value must be a label: said once, at the closure.

use tallied::observed;

#[observed(after(text = |text| text.clone()))]
fn no_label() -> String {
    String::new()
}

#[observed(after(length: usize = |text| text.len()))]
fn no_label_of_a_type() -> String {
    String::new()
}

#[observed(after(hit = |page: &u8| *page > 1))]
fn of_another_value() -> Option<u8> {
    None
}

fn main() {
    let _ = (no_label(), no_label_of_a_type(), of_another_value());
}
