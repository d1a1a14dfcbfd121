//! gzip, when it is asked for.
//!
//! Source: RFC 9110, sections 12.4.2 (weights) and 12.5.3 (`Accept-Encoding`).

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether a header `Accept-Encoding` wants gzip at least as much as nothing.
pub(super) fn wants_gzip(accept: &str) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for coding in accept.split(',') {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let Some(q) = weight(parameters) else { continue };
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(q),
            "identity" => identity = Some(q),
            "*" => any = Some(q),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.unwrap_or(0.0)
}

/// `q=0.5`; 1 where there is none, and nothing where it is nonsense.
fn weight(parameters: &str) -> Option<f32> {
    let mut q = 1.0;
    for parameter in parameters.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            q = value.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
        }
    }
    Some(q)
}

/// Fast rather than small: it is read once, by a neighbour.
pub(super) fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_whoever_asks_for_it_and_to_nobody_else() {
        for wants in [
            "gzip",
            "GZIP",
            "deflate, gzip;q=0.5",
            "gzip, identity",
            "*",
            "br;q=1.0, gzip;q=0.8, *;q=0.1",
            "x-gzip",
            "gzip;q=1.000",
        ] {
            assert!(wants_gzip(wants), "{wants}");
        }
        for wants_not in [
            "",
            "identity",
            "gzip;q=0",
            "gzip;q=0.2, identity;q=0.5",
            "br",
            "*;q=0",
            "gzip;q=x",
            "gzip;q=2",
            "*, gzip;q=0",
        ] {
            assert!(!wants_gzip(wants_not), "{wants_not}");
        }
    }
}
