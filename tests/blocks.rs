//! The attribute on a whole `impl` block observes each method.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tallied::{Label, observed};
use tallied_tests::exposition::{series, value};

fn counted(family: &str, labels: &[(&str, &str)]) -> Option<f64> {
    value(&tallied::gather_metrics(), family, labels)
}

fn ready<F: Future + ?Sized>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it has nothing to wait for"),
    }
}

#[derive(Clone, Copy, Label)]
enum Kind {
    Small,
    Large,
}

struct Cart<T> {
    items: Vec<T>,
}

#[observed(histogram, in_flight)]
impl<T: Clone> Cart<T> {
    const MOST: usize = { 3 };

    /// Documented.
    pub(crate) fn first(&self) -> Option<T> {
        self.items.first().cloned()
    }

    #[allow(clippy::unused_async)]
    async fn take(mut self) -> Result<T, ()> {
        self.items.pop().ok_or(())
    }

    #[observed(skip)]
    fn skipped(&self) -> usize {
        self.items.len()
    }

    /// It runs in the compiler too.
    const fn constant() -> usize {
        Self::MOST
    }

    #[observed(kind, after(some: bool = |item| item.is_some()))]
    fn of_kind(&self, kind: Kind) -> Option<&T> {
        match kind {
            Kind::Small => self.items.first(),
            Kind::Large => self.items.last(),
        }
    }

    fn later(&self) -> impl Future<Output = usize> + '_ {
        async { self.items.len() }
    }
}

struct Basket;

#[observed(histogram, in_flight)]
impl Basket {
    fn first(&self) -> u8 {
        let _ = self;
        1
    }
}

trait Store {
    type Key;
    fn load(&self, key: Self::Key) -> Result<u8, u8>;
    fn close(self: Box<Self>) {}
}

#[observed(task_name, counter = "store_total")]
impl Store for Basket {
    type Key = u8;

    fn load(&self, key: u8) -> Result<u8, u8> {
        if key > 1 { Ok(key) } else { Err(key) }
    }
}

#[async_trait::async_trait]
trait Remote {
    async fn fetch(&self, key: &str) -> Result<usize, ()>;
    async fn send(&mut self, n: usize) -> usize;
}

#[observed(task_name, counter = "remote_total")]
#[async_trait::async_trait]
impl Remote for Basket {
    async fn fetch(&self, key: &str) -> Result<usize, ()> {
        std::future::ready(()).await;
        if key.is_empty() { Err(()) } else { Ok(key.len()) }
    }

    async fn send(&mut self, n: usize) -> usize {
        n + 1
    }
}

struct Other;

#[async_trait::async_trait]
#[observed(task_name, counter = "remote_total")]
impl Remote for Other {
    async fn fetch(&self, key: &str) -> Result<usize, ()> {
        Ok(key.len())
    }

    async fn send(&mut self, n: usize) -> usize {
        n
    }
}

macro_rules! made {
    ($vis:vis, $($member:item)*) => {
        #[observed(counter = "made_total", counter_free_name)]
        impl Made {
            $($member)*

            $vis fn own(&self) -> u8 {
                2
            }
        }
    };
}

struct Made;

made! {
    pub(crate),
    fn given(&self) -> u8 {
        1
    }
    const GIVEN: u8 = 3;
}

struct Of<const N: usize>;

#[observed(counter = "braces_total", function)]
impl Of<{ 1 + 2 }> {
    #![allow(clippy::unused_self)]
    const LESS: bool = 1 < 2;

    fn returned(&self) -> Of<{ 2 + 3 }> {
        Of
    }

    fn bounded<T: Into<Of<{ 2 - 1 }>>>(&self, _: T) -> bool
    where
        Of<{ 2 + 3 }>: Sized,
    {
        Self::LESS
    }

    #[observed(skip)]
    const fn constant() -> usize {
        1 << 2
    }

    #[cfg(any())]
    #[observed(labels(nothing_of_that_name))]
    fn configured_away(&self) {}

    fn last(&self) -> fn(u8) -> bool {
        |n| n > 1
    }
}

