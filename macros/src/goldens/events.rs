#[observed(slow = "100ms", log = "debug", busy, span = false)]
async fn fetch(url: &str) -> Page {
    get(url).await
}
