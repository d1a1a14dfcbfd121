//! The tokens of the function → [`Callee`].
//!
//! Reads the signature. The body stays tokens, so one that is half typed still expands in an editor.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{
    AttrStyle, Attribute, FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Signature, Token, Type,
    TypeParamBound, Visibility,
};

use crate::diag::Errors;

/// A function that can be observed, as far as its shape goes.
pub struct Callee {
    /// Outer attributes, and the inner ones of the body made outer.
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    /// The braces and what is between them.
    pub body: Group,
}

/// How the return type is written, if it is a future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// `impl Future<…>`
    ImplFuture,
    /// `Pin<Box<dyn Future<…>>>`
    BoxFuture,
    /// Any other `impl …`
    ImplTrait,
    Plain,
}

pub fn parse(item: TokenStream, errors: &Errors) -> Option<Callee> {
    match function.parse2(item) {
        Ok(callee) => Some(callee),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn function(input: ParseStream<'_>) -> syn::Result<Callee> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if let Some(error) = other_item(input) {
        let _ = input.parse::<TokenStream>();
        return Err(error);
    }
    let sig: Signature = input.parse()?;
    let error = if input.peek(Token![;]) {
        Some("a method without a body has nothing to observe; put the attribute on the methods that implement it")
    } else {
        None
    };
    if let Some(message) = error {
        let _ = input.parse::<TokenStream>();
        return Err(syn::Error::new_spanned(&sig.ident, message));
    }
    let body = match input.parse()? {
        TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => group,
        other => return Err(syn::Error::new_spanned(other, "expected the function's body")),
    };
    let (inner, body) = split_inner_attributes(body)?;
    attrs.extend(inner);
    Ok(Callee { attrs, vis, sig, body })
}

/// Says what else the attribute was put on.
fn other_item(input: ParseStream<'_>) -> Option<syn::Error> {
    let fork = input.fork();
    let word = fork.call(Ident::parse_any).ok()?;
    let is_function = match word.to_string().as_str() {
        "fn" | "async" | "unsafe" | "extern" => true,
        // A `const` item goes on with a name.
        "const" => {
            ["fn", "async", "unsafe", "extern"].contains(&fork.call(Ident::parse_any).ok()?.to_string().as_str())
        }
        _ => false,
    };
    if is_function {
        return None;
    }
    let remedy = match word.to_string().as_str() {
        "impl" => "put it on the methods inside",
        "trait" => "put it on the methods with a body",
        _ => "remove it",
    };
    Some(syn::Error::new_spanned(
        &word,
        format!("`#[observed]` goes on a function or a method, not on `{word}`; {remedy}"),
    ))
}

/// `#![…]` at the beginning of a body would end up in the middle of ours.
fn split_inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?));
    let (mut attrs, rest) = parser.parse2(body.stream())?;
    if attrs.is_empty() {
        return Ok((attrs, body));
    }
    for attr in &mut attrs {
        attr.style = AttrStyle::Outer;
    }
    let mut group = Group::new(body.delimiter(), rest);
    group.set_span(body.span());
    Ok((attrs, group))
}

impl Callee {
    /// The names of the parameters that have one.
    pub fn parameters(&self) -> Vec<String> {
        let name = |arg: &FnArg| match arg {
            FnArg::Typed(arg) => match &*arg.pat {
                Pat::Ident(pat) => Some(pat.ident.unraw().to_string()),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        };
        self.sig.inputs.iter().filter_map(name).collect()
    }

    pub fn has_attribute(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }

    pub fn returns(&self) -> Returns {
        match &self.sig.output {
            ReturnType::Default => Returns::Plain,
            ReturnType::Type(_, ty) => returned(ty),
        }
    }
}

fn returned(ty: &Type) -> Returns {
    match ty {
        Type::Group(ty) => returned(&ty.elem),
        Type::Paren(ty) => returned(&ty.elem),
        Type::ImplTrait(ty) if ty.bounds.iter().any(is_future) => Returns::ImplFuture,
        Type::ImplTrait(_) => Returns::ImplTrait,
        Type::Path(_) => match argument_of(ty, "Pin").and_then(|ty| argument_of(ty, "Box")) {
            Some(Type::TraitObject(ty)) if ty.bounds.iter().any(is_future) => Returns::BoxFuture,
            _ => Returns::Plain,
        },
        _ => Returns::Plain,
    }
}

fn is_future(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|s| s.ident == "Future"))
}

/// `T` of `…::Name<T>`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
