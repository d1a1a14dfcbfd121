//! What checks find, whatever they do.
#![cfg(feature = "health")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tallied_service::health::{AppStatus, Check, Finding, Health, Status, Threshold};

fn json(report: &tallied_service::health::Report) -> serde_json::Value {
    serde_json::to_value(report).unwrap()
}

#[tokio::test]
async fn a_report_has_the_status_of_its_worst_check_and_their_figures() {
    let health = Health::builder()
        .version("0.5.0")
        .uptime_key("uptime_secs")
        .check(Check::new("database", || async {
            Finding::healthy().figure("connections_active", 5).figure("connections_max", 20).figure("status", "hidden")
        }))
        .check(Check::new("cache", || async { Finding::degraded("cold").figure("hit_rate", 0.1) }).optional())
        .build();
    health.set_app("marketing", AppStatus::running().version("abc1234"));
    let report = health.report().await;
    assert_eq!(
        json(&report),
        json!({"status": "degraded", "version": "0.5.0", "uptime_secs": 0, "checks": {
            "database": {"status": "healthy", "connections_active": 5, "connections_max": 20},
            "cache": {"status": "degraded", "error": "cold", "hit_rate": 0.1}},
            "apps": {"marketing": {"status": "running", "version": "abc1234"}}})
    );
    // In the order in which they were said.
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.starts_with(r#"{"status":"degraded","version":"0.5.0","uptime_secs":0,"checks":{"database":{"status":"healthy","connections_active":5,"#), "{text}");
}

#[tokio::test]
async fn what_is_critical_decides_and_what_is_optional_degrades() {
    let health = |critical: bool, optional: bool| {
        Health::builder()
            .check(Check::new("critical", move || async move { critical }))
            .check(Check::new("optional", move || async move { optional }).optional())
            .build()
    };
    for (critical, optional, expected) in [
        (true, true, Status::Healthy),
        (true, false, Status::Degraded),
        (false, true, Status::Unhealthy),
        (false, false, Status::Unhealthy),
    ] {
        let health = health(critical, optional);
        assert_eq!(health.was_healthy(), None);
        assert_eq!(health.report().await.status(), expected);
        assert_eq!(health.is_healthy().await, critical);
        assert_eq!(health.was_healthy(), Some(critical));
        // The optional one is not asked.
        assert_eq!(health.readiness().await.checks().count(), 1);
        assert_eq!(health.readiness().await.is_serving(), critical);
        assert!(health.liveness().await.is_serving());
    }
    let failed = health(true, true);
    failed.set_app("api", AppStatus::failed());
    assert_eq!(failed.report().await.status(), Status::Degraded);
    failed.remove_app("api");
    assert_eq!(failed.report().await.status(), Status::Healthy);
}

#[tokio::test]
async fn what_checks_like_to_return_is_a_finding() {
    let found = async |check: Check| {
        let report = Health::builder().check(check).build().report().await;
        let finding = report.checks().next().unwrap().1.clone();
        (finding.status(), finding.why().map(str::to_owned))
    };
    assert_eq!(found(Check::new("a", || async {})).await, (Status::Healthy, None));
    assert_eq!(found(Check::new("a", || async { false })).await, (Status::Unhealthy, None));
    assert_eq!(found(Check::new("a", || async { Ok::<_, String>(true) })).await, (Status::Healthy, None));
    let error = "x".parse::<u8>();
    let error = move || {
        let error = error.clone();
        async move { error.map(|_| ()) }
    };
    assert_eq!(found(Check::new("a", error)).await, (Status::Unhealthy, Some("invalid digit found in string".into())));
}

#[tokio::test]
async fn a_check_that_hangs_is_unhealthy_when_its_time_is_over_and_holds_up_no_other() {
    let began = Instant::now();
    let dropped = Arc::new(());
    let held = dropped.clone();
    // Each waits for the other.
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let meets = |name| {
        let both = both.clone();
        Check::new(name, move || {
            let both = both.clone();
            async move { _ = both.wait().await }
        })
    };
    let health = Health::builder()
        .check(
            Check::new("hangs", move || {
                let held = held.clone();
                async move {
                    std::future::pending::<()>().await;
                    drop(held);
                }
            })
            .limit(Duration::from_millis(100)),
        )
        .check(meets("one"))
        .check(meets("other"))
        .build();
    let report = health.report().await;
    assert!(began.elapsed() < Duration::from_secs(2), "they run side by side");
    assert_eq!(report.check("hangs").unwrap().why(), Some("the check took longer than 100ms"));
    assert_eq!(report.check("one").unwrap().status(), Status::Healthy);
    // It is not left running.
    while Arc::strong_count(&dropped) > 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_check_that_panics_is_unhealthy() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "dropped");
        }
    }
    let health = Health::builder()
        .check(Check::new("polled", || async { panic!("in the future") as () }))
        .check(Check::new("made", || -> std::future::Ready<()> { panic!("before the future") }))
        .check(Check::new("bomb", || async { std::panic::panic_any(Bomb) as () }))
        .check(Check::new("fine", || async {}))
        .build();
    let report = health.report().await;
    for name in ["polled", "made", "bomb"] {
        assert_eq!(report.check(name).unwrap().why(), Some("the check panicked"), "{name}");
    }
    assert_eq!(report.check("fine").unwrap().status(), Status::Healthy);
}

