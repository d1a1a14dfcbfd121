//! No warning and no lint, in a crate that is as strict as can be.
#![deny(warnings, missing_docs, unused, unused_braces, unused_qualifications, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::future::Future;
use std::pin::Pin;

use tallied::{Classify, Label, LabelSet, Outcome, observed};

/// Bounds.
pub const FAST: [f64; 2] = [0.5, 1.0];

/// Documented.
#[derive(Clone, Copy)]
pub struct Cart<'a, T, const N: usize> {
    items: &'a [T; N],
}

impl<'a, T: Clone + Send + Sync, const N: usize> Cart<'a, T, N> {
    /// Documented.
    #[observed]
    #[must_use]
    pub fn first(&self) -> Option<&'a T> {
        self.items.first()
    }

    /// Documented.
    #[observed(task_name, histogram, in_flight)]
    pub async fn take(self, mut at: usize) -> Option<T>
    where
        T: 'a,
    {
        at %= N;
        self.items.get(at).cloned()
    }

    /// Documented.
    #[observed]
    pub fn rest<'b>(
        &'b mut self,
        (from, _): (usize, usize),
        &by: &usize,
    ) -> impl Iterator<Item = &'a T> + use<'a, 'b, T, N> {
        self.items.iter().skip(from + by)
    }

    /// Documented.
    #[observed(layer, histogram)]
    #[must_use]
    pub fn new(items: &'a [T; N], layer: Layer) -> Self {
        let _ = layer;
        Cart { items }
    }

    /// Documented.
    #[observed(labels(none = layer.is_none(), long = format!("{length}").len() > 1), histogram)]
    #[must_use]
    pub fn beside(&self, layer: Option<Layer>, length: usize, item: Option<T>) -> Option<&'a T> {
        let _ = (layer, length, item);
        self.items.first()
    }

    /// Documented.
    #[observed(layer, histogram)]
    #[must_use]
    pub fn one<U: Clone>(item: &U, layer: Layer) -> Option<(U, [T; N])> {
        let _ = (item, layer);
        None
    }

    /// Documented.
    #[observed]
    #[must_use]
    pub fn boxed(&self) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
        Box::pin(async { self.items.len() })
    }

    /// Documented.
    ///
    /// # Errors
    ///
    /// Never.
    #[observed]
    #[inline]
    pub fn owned(self: Box<Self>) -> Result<impl Iterator<Item = T>, String> {
        Ok(self.items.iter().cloned())
    }
}

/// Documented.
pub trait Store {
    /// Documented.
    fn load(&self, key: &str) -> usize;
    /// Documented.
    fn fetch(&self, key: &str) -> impl Future<Output = usize> + Send;
    /// Documented.
    #[observed]
    fn provided(&self) -> usize {
        self.load("")
    }
}

impl Store for str {
    #[observed]
    fn load(&self, key: &str) -> usize {
        key.len()
    }

    #[observed]
    async fn fetch(&self, key: &str) -> usize {
        key.len()
    }
}

/// Documented.
#[observed(histogram, buckets = FAST)]
pub fn nothing() {}

/// Documented.
#[observed]
pub async fn forever() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

/// Documented.
#[observed]
#[allow(clippy::needless_pass_by_value)]
pub fn impls(text: impl AsRef<str>, each: impl Fn(&str) -> &str) -> usize {
    each(text.as_ref()).len()
}

/// Documented.
#[observed]
pub fn closures() -> impl for<'a> Fn(&'a str) -> &'a str {
    |text| &text[1..]
}

/// Documented.
#[observed]
pub fn hidden(#[allow(unused_variables)] text: &str, #[cfg(any())] gone: u8) {
    #![allow(clippy::let_unit_value)]
    let () = ();
}

/// Documented.
#[observed]
pub async fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * Box::pin(factorial(n - 1)).await }
}

/// Documented.
#[observed]
#[must_use]
pub fn größe(r#type: u8) -> u8 {
    r#type
}

/// Documented.
#[observed]
#[must_use]
pub extern "C" fn external(n: u8) -> u8 {
    n
}

macro_rules! functions {
    ($($name:ident: $ty:ty = $value:expr),*) => {$(
        /// Documented.
        #[observed]
        #[must_use]
        pub fn $name() -> $ty {
            $value
        }
    )*};
}

functions!(one: u8 = 1, two: Vec<u8> = vec![1, 2]);

/// Documented.
#[observed]
#[allow(clippy::needless_pass_by_value)]
pub fn unused(_c: u8, _: String, (_, _d): (u8, String)) {}

/// Documented.
#[observed]
pub async fn gives_a_future() -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async { 1 })
}

/// Documented.
#[observed]
#[must_use]
pub fn begins_with_an_item(ref mut text: String, (ref mut more, _): (String, u8)) -> usize {
    use std::fmt::Write as _;
    const LESS: usize = 1;
    let _ = write!(text, "{more}");
    more.push('.');
    text.len() + more.len() - LESS
}

trait Clash {
    fn told(&self) {}
    fn to(&self) {}
    fn place(&self) {}
    fn is_some_and(&self) {}
}

impl<T: ?Sized> Clash for T {}

/// A type that is called like one of the prelude's.
pub mod own {
    /// Documented.
    pub struct Result(pub bool);

