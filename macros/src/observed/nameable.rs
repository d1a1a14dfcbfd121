//! What a `static` beside the function can name of the function's types, and which names an expression uses.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{BoundLifetimes, ExprClosure, GenericParam, Lifetime, Type, TypeReference};

use super::callee::{Callee, Parameter, find};
use crate::diag::Errors;

/// The type as a `static` can name it: without the function's lifetimes. The function's own types it cannot name.
pub fn nameable(ty: &Type, callee: &Callee, errors: &Errors) -> Option<Type> {
    if let Some(open) = callee.open_name(ty.to_token_stream()) {
        errors.at(
            ty,
            format!("a label's type must be known where the function is written, and `{open}` is not; name a type without it"),
        );
        return None;
    }
    let named = named(ty, callee);
    if named.is_none() {
        errors.at(ty, "the type of a label must have a name; write `label: Type = …` in `labels(…)`");
    }
    named
}

/// Whether some of the type is left to the compiler.
pub fn has_no_name(ty: &Type) -> bool {
    let mut nameable = Nameable { hidden: false, bound: Vec::new() };
    nameable.visit_type_mut(&mut ty.clone());
    nameable.hidden
}

/// The type without the function's lifetimes, if nothing else of it belongs to the function.
pub fn named(ty: &Type, callee: &Callee) -> Option<Type> {
    let (mut ty, mut nameable) = (ty.clone(), Nameable { hidden: false, bound: Vec::new() });
    nameable.visit_type_mut(&mut ty);
    (!nameable.hidden && callee.open_name(ty.to_token_stream()).is_none()).then_some(ty)
}

struct Nameable {
    hidden: bool,
    /// Lifetimes of a `for<…>` inside the type, which are its own.
    bound: Vec<Ident>,
}

impl VisitMut for Nameable {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        self.hidden |= matches!(ty, Type::ImplTrait(_) | Type::Infer(_));
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        if ty.lifetime.as_ref().is_some_and(|lifetime| !self.bound.contains(&lifetime.ident)) {
            ty.lifetime = None;
        }
        visit_mut::visit_type_reference_mut(self, ty);
    }

    fn visit_bound_lifetimes_mut(&mut self, bound: &mut BoundLifetimes) {
        let lifetimes = bound.lifetimes.iter().filter_map(|parameter| match parameter {
            GenericParam::Lifetime(parameter) => Some(parameter.lifetime.ident.clone()),
            _ => None,
        });
        self.bound.extend(lifetimes);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" && !self.bound.contains(&lifetime.ident) {
            *lifetime = Lifetime::new("'_", lifetime.span());
        }
    }
}

/// Whether a word stands in an expression as a name: not behind a dot, where it is a field, but in the braces of a
/// format string.
pub fn names(expression: TokenStream, word: &str) -> bool {
    let mut dots = 0;
    for token in expression {
        match token {
            TokenTree::Ident(ident) if dots != 1 && ident == word => return true,
            TokenTree::Group(group) if names(group.stream(), word) => return true,
            TokenTree::Literal(literal) if literal.to_string().contains(&format!("{{{word}")) => return true,
            TokenTree::Punct(punct) if punct.as_char() == '.' => {
                dots += 1;
                continue;
            }
            _ => {}
        }
        dots = 0;
    }
    false
}

/// A parameter of the function in a closure that binds nothing of that name. One that makes variables of its own is
/// left to the compiler.
pub fn captured(closure: &ExprClosure, parameters: &[Parameter<'_>]) -> Option<Ident> {
    let body = closure.body.to_token_stream();
    // `self` is nobody else's.
    if let Some(this) = free_name(body.clone(), "self") {
        return Some(this);
    }
    let binds = ["let", "match", "for", "if", "while"].map(str::to_owned);
    if find(body.clone(), &binds).is_some() || body.to_string().contains('|') {
        return None;
    }
    let inputs = closure.inputs.to_token_stream();
    let free = parameters.iter().filter(|parameter| !names(inputs.clone(), &parameter.ident.to_string()));
    free.map(|parameter| parameter.ident.to_string()).find_map(|name| free_name(body.clone(), &name))
}

/// Where a word stands in an expression as a name of its own: no field, no part of a path, no lifetime, no item, and
/// not within a macro, which may mean anything by it.
fn free_name(expression: TokenStream, word: &str) -> Option<Ident> {
    let tokens: Vec<TokenTree> = expression.into_iter().collect();
    let is = |at: Option<usize>, c: char| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == c))
    };
    let word_before = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Ident(ident)) => {
            ["fn", "struct", "const", "static", "as", "use", "mod"].iter().any(|w| ident == w)
        }
        _ => false,
    };
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Group(_)
            if is(at.checked_sub(1), '!') && at >= 2 && matches!(tokens[at - 2], TokenTree::Ident(_)) =>
        {
            None
        }
        TokenTree::Group(group) => free_name(group.stream(), word),
        TokenTree::Ident(ident) if ident == word => {
            let (last, before) = (at.checked_sub(1), at.checked_sub(2));
            let is_field = is(last, '.') && !is(before, '.') || is(Some(at + 1), ':') && !is(Some(at + 2), ':');
            let is_path = is(last, ':') && is(before, ':') || is(Some(at + 1), ':') && is(Some(at + 2), ':');
            let is_other = is(last, '\'') || is(Some(at + 1), '!') && !is(Some(at + 2), '=') || word_before(last);
            (!is_field && !is_path && !is_other).then(|| ident.clone())
        }
        _ => None,
    })
}
