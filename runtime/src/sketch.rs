//! The sketch of a summary: of the last minute, in slices of ten seconds.
//!
//! There are two places to observe, so that two threads seldom meet; who finds both taken goes on without. A scrape waits
//! for a place, and holds it while it copies.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use once_cell::race::OnceBox;
use sketches_ddsketch::{Config, DDSketch};

use crate::clock;

/// Seconds of a slice.
const SLICE: u64 = 10;
/// How many slices are looked at.
const SLICES: usize = 6;
const PLACES: usize = 2;
/// How far a quantile may be off, as a part of its value.
const OFF: f64 = 0.01;
/// Bins of a sketch at most: 1.02^1024 is a span of nine powers of ten.
const BINS: u32 = 1024;
/// What is nearer to zero is zero.
const LEAST: f64 = 1e-9;

/// The observations of one label set.
pub struct Window {
    places: OnceBox<[Mutex<Slices>; PLACES]>,
}

#[derive(Default)]
struct Slices {
    /// Each with the number of its slice since the process began; the newest last.
    all: Vec<(u64, DDSketch)>,
}

impl Slices {
    fn observe(&mut self, now: u64, value: f64) {
        if self.all.last().is_none_or(|(slice, _)| *slice < now) {
            self.all.retain(|(slice, _)| slice + SLICES as u64 > now);
            self.all.push((now, Sketch::new().0));
        }
        // A thread that read the clock a moment ago may come late: its observation goes to the newest.
        if let Some((_, sketch)) = self.all.last_mut() {
            sketch.add(value);
        }
    }
}

impl Window {
    /// What a window takes at most: a sketch has bins for values above and below zero, and room for twice as many.
    pub(crate) const MOST_BYTES: usize =
        PLACES * SLICES * (2 * 2 * BINS as usize * size_of::<u64>() + 2 * size_of::<(u64, DDSketch)>());

    pub(crate) const fn new() -> Self {
        Window { places: OnceBox::new() }
    }

    pub(crate) fn observe(&self, value: f64) {
        let now = clock::running_seconds() / SLICE;
        let places = self.places.get_or_init(Box::default);
        let first = place();
        for at in 0..PLACES {
            if let Ok(mut slices) = places[(first + at) % PLACES].try_lock() {
                return slices.observe(now, value);
            }
        }
    }

    /// What was observed in the last minute.
    pub(crate) fn read(&self) -> Sketch {
        self.read_at(clock::running_seconds() / SLICE)
    }

    fn read_at(&self, now: u64) -> Sketch {
        let mut all = Sketch::new();
        for place in self.places.get().into_iter().flatten() {
            let copies: Vec<DDSketch> = {
                let slices = place.lock().unwrap_or_else(PoisonError::into_inner);
                slices.all.iter().filter(|(slice, _)| slice + SLICES as u64 > now).map(|(_, one)| one.clone()).collect()
            };
            for sketch in copies {
                all.add(&Sketch(sketch));
            }
        }
        all
    }
}

/// Observations, so that their quantiles can be told.
#[derive(Clone)]
pub(crate) struct Sketch(DDSketch);

impl Sketch {
    fn new() -> Self {
        Sketch(DDSketch::new(Config::new(OFF, BINS, LEAST)))
    }

    /// Takes in the observations of another one.
    pub(crate) fn add(&mut self, other: &Sketch) {
        // All have one configuration, so they can be merged.
        let _ = self.0.merge(&other.0);
    }

    /// The value at a quantile; `NaN` where nothing was observed.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        // The value that so many of them are not above. The sketch counts ranks from zero and rounds down, and knows the
        // first and the last exactly.
        #[allow(clippy::cast_precision_loss)] // past 2^53 observations in a minute
        let (all, last) = (self.0.count() as f64, self.0.count() as f64 - 1.0);
        let rank = match (quantile * all).ceil() - 1.0 {
            first if first <= 0.0 => 0.0,
            index if index >= last => 1.0,
            index => (index + 0.5) / last,
        };
        let value = self.0.quantile(rank).ok().flatten().unwrap_or(f64::NAN);
        // The middle of a bin may lie outside of what was observed.
        match (self.0.min(), self.0.max()) {
            (Some(min), Some(max)) => value.clamp(min, max),
            _ => value,
        }
    }
}

/// Where a thread begins to look for a place.
fn place() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = THREADS.fetch_add(1, Relaxed);
    }
    MINE.try_with(|mine| *mine).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles_at(window: &Window, now: u64, quantiles: &[f64]) -> Vec<f64> {
        let sketch = window.read_at(now);
        quantiles.iter().map(|quantile| sketch.quantile(*quantile)).collect()
    }

    fn window(observed: &[(u64, f64)]) -> Window {
        let window = Window::new();
        let places = window.places.get_or_init(Box::default);
        for (at, (now, value)) in observed.iter().enumerate() {
            places[at % PLACES].lock().unwrap().observe(*now, *value);
        }
        window
    }

    #[test]
    fn a_quantile_is_off_by_one_percent_at_most() {
        for scale in [1e-6, 1.0, 1e6] {
            let observed: Vec<(u64, f64)> = (1..=10_000).map(|n| (0, f64::from(n) * scale)).collect();
            let window = window(&observed);
            let found = quantiles_at(&window, 0, &[0.0, 0.5, 0.9, 0.99, 1.0]);
            for (found, exact) in found.iter().zip([1.0, 5000.0, 9000.0, 9900.0, 10_000.0]) {
                let exact = exact * scale;
                assert!((found - exact).abs() <= exact * 0.0101, "{found} instead of {exact}");
            }
        }
    }

    #[test]
    fn what_is_older_than_a_minute_is_forgotten() {
        let window = window(&[(3, 1.0), (4, 2.0)]);
        assert_eq!(quantiles_at(&window, 8, &[0.0]), [1.0]);
        assert!((quantiles_at(&window, 9, &[0.0])[0] - 2.0).abs() < 0.03);
        assert!(quantiles_at(&window, 10, &[0.5])[0].is_nan());
        window.places.get().unwrap()[0].lock().unwrap().observe(100, 7.0);
        assert_eq!(window.places.get().unwrap()[0].lock().unwrap().all.len(), 1, "the old slices are gone");
    }

    #[test]
    fn a_quantile_of_few_observations_is_one_of_them() {
        let ten: Vec<(u64, f64)> = (1..=10).map(|n| (0, f64::from(n))).collect();
        let found = quantiles_at(&window(&ten), 0, &[0.0, 0.1, 0.11, 0.5, 0.9, 0.91, 0.99, 1.0]);
        for (found, exact) in found.iter().zip([1.0, 1.0, 2.0, 5.0, 9.0, 10.0, 10.0, 10.0]) {
            assert!((found - exact).abs() <= exact * 0.0101, "{found} instead of {exact}");
        }
    }

    #[test]
    fn one_observation_is_every_quantile() {
        assert_eq!(quantiles_at(&window(&[(0, 0.25)]), 0, &[0.0, 0.5, 0.99, 1.0]), [0.25; 4]);
        assert_eq!(quantiles_at(&window(&[(0, -3.0)]), 0, &[0.5]), [-3.0]);
        assert_eq!(quantiles_at(&window(&[(0, 0.0)]), 0, &[0.5]), [0.0]);
    }

    #[test]
    fn many_threads_and_a_reader_do_not_wait_for_each_other_for_long() {
        let window = Window::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|n| window.observe(f64::from(n))));
            }
            for _ in 0..20 {
                let _ = window.read();
            }
        });
        assert!(window.read().quantile(0.5) > 0.0);
    }
}
