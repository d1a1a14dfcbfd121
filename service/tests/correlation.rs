//! Ids that come from outside, and those that are made here.
#![cfg(feature = "correlation")]

use std::collections::HashSet;
use std::future::poll_fn;
use std::task::Poll;

use tallied_service::correlation::{BadCorrelationId, BadTraceParent, LONGEST};
use tallied_service::{Correlate as _, Correlation, TraceContext};

const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn an_id_that_is_made_is_a_uuid_of_version_7_and_sorts_by_time() {
    let ids: Vec<_> = (0..1000).map(|_| Correlation::new()).collect();
    for id in &ids {
        let uuid: uuid::Uuid = id.id().parse().unwrap();
        assert_eq!((uuid.get_version_num(), id.id().len()), (7, 36));
    }
    assert!(ids.windows(2).all(|pair| pair[0].id() < pair[1].id()));
    assert_eq!(ids.iter().map(Correlation::id).collect::<HashSet<_>>().len(), 1000);
}

#[test]
fn an_id_from_outside_is_bounded_in_length_and_characters() {
    for id in ["a", "01890a5d-ac96-774b-bcce-b302099a8057", "A-b_c.d:9", &"x".repeat(LONGEST)] {
        assert_eq!(Correlation::from_id(id).unwrap().id(), id);
    }
    let refused = |id: &str| Correlation::from_id(id).unwrap_err();
    assert_eq!(refused(""), BadCorrelationId::Empty);
    assert_eq!(refused(&"x".repeat(LONGEST + 1)), BadCorrelationId::TooLong(LONGEST + 1));
    for (id, c, at) in [
        ("a b", ' ', 1),
        ("a\n", '\n', 1),
        ("\r\nset-cookie: x", '\r', 0),
        ("ä", 'ä', 0),
        ("a\"", '"', 1),
        ("x\0", '\0', 1),
    ] {
        assert_eq!(refused(id), BadCorrelationId::Character(c, at));
    }
    assert_eq!(refused("a b").to_string(), "a correlation id has ' ' at byte 1; letters, digits and `-_.:` are taken");
}

#[test]
fn a_traceparent_is_read_and_made_as_the_specification_says() {
    let trace: TraceContext = VALID.parse().unwrap();
    assert_eq!(trace.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(trace.span_id(), "b7ad6b7169203331");
    assert!(trace.is_sampled());
    assert_eq!(trace.traceparent(), VALID);
    let child = trace.child();
    assert_eq!((child.trace_id(), child.is_sampled()), (trace.trace_id(), true));
    assert_ne!(child.span_id(), trace.span_id());
    assert_eq!(child.traceparent().parse::<TraceContext>().unwrap(), child);
    for (header, is_sampled) in [("00", false), ("02", false), ("03", true), ("ff", true)] {
        let trace: TraceContext = VALID.replace("-01", &format!("-{header}")).parse().unwrap();
        assert_eq!(trace.is_sampled(), is_sampled);
        // Flags that this version does not know are not passed on.
        assert!(trace.traceparent().ends_with(if is_sampled { "-01" } else { "-00" }));
    }
}

#[test]
fn a_later_version_is_read_as_far_as_this_one_goes() {
    for header in [
        VALID.replacen("00", "cc", 1),
        VALID.replacen("00", "01", 1) + "-what-ever",
        VALID.replacen("00", "fe", 1) + "-",
    ] {
        let trace: TraceContext = header.parse().unwrap();
        assert_eq!(trace.traceparent(), VALID, "{header}");
    }
}

#[test]
fn a_traceparent_that_is_none_is_refused() {
    let refused = |header: &str| header.parse::<TraceContext>().unwrap_err();
    for header in [
        String::new(),
        "00".to_owned(),
        VALID[..54].to_owned(),
        VALID.to_owned() + "0",
        VALID.to_owned() + "-",
        VALID.to_owned() + "-more",
        VALID.to_owned() + " ",
        " ".to_owned() + VALID,
        VALID.to_uppercase(),
        VALID.replace('-', "_"),
        VALID.replace("0af7", "0ag7"),
        VALID.replace("0af7", "0äf"),
        VALID.replacen("00", "cc", 1) + ".what",
        VALID.replacen("00", "0x", 1),
        VALID.replace("-01", "-0x"),
        "\0".repeat(55),
        "€".repeat(20),
    ] {
        assert_eq!(refused(&header), BadTraceParent::Form, "{header:?}");
    }
    assert_eq!(refused(&VALID.replacen("00", "ff", 1)), BadTraceParent::Version);
    assert_eq!(refused(&VALID.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32))), BadTraceParent::TraceId);
    assert_eq!(refused(&VALID.replace("b7ad6b7169203331", &"0".repeat(16))), BadTraceParent::ParentId);
}

