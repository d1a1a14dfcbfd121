//! Whom the compiler blames.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// The same tokens, with the user's span on each: what the compiler finds wrong with them is said there.
pub fn blamed_on(span: Span, tokens: TokenStream) -> TokenStream {
    let respanned = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut group = Group::new(group.delimiter(), blamed_on(span, group.stream()));
            group.set_span(span);
            TokenTree::Group(group)
        }
        // `$crate` means the crate of whoever wrote it.
        TokenTree::Ident(mut ident) if ident == "$crate" => {
            ident.set_span(span.resolved_at(ident.span()));
            TokenTree::Ident(ident)
        }
        mut other => {
            other.set_span(span);
            other
        }
    });
    respanned.collect()
}

/// Parentheses that end a call which is blamed on the user's tokens.
pub fn blamed_group(span: Span, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    group
}
