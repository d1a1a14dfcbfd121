//! The memory that kernels compute with: of each pool no more than its limit is in use.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::metrics::{METRICS, Memory, OfPool};

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

/// A pool of so many bytes, for buffers of `f64`. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Pool {
    memory: Memory,
    limit: usize,
    in_use: Arc<AtomicUsize>,
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
        let pool = Pool { memory, limit, in_use: Arc::default() };
        // The pool knows it anyway: so the gauge is read when somebody asks, and not written at each buffer.
        let read = pool.clone();
        let gauge = METRICS.memory_bytes.with(OfPool { pool: memory });
        gauge.read_from(move || i64::try_from(read.in_use()).unwrap_or(i64::MAX));
        pool
    }

    /// A buffer of so many zeros.
    pub fn take(&self, numbers: usize) -> Result<Buffer, OutOfMemory> {
        let Pool { memory, limit, .. } = *self;
        let wanted = numbers.saturating_mul(size_of::<f64>());
        let with = |in_use: usize| in_use.checked_add(wanted).filter(|sum| *sum <= limit);
        match self.in_use.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with) {
            Ok(_) => Ok(Buffer { numbers: vec![0.0; numbers], pool: self.clone() }),
            Err(in_use) => Err(OutOfMemory { memory, wanted, in_use, limit }),
        }
    }

    /// A buffer of these numbers, from wherever they are.
    pub fn copy(&self, numbers: &[f64]) -> Result<Buffer, OutOfMemory> {
        let mut buffer = self.take(numbers.len())?;
        buffer.copy_from_slice(numbers);
        Ok(buffer)
    }

    /// In bytes.
    pub fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// How much of it is in use, from 0 to 1.
    #[allow(clippy::cast_precision_loss)] // a share of fewer bytes than 2^53
    pub fn share(&self) -> f64 {
        self.in_use() as f64 / self.limit as f64
    }
}

/// Numbers of a pool, which go back to it in the end: by a return, a panic or a dropped future.
pub struct Buffer {
    numbers: Vec<f64>,
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
        self.pool.in_use.fetch_sub(size_of_val(&**self), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_what_is_dropped_is_free_again() {
        let pool = Pool::new(Memory::Host, 4096);
        let first = pool.copy(&[1.0; 100]).unwrap();
        assert_eq!((first[99].to_bits(), pool.in_use()), (1.0_f64.to_bits(), 800));
        let why = pool.take(413).err().unwrap().to_string();
        assert_eq!(why, "the Host pool has no 3304 bytes left: 800 of 4096 are in use");
        assert!(pool.take(usize::MAX).is_err());
        let second = pool.take(412).unwrap();
        assert_eq!((second.len(), pool.in_use()), (412, 4096));
        drop((first, second));
        assert_eq!(pool.in_use(), 0);
    }
}
