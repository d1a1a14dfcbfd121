//! Lines of logs, read back as whoever collects them would.
#![cfg(feature = "logs")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small numbers

mod lines;

use std::fmt;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use tallied_service::logs::{Every, File, Format, Logging, LogsError, To};
use tallied_service::redact::Redacted;
use tallied_service::{Correlate as _, Correlation, Redaction, Sensitive, TraceContext, carrying};
use tracing::dispatcher::with_default;
use tracing::{Instrument as _, debug, error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use lines::{Kept, child, is_child, object, objects};

/// What `work` logs, as JSON lines.
fn logged(logging: Logging, work: impl FnOnce()) -> Vec<Value> {
    objects(&written(logging.format(Format::Json), work))
}

fn written(logging: Logging, work: impl FnOnce()) -> String {
    let kept = Kept::default();
    let (logs, dispatch) = logging.output(To::writer(kept.clone())).build().unwrap();
    with_default(&dispatch, work);
    logs.shut_down();
    kept.text()
}

fn debugging() -> Logging {
    Logging::new().filter("debug")
}

#[test]
fn a_line_has_its_own_keys_the_fields_of_the_event_and_those_of_the_spans() {
    let lines = logged(debugging(), || {
        let _outer = info_span!("outer", user = "ada", shared = 1).entered();
        let _inner = info_span!("inner", shared = 2, later = tracing::field::Empty).entered();
        tracing::Span::current().record("later", 7.5);
        warn!(target: "shop::cart", total = 12u64, ok = true, of = -3i64, name = %"x y", what = ?Some(1), "paid {}", 5);
    });
    let mut line = lines[0].clone();
    let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert_eq!(
        line,
        json!({"level": "WARN", "target": "shop::cart", "message": "paid 5", "total": 12, "ok": true, "of": -3, "name": "x y",
            "what": "Some(1)", "shared": 2, "later": 7.5, "user": "ada"})
    );
    // RFC 3339 in UTC, to the millisecond.
    let timestamp = timestamp.as_str().unwrap();
    assert_eq!((timestamp.len(), &timestamp[10..11], &timestamp[23..]), (24, "T", "Z"), "{timestamp}");
    timestamp.parse::<jiff::Timestamp>().unwrap();
}

#[test]
fn fields_that_are_called_as_a_key_of_the_line_stand_beside_it() {
    let lines = logged(debugging(), || {
        let _span = info_span!("span", message = "of the span", level = 3, correlation_id = "of the span").entered();
        info!(level = "mine", target = "mine", timestamp = 1, field_level = "twice", "of the event");
        info!(message = 5);
        info!("{}", "");
    });
    let of = |at: usize, key: &str| lines[at][key].clone();
    assert_eq!((of(0, "level"), of(0, "field_level")), (json!("INFO"), json!("mine")));
    assert_eq!((of(0, "message"), of(0, "field_message")), (json!("of the event"), json!("of the span")));
    assert_eq!((of(0, "field_target"), of(0, "field_timestamp")), (json!("mine"), json!(1)));
    assert_eq!(of(0, "correlation_id"), json!("of the span"));
    assert_eq!((of(1, "message"), of(2, "message")), (json!("5"), json!("")));
}

#[test]
fn levels_are_written_in_the_case_that_is_asked() {
    let lines = logged(debugging().lower_case_levels(), || {
        error!("a");
        debug!("b");
    });
    assert_eq!([&lines[0]["level"], &lines[1]["level"]], ["error", "debug"]);
}

#[test]
fn numbers_that_json_cannot_say_are_text() {
    let lines = logged(debugging(), || {
        info!(nan = f64::NAN, inf = f64::NEG_INFINITY, large = u128::MAX, small = 12u128, max = u64::MAX, "x");
    });
    let line = &lines[0];
    assert_eq!(
        [&line["nan"], &line["inf"], &line["large"]],
        ["NaN", "-inf", "340282366920938463463374607431768211455"]
    );
    assert_eq!([&line["small"], &line["max"]], [&json!(12), &json!(u64::MAX)]);
}

#[test]
fn an_error_is_written_with_its_causes() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no port")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let lines = logged(debugging(), || {
        let outer = Outer("x".parse::<u16>().unwrap_err());
        error!(error = &outer as &(dyn std::error::Error + 'static), "cannot start");
    });
    assert_eq!(lines[0]["error"], "no port: invalid digit found in string");
}

