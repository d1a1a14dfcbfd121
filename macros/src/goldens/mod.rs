//! What the macros expand to, one idea a file: `name.rs` is the code, `name.expanded.rs` what becomes of it.
//!
//! `TALLIED_BLESS=1 cargo test -p tallied-macros` writes the expansions anew. Read the difference before you keep it.

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Attribute, ImplItem, Item, Meta};

/// Expands every `#[observed]` in a file, as the compiler would.
fn expand(source: &str) -> TokenStream {
    let file = syn::parse_file(source).unwrap();
    file.items
        .into_iter()
        .map(|item| match item {
            Item::Fn(mut item) => match take(&mut item.attrs) {
                Some(arguments) => expanded(arguments, item.into_token_stream()),
                None => item.into_token_stream(),
            },
            Item::Impl(mut item) => {
                if let Some(arguments) = take(&mut item.attrs) {
                    return expanded(arguments, item.into_token_stream());
                }
                let methods: TokenStream = item.items.into_iter().map(method).collect();
                let ty = item.self_ty;
                quote!(impl #ty { #methods })
            }
            other => other.into_token_stream(),
        })
        .collect()
}

fn expanded(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let package = crate::observed::Package { name: "my-shop".to_owned(), is_own: true, budget: None };
    crate::observed::expand(arguments, item, &package, crate::observed::Defaults::Observed)
}

fn method(item: ImplItem) -> TokenStream {
    let ImplItem::Fn(mut item) = item else { return item.into_token_stream() };
    match take(&mut item.attrs) {
        Some(arguments) => expanded(arguments, item.into_token_stream()),
        None => item.into_token_stream(),
    }
}

fn take(attrs: &mut Vec<Attribute>) -> Option<TokenStream> {
    let at = attrs.iter().position(|attr| attr.path().is_ident("observed"))?;
    Some(match attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    })
}

/// The name, the code and the file of the expansion of every golden.
fn goldens() -> Vec<(String, String, std::path::PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/goldens");
    let mut goldens: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            stem != "mod" && Path::new(stem).extension().is_none()
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap(), path.with_extension("expanded.rs"))
        })
        .collect();
    goldens.sort();
    assert!(goldens.len() >= 8, "the goldens are gone");
    goldens
}

#[test]
fn expansions_are_what_was_read_and_kept() {
    let bless = std::env::var_os("TALLIED_BLESS").is_some();
    for (name, source, kept) in goldens() {
        let expansion = prettyplease::unparse(&syn::parse2(expand(&source)).unwrap());
        if bless {
            fs::write(&kept, &expansion).unwrap();
        }
        let expected = fs::read_to_string(&kept).unwrap_or_default();
        assert!(expected == expansion, "the expansion of `{name}` has changed; it is now\n{expansion}");
    }
}

#[test]
fn no_expansion_trusts_a_name_of_the_users_crate() {
    for (name, source, _) in goldens() {
        let mut words = Vec::new();
        flatten(expand(&source), &mut words);
        for (at, word) in words.iter().enumerate() {
            let after = words.get(at + 1).map_or("", String::as_str);
            let rooted = at > 0 && words[at - 1] == "::";
            let is_word = word.chars().all(|c| c.is_alphanumeric() || c == '_');
            let is_prelude = ["Some", "None", "Ok", "Err", "Option", "Box", "drop", "unwrap", "std"].contains(&&**word);
            // The user's own code in the goldens, keywords, and the tool that lints belong to.
            let fine = word.starts_with("__Tallied")
                || ["crate", "clippy", "some", "impl", "dyn", "match", "in", "use", "as", "static", "Ok"]
                    .contains(&&**word)
                || (word == "Box" && after == "<");
            assert!(
                rooted || fine || !(is_prelude || is_word && (after == "::" || after == "!")),
                "the expansion of `{name}` says `{word}{after}`, which the user's crate may have redefined"
            );
        }
    }
}

fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    let mut joint = false;
    for token in tokens {
        let was_joint = std::mem::replace(
            &mut joint,
            matches!(&token, TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Joint),
        );
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                flatten(group.stream(), words);
                words.push(close.to_owned());
            }
            // The second half of `::`.
            TokenTree::Punct(punct) if punct.as_char() == ':' && was_joint => {
                *words.last_mut().unwrap() = "::".to_owned();
            }
            other => words.push(other.to_string()),
        }
    }
}
