//! What a scrape costs, and what memory a histogram takes, beside other crates: see README.md.

mod allocator;
#[path = "../common.rs"]
mod common;
#[path = "../machine.rs"]
#[allow(dead_code)]
mod machine;
mod sides;

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::exit;
use std::sync::{Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use common::{Random, Spread};

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

/// Threads that write before a scrape, and threads that write where memory is counted.
const WRITERS: usize = 16;
const THREADS: usize = 8;

/// The lines of one histogram: its buckets, `+Inf`, sum and count.
const LINES: usize = tallied::STANDARD_BUCKETS.len() + 3;

/// Histograms by tenant, an open-ended label, and method, a label of four values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// 10,020 lines.
    Small,
    /// 90,000 lines more.
    Large,
    /// 1,000 histograms.
    Memory,
}

impl Family {
    const fn tenants(self) -> usize {
        match self {
            Family::Small => 167,
            Family::Large => 1500,
            Family::Memory => CHILDREN / METHODS,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Family::Small => "small_seconds",
            Family::Large => "large_seconds",
            Family::Memory => "memory_seconds",
        }
    }

    /// Eleven bytes each.
    fn tenant(tenant: usize) -> &'static str {
        static TENANTS: LazyLock<Vec<String>> =
            LazyLock::new(|| (0..Family::Large.tenants()).map(|tenant| format!("tenant-{tenant:04}")).collect());
        &TENANTS[tenant]
    }

    /// What a side has for a family.
    fn find<T>(all: &[(Family, T)], family: Family) -> &T {
        let found = all.iter().find(|(has, _)| *has == family);
        &found.expect("the side was made for it").1
    }
}

#[derive(Clone, Copy)]
enum Method {
    Get,
    Head,
    Post,
    Put,
}

const METHODS: usize = 4;
const CHILDREN: usize = 1000;

impl Method {
    const ALL: [Method; METHODS] = [Method::Get, Method::Head, Method::Post, Method::Put];

    fn text(self) -> &'static str {
        match self {
            Method::Get => "get",
            Method::Head => "head",
            Method::Post => "post",
            Method::Put => "put",
        }
    }
}

/// What has cells.
trait Writes: Sync {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64);
    /// After the writers are done.
    fn settle(&self) {}
}

/// What has a text, too. It is valid until the next one.
trait Exposes: Writes {
    fn encode(&mut self) -> &[u8];
}

/// One observation in every histogram of the family, at random.
fn write_all(side: &dyn Writes, family: Family, seed: usize) {
    let mut random = Random(seed as u64);
    for tenant in 0..family.tenants() {
        for method in Method::ALL {
            side.write(family, tenant, method, random.seconds());
        }
    }
}

fn write_by_many(side: &dyn Writes, family: Family) {
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || write_all(side, family, writer));
        }
    });
    side.settle();
}

/// The time that this thread had a CPU, if the system says it: a scrape is longer than a thread is left in peace.
fn now() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    machine::on_cpu().unwrap_or_else(|| BEGAN.elapsed())
}

/// The lines that hold a number of one of the families.
fn lines(text: &[u8], families: &[Family]) -> usize {
    let text = std::str::from_utf8(text).expect("a text");
    text.lines().filter(|line| families.iter().any(|family| line.starts_with(family.name()))).count()
}

struct Report {
    rounds: usize,
    markdown: String,
}

impl Report {
    fn say(&mut self, text: &str) {
        println!("{text}");
    }