#[test]
fn values_that_panic_or_log_themselves_break_no_line() {
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Debug");
        }
    }
    struct Logs;
    impl fmt::Display for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("from inside");
            f.write_str("logs")
        }
    }
    let lines = logged(debugging(), || {
        info!(value = ?Panics, "panics");
        info!(value = %Logs, "outside");
        let _span = info_span!("span", value = %Logs).entered();
        info!("in the span");
    });
    assert_eq!(lines[0]["value"], "<panicked>");
    // What a value logs while it is written is a line of its own, where tracing lets it through.
    let outside = lines.iter().find(|line| line["message"] == "outside").unwrap();
    assert_eq!(outside["value"], "logs");
    assert_eq!(lines.last().unwrap()["value"], "logs");
}

#[test]
fn eight_threads_with_hostile_messages_write_one_object_a_line() {
    const LINES: usize = 2_000;
    let parts = [
        "\n",
        "\r\n",
        "\"",
        "\\",
        "{\"level\":\"x\"}",
        "\0",
        "\u{1b}[31m",
        "\u{2028}",
        "ä",
        "😀",
        "}\n{",
        "\u{7f}",
        "\t",
    ];
    let message = |thread: usize, n: usize| -> String {
        (0..n % 9).map(|at| parts[(thread * 7 + n * 3 + at * at) % parts.len()]).collect::<String>()
            + &format!("{thread}:{n}")
    };
    let kept = Kept::default();
    let queued = To::writer(kept.clone()).queue(8 * LINES);
    let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(queued).build().unwrap();
    thread::scope(|scope| {
        for number in 0..8 {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                with_default(&dispatch, || {
                    for n in 0..LINES {
                        let text = message(number, n);
                        let _span = info_span!("span", text = %text).entered();
                        info!(number, n, text, "{text}");
                    }
                });
            });
        }
    });
    logs.shut_down();
    let mut seen: Vec<_> = objects(&kept.text())
        .iter()
        .map(|line| {
            let (number, n) = (line["number"].as_u64().unwrap() as usize, line["n"].as_u64().unwrap() as usize);
            assert_eq!(line["message"], message(number, n));
            assert_eq!(line["text"], message(number, n));
            (number, n)
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..8).flat_map(|number| (0..LINES).map(move |n| (number, n))).collect::<Vec<_>>());
}

#[test]
fn text_from_outside_begins_no_line_and_moves_no_cursor() {
    let text = written(debugging(), || {
        info!(name = "a b\n2026", plain = "x", "one\n2026-01-01T00:00:00.000Z ERROR forged\u{1b}[2J");
    });
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].ends_with("one"), "{text}");
    assert_eq!(lines[1], "    2026-01-01T00:00:00.000Z ERROR forged\\u{1b}[2J name=\"a b\\n2026\" plain=x");
    assert!(lines[0].contains("  INFO logs: one"), "{text}");
}

#[test]
fn a_finished_request_is_drawn_as_a_tree_of_timed_spans() {
    let text = written(debugging().format(Format::Tree), || {
        let root = info_span!("kernel", otel.name = "kernel:graph/pagerank", token = "hidden", nodes = 3).entered();
        info_span!("validate").in_scope(|| info!("checked"));
        info_span!("execute").in_scope(|| info_span!("copy").in_scope(|| ()));
        drop(root);
    });
    let text = lines::without_times(&text);
    let (line, tree) = text.split_once('\n').unwrap();
    assert!(line.ends_with("INFO kernel:graph/pagerank>validate logs: checked token=[redacted] nodes=3"), "{line}");
    assert_eq!(
        tree,
        "[kernel:graph/pagerank] #ms token=[redacted] nodes=3\n├── [validate] #ms\n└── [execute] #ms\n    └── [copy] #ms\n"
    );
}

