//! Values that are read at a scrape, from whoever knows them.
//!
//! Holds a lock, which guards a list of what to call: setting one and scrapes take it for a moment, and nobody calls
//! anything under it.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::field::{Field, Read};

type Callback = dyn Fn() -> Read + Send + Sync;
/// By the address of the field, and the label set.
type Callbacks = HashMap<(usize, usize), Arc<Callback>>;

static ALL: Mutex<Option<Callbacks>> = Mutex::new(None);

thread_local! {
    /// Whether this thread is in a callback.
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// It panicked, or it scrapes.
pub(super) struct Failed;

fn lock() -> MutexGuard<'static, Option<Callbacks>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(field: &'static Field, set: usize) -> (usize, usize) {
    (ptr::from_ref(field).addr(), set)
}

/// From now on a label set is read so.
pub(super) fn set(field: &'static Field, set: usize, read: Box<Callback>) {
    let before = lock().get_or_insert_default().insert(key(field, set), read.into());
    // Not under the lock: what it holds may do anything when it is dropped.
    drop(before);
}

/// What the callback of a label set gives now, if it has one.
pub(super) fn read(field: &'static Field, set: usize) -> Option<Result<Read, Failed>> {
    let callback = lock().as_ref()?.get(&key(field, set)).cloned()?;
    // One that scrapes would be called by that scrape.
    if CALLING.replace(true) {
        return Some(Err(Failed));
    }
    let asked = move || {
        let read = callback();
        // It may have been replaced meanwhile: then this is the last of it, and what it holds may panic too.
        drop(callback);
        read
    };
    let read = catch_unwind(AssertUnwindSafe(asked));
    CALLING.set(false);
    // What the panic carried may panic when it is dropped.
    Some(read.map_err(|panic| {
        std::mem::forget(panic);
        Failed
    }))
}
