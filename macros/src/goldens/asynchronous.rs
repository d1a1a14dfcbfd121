#[observed(histogram)]
async fn fetch<'a>(url: &'a str, into: &mut Vec<u8>) -> Result<&'a str, Error> {
    get(url).await
}