#[test]
fn secrets_are_in_no_line_of_any_format() {
    let secrets = || {
        let span = info_span!(
            "login",
            user = "ada",
            password = "hunter2",
            api_key = 4242,
            later_token = tracing::field::Empty
        );
        span.record("later_token", "hunter2");
        span.in_scope(|| {
            info!(authorization = %"hunter2", refreshToken = ?"hunter2", iban = "hunter2", "in");
            info!(key = ?Sensitive::new("hunter2"), token_count = 4242, "out");
        });
    };
    let redaction = || Redaction::default().and("iban").allow("token_count");
    for format in [Format::Text, Format::Json, Format::Tree] {
        let text = written(debugging().format(format).redaction(redaction()), secrets);
        assert!(!text.contains("hunter2"), "{format:?}: {text}");
        assert_eq!(text.matches("4242").count(), 1, "{format:?}: {text}");
        assert!(text.contains("ada"), "{text}");
        assert!(text.matches("[redacted]").count() >= 9, "{text}");
    }
    // The same for a layer of somebody else's.
    let kept = Kept::default();
    let writer = kept.clone();
    let theirs = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(Redacted::new(theirs, redaction()));
    with_default(&subscriber.into(), secrets);
    let text = kept.text();
    assert!(!text.contains("hunter2") && text.contains("ada") && text.contains("token_count=4242"), "{text}");
    assert!(text.matches("[redacted]").count() >= 9, "{text}");
}

#[test]
fn a_correlation_is_in_every_line_below_it_and_goes_with_what_is_started() {
    let correlation = Correlation::new().with_trace(TraceContext::new(true));
    let trace = correlation.trace().unwrap().clone();
    let kept = Kept::default();
    let (_logs, dispatch) = debugging().format(Format::Json).output(To::writer(kept.clone())).build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let guard = dispatch.clone();
    with_default(&dispatch, || {
        info!("none");
        runtime.block_on(correlation.clone().scope(async {
            info!("in it");
            let with = |dispatch: &tracing::Dispatch| dispatch.clone();
            let (one, two, three, four) = (with(&guard), with(&guard), with(&guard), with(&guard));
            tokio::spawn(async move { with_default(&one, || info!("in a task")) }.correlated()).await.unwrap();
            thread::spawn(carrying(move || with_default(&two, || info!("in a thread")))).join().unwrap();
            // A span takes it along, too.
            let span = info_span!("span");
            tokio::spawn(async move { with_default(&three, || info!("in a span")) }.instrument(span)).await.unwrap();
            tokio::spawn(async move { with_default(&four, || info!("in none")) }).await.unwrap();
            let other = Correlation::from_id("other").unwrap();
            other.scope_sync(|| info!("in another"));
            info!("in it again");
        }));
        info!("none again");
    });
    let lines = objects(&kept.text());
    let id = |message: &str| {
        let line = lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{message}"));
        line["correlation_id"].as_str().map(str::to_owned)
    };
    for message in ["in it", "in a task", "in a thread", "in a span", "in it again"] {
        assert_eq!(id(message).as_deref(), Some(correlation.id()), "{message}");
    }
    for message in ["none", "in none", "none again"] {
        assert_eq!(id(message), None, "{message}");
    }
    assert_eq!(id("in another").as_deref(), Some("other"));
    let line = lines.iter().find(|line| line["message"] == "in it").unwrap();
    assert_eq!((&line["trace_id"], &line["span_id"]), (&json!(trace.trace_id()), &json!(trace.span_id())));
}

#[test]
fn an_application_has_a_level_of_its_own_that_changes_while_it_runs() {
    let kept = Kept::default();
    let logging =
        Logging::new().filter("info,noisy=warn").level_of("app", "api", "debug").level_of("domain", "quiet", "error");
    let (logs, dispatch) = logging.format(Format::Json).output(To::writer(kept.clone())).build().unwrap();
    let round = |name: &str| {
        let request = |app: &'static str| {
            let _request = info_span!("request", app, path = "/").entered();
            let _inner = tracing::debug_span!("inner").entered();
            debug!("{name}:{app}:debug");
            info!("{name}:{app}:info");
            info!(target: "noisy::part", "{name}:{app}:noisy");
        };
        request("api");
        request("web");
        // The event's own value counts before that of the span.
        info_span!("request", app = "web").in_scope(|| debug!(app = "api", "{name}:own:debug"));
        debug!(app = "api", "{name}:alone:debug");
        info!(domain = "quiet", "{name}:quiet:info");
        error!(domain = "quiet", "{name}:quiet:error");
        debug!("{name}:none:debug");
    };
    with_default(&dispatch, || {
        round("1");
        logs.set_level_of("app", "web", "debug").unwrap();
        logs.set_level_of("app", "api", "warn").unwrap();
        logs.clear_level_of("domain", "quiet");
        round("2");
        logs.clear_level_of("app", "web");
        logs.clear_level_of("app", "api");
        logs.set_filter("debug").unwrap();
        round("3");
    });
    assert!(matches!(logs.set_level_of("app", "api", "loud"), Err(LogsError::Level(level)) if level == "loud"));
    assert!(matches!(logs.set_filter("a=b=c"), Err(LogsError::Filter(..))));
    let lines = objects(&kept.text());
    let mut said: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    said.sort_unstable();
    let mut expected = vec![
        "1:api:debug",
        "1:api:info",
        "1:web:info",
        "1:own:debug",
        "1:alone:debug",
        "1:quiet:error", //
        "2:web:debug",
        "2:web:info",
        "2:quiet:info",
        "2:quiet:error", //
        "3:api:debug",
        "3:api:info",
        "3:api:noisy",
        "3:web:debug",
        "3:web:info",
        "3:web:noisy",
        "3:own:debug",
        "3:alone:debug",
        "3:quiet:info",
        "3:quiet:error",
        "3:none:debug",
    ];
    expected.sort_unstable();
    assert_eq!(said, expected);
}

