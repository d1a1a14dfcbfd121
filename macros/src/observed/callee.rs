//! The tokens of the function → [`Callee`].
//!
//! Reads the signature. The body stays tokens, so one that is half typed still expands in an editor.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{
    AttrStyle, Attribute, FnArg, GenericArgument, GenericParam, Generics, Ident, LitStr, Pat, PatType, PathArguments,
    ReturnType, Signature, Token, Type, TypeParamBound, Visibility, parse_quote,
};

use super::{Around, Defaults};
use crate::diag::Errors;

/// A function that can be observed, as far as its shape goes.
pub struct Callee {
    /// Outer attributes, and the inner ones of the body made outer.
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    /// The braces and what is between them.
    pub body: Group,
    /// Another macro may expand after us, and want to see an `async`.
    pub is_watched: bool,
    /// Parameters of the block round it, as far as it was seen.
    pub outer: Vec<String>,
    /// Whether it stands in an observed block, whose arguments are for all of its methods.
    pub is_of_block: bool,
    /// It returns a future, whatever its type shows.
    pub says_future: bool,
}

/// `name: ty`
pub struct Parameter<'a> {
    /// Without `r#`.
    pub name: String,
    pub ident: &'a Ident,
    pub ty: &'a Type,
}

/// How the return type is written, if it is a future.
#[derive(Clone, PartialEq, Eq)]
pub enum Returns {
    /// `impl Future<…>`
    ImplFuture,
    /// `impl Future<…> + Name`, where our future is no `Name`.
    ImplFutureAnd(String),
    /// `Pin<Box<dyn Future<…>>>`, or one of the names that `futures` has for it.
    BoxFuture,
    /// `Box<dyn Future<…> + Unpin>`
    UnpinnedBoxFuture,
    /// Any other `impl …`
    ImplTrait,
    Plain,
}

pub fn parse(item: TokenStream, around: &Around, defaults: Defaults, errors: &Errors) -> Option<Callee> {
    match (|input: ParseStream<'_>| function(input, defaults)).parse2(item) {
        Ok(callee) => Some(Callee {
            is_watched: around.is_watched || callee.is_watched,
            outer: around.parameters.clone(),
            is_of_block: around.is_block,
            ..callee
        }),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn function(input: ParseStream<'_>, defaults: Defaults) -> syn::Result<Callee> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if let Some(error) = other_item(input, defaults) {
        let _ = input.parse::<TokenStream>();
        return Err(error);
    }
    let sig: Signature = input.parse()?;
    if input.peek(Token![;]) {
        let _ = input.parse::<TokenStream>();
        let message = "a function without a body has nothing to observe; put the attribute on what implements it";
        return Err(syn::Error::new_spanned(&sig.ident, message));
    }
    let Some(body) = braces(input.parse()?) else {
        return Err(syn::Error::new_spanned(&sig.ident, "expected the function's body"));
    };
    let (inner, body) = split_inner_attributes(body)?;
    attrs.extend(inner);
    let is_watched = !are_inert(&attrs);
    Ok(Callee { attrs, vis, sig, body, is_watched, outer: Vec::new(), is_of_block: false, says_future: false })
}

/// The body's braces. A body that came through `$body:block` stands in a group without delimiters.
pub fn braces(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => {
            let mut inside = group.stream().into_iter();
            let first = inside.next()?;
            if inside.next().is_some() { None } else { braces(first) }
        }
        _ => None,
    }
}

/// Says what else the attribute was put on.
fn other_item(input: ParseStream<'_>, defaults: Defaults) -> Option<syn::Error> {
    // A function's modifiers may stand before other items too: the word behind them decides.
    let fork = input.fork();
    let first = fork.call(Ident::parse_any).ok()?;
    let mut word = first.clone();
    while ["const", "async", "unsafe", "safe", "extern"].contains(&word.to_string().as_str()) {
        let _ = fork.parse::<Option<LitStr>>();
        match fork.call(Ident::parse_any) {
            Ok(next) => word = next,
            Err(_) => break,
        }
    }
    if word == "fn" {
        return None;
    }
    let is_item = ["impl", "trait"].contains(&word.to_string().as_str());
    let word = if is_item { word } else { first };
    let remedy = match word.to_string().as_str() {
        "trait" => "put it on the methods with a body",
        _ => "remove it",
    };
    Some(syn::Error::new_spanned(
        &word,
        format!("`#[{}]` goes on a function or a method, not on `{word}`; {remedy}", defaults.word()),
    ))
}

