#[observed]
fn patterns(_: Token, (a, _): (u8, Token), #[cfg(unix)] ref b: u8, _c: Token) {
    work(a, b)
}
