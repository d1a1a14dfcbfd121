//! The endpoints as a router of `axum`.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;

use crate::http::Endpoints;

/// What a service answers besides its work, without a check: see [`Endpoints`] for all of it.
///
/// Of two routers that are merged the second one's answer to unknown paths stays: so let the service's own be that, and its 404
/// is counted as what it is.
///
/// ```no_run
/// # async fn of_main() -> std::io::Result<()> {
/// let app = tallied_service::router().merge(axum::Router::new().route("/", axum::routing::get(|| async { "hello" })));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(listener, app).await
/// # }
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Endpoints::new().router()
}

impl Endpoints {
    /// As a router, to be merged or nested at any path.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let mut router = Router::new();
        for (path, endpoint) in self.paths() {
            let (endpoints, endpoint) = (self.clone(), endpoint.clone());
            let respond = move |request: Request| async move {
                let (request, _) = request.into_parts();
                let response: Response = endpoints.respond_with(&endpoint, request).await.map(Body::from);
                response
            };
            router = router.route(path, any(respond));
        }
        router
    }
}
