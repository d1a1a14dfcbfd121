//! Circuit breakers: a kernel that fails again and again gets no more messages for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::metrics::{METRICS, OfBreaker};

/// When breakers open, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// So many failures in a row open it.
    pub failures: u32,
    /// After so long the next message is a trial.
    pub cool_down: Duration,
}

/// The numbers are those of `rustkernel_circuit_breaker_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed = 0,
    HalfOpen = 1,
    Open = 2,
}

/// The breaker of one kernel. A kernel takes one message at a time, so a half-open one has one trial at a time.
pub struct Breaker {
    of: &'static str,
    policy: Policy,
    inner: Mutex<Inner>,
}

enum Inner {
    Closed { failures: u32 },
    Open { since: Instant },
}

impl Breaker {
    pub fn new(of: &'static str, policy: Policy) -> Arc<Self> {
        let breaker = Arc::new(Breaker { of, policy, inner: Mutex::new(Inner::Closed { failures: 0 }) });
        // Time alone makes an open one half-open: so it is looked at when somebody asks.
        let read = breaker.clone();
        let gauge = METRICS.circuit_breaker_state.with(OfBreaker { breaker: of });
        gauge.read_from(move || read.state(Instant::now()) as i64);
        breaker
    }

    pub fn state(&self, now: Instant) -> State {
        match *self.inner() {
            Inner::Closed { .. } => State::Closed,
            Inner::Open { since } if now.duration_since(since) < self.policy.cool_down => State::Open,
            Inner::Open { .. } => State::HalfOpen,
        }
    }

    pub fn succeeded(&self) {
        let before = std::mem::replace(&mut *self.inner(), Inner::Closed { failures: 0 });
        if matches!(before, Inner::Open { .. }) {
            tracing::info!(breaker = self.of, "circuit breaker closed");
        }
    }

    pub fn failed(&self, now: Instant) {
        let mut inner = self.inner();
        *inner = match *inner {
            Inner::Closed { failures } if failures + 1 < self.policy.failures => {
                Inner::Closed { failures: failures + 1 }
            }
            Inner::Closed { .. } => {
                tracing::error!(breaker = self.of, failures = self.policy.failures, "circuit breaker opened");
                Inner::Open { since: now }
            }
            // The trial of a half-open one.
            Inner::Open { .. } => Inner::Open { since: now },
        };
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_a_trial() {
        let policy = Policy { failures: 2, cool_down: Duration::from_secs(30) };
        let breaker = Breaker::new("test/breaker", policy);
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(40));
        breaker.failed(now);
        breaker.succeeded();
        breaker.failed(now);
        assert_eq!(breaker.state(now), State::Closed, "they were not in a row");
        breaker.failed(now);
        assert_eq!((breaker.state(now), breaker.state(later)), (State::Open, State::HalfOpen));
        breaker.failed(later);
        assert_eq!(breaker.state(later), State::Open, "the trial failed");
        breaker.succeeded();
        assert_eq!(breaker.state(later), State::Closed);
    }
}
