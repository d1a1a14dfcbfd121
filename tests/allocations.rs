//! What a call allocates: memory at a thread's first touch of a place, and then nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics, observed};

struct Counting;

thread_local! {
    static MINE: Cell<usize> = const { Cell::new(0) };
}
static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator, and a number beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = MINE.try_with(|mine| mine.set(mine.get() + 1));
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: as it was asked.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as it was asked.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Copy, Label)]
enum Queue {
    Mail,
    Print,
}

#[derive(LabelSet)]
struct Labels<'a> {
    queue: Queue,
    #[label(max = 8)]
    tenant: &'a str,
}

/// Everything that counts.
#[derive(Metrics)]
#[metrics(prefix = "alloc")]
struct Group {
    /// Jobs.
    jobs_total: Counter<Labels<'static>>,
    /// Bytes.
    bytes_total: Counter<(), f64>,
    /// Depth.
    depth: Gauge,
    /// Waits.
    wait_seconds: Histogram<Labels<'static>>,
}
static GROUP: Group = Group::new();

#[observed(histogram, in_flight, labels(queue: Queue = queue, tenant(max = 8)))]
fn work(queue: Queue, tenant: &str) -> Result<usize, usize> {
    if tenant.len() == 1 { Err(1) } else { Ok(queue as usize) }
}

#[observed(histogram(sample = 4), span = false)]
fn often() {}

#[observed(histogram, in_flight)]
async fn later() {}

fn all() {
    for (queue, tenant) in [(Queue::Mail, "a"), (Queue::Print, "bb")] {
        let _ = work(queue, tenant);
        GROUP.jobs_total.with(Labels { queue, tenant }).inc();
        GROUP.wait_seconds.with(Labels { queue, tenant }).observe(Duration::from_millis(3));
        GROUP.wait_seconds.with(Labels { queue, tenant }).observe(0.2);
    }
    GROUP.bytes_total.add(0.5);
    let _guard = GROUP.depth.guard();
    often();
    let mut future = std::pin::pin!(later());
    let _ = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
}

/// One test at a time: the memory is that of all.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn after_a_threads_first_touch_of_a_place_nothing_is_allocated() {
    let _alone = alone();
    let before_and_after = || {
        all();
        let before = MINE.get();
        for _ in 0..1000 {
            all();
        }
        MINE.get() - before
    };
    // More threads than shards, so that some come to what others have made.
    let all = thread::scope(|scope| {
        let threads: Vec<_> = (0..40).map(|_| scope.spawn(before_and_after)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(all, 0);
}

#[observed(task_name, span = false)]
fn short() {}

#[test]
fn short_threads_leave_nothing_behind_and_lose_no_count() {
    let _alone = alone();
    short();
    // As many at once as may be: from here on there is no shard without cells.
    let barrier = Arc::new(Barrier::new(130));
    let of_thread = |barrier: Arc<Barrier>| {
        move || {
            barrier.wait();
            short();
            barrier.wait();
        }
    };
    let threads: Vec<_> = (0..130).map(|_| thread::spawn(of_thread(barrier.clone()))).collect();
    // What was joined has freed all that it had.
    for thread in threads {
        thread.join().unwrap();
    }
    let before = BYTES.load(Relaxed);
    for _ in 0..1000 {
        thread::spawn(short).join().unwrap();
    }
    let left = BYTES.load(Relaxed).saturating_sub(before);
    assert!(left < 4096, "1,000 threads left {left} bytes");
    let text = tallied::gather_metrics();
    assert!(
        text.contains("tallied_tests_unsafe_functions_task_calls_total{task_name=\"short\",status=\"ok\"} 1131"),
        "{text}"
    );
}
