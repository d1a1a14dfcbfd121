//! Where the cells of a shard lie: close together, because its threads alone write there.
//!
//! The invariant: memory that was given out is given to nobody else, and lives as long as the program. No lock: a child
//! of `fork` may go on with it, whatever the other threads of its parent were doing.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::{self, NonNull};
use std::slice;

use super::sync::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// Two lines: processors fetch them in pairs.
const ALIGN: usize = 128;
/// The cells of a chunk: 16 KiB. In the model of threads few, so that chunks end.
const CHUNK: usize = if cfg!(loom) { 12 } else { 2048 };
/// What takes more than this has a chunk of its own: less than that is wasted at the end of one.
const LARGE: usize = CHUNK / 4;

/// Cells in a row, with their number before them.
pub(super) type Block = NonNull<AtomicU64>;

/// The cells behind the number.
#[inline]
pub(super) fn cells(block: Block) -> &'static [AtomicU64] {
    // SAFETY: `Arena::take` made it: the first cell is the number of those behind it, which nobody writes after.
    unsafe {
        let len = block.as_ref().load(Relaxed);
        #[allow(clippy::cast_possible_truncation)] // it was a `usize`
        slice::from_raw_parts(block.as_ptr().add(1), len as usize)
    }
}

/// The memory of one shard.
pub(super) struct Arena {
    current: AtomicPtr<Chunk>,
}

#[repr(C, align(128))]
struct Chunk {
    used: AtomicUsize,
    // Cells in the next line pair.
}

impl Arena {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Arena { current: AtomicPtr::new(ptr::null_mut()) }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Arena { current: AtomicPtr::new(ptr::null_mut()) }
    }

    /// So many cells, all zero; or nothing if there is no memory.
    pub(super) fn take(&self, len: usize) -> Option<Block> {
        let first = if len >= LARGE { large(len.checked_add(1)?)? } else { self.bump(len + 1)? };
        // SAFETY: it is memory for `len + 1` zeros, which nobody else knows of yet.
        unsafe { first.as_ref() }.store(len as u64, Relaxed);
        Some(first)
    }

    fn bump(&self, cells: usize) -> Option<Block> {
        loop {
            let current = self.current.load(Acquire);
            if let Some(chunk) = NonNull::new(current) {
                // SAFETY: a chunk that was published lives as long as the program.
                let at = unsafe { chunk.as_ref() }.used.fetch_add(cells, Relaxed);
                if at + cells <= CHUNK {
                    // SAFETY: the chunk has so many cells behind its head.
                    return Some(unsafe { chunk.add(1).cast::<AtomicU64>().add(at) });
                }
            }
            let chunk = alloc(1, CHUNK)?.cast::<Chunk>();
            // SAFETY: it is memory for a `Chunk` and `CHUNK` cells, which nobody else knows of yet.
            unsafe { chunk.write(Chunk { used: AtomicUsize::new(0) }) };
            if self.current.compare_exchange(current, chunk.as_ptr(), Release, Relaxed).is_err() {
                // SAFETY: nobody knows of it; the layout is that of `alloc`.
                unsafe { dealloc(chunk.as_ptr().cast(), layout(1, CHUNK)?) };
            }
        }
    }
}

/// Cells of a place that has many. The system's zeros are touched when they are used, but only where no more is asked than
/// what every allocation is aligned to: so the beginning of a line pair is looked for in what there is.
fn large(cells: usize) -> Option<Block> {
    let more = ALIGN / size_of::<AtomicU64>();
    let layout = Layout::array::<AtomicU64>(cells.checked_add(more)?).ok()?;
    // SAFETY: it is not empty.
    let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?.cast::<AtomicU64>();
    let skipped = memory.align_offset(ALIGN).min(more);
    // SAFETY: there are so many more cells than are wanted.
    let first = unsafe { memory.add(skipped) };
    zeroed(first, cells);
    Some(first)
}

fn layout(chunks: usize, cells: usize) -> Option<Layout> {
    let bytes = size_of::<Chunk>().checked_mul(chunks)?.checked_add(cells.checked_mul(size_of::<AtomicU64>())?)?;
    Layout::from_size_align(bytes, ALIGN).ok()
}

fn alloc(chunks: usize, cells: usize) -> Option<NonNull<u8>> {
    let layout = layout(chunks, cells)?;
    // SAFETY: it is not empty: nobody asks for nothing.
    let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
    // SAFETY: the layout has room for so many behind the chunks.
    zeroed(unsafe { memory.cast::<Chunk>().add(chunks).cast() }, cells);
    Some(memory)
}

/// Zero is no atomic of the model's: there it is written.
#[cfg_attr(not(loom), allow(unused_variables))]
fn zeroed(first: Block, cells: usize) {
    #[cfg(loom)]
    for at in 0..cells {
        // SAFETY: whoever calls has room for so many.
        unsafe { first.add(at).write(AtomicU64::new(0)) };
    }
}