/// `#![…]` at the beginning of a body would end up in the middle of ours.
pub fn split_inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
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
    /// The parameters that have a plain name.
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        let parameter = |arg| match arg {
            &FnArg::Typed(PatType { ref pat, ref ty, .. }) => match &**pat {
                Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                    Some(Parameter { name: pat.ident.unraw().to_string(), ident: &pat.ident, ty })
                }
                _ => None,
            },
            FnArg::Receiver(_) => None,
        };
        self.sig.inputs.iter().filter_map(parameter).collect()
    }

    /// A type or constant parameter of the function or the block round it, or `Self`, in some tokens: what a `static`
    /// cannot name.
    pub fn open_name(&self, tokens: TokenStream) -> Option<Ident> {
        let outer = self.outer.iter().cloned();
        let names: Vec<String> = parameters(&self.sig.generics).chain(outer).chain(["Self".to_owned()]).collect();
        find(tokens, &names)
    }

    pub fn has_attribute(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }

    pub fn returns(&self) -> Returns {
        match &self.sig.output {
            ReturnType::Default => Returns::Plain,
            ReturnType::Type(_, ty) => match returned(ty) {
                Returns::Plain if self.says_future => Returns::BoxFuture,
                Returns::ImplTrait if self.says_future => Returns::ImplFuture,
                returns => returns,
            },
        }
    }

    /// Whether `#[async_trait]` made it.
    pub fn is_of_async_trait(&self) -> bool {
        self.sig.generics.params.iter().any(|parameter| {
            matches!(parameter, GenericParam::Lifetime(parameter) if parameter.lifetime.ident == "async_trait")
        })
    }

    /// The type of the value that a call gives in the end, as it is written.
    pub fn returned(&self) -> Option<Type> {
        match (self.returns(), &self.sig.output) {
            (Returns::ImplFuture | Returns::ImplFutureAnd(_) | Returns::BoxFuture | Returns::UnpinnedBoxFuture, _) => {
                self.output_of_future()
            }
            (Returns::ImplTrait, _) => None,
            (Returns::Plain, ReturnType::Default) => Some(parse_quote!(())),
            (Returns::Plain, ReturnType::Type(_, ty)) => Some(peeled(ty).clone()),
        }
    }

    /// What a box by another name gives: an alias that is called `BoxFuture` may hold a `Result` of what it names.
    pub fn awaited(&self) -> Option<Type> {
        let ReturnType::Type(_, ty) = &self.sig.output else { return None };
        let ty = peeled(ty);
        let is_alias = argument_of(ty, "BoxFuture").or_else(|| argument_of(ty, "LocalBoxFuture")).is_some();
        is_alias.then(|| parse_quote!(<#ty as ::core::future::Future>::Output))
    }

    /// `T` of `-> impl Future<Output = T>`, and of the boxes.
    pub fn output_of_future(&self) -> Option<Type> {
        let ReturnType::Type(_, ty) = &self.sig.output else { return None };
        let ty = peeled(ty);
        let boxed = argument_of(argument_of(ty, "Pin").unwrap_or(ty), "Box");
        let bounds = match boxed.unwrap_or(ty) {
            Type::ImplTrait(ty) => &ty.bounds,
            Type::TraitObject(ty) => &ty.bounds,
            ty => return only_argument_of(ty, "BoxFuture").or_else(|| only_argument_of(ty, "LocalBoxFuture")).cloned(),
        };
        let TypeParamBound::Trait(bound) = bounds.iter().find(|bound| is_future(bound))? else { return None };
        let PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
            _ => None,
        })
    }
}

/// The names of type and constant parameters.
pub fn parameters(generics: &Generics) -> impl Iterator<Item = String> + '_ {
    generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
        GenericParam::Const(parameter) => Some(parameter.ident.to_string()),
        GenericParam::Lifetime(_) => None,
    })
}