#[tokio::test]
async fn what_was_found_is_kept_for_a_moment_and_many_who_ask_share_a_run() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let check = Check::new("counted", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now()
    });
    let health = Health::builder().check(check.keep(Duration::from_secs(3600))).build();
    futures_util::future::join_all((0..50).map(|_| health.report())).await;
    health.report().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);

    let counted = runs.clone();
    let check = Check::new("each time", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    });
    let health = Health::builder().check(check.keep(Duration::ZERO)).build();
    for _ in 0..3 {
        health.report().await;
    }
    assert_eq!(runs.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn who_asks_and_goes_away_does_not_keep_others_from_an_answer() {
    let let_go = Arc::new(tokio::sync::Notify::new());
    let wait = let_go.clone();
    let waits = Check::new("waits", move || wait.clone().notified_owned());
    let health = Health::builder().check(waits.keep(Duration::ZERO)).build();
    let gone = tokio::time::timeout(Duration::from_millis(1), health.report()).await;
    assert!(gone.is_err());
    let_go.notify_one();
    assert_eq!(health.report().await.status(), Status::Healthy);
}

#[tokio::test]
async fn figures_past_a_threshold_degrade() {
    let check = |figure: f64| {
        Check::new("pool", move || async move { Finding::healthy().figure("used", figure) })
            .threshold("used", Threshold::above(0.8, 0.9))
    };
    for (figure, expected) in [
        (0.8, Status::Healthy),
        (0.81, Status::Degraded),
        (0.9, Status::Degraded),
        (0.91, Status::Unhealthy),
        (f64::NAN, Status::Unhealthy),
    ] {
        let report = Health::builder().check(check(figure)).build().report().await;
        assert_eq!(report.status(), expected, "{figure}");
    }
    // What is configured counts.
    let configured = Health::builder().check(check(0.5)).threshold("pool", "used", Threshold::below(0.6, None)).build();
    let report = configured.report().await;
    assert_eq!(report.check("pool").unwrap().why(), Some("used is 0.5, below 0.6"));
    assert_eq!(report.status(), Status::Degraded);
}

#[tokio::test]
async fn a_gate_holds_until_the_start_is_done_and_shutting_down_is_for_good() {
    let health = Health::builder().start_gate().build();
    assert_eq!((health.readiness().await.is_serving(), health.readiness().await.reason()), (false, Some("starting")));
    assert!(health.liveness().await.is_serving() && health.report().await.is_serving());
    health.started();
    assert!(health.readiness().await.is_serving());
    health.shut_down();
    assert_eq!(
        (health.readiness().await.is_serving(), health.readiness().await.reason()),
        (false, Some("shutting down"))
    );
    assert!(health.liveness().await.is_serving());
    health.started();
    assert!(!health.readiness().await.is_serving());
}

#[tokio::test]
async fn the_latency_of_a_check_is_a_figure_when_it_is_asked_for() {
    let check = Check::new("database", || tokio::time::sleep(Duration::from_millis(10))).latency();
    let report = Health::builder().check(check).build().report().await;
    let latency = report.check("database").unwrap().figure_of("latency_ms").unwrap().as_f64().unwrap();
    assert!(latency >= 10.0, "{latency}");
}

#[tokio::test]
#[cfg(feature = "metrics")]
async fn each_check_is_a_gauge() {
    let health = Health::builder()
        .check(Check::new("gauge healthy", || async {}))
        .check(Check::new("gauge degraded", || async { Finding::degraded("so so") }))
        .check(Check::new("gauge unhealthy", || async { false }))
        .build();
    let watch = tokio::spawn(health.watch(Duration::from_millis(1)));
    while health.was_healthy().is_none() {
        tokio::task::yield_now().await;
    }
    let value = |check: &str| tallied::testing::value("health_check_status", &[("check", check)]);
    assert_eq!(["gauge healthy", "gauge degraded", "gauge unhealthy"].map(value), [Some(1.0), Some(0.5), Some(0.0)]);
    health.shut_down();
    watch.await.unwrap();
}

#[tokio::test]
async fn a_check_that_hangs_is_told_though_nobody_waits_as_long_as_it_may_take() {
    let hangs = Arc::new(AtomicUsize::new(0));
    let state = hangs.clone();
    let check = Check::new("hangs later", move || {
        let hangs = state.load(Ordering::SeqCst) > 0;
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
        }
    });
    let health = Health::builder().check(check.keep(Duration::ZERO).limit(Duration::from_millis(50))).build();
    assert!(health.is_healthy().await);
    hangs.store(1, Ordering::SeqCst);
    while health.was_healthy() == Some(true) {
        // A probe of little patience.
        let _ = tokio::time::timeout(Duration::from_millis(5), health.readiness()).await;
    }
    assert_eq!(health.was_healthy(), Some(false));
}

