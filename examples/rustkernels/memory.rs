//! Pools of buffers: what one run gives back, the next one takes, and together they hold no more than a limit.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::metrics::{KERNELS_METRICS, Memory, OfPool};

/// What kernels compute with.
#[derive(Clone)]
pub struct Pools {
    pub host: Pool,
    /// On a machine with a GPU this would be its memory; here it is a second part of ours.
    pub device: Pool,
}

impl Pools {
    pub fn new(host_bytes: usize, device_bytes: usize) -> Self {
        Pools { host: Pool::new(Memory::Host, host_bytes), device: Pool::new(Memory::Device, device_bytes) }
    }
}

/// A pool of buffers of `f64`. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    memory: Memory,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Free buffers by their size in bytes, a power of two.
    free: BTreeMap<usize, Vec<Vec<f64>>>,
    usage: Usage,
}

/// How much of a pool is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub in_use: usize,
    /// In use, or free and kept.
    pub held: usize,
    /// How many buffers were taken that had been used before.
    pub reused: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the {memory:?} pool has no {wanted} bytes left: {in_use} of {limit} are in use")]
pub struct OutOfMemory {
    memory: Memory,
    wanted: usize,
    in_use: usize,
    limit: usize,
}

impl Pool {
    fn new(memory: Memory, limit: usize) -> Self {
        Pool(Arc::new(Inner { memory, limit, state: Mutex::default() }))
    }

    /// A buffer of so many zeros.
    pub fn take(&self, numbers: usize) -> Result<Buffer, OutOfMemory> {
        let Inner { memory, limit, .. } = *self.0;
        // Sizes are powers of two: so buffers of one size are many, and fit again.
        let wanted = numbers.saturating_mul(size_of::<f64>()).checked_next_power_of_two().unwrap_or(usize::MAX);
        let mut state = self.state();
        let free = state.free.get_mut(&wanted).and_then(Vec::pop);
        let mut kept = if let Some(kept) = free {
            state.usage.reused += 1;
            kept
        } else {
            let in_use = state.usage.in_use;
            if limit.saturating_sub(in_use) < wanted {
                return Err(OutOfMemory { memory, wanted, in_use, limit });
            }
            if limit - state.usage.held < wanted {
                // All that is free makes room: what is wanted now is not what was wanted then.
                state.free.clear();
                self.hold(&mut state.usage, in_use);
            }
            let held = state.usage.held + wanted;
            self.hold(&mut state.usage, held);
            Vec::with_capacity(wanted / size_of::<f64>())
        };
        state.usage.in_use += wanted;
        drop(state);
        kept.clear();
        kept.resize(numbers, 0.0);
        Ok(Buffer { numbers: kept, bytes: wanted, pool: self.clone() })
    }

    pub fn usage(&self) -> Usage {
        self.state().usage
    }

    /// How much of it is in use, from 0 to 1.
    #[allow(clippy::cast_precision_loss)] // a share of fewer bytes than 2^53
    pub fn share(&self) -> f64 {
        self.usage().in_use as f64 / self.0.limit as f64
    }

    fn hold(&self, usage: &mut Usage, held: usize) {
        usage.held = held;
        let gauge = KERNELS_METRICS.memory_bytes.with(OfPool { pool: self.0.memory });
        gauge.set(i64::try_from(held).unwrap_or(i64::MAX));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers of a pool, which go back to it in the end: by a return, a panic or a dropped future.
pub struct Buffer {
    numbers: Vec<f64>,
    bytes: usize,
    pool: Pool,
}

impl Deref for Buffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.numbers
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.numbers
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.usage.in_use -= self.bytes;
        state.free.entry(self.bytes).or_default().push(std::mem::take(&mut self.numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_and_the_limit_holds() {
        let pool = Pool::new(Memory::Host, 4096);
        let mut first = pool.take(100).unwrap();
        first[99] = 1.0;
        let at = first.as_ptr();
        drop(first);
        let again = pool.take(120).unwrap();
        assert_eq!((again.as_ptr(), again.len(), again[99]), (at, 120, 0.0));
        assert_eq!(pool.usage(), Usage { in_use: 1024, held: 1024, reused: 1 });
        let why = pool.take(500).err().unwrap().to_string();
        assert_eq!(why, "the Host pool has no 4096 bytes left: 1024 of 4096 are in use");
        drop(again);
        // What is free makes room.
        let all = pool.take(500).unwrap();
        assert_eq!((all.len(), pool.usage()), (500, Usage { in_use: 4096, held: 4096, reused: 1 }));
        assert!(pool.take(usize::MAX).is_err());
    }
}
