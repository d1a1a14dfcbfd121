//! What an attribute says of its families: quantiles, units, native buckets, zeros, names that must be so.

use std::time::Duration;

use tallied::{Counter, Label, LabelSet, Metrics, Outcome, observed};
use tallied_tests::exposition::{series, value};

const OK: (&str, &str) = ("status", "ok");

/// Takes some time, really.
fn work(micros: u64) {
    let until = std::time::Instant::now() + Duration::from_micros(micros);
    while std::time::Instant::now() < until {}
}

#[observed(task_name, summary(name = "durations_page_seconds", labels(task_name), quantiles = [0.0, 1.0]), histogram)]
fn page(micros: u64) -> Result<(), ()> {
    work(micros);
    if micros > 0 { Ok(()) } else { Err(()) }
}

#[test]
fn a_summary_has_the_quantiles_of_all_statuses_together() {
    for micros in [100, 2_000, 0] {
        let _ = page(micros);
    }
    let text = tallied::gather_metrics();
    let of = |q| value(&text, "durations_page_seconds", &[("task_name", "page"), ("quantile", q)]).unwrap();
    assert!(of("0") < 100e-6, "an error is in it too: {}", of("0"));
    assert!(of("1") >= 2e-3 * 0.99 && of("1") < 1.0, "{}", of("1"));
    assert_eq!(value(&text, "durations_page_seconds_count", &[("task_name", "page")]), Some(3.0));
    let sum = value(&text, "durations_page_seconds_sum", &[("task_name", "page")]).unwrap();
    assert!((2.1e-3..1.0).contains(&sum), "{sum}");
    let seconds = |status| {
        let labels = [("task_name", "page"), ("status", status)];
        value(&text, "tallied_tests_task_duration_seconds_sum", &labels).unwrap()
    };
    assert!((sum - seconds("ok") - seconds("error")).abs() < 1e-12, "both are of the same calls");
}

#[observed(summary)]
fn alone() {}

#[test]
fn a_summary_alone_has_a_name_of_its_own_and_the_usual_quantiles() {
    let name = "tallied_tests_function_duration_quantiles_seconds";
    let labels = [("function", "alone"), OK];
    assert_eq!(value(&tallied::gather_metrics(), &format!("{name}_count"), &labels), None);
    alone();
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, &format!("{name}_count"), &labels), Some(1.0));
    for quantile in ["0.5", "0.9", "0.99"] {
        assert!(value(&text, name, &[labels[0], OK, ("quantile", quantile)]).is_some_and(|value| value >= 0.0));
    }
    assert_eq!(value(&text, "tallied_tests_function_calls_total", &labels), Some(1.0));
}

#[observed(task_name, histogram(unit = "ms"), summary(unit = "us"))]
fn millis() {
    work(3_000);
}

#[observed(histogram(name = "durations.step_us", buckets = [1.0, 1e7], labels()), counter = "durations.steps.done", allow(base_unit))]
fn micros() {
    work(50);
}

#[test]
fn durations_are_in_the_unit_that_the_attribute_or_the_name_says() {
    millis();
    micros();
    let text = tallied::gather_metrics();
    let labels = [("task_name", "millis"), OK];
    let sum = value(&text, "tallied_tests_task_duration_ms_sum", &labels).unwrap();
    assert!((3.0..2_000.0).contains(&sum), "{sum}");
    let bucket = |le| value(&text, "tallied_tests_task_duration_ms_bucket", &[labels[0], OK, ("le", le)]);
    assert_eq!([bucket("1"), bucket("300000")], [Some(0.0), Some(1.0)], "the standard buckets, in milliseconds");
    let sum = value(&text, "tallied_tests_task_duration_quantiles_us_sum", &labels).unwrap();
    assert!((3_000.0..2e6).contains(&sum), "{sum}");
    let sum = value(&text, "durations_step_us_sum", &[]).unwrap();
    assert!((50.0..2e6).contains(&sum), "{sum}");
    assert_eq!(value(&text, "durations_step_us_bucket", &[("le", "1")]), Some(0.0));
    assert_eq!(value(&text, "durations_steps_done_total", &[OK]), Some(1.0), "a dotted counter has its `_total`");
    let catalogue = tallied::catalogue();
    let written = |name: &str| catalogue.families().iter().find(|family| family.name() == name).unwrap().written();
    assert_eq!(written("durations_step_us"), "durations.step_us");
    assert_eq!(written("durations_steps_done_total"), "durations.steps.done");
}

#[observed(
    counter(name = "durations_quiet_total", zero = false),
    in_flight(name = "durations_quiet", zero = false),
    histogram(name = "durations_quiet_seconds", zero = true)
)]
fn quiet() {}

#[test]
fn zeros_are_as_the_attribute_says() {
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "durations_quiet_total"), [""; 0]);
    assert_eq!(series(&text, "durations_quiet"), [""; 0]);
    assert_eq!(value(&text, "durations_quiet_seconds_count", &[OK]), Some(0.0));
    quiet();
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "durations_quiet_total"), ["durations_quiet_total{status=\"ok\"} 1"]);
    assert_eq!(series(&text, "durations_quiet"), ["durations_quiet 0"]);
    assert_eq!(value(&text, "durations_quiet_seconds_count", &[OK]), Some(1.0));
}

