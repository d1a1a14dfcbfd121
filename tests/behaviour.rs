//! An observed function does what the bare one does: the same values are dropped in the same order, a future is as
//! `Send` as it was, and no bigger than it must be.

use std::cell::{Cell, RefCell};
use std::future::{Future, ready};
use std::rc::Rc;

use tallied::observed;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct D(&'static str);

impl Drop for D {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

fn dropped() -> Vec<&'static str> {
    DROPPED.take()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

macro_rules! functions {
    ($(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub async fn waits(x: D, _: D, _y: D, (p, _): (D, D), mut z: D) {
            let _local = D("local");
            z.0 = "z";
            let _ = &x;
            drop(p);
            ready(()).await;
        }

        $(#[$attribute])*
        pub fn works(x: D, _: D, _y: D, (p, _): (D, D), mut z: D) {
            let _local = D("local");
            z.0 = "z";
            let _ = &x;
            drop(p);
        }

        $(#[$attribute])*
        pub fn tail(cell: RefCell<Vec<u8>>, _y: D) -> usize {
            let _local = D("local");
            cell.borrow().len()
        }

        $(#[$attribute])*
        pub async fn waiting_tail(_x: D, cell: RefCell<Vec<u8>>) -> usize {
            cell.borrow().len()
        }

        pub struct Holds(pub D, pub D);

        impl Holds {
            $(#[$attribute])*
            pub fn part(self, _x: D) -> usize {
                let _local = D("local");
                self.0.0.len()
            }

            $(#[$attribute])*
            pub async fn waiting_part(self, _x: D) -> usize {
                let _local = D("local");
                self.1.0.len()
            }
        }

        pub fn run() -> Vec<Vec<&'static str>> {
            let arguments = || (D("x"), D("_"), D("_y"), (D("p"), D("p1")), D("z0"));
            let mut orders = Vec::new();
            let (a, b, c, d, e) = arguments();
            block_on(waits(a, b, c, d, e));
            orders.push(dropped());
            let (a, b, c, d, e) = arguments();
            drop(waits(a, b, c, d, e));
            let mut unpolled = dropped();
            // Of a future that was never polled the language does not say in which order the parts are dropped.
            unpolled.sort_unstable();
            orders.push(unpolled);
            let (a, b, c, d, e) = arguments();
            works(a, b, c, d, e);
            orders.push(dropped());
            tail(RefCell::new(vec![1]), D("y"));
            orders.push(dropped());
            block_on(waiting_tail(D("x"), RefCell::default()));
            orders.push(dropped());
            Holds(D("0"), D("1")).part(D("x"));
            orders.push(dropped());
            block_on(Holds(D("0"), D("1")).waiting_part(D("x")));
            orders.push(dropped());
            orders
        }
    };
}

mod bare {
    use super::*;
    functions! {}
}

mod watched {
    use super::*;
    functions! { #[observed(histogram, in_flight)] }
}

#[test]
fn values_are_dropped_in_the_order_of_the_bare_function() {
    assert_eq!(watched::run(), bare::run());
}

mod sizes {
    macro_rules! chain {
        ($(#[$attribute:meta])*) => {
            $(#[$attribute])*
            pub async fn one(bytes: [u8; 1024]) -> u8 {
                std::future::ready(()).await;
                bytes[0]
            }

            $(#[$attribute])*
            pub async fn two(bytes: [u8; 1024]) -> u8 {
                one(bytes).await
            }

            $(#[$attribute])*
            pub async fn three(bytes: [u8; 1024]) -> u8 {
                two(bytes).await
            }
        };
    }

    pub mod bare {
        chain! {}
    }

    pub mod watched {
        chain! { #[tallied::observed(histogram, in_flight)] }
    }
}

#[test]
fn a_future_grows_by_a_constant_at_each_level_whatever_its_arguments() {
    let over = [
        size_of_val(&sizes::watched::one([0; 1024])) - size_of_val(&sizes::bare::one([0; 1024])),
        size_of_val(&sizes::watched::two([0; 1024])) - size_of_val(&sizes::bare::two([0; 1024])),
        size_of_val(&sizes::watched::three([0; 1024])) - size_of_val(&sizes::bare::three([0; 1024])),
    ];
    // The span's handle is most of it. The arguments once more would be 1024 bytes a level.
    for (level, over) in over.into_iter().enumerate() {
        assert!(over <= 160 * (level + 1), "{over} bytes more at level {}", level + 1);
    }
}

#[observed]
async fn sends(n: u8) -> u8 {
    ready(n).await
}

#[observed]
async fn stays(n: Rc<Cell<u8>>) -> u8 {
    ready(()).await;
    n.get()
}

fn is_send(_: &(impl Send + 'static)) {}

#[test]
fn a_future_is_send_if_the_bare_one_is() {
    is_send(&sends(1));
    assert_eq!(block_on(stays(Rc::new(Cell::new(2)))), 2, "and need not be");
}

#[observed]
fn shortest<'a>(mut text: &'a str, cut: &dyn Fn(&str) -> String) -> usize {
    let owned = cut(text);
    // A parameter that is reassigned to something that lives shorter.
    text = &owned;
    text.len()
}

struct Held(String);

impl Held {
    #[observed]
    async fn longer<'a>(&self, other: &'a str, least: &usize) -> Option<&'a str> {
        ready(()).await;
        (other.len() > self.0.len().max(*least)).then_some(other)
    }
}

#[observed]
fn widened(n: u8) -> Box<dyn std::fmt::Debug> {
    Box::new(n)
}

#[observed]
async fn widened_later(n: u8) -> Box<dyn std::fmt::Debug + Send> {
    Box::new(n)
}

#[observed]
#[track_caller]
fn caller() -> &'static std::panic::Location<'static> {
    std::panic::Location::caller()
}

#[test]
fn bodies_coerce_borrow_and_see_their_caller_as_before() {
    assert_eq!(shortest("long text", &|text| text[..4].to_owned()), 4);
    assert_eq!(block_on(Held("text".into()).longer("other", &1)), Some("other"));
    assert_eq!(format!("{:?}", widened(1)), "1");
    assert_eq!(format!("{:?}", block_on(widened_later(1))), "1");
    let (here, line) = (caller(), line!());
    assert_eq!((here.file(), here.line()), (file!(), line));
}

#[observed]
fn locked(_: std::sync::MutexGuard<'_, u8>, (_, n): (std::sync::MutexGuard<'_, u8>, u8)) -> u8 {
    n
}

#[test]
fn a_guard_that_is_not_named_is_held_until_the_end() {
    let (one, two) = (std::sync::Mutex::new(1), std::sync::Mutex::new(2));
    assert_eq!(locked(one.lock().unwrap(), (two.lock().unwrap(), 3)), 3);
    assert!(one.try_lock().is_ok() && two.try_lock().is_ok());
}

#[observed]
fn as_pointer(n: u8) -> u8 {
    n
}

#[test]
fn an_observed_function_is_still_a_function_pointer() {
    let pointers: [fn(u8) -> u8; 2] = [as_pointer, |n| n];
    assert_eq!(pointers.map(|f| f(3)), [3, 3]);
}
