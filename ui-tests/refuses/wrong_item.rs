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

#[observed]
unsafe impl Send for Cart {}

#[observed]
unsafe extern "C" {
    fn foreign();
}

#[observed]
extern crate core as another;

#[observed]
fn clones() -> impl Future<Output = ()> + Clone {
    std::future::ready(())
}

fn main() {
    constant();
    nothing!();
    let _ = (Cart, LIMIT);
}
