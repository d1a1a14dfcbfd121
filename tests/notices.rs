//! What is left out of a scrape is said once, as a warning, and never inside a call.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tallied_tests::exposition::value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let metadata = event.metadata();
        self.0.lock().unwrap().push(format!("{} {} {}", metadata.level(), metadata.target(), message.0));
    }
}

impl Events {
    fn during(body: impl FnOnce()) -> Vec<String> {
        let events = Events::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(events.clone()), body);
        std::mem::take(&mut *events.0.lock().unwrap())
    }
}

#[tallied::observed(histogram = "contested_seconds")]
fn first() {}

#[tallied::observed(histogram = "contested_seconds", buckets = [1.0])]
fn second() {}

#[tallied::observed(counter = "contested_seconds_sum_of_all")]
fn third() {}

// One test: what was told stays told.
#[test]
fn what_is_left_out_is_said_once_at_a_scrape_with_both_places() {
    let calls = Events::during(|| {
        first();
        second();
        third();
    });
    assert_eq!(calls, [""; 0], "no event of ours inside a call");
    let mut text = String::new();
    let told = Events::during(|| text = tallied::gather_metrics());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("WARN tallied the family `contested_seconds` at "), "{told:?}");
    assert!(
        told[0].contains("has not the buckets that it has at") && told[0].matches("notices.rs:").count() == 2,
        "{told:?}"
    );
    assert_eq!(value(&text, "contested_seconds_count", &[("status", "ok")]), Some(1.0));
    assert_eq!(Events::during(|| drop(tallied::gather_metrics())), [""; 0], "once is enough");
    let registered = prometheus::IntGauge::new("contested_seconds_count", "Theirs.").unwrap();
    tallied::registry().register(Box::new(registered)).unwrap();
    let told = Events::during(|| drop(tallied::gather_metrics()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("its sample `contested_seconds_count` belongs to the family `contested_seconds`"),
        "{told:?}"
    );
}
