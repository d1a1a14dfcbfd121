//! Functions of every shape that the language has. Observed, each compiles without a warning and does what the bare
//! one does, and every call is told.

#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]
// The shapes are what they are.
#![allow(
    clippy::boxed_local,
    clippy::manual_async_fn,
    clippy::needless_lifetimes,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async
)]

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tallied::observed;
use tallied_tests::exposition::value;

/// What became of a function's calls: "ok 2, error 1". The histogram says the same, and nothing is in flight.
fn told(shape: &str) -> String {
    let exposition = tallied::gather_metrics();
    let of_it = |line: &&str| line.contains(&format!("{{shape=\"{shape}\""));
    let text = exposition.lines().filter(of_it).collect::<Vec<_>>().join("\n");
    // The package may be one of another edition.
    let package = env!("CARGO_PKG_NAME").replace('-', "_");
    let read = |family: &str, labels: &[(&str, &str)]| value(&text, &format!("{package}_shape_{family}"), labels);
    let running = read("in_flight", &[("shape", shape)]).unwrap_or_default();
    assert!(running.abs() < 0.5, "{running} calls of {shape} are running");
    let count = |status| {
        let labels = [("shape", shape), ("status", status)];
        let calls = read("calls_total", &labels).unwrap_or_default();
        let timed = read("duration_seconds_count", &labels).unwrap_or_default();
        assert!((calls - timed).abs() < 0.5, "{shape} {status}: {calls} calls, {timed} durations");
        (calls > 0.5).then(|| format!("{status} {calls}"))
    };
    let counts: Vec<String> = ["ok", "error", "cancelled", "panicked"].into_iter().filter_map(count).collect();
    counts.join(", ")
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = poll_once(future.as_mut()) {
            return value;
        }
    }
}

