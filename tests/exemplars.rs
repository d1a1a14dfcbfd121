//! Who is asked for the current trace may do anything: the call goes on.

use std::cell::Cell;

use tallied::{Format, Histogram, Metrics, Trace, observed, testing};

#[derive(Metrics)]
#[metrics(prefix = "exemplars")]
struct Group {
    /// Time.
    #[metrics(native)]
    wait_seconds: Histogram,
}

static GROUP: Group = Group::new();

#[derive(Clone, Copy)]
enum Source {
    Good,
    Panics,
    Observes,
}

thread_local! {
    static SOURCE: Cell<Source> = const { Cell::new(Source::Good) };
}

#[allow(clippy::unnecessary_wraps)] // so it is asked
fn current() -> Option<Trace> {
    match SOURCE.get() {
        Source::Good => {}
        Source::Panics => panic!("no trace"),
        Source::Observes => {
            GROUP.wait_seconds.observe(1.0);
            call(false);
        }
    }
    Some(Trace { trace_id: [0xab; 16], span_id: [1; 8] })
}

#[observed(histogram(name = "exemplars_call_seconds"), in_flight = "exemplars_now", counter = "exemplars_calls_total")]
fn call(panics: bool) {
    assert!(!panics, "the body panics");
}

// One test: there is one source in a process.
#[test]
fn a_source_that_panics_or_observes_is_no_business_of_the_call() {
    assert!(tallied::trace_from(current));
    for source in [Source::Panics, Source::Observes, Source::Good] {
        SOURCE.set(source);
        call(false);
        GROUP.wait_seconds.observe(0.5);
        assert!(std::panic::catch_unwind(|| call(true)).is_err());
    }
    assert_eq!(testing::value("exemplars_now", &[]), Some(0.0));
    assert_eq!(testing::value("exemplars_calls_total", &[("status", "panicked")]), Some(3.0));
    // Each of the three times that it was asked, the source observed and called: what that asks is not asked again.
    assert_eq!(testing::value("exemplars_calls_total", &[("status", "ok")]), Some(6.0));
    assert_eq!(testing::value("exemplars_wait_seconds_count", &[]), Some(6.0));
    // A recording leaves none, and takes none from others.
    let recording = testing::Recording::new();
    GROUP.wait_seconds.observe(100.0);
    recording.run(|| GROUP.wait_seconds.observe(10.0));
    let mut out = Vec::new();
    tallied::encode(Format::OpenMetrics, &mut out);
    let text = String::from_utf8(out).unwrap();
    let exemplar = format!("# {{trace_id=\"{}\",span_id=\"{}\"}}", "ab".repeat(16), "01".repeat(8));
    let has = |bucket: &str| {
        let line =
            text.lines().find(|line| line.starts_with(&format!("exemplars_wait_seconds_bucket{{le=\"{bucket}\"}}")));
        line.is_some_and(|line| line.contains(&exemplar))
    };
    assert_eq!([has("0.5"), has("300.0"), has("10.0")], [true, true, false], "{text}");
}
