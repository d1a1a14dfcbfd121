//! Functions that are `unsafe`, or that the linker knows by a name. Observed, each compiles without a warning and does
//! what the bare one does, and every call is told.

#![deny(warnings, missing_docs, unused, unsafe_op_in_unsafe_fn, clippy::all, clippy::pedantic)]

use std::future::{Future, ready};
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tallied::observed;

/// What became of a function's calls: "ok 2, error 1".
fn told(shape: &str) -> String {
    let text = tallied::gather_metrics();
    let count = |status| {
        let series = format!("shapes_total{{shape=\"{shape}\",status=\"{status}\"}} ");
        let calls = text.lines().find_map(|line| line.strip_prefix(&series))?;
        (calls != "0").then(|| format!("{status} {calls}"))
    };
    let counts: Vec<String> = ["ok", "error", "cancelled", "panicked"].into_iter().filter_map(count).collect();
    counts.join(", ")
}

fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it has nothing to wait for"),
    }
}

#[observed(shape, counter = "shapes_total")]
unsafe fn read(from: *const u8) -> u8 {
    unsafe { *from }
}

#[observed(shape, counter = "shapes_total")]
unsafe fn read_mut<'a>(from: *mut u8) -> Option<&'a mut u8> {
    unsafe { from.as_mut() }
}

#[observed(shape, counter = "shapes_total")]
#[expect(unsafe_op_in_unsafe_fn)]
unsafe fn read_at_once(from: *const u8) -> Result<u8, u8> {
    let byte = *from;
    if byte > 0 { Ok(byte) } else { Err(byte) }
}

#[observed(shape, counter = "shapes_total")]
unsafe fn bytes(from: *const u8, upto: u8) -> impl Iterator<Item = u8> {
    let byte = unsafe { *from };
    byte..upto
}

#[observed(shape, counter = "shapes_total")]
unsafe fn bytes_or_not(from: *const u8) -> Result<impl Iterator<Item = u8>, ()> {
    let byte = unsafe { from.as_ref() }.ok_or(())?;
    Ok(0..*byte)
}

#[observed(shape, counter = "shapes_total")]
unsafe fn of_a_static() -> u8 {
    static mut CALLS: u8 = 0;
    unsafe {
        CALLS += 1;
        CALLS
    }
}

#[test]
fn a_function_is_unsafe() {
    let (byte, zero, mut other) = (1, 0, 2);
    unsafe {
        assert_eq!(read(&raw const byte), 1);
        *read_mut(&raw mut other).unwrap() += 1;
        assert_eq!((read_at_once(&raw const byte), read_at_once(&raw const zero)), (Ok(1), Err(0)));
        assert_eq!((bytes(&raw const byte, 3).count(), of_a_static()), (2, 1));
        assert_eq!(bytes_or_not(&raw const byte).map(Iterator::count), Ok(1));
        assert_eq!(bytes_or_not(std::ptr::null()).map(Iterator::count), Err(()));
    }
    let pointer: unsafe fn(*const u8) -> u8 = read;
    assert_eq!(unsafe { pointer(&raw const other) }, 3);
    assert_eq!((told("read"), told("read_mut"), told("bytes")), ("ok 2".into(), "ok 1".into(), "ok 1".into()));
    assert_eq!((told("read_at_once"), told("bytes_or_not")), ("ok 1, error 1".into(), "ok 1, error 1".into()));
    assert_eq!(told("of_a_static"), "ok 1");
}

#[observed(shape, counter = "shapes_total")]
async unsafe fn read_later(from: *const u8) -> Result<u8, u8> {
    ready(()).await;
    let byte = unsafe { *from };
    if byte > 0 { Ok(byte) } else { Err(byte) }
}

#[observed(shape, counter = "shapes_total")]
#[allow(unsafe_op_in_unsafe_fn)]
#[must_use]
async unsafe fn read_at_once_later(from: *const u8) -> u8 {
    ready(()).await;
    *from
}

#[observed(shape, counter = "shapes_total")]
unsafe fn read_in_a_future(from: *const u8) -> impl Future<Output = u8> {
    async move { unsafe { *from } }
}

#[observed(shape, counter = "shapes_total")]
unsafe fn read_in_a_box<'a>(from: *const u8) -> Pin<Box<dyn Future<Output = u8> + 'a>> {
    Box::pin(async move { unsafe { *from } })
}

#[test]
fn an_async_function_is_unsafe() {
    let (byte, zero) = (1, 0);
    unsafe {
        assert_eq!((run(read_later(&raw const byte)), run(read_later(&raw const zero))), (Ok(1), Err(0)));
        assert_eq!((run(read_at_once_later(&raw const byte)), run(read_in_a_future(&raw const byte))), (1, 1));
        assert_eq!(run(read_in_a_box(&raw const byte)), 1);
    }
    assert_eq!((told("read_later"), told("read_in_a_box")), ("ok 1, error 1".to_owned(), "ok 1".to_owned()));
    assert_eq!((told("read_at_once_later"), told("read_in_a_future")), ("ok 1".to_owned(), "ok 1".to_owned()));
}