#[test]
fn what_the_crate_log_says_is_told_with_its_own_target() {
    if !is_child() {
        let text = child("what_the_crate_log_says_is_told_with_its_own_target", &[]).stderr;
        let line = object(text.lines().find(|line| line.starts_with('{')).unwrap());
        assert_eq!([&line["target"], &line["message"], &line["level"]], ["their::module", "by log", "WARN"]);
        assert!(line.get("log.target").is_none());
        return;
    }
    let logs = Logging::new().filter("info").format(Format::Json).init().unwrap();
    log::warn!(target: "their::module", "by log");
    drop(logs);
}

#[test]
fn the_simple_form_reads_rust_log_and_writes_text_to_standard_error() {
    const NAME: &str = "the_simple_form_reads_rust_log_and_writes_text_to_standard_error";
    if is_child() {
        tallied_service::logs::init_tracing().unwrap();
        info!("by default");
        debug!("only when asked");
        debug!(target: "zart::queue", "of zart");
        let again = tallied_service::logs::init_tracing().unwrap_err();
        assert!(matches!(again, LogsError::Again), "{again:?}");
        std::process::exit(0); // nothing waits
    }
    let said = |rust_log: Option<&str>| {
        let text = child(NAME, &[("RUST_LOG", rust_log)]).stderr;
        ["by default", "only when asked", "of zart"].map(|part| text.contains(part))
    };
    assert_eq!(said(None), [true, false, false]);
    assert_eq!(said(Some("")), [true, false, false]);
    assert_eq!(said(Some("debug")), [true, true, true]);
    assert_eq!(said(Some("zart=debug,info")), [true, false, true]);
}

#[test]
fn a_filter_that_is_none_is_an_error_that_says_so() {
    let error = Logging::new().filter("shop=loud").build().map(drop).unwrap_err();
    assert!(error.to_string().starts_with("invalid log filter \"shop=loud\" "), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
    for slip in ["inof", "shop=debug,wran", "inf"] {
        let error = Logging::new().filter(slip).build().map(drop).unwrap_err();
        assert!(error.to_string().contains("did you mean"), "{error}");
    }
    assert!(Logging::new().filter("infra,shop,info").build().is_ok());
}

/// Writes when it is let.
struct Gate(Receiver<()>, Kept);

impl std::io::Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_queue_drops_lines_counts_them_and_never_waits() {
    let (open, gate) = channel();
    let kept = Kept::default();
    let to = To::writer(Gate(gate, kept.clone())).queue(10);
    let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
    let recording = tallied::testing::Recording::new();
    recording.run(|| with_default(&dispatch, || (0..100).for_each(|n| info!(n, "line"))));
    drop(open);
    logs.shut_down();
    let lines = objects(&kept.text());
    let numbers: Vec<_> = lines.iter().map(|line| line["n"].as_u64().unwrap()).collect();
    // Ten wait, and one is being written.
    assert!((10..=11).contains(&lines.len()), "{numbers:?}");
    assert_eq!(numbers[..10], (0..10).collect::<Vec<_>>());
    let dropped = recording.value("tallied_log_lines_dropped_total", &[("reason", "queue_full")]);
    assert_eq!(dropped.map(|dropped| dropped as usize), cfg!(feature = "metrics").then_some(100 - lines.len()));
}

#[test]
fn what_waits_is_written_when_the_logs_end_and_later_lines_at_once() {
    let (open, gate) = channel();
    let kept = Kept::default();
    let to = To::writer(Gate(gate, kept.clone())).queue(100_000);
    let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
    let running = Arc::new(Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            let (dispatch, running) = (dispatch.clone(), running.clone());
            scope.spawn(move || {
                with_default(&dispatch, || {
                    for _ in 0..500 {
                        info!("line");
                        *running.lock().unwrap() += 1;
                    }
                });
            });
        }
        // In the midst of it: so many wait, and none is written.
        while *running.lock().unwrap() < 1000 {
            thread::yield_now();
        }
        assert_eq!(kept.text(), "");
        drop(open);
        drop(logs);
    });
    with_default(&dispatch, || info!("late"));
    assert_eq!(objects(&kept.text()).len(), 2001);
}

