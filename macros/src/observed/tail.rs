//! The `async` block at the end of a body, by its tokens: `#[async_trait]` makes such, and people write them.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{AttrStyle, Attribute, Token};

use super::callee::{Callee, split_inner_attributes};

/// `before; Box::pin(async move { … })`, or without the box.
pub struct Tail {
    pub before: TokenStream,
    pub pin: Option<TokenStream>,
    /// Inner attributes of the block.
    pub attrs: Vec<Attribute>,
    /// What is in the braces, and they.
    pub block: Group,
}

impl Tail {
    fn of(before: &[TokenTree], pin: Option<&[TokenTree]>, block: Group) -> Option<Self> {
        let (mut attrs, block) = split_inner_attributes(block).ok()?;
        // They stay in the block.
        for attr in &mut attrs {
            attr.style = AttrStyle::Inner(Token![!](attr.pound_token.span));
        }
        let before = before.iter().cloned().collect();
        Some(Tail { before, pin: pin.map(|path| path.iter().cloned().collect()), attrs, block })
    }
}

impl Callee {
    /// The `async` block at the end of the body, if it gives that or a box of it.
    pub fn tail(&self) -> Option<Tail> {
        let body: Vec<TokenTree> = self.body.stream().into_iter().collect();
        if let Some((head, block)) = async_move(&body) {
            let before = &body[..head];
            return if ends_a_statement(before) { Tail::of(before, None, block) } else { None };
        }
        let (TokenTree::Group(arguments), path) = body.split_last()? else { return None };
        let inside: Vec<TokenTree> = arguments.stream().into_iter().collect();
        let (0, block) = async_move(without_comma(&inside))? else { return None };
        // `Box::pin`, by any path.
        let is_path = |token: &TokenTree| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => punct.as_char() == ':',
            _ => false,
        };
        let at = path.iter().rposition(|token| !is_path(token)).map_or(0, |at| at + 1);
        let (before, path) = path.split_at(at);
        let text: String = path.iter().map(ToString::to_string).collect();
        let is_pin = text == "Box::pin" || text.ends_with("::Box::pin");
        if is_pin && ends_a_statement(before) { Tail::of(before, Some(path), block) } else { None }
    }
}

fn without_comma(tokens: &[TokenTree]) -> &[TokenTree] {
    match tokens {
        [rest @ .., TokenTree::Punct(punct)] if punct.as_char() == ',' => rest,
        all => all,
    }
}

/// Where `async move { … }` begins at the end of some tokens, and its braces.
fn async_move(tokens: &[TokenTree]) -> Option<(usize, Group)> {
    let at = tokens.len().checked_sub(3)?;
    let [TokenTree::Ident(first), TokenTree::Ident(second), TokenTree::Group(block)] = &tokens[at..] else {
        return None;
    };
    let is_one = first == "async" && second == "move" && block.delimiter() == Delimiter::Brace;
    is_one.then(|| (at, block.clone()))
}

/// Whether an expression may begin behind these.
fn ends_a_statement(before: &[TokenTree]) -> bool {
    match before.last() {
        None => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(_) => false,
    }
}

/// Whether the function may be left before its end: by a word, or by a macro of which nobody knows.
pub fn may_leave(statements: TokenStream) -> bool {
    const KNOWN: [&str; 30] = [
        "assert",
        "assert_eq",
        "assert_ne",
        "concat",
        "dbg",
        "debug",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "debug_span",
        "env",
        "eprint",
        "eprintln",
        "error",
        "event",
        "format",
        "format_args",
        "info",
        "info_span",
        "matches",
        "panic",
        "print",
        "println",
        "span",
        "todo",
        "trace",
        "unreachable",
        "vec",
        "warn",
        "write",
    ];
    let tokens: Vec<TokenTree> = statements.into_iter().collect();
    let is_unknown_macro = |at: usize| {
        let [TokenTree::Ident(word), TokenTree::Punct(mark), TokenTree::Group(_)] =
            &tokens[at..tokens.len().min(at + 3)]
        else {
            return false;
        };
        // `if !(…)` is none.
        let is_keyword = ["else", "if", "in", "match", "return", "while"].iter().any(|keyword| word == keyword);
        mark.as_char() == '!' && !is_keyword && !KNOWN.iter().any(|known| word == known)
    };
    (0..tokens.len()).any(|at| {
        is_unknown_macro(at)
            || match &tokens[at] {
                TokenTree::Ident(word) => word == "return",
                TokenTree::Punct(mark) => mark.as_char() == '?',
                TokenTree::Group(group) => may_leave(group.stream()),
                TokenTree::Literal(_) => false,
            }
    })
}
