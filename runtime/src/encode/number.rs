//! Numbers as Go's `%g` prints them, which is how Prometheus itself prints them.
//!
//! The shortest digits that read back as the same float, with an exponent if and only if it is below -4 or at least 6;
//! the exponent has a sign and at least two digits. Source: `strconv.FormatFloat` with the format `g` and the
//! precision -1. Whole counts are printed as integers, never through a float.

use std::fmt::{self, Write as _};

use crate::snapshot::Number;

pub(super) fn number(value: Number, out: &mut Vec<u8>) {
    match value {
        Number::Count(count) => integer(count, out),
        Number::Level(level) => {
            if level < 0 {
                out.push(b'-');
            }
            integer(level.unsigned_abs(), out);
        }
        Number::Float(value) => float(value, out),
    }
}

pub(super) fn integer(value: impl fmt::Display, out: &mut Vec<u8>) {
    out.extend_from_slice(Short::of(format_args!("{value}")).as_bytes());
}

pub(super) fn float(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    // `{:e}` gives the shortest digits: `-1.5e-7`.
    let mut short = Short::of(format_args!("{value:e}"));
    // Of two that are equally short and equally near, it takes the larger one and Go the even one, as rounding to so
    // many digits does. A float that lies halfway has at least 16 digits.
    let digits = short.as_str().bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
    if digits >= 16 {
        short = Short::of(format_args!("{value:.*e}", digits - 1));
    }
    let text = short.as_str();
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    out.extend_from_slice(sign.as_bytes());
    match exponent {
        -4..0 => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + (exponent.unsigned_abs() as usize - 1), b'0');
            out.extend_from_slice(first.as_bytes());
            out.extend_from_slice(rest.as_bytes());
        }
        0..6 => {
            let whole = exponent.unsigned_abs() as usize;
            out.extend_from_slice(first.as_bytes());
            if rest.len() <= whole {
                out.extend_from_slice(rest.as_bytes());
                out.resize(out.len() + (whole - rest.len()), b'0');
            } else {
                out.extend_from_slice(&rest.as_bytes()[..whole]);
                out.push(b'.');
                out.extend_from_slice(&rest.as_bytes()[whole..]);
            }
        }
        _ => {
            out.extend_from_slice(first.as_bytes());
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest.as_bytes());
            }
            let sign = if exponent < 0 { '-' } else { '+' };
            out.extend_from_slice(Short::of(format_args!("e{sign}{:02}", exponent.unsigned_abs())).as_bytes());
        }
    }
}

/// The text of one number, on the stack: at most 24 bytes for a float, 20 for an integer.
struct Short {
    bytes: [u8; 32],
    len: usize,
}

impl Short {
    fn of(arguments: fmt::Arguments<'_>) -> Self {
        let mut short = Short { bytes: [0; 32], len: 0 };
        // Fails only where a number would be longer than any number is.
        let _ = short.write_fmt(arguments);
        short
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or("0")
    }
}

impl fmt::Write for Short {
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

    /// Bits of a float in hexadecimal, a tab, what Go's `strconv.FormatFloat(x, 'g', -1, 64)` prints for it.
    /// These are some hundred telling ones: at the edges of the exponent, at the ends of the range, halfway between two
    /// shortest forms. `TALLIED_GO_FLOATS` names a longer list to be read instead.
    const GO: &str = include_str!("go_floats.tsv");

    #[test]
    fn floats_are_printed_as_go_prints_them() {
        let mut rows = 0;
        let longer = std::env::var("TALLIED_GO_FLOATS").map(|path| std::fs::read_to_string(path).unwrap());
        for row in longer.as_deref().unwrap_or(GO).lines() {
            let (bits, expected) = row.split_once('\t').unwrap();
            let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
            let mut out = Vec::new();
            float(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "bits {bits}");
            rows += 1;
        }
        assert!(rows >= 300, "only {rows} rows were compared");
    }

    #[test]
    fn integers_keep_every_digit() {
        let print = |value| {
            let mut out = Vec::new();
            number(value, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(print(Number::Count(u64::MAX)), "18446744073709551615");
        assert_eq!(print(Number::Count(1_000_000)), "1000000");
        assert_eq!(print(Number::Level(i64::MIN)), "-9223372036854775808");
        assert_eq!(print(Number::Level(0)), "0");
    }
}