#[derive(Clone, Copy, Label, Outcome)]
enum TaskStatus {
    #[outcome(ok)]
    Completed,
    #[outcome(error, panicked)]
    Failed,
    Scheduled,
}

#[derive(LabelSet)]
struct Task {
    status: TaskStatus,
}

#[derive(Metrics)]
#[metrics(prefix = "durations")]
struct Tasks {
    /// Tasks by what became of them.
    tasks_total: Counter<Task>,
}

static TASKS: Tasks = Tasks::new();

#[observed(status = TaskStatus, counter = "durations_tasks_total")]
fn task(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[derive(Metrics)]
#[metrics(prefix = "durations")]
struct Jobs {
    /// Jobs, by whatever counts them.
    jobs_total: Counter,
}

static JOBS: Jobs = Jobs::new();

#[observed(counter(name = "durations_jobs_total", labels()))]
fn job() {}

#[test]
fn so_do_those_that_have_no_label_to_tell_them_apart() {
    job();
    JOBS.jobs_total.add(2);
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "durations_jobs_total", &[]), Some(3.0));
    assert!(text.contains("# HELP durations_jobs_total Jobs, by whatever counts them.\n"), "{text}");
    let conflicts = tallied::init().map_or_else(|conflicts| conflicts.to_string(), |()| String::new());
    assert!(!conflicts.contains("durations_jobs_total"), "{conflicts}");
}

#[test]
fn an_attribute_and_a_group_feed_one_family() {
    TASKS.tasks_total.with(Task { status: TaskStatus::Scheduled }).add(2);
    let _ = (task(true), task(false));
    TASKS.tasks_total.with(Task { status: TaskStatus::Failed }).inc();
    let text = tallied::gather_metrics();
    let of = |status| value(&text, "durations_tasks_total", &[("status", status)]);
    assert_eq!([of("completed"), of("failed"), of("scheduled")], [Some(1.0), Some(2.0), Some(2.0)]);
    let conflicts = tallied::init().map_or_else(|conflicts| conflicts.to_string(), |()| String::new());
    assert!(!conflicts.contains("durations_tasks_total"), "it is no conflict: {conflicts}");
    let help = "# HELP durations_tasks_total Tasks by what became of them.\n";
    assert!(text.contains(help), "the help is the one that was written: {text}");
    let listed = tallied::catalogue();
    assert!(listed.families().iter().any(|family| family.help() == "Tasks by what became of them."));
    assert_eq!(text.matches("# TYPE durations_tasks_total ").count(), 1);
    assert_eq!(series(&text, "durations_tasks_total").len(), 3);
}

#[observed(histogram(name = "durations_native_seconds", native, labels()))]
fn native(micros: u64) {
    work(micros);
}

#[test]
fn native_buckets_do_not_change_what_the_text_says() {
    native(10);
    native(20);
    assert_eq!(value(&tallied::gather_metrics(), "durations_native_seconds_count", &[]), Some(2.0));
    let mut out = Vec::new();
    tallied::encode(tallied::Format::Protobuf, &mut out);
    assert!(out.windows(24).any(|bytes| bytes == b"durations_native_seconds"));
}

#[observed(
    histogram(name = "durations_polls_seconds", labels()),
    busy(name = "durations_busy_ms", native, labels()),
    allow(base_unit)
)]
async fn polled() {
    work(1_500);
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn the_time_inside_polls_has_a_unit_of_its_own() {
    polled().await;
    let text = tallied::gather_metrics();
    let sum = value(&text, "durations_busy_ms_sum", &[]).unwrap();
    assert!((1.5..2_000.0).contains(&sum), "{sum}");
    assert_eq!(value(&text, "durations_busy_ms_bucket", &[("le", "1")]), Some(0.0));
}

#[observed(histogram(name = "durations_native_waits", native, labels()))]
fn native_without_a_unit() {
    work(1_000);
}

#[test]
fn native_buckets_are_in_the_unit_of_the_sum_whatever_the_name_is() {
    native_without_a_unit();
    let test = "native_buckets_are_in_the_unit_of_the_sum_whatever_the_name_is";
    let Some(python) = tallied_tests::judges::find(test, "python3") else { return };
    let mut out = Vec::new();
    tallied::encode(tallied::Format::Protobuf, &mut out);
    let body = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(body.path(), out).unwrap();
    let script = tallied_tests::judges::workspace().join("tests/judges/read.py");
    let mut command = std::process::Command::new(python);
    let output = command.arg("-B").arg(script).arg("protobuf").stdin(body.reopen().unwrap()).output().unwrap();
    let families: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let family = families.as_array().unwrap().iter().find(|family| family["name"] == "durations_native_waits").unwrap();
    let buckets = family["native"][0][1]["buckets"].as_object().unwrap();
    // 1 ms is in bucket -79, a second in bucket 0.
    assert!(!buckets.is_empty() && buckets.keys().all(|index| (-80..8).contains(&index.parse().unwrap())), "{family}");
}
