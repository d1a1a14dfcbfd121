//! What is known of a request when it begins.

use tracing::{Span, field};

use super::access::Head;

/// A request that begins, for [`RequestLayer::span`](super::RequestLayer::span).
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    pub(super) head: &'a Head,
    pub(super) route: &'a str,
    pub(super) id: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) labels: &'a [(&'static str, String)],
}

impl<'a> Incoming<'a> {
    /// Its method, as it came, cut if it is long.
    #[must_use]
    pub fn method(&self) -> &'a str {
        &self.head.method
    }

    /// Its path without the query, cut if it is long.
    #[must_use]
    pub fn path(&self) -> &'a str {
        &self.head.path
    }

    /// The pattern that its path matched, or `unmatched`.
    #[must_use]
    pub fn route(&self) -> &'a str {
        self.route
    }

    /// The id of its correlation.
    #[must_use]
    pub fn request_id(&self) -> &'a str {
        self.id
    }

    /// Who sends it, where its head says so: see [`RequestLayer::user_id`](super::RequestLayer::user_id).
    #[must_use]
    pub fn user_id(&self) -> Option<&'a str> {
        self.user
    }

    /// A further label, if [`RequestLayer::label`](super::RequestLayer::label) reads one of this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'a str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The span that requests have unless the layer is given another.
    pub(super) fn span(&self) -> Span {
        // Where only warnings are told, they are to say which request they are of.
        tracing::error_span!(
            target: "tallied_service::requests",
            "http_request",
            method = self.method(),
            path = self.path(),
            route = self.route,
            request_id = self.id,
            user_id = self.user,
            app = self.label("app"),
            status = field::Empty,
            outcome = field::Empty,
        )
    }
}

impl std::fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method())
            .field("path", &self.path())
            .field("route", &self.route)
            .field("request_id", &self.id)
            .finish_non_exhaustive()
    }
}
