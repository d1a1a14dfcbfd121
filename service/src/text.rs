//! Text of values that are not ours: their own code makes it, and that may do anything.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The bytes of the longest value that is written: a line is not there to hold a file.
const LONGEST: usize = 64 * 1024;

/// What stands for the text of a value that panicked while it made it.
const PANICKED: &str = "<panicked>";

/// What a value's `Debug` writes: as far as it came, if that fails; cut off behind 64 KiB.
#[cfg(feature = "logs")]
pub(crate) fn debug(value: &dyn fmt::Debug) -> String {
    formatted(&format_args!("{value:?}"))
}

/// The same of its `Display`.
pub(crate) fn display(value: &dyn fmt::Display) -> String {
    formatted(&format_args!("{value}"))
}

fn formatted(value: &fmt::Arguments<'_>) -> String {
    let mut text = Bounded(String::new());
    let written = catch_unwind(AssertUnwindSafe(|| text.write_fmt(*value)));
    if let Err(panic) = written {
        // What it carries may panic when it is dropped.
        std::mem::forget(panic);
        text.0.push_str(PANICKED);
    }
    text.0
}

/// Keeps what fits.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = LONGEST.saturating_sub(self.0.len());
        if more.len() <= room {
            self.0.push_str(more);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| more.is_char_boundary(*end)).unwrap_or(0);
        self.0.push_str(&more[..end]);
        self.0.push('…');
        // It need not go on.
        Err(fmt::Error)
    }
}

#[cfg(all(test, feature = "logs"))]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_panics_leaves_what_it_wrote() {
        struct Panics;
        impl fmt::Debug for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("as far as ")?;
                panic!("here");
            }
        }
        assert_eq!(debug(&Panics), "as far as <panicked>");
    }

    #[test]
    fn a_value_without_end_is_cut() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("äöü")?;
                }
            }
        }
        let text = display(&Endless);
        assert!(text.ends_with('…') && text.len() <= LONGEST + '…'.len_utf8(), "{}", text.len());
    }
}