    /// Times a scrape of all families that were written so far.
    fn encode(&mut self, sides: &mut [(&'static str, Box<dyn Exposes>)], families: &[Family]) {
        let expected: usize = families.iter().map(|family| family.tenants() * METHODS * LINES).sum();
        let mut counted = Vec::new();
        for (name, side) in &mut *sides {
            // Once, so that the buffer is as large as it must be.
            black_box(side.encode());
            allocator::begin();
            black_box(side.encode());
            let allocations = allocator::end().allocations;
            let text = side.encode();
            assert_eq!(lines(text, families), expected, "lines of {name}");
            counted.push((allocations, text.len(), text.split(|byte| *byte == b'\n').count() - 1));
        }
        let mut times = vec![Vec::with_capacity(self.rounds); sides.len()];
        for round in 0..self.rounds {
            for turn in 0..sides.len() {
                let at = (round + turn) % sides.len();
                let began = now();
                black_box(sides[at].1.encode());
                times[at].push((now() - began).as_secs_f64());
            }
        }
        let written =
            if expected > 0 { format!("written by {WRITERS} threads") } else { "nothing written yet".to_owned() };
        let head = format!("{expected} lines of text, {written} ({} rounds)", self.rounds);
        self.say(&format!("\n== {head}"));
        self.say(&format!(
            "{:28} {:>8} {:>17} {:>8} {:>7} {:>13} {:>12} {:>10} {:>10}",
            "", "ms", "25..75 %", "ns/line", "x ref", "25..75 %", "allocations", "bytes", "all lines"
        ));
        let _ = writeln!(self.markdown, "\n**{head}**\n\n| | ms | 25–75 % | ns/line | ratio | allocations | bytes |");
        let _ = writeln!(self.markdown, "|---|--:|--:|--:|--:|--:|--:|");
        for (at, (name, _)) in sides.iter().enumerate() {
            let ms = Spread::of(times[at].iter().map(|seconds| seconds * 1e3));
            let ratio = Spread::of(times[at].iter().zip(&times[0]).map(|(this, that)| this / that));
            let (allocations, bytes, all) = counted[at];
            let each = if expected > 0 { format!("{:.1}", ms.median * 1e6 / expected as f64) } else { "-".to_owned() };
            self.say(&format!(
                "{name:28} {:8.3} {:>8.3}..{:<7.3} {each:>8} {:7.2} {:>6.2}..{:<5.2} {allocations:12} {bytes:10} {all:10}",
                ms.median, ms.low, ms.high, ratio.median, ratio.low, ratio.high
            ));
            let _ = writeln!(
                self.markdown,
                "| {name} | {:.2} | {:.2}–{:.2} | {each} | {:.2} | {allocations} | {bytes} |",
                ms.median, ms.low, ms.high, ratio.median
            );
        }
    }

    /// Counts the bytes of a thousand histograms, after one thread has used all, and after eight.
    fn memory<S: Writes + Send>(&mut self, name: &str, statics: usize, make: impl FnOnce() -> S + Send) {
        let family = Family::Memory;
        // Names are not what is counted.
        let _ = Family::tenant(0);
        let barrier = Barrier::new(THREADS);
        // Made when it is first used, which is when the counting has begun.
        let side = LazyLock::new(make);
        thread::scope(|scope| {
            let (side, barrier) = (&side, &barrier);
            // Threads have bytes of their own: they are there before the counting begins, and stay until it ends.
            for thread in 1..THREADS {
                scope.spawn(move || {
                    barrier.wait();
                    write_all(&**side, family, thread);
                    barrier.wait();
                    barrier.wait();
                });
            }
            allocator::begin();
            write_all(&**side, family, 0);
            side.settle();
            let by_one = allocator::so_far().live;
            barrier.wait();
            barrier.wait();
            side.settle();
            let by_all = allocator::end().live;
            barrier.wait();
            let each = |bytes: i64| (bytes as f64 + statics as f64) / CHILDREN as f64;
            self.say(&format!("{name:40} {:>16.0} {:>16.0} {by_all:>14} {statics:>12}", each(by_one), each(by_all)));
            let _ = writeln!(self.markdown, "| {name} | {:.0} | {:.0} |", each(by_one), each(by_all));
        });
    }
}

fn main() {
    let (mut rounds, mut file) = (31, None);
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let value = |given: Option<String>| given.unwrap_or_else(|| usage());
        match argument.as_str() {
            // Cargo says it to every bench.
            "--bench" => {}
            "--quick" => rounds = 5,
            "--rounds" => rounds = value(given.next()).parse().ok().filter(|n| *n > 0).unwrap_or_else(|| usage()),
            "--markdown" => file = Some(value(given.next())),
            _ => usage(),
        }
    }
    let about = common::about();
    let mut report = Report { rounds, markdown: format!("{about}\n") };
    report.say(&about);
    let all = [Family::Small, Family::Large];
    let mut sides: [(&'static str, Box<dyn Exposes>); 5] = [
        ("tallied", Box::new(sides::tallied::Side::default())),
        ("prometheus", Box::new(sides::prometheus::Side::new(&all))),
        ("prometheus-client", Box::new(sides::prometheus_client::Side::new(&all))),
        ("measured", Box::new(sides::measured::Side::new(&all))),
        ("metrics-exporter-prometheus", Box::new(sides::metrics::Side::new())),
    ];
    // Before anything is written: tallied looks at the places of all label sets that there can be.
    report.encode(&mut sides, &[]);
    sides.iter().for_each(|(_, side)| write_by_many(&**side, Family::Small));
    report.encode(&mut sides, &[Family::Small]);
    sides.iter().for_each(|(_, side)| write_by_many(&**side, Family::Large));
    report.encode(&mut sides, &all);

    let head = format!("bytes for each of {CHILDREN} histograms");
    report.say(&format!("\n== {head}"));
    report.say(&format!(
        "{:40} {:>16} {:>16} {:>14} {:>12}",
        "", "after 1 thread", "after 8 threads", "heap, all", "static, all"
    ));
    let _ = writeln!(report.markdown, "\n**{head}**\n\n| | after 1 thread | after {THREADS} threads |\n|---|--:|--:|");
    let of = [Family::Memory];
    report.memory("tallied", sides::tallied::Side::statics(of[0]), sides::tallied::Side::default);
    report.memory("measured, dense", 0, || sides::measured::Side::new(&of));
    report.memory("metriken, atomic sketch", 0, sides::metriken::Atomic::new);
    report.memory("metriken, sharded sketch", 0, sides::metriken::Sharded::new);
    report.memory("prometheus", 0, || sides::prometheus::Side::new(&of));
    report.memory("prometheus-client", 0, || sides::prometheus_client::Side::new(&of));
    report.memory("metrics-exporter-prometheus", 0, sides::metrics::Side::new);
    if let Some(file) = file {
        std::fs::write(&file, &report.markdown).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

fn usage() -> ! {
    eprintln!("usage: [--rounds N] [--quick] [--markdown FILE]");
    exit(2);
}