#[test]
fn a_file_is_put_aside_by_size_and_the_oldest_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/service.log");
    let file = File::new(&path).at_bytes(2_000).keep(3);
    let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(To::file(file)).build().unwrap();
    std::fs::write(path.with_file_name("service.log.kept"), "not ours").unwrap();
    with_default(&dispatch, || (0..200).for_each(|n| info!(n, "line")));
    logs.flush();
    let names = lines::names(path.parent().unwrap());
    assert_eq!(names.len(), 5, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("service.log.2")).count(), 3, "{names:?}");
    let mut all = String::new();
    for name in names.iter().filter(|name| name.starts_with("service.log.2")).chain([&"service.log".to_owned()]) {
        let text = std::fs::read_to_string(path.with_file_name(name)).unwrap();
        assert!(text.len() <= 2_000, "{name}");
        all.push_str(&text);
    }
    let numbers: Vec<_> = objects(&all).iter().map(|line| line["n"].as_u64().unwrap()).collect();
    // The last ones, in their order, without a gap.
    assert_eq!(numbers, (200 - numbers.len() as u64..200).collect::<Vec<_>>());
}

#[test]
fn a_file_of_yesterday_is_put_aside_and_one_of_today_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let log = |message: &str| {
        let to = To::file(File::new(&path).every(Every::Day));
        let (_logs, dispatch) = Logging::new().filter("info").output(to).build().unwrap();
        with_default(&dispatch, || info!("{message}"));
    };
    log("first");
    log("second");
    assert_eq!(lines::names(folder.path()), ["service.log"]);
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(yesterday).unwrap();
    log("third");
    let names = lines::names(folder.path());
    assert_eq!(names.len(), 2, "{names:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("service.log").contains("third") && !read("service.log").contains("first"));
    assert!(read(&names[1]).contains("first") && read(&names[1]).contains("second"));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Logging::new().output(To::file(File::new(folder.path()))).build().map(drop).unwrap_err();
    assert!(error.to_string().ends_with("it is a folder; name a file in it"), "{error}");
    let path = folder.path().join("file/service.log");
    let text = Logging::new().output(To::file(File::new(&path))).build().map(drop).unwrap_err().to_string();
    assert!(text.starts_with(&format!("the log file {} cannot be written: ", path.display())), "{text}");
    let error = Logging::new().output(To::file(File::new("/"))).build().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the log file \"/\" has no name");
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_full_disk_lines_are_counted_as_dropped_and_the_program_goes_on() {
    let to = To::file(File::new("/dev/full")).at_once();
    let (_logs, dispatch) = Logging::new().filter("info").output(to).build().unwrap();
    let recording = tallied::testing::Recording::new();
    recording.run(|| with_default(&dispatch, || (0..5).for_each(|n| info!(n, "line"))));
    let dropped = recording.value("tallied_log_lines_dropped_total", &[("reason", "write_failed")]);
    assert_eq!(dropped, cfg!(feature = "metrics").then_some(5.0));
}

