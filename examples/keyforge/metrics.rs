//! What is counted that is no call, and the words and bounds that the attributes name.
//!
//! Jobs and scores are calls: their families stand at [`jobs::Hive::process`](crate::jobs::Hive::process) and
//! [`layout::score`](crate::layout::score).

use tallied::{Counter, Label, Metrics, Outcome};

/// The hive of workers.
#[derive(Metrics)]
#[metrics(prefix = "keyforge")]
pub struct Hive {
    /// Signs of life of connected agents and of the workers of this process.
    // The name is older than the rule that a counter ends in `_total`, and dashboards have it.
    #[metrics(allow(total_suffix))]
    pub worker_heartbeats: Counter,
}

pub static HIVE: Hive = Hive::new();

/// What becomes of a job. One that was cancelled or panicked has failed as well.
#[derive(Clone, Copy, Label, Outcome)]
pub enum JobStatus {
    #[outcome(ok)]
    Success,
    #[outcome(error)]
    Failed,
}

/// Bounds of a score's time in nanoseconds: from a corpus of a few words in a release build to a debug build on a busy machine.
pub const SCORE_NS: [f64; 11] = [50.0, 100.0, 250.0, 500.0, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5];
