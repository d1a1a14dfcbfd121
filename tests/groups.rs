//! Metric groups: what their fields count, and what they refuse.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Info, Label, LabelSet, Metrics, Summary, buckets};
use tallied_tests::exposition::{series, value};

#[derive(Clone, Copy, Label)]
enum Status {
    Completed,
    Failed,
}

#[derive(LabelSet)]
struct Task {
    status: Status,
}

#[derive(LabelSet)]
struct Cache<'a> {
    hit: bool,
    #[label(max = 2)]
    app: &'a str,
}

const SIZES: [f64; 3] = buckets::exponential(256.0, 4.0);

/// What a worker reports.
#[derive(Metrics)]
#[metrics(prefix = "groups")]
#[allow(dead_code)] // a family is there though nobody names it
struct Worker {
    /// Tasks waiting to be picked up.
    queue_depth: Gauge,
    /// Tasks that are running,
    /// right now.
    ///
    /// This paragraph is for those who read the source.
    running_tasks: Gauge<(), i64>,
    /// Tasks by what became of them.
    tasks_total: Counter<Task>,
    /// Money.
    earned_euros_total: Counter<(), f64>,
    /// Reads of the cache.
    reads_total: Counter<Cache<'static>>,
    /// Load by status.
    load: Gauge<Task>,
    /// Time between two polls.
    poll_interval_seconds: Histogram,
    /// Time of a step.
    #[metrics(buckets = [1.0, 10.0], unit = "ms", allow(base_unit))]
    step_ms: Histogram<Task>,
    /// Size of a payload.
    #[metrics(buckets = SIZES)]
    payload_bytes: Histogram,
    /// Differences of temperature.
    #[metrics(buckets = [-1.0, 0.0, 1.0])]
    drift_celsius: Histogram,
    /// Time to render.
    render_duration_seconds: Summary,
    /// Time to render by status.
    #[metrics(quantiles = [0.0, 1.0], unit = "us", allow(base_unit))]
    render_us: Summary<Task>,
    /// The build.
    build_info: Info<Cache<'static>>,
    /// Always there.
    alive_info: Info,
    /// Seen when it is set.
    #[metrics(zero = false)]
    seldom: Gauge<Task>,
    /// Seen when it is set.
    #[metrics(zero = false)]
    never: Gauge<(), i64>,
    /// Seen when it counted.
    #[metrics(zero = false)]
    seldom_total: Counter<Task>,
    /// Seen from the start.
    #[metrics(zero = true)]
    early_seconds: Histogram<Task>,
    /// Under another name.
    #[metrics(rename = "steps.created")]
    steps: Counter,
    /// Read at the scrape.
    open_files: Gauge,
    /// Read at the scrape.
    faults_total: Counter<(), f64>,
    /// Read at the scrape.
    threads: Gauge<Task, i64>,
}

static WORKER: Worker = Worker::new();
static AGAIN: Worker = Worker::new();

const COMPLETED: [(&str, &str); 1] = [("status", "completed")];
const FAILED: [(&str, &str); 1] = [("status", "failed")];

fn now(name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    value(&tallied::gather_metrics(), name, labels)
}

#[test]
fn a_gauge_holds_what_it_was_set_to() {
    WORKER.queue_depth.set(12.5);
    WORKER.queue_depth.inc();
    WORKER.queue_depth.sub(0.5);
    assert_eq!(now("groups_queue_depth", &[]), Some(13.0));
    assert!((WORKER.queue_depth.get() - 13.0).abs() < f64::EPSILON);
    WORKER.load.with(Task { status: Status::Failed }).set(f64::NEG_INFINITY);
    assert_eq!(now("groups_load", &FAILED), Some(f64::NEG_INFINITY));
    WORKER.load.with(Task { status: Status::Failed }).set(f64::NAN);
    assert!(now("groups_load", &FAILED).is_some_and(f64::is_nan));
    assert_eq!(now("groups_load", &COMPLETED), Some(0.0));
}

