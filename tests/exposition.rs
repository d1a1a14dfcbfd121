//! The exposition as judges read it that we did not write.

use std::panic::catch_unwind;

use tallied::observed;
use tallied_tests::exposition::{series, value};
use tallied_tests::judges::{READ, ask, find};

#[observed(task_name, histogram, in_flight)]
fn work(n: u32) -> Result<u32, u32> {
    assert!(n < 8, "too much");
    if n % 2 == 0 { Ok(n) } else { Err(n) }
}

#[observed(counter(name = "odd_help_total", help = "A \\ and a\nline, \"quoted\"."))]
async fn waits() {
    std::future::ready(()).await;
}

const NASTY: [&str; 8] = ["", "\\", "\"", "\n", "a,b", "}", "\r\0", "ü €\\n"];

fn exposition() -> String {
    for n in 0..9 {
        let _ = catch_unwind(|| work(n));
    }
    let waiting = waits();
    drop(waiting);
    let mut polled = Box::pin(waits());
    let _ = polled.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let gauge =
        prometheus::GaugeVec::new(prometheus::Opts::new("foreign_level", "Of somebody else."), &["text"]).unwrap();
    for (at, nasty) in NASTY.into_iter().enumerate() {
        gauge.with_label_values(&[nasty]).set([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e6][at % 4]);
    }
    // The second test of this binary finds it there.
    let _ = tallied::registry().register(Box::new(gauge));
    tallied::gather_metrics()
}

#[test]
fn promtool_finds_nothing_wrong() {
    let Some(promtool) = find("promtool_finds_nothing_wrong", "promtool") else { return };
    if let Err(complaint) = ask(&promtool, &["check", "metrics"], &exposition()) {
        panic!("{complaint}");
    }
}

#[test]
fn the_python_parser_reads_every_family() {
    let Some(python) = find("the_python_parser_reads_every_family", "python3") else { return };
    let read = ask(&python, &["-c", READ], &exposition()).unwrap();
    let read: serde_json::Value = serde_json::from_str(&read).unwrap();
    for (family, kind, samples) in [
        // It cuts `_total` off the name of a counter.
        ("tallied_tests_task_calls", "counter", 3),
        // Three outcomes, each with 13 buckets, sum and count.
        ("tallied_tests_task_duration_seconds", "histogram", 3 * 15),
        ("tallied_tests_task_in_flight", "gauge", 1),
        ("odd_help", "counter", 3),
        ("foreign_level", "gauge", NASTY.len()),
    ] {
        assert_eq!(read[family][0], kind, "{family}");
        assert_eq!(read[family][2].as_array().map(Vec::len), Some(samples), "{family}");
    }
    assert_eq!(read["odd_help"][1], "A \\ and a\nline, \"quoted\".");
    let mut texts: Vec<&str> =
        read["foreign_level"][2].as_array().unwrap().iter().map(|sample| sample[1]["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    let mut expected = NASTY;
    expected.sort_unstable();
    assert_eq!(texts, expected, "what was escaped is read back");
}

#[test]
fn promtool_and_python_refuse_what_is_broken() {
    // A judge that never complains would prove nothing.
    let broken = "# TYPE a counter\na{b=\"c} 1\n";
    if let Some(promtool) = find("promtool_and_python_refuse_what_is_broken", "promtool") {
        assert!(ask(&promtool, &["check", "metrics"], broken).is_err());
    }
    if let Some(python) = find("promtool_and_python_refuse_what_is_broken", "python3") {
        assert!(ask(&python, &["-c", READ], "a{b=\"c\"} one\n").is_err());
    }
}

#[test]
fn families_are_contiguous_and_have_one_head() {
    let text = exposition();
    let mut seen: Vec<&str> = Vec::new();
    let mut help = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split(' ').next();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().unwrap();
            assert_eq!(help, Some(name), "HELP and TYPE belong together");
            assert!(!seen.contains(&name), "`{name}` comes twice");
            seen.push(name);
        } else {
            let family = seen.last().expect("a head comes first");
            assert!(line.starts_with(family), "`{line}` stands in the family `{family}`");
        }
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
}

#[test]
fn buckets_are_cumulative_and_the_last_is_the_count() {
    let text = exposition();
    let number = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    for status in ["ok", "error", "panicked"] {
        let with_status = |line: &&str| line.contains(&format!("status=\"{status}\""));
        let buckets: Vec<u64> = series(&text, "tallied_tests_task_duration_seconds_bucket")
            .into_iter()
            .filter(with_status)
            .map(number)
            .collect();
        let count =
            series(&text, "tallied_tests_task_duration_seconds_count").into_iter().find(with_status).map(number);
        assert!(buckets.is_sorted() && buckets.len() == 13, "{status}: {buckets:?}");
        assert_eq!(buckets.last().copied(), count);
    }
    assert!(!text.contains("status=\"cancelled\",le"), "a histogram's series comes with its first observation");
}

#[test]
fn the_content_type_is_that_of_the_format() {
    exposition();
    assert_eq!(tallied::Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    let mut out = b"before".to_vec();
    tallied::encode(tallied::Format::Text, &mut out);
    assert!(out.starts_with(b"before# HELP "), "encode appends");
}

#[tallied::observed(counter = "exposition_scrapes_total")]
fn scrapes() -> String {
    tallied::gather_metrics()
}

#[test]
fn a_family_is_there_before_its_first_call() {
    let ok = [("status", "ok")];
    assert_eq!(value(&tallied::gather_metrics(), "exposition_scrapes_total", &ok), Some(0.0));
    assert_eq!(value(&scrapes(), "exposition_scrapes_total", &ok), Some(0.0), "a call is counted when it ends");
}

mod own {
    pub(super) struct Result<A, B>(pub(super) A, pub(super) B);

    #[tallied::observed(counter = "exposition_own_total")]
    pub(super) fn result() -> Result<u8, u8> {
        Result(1, 2)
    }
}

#[test]
fn a_type_that_is_only_called_result_has_no_errors() {
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "exposition_own_total", &[("status", "ok")]), Some(0.0));
    let own::Result(a, b) = own::result();
    assert_eq!((a, b), (1, 2));
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "exposition_own_total", &[("status", "ok")]), Some(1.0));
    assert_eq!(value(&text, "exposition_own_total", &[("status", "error")]), None);
}
