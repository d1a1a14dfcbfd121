//! A child of `fork` goes on counting, whatever the other threads of its parent were doing.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tallied::{Counter, Metrics, observed};

/// What the child counts.
#[derive(Metrics)]
#[metrics(prefix = "forked")]
struct Forked {
    /// Uses.
    uses_total: Counter,
    /// Uses that only the child makes.
    childs_total: Counter,
}
static FORKED: Forked = Forked::new();

#[observed(task_name, histogram)]
fn work() {}

#[observed(task_name, histogram)]
fn work_of_the_child() {}

#[test]
fn a_forked_child_counts_on() {
    static DONE: AtomicBool = AtomicBool::new(false);
    let others: Vec<_> = (0..3)
        .map(|_| {
            std::thread::spawn(|| {
                while !DONE.load(Relaxed) {
                    work();
                    FORKED.uses_total.inc();
                }
            })
        })
        .collect();
    let before = FORKED.uses_total.get();
    for _ in 0..20 {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        // SAFETY: the child only counts, writes and ends.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        // SAFETY: this process owns its copies of both.
        let (mut read, mut write) =
            unsafe { (std::fs::File::from_raw_fd(ends[0]), std::fs::File::from_raw_fd(ends[1])) };
        if child == 0 {
            // Ten seconds, and it is taken for stuck.
            // SAFETY: it only sets a clock.
            unsafe { libc::alarm(10) };
            let uses = FORKED.uses_total.get();
            for _ in 0..100 {
                work();
                work_of_the_child();
                FORKED.uses_total.inc();
                FORKED.childs_total.inc();
            }
            let is_right = FORKED.uses_total.get() == uses + 100 && FORKED.childs_total.get() == 100;
            let _ = write.write_all(if is_right { b"right" } else { b"wrong" });
            // SAFETY: nothing of the parent's shall be done twice.
            unsafe { libc::_exit(0) };
        }
        drop(write);
        let mut said = String::new();
        read.read_to_string(&mut said).unwrap();
        // SAFETY: it is our child.
        assert_eq!(unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) }, child);
        assert_eq!(said, "right");
    }
    DONE.store(true, Relaxed);
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(FORKED.childs_total.get(), 0, "that was in another process");
    assert!(FORKED.uses_total.get() >= before);
}
