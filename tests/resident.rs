//! Cells take memory when they are used. A program of its own, because the memory is that of all.
#![cfg(target_os = "linux")]

use tallied::{Label, observed};

#[derive(Clone, Copy, Label)]
enum Ten {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
}

const ALL: [Ten; 10] = [Ten::A, Ten::B, Ten::C, Ten::D, Ten::E, Ten::F, Ten::G, Ten::H, Ten::I, Ten::J];

// 10,000 label sets of four statuses and 14 cells: 4.5 MB a shard, if all of it were there.
#[observed(labels(a: Ten = a, b: Ten = b, c: Ten = c, d: Ten = d), histogram, span = false, budget = 1_000_000)]
fn wide(a: Ten, b: Ten, c: Ten, d: Ten) -> Result<(), ()> {
    let _ = (a, b, c);
    if matches!(d, Ten::J) { Err(()) } else { Ok(()) }
}

#[test]
fn ten_thousand_label_sets_take_memory_when_they_are_used() {
    let before = resident();
    let _ = wide(Ten::A, Ten::J, Ten::A, Ten::B);
    let used = resident().saturating_sub(before);
    assert!(used < 1 << 20, "one label set of 10,000 took {used} bytes");
    for (a, b) in ALL.into_iter().flat_map(|a| ALL.map(|b| (a, b))) {
        for (c, d) in ALL.into_iter().flat_map(|c| ALL.map(|d| (c, d))) {
            let _ = wide(a, b, c, d);
        }
    }
    let used = resident().saturating_sub(before);
    assert!(used > 2 << 20, "all of them took {used} bytes, so nothing was measured");
}

/// The bytes of memory that the process really has.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
