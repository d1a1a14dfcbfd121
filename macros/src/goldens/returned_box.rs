#[observed]
fn fetch<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    get(url)
}