    /// Ok and panicked, twice.
    #[tallied::observed(hit, budget = 4)]
    #[must_use]
    pub fn answer(hit: bool) -> Result {
        Result(hit)
    }
}

/// Documented.
#[derive(Clone, Copy, Label)]
pub enum Layer {
    /// Documented.
    Isr,
    /// Documented.
    Inside(bool),
}

/// Documented.
#[observed(layer, labels(hit, other: Option<Layer> = Some(layer.to_owned())), budget = 2_000)]
pub fn labelled(layer: &Layer, hit: bool) {}

/// Documented.
#[observed(layer_name, labels(which, none = which.is_none(), long = text.len() > 3))]
pub async fn labelled_later<'a>(which: Option<&'a Layer>, text: &'a str) -> &'a str {
    text
}

/// Documented.
#[derive(Clone, Copy, Label, Outcome)]
#[deprecated = "told twice would be once too often"]
pub enum Old {
    /// Documented.
    #[deprecated = "this too"]
    Ok,
    /// Documented.
    Error,
    /// Documented.
    Inside(Layer),
}

/// Documented.
#[derive(Clone, Copy, LabelSet)]
#[deprecated = "and this"]
pub struct OldSet<'a, L> {
    /// Documented.
    pub layer: L,
    /// Documented.
    #[label(max = 2)]
    pub name: &'a str,
}

/// Documented.
#[derive(Clone, Copy, LabelSet)]
pub struct Set<'a> {
    /// Documented.
    #[label(flatten)]
    pub inner: Inner<'a>,
}

/// Documented.
#[derive(Clone, Copy, LabelSet)]
pub struct Inner<'a> {
    /// Documented.
    #[label(max = 2)]
    pub name: &'a str,
}

/// Documented.
#[derive(Clone, Copy, LabelSet)]
pub struct Empty;

/// Documented.
#[derive(Clone, Copy, Label, Outcome)]
pub enum Found {
    /// Documented.
    Ok,
    /// Documented.
    Missing,
    /// Documented.
    #[outcome(error)]
    Broken,
}

impl<T> Classify<Option<T>> for Found {
    fn classify(returned: &Option<T>) -> Self {
        if returned.is_some() { Self::Ok } else { Self::Missing }
    }
}

/// Documented.
#[observed(
    labels(set(flatten), empty(flatten): Empty = Empty, layer_of(max = 3) = set.inner.name),
    after(some = |found| found.is_some(), small: bool = |found| matches!(found, Some(0..3)), n(max = 2) = |n| *n),
    status = Found,
    histogram,
    budget = 20_000
)]
#[must_use]
pub fn looked_up<'a>(set: Set<'a>, numbers: &'a [u8]) -> Option<&'a u8> {
    numbers.get(set.inner.name.len())
}

/// Documented.
#[observed(after(long = |text| text.len() > 2), status = Found)]
pub async fn looked_up_later(text: &str, _unused: u8) -> &str {
    text
}

/// Documented.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block<T>(pub T);

#[observed(histogram, in_flight)]
#[allow(clippy::unused_self)]
impl<T: Copy> Block<T> {
    /// Documented.
    pub const FEW: [u8; 2] = { [1, 2] };

    /// Documented.
    #[must_use]
    pub fn value(self) -> T {
        self.0
    }

    /// Documented.
    ///
    /// # Errors
    ///
    /// Never.
    pub async fn later<'a>(&self, text: &'a str) -> Result<&'a str, ()> {
        Ok(text)
    }

    /// Documented.
    #[must_use]
    pub const fn constant() -> usize {
        Self::FEW.len()
    }

    /// Documented.
    #[observed(skip)]
    pub fn skipped(&mut self, _: u8) {}

    fn private(&self) {}
}

/// Documented.
pub trait Later {
    /// Documented.
    #[observed]
    #[expect(async_fn_in_trait)]
    async fn later(&self) {}
}

impl Later for str {}

#[observed]
fn main() {
    let items = [1u8];
    Block(1).private();
    let mut cart = Cart::new(&items, Layer::Isr);
    assert_eq!(cart.beside(None, 10, Some(1)), Some(&1));
    assert_eq!(Cart::<u8, 1>::one(&"", Layer::Isr), None);
    assert_eq!(cart.first(), Some(&1));
    assert_eq!(cart.rest((0, 0), &0).count(), 1);
    assert_eq!(Box::new(cart).owned().map(Iterator::count), Ok(1));
    assert_eq!("key".provided() + "key".load("key"), 3);
    assert_eq!(impls("text", |text| text), 4);
    assert_eq!(closures()("text"), "ext");
    assert_eq!((external(1), one(), two().len()), (1, 1, 2));
    hidden("");
    nothing();
    assert_eq!(größe(1), 1);
    unused(1, String::new(), (1, String::new()));
    assert!(own::answer(true).0);
    labelled(&Layer::Isr, true);
    assert_eq!(begins_with_an_item("a".to_owned(), ("b".to_owned(), 1)), 3);
    Clash::told(&());
    Clash::to(&());
    Clash::place(&());
    Clash::is_some_and(&());
    drop(labelled_later(Some(&Layer::Inside(true)), ""));
    drop((gives_a_future(), "".later()));
    drop((cart.take(0), cart.boxed(), "".fetch(""), forever(), factorial(3)));
}