trait Source {
    unsafe fn byte(&self, at: usize) -> u8;

    #[observed(shape, counter = "shapes_total")]
    unsafe fn byte_or_zero(&self, at: Option<usize>) -> u8 {
        at.map_or(0, |at| unsafe { self.byte(at) })
    }
}

impl Source for [u8] {
    #[observed(shape, counter = "shapes_total")]
    unsafe fn byte(&self, at: usize) -> u8 {
        unsafe { *self.get_unchecked(at) }
    }
}

struct Buffer(Vec<u8>);

#[observed(shape, counter = "shapes_total")]
impl Buffer {
    unsafe fn first(&self) -> &u8 {
        unsafe { self.0.get_unchecked(0) }
    }

    async unsafe fn first_later(&mut self) -> &mut u8 {
        ready(()).await;
        unsafe { self.0.get_unchecked_mut(0) }
    }
}

#[test]
fn a_method_is_unsafe() {
    let bytes: &[u8] = &[1, 2];
    let mut buffer = Buffer(bytes.to_vec());
    unsafe {
        assert_eq!((bytes.byte_or_zero(Some(1)), bytes.byte_or_zero(None)), (2, 0));
        *run(buffer.first_later()) += 4;
        assert_eq!(buffer.first(), &5);
    }
    assert_eq!((told("byte"), told("byte_or_zero")), ("ok 1".to_owned(), "ok 2".to_owned()));
    assert_eq!((told("first"), told("first_later")), ("ok 1".to_owned(), "ok 1".to_owned()));
}

#[observed(shape, counter = "shapes_total")]
#[unsafe(no_mangle)]
extern "C" fn tallied_tests_doubled(n: u8) -> u8 {
    n * 2
}

#[unsafe(export_name = "tallied_tests_of_another_name")]
#[observed(shape, counter = "shapes_total")]
extern "C" fn halved(n: u8) -> u8 {
    n / 2
}

mod linked {
    unsafe extern "C" {
        pub safe fn tallied_tests_doubled(n: u8) -> u8;
        pub safe fn tallied_tests_of_another_name(n: u8) -> u8;
    }
}

#[observed(shape, counter = "shapes_total")]
unsafe extern "C" fn read_from_c(from: *const u8) -> u8 {
    unsafe { *from }
}

#[observed(shape, counter = "shapes_total")]
extern "C-unwind" fn may_unwind(n: u8) -> u8 {
    assert!(n > 0, "zero");
    n
}

#[observed(shape, counter = "shapes_total")]
extern "system" fn of_the_system(n: u8) -> u8 {
    n
}

#[test]
fn a_function_has_another_abi_and_a_symbol() {
    assert_eq!((tallied_tests_doubled(2), linked::tallied_tests_doubled(2)), (4, 4));
    assert_eq!((halved(2), linked::tallied_tests_of_another_name(2)), (1, 1));
    let callback: unsafe extern "C" fn(*const u8) -> u8 = read_from_c;
    let byte = 1;
    assert_eq!(unsafe { callback(&raw const byte) }, 1);
    assert!(catch_unwind(|| may_unwind(0)).is_err());
    assert_eq!((may_unwind(1), of_the_system(1)), (1, 1));
    assert_eq!((told("tallied_tests_doubled"), told("halved")), ("ok 2".to_owned(), "ok 2".to_owned()));
    assert_eq!((told("read_from_c"), told("of_the_system")), ("ok 1".to_owned(), "ok 1".to_owned()));
    assert_eq!(told("may_unwind"), "ok 1, panicked 1");
}

#[cfg(target_arch = "x86_64")]
mod features {
    use super::*;

    use std::arch::x86_64::{_mm_add_epi32, _mm_cvtsi128_si32, _mm_set1_epi32};

    #[observed(shape, counter = "shapes_total")]
    #[target_feature(enable = "sse2")]
    unsafe fn summed(a: i32, b: i32) -> i32 {
        _mm_cvtsi128_si32(_mm_add_epi32(_mm_set1_epi32(a), _mm_set1_epi32(b)))
    }

    #[observed(shape, counter = "shapes_total")]
    #[target_feature(enable = "sse2")]
    unsafe fn summed_or_not(a: i32, b: Option<i32>) -> Result<i32, i32> {
        let sum = _mm_add_epi32(_mm_set1_epi32(a), _mm_set1_epi32(b.ok_or(a)?));
        Ok(_mm_cvtsi128_si32(sum))
    }

    #[test]
    fn a_function_needs_a_feature_of_the_processor() {
        unsafe {
            assert_eq!(summed(1, 2), 3);
            assert_eq!((summed_or_not(1, Some(2)), summed_or_not(1, None)), (Ok(3), Err(1)));
        }
        assert_eq!((told("summed"), told("summed_or_not")), ("ok 1".to_owned(), "ok 1, error 1".to_owned()));
    }
}
