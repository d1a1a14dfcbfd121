//! What the user gives as a number may have branches, as any constant may.

use tallied::observed;

const LIMIT: usize = 3;
const LIMITS: &[usize] = &[5, 6];

#[observed(labels(id(max = if cfg!(debug_assertions) { 10 } else { 20 })))]
fn chosen(id: &str) {
    let _ = id;
}

#[observed(labels(id(max = match LIMIT {
    0 => 1,
    _ => 2,
})))]
fn matched(id: &str) {
    let _ = id;
}

#[observed(labels(id(max = LIMITS[0])))]
fn indexed(id: &str) {
    let _ = id;
}

#[observed(after(id(max = if LIMIT > 2 { 10 } else { 20 }) = |id| *id))]
fn returned(id: &'static str) -> &'static str {
    id
}

fn main() {
    chosen("a");
    matched("a");
    indexed("a");
    let _ = returned("a");
}
