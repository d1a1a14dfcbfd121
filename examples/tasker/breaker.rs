//! A circuit breaker for each handler: one that fails again and again is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tallied::Label as _;

use crate::metrics::{OfHandler, TASKER};
use crate::task::TaskError;
use crate::workflow::Handler;

/// So many failures in a row open it.
const FAILURES: u32 = 5;

/// After a breaker has opened, so long nothing goes through; then one step is tried.
pub struct Breakers {
    cooldown: Duration,
    all: Mutex<[Breaker; Handler::CARDINALITY]>,
}

#[derive(Clone, Copy)]
enum Breaker {
    /// With the failures in a row.
    Closed(u32),
    /// One step is tried since then. If it is never told how that ended, another one is tried in the end.
    HalfOpen(Instant),
    Open(Instant),
}

impl Breakers {
    pub fn new(cooldown: Duration) -> Self {
        Breakers { cooldown, all: Mutex::new([Breaker::Closed(0); Handler::CARDINALITY]) }
    }

    /// Whether a step may be tried.
    pub fn admit(&self, handler: Handler, now: Instant) -> Result<(), TaskError> {
        let mut all = self.all();
        if let Breaker::HalfOpen(since) | Breaker::Open(since) = all[handler.index()] {
            let left = self.cooldown.saturating_sub(now.saturating_duration_since(since));
            if !left.is_zero() {
                return Err(TaskError::Open(left));
            }
            Breakers::set(&mut all, handler, Breaker::HalfOpen(now));
        }
        Ok(())
    }

    /// A step that was let through has ended.
    pub fn told(&self, handler: Handler, has_failed: bool, now: Instant) {
        let mut all = self.all();
        let next = match all[handler.index()] {
            Breaker::Closed(failures) if has_failed && failures + 1 < FAILURES => Breaker::Closed(failures + 1),
            _ if !has_failed => Breaker::Closed(0),
            // Steps that were let through before it opened do not keep it open for longer.
            Breaker::Open(since) => Breaker::Open(since),
            Breaker::Closed(_) | Breaker::HalfOpen(_) => {
                tracing::warn!(step_name = handler.text(), "circuit breaker opened");
                Breaker::Open(now)
            }
        };
        Breakers::set(&mut all, handler, next);
    }

    /// How many let nothing through.
    pub fn open(&self) -> usize {
        self.all().iter().filter(|breaker| matches!(breaker, Breaker::Open(_))).count()
    }

    fn set(all: &mut [Breaker; Handler::CARDINALITY], handler: Handler, breaker: Breaker) {
        all[handler.index()] = breaker;
        let state = match breaker {
            Breaker::Closed(_) => 0,
            Breaker::HalfOpen(_) => 1,
            Breaker::Open(_) => 2,
        };
        TASKER.circuit_breaker_state.with(OfHandler { handler }).set(state);
    }

    fn all(&self) -> MutexGuard<'_, [Breaker; Handler::CARDINALITY]> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breaker_opens_after_failures_in_a_row_and_tries_one_step_when_it_has_cooled_down() {
        let (breakers, start) = (Breakers::new(Duration::from_secs(5)), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (parse, price) = (Handler::ParseOrder, Handler::PriceOrder);
        for _ in 1..FAILURES {
            breakers.told(parse, true, start);
        }
        // One that went well, and it begins again.
        breakers.told(parse, false, start);
        for _ in 0..FAILURES {
            assert!(breakers.admit(parse, start).is_ok() && breakers.open() == 0);
            breakers.told(parse, true, start);
        }
        let left = |seconds| match breakers.admit(parse, at(seconds)) {
            Ok(()) => 0,
            Err(TaskError::Open(left)) => left.as_secs(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!((left(2), breakers.open()), (3, 1));
        assert!(breakers.admit(price, at(2)).is_ok());
        assert_eq!([left(5), left(6)], [0, 4], "one is tried, and no more");
        breakers.told(parse, true, at(6));
        assert_eq!(left(7), 4);
        // Nobody says how this one ended.
        assert_eq!([left(11), left(16)], [0, 0]);
        breakers.told(parse, false, at(17));
        assert_eq!((left(17), breakers.open()), (0, 0));
    }
}
