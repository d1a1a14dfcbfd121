//! Open-ended labels: the first values are kept, the rest is `_other`, and nothing is lost.

#![allow(clippy::float_cmp)] // counts are whole numbers

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Barrier;

use tallied::{Label, observed};
use tallied_tests::exposition::{series, value};
use tallied_tests::judges::{READ, ask, find};

fn counted(text: &str, family: &str, labels: &[(&str, &str)]) -> f64 {
    value(text, family, labels).unwrap_or_else(|| panic!("no {family} with {labels:?} in\n{text}"))
}

fn overflow(text: &str, family: &str, label: &str) -> f64 {
    counted(text, "tallied_label_overflow_total", &[("family", family), ("label", label)])
}

#[derive(Clone, Copy, Label)]
enum Method {
    Get,
    Post,
}

#[observed(labels(tenant(max = 2), method), counter = "kept_total", histogram = "kept_seconds", in_flight = "kept_now")]
fn kept(tenant: &str, method: Method) {}

#[test]
fn the_first_values_are_kept_and_the_rest_is_other_with_the_other_labels_intact() {
    for tenant in ["a", "b", "c", "a", "d", "_other"] {
        kept(tenant, Method::Post);
    }
    kept("d", Method::Get);
    let text = tallied::gather_metrics();
    for family in ["kept_total", "kept_seconds_count"] {
        let of = |tenant, method| counted(&text, family, &[("tenant", tenant), ("method", method), ("status", "ok")]);
        assert_eq!((of("a", "post"), of("b", "post"), of("_other", "post")), (2.0, 1.0, 3.0), "{family}");
        assert_eq!(of("_other", "get"), 1.0, "a client's own `_other` is the overflow; {family}");
    }
    // Three values, two methods, ok and panicked.
    assert_eq!(series(&text, "kept_total").len(), 3 * 2 * 2);
    assert_eq!(series(&text, "kept_now").len(), 3 * 2);
    for family in ["kept_total", "kept_seconds", "kept_now"] {
        assert_eq!(overflow(&text, family, "tenant"), 4.0, "{family}");
    }
}

#[observed(labels(tenant(max = 3)), counter = "seen_total")]
fn seen(tenant: &str) {}

#[test]
fn only_values_that_came_are_exposed_and_other_only_when_there_was_one() {
    seen("a");
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "seen_total").len(), 2, "{text}");
    assert_eq!(overflow(&text, "seen_total", "tenant"), 0.0, "at zero before it happens");
    assert!(!text.contains("seen_total{tenant=\"_other\""));
}

#[observed(labels(text(max = 100)), counter = "odd_total")]
fn odd(text: &str) {}

#[test]
fn no_value_breaks_the_exposition() {
    let longest = "é".repeat(512);
    let values = [
        "",
        " ",
        "\"",
        "\\",
        "\n",
        "\r",
        "\0",
        "a\"b\\c\nd\0e",
        "{}",
        "a=\"b\",c=\"d\"",
        "\u{feff}",
        "\u{202e}",
        "größe",
        "\u{10ffff}",
        "🦀",
        &longest,
        "\u{7f}\u{1b}[31m",
        "# HELP odd_total",
    ];
    for value in values {
        odd(value);
        odd(value);
    }
    // Too long to keep: each series would say it in every line of every scrape.
    odd(&"x".repeat(1025));
    odd(&"long".repeat(2_500));
    let text = tallied::gather_metrics();
    for value in values {
        let escaped = value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
        assert_eq!(counted(&text, "odd_total", &[("text", &escaped), ("status", "ok")]), 2.0, "{value:?}");
    }
    assert_eq!(counted(&text, "odd_total", &[("text", "_other"), ("status", "ok")]), 2.0);
    // Of the program's families, those of this test: what stands on the lines between is the format's affair.
    let own: String = text.split_inclusive('\n').filter(|line| line.contains("odd_total")).collect();
    if let Some(promtool) = find("no_value_breaks_the_exposition", "promtool") {
        let head = "# HELP odd_total Calls by text and status.\n# TYPE odd_total counter\n";
        let samples: String = own.split_inclusive('\n').filter(|line| line.starts_with("odd_total{")).collect();
        ask(&promtool, &["check", "metrics"], &format!("{head}{samples}")).unwrap();
    }
    if let Some(python) = find("no_value_breaks_the_exposition", "python3") {
        let read: serde_json::Value = serde_json::from_str(&ask(&python, &["-c", READ], &own).unwrap()).unwrap();
        let samples = read["odd"][2].as_array().unwrap().iter();
        let mut read: Vec<&str> = samples.map(|sample| sample[1]["text"].as_str().unwrap()).collect();
        read.sort_unstable();
        read.dedup();
        let mut expected = [&values[..], &["_other"]].concat();
        expected.sort_unstable();
        assert_eq!(read, expected, "what was escaped is read back");
    }
}