fn panics<T>(call: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

async fn one_turn() {
    let mut is_over = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut is_over, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Counter {
    n: u8,
}

mod receivers {
    use super::*;

    impl Counter {
        #[observed(shape, histogram, in_flight)]
        fn by_value(self) -> u8 {
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_mut_value(mut self) -> Self {
            self.n += 1;
            self
        }

        #[observed(shape, histogram, in_flight)]
        fn by_reference(&self) -> u8 {
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_mut_reference(&mut self) -> u8 {
            self.n += 1;
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_named_lifetime<'a>(&'a mut self, other: &'a mut u8, mine: bool) -> &'a mut u8 {
            if mine { &mut self.n } else { other }
        }

        #[observed(shape, histogram, in_flight)]
        #[allow(clippy::needless_arbitrary_self_type)]
        fn by_typed(self: &Self) -> u8 {
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_box(self: Box<Self>) -> Self {
            *self
        }

        #[observed(shape, histogram, in_flight)]
        fn by_mut_box(mut self: Box<Self>) -> Box<Self> {
            self.n += 1;
            self
        }

        #[observed(shape, histogram, in_flight)]
        fn by_rc(self: Rc<Self>) -> usize {
            Rc::strong_count(&self)
        }

        #[observed(shape, histogram, in_flight)]
        fn by_arc(self: Arc<Self>) -> usize {
            Arc::strong_count(&self)
        }

        #[observed(shape, histogram, in_flight)]
        fn by_reference_to_arc(self: &Arc<Self>) -> Arc<Self> {
            Arc::clone(self)
        }

        #[observed(shape, histogram, in_flight)]
        fn by_pin(mut self: Pin<&mut Self>) -> u8 {
            self.n += 1;
            self.as_mut().get_mut().n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_pinned_box(self: Pin<Box<Self>>) -> u8 {
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_reference_to_box(self: &mut Box<Self>) -> &mut u8 {
            &mut self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_shared_pin<'a>(self: Pin<&'a Self>, _: &str) -> &'a u8 {
            &self.get_ref().n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_static_reference(&'static self) -> &'static u8 {
            &self.n
        }

        #[observed(shape, histogram, in_flight)]
        async fn by_value_later(mut self) -> u8 {
            one_turn().await;
            self.n += 1;
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        async fn by_reference_later(&self) -> &u8 {
            one_turn().await;
            &self.n
        }

        #[observed(shape, histogram, in_flight)]
        async fn by_mut_reference_later(&mut self) -> &mut u8 {
            one_turn().await;
            self.n += 1;
            &mut self.n
        }

        #[observed(shape, histogram, in_flight)]
        async fn by_arc_later(self: Arc<Self>) -> usize {
            one_turn().await;
            Arc::strong_count(&self)
        }

        #[observed(shape, histogram, in_flight)]
        async fn by_pin_later(self: Pin<&mut Self>) -> u8 {
            one_turn().await;
            self.n
        }
    }

    struct Turns(u8);

    impl Future for Turns {
        type Output = Result<(), u8>;

        #[observed(shape, histogram, in_flight)]
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            if self.0 == 0 {
                return Poll::Ready(Err(1));
            }
            self.0 -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }

    #[test]
    fn a_receiver_is_a_value_or_a_reference() {
        let mut counter = Counter { n: 1 };
        assert_eq!((counter.by_reference(), counter.by_mut_reference(), counter.by_typed()), (1, 2, 2));
        let mut other = 7;
        *counter.by_named_lifetime(&mut other, true) += 1;
        *counter.by_named_lifetime(&mut other, false) += 1;
        assert_eq!((counter.clone().by_value(), other), (3, 8));
        assert_eq!(counter.by_mut_value(), Counter { n: 4 });
        for shape in ["by_value", "by_mut_value", "by_reference", "by_mut_reference", "by_typed"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
        assert_eq!(told("by_named_lifetime"), "ok 2");
    }

    #[test]
    fn a_receiver_is_a_smart_pointer() {
        let counter = Counter { n: 1 };
        assert_eq!(Box::new(counter.clone()).by_box(), counter);
        assert_eq!(Box::new(counter.clone()).by_mut_box().n, 2);
        assert_eq!(Rc::new(counter.clone()).by_rc(), 1);
        let shared = Arc::new(counter.clone());
        assert_eq!(Arc::strong_count(&shared.by_reference_to_arc()), 2);
        assert_eq!(Arc::clone(&shared).by_arc(), 2);
        assert_eq!((pin!(counter.clone()).by_pin(), pin!(counter.clone()).as_ref().by_shared_pin("")), (2, &1));
        assert_eq!(Box::pin(counter.clone()).by_pinned_box(), 1);
        *Box::new(counter).by_reference_to_box() += 1;
        for shape in [
            "by_box",
            "by_mut_box",
            "by_rc",
            "by_arc",
            "by_reference_to_arc",
            "by_pin",
            "by_shared_pin",
            "by_pinned_box",
            "by_reference_to_box",
        ] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[test]
    fn a_receiver_lives_for_ever() {
        static COUNTER: Counter = Counter { n: 1 };
        assert_eq!((COUNTER.by_static_reference(), told("by_static_reference")), (&1, "ok 1".to_owned()));
    }

    #[test]
    fn a_receiver_of_an_async_method_is_any_of_them() {
        let mut counter = Counter { n: 1 };
        assert_eq!(run(counter.by_reference_later()), &1);
        *run(counter.by_mut_reference_later()) += 1;
        assert_eq!(run(pin!(counter.clone()).by_pin_later()), 3);
        assert_eq!(run(Arc::new(counter.clone()).by_arc_later()), 1);
        assert_eq!(run(counter.by_value_later()), 4);
        for by in ["by_value", "by_reference", "by_mut_reference", "by_arc", "by_pin"] {
            assert_eq!(told(&format!("{by}_later")), "ok 1", "{by}");
        }
    }

    #[test]
    fn a_hand_written_poll_is_a_function_like_any() {
        assert_eq!(run(Turns(2)), Err(1));
        assert_eq!(told("poll"), "ok 3", "a `Poll` is no `Result`");
    }
}

mod generics {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn largest<T: Ord + Copy, const N: usize>(items: [T; N]) -> Option<T>
    where
        [T; N]: Sized,
    {
        items.into_iter().max()
    }

    #[observed(shape, histogram, in_flight)]
    async fn zeros<T: Default + Copy, const N: usize>() -> [T; N] {
        one_turn().await;
        [T::default(); N]
    }

    #[test]
    fn a_function_is_generic_over_types_and_constants() {
        assert_eq!((largest([1, 3, 2]), largest::<char, 0>([])), (Some(3), None));
        assert_eq!(run(zeros::<u8, 2>()), [0, 0]);
        assert_eq!((told("largest"), told("zeros")), ("ok 2".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    fn cut<F>(cut: F, text: &str) -> String
    where
        F: for<'a> Fn(&'a str) -> &'a str,
    {
        cut(text).to_owned()
    }

    #[observed(shape, histogram, in_flight)]
    fn cutter(from: usize) -> Box<dyn for<'a> Fn(&'a str) -> &'a str> {
        Box::new(move |text| &text[from..])
    }

    #[test]
    fn a_bound_is_higher_ranked() {
        assert_eq!(cut(|text| &text[1..], "text"), "ext");
        assert_eq!(cut(cutter(2), "text"), "xt");
        assert_eq!((told("cut"), told("cutter")), ("ok 2".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    fn joined(parts: impl IntoIterator<Item = impl Display>, mut with: impl FnMut(String) -> String) -> String {
        parts.into_iter().map(|part| with(part.to_string())).collect()
    }

    #[observed(shape, histogram, in_flight)]
    async fn joined_later<T: Display>(first: T, parts: &[impl Display]) -> String {
        one_turn().await;
        parts.iter().fold(first.to_string(), |text, part| format!("{text}{part}"))
    }

    #[test]
    fn an_argument_is_an_impl_trait() {
        assert_eq!(joined([1, 2], |part| part + "."), "1.2.");
        assert_eq!(run(joined_later::<u8>(1, &["a", "b"])), "1ab");
        assert_eq!((told("joined"), told("joined_later")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    trait Shelf {
        type Item;
        const FULL: usize;
        fn put(&mut self, item: Self::Item) -> Result<usize, Self::Item>;

        #[observed(shape, histogram, in_flight)]
        fn room(&self) -> usize
        where
            Self: Sized,
        {
            Self::FULL
        }
    }

    impl<T> Shelf for Vec<T> {
        type Item = T;
        const FULL: usize = 1;

        #[observed(shape, histogram, in_flight)]
        fn put(&mut self, item: Self::Item) -> Result<usize, <Self as Shelf>::Item> {
            if self.len() >= Self::FULL {
                return Err(item);
            }
            self.push(item);
            Ok(self.len())
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn put_one<S>(shelf: &mut S) -> Result<usize, <S as Shelf>::Item>
    where
        S: Shelf<Item: Default>,
    {
        shelf.put(<S as Shelf>::Item::default())
    }

    #[test]
    fn types_are_associated_and_constants_too() {
        let mut shelf = Vec::<u8>::new();
        assert_eq!((put_one(&mut shelf), put_one(&mut shelf), shelf.room()), (Ok(1), Err(0), 1));
        assert_eq!((told("put"), told("put_one")), ("ok 1, error 1".to_owned(), "ok 1, error 1".to_owned()));
        assert_eq!(told("room"), "ok 1");
    }

    trait Scale<T: Copy> {
        const BY: T;

        #[observed(shape, histogram, in_flight)]
        fn with_scale(&self, n: T) -> (T, T) {
            (n, Self::BY)
        }
    }

    impl Scale<u8> for str {
        const BY: u8 = 2;
    }

    impl Scale<char> for str {
        const BY: char = 'x';
    }

    #[test]
    fn a_generic_trait_has_constants() {
        assert_eq!((Scale::<u8>::with_scale("", 1), "".with_scale('a')), ((1, 2), ('a', 'x')));
        assert_eq!(told("with_scale"), "ok 2");
    }

    trait Lend {
        type Item<'a>
        where
            Self: 'a;

        fn lend(&mut self) -> Option<Self::Item<'_>>;
    }

    impl<T> Lend for Vec<T> {
        type Item<'a>
            = &'a mut T
        where
            T: 'a;

        #[observed(shape, histogram, in_flight)]
        fn lend(&mut self) -> Option<Self::Item<'_>> {
            self.last_mut()
        }
    }

    #[test]
    fn an_associated_type_has_a_lifetime() {
        let mut items = vec![1];
        *items.lend().unwrap() += 1;
        assert_eq!((items, told("lend")), (vec![2], "ok 1".to_owned()));
    }

    struct Pair<A, B = u8>(A, B);

    impl<A: Copy, B: Copy> Pair<A, B> {
        const SIZE: usize = 2;

        #[observed(shape, histogram, in_flight)]
        fn swapped(&self) -> Pair<B, A> {
            Pair(self.1, self.0)
        }

        #[observed(shape, histogram, in_flight)]
        fn of(Self(a, b): Self) -> Option<Self> {
            (Self::SIZE == 2).then_some(Self(a, b))
        }
    }

    #[test]
    fn self_stands_in_types_patterns_and_values() {
        assert_eq!(Pair(1u8, 'a').swapped().0, 'a');
        assert!(Pair::of(Pair(1u8, 2)).is_some());
        assert_eq!((told("swapped"), told("of")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }
}

mod returned_impls {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn iterator(upto: u8) -> impl Iterator<Item = u8> + Clone {
        assert!(upto < 10);
        0..upto
    }

    #[observed(shape, histogram, in_flight)]
    fn in_a_result(upto: i8) -> Result<impl Iterator<Item = i8>, &'static str> {
        if upto < 0 {
            return Err("below zero");
        }
        Ok(0..upto)
    }

    #[observed(shape, histogram, in_flight)]
    fn in_a_vec_in_an_option(text: &str) -> Option<Vec<impl Display>> {
        let first = text.chars().next()?;
        Some(vec![first])
    }

    #[observed(shape, histogram, in_flight)]
    fn in_a_tuple(n: u8) -> (impl Display, impl Fn(u8) -> u8) {
        (n, move |more| n + more)
    }

    #[observed(shape, histogram, in_flight)]
    fn in_an_array_of_boxes(n: u8) -> [Box<impl Debug + PartialEq>; 2] {
        [Box::new(n), Box::new(n)]
    }

    #[observed(shape, histogram, in_flight)]
    async fn in_a_result_later(n: u8) -> Result<impl Display, impl Debug> {
        one_turn().await;
        if n > 0 { Ok(n) } else { Err("zero") }
    }

    #[observed(shape, histogram, in_flight)]
    fn future_in_a_result(n: u8) -> Result<impl Future<Output = u8>, &'static str> {
        if n > 0 { Ok(ready(n)) } else { Err("zero") }
    }

    #[observed(shape, histogram, in_flight)]
    fn boxed_futures(n: u8) -> Vec<Pin<Box<dyn Future<Output = u8>>>> {
        vec![Box::pin(ready(n)), Box::pin(async move { n + 1 })]
    }

    #[observed(shape, histogram, in_flight)]
    async fn future_of_a_future(n: u8) -> impl Future<Output = u8> {
        one_turn().await;
        ready(n)
    }

    #[test]
    fn a_future_that_is_only_a_part_of_the_value_is_not_the_call() {
        assert_eq!((future_in_a_result(1).map(run), future_in_a_result(0).map(run)), (Ok(1), Err("zero")));
        assert_eq!(boxed_futures(1).into_iter().map(run).sum::<u8>(), 3);
        drop(run(future_of_a_future(1)));
        assert_eq!(told("future_in_a_result"), "ok 1, error 1");
        assert_eq!((told("boxed_futures"), told("future_of_a_future")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    #[test]
    fn an_impl_trait_stands_anywhere_in_the_return_type() {
        assert_eq!(iterator(3).clone().count(), 3);
        assert!(panics(|| iterator(10)));
        assert_eq!(in_a_result(2).map(Iterator::count), Ok(2));
        assert_eq!(in_a_result(-1).map(Iterator::count), Err("below zero"));
        assert_eq!(in_a_vec_in_an_option("ab").unwrap()[0].to_string(), "a");
        assert!(in_a_vec_in_an_option("").is_none());
        let (shown, add) = in_a_tuple(1);
        assert_eq!((shown.to_string(), add(2)), ("1".to_owned(), 3));
        let [a, b] = in_an_array_of_boxes(1);
        assert_eq!(a, b);
        assert_eq!(run(in_a_result_later(1)).ok().unwrap().to_string(), "1");
        assert!(run(in_a_result_later(0)).is_err());
        assert_eq!(told("iterator"), "ok 1, panicked 1");
        assert_eq!(told("in_a_result"), "ok 1, error 1");
        assert_eq!(told("in_a_vec_in_an_option"), "ok 2");
        assert_eq!(told("in_a_tuple"), "ok 1");
        assert_eq!(told("in_an_array_of_boxes"), "ok 1");
        assert_eq!(told("in_a_result_later"), "ok 1, error 1");
    }

    #[observed(shape, histogram, in_flight)]
    fn captures<'a, T: Clone>(items: &'a [T], _not_kept: &str) -> impl Iterator<Item = T> + use<'a, T> {
        items.iter().cloned()
    }

    #[observed(shape, histogram, in_flight)]
    fn captures_nothing(text: &str) -> impl Iterator<Item = char> + use<> {
        text.chars().collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn an_impl_trait_says_what_it_captures() {
        let items = [1, 2];
        let kept = captures(&items, &String::from("gone"));
        assert_eq!(kept.count(), 2);
        let chars = captures_nothing(&String::from("gone"));
        assert_eq!(chars.count(), 4);
        assert_eq!((told("captures"), told("captures_nothing")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    fn adds(n: u8) -> impl Fn(u8) -> u8 {
        move |more| n + more
    }

    #[observed(shape, histogram, in_flight)]
    fn cuts() -> impl for<'a> Fn(&'a str) -> &'a str {
        |text| &text[1..]
    }

    #[observed(shape, histogram, in_flight)]
    fn boxed_closure<'a>(log: &'a mut Vec<u8>) -> Box<dyn FnMut(u8) + 'a> {
        Box::new(move |n| log.push(n))
    }

    #[observed(shape, histogram, in_flight)]
    async fn adds_later(n: u8) -> impl Fn(u8) -> u8 {
        one_turn().await;
        move |more| n + more
    }

    #[observed(shape, histogram, in_flight)]
    fn makes_futures(n: u8) -> impl AsyncFn(u8) -> u8 {
        async move |more| n + more
    }

    #[test]
    fn a_closure_is_returned() {
        let mut log = Vec::new();
        boxed_closure(&mut log)(1);
        assert_eq!(log, [1]);
        assert_eq!((adds(1)(2), cuts()("text"), run(adds_later(1))(2)), (3, "ext", 3));
        assert_eq!(run(makes_futures(1)(2)), 3);
        for shape in ["adds", "cuts", "boxed_closure", "adds_later", "makes_futures"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }
}

mod borrows {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn first_word(text: &str) -> &str {
        text.split(' ').next().unwrap_or(text)
    }

    #[observed(shape, histogram, in_flight)]
    fn longer<'a: 'b, 'b>(a: &'a str, b: &'b str) -> &'b str {
        if a.len() > b.len() { a } else { b }
    }

    #[observed(shape, histogram, in_flight)]
    fn entry<'a>(items: &'a mut Vec<u8>, at: usize, _: &str) -> &'a mut u8 {
        if items.len() <= at {
            items.resize(at + 1, 0);
        }
        &mut items[at]
    }

    #[observed(shape, histogram, in_flight)]
    fn halves(items: &mut [u8]) -> (&mut [u8], &mut [u8]) {
        items.split_at_mut(1)
    }

    struct Names<'a>(Vec<&'a str>);

    impl<'a> Names<'a> {
        #[observed(shape, histogram, in_flight)]
        fn of_self(&self, _: &str) -> &str {
            self.0[0]
        }

        #[observed(shape, histogram, in_flight)]
        fn of_inside(&self, _: &str) -> Option<&'a str> {
            self.0.first().copied()
        }

        #[observed(shape, histogram, in_flight)]
        fn slot(&mut self) -> Result<&mut &'a str, ()> {
            self.0.first_mut().ok_or(())
        }

        #[observed(shape, histogram, in_flight)]
        fn iter(&self) -> std::slice::Iter<'_, &'a str> {
            self.0.iter()
        }
    }

    #[test]
    fn what_is_returned_is_borrowed_from_an_argument() {
        assert_eq!(first_word("two words"), "two");
        assert_eq!(longer("long", &String::from("not")), "long");
        let mut items = vec![1];
        *entry(&mut items, 1, "") += 2;
        let (left, right) = halves(&mut items);
        std::mem::swap(&mut left[0], &mut right[0]);
        assert_eq!(items, [2, 1]);
        let kept = String::from("kept");
        let mut names = Names(vec![&kept]);
        assert_eq!((names.of_self(""), names.iter().count()), ("kept", 1));
        *names.slot().unwrap() = "other";
        assert_eq!(names.of_inside(&String::from("gone")), Some("other"));
        assert_eq!(Names(Vec::new()).slot(), Err(()));
        for shape in ["first_word", "longer", "entry", "halves", "of_self", "of_inside", "iter"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
        assert_eq!(told("slot"), "ok 1, error 1");
    }

    #[observed(shape, histogram, in_flight)]
    async fn part<'a>(text: &'a str, by: &str) -> Option<&'a str> {
        one_turn().await;
        text.split(by).next()
    }

    #[observed(shape, histogram, in_flight)]
    async fn pushed(items: &mut Vec<u8>, n: u8) -> &mut u8 {
        one_turn().await;
        items.push(n);
        items.last_mut().unwrap()
    }

    #[test]
    fn what_an_async_function_returns_is_borrowed_from_an_argument() {
        assert_eq!(run(part("a b", &String::from(" "))), Some("a"));
        let mut items = Vec::new();
        *run(pushed(&mut items, 1)) += 1;
        assert_eq!(items, [2]);
        assert_eq!((told("part"), told("pushed")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    async fn trimmed_later(mut text: &str) -> usize {
        let owned = text.replace('a', "");
        one_turn().await;
        text = &owned;
        text.len()
    }

    #[test]
    fn an_argument_is_reassigned_to_a_borrow_of_a_local() {
        assert_eq!(run(trimmed_later("banana")), 3);
        assert_eq!(told("trimmed_later"), "ok 1");
    }

    #[observed(shape, histogram, in_flight)]
    fn early<'a: 'a, T>(value: &'a T) -> &'a T {
        value
    }

    #[observed(shape, histogram, in_flight)]
    fn late<'a, T>(value: &'a T) -> &'a T {
        value
    }

    #[observed(shape, histogram, in_flight)]
    async fn early_later<'a: 'a>(text: &'a str) -> &'a str {
        text
    }

    #[test]
    fn lifetimes_are_bound_early_or_late() {
        assert_eq!((early::<'static, u8>(&1), late::<u8>(&1)), (&1, &1));
        let pointer: for<'a> fn(&'a u8) -> &'a u8 = late;
        assert_eq!(pointer(&2), &2);
        assert_eq!(run(early_later::<'static>("text")), "text");
        assert_eq!((told("early"), told("late"), told("early_later")), ("ok 1".into(), "ok 2".into(), "ok 1".into()));
    }
}

mod coercions {
    use super::*;
    use std::error::Error;

    #[observed(shape, histogram, in_flight)]
    fn to_dyn_error(text: &str) -> Box<dyn Error> {
        if text.is_empty() {
            return Box::new(std::fmt::Error);
        }
        text.into()
    }

    #[observed(shape, histogram, in_flight)]
    fn to_dyn_reference(counter: &Counter) -> &dyn Debug {
        &counter.n
    }

    #[observed(shape, histogram, in_flight)]
    fn to_dyn_in_a_result(n: u8) -> Result<Box<dyn Debug>, Box<dyn Error>> {
        match n {
            0 => Err("zero")?,
            1 => Ok(Box::new(n)),
            _ => Ok(Box::new("many")),
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn to_slice() -> &'static [u8] {
        &[1, 2]
    }

    #[observed(shape, histogram, in_flight)]
    #[allow(clippy::ptr_arg)]
    fn to_str(text: &String) -> &str {
        text
    }

    #[observed(shape, histogram, in_flight)]
    fn to_pointer(up: bool) -> fn(u8) -> u8 {
        if up { |n| n + 1 } else { |n| n - 1 }
    }

    #[observed(shape, histogram, in_flight)]
    fn to_shared(n: u8) -> Rc<dyn Display> {
        match n {
            0 => Rc::new("zero"),
            n => Rc::new(n),
        }
    }

    #[observed(shape, histogram, in_flight)]
    async fn to_dyn_later(text: &str) -> Box<dyn Display + Send + '_> {
        one_turn().await;
        if text.is_empty() {
            return Box::new(0);
        }
        Box::new(text)
    }

    #[observed(shape, histogram, in_flight)]
    async fn to_slice_later(items: &[u8; 2]) -> &[u8] {
        items
    }

    #[test]
    fn the_value_coerces_to_the_return_type() {
        assert_eq!(to_dyn_error("").to_string(), std::fmt::Error.to_string());
        assert_eq!(to_dyn_error("text").to_string(), "text");
        assert_eq!(format!("{:?}", to_dyn_reference(&Counter { n: 1 })), "1");
        assert!(to_dyn_in_a_result(0).is_err() && to_dyn_in_a_result(1).is_ok() && to_dyn_in_a_result(2).is_ok());
        assert_eq!((to_slice().len(), to_str(&"text".to_owned())), (2, "text"));
        assert_eq!((to_pointer(true)(1), to_pointer(false)(1)), (2, 0));
        assert_eq!(format!("{}{}", to_shared(0), to_shared(1)), "zero1");
        assert_eq!(format!("{}{}", run(to_dyn_later("")), run(to_dyn_later("text"))), "0text");
        assert_eq!(run(to_slice_later(&[1, 2])), [1, 2]);
        for shape in ["to_dyn_error", "to_pointer", "to_shared", "to_dyn_later"] {
            assert_eq!(told(shape), "ok 2", "{shape}");
        }
        for shape in ["to_dyn_reference", "to_slice", "to_str", "to_slice_later"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
        assert_eq!(told("to_dyn_in_a_result"), "ok 2, error 1");
    }
}

mod inference {
    use super::*;
    use std::error::Error;

    #[observed(shape, histogram, in_flight)]
    fn inferred(text: &str) -> Result<Vec<u64>, Box<dyn Error>> {
        let n: u8 = text.parse()?;
        let Some(more) = n.checked_add(1) else { return Err("too much".into()) };
        Ok([n, more].into_iter().map(Into::into).collect())
    }

    #[observed(shape, histogram, in_flight)]
    async fn inferred_later(text: &str) -> Result<Vec<u64>, Box<dyn Error + Send + Sync>> {
        one_turn().await;
        let n: u8 = text.parse()?;
        let Some(more) = n.checked_add(1) else { return Err("too much".into()) };
        Ok([n, more].into_iter().map(Into::into).collect())
    }

    #[observed(shape, histogram, in_flight)]
    async fn inferred_with_an_impl(text: &str) -> Result<impl Iterator<Item = u64>, Box<dyn Error>> {
        one_turn().await;
        if text.is_empty() {
            return Err("empty".into());
        }
        let n: u8 = text.parse()?;
        Ok([n].into_iter().map(Into::into))
    }

    #[observed(shape, histogram, in_flight)]
    fn inferred_in_a_future(text: String) -> impl Future<Output = Result<u8, Box<dyn Error + Send + Sync>>> + Send {
        async move {
            one_turn().await;
            if text.is_empty() {
                return Err("empty".into());
            }
            Ok(text.parse()?)
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn defaulted<T: Default>() -> (T, Option<u8>) {
        Default::default()
    }

    #[test]
    fn the_return_type_says_what_the_body_leaves_open() {
        assert_eq!(inferred("1").unwrap(), [1, 2]);
        assert!(inferred("x").is_err() && inferred("255").is_err());
        assert_eq!(run(inferred_later("1")).unwrap(), [1, 2]);
        assert!(run(inferred_later("x")).is_err() && run(inferred_later("255")).is_err());
        assert_eq!(run(inferred_with_an_impl("1")).unwrap().sum::<u64>(), 1);
        assert!(run(inferred_with_an_impl("x")).is_err() && run(inferred_with_an_impl("")).is_err());
        assert_eq!(run(assert_send(inferred_in_a_future("1".into()))).unwrap(), 1);
        assert!(run(inferred_in_a_future("x".into())).is_err() && run(inferred_in_a_future(String::new())).is_err());
        assert_eq!(defaulted::<u8>(), (0, None));
        for shape in ["inferred", "inferred_later", "inferred_with_an_impl", "inferred_in_a_future"] {
            assert_eq!(told(shape), "ok 1, error 2", "{shape}");
        }
        assert_eq!(told("defaulted"), "ok 1");
    }
}

mod diverging {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn never(text: &str) -> ! {
        panic!("{text}")
    }

    #[observed(shape, histogram, in_flight)]
    fn exits(code: i32) -> ! {
        std::process::exit(code)
    }

    #[observed(shape, histogram, in_flight)]
    async fn never_later() -> ! {
        loop {
            pending::<()>().await;
        }
    }

    #[test]
    fn a_function_never_returns() {
        assert!(panics(|| never("nothing")));
        let _: fn(i32) -> ! = exits;
        let mut waiting = Box::pin(never_later());
        assert!(poll_once(waiting.as_mut()).is_pending());
        drop(waiting);
        assert_eq!(told("never"), "panicked 1");
        assert_eq!(told("exits"), "");
        assert_eq!(told("never_later"), "cancelled 1");
    }

    enum Never {}

    #[observed(shape, histogram, in_flight)]
    fn of_never(never: Never) -> u8 {
        match never {}
    }

    #[observed(shape, histogram, in_flight)]
    async fn of_never_later(never: Never) -> u8 {
        match never {}
    }

    #[observed(shape, histogram, in_flight)]
    fn to_never() -> Never {
        panic!()
    }

    #[observed(shape, histogram, in_flight)]
    fn never_ok(n: u8) -> Result<Never, u8> {
        Err(n)
    }

    #[observed(shape, histogram, in_flight)]
    async fn never_error(n: u8) -> Result<u8, Never> {
        one_turn().await;
        Ok(n)
    }

    #[observed(shape, histogram, in_flight)]
    fn by_never(quits: fn() -> !) -> u8 {
        quits()
    }

    #[test]
    fn a_type_has_no_values() {
        let _: (fn(Never) -> u8, _) = (of_never, of_never_later);
        assert!(panics(to_never) && panics(|| by_never(|| panic!())));
        assert!(never_ok(1).is_err() && run(never_error(1)).is_ok());
        assert_eq!((told("to_never"), told("by_never")), ("panicked 1".to_owned(), "panicked 1".to_owned()));
        assert_eq!((told("never_ok"), told("never_error")), ("error 1".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    fn left_by_return(mut n: u8) -> u8 {
        loop {
            n += 1;
            if n > 3 {
                return n;
            }
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn left_by_break(n: u8) -> Option<u8> {
        let rest = 'outer: {
            for at in 0..n {
                if at == 2 {
                    break 'outer at;
                }
            }
            return None;
        };
        Some(rest)
    }

    #[observed(shape, histogram, in_flight)]
    fn panics_always(_: u8) -> u8 {
        panic!()
    }

    #[observed(shape, histogram, in_flight)]
    fn not_yet() -> Result<String, u8> {
        unimplemented!("later")
    }

    #[observed(shape, histogram, in_flight)]
    fn may_exit(n: u8) -> u8 {
        if n > 200 {
            std::process::exit(1);
        }
        n
    }

    #[observed(shape, histogram, in_flight)]
    async fn panics_later() -> Vec<u8> {
        one_turn().await;
        todo!()
    }

    #[observed(shape, histogram, in_flight)]
    async fn returns_later(n: u8) -> u8 {
        loop {
            one_turn().await;
            if n > 0 {
                return n;
            }
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn nothing_at_all() {}

    #[observed(shape, histogram, in_flight)]
    fn returns_early(stop: bool) {
        if stop {
            return;
        }
        nothing_more();
    }

    fn nothing_more() {}

    #[test]
    fn a_body_ends_by_return_by_a_panic_or_not_at_all() {
        assert_eq!((left_by_return(1), left_by_break(3), left_by_break(1), may_exit(1)), (4, Some(2), None, 1));
        assert!(panics(|| panics_always(1)) && panics(not_yet) && panics(|| run(panics_later())));
        assert_eq!(run(returns_later(1)), 1);
        nothing_at_all();
        returns_early(true);
        returns_early(false);
        for shape in ["left_by_return", "may_exit", "returns_later", "nothing_at_all"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
        for shape in ["left_by_break", "returns_early"] {
            assert_eq!(told(shape), "ok 2", "{shape}");
        }
        for shape in ["panics_always", "not_yet", "panics_later"] {
            assert_eq!(told(shape), "panicked 1", "{shape}");
        }
    }
}

mod arguments {
    use super::*;

    struct Point {
        x: u8,
        y: u8,
    }

    struct Only<T>(T);

    #[observed(shape, histogram, in_flight)]
    fn tuple((a, (b, _)): (u8, (u8, u8)), (): ()) -> u8 {
        a + b
    }

    #[observed(shape, histogram, in_flight)]
    fn fields(Point { x, .. }: Point, Point { y: other, x: _ }: &Point, Only(inner): Only<u8>) -> u8 {
        x + *other + inner
    }

    #[observed(shape, histogram, in_flight)]
    fn arrays([a, b]: [u8; 2], [first, .., last]: [u8; 4], [_, rest @ ..]: [u8; 3]) -> usize {
        usize::from(a + b + first + last) + rest.len()
    }

    #[observed(shape, histogram, in_flight)]
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn dereferenced(&n: &u8, &(a, _): &(u8, u8), &mut m: &mut u8) -> u8 {
        n + a + m
    }

    #[observed(shape, histogram, in_flight)]
    fn ignored(_: String, _named: String, (_, _): (String, u8)) {}

    #[observed(shape, histogram, in_flight)]
    fn mutable(mut n: u8, (mut a, ref mut b): (u8, String), (ref c, ..): (String, u8)) -> String {
        n += 1;
        a += n;
        b.push('.');
        format!("{a}{b}{c}")
    }

    #[observed(shape, histogram, in_flight)]
    fn whole(both @ (a, _): (u8, u8), all @ [first, ..]: [u8; 3]) -> usize {
        usize::from(both.1 + a + first) + all.len()
    }

    #[observed(shape, histogram, in_flight)]
    async fn patterns_later(
        (a, ref mut b): (u8, String),
        &[c, ..]: &[u8; 2],
        Point { mut x, y: _ }: Point,
        _: String,
    ) -> String {
        one_turn().await;
        x += a;
        b.push('.');
        format!("{x}{b}{c}")
    }

    #[test]
    fn an_argument_is_a_pattern() {
        assert_eq!(tuple((1, (2, 3)), ()), 3);
        assert_eq!(fields(Point { x: 1, y: 2 }, &Point { x: 3, y: 4 }, Only(5)), 10);
        assert_eq!(arrays([1, 2], [3, 0, 0, 4], [0; 3]), 12);
        assert_eq!(dereferenced(&1, &(2, 3), &mut 4), 7);
        ignored(String::new(), String::new(), (String::new(), 1));
        assert_eq!(mutable(1, (2, "b".to_owned()), ("c".to_owned(), 0)), "4b.c");
        assert_eq!(whole((1, 2), [3, 4, 5]), 9);
        let point = Point { x: 1, y: 2 };
        assert_eq!(run(patterns_later((1, "b".to_owned()), &[3, 4], point, String::new())), "2b.3");
        for shape in ["tuple", "fields", "arrays", "dereferenced", "ignored", "mutable", "whole", "patterns_later"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn configured(
        #[cfg(not(test))] gone: NoSuchType,
        #[cfg(test)] kept: u8,
        #[allow(unused_variables)] unused: u8,
        #[cfg_attr(test, allow(unused_mut))] mut unchanged: u8,
        #[expect(unused_variables)] expected: u8,
        #[cfg(test)] (a, _): (u8, u8),
    ) -> u8 {
        kept + unchanged + a
    }

    #[observed(shape, histogram, in_flight)]
    async fn configured_later(
        #[cfg(not(test))] gone: NoSuchType,
        #[cfg(test)] kept: u8,
        #[allow(unused_variables)] unused: u8,
        #[expect(unused_mut)] mut unchanged: u8,
    ) -> u8 {
        kept + unchanged
    }

    #[test]
    fn an_argument_has_attributes() {
        assert_eq!((configured(1, 2, 3, 4, (5, 6)), run(configured_later(1, 2, 3))), (9, 4));
        assert_eq!((told("configured"), told("configured_later")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    // One line is one expression, or begins with what may be one: none of them raises `unused_braces`.
    #[rustfmt::skip]
    mod lines {
        use tallied::observed;

        #[observed(shape, histogram, in_flight)]
        pub(super) fn number() -> u8 { 1 }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn chosen(a: bool) -> u8 { if a { 1 } else { 2 } }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn matched(a: u8) -> u8 { match a { 0 => 1, a => a } }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn as_another(a: bool) -> u8 { match u8::from(a) { 0 => 1_i8, _ => 2 }.unsigned_abs() }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn returning(a: bool) -> u8 { if a { return 1; } 2 }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn counted(mut a: u8) -> u8 { while a > 3 { a -= 1; } a }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn with_item() -> u8 { const TWO: u8 = 2; TWO }
        #[observed(shape, histogram, in_flight)]
        pub(super) async fn later(a: bool) -> u8 { if a { return 1; } 2 }
        pub(super) struct One { pub(super) a: u8 }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn in_pattern(all: &[One]) { for One { a } in all { assert_eq!(*a, 1); } }
        #[observed(shape, histogram, in_flight)]
        pub(super) fn in_head(a: u8) -> u8 { if const { true } { a } else { 2 } }
    }

    #[test]
    fn a_body_is_one_line() {
        let of_bool = [lines::chosen(true), lines::as_another(true), lines::returning(true), run(lines::later(false))];
        assert_eq!(of_bool, [1, 2, 1, 2]);
        assert_eq!([lines::number(), lines::matched(7), lines::counted(5), lines::with_item()], [1, 7, 3, 2]);
        lines::in_pattern(&[lines::One { a: 1 }]);
        assert_eq!(lines::in_head(4), 4);
        for shape in [
            "number",
            "chosen",
            "matched",
            "as_another",
            "returning",
            "counted",
            "with_item",
            "later",
            "in_pattern",
            "in_head",
        ] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[observed(shape, histogram, in_flight)]
    #[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
    fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: &mut u8) -> u8 {
        *l += a + b + c + d + e + f;
        *l + g + h + i + j + k
    }

    #[observed(shape, histogram, in_flight)]
    #[expect(clippy::too_many_arguments, clippy::many_single_char_names)]
    async fn twelve_later(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: &u8) -> u8 {
        one_turn().await;
        a + b + c + d + e + f + g + h + i + j + k + l
    }

    #[test]
    fn there_are_twelve_arguments() {
        assert_eq!(twelve(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, &mut 1), 12);
        assert_eq!(run(twelve_later(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, &1)), 12);
        assert_eq!((told("twelve"), told("twelve_later")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    async fn calls_async(once: impl AsyncFnOnce(u8) -> u8, each: &impl AsyncFn(&str) -> usize) -> usize {
        usize::from(once(1).await) + each("text").await
    }

    #[observed(shape, histogram, in_flight)]
    async fn calls_async_mut<F>(mut each: F) -> u8
    where
        F: AsyncFnMut(u8) -> u8,
    {
        each(1).await + each(2).await
    }

    #[test]
    fn an_argument_is_an_async_closure() {
        let text = String::from("text");
        let added = run(calls_async(async |n| n + 1, &async |other: &str| {
            one_turn().await;
            other.len() + text.len()
        }));
        let mut sum = 0;
        let last = run(calls_async_mut(async |n| {
            one_turn().await;
            sum += n;
            n
        }));
        assert_eq!((added, last, sum), (10, 3, 3));
        assert_eq!((told("calls_async"), told("calls_async_mut")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }
}

mod bodies {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn with_inner_attributes(n: u8) -> u8 {
        //! Documented inside.
        #![allow(unused_variables)]
        #![allow(clippy::let_unit_value)]
        let unused = ();
        n
    }

    #[observed(shape, histogram, in_flight)]
    async fn with_inner_attributes_later(n: u8) -> u8 {
        #![allow(unused_variables)]
        let unused = n;
        n
    }

    #[test]
    fn a_body_begins_with_attributes() {
        assert_eq!((with_inner_attributes(1), run(with_inner_attributes_later(1))), (1, 1));
        assert_eq!(told("with_inner_attributes"), "ok 1");
        assert_eq!(told("with_inner_attributes_later"), "ok 1");
    }

    #[observed(shape, histogram, in_flight)]
    fn with_items(n: u8) -> u8 {
        use std::ops::Add as _;
        const MORE: u8 = 1;
        static LESS: u8 = 1;
        struct Doubled(u8);
        impl Doubled {
            #[observed(shape, histogram, in_flight)]
            fn doubled_within(&self) -> u8 {
                self.0 * 2
            }
        }
        #[observed(shape, histogram, in_flight)]
        fn function_within(n: u8) -> u8 {
            n + MORE
        }
        Doubled(function_within(n)).doubled_within().add(LESS)
    }

    const IN_A_CONSTANT: fn(u8) -> u8 = {
        #[observed(shape, histogram, in_flight)]
        fn in_a_constant(n: u8) -> u8 {
            n
        }
        in_a_constant
    };

    #[test]
    fn a_function_stands_in_a_function_a_closure_or_a_constant() {
        let closure = |n| {
            #[observed(shape, histogram, in_flight)]
            fn in_a_closure(n: u8) -> u8 {
                n
            }
            in_a_closure(n)
        };
        let block = async {
            #[observed(shape, histogram, in_flight)]
            async fn in_an_async_block() -> u8 {
                1
            }
            in_an_async_block().await
        };
        assert_eq!((with_items(1), closure(1), run(block), IN_A_CONSTANT(1)), (5, 1, 1, 1));
        for shape in
            ["with_items", "function_within", "doubled_within", "in_a_closure", "in_an_async_block", "in_a_constant"]
        {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn sum_to(n: u32) -> u32 {
        if n == 0 { 0 } else { n + sum_to(n - 1) }
    }

    #[observed(shape, histogram, in_flight)]
    async fn sum_later(n: u32) -> u32 {
        one_turn().await;
        if n == 0 { 0 } else { n + Box::pin(sum_later(n - 1)).await }
    }

    #[observed(shape, histogram, in_flight)]
    fn sum_boxed(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { if n == 0 { 0 } else { n + sum_boxed(n - 1).await } })
    }

    #[observed(shape, histogram, in_flight)]
    fn is_even(n: u8) -> bool {
        n == 0 || is_odd(n - 1)
    }

    #[observed(shape, histogram, in_flight)]
    fn is_odd(n: u8) -> bool {
        n != 0 && is_even(n - 1)
    }

    #[observed(shape, histogram, in_flight)]
    async fn down_by_turns(n: u8) -> u8 {
        one_turn().await;
        if n == 0 { 0 } else { boxed_down(n - 1).await }
    }

    #[observed(shape, histogram, in_flight)]
    fn boxed_down(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(down_by_turns(n))
    }

    #[test]
    fn a_function_calls_itself() {
        assert_eq!((sum_to(3), run(sum_later(3)), run(sum_boxed(3)), is_even(4)), (6, 6, 6, true));
        for shape in ["sum_to", "sum_later", "sum_boxed"] {
            assert_eq!(told(shape), "ok 4", "{shape}");
        }
        assert_eq!(run(boxed_down(3)), 0);
        assert_eq!((told("down_by_turns"), told("boxed_down")), ("ok 4".to_owned(), "ok 4".to_owned()));
        assert_eq!((told("is_even"), told("is_odd")), ("ok 3".to_owned(), "ok 2".to_owned()));
    }

    struct Drops<'a>(&'static str, &'a Cell<Vec<&'static str>>);

    impl Drop for Drops<'_> {
        fn drop(&mut self) {
            let mut dropped = self.1.take();
            dropped.push(self.0);
            self.1.set(dropped);
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn drops<'a>(first: Drops<'a>, (_a, _): (Drops<'a>, Drops<'a>), _: Drops<'a>) -> Result<(), ()> {
        let _local = Drops("local", first.1);
        Err(())?;
        Ok(())
    }

    #[test]
    fn values_are_dropped_after_a_question_mark() {
        let dropped = Cell::default();
        let one = |name| Drops(name, &dropped);
        assert_eq!(drops(one("first"), (one("a"), one("b")), one("unnamed")), Err(()));
        assert_eq!(dropped.take(), ["local", "unnamed", "a", "b", "first"]);
        assert_eq!(told("drops"), "error 1");
    }
}

mod traits {
    use super::*;

    trait Shape {
        fn sides(&self) -> u8;

        #[observed(shape, histogram, in_flight)]
        fn corners(&self) -> u8 {
            self.sides()
        }

        #[observed(shape, histogram, in_flight)]
        fn new_default() -> Self
        where
            Self: Sized + Default,
        {
            Self::default()
        }
    }

    #[derive(Default)]
    struct Square;

    impl Shape for Square {
        #[observed(shape, histogram, in_flight)]
        fn sides(&self) -> u8 {
            4
        }
    }

    impl dyn Shape {
        #[observed(shape, histogram, in_flight)]
        fn twice(&self) -> u8 {
            self.sides() * 2
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn sides_of(shape_of: &dyn Shape, boxed: Box<dyn Shape + '_>) -> u8 {
        shape_of.corners() + boxed.corners()
    }

    #[test]
    fn a_method_is_of_a_trait_and_called_through_dyn() {
        let square: &dyn Shape = &Square::new_default();
        assert_eq!((sides_of(square, Box::new(Square)), square.twice()), (8, 8));
        assert_eq!((told("corners"), told("sides")), ("ok 2".to_owned(), "ok 3".to_owned()));
        for shape in ["new_default", "twice", "sides_of"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    struct Once<T>(Option<T>);

    impl<T> Iterator for Once<T> {
        type Item = T;

        #[observed(shape, histogram, in_flight)]
        fn next(&mut self) -> Option<T> {
            self.0.take()
        }
    }

    impl<T: Debug> Debug for Once<T> {
        #[observed(shape, histogram, in_flight)]
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(formatter, "{:?}", self.0)
        }
    }

    impl<T> std::ops::Deref for Once<T> {
        type Target = Option<T>;

        #[observed(shape, histogram, in_flight)]
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl<T> From<T> for Once<T> {
        #[observed(shape, histogram, in_flight)]
        fn from(value: T) -> Self {
            Self(Some(value))
        }
    }

    impl<T> Drop for Once<T> {
        #[observed(shape, histogram, in_flight)]
        fn drop(&mut self) {
            let _ = self.0.take();
        }
    }

    #[test]
    fn a_trait_is_of_the_standard_library() {
        let mut once = Once::from(1);
        assert_eq!((once.is_some(), format!("{once:?}"), once.by_ref().sum::<u8>()), (true, "Some(1)".to_owned(), 1));
        drop(once);
        for shape in ["from", "deref", "fmt", "drop"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
        assert_eq!(told("next"), "ok 2");
    }

    trait Load {
        async fn load(&self, key: &str) -> Result<usize, String>;

        #[observed(shape, histogram, in_flight)]
        async fn load_twice(&self, key: &str) -> Result<usize, String> {
            Ok(self.load(key).await? + self.load(key).await?)
        }
    }

    impl Load for Square {
        #[observed(shape, histogram, in_flight)]
        async fn load(&self, key: &str) -> Result<usize, String> {
            one_turn().await;
            if key.is_empty() { Err("empty".to_owned()) } else { Ok(key.len()) }
        }
    }

    #[test]
    fn a_trait_has_async_methods_of_its_own() {
        assert_eq!(run(Square.load_twice("key")), Ok(6));
        assert_eq!(run(Square.load_twice("")), Err("empty".to_owned()));
        assert_eq!((told("load"), told("load_twice")), ("ok 2, error 1".to_owned(), "ok 1, error 1".to_owned()));
    }

    trait Later {
        fn by_async_fn(&self, n: u8) -> impl Future<Output = u8> + Send;
        fn by_future(&self, n: u8) -> impl Future<Output = u8> + Send;

        #[observed(shape, histogram, in_flight)]
        fn by_default(&self, n: u8) -> impl Future<Output = u8> + Send
        where
            Self: Sync,
        {
            async move { self.by_async_fn(n).await + self.by_future(n).await }
        }

        #[observed(shape, histogram, in_flight)]
        fn numbers(&self) -> impl Iterator<Item = u8> {
            0..3
        }
    }

    impl Later for Square {
        #[observed(shape, histogram, in_flight)]
        async fn by_async_fn(&self, n: u8) -> u8 {
            one_turn().await;
            n
        }

        #[observed(shape, histogram, in_flight)]
        fn by_future(&self, n: u8) -> impl Future<Output = u8> + Send {
            ready(n)
        }
    }

    #[test]
    fn a_trait_has_methods_that_return_impl_future() {
        assert_eq!(run(assert_send(Square.by_default(1))), 2);
        assert_eq!(Square.numbers().count(), 3);
        for shape in ["by_async_fn", "by_future", "by_default", "numbers"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[async_trait::async_trait]
    trait Remote: Sync {
        async fn fetch(&self, key: &str) -> Result<usize, ()>;
        async fn keep<'a>(&mut self, key: &'a str) -> &'a str;

        #[observed(shape, histogram, in_flight)]
        async fn fetch_default(&self, key: &str) -> Result<usize, ()> {
            self.fetch(key).await
        }
    }

    struct ByMethod;
    struct Above;
    struct Below;

    #[async_trait::async_trait]
    impl Remote for ByMethod {
        #[observed(shape, histogram, in_flight)]
        async fn fetch(&self, key: &str) -> Result<usize, ()> {
            one_turn().await;
            if key.is_empty() { Err(()) } else { Ok(key.len()) }
        }

        #[observed(shape, histogram, in_flight)]
        async fn keep<'a>(&mut self, key: &'a str) -> &'a str {
            one_turn().await;
            key
        }
    }

    #[observed(labels(shape = "above"), histogram, in_flight)]
    #[async_trait::async_trait]
    impl Remote for Above {
        async fn fetch(&self, key: &str) -> Result<usize, ()> {
            one_turn().await;
            if key.is_empty() { Err(()) } else { Ok(key.len()) }
        }

        async fn keep<'a>(&mut self, key: &'a str) -> &'a str {
            one_turn().await;
            key
        }
    }

    #[async_trait::async_trait]
    #[observed(labels(shape = "below"), histogram, in_flight)]
    impl Remote for Below {
        async fn fetch(&self, key: &str) -> Result<usize, ()> {
            one_turn().await;
            if key.is_empty() { Err(()) } else { Ok(key.len()) }
        }

        async fn keep<'a>(&mut self, key: &'a str) -> &'a str {
            one_turn().await;
            key
        }
    }

    #[async_trait::async_trait(?Send)]
    trait Local {
        async fn local(self: Rc<Self>) -> Rc<Self>;
    }

    #[async_trait::async_trait(?Send)]
    impl Local for Square {
        #[observed(shape, histogram, in_flight)]
        async fn local(self: Rc<Self>) -> Rc<Self> {
            one_turn().await;
            self
        }
    }

    #[async_trait::async_trait]
    trait Made<T> {
        async fn made(&self, id: u8) -> (T, u8);
    }

    #[async_trait::async_trait]
    impl<T: Default + Send> Made<T> for Square {
        #[observed(shape, histogram, in_flight)]
        async fn made(&self, id: u8) -> (T, u8) {
            one_turn().await;
            (T::default(), id)
        }
    }

    #[test]
    fn async_trait_stands_above_and_below() {
        let remotes: [Box<dyn Remote>; 3] = [Box::new(ByMethod), Box::new(Above), Box::new(Below)];
        for mut remote in remotes {
            assert_eq!((run(remote.fetch_default("key")), run(remote.fetch_default(""))), (Ok(3), Err(())));
            assert_eq!(run(remote.keep("key")), "key");
        }
        assert_eq!((told("fetch"), told("keep")), ("ok 1, error 1".to_owned(), "ok 1".to_owned()));
        assert_eq!(told("fetch_default"), "ok 3, error 3");
        run(Rc::new(Square).local());
        assert_eq!(run(Made::<String>::made(&Square, 3)), (String::new(), 3));
        assert_eq!((told("local"), told("made")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }
}

mod futures {
    use super::*;
    use futures_util::FutureExt as _;
    use futures_util::future::{BoxFuture, LocalBoxFuture};

    #[observed(shape, histogram, in_flight)]
    fn impl_future(text: &str) -> impl Future<Output = Result<usize, ()>> + use<> {
        let length = text.len();
        async move {
            one_turn().await;
            if length > 0 { Ok(length) } else { Err(()) }
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn boxed_future<'a>(log: &'a Cell<u8>, text: &'a str) -> Pin<Box<dyn Future<Output = usize> + 'a>> {
        log.set(1);
        let copy = text.to_owned();
        Box::pin(async move {
            one_turn().await;
            log.set(2);
            copy.len() + text.len()
        })
    }

    #[observed(shape, histogram, in_flight)]
    fn by_boxed(n: u8) -> BoxFuture<'static, Result<u8, String>> {
        if n == 0 {
            return ready(Err("zero".to_owned())).boxed();
        }
        async move {
            one_turn().await;
            Ok(n)
        }
        .boxed()
    }

    #[observed(shape, histogram, in_flight)]
    fn by_branches(n: u8) -> LocalBoxFuture<'static, u8> {
        match n {
            0 => Box::pin(ready(0)),
            1 => Box::pin(async { 1 }),
            n => one_turn().map(move |()| n).boxed_local(),
        }
    }

    #[test]
    fn of_a_function_that_returns_a_future_the_future_is_told() {
        assert_eq!((run(impl_future("text")), run(impl_future(""))), (Ok(4), Err(())));
        let log = Cell::new(0);
        let boxed = boxed_future(&log, "text");
        assert_eq!(log.get(), 1, "what stands before the future is not delayed");
        assert_eq!((run(boxed), log.get()), (8, 2));
        assert_eq!((run(by_boxed(0)), run(by_boxed(1))), (Err("zero".to_owned()), Ok(1)));
        assert_eq!([run(by_branches(0)), run(by_branches(1)), run(by_branches(2))], [0, 1, 2]);
        assert_eq!(told("impl_future"), "ok 1, error 1");
        assert_eq!(told("boxed_future"), "ok 1");
        assert_eq!(told("by_boxed"), "ok 1, error 1");
        assert_eq!(told("by_branches"), "ok 3");
    }

    mod alias {
        use super::*;

        pub type BoxFuture<'a> = Pin<Box<dyn Future<Output = u8> + Send + 'a>>;

        #[observed(shape, histogram, in_flight)]
        pub fn by_own_alias(n: &u8) -> BoxFuture<'_> {
            Box::pin(async move {
                one_turn().await;
                *n
            })
        }
    }

    #[observed(shape, histogram, in_flight)]
    fn by_pinned_impl(n: u8) -> Pin<Box<impl Future<Output = u8> + Send>> {
        Box::pin(async move {
            one_turn().await;
            n
        })
    }

    #[observed(shape, histogram, in_flight)]
    fn by_unpin(n: u8) -> impl Future<Output = impl Display> + Unpin {
        ready(n)
    }

    #[observed(shape, histogram, in_flight)]
    fn by_unpinned_box(n: u8) -> Box<dyn Future<Output = u8> + Unpin> {
        Box::new(ready(n))
    }

    #[observed(shape, histogram, in_flight)]
    fn by_use<'a>(n: &'a u8, _: &str) -> impl Future<Output = &'a u8> + Send + use<'a> {
        async move {
            one_turn().await;
            n
        }
    }

    #[test]
    fn a_future_is_written_in_many_ways() {
        let n = 1;
        assert_eq!((run(alias::by_own_alias(&n)), run(by_pinned_impl(1)), run(by_use(&n, "text"))), (1, 1, &1));
        assert_eq!((run(by_unpin(1)).to_string().as_str(), run(by_unpinned_box(1))), ("1", 1));
        for shape in ["by_own_alias", "by_pinned_impl", "by_unpin", "by_unpinned_box", "by_use"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[observed(shape, histogram, in_flight)]
    async fn sends(text: String) -> usize {
        one_turn().await;
        text.len()
    }

    #[observed(shape, histogram, in_flight)]
    fn sends_too(text: String) -> impl Future<Output = usize> + Send {
        async move { text.len() }
    }

    #[observed(shape, histogram, in_flight)]
    async fn stays(count: Rc<Cell<u8>>) -> u8 {
        let kept = Rc::clone(&count);
        one_turn().await;
        kept.get()
    }

    #[test]
    fn a_future_is_as_send_as_the_bare_one() {
        assert_eq!(run(assert_send(sends("text".to_owned()))), 4);
        assert_eq!(run(assert_send(sends_too("text".to_owned()))), 4);
        assert_eq!(run(stays(Rc::new(Cell::new(1)))), 1);
        for shape in ["sends", "sends_too", "stays"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[observed(shape, histogram, in_flight)]
    async fn half_way(log: &Cell<u8>) {
        log.set(1);
        one_turn().await;
        log.set(2);
    }

    #[test]
    fn a_future_is_dropped_half_way_or_never_polled() {
        let log = Cell::new(0);
        drop(half_way(&log));
        assert_eq!((log.get(), told("half_way")), (0, String::new()));
        let mut future = Box::pin(half_way(&log));
        assert!(poll_once(future.as_mut()).is_pending());
        drop(future);
        assert_eq!((log.get(), told("half_way")), (1, "cancelled 1".to_owned()));
    }

    #[observed(shape, histogram, in_flight)]
    async fn second_poll_panics() {
        one_turn().await;
        panic!("in the second poll");
    }

    #[observed(shape, histogram, in_flight)]
    fn panics_before(n: u8) -> impl Future<Output = u8> {
        assert!(n > 0, "as asked");
        ready(n)
    }

    #[observed(shape, histogram, in_flight)]
    fn panics_before_its_box(n: u8) -> Pin<Box<dyn Future<Output = u8>>> {
        assert!(n > 0, "as asked");
        Box::pin(ready(n))
    }

    #[test]
    fn there_is_a_panic_before_there_is_a_future() {
        assert!(catch_unwind(|| drop(panics_before(0))).is_err());
        assert!(catch_unwind(|| drop(panics_before_its_box(0))).is_err());
        assert_eq!((run(panics_before(1)), run(panics_before_its_box(1))), (1, 1));
        for shape in ["panics_before", "panics_before_its_box"] {
            assert_eq!(told(shape), "ok 1, panicked 1", "{shape}");
        }
    }

    #[test]
    fn a_poll_panics() {
        assert!(panics(|| run(second_poll_panics())));
        assert_eq!(told("second_poll_panics"), "panicked 1");
    }
}

mod macros {
    use super::*;

    macro_rules! by_parts {
        ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $ty:ty),*) -> $out:ty $body:block) => {
            $(#[$meta])*
            $vis fn $name($($argument: $ty),*) -> $out $body
        };
    }

    by_parts! {
        #[observed(shape, histogram, in_flight)]
        pub(super) fn attribute_given(text: &str, n: usize) -> Result<usize, ()> {
            text.len().checked_sub(n).ok_or(())
        }
    }

    macro_rules! with_attribute {
        ($name:ident<$lifetime:lifetime>, $pattern:pat => $ty:ty, $out:ty, $body:expr) => {
            #[observed(shape, histogram, in_flight)]
            fn $name<$lifetime>($pattern: $ty) -> $out {
                $body
            }
        };
    }

    with_attribute!(attribute_within<'a>, (n, text) => (usize, &'a str), Option<&'a str>, text.get(n..));

    macro_rules! method {
        ($name:ident, $self:ident, $body:block) => {
            #[observed(shape, histogram, in_flight)]
            fn $name(&mut $self) -> u8 $body
        };
    }

    impl Counter {
        method!(method_of_a_macro, self, {
            self.n += 1;
            self.n
        });
    }

    macro_rules! later {
        ($($name:ident: $out:ty = $body:block)*) => {$(
            #[observed(shape, histogram, in_flight)]
            async fn $name(n: u8) -> $out {
                let given = n;
                one_turn().await;
                let _ = given;
                $body
            }
        )*};
    }

    later! {
        later_of_a_macro: Result<u8, ()> = { Err(()) }
        other_of_a_macro: u8 = { 1 }
    }

    macro_rules! whole {
        ($($item:item)*) => {$(
            #[observed(shape, histogram, in_flight)]
            $item
        )*};
    }

    whole! {
        fn item_of_a_macro(mut n: u8) -> u8 {
            n += 1;
            n
        }

        async fn async_item_of_a_macro(_n: u8) {}
    }

    macro_rules! two_arguments {
        ($x:ident) => {
            #[observed(shape, histogram, in_flight)]
            fn of_one_name($x: u8, x: u8) -> u8 {
                $x - x
            }

            #[observed(shape, histogram, in_flight)]
            async fn of_one_name_later($x: u8, mut x: u8) -> u8 {
                one_turn().await;
                x += 1;
                $x - x
            }
        };
    }

    two_arguments!(x);

    macro_rules! result_of {
        ($ty:ty) => { Result<$ty, ()> };
    }

    #[observed(shape, histogram, in_flight)]
    fn of_a_type_macro(n: result_of!(u8)) -> result_of!(u8) {
        n
    }

    macro_rules! makes_future {
        ($name:ident, $out:ty) => {
            #[observed(shape, histogram, in_flight)]
            fn $name() -> $out {
                Box::pin(ready(1))
            }
        };
    }

    makes_future!(future_of_a_macro, Pin<Box<dyn Future<Output = u8>>>);

    #[test]
    fn a_function_is_made_by_a_macro() {
        assert_eq!((attribute_given("ab", 1), attribute_given("ab", 3)), (Ok(1), Err(())));
        assert_eq!(attribute_within((1, "text")), Some("ext"));
        assert_eq!(Counter { n: 1 }.method_of_a_macro(), 2);
        assert_eq!((run(later_of_a_macro(1)), run(other_of_a_macro(1))), (Err(()), 1));
        assert_eq!((item_of_a_macro(1), run(async_item_of_a_macro(1))), (2, ()));
        assert_eq!(run(future_of_a_macro()), 1);
        assert_eq!((of_one_name(3, 1), run(of_one_name_later(3, 1))), (2, 1));
        assert_eq!(of_a_type_macro(Err(())), Err(()));
        assert_eq!(told("of_a_type_macro"), "error 1");
        assert_eq!(told("attribute_given"), "ok 1, error 1");
        assert_eq!(told("later_of_a_macro"), "error 1");
        for shape in [
            "attribute_within",
            "method_of_a_macro",
            "other_of_a_macro",
            "item_of_a_macro",
            "async_item_of_a_macro",
            "future_of_a_macro",
            "of_one_name",
            "of_one_name_later",
        ] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }
}

mod names {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn r#fn(r#type: u8, r#async: &mut u8) -> u8 {
        *r#async += 1;
        r#type + *r#async
    }

    #[observed(shape, histogram, in_flight)]
    async fn r#match(r#type: u8) -> u8 {
        one_turn().await;
        r#type
    }

    #[observed(shape, histogram, in_flight)]
    fn größe(länge: u8, 幅: u8) -> u8 {
        länge * 幅
    }

    #[test]
    fn a_name_is_raw_or_not_ascii() {
        assert_eq!((r#fn(1, &mut 1), run(r#match(1)), größe(2, 3)), (3, 1, 6));
        for shape in ["fn", "match", "größe"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    mod shadowed {
        #![allow(dead_code, non_camel_case_types, unused_macros)]

        mod std {}
        mod core {}
        mod alloc {}
        mod tracing {}
        mod tallied {}

        pub(super) struct Option;
        pub(super) enum Result {
            Ok,
        }
        type String = ();
        type Box = ();
        type u64 = ();
        type bool = ();
        trait Send {}
        trait Future {}
        trait Fn {}
        trait Into {}

        fn drop() {}

        macro_rules! vec {
            () => {
                compile_error!("not this one")
            };
        }
        macro_rules! panic {
            () => {
                compile_error!("not this one")
            };
        }
        macro_rules! format {
            () => {
                compile_error!("not this one")
            };
        }
        macro_rules! assert {
            () => {
                compile_error!("not this one")
            };
        }
        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) fn in_shadows(_: Option, ok: bool) -> Result {
            drop();
            let () = ok;
            Result::Ok
        }

        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) async fn later_in_shadows(option: &Option) -> &Option {
            option
        }

        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) fn iterator_in_shadows() -> impl ::core::iter::Iterator<Item = Option> {
            ::core::iter::once(Option)
        }
    }

    #[test]
    fn the_preludes_names_are_shadowed() {
        assert!(matches!(shadowed::in_shadows(shadowed::Option, ()), shadowed::Result::Ok));
        run(shadowed::later_in_shadows(&shadowed::Option));
        assert_eq!(shadowed::iterator_in_shadows().count(), 1);
        for shape in ["in_shadows", "later_in_shadows", "iterator_in_shadows"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    mod reexported {
        pub use tallied as t;
    }

    #[observed(crate = crate::names::reexported::t, shape, histogram, in_flight)]
    fn through_another_path(n: u8) -> Result<u8, u8> {
        Err(n)
    }

    #[observed(crate = reexported::t, shape, histogram, in_flight)]
    async fn through_a_relative_path(n: u8) -> u8 {
        n
    }

    #[test]
    fn the_crate_has_another_path() {
        assert_eq!((through_another_path(1), run(through_a_relative_path(1))), (Err(1), 1));
        assert_eq!((told("through_another_path"), told("through_a_relative_path")), ("error 1".into(), "ok 1".into()));
    }

    #[no_implicit_prelude]
    mod without_prelude {
        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) fn no_prelude(n: u8) -> ::core::result::Result<u8, u8> {
            ::core::result::Result::Err(n)
        }

        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) async fn no_prelude_later(n: u8) -> u8 {
            n
        }

        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) fn no_prelude_future(n: u8) -> impl ::core::future::Future<Output = u8> {
            ::core::future::ready(n)
        }

        #[::tallied::observed(shape, histogram, in_flight)]
        pub(super) fn no_prelude_boxed(
            (n, _): (u8, u8),
        ) -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u8>>> {
            ::std::boxed::Box::pin(::core::future::ready(n))
        }
    }

    #[test]
    fn there_is_no_prelude() {
        use without_prelude::{no_prelude, no_prelude_boxed, no_prelude_future, no_prelude_later};
        assert_eq!((no_prelude(1), run(no_prelude_later(1))), (Err(1), 1));
        assert_eq!((run(no_prelude_future(1)), run(no_prelude_boxed((1, 2)))), (1, 1));
        assert_eq!((told("no_prelude"), told("no_prelude_later")), ("error 1".to_owned(), "ok 1".to_owned()));
        assert_eq!((told("no_prelude_future"), told("no_prelude_boxed")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }
}

mod attributes {
    use super::*;

    #[test]
    #[observed(shape, histogram)]
    fn below_test() {}

    #[observed(shape, histogram)]
    #[test]
    fn above_test() -> Result<(), String> {
        Ok(())
    }

    #[test]
    #[should_panic(expected = "as it should")]
    #[observed(shape, histogram)]
    fn should_panic() {
        panic!("as it should");
    }

    #[tokio::test]
    #[observed(shape, histogram)]
    async fn below_tokio_test() {
        tokio::task::yield_now().await;
    }

    #[observed(shape, histogram)]
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn above_tokio_test() -> Result<(), String> {
        tokio::task::yield_now().await;
        Ok(())
    }

    #[test]
    fn a_test_is_observed() {
        below_test();
        above_test().unwrap();
        below_tokio_test();
        above_tokio_test().unwrap();
        for shape in ["below_test", "above_test", "below_tokio_test", "above_tokio_test"] {
            assert!(told(shape).starts_with("ok "), "{shape}");
        }
    }

    #[tokio::main(flavor = "current_thread")]
    #[observed(shape, histogram, in_flight)]
    async fn below_tokio_main() -> Result<u8, u8> {
        tokio::task::yield_now().await;
        Err(1)
    }

    #[observed(shape, histogram, in_flight)]
    #[tokio::main(flavor = "current_thread")]
    async fn above_tokio_main() -> Result<u8, u8> {
        tokio::task::yield_now().await;
        Err(1)
    }

    #[test]
    fn a_main_of_tokio_is_observed() {
        assert_eq!((below_tokio_main(), above_tokio_main()), (Err(1), Err(1)));
        assert_eq!((told("below_tokio_main"), told("above_tokio_main")), ("error 1".to_owned(), "error 1".to_owned()));
    }

    #[inline]
    #[must_use]
    #[observed(shape, histogram, in_flight)]
    #[cold]
    #[doc = "Documented."]
    fn between() -> u8 {
        1
    }

    #[observed(shape, histogram, in_flight)]
    #[inline(always)]
    #[must_use = "it is all there is"]
    #[allow(clippy::inline_always)]
    async fn above() -> u8 {
        one_turn().await;
        1
    }

    /// Documented.
    #[deprecated(note = "old")]
    #[observed(shape, histogram, in_flight)]
    fn below_deprecated(n: u8) -> u8 {
        n
    }

    #[observed(shape, histogram, in_flight)]
    #[deprecated]
    async fn above_deprecated(n: u8) -> u8 {
        n
    }

    #[observed(shape, histogram, in_flight)]
    #[expect(unused_variables, reason = "it is expected")]
    fn above_expect() {
        let unused = 1;
    }

    #[expect(unused_mut)]
    #[observed(shape, histogram, in_flight)]
    fn below_expect(mut text: &str) -> usize {
        text.len()
    }

    #[observed(shape, histogram, in_flight)]
    #[expect(clippy::too_many_arguments)]
    async fn expects_later(a: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8) -> u8 {
        one_turn().await;
        a
    }

    #[cfg(test)]
    #[observed(shape, histogram, in_flight)]
    #[cfg_attr(test, must_use)]
    fn configured_in() -> u8 {
        1
    }

    #[observed(shape, histogram, in_flight)]
    #[cfg(not(test))]
    fn configured_away() -> NoSuchType {}

    #[observed(shape, histogram, in_flight)]
    #[rustfmt::skip]
    #[deny(unused)]
    fn of_a_tool() -> u8 { 1 }

    #[test]
    fn attributes_of_the_language_stand_above_and_below() {
        assert_eq!((between(), run(above()), of_a_tool()), (1, 1, 1));
        #[expect(deprecated)]
        let old = (below_deprecated(1), run(above_deprecated(1)));
        assert_eq!(old, (1, 1));
        above_expect();
        assert_eq!((below_expect("text"), run(expects_later(1, 2, 3, 4, 5, 6, 7, 8))), (4, 1));
        for shape in [
            "between",
            "above",
            "below_deprecated",
            "above_deprecated",
            "above_expect",
            "below_expect",
            "expects_later",
            "of_a_tool",
        ] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    use tallied::observed as watched;

    #[cfg_attr(test, observed(shape, histogram, in_flight))]
    fn by_cfg_attr(n: u8) -> u8 {
        n
    }

    #[cfg_attr(all(test, not(any())), inline, watched(shape, histogram, in_flight), must_use)]
    async fn by_cfg_attr_later(n: u8) -> u8 {
        one_turn().await;
        n
    }

    #[watched(shape, histogram, in_flight)]
    pub(in crate::attributes) fn by_another_name(n: u8) -> u8 {
        n
    }

    #[test]
    fn the_attribute_has_another_name_and_a_condition() {
        assert_eq!((by_cfg_attr(1), run(by_cfg_attr_later(1)), by_another_name(1)), (1, 1, 1));
        for shape in ["by_cfg_attr", "by_cfg_attr_later", "by_another_name"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }

    #[expect(dead_code)]
    #[observed(shape, histogram, in_flight)]
    fn never_called() {}

    #[expect(unused_variables)]
    #[observed(shape, histogram, in_flight)]
    fn unused_argument(unused: u8, (a, b): (u8, u8)) {}

    #[observed(shape, histogram, in_flight)]
    #[expect(unused_variables)]
    async fn unused_argument_later(unused: u8) {
        one_turn().await;
    }

    #[expect(unused_assignments)]
    #[observed(shape, histogram, in_flight)]
    fn assigned_twice(mut n: u8) -> u8 {
        n = 2;
        n = 3;
        n
    }

    #[expect(unreachable_code)]
    #[observed(shape, histogram, in_flight)]
    fn goes_on_after_a_panic() {
        panic!();
        unused_argument(1, (2, 3));
    }

    #[expect(non_snake_case)]
    #[observed(shape, histogram, in_flight)]
    fn notSnake(N: u8) -> u8 {
        N
    }

    #[test]
    fn lints_are_raised_as_before() {
        #[expect(unused_must_use)]
        {
            configured_in();
        }
        #[expect(unused_must_use)]
        {
            above();
        }
        #[expect(unused_must_use)]
        {
            unused_argument_later(1);
        }
        #[expect(unused_must_use)]
        {
            above_test();
        }
        unused_argument(1, (2, 3));
        assert_eq!((assigned_twice(1), notSnake(1)), (3, 1));
        assert!(panics(goes_on_after_a_panic));
        assert_eq!((told("unused_argument"), told("unused_argument_later")), ("ok 1".to_owned(), String::new()));
        assert_eq!(told("goes_on_after_a_panic"), "panicked 1");
        assert_eq!(told("configured_in"), "ok 1");
    }

    #[observed(shape, histogram, in_flight)]
    #[track_caller]
    fn called_at() -> u32 {
        std::panic::Location::caller().line()
    }

    #[track_caller]
    #[observed(shape, histogram, in_flight)]
    fn caller() -> &'static std::panic::Location<'static> {
        std::panic::Location::caller()
    }

    #[test]
    fn the_caller_is_tracked() {
        assert_eq!((called_at(), caller().line()), (line!(), line!()));
        assert_eq!((told("called_at"), told("caller")), ("ok 1".to_owned(), "ok 1".to_owned()));
    }
}

mod pointers {
    use super::*;

    #[observed(shape, histogram, in_flight)]
    fn plain(n: u8) -> u8 {
        n
    }

    #[observed(shape, histogram, in_flight)]
    extern "C" fn external(n: u8) -> u8 {
        n
    }

    #[observed(shape, histogram, in_flight)]
    fn generic<T: Copy>(value: T) -> T {
        value
    }

    impl Counter {
        #[observed(shape, histogram, in_flight)]
        fn method(&self) -> u8 {
            self.n
        }

        #[observed(shape, histogram, in_flight)]
        fn borrows(&self) -> &u8 {
            &self.n
        }
    }

    #[test]
    fn a_function_is_a_pointer() {
        let function: fn(u8) -> u8 = plain;
        let of_c: extern "C" fn(u8) -> u8 = external;
        let instance: fn(char) -> char = generic;
        let method = Counter::method as fn(&Counter) -> u8;
        let borrows: for<'a> fn(&'a Counter) -> &'a u8 = Counter::borrows;
        let counter = Counter { n: 1 };
        assert_eq!((function(1), of_c(1), instance('a')), (1, 1, 'a'));
        assert_eq!((method(&counter), borrows(&counter)), (1, &1));
        assert_eq!([1, 2].map(plain).into_iter().map(generic::<u8>).sum::<u8>(), 3);
        assert_eq!((told("plain"), told("generic")), ("ok 3".to_owned(), "ok 3".to_owned()));
        for shape in ["external", "method", "borrows"] {
            assert_eq!(told(shape), "ok 1", "{shape}");
        }
    }
}