macro_rules! service {
    ($name:ident { $($(#[$meta:meta])* method $member:item)* }) => {
        struct $name;

        #[observed(counter = "service_total", function)]
        impl $name {
            fn ping(&self) {}
            $($(#[$meta])* $member)*
            fn last(&self) {}
        }
    };
}

service!(Svc {
    #[inline]
    method fn a(&self) {}
    #[allow(clippy::unused_self)]
    #[observed(skip)]
    method fn b(&self) {}
    #[observed(level = "debug")]
    method fn c(&self) {}
});

#[test]
fn braces_in_a_signature_and_attributes_of_a_macro_lose_no_method() {
    let of = Of::<3>;
    of.returned();
    assert!(of.bounded(Of::<1>) && of.last()(2) && Of::<3>::constant() == 4);
    Svc.ping();
    Svc.a();
    Svc.b();
    Svc.c();
    Svc.last();
    let counted = |family, function| counted(family, &[("function", function), ("status", "ok")]);
    let text = tallied::gather_metrics();
    assert_eq!(
        series(&text, "braces_total").iter().filter(|line| line.ends_with("status=\"ok\"} 1")).count(),
        3,
        "{text}"
    );
    for function in ["Svc::ping", "Svc::a", "Svc::c", "Svc::last"] {
        assert_eq!(counted("service_total", function), Some(1.0), "{function}");
    }
    assert_eq!(counted("service_total", "Svc::b"), None);
}

#[test]
fn every_method_with_a_body_is_observed_but_those_that_are_left_out() {
    let cart = Cart { items: vec![1, 2] };
    assert_eq!((cart.first(), cart.skipped(), Cart::<u8>::constant()), (Some(1), 2, 3));
    assert_eq!((cart.of_kind(Kind::Small), cart.of_kind(Kind::Large)), (Some(&1), Some(&2)));
    assert_eq!(ready(pin!(cart.later())), 2);
    assert_eq!(ready(pin!(cart.take())), Ok(2));
    assert_eq!(Basket.first(), 1);
    let of = |function, status| {
        counted("tallied_tests_function_duration_seconds_count", &[("function", function), ("status", status)])
    };
    assert_eq!(
        (of("Cart::first", "ok"), of("Basket::first", "ok")),
        (Some(1.0), Some(1.0)),
        "told apart by their types"
    );
    assert_eq!((of("Cart::take", "ok"), of("Cart::later", "ok")), (Some(1.0), Some(1.0)));
    assert_eq!((of("Cart::skipped", "ok"), of("Cart::constant", "ok")), (None, None));
    // A method's own arguments come to those of the block.
    let labels = [("kind", "large"), ("some", "true"), ("status", "ok")];
    assert_eq!(counted("tallied_tests_of_kind_duration_seconds_count", &labels), Some(1.0));
    assert_eq!(counted("tallied_tests_of_kind_in_flight", &[("kind", "small")]), Some(0.0));
}

#[test]
fn a_traits_impl_is_observed_under_async_trait_and_over_it() {
    assert_eq!((Basket.load(2), Basket.load(1)), (Ok(2), Err(1)));
    Box::new(Basket).close();
    let store = |status| counted("store_total", &[("task_name", "load"), ("status", status)]);
    assert_eq!((store("ok"), store("error")), (Some(1.0), Some(1.0)));
    assert_eq!(series(&tallied::gather_metrics(), "store_total").len(), 3, "what the trait gives is not of the block");
    assert_eq!(ready(Basket.fetch("key").as_mut()), Ok(3));
    assert_eq!(ready(Basket.fetch("").as_mut()), Err(()));
    assert_eq!((ready(Basket.send(1).as_mut()), ready(Other.send(1).as_mut())), (2, 1));
    assert_eq!(ready(Other.fetch("key").as_mut()), Ok(3));
    let remote = |task, status| counted("remote_total", &[("task_name", task), ("status", status)]);
    assert_eq!(
        (remote("fetch", "ok"), remote("fetch", "error"), remote("send", "ok")),
        (Some(2.0), Some(1.0), Some(2.0))
    );
}

#[test]
fn a_block_may_come_from_a_macro() {
    assert_eq!((Made.given(), Made.own(), Made::GIVEN), (1, 2, 3));
    let made = |function| counted("made_total", &[("counter_free_name", function), ("status", "ok")]);
    assert_eq!((made("given"), made("own")), (Some(1.0), Some(1.0)));
}
