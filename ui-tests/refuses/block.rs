//! On an `impl` block: what is wrong with its own arguments is said once, what is wrong with a method's at the method.

use tallied::observed;

struct Cart<T>(T);

#[observed(histogrm, colour = "red")]
impl<T> Cart<T> {
    fn one(&self) {}

    fn two(&self) {}
}

#[observed(histogram)]
impl<T: Clone> Cart<T> {
    #[observed(counter, counter)]
    fn twice(&self) {}

    #[observed(lables(T))]
    fn misspelt(&self) {}

    #[observed(after(hit = |value| value.is_some()))]
    fn of_a_parameter_of_the_block(&self) -> Option<T> {
        None
    }

    fn fine(&self) {}
}

#[observed]
impl<T> Cart<T> {
    const ONE: u8 = { 1 };

    const fn constant() {}
}

#[observed]
impl<T> Cart<T> {
    #[observed]
    #[observed(histogram)]
    fn doubled(&self) {}

    #[cfg_attr(all(), observed(skip))]
    fn hidden(&self) {}
}

#[observed(skip)]
fn outside() {}

fn main() {
    let cart = Cart(1);
    cart.one();
    cart.two();
    cart.twice();
    cart.misspelt();
    cart.of_a_parameter_of_the_block();
    cart.fine();
    Cart::<u8>::constant();
    outside();
    let _ = Cart::<u8>::ONE;
}
