//! The events that a program would have logged.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Collects events while something runs.
#[derive(Clone, Default)]
pub struct Events(Arc<Mutex<Vec<String>>>);

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
    /// What a program would have logged: level, target and message of each event.
    ///
    /// # Panics
    ///
    /// If the collector panicked before.
    #[must_use]
    pub fn during(body: impl FnOnce()) -> Vec<String> {
        let events = Events::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(events.clone()), body);
        std::mem::take(&mut *events.0.lock().unwrap())
    }
}
