//! Each call opens a span, and the body runs inside it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tallied::observed;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Writes down what happens, a line each.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn during(body: impl FnOnce()) -> Vec<String> {
        let notes = Notes::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(notes.clone()), body);
        notes.take()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        let parent = context.span(id).unwrap().parent().map_or("", |parent| parent.name());
        self.note(format!(
            "new {} {} {}{} in [{parent}]",
            metadata.level(),
            metadata.target(),
            metadata.name(),
            fields.0
        ));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.note(format!("enter {}", context.span(id).unwrap().name()));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.note(format!("exit {}", context.span(id).unwrap().name()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.note(format!("close {}", context.span(&id).unwrap().name()));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let inside = context.lookup_current().map_or("none", |span| span.name());
        self.note(format!("event {} in {inside}", event.metadata().level()));
    }
}

mod shop {
    #[tallied::observed(task_name)]
    pub fn outer(secret: &str) -> usize {
        tracing::info!("hello");
        inner() + secret.len()
    }

    #[tallied::observed]
    fn inner() -> usize {
        1
    }
}

#[test]
fn a_call_is_a_span_with_its_label_and_without_its_arguments() {
    let notes = Notes::during(|| {
        shop::outer("password");
    });
    assert_eq!(
        notes,
        [
            "new INFO spans::shop outer task_name=\"outer\" in []",
            "enter outer",
            "event INFO in outer",
            "new INFO spans::shop inner function=\"shop::inner\" in [outer]",
            "enter inner",
            "exit inner",
            "close inner",
            "exit outer",
            "close outer",
        ]
    );
}

#[observed(task_name)]
async fn waits() {
    tracing::info!("before");
    tokio::task::yield_now().await;
    tracing::info!("after");
}

#[test]
fn a_future_is_in_its_span_at_each_poll_and_not_between() {
    let notes = Notes::during(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let waiting = waits();
            tracing::info!("not polled yet");
            waiting.await;
            tracing::info!("done");
        });
    });
    assert_eq!(
        notes,
        [
            "event INFO in none",
            "new INFO spans waits task_name=\"waits\" in []",
            "enter waits",
            "event INFO in waits",
            "exit waits",
            "enter waits",
            "event INFO in waits",
            "exit waits",
            // Once more, for what it still holds: as tracing's own futures do.
            "enter waits",
            "exit waits",
            "close waits",
            "event INFO in none",
        ]
    );
}

struct Says;

impl Drop for Says {
    fn drop(&mut self) {
        tracing::info!("dropped");
    }
}

#[observed(task_name)]
async fn holds() {
    let _says = Says;
    std::future::pending::<()>().await;
}

#[test]
fn a_cancelled_future_drops_what_it_holds_inside_its_span() {
    let notes = Notes::during(|| {
        let mut future = Box::pin(holds());
        let _ = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        drop(future);
    });
    assert_eq!(notes[3..], ["enter holds", "event INFO in holds", "exit holds", "close holds"]);
}

#[derive(Clone, Copy, tallied::Label)]
enum Route {
    Home,
    Cart,
}

#[observed(route, labels(first: Route = routes[0], zone = "eu"))]
fn labelled(route: Option<Route>, routes: &[Route]) -> usize {
    usize::from(route.is_some()) + routes.len()
}

#[test]
fn labels_are_fields_of_the_span() {
    let notes = Notes::during(|| {
        labelled(Some(Route::Cart), &[Route::Home]);
    });
    assert_eq!(notes[0], "new INFO spans labelled route=\"cart\" first=\"home\" zone=\"eu\" in []");
}

#[observed(span = false)]
fn without_a_span() {}

#[test]
fn a_span_that_is_switched_off_is_not_opened() {
    assert_eq!(Notes::during(without_a_span), [""; 0]);
}

#[observed(task_name)]
fn panics() {
    panic!("in the body");
}

#[test]
fn a_panic_closes_the_span() {
    let notes = Notes::during(|| {
        let _ = std::panic::catch_unwind(panics);
    });
    assert_eq!(notes[1..], ["enter panics", "exit panics", "close panics"]);
}
