#[observed]
#[some::other]
async fn fetch(url: &str) -> usize {
    get(url).await
}
