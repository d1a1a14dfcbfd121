#[observed]
fn resize(width: u32) -> u32 {
    width / 2
}
