//! Each call opens a span, and the body runs inside it.

use tallied::observed;
use tallied_tests::notes::Notes;

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

#[observed(counter = false, fields(size = 3))]
fn measured_by_nobody() {}

#[test]
fn a_span_alone_has_the_fields_that_it_is_given_and_no_label() {
    let notes = Notes::during(measured_by_nobody);
    assert_eq!(notes[0], "new INFO spans measured_by_nobody size=3 in []");
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

#[derive(Clone, Copy, tallied::Label)]
enum Kind {
    Isr,
    Tenant,
}

#[derive(Clone, Copy, tallied::LabelSet)]
struct Cache<'a> {
    layer: Kind,
    #[label(max = 1)]
    app: &'a str,
}

#[observed(
    labels(cache(flatten), user(max = 1)),
    after(hit = |page| page.is_some(), size(max = 9) = |page| page.map(|page| page)),
    counter = "spans_labels_total"
)]
fn measured(cache: Cache<'_>, user: u64) -> Option<u8> {
    (user < 2).then_some(1)
}

#[observed(after(long = |text| text.len() > 2), counter = "spans_later_total")]
async fn measured_later(text: &str) -> &str {
    std::future::ready(()).await;
    text
}

#[test]
fn labels_are_fields_and_those_of_the_value_are_recorded_when_it_is_there() {
    let cache = |layer, app| Cache { layer, app };
    let notes = Notes::during(|| {
        measured(cache(Kind::Isr, "shop"), 1);
        measured(cache(Kind::Tenant, "blog"), 2);
        let _ = std::panic::catch_unwind(|| unwinds(1));
    });
    let opened: Vec<&String> =
        notes.iter().filter(|note| note.starts_with("new") || note.starts_with("record")).collect();
    assert_eq!(
        opened,
        [
            "new INFO spans measured cache=\"layer=isr app=shop\" user=\"1\" in []",
            "record measured hit=\"true\"",
            "record measured size=\"1\"",
            // What a label does not keep is `_other` in the span too.
            "new INFO spans measured cache=\"layer=tenant app=_other\" user=\"_other\" in []",
            "record measured hit=\"false\"",
            "record measured size=\"\"",
            "new INFO spans unwinds in []",
        ]
    );
    let notes = Notes::during(|| {
        let mut future = std::pin::pin!(measured_later("text"));
        let ready = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(ready.is_ready());
        drop(measured_later("never polled"));
    });
    assert_eq!(
        notes,
        [
            "new INFO spans measured_later in []",
            "enter measured_later",
            "record measured_later long=\"true\"",
            "exit measured_later",
            // What the future holds is dropped inside its span.
            "enter measured_later",
            "exit measured_later",
            "close measured_later",
        ]
    );
}

#[observed(after(hit = |n| *n > 1), counter = "spans_unwinds_total")]
fn unwinds(n: u8) -> u8 {
    assert!(n > 1, "as asked");
    n
}

const LOUD: tracing::Level = tracing::Level::WARN;
const NAMED: &str = "named by a constant";

mod levels {
    use super::{LOUD, NAMED, observed};

    #[observed(level = "Debug", name = "a name of its own", target = "shop::orders")]
    pub(super) fn written() {}

    #[observed(level = 1, span, task_name)]
    pub(super) async fn numbered() {}

    #[observed(level = LOUD, name = NAMED, target = NAMED)]
    pub(super) fn constant() -> impl Sized {}

    #[observed(target = concat!("a", "::", "b"), level = tracing::Level::ERROR)]
    pub(super) fn path() {}
}

#[test]
fn a_span_has_the_level_the_name_and_the_target_that_were_said() {
    let notes = Notes::during(|| {
        levels::written();
        let mut numbered = std::pin::pin!(levels::numbered());
        let _ = numbered.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        levels::constant();
        levels::path();
    });
    let opened: Vec<&String> = notes.iter().filter(|note| note.starts_with("new")).collect();
    assert_eq!(
        opened,
        [
            "new DEBUG shop::orders a name of its own function=\"levels::written\" in []",
            "new TRACE spans::levels numbered task_name=\"numbered\" in []",
            "new WARN named by a constant named by a constant function=\"levels::constant\" in []",
            "new ERROR a::b path function=\"levels::path\" in []",
        ]
    );
}