#[test]
#[cfg(target_os = "linux")]
fn where_a_disk_fills_up_in_the_midst_of_a_line_every_line_is_whole() {
    const NAME: &str = "where_a_disk_fills_up_in_the_midst_of_a_line_every_line_is_whole";
    if is_child() {
        let path = std::env::var("LOG_PATH").unwrap();
        let to = To::file(File::new(path)).at_once();
        let _logs = Logging::new().filter("info").format(Format::Json).output(to).init().unwrap();
        (0..100).for_each(|n| info!(n, "line"));
        // A shorter one still fits.
        info!("x");
        std::process::exit(0);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    // Files of this program may have 4 KiB.
    let output = lines::command(NAME)
        .env("LOG_PATH", &path)
        .wrapped("sh", &["-c", "ulimit -f 8; trap '' XFSZ; exec \"$@\"", "sh"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.len() <= 8 * 1024 && text.ends_with('\n'), "{text}");
    let lines = objects(&text);
    assert!(lines.len() > 20 && lines.len() < 100, "{}", lines.len());
}

#[test]
fn two_logs_in_one_subscriber_do_not_see_each_other() {
    let (strict, open) = (Kept::default(), Kept::default());
    let to = |kept: &Kept| To::writer(kept.clone());
    let (_one, first) = Logging::new()
        .filter("info")
        .format(Format::Tree)
        .redaction(Redaction::default().and("iban"))
        .level_of("tenant", "x", "debug")
        .output(to(&strict))
        .layer()
        .unwrap();
    let (_two, second) = Logging::new()
        .filter("info")
        .format(Format::Tree)
        .redaction(Redaction::none())
        .output(to(&open))
        .layer()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(first).with(second);
    with_default(&subscriber.into(), || {
        let _span = info_span!("root", app = "q", tenant = "x", iban = "DE-SECRET").entered();
        info!("told");
        debug!("in detail");
    });
    let (strict, open) = (strict.text(), open.text());
    assert!(!strict.contains("DE-SECRET") && open.contains("DE-SECRET"), "{strict}{open}");
    assert!(strict.contains("in detail") && !open.contains("in detail"), "{strict}{open}");
    assert!(strict.contains("[root] ") && open.contains("[root] "), "{strict}{open}");
}

#[test]
fn a_filter_may_be_changed_by_a_thread_that_logs_nothing() {
    let kept = Kept::default();
    let (logs, dispatch) =
        Logging::new().filter("info").format(Format::Json).output(To::writer(kept.clone())).build().unwrap();
    let say = || with_default(&dispatch, || debug!("in detail"));
    say();
    let _logs = thread::spawn(move || logs.set_filter("debug").map(|()| logs)).join().unwrap().unwrap();
    say();
    assert_eq!(objects(&kept.text()).len(), 1);
}

#[test]
fn a_question_about_a_level_hides_no_line() {
    let lines = logged(Logging::new().filter("info,noisy=debug"), || {
        for _ in 0..3 {
            assert!(!tracing::enabled!(tracing::Level::DEBUG));
            info!("after the question");
        }
    });
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_directive_for_a_span_stands_beside_levels_of_applications() {
    let lines = logged(Logging::new().filter("info,[request]=debug").level_of("app", "other", "error"), || {
        info_span!("request").in_scope(|| debug!("in it"));
        debug!("outside");
    });
    assert_eq!(lines.len(), 1);
}

#[test]
fn an_event_belongs_to_the_span_that_it_names() {
    let logging = Logging::new().filter("info").level_of("app", "api", "debug").level_of("app", "quiet", "error");
    let lines = logged(logging, || {
        let (api, quiet) = (info_span!("request", app = "api"), info_span!("request", app = "quiet"));
        debug!(parent: &api, "1 shown");
        info!(parent: &quiet, "hidden");
        let _entered = quiet.enter();
        info!(parent: None, "2 shown");
        info!("hidden");
        // What is recorded later counts for what is open inside, and the last of it.
        let outer = info_span!(parent: None, "outer", app = tracing::field::Empty);
        let inner = info_span!(parent: &outer, "inner");
        inner.in_scope(|| debug!("hidden"));
        outer.record("app", "api");
        inner.in_scope(|| debug!("3 shown"));
        outer.record("app", tracing::field::debug("quiet"));
        inner.in_scope(|| info!("hidden"));
    });
    let said: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["1 shown", "2 shown", "3 shown"]);
}

#[test]
fn a_value_that_logs_itself_has_an_end() {
    const NAME: &str = "a_value_that_logs_itself_has_an_end";
    struct Itself;
    impl fmt::Debug for Itself {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(value = ?self, "inside");
            let _span = info_span!("inside", value = ?self);
            f.write_str("itself")
        }
    }
    if is_child() {
        let _logs = Logging::new().filter("info").format(Format::Json).level_of("app", "a", "debug").init().unwrap();
        info!(value = ?Itself, app = ?Itself, "outside");
        return;
    }
    let text = child(NAME, &[]).stderr;
    let line = text.lines().rfind(|line| line.contains("outside")).unwrap();
    assert_eq!(object(line)["value"], "itself");
}

#[test]
#[cfg(target_os = "linux")] // for `timeout`
fn whoever_holds_standard_error_may_log_while_others_do() {
    const NAME: &str = "whoever_holds_standard_error_may_log_while_others_do";
    if is_child() {
        use std::io::Write as _;
        let _logs = Logging::new().filter("info").init().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let mut out = std::io::stderr().lock();
                    writeln!(out, "held").unwrap();
                    info!("by its holder");
                }
            });
            scope.spawn(|| (0..2000).for_each(|_| info!("by another")));
        });
        return;
    }
    let output = lines::command(NAME).wrapped("timeout", &["30"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("by its holder") && said.contains("by another"), "{said}");
}

