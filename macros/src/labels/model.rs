//! An enum that is a label, with every question answered.

use syn::{Generics, Ident, Path, Type};

pub struct Label {
    pub name: Ident,
    pub generics: Generics,
    pub krate: Option<Path>,
    /// In the order of their indices.
    pub variants: Vec<Variant>,
}

pub struct Variant {
    pub name: Ident,
    pub holds: Holds,
}

pub enum Holds {
    /// One value with this text.
    Text(String),
    /// The values of another label.
    Label(Type),
}
