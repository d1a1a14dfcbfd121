//! A struct whose fields are families, with every question answered.

use syn::{Expr, Generics, Ident, Path, Type, Visibility};

pub struct Group {
    pub vis: Visibility,
    pub name: Ident,
    /// Not there in a group that can be emitted.
    pub generics: Generics,
    pub krate: Option<Path>,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub ident: Ident,
    /// Whether its suffixes may be any, if the macro does not know which metric it is.
    pub unchecked: Option<[bool; 2]>,
    pub ty: Type,
    /// The family's name.
    pub name: String,
    /// The same as the user wrote it, if that is another text.
    pub written: Option<String>,
    pub help: String,
    pub buckets: Option<Expr>,
    pub quantiles: Option<Expr>,
    pub unit: Option<(Unit, proc_macro2::Span)>,
    pub budget: Option<Expr>,
    pub zero: Option<bool>,
    /// Where it was asked for.
    pub native: Option<proc_macro2::Span>,
}

pub use crate::names::Unit;
