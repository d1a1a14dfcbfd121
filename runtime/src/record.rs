//! What the program's file says of its families: plain bytes in a section of their own, so that a tool can list them without
//! running the program, stripped or not.
//!
//! The section is `.tallied`, on Apple's systems `__DATA,__tallied`. It is a row of records, one of each observed function
//! and each field of a group, perhaps with zeros between them; one family may stand in several. All numbers are
//! little-endian.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `TALLIED` and the version of the record, 1 |
//! | 4 | the length of the record with these twelve bytes |
//! | 4 | the line |
//! | 2 | the number of its families |
//! | 2 | the number of the labels of all of them |
//! | for each family: 1 | the type: 0 counter, 1 gauge, 2 histogram, 3 summary, 4 info |
//! | 1 | 1 if it has native buckets |
//! | 2 | the number of its labels |
//! | 8 | the most series that this place can make of it |
//! | for each label of each family: 8 | the most values that it can have |
//! | for each family: text | the name on the exposition |
//! | text | the name as it is written in the source, empty if it is the same |
//! | text | the help |
//! | text | the file |
//! | for each label of each family: text | its name |
//!
//! A text is UTF-8 and ends with a zero. What a later version adds stands at the end.
//!
//! The texts come from the macros: the compiler takes a long time for every byte that a constant function moves.

use crate::budget::most_series;
use crate::definition::Definition;
use crate::family::Family;
use crate::label::{names, one};

/// Of a place with `F` families and `L` labels: `T` bytes of texts, `P` of the file's path, and `M` of labels' names.
#[repr(C)]
pub struct Record<const F: usize, const L: usize, const T: usize, const P: usize, const M: usize> {
    head: [u8; HEAD],
    families: [[u8; 12]; F],
    values: [[u8; 8]; L],
    texts: [u8; T],
    file: [u8; P],
    end: u8,
    names: [u8; M],
}

/// The bytes before the families.
pub(crate) const HEAD: usize = 20;

impl<const F: usize, const L: usize, const T: usize, const P: usize, const M: usize> Record<F, L, T, P, M> {
    /// What is said; `texts` and `names` are as the record has them.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // a record of 4 GiB is none
    pub const fn new(says: &Definition, texts: [u8; T], file: &str, names: [u8; M]) -> Self {
        let (len, line) = ((size_of::<Self>() as u32).to_le_bytes(), says.place.1.to_le_bytes());
        let (families, labels) = ((F as u16).to_le_bytes(), (L as u16).to_le_bytes());
        let mut record = Record {
            head: [
                b'T',
                b'A',
                b'L',
                b'L',
                b'I',
                b'E',
                b'D',
                1,
                len[0],
                len[1],
                len[2],
                len[3],
                line[0],
                line[1],
                line[2],
                line[3],
                families[0],
                families[1],
                labels[0],
                labels[1],
            ],
            families: [[0; 12]; F],
            values: [[0; 8]; L],
            texts,
            file: match file.as_bytes().first_chunk() {
                Some(file) => *file,
                None => [0; P],
            },
            end: 0,
            names,
        };
        let (mut at, mut next) = (0, 0);
        while at < F {
            if let Some(family) = says.family(at) {
                let from = next;
                while let Some((_, values)) = label_of(says, family, next - from) {
                    if next < L {
                        record.values[next] = (values as u64).to_le_bytes();
                    }
                    next += 1;
                }
                let most = (most_series(says, family) as u64).to_le_bytes();
                let labels = ((next - from) as u16).to_le_bytes();
                let (kind, native) = (family.kind as u8, family.native as u8);
                record.families[at] = [
                    kind, native, labels[0], labels[1], most[0], most[1], most[2], most[3], most[4], most[5], most[6],
                    most[7],
                ];
            }
            at += 1;
        }
        record
    }

    /// What keeps it in the program, if it is named.
    #[must_use]
    pub const fn head(&'static self) -> &'static [u8; HEAD] {
        &self.head
    }
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

    const SAYS: Definition = Definition::new(&[Dimension::of("route", Values::texts(&["a", "b"]))], "f.rs", 7)
        .counter("c_total", "Ü.", &[], true)
        .histogram("h_seconds", "", &[0], false, &[1.0]);
    const LABELS: (usize, usize) = record_labels(&SAYS);

    #[test]
    fn a_record_is_as_it_is_documented() {
        let names = record_names::<{ LABELS.1 }>(&SAYS);
        assert_eq!((LABELS, &names), ((2, 13), b"status\0route\0"));
        let record = Record::<2, 2, 5, 4, 13>::new(&SAYS, *b"texts", "f.rs", names);
        assert_eq!(size_of_val(&record), 20 + 24 + 16 + 5 + 4 + 1 + 13);
        assert_eq!(record.head, *b"TALLIED\x01\x53\0\0\0\x07\0\0\0\x02\0\x02\0");
        // Four statuses; two routes, with one bucket, `+Inf`, sum and count.
        assert_eq!(record.families, [[0, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0], [2, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0]]);
        assert_eq!(record.values, [4u64.to_le_bytes(), 2u64.to_le_bytes()]);
        assert_eq!((&record.texts, &record.file, record.end), (b"texts", b"f.rs", 0));
    }
}
