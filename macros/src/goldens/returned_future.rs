#[observed]
fn fetch(url: &str) -> impl Future<Output = usize> + use<> {
    let url = url.to_owned();
    async move { get(url).await }
}
