//! Values that have a text and no end: what `max = N` makes a label of.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

/// A value with a text, of a type that does not say how many there are. With `max = N` it may label a metric: the first
/// `N` texts are kept, the rest is counted as `_other`.
///
/// Strings, integers, `char` and addresses are such; so is an `Option` of these, whose `None` has the empty text, and a
/// reference.
///
/// # By hand
///
/// ```
/// use tallied::OpenLabel;
///
/// struct TenantId { region: String, number: u32 }
///
/// impl OpenLabel for TenantId {
///     fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
///         use_it(&self.region)
///     }
/// }
/// # assert_eq!(TenantId { region: "eu".into(), number: 1 }.with_text(str::len), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text, so `max` cannot make it a metric label",
    label = "`max` takes a string, an integer, an address, or an `Option` of these",
    note = "give it a text (`name(max = 64) = value.to_string()`, a field of the type `String`), or implement `OpenLabel`",
    note = "what is a `Label` needs no `max`"
)]
pub trait OpenLabel {
    /// Lends the text. Called once a call: it should not allocate.
    fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R;
}

#[diagnostic::do_not_recommend]
impl OpenLabel for str {
    #[inline]
    fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        use_it(self)
    }
}

#[diagnostic::do_not_recommend]
impl OpenLabel for char {
    #[inline]
    fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        use_it(self.encode_utf8(&mut [0; 4]))
    }
}

#[diagnostic::do_not_recommend]
impl<T: OpenLabel> OpenLabel for Option<T> {
    #[inline]
    fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        match self {
            Some(value) => value.with_text(use_it),
            None => use_it(""),
        }
    }
}

/// What points to a value with a text has that text.
macro_rules! by_what_it_points_to {
    ($([$($bounds:tt)*] $pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($bounds)*> OpenLabel for $pointer {
            #[inline]
            fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
                (**self).with_text(use_it)
            }
        }
    )*};
}

by_what_it_points_to! {
    [T: OpenLabel + ?Sized] &T
    [T: OpenLabel + ?Sized] &mut T
    [T: OpenLabel + ?Sized] Box<T>
    [T: OpenLabel + ?Sized] Rc<T>
    [T: OpenLabel + ?Sized] Arc<T>
    [T: OpenLabel + ToOwned + ?Sized] Cow<'_, T>
    [] String
}

/// What is written by its `Display`, which is short.
macro_rules! by_display {
    ($($ty:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl OpenLabel for $ty {
            #[inline]
            fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
                let mut line = Line { bytes: [0; 64], len: 0 };
                // It fits: the longest is an IPv6 address with scope and port.
                let _ = write!(line, "{self}");
                use_it(line.as_str())
            }
        }
    )*};
}

by_display! { u128 i128 IpAddr Ipv4Addr Ipv6Addr SocketAddr }

/// The usual integers, by hand, without the machinery of `Display`.
macro_rules! by_digits {
    ($($ty:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl OpenLabel for $ty {
            #[inline]
            #[allow(unused_comparisons, clippy::cast_lossless, clippy::cast_possible_truncation)]
            fn with_text<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
                // The absolute value of the smallest one fits too.
                digits((*self as i128).unsigned_abs() as u64, *self < 0, use_it)
            }
        }
    )*};
}

by_digits! { u8 u16 u32 u64 usize i8 i16 i32 i64 isize }

fn digits<R>(mut rest: u64, is_negative: bool, use_it: impl FnOnce(&str) -> R) -> R {
    let (mut bytes, mut first) = ([b'-'; 21], 21);
    loop {
        first -= 1;
        #[allow(clippy::cast_possible_truncation)] // one digit
        let digit = (rest % 10) as u8;
        bytes[first] = b'0' + digit;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    first -= usize::from(is_negative);
    use_it(std::str::from_utf8(&bytes[first..]).unwrap_or_default())
}

/// A text on the stack.
struct Line {
    bytes: [u8; 64],
    len: usize,
}

impl Line {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: impl OpenLabel) -> String {
        value.with_text(str::to_owned)
    }

    #[test]
    fn every_open_value_has_its_usual_text() {
        assert_eq!(text("a"), "a");
        assert_eq!(text(Box::new(String::from("a"))), "a");
        assert_eq!(text(Cow::Borrowed("a")), "a");
        assert_eq!(text(Arc::<str>::from("a")), "a");
        assert_eq!(text('ö'), "ö");
        assert_eq!(text(Some(-7)), "-7");
        assert_eq!(text(None::<u8>), "");
        assert_eq!((text(0u8), text(10u16), text(9i8)), ("0".into(), "10".into(), "9".into()));
        assert_eq!((text(u64::MAX), text(usize::MAX)), (u64::MAX.to_string(), usize::MAX.to_string()));
        assert_eq!((text(i64::MIN), text(i8::MIN)), (i64::MIN.to_string(), i8::MIN.to_string()));
        assert_eq!((text(u128::MAX), text(i128::MIN)), (u128::MAX.to_string(), i128::MIN.to_string()));
        let longest = "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535";
        assert_eq!(text(longest.parse::<SocketAddr>().unwrap()), longest);
    }
}
