//! A struct whose fields are labels, with every question answered.

use syn::{Expr, Generics, Ident, Path, Type};

pub struct LabelSet {
    pub name: Ident,
    pub generics: Generics,
    pub krate: Option<Path>,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub name: Ident,
    pub ty: Type,
    pub holds: Holds,
}

pub enum Holds {
    /// A label of this name.
    Label(String),
    /// The first values, and one for the rest.
    Open(String, Expr),
    /// The labels of another set.
    Set,
}
