//! What orchestrators, servers of metrics and people ask a service, and the answers: of no framework's types but `http`'s.
//!
//! [`Endpoints`] is all of it; [`Exposition`] answers for metrics alone. A framework hands a request's head to
//! [`Endpoints::respond`] and sends what comes back: the router for `axum` and [`serve`](crate::serve) do no more.

mod encoding;
mod endpoints;
mod exposition;

pub use endpoints::{Details, Endpoint, Endpoints};
pub use exposition::Exposition;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

/// An answer with its whole body.
pub type Answer = Response<Vec<u8>>;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// An answer of this type and body.
fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// What is true only now.
fn uncached(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What is asked in any other way than by `GET` and `HEAD`, if it is.
fn refused(request: &Parts) -> Option<Answer> {
    if request.method == Method::GET || request.method == Method::HEAD {
        return None;
    }
    let mut answer = answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD are answered here\n");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(answer)
}

/// To `HEAD`, the head of the answer to `GET` (RFC 9110, section 9.3.2).
fn for_method(request: &Parts, mut answer: Answer) -> Answer {
    let length = answer.body().len();
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    if request.method == Method::HEAD {
        answer.body_mut().clear();
    }
    answer
}

/// All headers of a name, as one.
fn joined(request: &Parts, name: HeaderName) -> String {
    let values: Vec<_> = request.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}
