//! `#[observed]` on a whole `impl` block: on each method, with the block's arguments and its own.
//!
//! Like a function's body, the methods stay tokens: a half-typed one still expands in an editor.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Generics};

use super::args::Args;
use super::{Around, Defaults, Package, args, callee, span};
use crate::diag::{Errors, did_you_mean};
use crate::echo;

/// Whether an item is an `impl` block.
pub fn is_block(item: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let words = tokens[attributes(&tokens)..].iter().map_while(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    words.take(3).find(|word| word != "unsafe" && word != "default").is_some_and(|word| word == "impl")
}

pub fn expand(attribute: &TokenStream, item: TokenStream, package: &Package, defaults: Defaults) -> TokenStream {
    let errors = Errors::new();
    // What is wrong with the block's arguments is said once, and not at each method.
    let args = args::parse(attribute.clone(), defaults, &errors);
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let body = match tokens.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    };
    let (inner, members) = body.as_ref().map(|body| inside(body.stream())).unwrap_or_default();
    if !members.iter().any(|member| is_method(member)) {
        let block = tokens.iter().find(|token| matches!(token, TokenTree::Ident(ident) if ident == "impl"));
        errors.at(block, "this block has no method to observe; remove the attribute");
    }
    skipped(&args, &members, defaults, &errors);
    let body = match (errors.finish(), body) {
        (Ok(()), Some(body)) => body,
        (Err(errors), _) => return echo::with_item(&errors, &item),
        (Ok(()), None) => return item,
    };
    // Another macro that looks at the block after us may want to see which methods are `async`.
    let is_watched = !callee::are_inert(&own_attributes(&tokens));
    let around = Around { is_block: true, is_watched, parameters: parameters(&tokens) };
    let observed = members.into_iter().map(|member| self::member(attribute, member, package, defaults, &around));
    let mut group = Group::new(
        Delimiter::Brace,
        inner.into_iter().collect::<TokenStream>().into_iter().chain(observed.flatten()).collect(),
    );
    group.set_span(body.span());
    tokens.into_iter().chain([TokenTree::Group(group)]).collect()
}

