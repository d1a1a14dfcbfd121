#[observed(level = "debug", name = "a name of its own", target = TARGET)]
fn quiet(width: u32) -> u32 {
    width
}
