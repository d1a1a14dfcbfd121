#[observed(route, labels(method: Method<'a> = request.method(), zone = "eu"), histogram, budget = 500)]
async fn serve<'a>(request: &Request<'a>, route: &'a Route) -> Result<Page, Error> {
    request.page().await
}
