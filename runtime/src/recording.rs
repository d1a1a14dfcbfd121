//! Where a recording of one test goes: cells of its own, for the threads and tasks that take part.
//!
//! While there is no recording, a call looks at one number that nobody writes, and goes on.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

/// How many there are.
static LIVE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Recorded>>> = const { RefCell::new(None) };
}

/// Cells, of whatever type.
type Copied = dyn Any + Send + Sync;

/// Copies of cells, by the address of whose they are.
#[derive(Default)]
pub(crate) struct Recorded {
    copies: Mutex<HashMap<usize, Arc<Copied>>>,
}

/// Whether some thread may be recording.
#[inline]
pub(crate) fn is_any() -> bool {
    LIVE.load(SeqCst) != 0
}

/// Held while the first of a recording's steps and the last of a first call's stand: so none is between the other's.
static GATE: Mutex<()> = Mutex::new(());

/// Does `publish` if nobody records, which says that calls need not look; or leaves it to a later call.
pub(crate) fn unless_any(publish: impl FnOnce()) {
    if is_any() {
        return;
    }
    // Tried, because a call waits for nobody.
    if let Ok(_gate) = GATE.try_lock() {
        if !is_any() {
            publish();
        }
    }
}

/// What this thread records to.
pub(crate) fn current() -> Option<Arc<Recorded>> {
    // In the destructor of a thread's local it may be gone.
    CURRENT.try_with(|current| current.try_borrow().ok()?.clone()).ok()?
}

/// Runs `work` as a part of a recording, or of none.
pub(crate) fn inside<R>(recorded: Option<Arc<Recorded>>, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when the work panics.
    struct Back(Option<Arc<Recorded>>);
    impl Drop for Back {
        fn drop(&mut self) {
            let before = self.0.take();
            let _ = CURRENT.try_with(|current| current.replace(before));
        }
    }
    let before = CURRENT.try_with(|current| current.replace(recorded)).ok().flatten();
    let _back = Back(before);
    work()
}

impl Recorded {
    /// `pause` undoes all that was published.
    pub(crate) fn new(pause: impl FnOnce()) -> Arc<Self> {
        let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        LIVE.fetch_add(1, SeqCst);
        pause();
        Arc::default()
    }

    /// The copy of what is at an address, made if it is not there.
    pub(crate) fn copy_of<T: Any + Send + Sync>(&self, address: usize, make: impl Fn() -> T) -> Option<Arc<T>> {
        self.copy(address, &|| Arc::new(make())).downcast().ok()
    }

    /// The same without its type: so the table is compiled once, and not for each type of callsite.
    fn copy(&self, address: usize, make: &dyn Fn() -> Arc<Copied>) -> Arc<Copied> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.entry(address).or_insert_with(make).clone()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, SeqCst);
    }
}
