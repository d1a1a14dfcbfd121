//! A request that has ended, as metrics and logs see it.

use std::time::Duration;

use http::StatusCode;
use tallied::Label;

/// The method of a request, as a label: those of RFC 9110 (section 9) and `PATCH`, and `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
#[label(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // they are what they are called
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    #[label(rename = "other")]
    Other,
}

impl From<&http::Method> for Method {
    fn from(method: &http::Method) -> Self {
        match method.as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }
}

/// The class of an answer's status, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum Class {
    /// 100 to 199.
    #[label(rename = "1xx")]
    Informational,
    /// 200 to 299.
    #[label(rename = "2xx")]
    Success,
    /// 300 to 399.
    #[label(rename = "3xx")]
    Redirection,
    /// 400 to 499.
    #[label(rename = "4xx")]
    ClientError,
    /// 500 to 599, and what lies beyond.
    #[label(rename = "5xx")]
    ServerError,
    /// The service gave an error in the place of an answer.
    Failed,
    /// The client went away.
    Cancelled,
    /// The handler panicked.
    Panicked,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole answer was handed over.
    Answered(StatusCode),
    /// The service gave an error in the place of an answer, or the answer's body did.
    Failed,
    /// The client went away, before the answer or in its midst.
    Cancelled,
    /// The handler panicked.
    Panicked,
}

/// A request that has ended.
#[derive(Debug)]
pub struct Ended<'a> {
    pub(super) method: Method,
    pub(super) route: &'a str,
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    pub(super) labels: &'a [(&'static str, String)],
}

impl Ended<'_> {
    /// Its method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The route that it matched, such as `/carts/{id}`; `unmatched` if that is not known. Never the path.
    #[must_use]
    pub fn route(&self) -> &str {
        self.route
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The status code, or `failed`, `cancelled`, `panicked`.
    #[must_use]
    pub fn status(&self) -> &str {
        match &self.outcome {
            Outcome::Answered(status) => status.as_str(),
            Outcome::Failed => "failed",
            Outcome::Cancelled => "cancelled",
            Outcome::Panicked => "panicked",
        }
    }

    /// The class of the status code.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.outcome {
            Outcome::Answered(status) => match status.as_u16() {
                100..=199 => Class::Informational,
                200..=299 => Class::Success,
                300..=399 => Class::Redirection,
                400..=499 => Class::ClientError,
                _ => Class::ServerError,
            },
            Outcome::Failed => Class::Failed,
            Outcome::Cancelled => Class::Cancelled,
            Outcome::Panicked => Class::Panicked,
        }
    }

    /// From the request's head to the last byte of the answer that was handed over.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The bytes of the request's body that were read.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes
    }

    /// The bytes of the answer's body that were handed over.
    #[must_use]
    pub fn response_bytes(&self) -> u64 {
        self.response_bytes
    }

    /// A further label: see [`RequestLayer::label`](super::RequestLayer::label). Empty if it was not given.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        // As a raw identifier it is in a macro.
        let name = name.strip_prefix("r#").unwrap_or(name);
        self.labels.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

/// Which body, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum Direction {
    /// The request's.
    Request,
    /// The answer's.
    Response,
}

/// The bounds of sizes unless somebody says others, in bytes: 64 to 256 MiB, by fours.
pub const SIZES: [f64; 12] = [
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
];

/// As a histogram has it.
#[doc(hidden)]
#[must_use]
#[allow(clippy::cast_precision_loss)] // past 8 PiB
pub fn size(bytes: u64) -> f64 {
    bytes as f64
}