#[test]
fn a_subscriber_of_a_part_of_the_program_is_in_nobodys_way() {
    const NAME: &str = "a_subscriber_of_a_part_of_the_program_is_in_nobodys_way";
    if is_child() {
        let (_logs, dispatch) = Logging::new().output(To::writer(Kept::default())).build().unwrap();
        with_default(&dispatch, || info!("while it is configured"));
        let _logs = Logging::new().filter("info").init().unwrap();
        info!("in all of it");
        return;
    }
    assert!(child(NAME, &[]).stderr.contains("in all of it"));
}

#[test]
fn a_writer_that_panics_loses_its_line_and_no_other() {
    struct Panics(Kept, bool);
    impl std::io::Write for Panics {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(std::mem::replace(&mut self.1, true), "in the writer");
            self.0.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for is_queued in [false, true] {
        let kept = Kept::default();
        let to = To::writer(Panics(kept.clone(), false));
        let to = if is_queued { to.queue(usize::MAX) } else { to };
        let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
        with_default(&dispatch, || (0..3).for_each(|n| info!(n, "line")));
        logs.shut_down();
        with_default(&dispatch, || info!(n = 3, "line"));
        let lines: Vec<_> = objects(&kept.text()).iter().map(|line| line["n"].as_u64().unwrap()).collect();
        assert_eq!(lines, [1, 2, 3], "{is_queued}");
    }
}

#[test]
fn whoever_logs_does_not_wait_for_a_queue_that_closes() {
    let (open, gate) = channel();
    let kept = Kept::default();
    let to = To::writer(Gate(gate, kept.clone())).queue(100);
    let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
    let say = |n: u64| with_default(&dispatch, || info!(n, "line"));
    (0..10).for_each(say);
    thread::scope(|scope| {
        let closing = scope.spawn(|| logs.shut_down());
        thread::sleep(std::time::Duration::from_millis(50));
        // The file is stuck, and this comes back.
        (10..20).for_each(say);
        drop(open);
        closing.join().unwrap();
    });
    say(20);
    let lines: Vec<_> = objects(&kept.text()).iter().map(|line| line["n"].as_u64().unwrap()).collect();
    assert_eq!(lines, (0..=20).collect::<Vec<_>>());
}

#[test]
fn a_layer_of_somebody_elses_sees_all_of_an_event_but_its_secrets() {
    struct Fails;
    impl fmt::Debug for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Fails")
        }
    }
    impl fmt::Display for Fails {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    impl std::error::Error for Fails {}
    let kept = Kept::default();
    let writer = kept.clone();
    let theirs = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let layer = Redacted::new(theirs, Redaction::default());
    with_default(&tracing_subscriber::registry().with(layer).into(), || {
        info!(
            password = "hunter2",
            a1 = 1,
            a2 = 1,
            a3 = 1,
            a4 = 1,
            a5 = 1,
            a6 = 1,
            a7 = 1,
            a8 = 1,
            b1 = 1,
            b2 = 1,
            b3 = 1,
            b4 = 1,
            b5 = 1,
            b6 = 1,
            b7 = 1,
            b8 = 1,
            c1 = 1,
            c2 = 1,
            c3 = 1,
            c4 = 1,
            c5 = 1,
            c6 = 1,
            c7 = 1,
            c8 = 1,
            d1 = 1,
            d2 = 1,
            d3 = 1,
            d4 = 1,
            d5 = 1,
            d6 = 1,
            d7 = 1,
            d8 = 1,
            e1 = 1,
            e2 = 1,
            e3 = 1,
            "many"
        );
        error!(error = &Fails as &(dyn std::error::Error + 'static), token = "hunter2", "fails");
    });
    let text = kept.text();
    for part in ["many", "a1=1", "d8=1", "e3=1", "fails"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_message_may_be_secret_too() {
    let lines = logged(debugging().redaction(Redaction::default().and("message")), || info!("hunter2"));
    assert_eq!(lines[0]["message"], "[redacted]");
}

#[test]
#[cfg(unix)]
fn a_file_that_somebody_moves_is_begun_again_and_a_link_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("real.log"), "").unwrap();
    std::os::unix::fs::symlink(at("real.log"), at("link.log")).unwrap();
    let to = To::file(File::new(at("link.log")).at_bytes(300).keep(1000)).at_once();
    let (_logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
    let say = |n: u64| with_default(&dispatch, || info!(n, "line"));
    (0..10).for_each(say);
    assert!(at("link.log").is_symlink());
    let names = lines::names(folder.path());
    assert!(
        names.len() > 3 && names.iter().all(|name| name == "link.log" || name.starts_with("real.log")),
        "{names:?}"
    );
    // It looks once a second; what is said until then is where the file has gone.
    std::fs::rename(at("real.log"), at("moved")).unwrap();
    while !at("real.log").exists() {
        say(10);
    }
    assert!(std::fs::read_to_string(at("real.log")).unwrap().contains("\"n\":10"));
    std::fs::remove_file(at("real.log")).unwrap();
    while !at("real.log").exists() {
        say(11);
    }
    assert!(std::fs::read_to_string(at("link.log")).unwrap().contains("\"n\":11"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_is_never_put_aside() {
    let to = To::file(File::new("/dev/null").at_bytes(1).every(Every::Minute)).at_once();
    let (_logs, dispatch) = Logging::new().filter("info").output(to).build().unwrap();
    with_default(&dispatch, || (0..10).for_each(|n| info!(n, "line")));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
#[cfg(unix)]
fn a_program_may_change_its_folder_and_two_files_of_one_path_lose_nothing() {
    const NAME: &str = "a_program_may_change_its_folder_and_two_files_of_one_path_lose_nothing";
    let folder = tempfile::tempdir().unwrap();
    if is_child() {
        let to = || To::file(File::new("logs/s.log").at_bytes(2000).keep(1_000_000)).at_once();
        let (_one, first) = Logging::new().filter("info").format(Format::Json).output(to()).build().unwrap();
        let (_two, second) = Logging::new().filter("info").format(Format::Json).output(to()).build().unwrap();
        std::env::set_current_dir("/").unwrap();
        for n in 0..400 {
            with_default(&first, || info!(n, "line"));
            with_default(&second, || info!(n, "line"));
        }
        return;
    }
    let mut command = lines::command(NAME).build();
    assert!(command.current_dir(folder.path()).status().unwrap().success());
    let logs = folder.path().join("logs");
    let read = |name: &String| objects(&std::fs::read_to_string(logs.join(name)).unwrap()).len();
    assert_eq!(lines::names(&logs).iter().map(read).sum::<usize>(), 800);
}

#[test]
fn a_writer_that_logs_is_no_dead_end() {
    struct Logs(Kept);
    impl std::io::Write for Logs {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            info!("from the writer");
            self.0.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for is_queued in [false, true] {
        let kept = Kept::default();
        let to = To::writer(Logs(kept.clone()));
        let to = if is_queued { to.queue(100) } else { to };
        let (logs, dispatch) = Logging::new().filter("info").format(Format::Json).output(to).build().unwrap();
        with_default(&dispatch, || {
            thread::scope(|scope| {
                // Some of it while the queue closes.
                scope.spawn(|| with_default(&dispatch, || (0..50).for_each(|n| info!(n, "line"))));
                logs.shut_down();
            });
            info!(n = 50, "line");
        });
        assert_eq!(objects(&kept.text()).len(), 51, "{is_queued}");
    }
}