#[observed(
    labels(
        string(max = 2),
        cow(max = 2),
        number(max = 2),
        letter(max = 2),
        address(max = 2),
        maybe(max = 2),
        shared(max = 2)
    ),
    counter = "types_total"
)]
fn types(
    string: String,
    cow: Cow<'_, str>,
    number: i64,
    letter: char,
    address: IpAddr,
    maybe: Option<&u32>,
    shared: std::sync::Arc<str>,
) -> String {
    // The arguments are the body's.
    format!("{string}{cow}{number}{letter}{address}{maybe:?}{shared}")
}

#[observed(labels(name(max = TWO) = value.to_string().to_uppercase(), first(max = 2) = &value), counter = "generic_total")]
fn generic<T: ToString + tallied::OpenLabel, const N: usize>(value: T) -> T {
    value
}

const TWO: usize = 2;

#[test]
fn whatever_has_a_text_can_be_kept() {
    types("a".into(), "b".into(), i64::MIN, 'ö', Ipv4Addr::LOCALHOST.into(), None, "c".into());
    types("a".into(), String::from("b").into(), 0, '\\', Ipv4Addr::LOCALHOST.into(), Some(&7), "c".into());
    generic::<_, 7>("x");
    generic::<_, 8>(String::from("y"));
    generic::<_, 8>(5u8);
    let text = tallied::gather_metrics();
    let labels = |number, letter, maybe| {
        let known = [("string", "a"), ("cow", "b"), ("address", "127.0.0.1"), ("shared", "c"), ("status", "ok")];
        [&known[..], &[("number", number), ("letter", letter), ("maybe", maybe)]].concat()
    };
    assert_eq!(counted(&text, "types_total", &labels("-9223372036854775808", "ö", "")), 1.0);
    assert_eq!(counted(&text, "types_total", &labels("0", "\\\\", "7")), 1.0);
    assert_eq!(counted(&text, "generic_total", &[("name", "Y"), ("first", "y"), ("status", "ok")]), 1.0);
    assert_eq!(counted(&text, "generic_total", &[("name", "_other"), ("first", "_other"), ("status", "ok")]), 1.0);
}

mod elsewhere {
    use super::observed;

    #[observed(labels(tenant(max = 2)), counter = "shared_total", histogram = "of_one_seconds")]
    pub(super) fn one(tenant: &str) {}

    #[observed(labels(tenant(max = 2)), counter = "shared_total", histogram = "of_two_seconds")]
    pub(super) fn two(tenant: &str) {}
}

#[test]
fn one_family_keeps_one_list_of_values_whoever_feeds_it() {
    elsewhere::one("a");
    elsewhere::two("b");
    elsewhere::two("a");
    elsewhere::one("b");
    elsewhere::one("c");
    elsewhere::two("d");
    let text = tallied::gather_metrics();
    let of = |tenant| counted(&text, "shared_total", &[("tenant", tenant), ("status", "ok")]);
    assert_eq!((of("a"), of("b"), of("_other")), (2.0, 2.0, 2.0));
    assert_eq!(series(&text, "shared_total").len(), 3 * 2);
    assert_eq!(overflow(&text, "of_one_seconds", "tenant"), 1.0);
    assert_eq!(overflow(&text, "shared_total", "tenant"), 2.0);
}

#[observed(labels(value(max = 50)), counter = "raced_total", in_flight = "raced_now")]
fn raced(value: &str) {}

