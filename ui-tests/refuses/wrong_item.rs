use tallied::observed;

#[observed]
struct Cart;

#[observed]
impl Cart {}

#[observed]
const LIMIT: u8 = 1;

#[observed]
mod inside {}

trait Store {
    #[observed]
    fn load(&self);
}

#[observed]
const fn constant() {}

#[observed]
macro_rules! nothing {
    () => {};
}

fn main() {
    constant();
    nothing!();
    let _ = (Cart, LIMIT);
}
