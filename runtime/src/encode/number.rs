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

/// No integer has more digits.
pub(super) const LONGEST: usize = 20;

/// Writes a number to the beginning of a row that is long enough; gives how many digits it has.
pub(super) fn integer_at(value: u64, row: &mut [u8]) -> usize {
    // Most are small.
    if value < 10 {
        row[0] = PAIRS[(value % 10) as usize][1];
        return 1;
    }
    if value < 100 {
        row[..2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        return 2;
    }
    // To its place at once: a copy of a length that is not known is a call.
    let len = value.ilog10() as usize + 1;
    let (row, mut rest) = (&mut row[..len], value);
    let mut pairs = row.rchunks_exact_mut(2);
    for pair in &mut pairs {
        pair.copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if let [first] = pairs.into_remainder() {
        *first = PAIRS[(rest % 100) as usize][1];
    }
    len
}

pub(super) fn integer(value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; LONGEST];
    let from = decimal(value, &mut digits);
    out.extend_from_slice(&digits[from..]);
}

/// Every number below a hundred, in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0u8;
    while n < 100 {
        pairs[n as usize] = [b'0' + n / 10, b'0' + n % 10];
        n += 1;
    }
    pairs
};

/// Writes a number to the end of a row that is long enough; gives where it begins.
fn decimal(mut rest: u64, digits: &mut [u8; LONGEST]) -> usize {
    let mut from = digits.len();
    while rest >= 100 {
        from -= 2;
        // It is below a hundred.
        digits[from..from + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    let [tens, ones] = PAIRS[(rest % 100) as usize];
    from -= 1;
    digits[from] = ones;
    if rest >= 10 {
        from -= 1;
        digits[from] = tens;
    }
    from
}

/// A float that is a whole number of billionths, as most sums of times are: written as such, if it needs no exponent. With
/// at most 15 digits no other float has the same ones, and none of this one is shorter.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::float_cmp)]
fn billionths(value: f64, out: &mut Vec<u8>) -> bool {
    let all = (value * 1e9).round();
    if !(1e-4..1e6).contains(&value) || all / 1e9 != value {
        return false;
    }
    let all = all as u64;
    integer(all / 1_000_000_000, out);
    let mut digits = [b'0'; LONGEST];
    decimal(all % 1_000_000_000, &mut digits);
    let fraction = &digits[LONGEST - 9..];
    let len = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    if len > 0 {
        out.push(b'.');
        out.extend_from_slice(&fraction[..len]);
    }
    true
}

pub(super) fn float(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    if billionths(value, out) {
        return;
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
    #[test]
    fn an_integer_in_its_place_has_the_digits_of_any_other() {
        let tens = (0..20).map(|exponent| 10u64.pow(exponent));
        for value in tens.flat_map(|ten| [ten - 1, ten, ten + 1, ten + ten / 7]).chain([0, u64::MAX]) {
            let mut row = [b'#'; LONGEST + 1];
            let len = integer_at(value, &mut row);
            assert_eq!(std::str::from_utf8(&row[..len]), Ok(&*value.to_string()));
            assert!(row[len..].iter().all(|byte| *byte == b'#'), "nothing is written behind {value}");
        }
    }
}