#[test]
fn a_guard_lets_go_by_whatever_way() {
    let running = &WORKER.running_tasks;
    let first = running.guard();
    let _ = catch_unwind(|| {
        let _second = running.guard();
        assert_eq!(running.get(), 2);
        panic!("the work failed");
    });
    assert_eq!(running.get(), 1);
    drop(first);
    running.set(i64::MIN);
    running.dec();
    assert_eq!(running.get(), i64::MAX, "it wraps, and does not panic");
    running.set(0);
    let text = tallied::gather_metrics();
    let help = text.lines().find(|line| line.starts_with("# HELP groups_running_tasks"));
    assert_eq!(help, Some("# HELP groups_running_tasks Tasks that are running, right now."));
}

#[test]
fn a_counter_counts_by_label_set_and_two_groups_of_a_type_are_one() {
    WORKER.tasks_total.with(Task { status: Status::Completed }).inc();
    AGAIN.tasks_total.with(&Task { status: Status::Completed }).add(2);
    let kept = WORKER.tasks_total.with(Task { status: Status::Completed });
    kept.inc();
    assert_eq!(kept.get(), 4);
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "groups_tasks_total").len(), 2, "no series appears twice");
    assert_eq!(value(&text, "groups_tasks_total", &COMPLETED), Some(4.0));
    assert_eq!(value(&text, "groups_tasks_total", &FAILED), Some(0.0), "at zero from the start");
}

#[test]
fn a_counter_of_floats_takes_what_is_not_below_zero() {
    let earned = &WORKER.earned_euros_total;
    earned.add(0.25);
    earned.add(0.0);
    earned.add(-0.0);
    earned.inc();
    for wrong in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -f64::MIN_POSITIVE] {
        earned.add(wrong);
    }
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "groups_earned_euros_total", &[]), Some(1.25));
    assert_eq!(value(&text, "tallied_rejected_total", &[("family", "groups_earned_euros_total")]), Some(5.0));
    WORKER.steps.add(u64::MAX);
    WORKER.steps.add(3);
    assert_eq!(WORKER.steps.get(), 2, "it wraps, and does not panic");
}

#[test]
fn borrowed_labels_and_open_ended_ones_find_their_series() {
    let text = String::from("shop");
    WORKER.reads_total.with(Cache { hit: true, app: &text }).inc();
    drop(text);
    for app in ["blog", "wiki", "shop"] {
        WORKER.reads_total.with(Cache { hit: false, app }).inc();
    }
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "groups_reads_total", &[("hit", "true"), ("app", "shop")]), Some(1.0));
    assert_eq!(value(&text, "groups_reads_total", &[("hit", "false"), ("app", "_other")]), Some(1.0));
    let lost = value(&text, "tallied_label_overflow_total", &[("family", "groups_reads_total"), ("label", "app")]);
    assert_eq!(lost, Some(1.0));
}

#[test]
fn a_histogram_converts_durations_to_its_unit() {
    let step = WORKER.step_ms.with(Task { status: Status::Completed });
    step.observe(Duration::from_millis(1));
    step.observe(Duration::from_micros(1001));
    step.observe(7);
    step.observe(Duration::from_secs(1));
    let text = tallied::gather_metrics();
    let bucket = |le| value(&text, "groups_step_ms_bucket", &[("status", "completed"), ("le", le)]);
    assert_eq!([bucket("1"), bucket("10"), bucket("+Inf")], [Some(1.0), Some(3.0), Some(4.0)]);
    assert_eq!(value(&text, "groups_step_ms_sum", &COMPLETED), Some(1.0 + 1.001 + 7.0 + 1000.0));
    assert_eq!(value(&text, "groups_step_ms_count", &FAILED), None, "not before the first observation");
    assert_eq!(value(&text, "groups_early_seconds_count", &FAILED), Some(0.0), "unless it is asked for");
    assert_eq!(step.get(), (4, 1009.001));
}

#[test]
fn a_histogram_refuses_what_is_not_finite() {
    let drift = &WORKER.drift_celsius;
    for observed in [-5.0, -1.0, -0.5, 0.0, 1.0, 1.5] {
        drift.observe(observed);
    }
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        drift.observe(wrong);
    }
    let text = tallied::gather_metrics();
    let bucket = |le| value(&text, "groups_drift_celsius_bucket", &[("le", le)]);
    assert_eq!([bucket("-1"), bucket("0"), bucket("1"), bucket("+Inf")], [Some(2.0), Some(4.0), Some(5.0), Some(6.0)]);
    assert_eq!(value(&text, "groups_drift_celsius_sum", &[]), Some(-4.0));
    assert_eq!(value(&text, "tallied_rejected_total", &[("family", "groups_drift_celsius")]), Some(3.0));
}

