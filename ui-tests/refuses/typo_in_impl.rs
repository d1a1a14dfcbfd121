//! One error each: the method is still there for those who call it.

use tallied::observed;

struct Cart;

trait Store {
    fn load(&self) -> usize;
}

impl Cart {
    #[observed(histogrm)]
    fn len(&self) -> usize {
        1
    }
}

impl Store for Cart {
    #[observed(counter = "jobs-total")]
    fn load(&self) -> usize {
        self.len()
    }
}

fn main() {
    Cart.load();
}
