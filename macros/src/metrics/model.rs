//! A struct whose fields are families, with every question answered.

use syn::{Expr, Ident, Path, Type, Visibility};

pub struct Group {
    pub vis: Visibility,
    pub name: Ident,
    pub krate: Option<Path>,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub ident: Ident,
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