#[test]
fn a_timer_observes_once_by_whatever_way() {
    let poll = &WORKER.poll_interval_seconds;
    let count = || poll.get().0;
    assert_eq!(poll.time(|| 7), 7);
    assert_eq!(count(), 1);
    assert!(poll.start_timer().stop() < Duration::from_secs(60));
    assert_eq!(count(), 2);
    let _ = poll.start_timer().discard();
    assert_eq!(count(), 2);
    let failed = catch_unwind(AssertUnwindSafe(|| poll.time(|| panic!("the poll failed"))));
    assert!(failed.is_err());
    assert_eq!(count(), 3);
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "groups_poll_interval_seconds_bucket", &[("le", "300")]), Some(3.0));
}

#[test]
fn buckets_are_made_while_compiling() {
    WORKER.payload_bytes.observe(1024u64);
    let text = tallied::gather_metrics();
    let bucket = |le| value(&text, "groups_payload_bytes_bucket", &[("le", le)]);
    assert_eq!([bucket("256"), bucket("1024"), bucket("4096")], [Some(0.0), Some(1.0), Some(1.0)]);
}

#[test]
fn a_summary_tells_quantiles_count_and_sum() {
    let render = WORKER.render_us.with(Task { status: Status::Completed });
    for micros in [100, 200, 300] {
        render.observe(Duration::from_micros(micros));
    }
    render.observe(f64::NAN);
    let text = tallied::gather_metrics();
    let quantile = |q| value(&text, "groups_render_us", &[("status", "completed"), ("quantile", q)]);
    assert_eq!([quantile("0"), quantile("1")], [Some(100.0), Some(300.0)]);
    assert_eq!(value(&text, "groups_render_us_count", &COMPLETED), Some(3.0));
    assert_eq!(value(&text, "groups_render_us_sum", &COMPLETED), Some(600.0));
    assert_eq!(value(&text, "groups_render_us_count", &FAILED), None);
    assert_eq!(value(&text, "groups_render_duration_seconds_count", &[]), Some(0.0), "without labels from the start");
    assert!(value(&text, "groups_render_duration_seconds", &[("quantile", "0.99")]).is_some_and(f64::is_nan));
}

#[test]
fn an_info_shows_the_last_label_set_alone() {
    assert_eq!(series(&tallied::gather_metrics(), "groups_build_info").len(), 0);
    WORKER.build_info.set(Cache { hit: true, app: "1.0" });
    AGAIN.build_info.set(Cache { hit: false, app: "1.1" });
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "groups_build_info"), ["groups_build_info{hit=\"false\",app=\"1.1\"} 1"]);
    assert_eq!(value(&text, "groups_alive_info", &[]), Some(1.0));
}

#[test]
fn what_says_zero_false_is_seen_when_it_is_used() {
    let text = tallied::gather_metrics();
    for name in ["groups_seldom", "groups_never", "groups_seldom_total"] {
        assert_eq!(series(&text, name), [""; 0]);
        assert!(text.contains(&format!("# TYPE {name} ")), "its head is there");
    }
    WORKER.seldom.with(Task { status: Status::Failed }).set(0.0);
    WORKER.seldom_total.with(Task { status: Status::Failed }).inc();
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "groups_seldom"), ["groups_seldom{status=\"failed\"} 0"]);
    assert_eq!(series(&text, "groups_seldom_total"), ["groups_seldom_total{status=\"failed\"} 1"]);
}

#[test]
fn a_dotted_name_has_underscores_on_the_exposition() {
    assert!(tallied::gather_metrics().contains("# TYPE groups_steps_created_total counter\n"));
    let catalogue = tallied::catalogue();
    let steps = catalogue.families().iter().find(|family| family.name() == "groups_steps_created_total").unwrap();
    assert_eq!(steps.written(), "groups.steps.created");
}

