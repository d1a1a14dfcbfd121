//! Answers, made smaller.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tallied::observed;

use crate::metrics::{APPS, BEXT, Encoding, MICROSECONDS, OfEncoding};

/// What is shorter is sent as it is, in bytes.
pub const SHORTEST: usize = 128;

/// The encoding that a client likes best, by `q`; of two that it likes as much the better one. `q=0` refuses one.
pub fn negotiate(accept: &str) -> Option<Encoding> {
    let accept = accept.to_ascii_lowercase();
    let liked = |name: &str| {
        accept.split(',').find_map(|one| {
            let mut words = one.split(';').map(str::trim);
            let is_named = words.next() == Some(name);
            is_named.then(|| words.find_map(|word| word.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0)))
        })
    };
    let mut best = (0.0, None);
    for (name, encoding) in [("br", Some(Encoding::Brotli)), ("gzip", Some(Encoding::Gzip)), ("identity", None)] {
        let q = liked(name).unwrap_or(0.0);
        if q > best.0 {
            best = (q, encoding);
        }
    }
    best.1
}

/// The body, smaller; `None` if it cannot be made so, or would not be.
#[observed(
    labels(app(max = APPS), encoding),
    counter = false,
    histogram(
        name = "bext_compression_duration_us",
        help = "Time of compressions in microseconds.",
        unit = "us",
        labels(app, encoding),
        buckets = MICROSECONDS
    ),
    level = "debug",
    fields(bytes = body.len()),
    allow(base_unit)
)]
pub fn compress(app: &str, encoding: Encoding, body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() / 2);
    let written = match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(&mut out, Compression::default());
            encoder.write_all(body).and_then(|()| encoder.finish().map(drop))
        }
        Encoding::Brotli => {
            let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
            let mut body = body;
            brotli::BrotliCompress(&mut body, &mut out, &parameters).map(drop)
        }
    };
    written.ok()?;
    if out.len() >= body.len() {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // a share of at most a megabyte
    let ratio = body.len() as f64 / out.len() as f64;
    BEXT.compression_ratio.with(OfEncoding { app, encoding }).set(ratio);
    Some(out)
}

#[test]
fn what_a_client_takes_is_what_it_gets() {
    assert_eq!(negotiate("gzip, deflate, br"), Some(Encoding::Brotli));
    assert_eq!(negotiate("GZIP;q=0.5, br;q=0"), Some(Encoding::Gzip));
    assert_eq!(negotiate("br;q=0.2, gzip; q=0.8"), Some(Encoding::Gzip));
    assert_eq!(negotiate("identity, gzip;q=0.0"), None);
    assert_eq!(negotiate("identity;q=0.9, gzip;q=0.5"), None);
    let body = "a river ".repeat(100);
    let small = compress("test", Encoding::Gzip, body.as_bytes()).unwrap();
    let mut back = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&small[..]), &mut back).unwrap();
    assert_eq!(back, body);
    let noise: Vec<u8> = (0..200_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert!([Encoding::Gzip, Encoding::Brotli].iter().all(|encoding| compress("test", *encoding, &noise).is_none()));
}