#[test]
fn eight_threads_that_race_for_new_values_lose_nothing_and_keep_no_more_than_there_is_room_for() {
    const THREADS: usize = 8;
    const VALUES: usize = 200;
    let together = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let together = &together;
            scope.spawn(move || {
                let mut name = String::new();
                for round in 0..50 {
                    together.wait();
                    for value in 0..VALUES {
                        name.clear();
                        // Each round begins elsewhere, so that threads meet at new values.
                        let _ = write!(name, "v{}", (value + round * 4 + thread % 2) % VALUES);
                        raced(&name);
                    }
                }
            });
        }
        // Scrapes meanwhile see no more than there can be, and no value twice.
        scope.spawn(|| {
            for _ in 0..50 {
                let text = tallied::gather_metrics();
                let seen = series(&text, "raced_total");
                assert!(seen.len() <= 51 * 2, "{}", seen.len());
            }
        });
    });
    let text = tallied::gather_metrics();
    let lines = series(&text, "raced_total");
    assert_eq!(lines.len(), 51 * 2);
    let all: f64 = lines.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum();
    #[allow(clippy::cast_precision_loss)]
    let expected = (THREADS * VALUES * 50) as f64;
    assert_eq!(all, expected);
    // A value that is kept is never counted as `_other`: each of the kept ones has all of its calls.
    let kept = lines.iter().filter(|line| line.contains("status=\"ok\"") && !line.contains("_other"));
    for line in kept {
        assert!(line.ends_with(" 400"), "{line}");
    }
    assert_eq!(overflow(&text, "raced_total", "value"), expected - 50.0 * 400.0);
}

mod one {
    use super::observed;

    #[observed(labels(kind(max = 1)), counter = "one_kind_total", histogram(name = "bounds_differ_seconds", buckets = [1.0], labels(status)))]
    pub(super) fn one(kind: &str) {}

    #[observed(labels(kind(max = 1)), counter(name = "one_kind_total", labels(kind)))]
    pub(super) fn without_status(kind: &str) {}
}

#[test]
fn what_is_not_exposed_does_not_overflow() {
    one::one("a");
    for _ in 0..3 {
        one::without_status("b");
    }
    let text = tallied::gather_metrics();
    assert_eq!(overflow(&text, "one_kind_total", "kind"), 0.0, "the label names of the second are other ones");
    assert_eq!(series(&text, "one_kind_total").len(), 2 * 2);
}

#[observed(labels(id(max = 4)), counter = "full_total", after(len(max = 2) = |len: &usize| *len))]
fn measured(id: u64) -> usize {
    usize::try_from(id).unwrap()
}

#[test]
fn a_label_of_the_returned_value_can_be_open_ended_too() {
    for id in [1, 2, 3, 1] {
        measured(id);
    }
    let text = tallied::gather_metrics();
    let of = |id, len| counted(&text, "full_total", &[("id", id), ("len", len), ("status", "ok")]);
    assert_eq!((of("1", "1"), of("2", "2"), of("3", "_other")), (2.0, 1.0, 1.0));
    assert_eq!(of("1", "2"), 0.0);
    assert_eq!(counted(&text, "full_total", &[("id", "1"), ("len", ""), ("status", "panicked")]), 0.0);
}

#[derive(Clone, Copy, tallied::Label, tallied::Outcome)]
enum Ended {
    #[outcome(ok)]
    Well,
    #[outcome(error, panicked)]
    Badly,
}

#[observed(status = Ended, counter = "twice_total", after(code(max = 4) = |r: &Result<(), String>| r.clone().err()))]
fn twice(how: u8) -> Result<(), String> {
    match how {
        0 => Err(String::new()),
        1 => panic!("as it should"),
        _ => Ok(()),
    }
}

#[test]
fn an_empty_value_and_the_absent_one_are_one_series() {
    twice(0).unwrap_err();
    std::panic::catch_unwind(|| twice(1)).unwrap_err();
    let text = tallied::gather_metrics();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("twice_total{code=\"\",status=\"badly\"}")).collect();
    assert_eq!(lines, ["twice_total{code=\"\",status=\"badly\"} 2"]);
}
