//! Metrics over HTTP.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};
use http::request::Parts;
use serde::Serialize;
use tallied::{Format, Snapshot};

use super::{Answer, TEXT, answer, encoding, for_method, joined, refused, uncached};

type Keep = dyn Fn(&str) -> bool + Send + Sync;
type View = dyn Fn(&Snapshot, Option<&Snapshot>) -> serde_json::Result<Vec<u8>> + Send + Sync;

/// Rates are of at least so long: two that ask for the JSON at once do not divide by next to nothing.
const SHORTEST: Duration = Duration::from_secs(1);

/// Answers requests for metrics: all families, or some of them. Cheap to clone.
///
/// - the format that `Accept` prefers, as [`Format::negotiate`] has it, or `?format=text`, `openmetrics`, `protobuf`, `json`
/// - `?name[]=family`, as often as one likes: these families alone; the name of a sample (`x_bucket`) means its family
/// - gzip when `Accept-Encoding` wants it; `GET` and `HEAD`, and 405 for the rest
/// - 503 when it cannot be completed, never half a body
///
/// Where metrics are compiled out, or the exposition is switched off, the answer is an empty one of the format: a server that
/// scrapes it sees a target that is up, and no series.
#[derive(Clone, Default)]
pub struct Exposition {
    keep: Option<Arc<Keep>>,
    view: Option<Arc<View>>,
    /// What rates of the view are of.
    before: Arc<Mutex<Before>>,
}

#[derive(Default)]
struct Before {
    /// At least [`SHORTEST`] older than the next.
    last: Option<Arc<Snapshot>>,
    next: Option<Arc<Snapshot>>,
}

impl Exposition {
    /// Of all families.
    #[must_use]
    pub fn new() -> Self {
        Exposition::default()
    }

    /// Of the families alone whose names `keep` says yes to.
    ///
    /// ```
    /// # use tallied_service::http::Exposition;
    /// let events = Exposition::new().only(|family| family.starts_with("shop_event_"));
    /// ```
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Some(Arc::new(keep));
        self
    }

    /// What JSON looks like, in the place of the shape of [`tallied::encode`]: made of the numbers now, and of those that the
    /// last view was made of, at least a second ago, for rates. `None` the first time. They are of all families, whatever
    /// [`only`](Self::only) says; families that are asked for by `?name[]=` have the shape of [`tallied::encode`].
    ///
    /// ```
    /// # use tallied_service::http::Exposition;
    /// use serde_json::json;
    ///
    /// let exposition = Exposition::new().json(|now, before| {
    ///     json!({
    ///         "requests": {
    ///             "total": now.count("http_requests_total", &[]),
    ///             "rps": before.and_then(|before| now.rate(before, "http_requests_total", &[])),
    ///         },
    ///     })
    /// });
    /// ```
    #[must_use]
    pub fn json<T: Serialize>(
        mut self,
        view: impl Fn(&Snapshot, Option<&Snapshot>) -> T + Send + Sync + 'static,
    ) -> Self {
        self.view = Some(Arc::new(move |now, before| serde_json::to_vec(&view(now, before))));
        self.before = Arc::default();
        self
    }

    /// The answer to a request. Costs a scrape, in this thread.
    #[must_use]
    pub fn respond(&self, request: &Parts) -> Answer {
        if let Some(refused) = refused(request) {
            return for_method(request, refused);
        }
        let asked = match Asked::of(request) {
            Ok(asked) => asked,
            Err(why) => return for_method(request, answer(StatusCode::BAD_REQUEST, TEXT, why)),
        };
        // Whatever runs in a scrape is not all ours: collectors, callbacks, the view, subscribers that hear our notices.
        let body = catch_unwind(AssertUnwindSafe(|| self.body(&asked)));
        let body = body.map_err(std::mem::forget).ok().flatten();
        let Some(mut body) = body else {
            let failed =
                answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "the metrics could not be written; the log says more\n");
            return for_method(request, uncached(failed));
        };
        let is_zipped = encoding::wants_gzip(&joined(request, ACCEPT_ENCODING));
        if is_zipped {
            match encoding::gzip(&body) {
                Ok(zipped) => body = zipped,
                // Writing into memory does not fail.
                Err(_) => return for_method(request, answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "gzip failed\n")),
            }
        }
        let mut answer = answer(StatusCode::OK, asked.format.content_type(), body);
        answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
        if is_zipped {
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for_method(request, uncached(answer))
    }

    fn body(&self, asked: &Asked) -> Option<Vec<u8>> {
        if let (Format::Json, Some(view), true) = (asked.format, &self.view, asked.names.is_empty()) {
            let now = Arc::new(Snapshot::take());
            let before = self.before(&now);
            return view(&now, before.as_deref())
                .map_err(
                    |why| tracing::warn!(target: "tallied", "the view of metrics cannot be written as JSON: {why}"),
                )
                .ok();
        }
        let mut out = Vec::new();
        tallied::encode_only(asked.format, &mut out, |family| {
            asked.names_it(family) && self.keep.as_ref().is_none_or(|keep| keep(family))
        });
        // What there is of a format without any family, where metrics are compiled out.
        if out.is_empty() {
            out.extend_from_slice(match asked.format {
                Format::OpenMetrics => b"# EOF\n",
                Format::Json => b"{\"families\":[]}",
                _ => b"",
            });
        }
        Some(out)
    }

    fn before(&self, now: &Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if before.next.as_ref().is_none_or(|next| now.since(next) >= SHORTEST) {
            before.last = before.next.replace(now.clone());
        }
        before.last.clone()
    }
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposition")
            .field("is_of_some", &self.keep.is_some())
            .field("has_view", &self.view.is_some())
            .finish_non_exhaustive()
    }
}

/// What a request wants.
struct Asked {
    format: Format,
    /// None are all.
    names: Vec<String>,
}

impl Asked {
    fn of(request: &Parts) -> Result<Self, String> {
        let (mut format, mut names) = (None, Vec::new());
        for (key, value) in form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes()) {
            match &*key {
                "name[]" => names.push(value.into_owned()),
                "format" => {
                    format = Some(match &*value {
                        "text" | "prometheus" => Format::Text,
                        "openmetrics" => Format::OpenMetrics,
                        "protobuf" => Format::Protobuf,
                        "json" => Format::Json,
                        _ => {
                            // Not as it came: it is a stranger's text.
                            let shown: String = value.chars().take(32).flat_map(char::escape_default).collect();
                            return Err(format!(
                                "there is no format \"{shown}\"; ask for text, openmetrics, protobuf or json\n"
                            ));
                        }
                    });
                }
                _ => {}
            }
        }
        let format = format.unwrap_or_else(|| Format::negotiate(&joined(request, ACCEPT)));
        Ok(Asked { format, names })
    }

    fn names_it(&self, family: &str) -> bool {
        let is_of = |name: &String| {
            name.strip_prefix(family).is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
        };
        self.names.is_empty() || self.names.iter().any(is_of)
    }
}
