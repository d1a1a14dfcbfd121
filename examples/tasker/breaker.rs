//! A circuit breaker for each handler: one that fails again and again is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tallied::Label as _;

use crate::metrics::{OfHandler, WORKERS};
use crate::workflow::Handler;

/// So many failures in a row open it.
pub const FAILURES: u32 = 5;

/// After a breaker has opened, so long nothing goes through; then one step is tried.
#[derive(Debug)]
pub struct Breakers {
    cooldown: Duration,
    all: Mutex<[Breaker; Handler::CARDINALITY]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Breaker {
    /// With the failures in a row.
    Closed(u32),
    /// One step is being tried.
    HalfOpen,
    Open(Instant),
}

/// A step that was not let through, and should come again when this time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit breaker is open")]
pub struct Open(pub Duration);

impl Breakers {
    pub fn new(cooldown: Duration) -> Self {
        Breakers { cooldown, all: Mutex::new([Breaker::Closed(0); Handler::CARDINALITY]) }
    }

    /// Whether a step may be tried.
    pub fn admit(&self, handler: Handler, now: Instant) -> Result<(), Open> {
        let mut all = self.all();
        match all[handler.index()] {
            Breaker::Closed(_) => Ok(()),
            Breaker::HalfOpen => Err(Open(self.cooldown)),
            Breaker::Open(since) => {
                let left = self.cooldown.saturating_sub(now.saturating_duration_since(since));
                if !left.is_zero() {
                    return Err(Open(left));
                }
                Breakers::set(&mut all, handler, Breaker::HalfOpen);
                Ok(())
            }
        }
    }

    /// A step that was let through has ended.
    pub fn told(&self, handler: Handler, has_failed: bool, now: Instant) {
        let mut all = self.all();
        let next = match all[handler.index()] {
            Breaker::Closed(failures) if has_failed && failures + 1 < FAILURES => Breaker::Closed(failures + 1),
            _ if !has_failed => Breaker::Closed(0),
            // Steps that were let through before it opened do not keep it open for longer.
            Breaker::Open(since) => Breaker::Open(since),
            Breaker::Closed(_) | Breaker::HalfOpen => {
                tracing::warn!(step_name = handler.as_str(), "circuit breaker opened");
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
        WORKERS.circuit_breaker_state.with(OfHandler { handler }).set(match breaker {
            Breaker::Closed(_) => 0,
            Breaker::HalfOpen => 1,
            Breaker::Open(_) => 2,
        });
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
            assert_eq!((breakers.admit(parse, start), breakers.open()), (Ok(()), 0));
            breakers.told(parse, true, start);
        }
        assert_eq!(breakers.admit(parse, at(2)), Err(Open(Duration::from_secs(3))));
        assert_eq!((breakers.admit(price, at(2)), breakers.open()), (Ok(()), 1));
        assert_eq!(breakers.admit(parse, at(5)), Ok(()));
        assert!(breakers.admit(parse, at(5)).is_err(), "one is tried, and no more");
        breakers.told(parse, true, at(6));
        assert_eq!(breakers.admit(parse, at(7)), Err(Open(Duration::from_secs(4))));
        breakers.admit(parse, at(11)).unwrap();
        breakers.told(parse, false, at(11));
        assert_eq!((breakers.admit(parse, at(11)), breakers.open()), (Ok(()), 0));
    }
}