#[test]
fn a_tracestate_is_passed_on_unless_it_breaks_a_rule() {
    let state =
        |state: &str| VALID.parse::<TraceContext>().unwrap().with_state(state).child().tracestate().map(str::to_owned);
    let many = |n: usize| (0..n).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    for good in ["congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=a b", "a@b=c", "9a=1", &many(32)] {
        assert_eq!(state(good).as_deref(), Some(good));
    }
    assert_eq!(state(" a=1 ,, b=2\t").as_deref(), Some("a=1,b=2"));
    let bad = [
        "",
        " ",
        "a",
        "A=1",
        "a=",
        "=1",
        "a=b=c",
        "a=\n",
        "a=ä",
        "foo@=1",
        "@foo=1",
        "foo@@bar=1",
        "foo@bar@baz=1",
        "_a=1",
        "-a=1",
        "*=1",
        "a@9b=1",
        "a@bbbbbbbbbbbbbbb=1",
    ];
    for bad in bad.iter().copied().chain([&*many(33)]) {
        assert_eq!(state(bad), None, "{bad:?}");
    }
    // What is too long goes first, then what is last.
    let long = |key: &str, len: usize| format!("{key}={}", "x".repeat(len));
    let all = [long("a", 100), long("b", 200), long("c", 100), long("d", 100), long("e", 100)];
    assert_eq!(state(&all.join(",")), Some([&*all[0], &all[2], &all[3], &all[4]].join(",")));
    let all: Vec<_> = (0..6).map(|n| long(&format!("k{n}"), 100)).collect();
    assert_eq!(state(&all.join(",")), Some(all[..4].join(",")));
}

#[test]
fn span_ids_and_trace_ids_are_never_zero_and_never_the_same() {
    let traces: HashSet<_> = (0..1000).map(|_| TraceContext::new(false)).map(|t| (t.trace_id(), t.span_id())).collect();
    assert_eq!(traces.len(), 1000);
    assert!(traces.iter().all(|(trace, span)| trace.trim_matches('0').len() > 4 && span.trim_matches('0').len() > 2));
}

#[tokio::test]
async fn scopes_nest_and_end_with_what_they_hold() {
    let (outer, inner) = (Correlation::new(), Correlation::new());
    assert_eq!(Correlation::current(), None);
    let seen = outer.clone().scope(async {
        let before = Correlation::current();
        let inside = inner.clone().scope(async {
            tokio::task::yield_now().await;
            Correlation::current()
        });
        (before, inside.await, Correlation::current())
    });
    assert_eq!(seen.await, (Some(outer.clone()), Some(inner), Some(outer.clone())));
    assert_eq!(Correlation::current(), None);
    // A panic ends it, too.
    let caught = std::panic::catch_unwind(|| outer.scope_sync(|| panic!("out of it")));
    assert!(caught.is_err() && Correlation::current().is_none());
}

#[tokio::test]
async fn two_futures_in_one_task_do_not_see_each_other() {
    let (one, two) = (Correlation::new(), Correlation::new());
    let look = || async {
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(Correlation::current());
            tokio::task::yield_now().await;
        }
        seen
    };
    let (first, second) = tokio::join!(one.clone().scope(look()), two.clone().scope(look()));
    assert_eq!((first, second), (vec![Some(one); 3], vec![Some(two); 3]));
}

#[tokio::test]
async fn work_that_comes_by_hand_has_the_correlation_that_came_with_it_or_none_of_its_own() {
    let brought = Correlation::new();
    let outer = Correlation::new();
    let look = |correlation| async { Correlation::current() }.correlated_by(correlation);
    assert_eq!(look(Some(brought.clone())).await, Some(brought.clone()));
    assert_eq!(look(None).await, None);
    assert_eq!(outer.clone().scope(look(None)).await, Some(outer));
}

#[test]
fn a_child_has_the_id_and_the_trace_and_a_span_of_its_own() {
    let parent = Correlation::new().with_trace(TraceContext::sampled(1.0));
    let child = parent.child();
    let (of_parent, of_child) = (parent.trace().unwrap(), child.trace().unwrap());
    assert_eq!((child.id(), of_child.trace_id()), (parent.id(), of_parent.trace_id()));
    assert_ne!(of_child.span_id(), of_parent.span_id());
    let plain = Correlation::new();
    assert_eq!(plain.child(), plain);
}

#[test]
fn a_future_is_dropped_in_its_own_scope() {
    struct Looks(std::sync::mpsc::Sender<Option<Correlation>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.send(Correlation::current()).unwrap();
        }
    }
    let (send, receive) = std::sync::mpsc::channel();
    let correlation = Correlation::new();
    let looks = Looks(send);
    let future = correlation.clone().scope(async move {
        let _looks = looks;
        poll_fn(|_| Poll::<()>::Pending).await;
    });
    drop(future);
    assert_eq!(receive.recv().unwrap(), Some(correlation));
    // One without a correlation leaves whatever is there.
    drop(async {}.correlated());
}
