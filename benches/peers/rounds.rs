//! How time is taken: all sides in turn, many times, and never one after the other for long.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::machine;

type Batch = Arc<dyn Fn(u64) + Send + Sync>;

/// One way to do what a case is about.
pub struct Side {
    pub name: &'static str,
    batch: Batch,
    after: fn(),
}

impl Side {
    /// The loop is compiled into each side, so that nothing is between it and what is measured.
    pub fn new<R>(name: &'static str, call: impl Fn(u64) -> R + Send + Sync + 'static) -> Side {
        let batch = move |calls| {
            for n in 0..calls {
                black_box(call(black_box(n)));
            }
        };
        Side { name, batch: Arc::new(batch), after: || () }
    }

    /// What is done after each batch, when no time is taken.
    pub fn after(self, after: fn()) -> Side {
        Side { after, ..self }
    }
}

/// Sides that are compared.
pub struct Case {
    pub name: &'static str,
    pub about: &'static str,
    /// The side that the others are divided by.
    pub reference: &'static str,
    pub sides: fn() -> Vec<Side>,
}

/// Nanoseconds per call of each side in each round: `[side][round]`.
pub type Times = Vec<Vec<f64>>;

/// What the rounds of a case gave.
pub struct Measured {
    pub by_one: Times,
    /// By each of two threads, if the machine has two.
    pub by_two: Option<Times>,
    /// Batches whose threads did not have their CPUs, all the times that they were tried.
    pub disturbed: usize,
}

/// How often a batch is taken again if something else had the CPU meanwhile.
const TRIES: usize = 20;

pub struct Rounds {
    rounds: usize,
    batch: Duration,
    partner: Option<Partner>,
}

impl Rounds {
    pub fn new(rounds: usize, batch: Duration, two_threads: bool) -> Rounds {
        // Before anything else is pinned, and so that the second thread does not inherit it.
        let partner = two_threads.then(Partner::start);
        machine::pin(0);
        Rounds { rounds, batch, partner }
    }

    pub fn run(&self, sides: &[Side]) -> Measured {
        let one = |side: &Side, calls| {
            let ran = Ran::of(&side.batch, calls);
            (side.after)();
            (ran.took(), ran.is_whole())
        };
        let two = |partner: &Partner, side: &Side, calls| {
            let ran = partner.both(&side.batch, calls);
            (side.after)();
            ran
        };
        let calls_of_one: Vec<u64> = sides.iter().map(|side| self.calibrate(|calls| one(side, calls))).collect();
        let calls_of_two: Option<Vec<u64>> = self
            .partner
            .as_ref()
            .map(|partner| sides.iter().map(|side| self.calibrate(|calls| two(partner, side, calls))).collect());
        let mut by_one = vec![Vec::with_capacity(self.rounds); sides.len()];
        let mut by_two = by_one.clone();
        let mut disturbed = 0;
        let mut whole = |run: &dyn Fn() -> (Duration, bool)| {
            let (took, is_whole) = undisturbed(run);
            disturbed += usize::from(!is_whole);
            took
        };
        for round in 0..self.rounds {
            // Each round begins with another side.
            let turn = |i: usize| (round + i) % sides.len();
            for at in (0..sides.len()).map(turn) {
                let calls = calls_of_one[at];
                by_one[at].push(per_call(whole(&|| one(&sides[at], calls)), calls));
            }
            let Some((partner, calls_of_two)) = self.partner.as_ref().zip(calls_of_two.as_ref()) else { continue };
            for at in (0..sides.len()).map(turn) {
                let calls = calls_of_two[at];
                by_two[at].push(per_call(whole(&|| two(partner, &sides[at], calls)), calls));
            }
        }
        Measured { by_one, by_two: self.partner.is_some().then_some(by_two), disturbed }
    }

    /// How many calls fill a batch. It warms the side up, too.
    fn calibrate(&self, run: impl Fn(u64) -> (Duration, bool)) -> u64 {
        let mut calls = 64;
        loop {
            let (took, _) = undisturbed(&|| run(calls));
            if took * 2 > self.batch || calls > 1 << 40 {
                return (calls as f64 * self.batch.as_secs_f64() / took.as_secs_f64()).max(1.0) as u64;
            }
            calls *= 2;
        }
    }
}

/// The first batch whose threads had their CPUs all the time, or the last of many.
fn undisturbed(run: &dyn Fn() -> (Duration, bool)) -> (Duration, bool) {
    (1..TRIES).map(|_| run()).find(|(_, is_whole)| *is_whole).unwrap_or_else(run)
}

fn per_call(took: Duration, calls: u64) -> f64 {
    took.as_secs_f64() * 1e9 / calls as f64
}

/// A batch by one thread.
struct Ran {
    began: Instant,
    ended: Instant,
    on_cpu: Option<Duration>,
}

impl Ran {
    fn of(batch: &Batch, calls: u64) -> Ran {
        let before = machine::on_cpu();
        let began = Instant::now();
        batch(calls);
        let ended = Instant::now();
        let on_cpu = machine::on_cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
        Ran { began, ended, on_cpu }
    }

    fn took(&self) -> Duration {
        self.ended - self.began
    }

    /// Whether the thread had a CPU all the time, as far as anybody knows.
    fn is_whole(&self) -> bool {
        self.on_cpu.is_none_or(|on_cpu| on_cpu >= self.took().mul_f64(0.95))
    }
}

/// The second thread. It stays, because a thread that begins pays for what is made once for each thread.
struct Partner {
    jobs: Sender<(Batch, u64)>,
    others: Receiver<Ran>,
    meeting: Arc<Meeting>,
}

impl Partner {
    fn start() -> Partner {
        let (jobs, todo) = channel::<(Batch, u64)>();
        let (done, others) = channel();
        let meeting = Arc::new(Meeting(AtomicUsize::new(0)));
        let theirs = meeting.clone();
        // It ends when the sender is dropped.
        thread::spawn(move || {
            machine::pin(1);
            while let Ok((batch, calls)) = todo.recv() {
                theirs.wait();
                done.send(Ran::of(&batch, calls)).expect("the first thread waits for it");
            }
        });
        Partner { jobs, others, meeting }
    }

    /// From the first start to the last end, and whether both ran side by side.
    fn both(&self, batch: &Batch, calls: u64) -> (Duration, bool) {
        self.jobs.send((batch.clone(), calls)).expect("the second thread is there");
        self.meeting.wait();
        let mine = Ran::of(batch, calls);
        let other = self.others.recv().expect("the second thread is there");
        let took = mine.ended.max(other.ended) - mine.began.min(other.began);
        let apart = mine.began.max(other.began) - mine.began.min(other.began);
        (took, mine.is_whole() && other.is_whole() && apart <= took.mul_f64(0.05).max(Duration::from_micros(1)))
    }
}

/// A barrier for two that spins: to be woken takes a thread longer than batches may differ.
struct Meeting(AtomicUsize);

impl Meeting {
    fn wait(&self) {
        let goal = (self.0.fetch_add(1, Ordering::AcqRel) + 1).next_multiple_of(2);
        while self.0.load(Ordering::Acquire) < goal {
            spin_loop();
        }
    }
}
