//! Answers, made smaller.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tallied::observed;

use crate::metrics::{APPS, BEXT, Encoding, MICROSECONDS, OfEncoding};

/// What is shorter is sent as it is, in bytes.
pub const SHORTEST: usize = 128;

/// The encoding that a client takes, the better one first. `q=0` refuses one.
pub fn negotiate(accept: &str) -> Option<Encoding> {
    let takes = |name: &str| {
        accept.split(',').any(|one| {
            let mut words = one.split(';').map(str::trim);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case(name))
                && !words.any(|word| word.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
        })
    };
    [("br", Encoding::Brotli), ("gzip", Encoding::Gzip)].into_iter().find(|(name, _)| takes(name)).map(|(_, it)| it)
}

/// The body, smaller; `None` if it cannot be made so.
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
    #[allow(clippy::cast_precision_loss)] // a share of at most a megabyte
    let ratio = body.len() as f64 / out.len().max(1) as f64;
    BEXT.compression_ratio.with(OfEncoding { app, encoding }).set(ratio);
    Some(out)
}

#[test]
fn what_a_client_takes_is_what_it_gets() {
    assert_eq!(negotiate("gzip, deflate, br"), Some(Encoding::Brotli));
    assert_eq!(negotiate("GZIP;q=0.5, br;q=0"), Some(Encoding::Gzip));
    assert_eq!(negotiate("identity, gzip;q=0.0"), None);
    let body = "a river ".repeat(100);
    let small = compress("test", Encoding::Gzip, body.as_bytes()).unwrap();
    let mut back = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&small[..]), &mut back).unwrap();
    assert_eq!(back, body);
}
