//! What the program's file says of its families: plain bytes among its constants, so that a tool can list them without running
//! the program, stripped or not.
//!
//! There is a record for each observed function and each field of a group, anywhere in the file: it is found by its first eight
//! bytes. (Functions of one name that one macro call makes may have one for all.) One family may stand in several. All numbers
//! are little-endian. A tool that has these bytes in one literal finds itself: what cannot be read as a record is none.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `TALLIED` and the version of the record, 2 |
//! | text | the file |
//! | text | the line, in decimal digits, perhaps with zeros before them |
//! | 1 | the number of its families |
//! | for each family: text | the name on the exposition |
//! | text | the name as it is written in the source, empty if it is the same |
//! | text | the help |
//! | for each family: texts | the names of its labels, and then an empty one |
//! | for each family: 1 | the type: 0 counter, 1 gauge, 2 histogram, 3 summary, 4 info |
//! | 1 | 1 if it has native buckets |
//! | 8 | the most series that this place can make of it |
//! | for each label of each family: 8 | the most values that it can have |
//! | texts | perhaps the name and the module of the function |
//!
//! Where panics abort, a label `status` may have one value less than is written, and a family as many series less. A text is
//! UTF-8 and ends with a zero. What a later version adds stands at the end.
//!
//! The texts come from the macros, and where they know the numbers these too: then the whole record is one literal, because
//! the compiler takes a long time for every byte that a constant function moves.

use crate::budget::most_series;
use crate::definition::Definition;
use crate::family::Family;
use crate::label::{names, one};

/// The bytes of a text: `T` of them.
const fn bytes<const T: usize>(text: &str) -> [u8; T] {
    match text.as_bytes().first_chunk() {
        Some(bytes) => *bytes,
        None => [0; T],
    }
}

/// Of a place whose numbers, and perhaps labels, the macro does not see: `B` bytes before the line, `T` of what it sees behind
/// it, `M` of labels' names, and `F` families with `L` labels.
#[repr(C)]
pub struct Record<const B: usize, const T: usize, const M: usize, const F: usize, const L: usize> {
    begin: [u8; B],
    line: [u8; 11],
    text: [u8; T],
    names: [u8; M],
    families: [[u8; 10]; F],
    values: [[u8; 8]; L],
}

impl<const B: usize, const T: usize, const M: usize, const F: usize, const L: usize> Record<B, T, M, F, L> {
    /// What is said; `begin`, `text` and `names` are as the record has them.
    #[must_use]
    pub const fn new(says: &Definition, begin: &str, text: &str, names: [u8; M]) -> Self {
        let (begin, text, line) = (bytes(begin), bytes(text), digits(says.place.1));
        let mut made = Record { begin, line, text, names, families: [[0; 10]; F], values: [[0; 8]; L] };
        let (mut at, mut next) = (0, 0);
        while at < F {
            if let Some(family) = says.family(at) {
                let from = next;
                while let Some((_, values)) = label_of(says, family, next - from) {
                    if next < L {
                        made.values[next] = (values as u64).to_le_bytes();
                    }
                    next += 1;
                }
                made.families[at][0] = family.kind as u8;
                made.families[at][1] = family.native as u8;
                let (series, mut byte) = ((most_series(says, family) as u64).to_le_bytes(), 0);
                while byte < 8 {
                    made.families[at][2 + byte] = series[byte];
                    byte += 1;
                }
            }
            at += 1;
        }
        made
    }

    /// What keeps it in the program, if it is named.
    #[must_use]
    pub const fn begin(&'static self) -> &'static str {
        match std::str::from_utf8(&self.begin) {
            Ok(begin) => begin,
            Err(_) => "",
        }
    }
}

/// A line in ten digits, and the end of the text.
#[allow(clippy::cast_possible_truncation)] // one digit
const fn digits(mut line: u32) -> [u8; 11] {
    let (mut digits, mut at) = ([b'0'; 11], 10);
    digits[at] = 0;
    while at > 0 {
        at -= 1;
        digits[at] += (line % 10) as u8;
        line /= 10;
    }
    digits
}

/// How many labels the families of a place have, and how many bytes their names take: for places whose labels the macro
/// does not see.
#[must_use]
pub const fn record_labels(says: &Definition) -> (usize, usize) {
    let (mut at, mut labels, mut bytes) = (0, 0, 0);
    while let Some(family) = says.family(at) {
        let mut label = 0;
        while let Some((name, _)) = label_of(says, family, label) {
            bytes += name.len() + 1;
            label += 1;
        }
        // The empty one.
        bytes += 1;
        labels += label;
        at += 1;
    }
    (labels, bytes)
}

/// Their names.
#[must_use]
pub const fn record_names<const M: usize>(says: &Definition) -> [u8; M] {
    let (mut out, mut end, mut at) = ([0; M], 0, 0);
    while let Some(family) = says.family(at) {
        let mut label = 0;
        while let Some((name, _)) = label_of(says, family, label) {
            let (name, mut byte) = (name.as_bytes(), 0);
            while byte < name.len() {
                out[end + byte] = name[byte];
                byte += 1;
            }
            end += name.len() + 1;
            label += 1;
        }
        end += 1;
        at += 1;
    }
    out
}

/// One of the labels of a family, those of sets one by one, with the number of its values.
const fn label_of(says: &Definition, family: &Family, mut index: usize) -> Option<(&'static str, usize)> {
    let mut at = 0;
    while at < family.labels.len() {
        let label = &says.dimensions[family.labels[at]];
        let len = if label.is_set() { names(std::slice::from_ref(label)) } else { 1 };
        if index < len {
            let one = if label.is_set() { one(std::slice::from_ref(label), index) } else { label };
            return Some((one.label, one.len()));
        }
        index -= len;
        at += 1;
    }
    if family.status && index == 0 { Some(("status", says.most().count())) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Dimension, Values};

    const ROUTE: Dimension = Dimension::of("route", Values::texts(&["a", "b"]));
    const FAMILIES: &[Family] =
        &[Family::counter("c_total", "Ü.", 0, true), Family::histogram("h_seconds", "", 1, false).bounded(&[1.0])];
    const SAYS: Definition = Definition::new(&[ROUTE], FAMILIES, ("f.rs", 7));
    const LABELS: (usize, usize) = record_labels(&SAYS);

    #[test]
    fn a_record_is_as_it_is_documented() {
        let names = record_names::<{ LABELS.1 }>(&SAYS);
        assert_eq!((LABELS, &names), ((2, 15), b"status\0\0route\0\0"));
        let record = Record::<5, 4, 15, 2, 2>::new(&SAYS, "begin", "text", names);
        assert_eq!(size_of_val(&record), 5 + 11 + 4 + 15 + 2 * 10 + 2 * 8);
        // Four statuses; two routes, with one bucket, `+Inf`, sum and count.
        assert_eq!(record.families, [[0, 0, 4, 0, 0, 0, 0, 0, 0, 0], [2, 0, 8, 0, 0, 0, 0, 0, 0, 0]]);
        assert_eq!(record.values, [4, 2].map(u64::to_le_bytes));
        assert_eq!((&record.begin, &record.line), (b"begin", b"0000000007\0"));
        assert_eq!((&record.text, &record.names), (b"text", &names));
    }
}
