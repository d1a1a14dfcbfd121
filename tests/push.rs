//! A real Pushgateway takes what is pushed, and what it refuses is told.

use std::process::Command;
use std::time::{Duration, Instant};

use tallied::push::{Push, PushError};
use tallied::{Counter, Metrics};
use tallied_tests::exposition::value;
use tallied_tests::http::request;
use tallied_tests::judges::find;
use tallied_tests::program::{Running, wait_for};

#[derive(Metrics)]
#[metrics(prefix = "pushed")]
struct Batch {
    /// Rows that were moved.
    rows_total: Counter,
}

static BATCH: Batch = Batch::new();

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn a_gateway_takes_what_is_pushed() {
    let Some(program) = find("a_gateway_takes_what_is_pushed", "prometheus-pushgateway") else { return };
    // Another program may take the free port before the gateway does: then the next one.
    let (address, _gateway) = (0..5)
        .find_map(|_| {
            let address = free_address();
            let mut gateway = Running::start(Command::new(&program).arg(format!("--web.listen-address={address}")));
            let ready = wait_for("the gateway to be ready", || {
                let ready = request(&address, "GET", "/-/ready").is_ok_and(|answer| answer.head.contains(" 200 "));
                (ready || !gateway.is_running()).then_some(ready)
            });
            ready.then_some((address, gateway))
        })
        .expect("a gateway starts");
    let push =
        Push::to(format!("http://{address}")).job("nightly").grouping("path", "/var/größe").grouping("empty", "");
    BATCH.rows_total.add(7);
    push.replace().unwrap();
    let rows = || {
        let text = request(&address, "GET", "/metrics").unwrap().body;
        value(
            &text,
            "pushed_rows_total",
            &[("empty", ""), ("instance", ""), ("job", "nightly"), ("path", "/var/größe")],
        )
    };
    assert_eq!(rows(), Some(7.0));
    BATCH.rows_total.inc();
    push.add().unwrap();
    assert_eq!(rows(), Some(8.0));
    push.delete().unwrap();
    assert_eq!(rows(), None);
    // A label of the group that a series has too is refused by nobody; an address that is none of the gateway's is.
    let wrong = Push::to(format!("http://{address}/elsewhere")).replace().unwrap_err();
    assert!(matches!(&wrong, PushError::Refused { status: 404, .. }), "{wrong}");
}

#[test]
fn a_gateway_that_is_away_is_told_with_its_address() {
    let address = free_address();
    let away = Push::to(format!("http://{address}")).replace().unwrap_err();
    assert!(matches!(away, PushError::Unreachable { .. }));
    let said = away.to_string();
    assert!(
        said.contains(&format!("http://{address}/metrics/job@base64/")) && said.contains("is it running"),
        "{said}"
    );
    assert!(said.to_lowercase().contains("refused"), "{said}");
    // One that takes the connection and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Push::to(format!("http://{}", listener.local_addr().unwrap())).timeout(Duration::from_millis(50));
    let began = Instant::now();
    assert!(matches!(silent.replace(), Err(PushError::Unreachable { .. })));
    assert!(began.elapsed() < Duration::from_secs(60), "it does not wait for ever");
}