#[test]
fn a_callback_is_asked_at_the_scrape_and_cannot_break_it() {
    let files = &WORKER.open_files;
    files.read_from(|| 17.0);
    assert_eq!(now("groups_open_files", &[]), Some(17.0));
    files.read_from(|| panic!("no such process"));
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "groups_open_files", &[]), None, "left out");
    assert!(text.contains("# TYPE groups_open_files gauge\n") && text.contains("groups_queue_depth "));
    files.read_from(|| value(&tallied::gather_metrics(), "groups_open_files", &[]).map_or(-1.0, |_| 1.0));
    assert_eq!(now("groups_open_files", &[]), Some(-1.0), "one that scrapes ends");
    WORKER.faults_total.read_from(|| -1.0);
    assert_eq!(now("groups_faults_total", &[]), None, "a counter is never below zero");
    WORKER.faults_total.read_from(|| 2.5);
    assert_eq!(now("groups_faults_total", &[]), Some(2.5));
    WORKER.threads.with(Task { status: Status::Failed }).read_from(|| i64::MIN);
    let text = tallied::gather_metrics();
    assert!(text.contains("groups_threads{status=\"failed\"} -9223372036854775808\n"));
    assert_eq!(value(&text, "groups_threads", &COMPLETED), Some(0.0));
}

#[test]
fn every_family_of_a_group_is_in_the_catalogue_with_its_line() {
    let catalogue = tallied::catalogue();
    let family = |name: &str| catalogue.families().iter().find(|family| family.name() == name).unwrap().clone();
    let source = include_str!("groups.rs");
    let line = |field: &str| {
        let at = source.lines().position(|line| line.trim_start().starts_with(&format!("{field}:"))).unwrap();
        u32::try_from(at + 1).unwrap()
    };
    let tasks = family("groups_tasks_total");
    assert_eq!((tasks.kind(), tasks.help()), ("counter", "Tasks by what became of them."));
    assert_eq!((tasks.labels(), tasks.series()), (&[("status", 2)][..], 2));
    assert!(tasks.place().0.ends_with("groups.rs"));
    for (name, field) in [("groups_tasks_total", "tasks_total"), ("groups_alive_info", "alive_info")] {
        assert_eq!(family(name).place().1, line(field));
    }
    assert_eq!(family("groups_step_ms").series(), 2 * (2 + 3));
    assert_eq!(family("groups_step_ms").unit(), Some("ms"));
    assert_eq!(family("groups_render_us").series(), 2 * (2 + 2));
    assert_eq!(family("groups_build_info").kind(), "info");
    assert!(family("groups_render_us").bytes() > family("groups_tasks_total").bytes());
    let names: BTreeSet<&str> = catalogue.families().iter().map(tallied::CataloguedFamily::name).collect();
    assert_eq!(names.len(), catalogue.families().len());
    let json: serde_json::Value = serde_json::from_str(&catalogue.to_json()).unwrap();
    let families = json["families"].as_array().unwrap();
    assert_eq!(families.len(), names.len());
    let tasks = families.iter().find(|family| family["name"] == "groups_tasks_total").unwrap();
    assert_eq!(tasks["labels"], serde_json::json!([{"name": "status", "values": 2}]));
    assert_eq!(tasks["line"], line("tasks_total"));
    assert_eq!(json["series"], catalogue.series());
}

#[test]
fn eight_threads_lose_nothing() {
    #[derive(Metrics)]
    #[metrics(prefix = "groups_threads")]
    struct Busy {
        /// Counted.
        all_total: Counter<Task>,
        /// Added.
        sum_total: Counter<(), f64>,
        /// Observed.
        size_bytes_seconds: Histogram,
        /// Up and down.
        level: Gauge,
    }
    static BUSY: Busy = Busy::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for n in 0..5_000u32 {
                    let status = if n % 2 == 0 { Status::Completed } else { Status::Failed };
                    BUSY.all_total.with(Task { status }).inc();
                    BUSY.sum_total.add(0.5);
                    BUSY.size_bytes_seconds.observe(n);
                    BUSY.size_bytes_seconds.observe(Duration::from_secs(1));
                    let _up = BUSY.level.guard();
                }
            });
        }
    });
    assert_eq!(BUSY.all_total.with(Task { status: Status::Failed }).get(), 20_000);
    assert!((BUSY.sum_total.get() - 20_000.0).abs() < f64::EPSILON);
    assert_eq!(BUSY.size_bytes_seconds.get(), (80_000, 8.0 * (4_999.0 * 2_500.0 + 5_000.0)));
    assert!(BUSY.level.get().abs() < f64::EPSILON);
}

