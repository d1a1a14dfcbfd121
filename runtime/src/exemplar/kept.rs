//! Exemplars: of each bucket, the trace of an observation that landed in it.
//!
//! While nobody says where traces come from, an observation looks at one number that nobody writes. Otherwise it asks for the
//! trace; if there is one, it is kept under one of sixteen locks, which are tried and not waited for: who finds its lock
//! taken goes on without.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Trace;

/// The most exemplars that are kept: 48 bytes each, and what the tables need.
const MOST: usize = 16_384;
const PARTS: usize = 16;

static IS_ON: AtomicBool = AtomicBool::new(false);
static SOURCE: OnceLock<fn() -> Option<Trace>> = OnceLock::new();

thread_local! {
    /// Whether this thread is asking for its trace.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// By the address of what observes, and the number of the bucket's cell.
type Kept = HashMap<(usize, usize), Exemplar>;
static KEPT: [Mutex<Option<Kept>>; PARTS] = [const { Mutex::new(None) }; PARTS];

/// One observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace: Trace,
    /// In the unit of the family.
    pub(crate) value: f64,
    /// Since 1970.
    pub(crate) time: Duration,
}

pub(crate) fn set_source(source: fn() -> Option<Trace>) -> bool {
    let is_first = SOURCE.set(source).is_ok();
    IS_ON.store(true, Relaxed);
    is_first
}

/// Whether observations have traces.
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.load(Relaxed)
}

fn part(of: usize, cell: usize) -> &'static Mutex<Option<Kept>> {
    // Neighbours of one place are in different parts.
    &KEPT[(of / 64).wrapping_add(cell) % PARTS]
}

/// An observation landed in a cell.
#[cold]
#[inline(never)]
pub(crate) fn note(of: usize, cell: usize, value: f64) {
    // A source that observes would be asked by that, and a panic of it is no business of the call.
    if ASKING.try_with(|asking| asking.replace(true)).unwrap_or(true) {
        return;
    }
    let asked = catch_unwind(|| SOURCE.get().and_then(|source| source())).map_err(std::mem::forget);
    let _ = ASKING.try_with(|asking| asking.set(false));
    let Ok(Some(trace)) = asked else { return };
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Ok(mut kept) = part(of, cell).try_lock() else { return };
    let kept = kept.get_or_insert_default();
    if kept.len() < MOST / PARTS || kept.contains_key(&(of, cell)) {
        kept.insert((of, cell), Exemplar { trace, value, time });
    }
}

/// The exemplars of so many cells from one on.
pub(crate) fn read(of: usize, from: usize, cells: usize) -> Vec<Option<Exemplar>> {
    if !is_on() {
        return Vec::new();
    }
    let read = |cell| {
        let kept = part(of, cell).lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()?.get(&(of, cell)).copied()
    };
    (from..from + cells).map(read).collect()
}