#[test]
fn checks_run_where_the_health_was_built() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (own, other) = (runtime(), runtime());
    let id = own.block_on(async { tokio::runtime::Handle::current().id() });
    let ran_in_own = move || async move { tokio::runtime::Handle::current().id() == id };
    let health =
        own.block_on(async { Health::builder().check(Check::new("where", ran_in_own).keep(Duration::ZERO)).build() });
    assert!(other.block_on(health.is_healthy()));
    // Where it has ended nothing can be checked.
    drop(own);
    let report = other.block_on(health.report());
    assert_eq!(report.check("where").unwrap().why(), Some("the check was stopped"));
}

#[tokio::test]
async fn an_uptime_that_is_called_as_another_key_is_called_as_ever() {
    let report = Health::builder().uptime_key("status").build().report().await;
    assert_eq!(serde_json::to_string(&report).unwrap(), "{\"status\":\"healthy\",\"uptime_seconds\":0,\"checks\":{}}");
}

#[tokio::test]
async fn a_figure_with_a_threshold_that_is_no_number_or_not_told_is_no_healthy_one() {
    let status = async |finding: Finding| {
        let check =
            Check::new("a", move || std::future::ready(finding.clone())).threshold("used", Threshold::above(0.8, 0.9));
        let report = Health::builder().check(check).build().report().await;
        let found = report.check("a").unwrap();
        (found.status(), found.why().map(str::to_owned))
    };
    let untold = (Status::Degraded, Some("used has a threshold, and the check does not tell it".to_owned()));
    assert_eq!(status(Finding::healthy()).await, untold);
    assert_eq!(status(Finding::healthy().figure("used", "most of it")).await.0, Status::Unhealthy);
}

#[tokio::test]
async fn a_service_that_drains_is_not_ready_and_still_there() {
    let health = Health::default();
    let draining = tokio::spawn({
        let health = health.clone();
        async move { health.drain(Duration::from_millis(100)).await }
    });
    while health.readiness().await.is_serving() {
        tokio::task::yield_now().await;
    }
    assert!(!draining.is_finished() && health.liveness().await.is_serving());
    draining.await.unwrap();
}
