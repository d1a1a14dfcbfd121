//! Simulated annealing: keys are swapped at random, and while it is hot a worse layout is taken, too.

use serde::{Deserialize, Serialize};
use tallied::observed;

use crate::corpus::Corpus;
use crate::layout::{Board, KEYS, Layout, score};

/// At the end it is so much colder than at the start.
const COOLING: f64 = 1e-3;

/// After so many steps others have their turn, and a job that was killed ends. A fraction of a millisecond.
const TURN: u32 = 256;

/// What comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annealed {
    /// The best layout that was seen, row by row.
    pub layout: Vec<String>,
    pub score: f64,
    /// The score of QWERTY, for comparison.
    pub qwerty: f64,
    /// How many layouts were scored: QWERTY, and one for each step.
    pub scores: u64,
}

/// Looks for a layout for this corpus. With the same seed it finds the same one.
#[observed(counter = false, fields(steps = steps, start_temp = start_temp))]
pub async fn annealing_loop(corpus: &Corpus, steps: u32, start_temp: f64, seed: u64) -> Annealed {
    let board = Board::new();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut layout = Layout::qwerty();
    let qwerty = score(&board, corpus, &layout);
    let (mut now, mut best) = (qwerty, (qwerty, layout.clone()));
    for step in 0..steps {
        if step % TURN == 0 {
            tokio::task::yield_now().await;
        }
        let temperature = start_temp * COOLING.powf(f64::from(step) / f64::from(steps));
        let (one, other) = (random.usize(..KEYS), random.usize(..KEYS));
        layout.swap(one, other);
        let next = score(&board, corpus, &layout);
        if next <= now || random.f64() < ((now - next) / temperature).exp() {
            now = next;
        } else {
            layout.swap(one, other);
        }
        if now < best.0 {
            best = (now, layout.clone());
        }
    }
    tracing::debug!(qwerty, score = best.0, "annealed");
    Annealed { layout: best.1.rows(), score: best.0, qwerty, scores: u64::from(steps) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::PROSE;

    #[tokio::test]
    async fn a_seed_says_what_is_found_and_it_is_better_than_qwerty() {
        let corpus = Corpus::count(PROSE).unwrap();
        let recording = tallied::testing::Recording::new();
        let found = recording.future(annealing_loop(&corpus, 3000, 0.1, 1)).await;
        assert_eq!(annealing_loop(&corpus, 3000, 0.1, 1).await, found);
        assert_ne!(annealing_loop(&corpus, 3000, 0.1, 2).await.layout, found.layout);
        assert!(found.score < 0.8 * found.qwerty, "{found:?}");
        // Every score is timed.
        let timed = recording.value("keyforge_score_latency_ns_count", &[]);
        assert_eq!(timed, cfg!(feature = "metrics").then_some(3001.0));
    }
}