/// A method with the attribute, another member as it is.
fn member(
    block: &TokenStream,
    mut member: Vec<TokenTree>,
    package: &Package,
    defaults: Defaults,
    around: &Around,
) -> TokenStream {
    let errors = Errors::new();
    let own = take_own(&mut member, defaults, &errors);
    let is_skipped = own.as_ref().is_some_and(is_skip);
    let is_method = is_method(&member);
    let (cfgs, item) = (cfgs(&member), member.into_iter().collect::<TokenStream>());
    let observed = match (errors.finish(), own) {
        (Err(errors), _) => Err(errors),
        (Ok(()), _) if is_skipped => return item,
        (Ok(()), None) if !is_method => return item,
        (Ok(()), own) => {
            let errors = Errors::new();
            let own = args::parse(own.unwrap_or_default(), defaults, &errors);
            let args = own.within(parsed(block, defaults));
            super::function(args, item.clone(), package, defaults, around, errors)
        }
    };
    observed.unwrap_or_else(|errors| {
        // What is configured away is not judged.
        let errors = errors.into_iter().map(|error| {
            let error = error.to_compile_error();
            quote!(#(#cfgs)* #error)
        });
        quote!(#(#errors)* #item)
    })
}

/// The block's arguments, of which every error was said.
fn parsed(block: &TokenStream, defaults: Defaults) -> Args {
    let errors = Errors::new();
    let args = args::parse(block.clone(), defaults, &errors);
    let _ = errors.finish();
    args
}

/// Of what a block skips, each must be a parameter of some method.
fn skipped(args: &Args, members: &[Vec<TokenTree>], defaults: Defaults, errors: &Errors) {
    let Some(skip) = &args.skip else { return };
    let mut names: Vec<String> = Vec::new();
    for member in members.iter().filter(|member| is_method(member)) {
        let errors = Errors::new();
        let member = member.iter().cloned().collect();
        let callee = callee::parse(member, &Around::default(), defaults, &errors);
        let _ = errors.finish();
        names.extend(callee.iter().flat_map(span::bound_names));
    }
    for skip in skip.names.iter().filter(|skip| !names.iter().any(|name| *skip == name)) {
        let word = skip.to_string();
        let remedy = match did_you_mean(&word, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove it".to_owned(),
        };
        errors.at(skip, format!("no method of this block has a parameter `{word}`; {remedy}"));
    }
}

/// The inner attributes of a block, and its members.
fn inside(body: TokenStream) -> (Vec<TokenTree>, Vec<Vec<TokenTree>>) {
    let mut inner: Vec<TokenTree> = body.into_iter().collect();
    let mut at = 0;
    while is(&inner, at, '#') && is(&inner, at + 1, '!') {
        at += 3;
    }
    let rest = inner.split_off(at.min(inner.len()));
    (inner, members(rest.into_iter().collect()))
}

/// Cuts the tokens between the braces of a block into its members.
fn members(body: TokenStream) -> Vec<Vec<TokenTree>> {
    let (mut members, mut member) = (Vec::new(), Vec::new());
    // Braces within angle brackets are constants of a type.
    let (mut depth, mut last) = (0usize, ' ');
    for token in body {
        // A whole member that came through `$member:item` stands in a group without delimiters, behind its attributes.
        if let (TokenTree::Group(group), true) = (&token, attributes(&member) == member.len()) {
            if group.delimiter() == Delimiter::None && group.stream().into_iter().last().is_some_and(|last| ends(&last))
            {
                let mut inside = self::members(group.stream());
                if let Some(first) = inside.first_mut() {
                    first.splice(0..0, std::mem::take(&mut member));
                }
                members.extend(inside);
                continue;
            }
        }
        let (may_end, is_semicolon) = (ends(&token), matches!(token, TokenTree::Punct(_)));
        let mark = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match mark {
            '<' => depth += 1,
            '>' if last != '-' && last != '=' => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = mark;
        member.push(token);
        if may_end && (is_semicolon || depth == 0 && !ends_in_semicolon(&member)) {
            members.push(std::mem::take(&mut member));
            depth = 0;
        }
    }
    members.extend(Some(member).filter(|member| !member.is_empty()));
    members
}

/// Whether a member may end here: with a semicolon, or with braces.
fn ends(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';') || callee::braces(token.clone()).is_some()
}

/// Whether a member is a constant or a type: those may have braces within.
fn ends_in_semicolon(member: &[TokenTree]) -> bool {
    let mut words = words(member);
    match words.next().as_deref() {
        Some("type") => true,
        Some("const") => {
            let next = words.next();
            !next.is_some_and(|word| ["fn", "async", "unsafe", "extern"].contains(&word.as_str()))
        }
        _ => false,
    }
}

/// Whether a member is a function with a body that is no `const fn`: that one also runs in the compiler, where nothing is
/// counted.
fn is_method(member: &[TokenTree]) -> bool {
    let mut before: Vec<String> = Vec::new();
    let is_function = words(member).any(|word| {
        let is_fn = word == "fn";
        before.push(word);
        is_fn
    });
    let has_body = member.last().is_some_and(|token| callee::braces(token.clone()).is_some());
    is_function && has_body && !before.iter().any(|word| word == "const")
}

/// The words at the beginning of a member: without attributes, visibility, and the name of an ABI.
fn words(member: &[TokenTree]) -> impl Iterator<Item = String> {
    let begin = &member[attributes(member)..];
    begin
        .iter()
        .filter(|token| !matches!(token, TokenTree::Literal(_) | TokenTree::Group(_)))
        .map_while(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        })
        .filter(|word| word != "pub" && word != "default")
}

/// How many tokens of an item are its attributes.
fn attributes(tokens: &[TokenTree]) -> usize {
    let mut at = 0;
    while is(tokens, at, '#') {
        at += 2;
    }
    at.min(tokens.len())
}

fn is(tokens: &[TokenTree], at: usize, c: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

/// The type and constant parameters of the block.
fn parameters(tokens: &[TokenTree]) -> Vec<String> {
    let head = tokens.iter().cloned().skip_while(|token| !matches!(token, TokenTree::Ident(ident) if ident == "impl"));
    let generics = |input: ParseStream<'_>| {
        let generics: Generics = input.parse()?;
        let _ = input.parse::<TokenStream>();
        Ok(generics)
    };
    let generics = generics.parse2(head.skip(1).collect());
    generics.map(|generics| callee::parameters(&generics).collect()).unwrap_or_default()
}

fn own_attributes(tokens: &[TokenTree]) -> Vec<Attribute> {
    let own: TokenStream = tokens[..attributes(tokens)].iter().cloned().collect();
    Attribute::parse_outer.parse2(own).unwrap_or_default()
}

/// The conditions under which a member is there.
fn cfgs(member: &[TokenTree]) -> Vec<Attribute> {
    own_attributes(member).into_iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}

/// Takes `#[observed(…)]`, or what the block's attribute is called, off a member, and returns what is in its
/// parentheses.
fn take_own(member: &mut Vec<TokenTree>, defaults: Defaults, errors: &Errors) -> Option<TokenStream> {
    let word = defaults.word();
    let (mut own, mut at) = (None, 0);
    while at + 1 < attributes(member) {
        let TokenTree::Group(group) = &member[at + 1] else { break };
        // What came through `$attribute:meta` stands in a group without delimiters.
        let inside = flattened(group.stream());
        let arguments = match inside.last() {
            Some(TokenTree::Group(arguments)) => Some(arguments.stream()),
            _ => None,
        };
        let path = &inside[..inside.len() - usize::from(arguments.is_some())];
        let last = path.last().map(ToString::to_string).unwrap_or_default();
        if last == "cfg_attr"
            && arguments.as_ref().is_some_and(|arguments| callee::find(arguments.clone(), &[word.to_owned()]).is_some())
        {
            errors.at(group, format!("within an observed block, write `#[{word}(…)]` without `cfg_attr`"));
            // What it would become was judged.
            member.drain(at..at + 2);
            continue;
        }
        if last == defaults.other().word() {
            let message = format!("within this block, write `#[{word}(…)]`; this would open a second span");
            errors.at(path.last(), message);
        }
        if last != word {
            at += 2;
            continue;
        }
        if own.is_some() {
            errors.at(path.last(), format!("duplicate attribute `{word}`; remove one of the two"));
        }
        own = own.or(Some(arguments.unwrap_or_default()));
        member.drain(at..at + 2);
    }
    own
}

fn flattened(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => flat.extend(flattened(group.stream())),
            other => flat.push(other),
        }
    }
    flat
}

/// `skip`, and perhaps a comma.
fn is_skip(arguments: &TokenStream) -> bool {
    let arguments = flattened(arguments.clone());
    let mut words = arguments.iter().map(ToString::to_string);
    words.next().as_deref() == Some("skip") && words.all(|word| word == ",")
}