/// Two groups of different types that feed the same families.
mod together {
    use tallied::{Counter, Gauge, Histogram, Info, LabelSet, Metrics};

    #[derive(LabelSet)]
    pub(super) struct Of<'a> {
        #[label(max = 1)]
        pub(super) who: &'a str,
    }

    #[derive(Metrics)]
    #[metrics(prefix = "together")]
    #[allow(dead_code)]
    pub(super) struct First {
        /// Always there.
        about_info: Info,
        /// Time.
        #[metrics(native)]
        pub(super) wait_seconds: Histogram,
        /// Summed.
        pub(super) all_total: Counter,
        /// Set.
        pub(super) level: Gauge<Of<'static>, i64>,
    }

    #[derive(Metrics)]
    #[metrics(prefix = "together")]
    #[allow(dead_code)]
    pub(super) struct Second {
        /// Always there.
        about_info: Info,
        /// Time.
        pub(super) wait_seconds: Histogram,
        /// Summed.
        pub(super) all_total: Counter<(), f64>,
    }

    pub(super) static FIRST: First = First::new();
    pub(super) static SECOND: Second = Second::new();
}

#[test]
fn an_info_from_two_places_is_still_one() {
    assert_eq!(now("together_about_info", &[]), Some(1.0));
}

#[test]
fn a_family_is_native_at_all_of_its_places_or_not_at_all() {
    together::FIRST.wait_seconds.observe(1.0);
    together::SECOND.wait_seconds.observe(1.0);
    together::FIRST.all_total.add(2);
    together::SECOND.all_total.add(0.5);
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "together_wait_seconds_count", &[]), Some(2.0));
    assert_eq!(value(&text, "together_all_total", &[]), Some(2.5), "whole numbers and floats add up");
    let conflicts = tallied::init().unwrap_err();
    let said = conflicts.to_string();
    assert!(said.contains("the family `together_wait_seconds` has native buckets at one of "), "{said}");
}

#[test]
fn what_was_lost_does_not_come_back() {
    let level = |who, value| together::FIRST.level.with(together::Of { who }).set(value);
    let labels = [("family", "together_level"), ("label", "who")];
    let lost = || now("tallied_label_overflow_total", &labels).unwrap();
    level("ada", 1);
    assert!(lost().abs() < f64::EPSILON);
    level("bob", 1);
    let once = lost();
    level("bob", 0);
    assert!(once > 0.0 && lost() >= once, "a counter never falls");
}

#[test]
fn a_duration_that_no_clock_measures_is_refused() {
    let wait = &BAD_CLOCK.wait_seconds;
    wait.observe(Duration::from_secs(5));
    wait.observe(Duration::MAX);
    wait.observe(f64::MAX);
    wait.observe(f64::MAX);
    wait.observe(Duration::ZERO);
    let (count, sum) = wait.get();
    assert!(count == 4 && sum.is_finite() && sum >= f64::MAX / 2.0, "{count} {sum}");
    assert_eq!(now("tallied_rejected_total", &[("family", "groups_clock_wait_seconds")]), Some(1.0));
    assert_eq!(now("groups_clock_wait_seconds_bucket", &[("le", "-1")]), Some(0.0), "no duration is below zero");
    assert_eq!(now("groups_clock_wait_seconds_bucket", &[("le", "0.5")]), Some(1.0));
}

#[derive(Metrics)]
#[metrics(prefix = "groups_clock")]
struct BadClock {
    /// Time.
    #[metrics(buckets = [-1.0, 0.5])]
    wait_seconds: Histogram,
}

static BAD_CLOCK: BadClock = BadClock::new();

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped");
    }
}

#[test]
fn what_a_callback_holds_may_panic_when_it_is_dropped() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    let bomb = Bomb;
    BOMBS.level.read_from(move || {
        let _ = &bomb;
        // From now on nobody but this call holds the bomb.
        ONCE.call_once(|| BOMBS.level.read_from(|| 2.0));
        1.0
    });
    let _ = tallied::gather_metrics();
    assert_eq!(now("groups_bombs_level", &[]), Some(2.0));
}

#[derive(Metrics)]
#[metrics(prefix = "groups_bombs")]
struct Bombs {
    /// Read.
    level: Gauge,
}

static BOMBS: Bombs = Bombs::new();