/// Whether no other macro is among them.
pub fn are_inert(attrs: &[Attribute]) -> bool {
    attrs.iter().all(is_inert)
}

/// Attributes of the language that do not care whether a function is `async`. Any other may be a macro that expands
/// after us and wants to see the `async`.
fn is_inert(attr: &Attribute) -> bool {
    // Not `cfg_attr`, which may hold any, and not `expect`: what it waits for may be a lint on `async fn`.
    const INERT: [&str; 12] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "export_name",
        "forbid",
        "inline",
        "no_mangle",
        "unsafe",
        "warn",
    ];
    match attr.path().get_ident() {
        Some(ident) => INERT.iter().any(|inert| ident == inert),
        // `rustfmt::skip`, `clippy::…`
        None => attr.path().segments.first().is_some_and(|tool| tool.ident == "rustfmt" || tool.ident == "clippy"),
    }
}

/// The first of such words, at any depth.
pub fn find(tokens: TokenStream, words: &[String]) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => words.iter().any(|word| ident == word).then_some(ident),
        TokenTree::Group(group) => find(group.stream(), words),
        _ => None,
    })
}

/// The type without parentheses, and without the invisible ones round a `$t:ty`.
pub fn peeled(ty: &Type) -> &Type {
    match ty {
        Type::Group(ty) => peeled(&ty.elem),
        Type::Paren(ty) => peeled(&ty.elem),
        ty => ty,
    }
}

fn returned(ty: &Type) -> Returns {
    match peeled(ty) {
        Type::ImplTrait(ty) if ty.bounds.iter().any(is_future) => match ty.bounds.iter().find_map(foreign_to_ours) {
            Some(name) => Returns::ImplFutureAnd(name),
            None => Returns::ImplFuture,
        },
        Type::ImplTrait(_) => Returns::ImplTrait,
        Type::Path(path)
            if path.path.segments.last().is_some_and(|s| s.ident == "BoxFuture" || s.ident == "LocalBoxFuture") =>
        {
            Returns::BoxFuture
        }
        ty @ Type::Path(_) => match argument_of(ty, "Pin").and_then(|ty| argument_of(ty, "Box")) {
            Some(Type::TraitObject(ty)) if ty.bounds.iter().any(is_future) => Returns::BoxFuture,
            Some(Type::ImplTrait(ty)) if ty.bounds.iter().any(is_future) => Returns::BoxFuture,
            _ => match argument_of(ty, "Box") {
                Some(Type::TraitObject(ty)) if ty.bounds.iter().any(is_future) && ty.bounds.iter().any(is_unpin) => {
                    Returns::UnpinnedBoxFuture
                }
                _ => Returns::Plain,
            },
        },
        _ => Returns::Plain,
    }
}

fn is_future(bound: &TypeParamBound) -> bool {
    is_called(bound, "Future")
}

fn is_unpin(bound: &TypeParamBound) -> bool {
    is_called(bound, "Unpin")
}

fn is_called(bound: &TypeParamBound, name: &str) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|s| s.ident == name))
}

/// A trait of the standard library beside `Future` that our future does not have when the user's does.
fn foreign_to_ours(bound: &TypeParamBound) -> Option<String> {
    let TypeParamBound::Trait(trait_bound) = bound else { return None };
    let name = trait_bound.path.segments.last()?.ident.to_string();
    let foreign =
        ["Clone", "Copy", "Debug", "Default", "Display", "Eq", "FusedFuture", "Hash", "Ord", "PartialEq", "PartialOrd"];
    foreign.contains(&name.as_str()).then_some(name)
}

/// The same, if there is no other: the output of the future that an alias is for.
fn only_argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let found = argument_of(ty, name)?;
    let Type::Path(path) = peeled(ty) else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    let types = arguments.args.iter().filter(|argument| matches!(argument, GenericArgument::Type(_)));
    (types.count() == 1).then_some(found)
}

/// `T` of `…::Name<T>`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = peeled(ty) else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(peeled(ty)),
        _ => None,
    })
}
