//! What an observed call costs, beside what other crates take for the same: see README.md.

#[path = "../common.rs"]
mod common;
#[path = "../machine.rs"]
mod machine;
mod report;
mod rounds;
mod sides;
mod work;

use std::process::exit;
use std::time::Duration;

use report::Report;
use rounds::{Case, Rounds, Side};
use sides::{autometrics, measured, metrics, metriken, prometheus, prometheus_client, tallied, tracing, vise};

const CASES: [Case; 8] = [
    Case {
        name: "function",
        about: "a function with a duration histogram and a count by outcome, no subscriber",
        reference: tallied::WORK,
        sides: || {
            let all = [
                work::function(),
                tallied::function(),
                prometheus::function(),
                prometheus_client::function(),
                autometrics::function(),
                metrics::function(),
                vise::function(),
                measured::function(),
                metriken::function(),
                tracing::function(),
                tallied::only_a_span(),
            ];
            all.into_iter().flatten().collect()
        },
    },
    Case {
        name: "async",
        about: "the same of an `async fn` that is ready at its first poll",
        reference: tallied::WORK,
        sides: || {
            let all = [
                work::asynchronous(),
                tallied::asynchronous(),
                prometheus::asynchronous(),
                autometrics::asynchronous(),
                tracing::asynchronous(),
            ];
            all.into_iter().flatten().collect()
        },
    },
    Case {
        name: "failing",
        about: "the function, where half of the calls fail at random",
        reference: tallied::WORK,
        sides: || [work::failing(), tallied::failing(), prometheus::failing()].into_iter().flatten().collect(),
    },
    Case {
        name: "many",
        about: "a hundred such functions in turn",
        reference: tallied::WORK,
        sides: || [work::many(), tallied::many(), prometheus::many()].into_iter().flatten().collect(),
    },
    Case {
        name: "count",
        about: "a function with a count by outcome and no time",
        reference: tallied::COUNTED,
        sides: || [work::counted(), tallied::counted(), prometheus::counted()].into_iter().flatten().collect(),
    },
    Case {
        name: "inc",
        about: "a counter alone",
        reference: tallied::INC,
        sides: || {
            let all = [
                work::inc(),
                tallied::inc(),
                prometheus::inc(),
                prometheus_client::inc(),
                metrics::inc(),
                vise::inc(),
                measured::inc(),
                metriken::inc(),
            ];
            all.into_iter().flatten().collect()
        },
    },
    Case {
        name: "observe",
        about: "a histogram alone, with random durations over all buckets",
        reference: tallied::OBSERVE,
        sides: || {
            let all = [
                work::observe(),
                tallied::observe(),
                prometheus::observe(),
                prometheus_client::observe(),
                metrics::observe(),
                vise::observe(),
                measured::observe(),
                metriken::observe(),
            ];
            all.into_iter().flatten().collect()
        },
    },
    Case {
        name: "labels",
        about: "what labels add to the function",
        reference: tallied::LABELS,
        sides: || [tallied::labels(), prometheus::labels()].into_iter().flatten().collect(),
    },
];

const OPEN_LABEL: Case = Case {
    name: "open label",
    about: "what a label of 64 texts adds to the function, when all were seen",
    reference: tallied::TENANTS,
    sides: tallied::open_label,
};

/// A global subscriber cannot be taken away again: it comes last.
const SPANNED: Case = Case {
    name: "subscriber",
    about: "the function in a program with `tracing_subscriber::Registry`",
    reference: tallied::WORK,
    sides: || {
        let all: [Vec<Side>; 4] = [work::counted(), tallied::spanned(), tracing::function(), prometheus::spanned()];
        all.into_iter().flatten().collect()
    },
};

struct Arguments {
    filter: String,
    rounds: usize,
    batch: Duration,
    markdown: Option<String>,
}

impl Arguments {
    fn read() -> Result<Arguments, String> {
        let mut read = Arguments { filter: String::new(), rounds: 41, batch: Duration::from_millis(1), markdown: None };
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or_else(|| format!("`{argument}` needs a value"));
            match argument.as_str() {
                // Cargo says it to every bench.
                "--bench" => {}
                "--rounds" => read.rounds = value()?.parse().ok().filter(|n| *n > 0).ok_or("rounds are a number")?,
                "--quick" => (read.rounds, read.batch) = (5, Duration::from_micros(200)),
                "--markdown" => read.markdown = Some(value()?),
                other if other.starts_with('-') => return Err(format!("unknown argument `{other}`")),
                filter => read.filter = filter.to_owned(),
            }
        }
        Ok(read)
    }
}

fn main() {
    let arguments = Arguments::read().unwrap_or_else(|error| {
        eprintln!("{error}\nusage: [FILTER] [--rounds N] [--quick] [--markdown FILE]");
        exit(2);
    });
    let mut report = Report::new(&common::about());
    let rounds = Rounds::new(arguments.rounds, arguments.batch, common::threads() > 1);
    let mut run = |case: &Case| {
        if case.name.contains(&arguments.filter) {
            let sides = (case.sides)();
            report.add(case, &sides, &rounds.run(&sides));
        }
    };
    CASES.iter().for_each(&mut run);
    run(&OPEN_LABEL);
    ::tracing::subscriber::set_global_default(tracing_subscriber::Registry::default()).expect("the first subscriber");
    run(&SPANNED);
    if let Some(file) = arguments.markdown {
        std::fs::write(&file, &report.markdown).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}
