//! The path of a function in its crate, cut out of the compiler's own type name of an item inside it.

use std::borrow::Cow;

/// The type name of a function item: of the marker in each callsite.
#[must_use]
pub fn type_name_of<F>(_: F) -> &'static str {
    std::any::type_name::<F>()
}

/// Cuts the function's path out of the type name of an item inside it.
///
/// The compiler writes `krate::cart::Cart::load::marker`, or `<krate::cart::Cart as krate::Store>::load::marker` for a
/// trait's method, or `krate::orders::<impl krate::Store for krate::cart::Cart>::load::marker` where the impl stands in
/// another module than its type: all three are `cart::Cart::load`. A list of parameters that are left open (`Cart<_>`)
/// is cut, one with types in it (`Cart<u8>`) stays: it tells two impls apart.
pub(super) fn path(module: &'static str, type_name: &'static str) -> Cow<'static, str> {
    let function = type_name.rsplit_once("::").map_or(type_name, |(function, _marker)| function);
    let krate = module.split("::").next().unwrap_or(module);
    // The usual case costs no allocation.
    if !function.contains(['<', '{', '(', '[', '&']) {
        return Cow::Borrowed(without_crate(function, krate));
    }
    let function = without_open_parameters(&function.replace("::{{closure}}", ""));
    Cow::Owned(without_crates(&qualified(&function).unwrap_or(function), krate))
}

fn without_open_parameters(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = matching(rest).map_or(rest.len(), |close| close + 1);
        let open =
            rest[1..end].trim_end_matches('>').split(", ").all(|parameter| parameter == "_" || parameter == "'_");
        let taken = if open { end } else { 1 };
        if !open {
            out.push('<');
        }
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

fn without_crate<'a>(path: &'a str, krate: &str) -> &'a str {
    path.strip_prefix(krate).and_then(|rest| rest.strip_prefix("::")).unwrap_or(path)
}

/// Cuts the crate off every path in a type: `Map<shop::Key, &shop::Item>` is `Map<Key, &Item>`.
fn without_crates(path: &str, krate: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(path.len()), path);
    while let Some(at) = rest.find(krate) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let begins = !out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let after = without_crate(here, krate);
        if begins && after.len() < here.len() {
            rest = after;
        } else {
            out.push_str(krate);
            rest = &here[krate.len()..];
        }
    }
    out + rest
}

/// The type and the rest of `<Type as Trait>::rest`, `module::<impl Type>::rest` or `module::<impl Trait for
/// Type>::rest`.
fn qualified(function: &str) -> Option<String> {
    let open = if function.starts_with('<') { 0 } else { function.find("::<impl ")? + 2 };
    let close = open + matching(&function[open..])?;
    let inside = &function[open + 1..close];
    let ty = match inside.strip_prefix("impl ") {
        Some(inside) => outside_brackets(inside, " for ").map_or(inside, |at| &inside[at + 5..]),
        None => outside_brackets(inside, " as ").map_or(inside, |at| &inside[..at]),
    };
    Some(format!("{ty}{}", &function[close + 1..]))
}

/// Where the bracket that `text` begins with is closed.
fn matching(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            // `->` of a function type closes nothing.
            b'>' if at > 0 && text.as_bytes()[at - 1] != b'-' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Where `word` stands in `text` outside of any angle brackets.
fn outside_brackets(text: &str, word: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' if at > 0 && text.as_bytes()[at - 1] != b'-' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && text[at..].starts_with(word) => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(type_name: &'static str, expected: &str) {
        assert_eq!(path("shop::orders", type_name), expected);
    }

    #[test]
    fn a_path_holds_module_and_type_but_not_the_crate() {
        check("shop::main::here", "main");
        check("shop::cart::load::here", "cart::load");
        check("shop::cart::Cart::load::here", "cart::Cart::load");
        check("shop::cart::Cart<_>::load::here", "cart::Cart::load");
        check("shop::cart::Cart<'_, _>::load::here", "cart::Cart::load");
        check("shop::cart::Cart<u8, _>::load::here", "cart::Cart<u8, _>::load");
    }

    #[test]
    fn an_impl_is_told_by_its_type_wherever_it_stands() {
        check("<shop::cart::Cart as shop::Store>::load::here", "cart::Cart::load");
        check("shop::orders::<impl shop::cart::Cart>::load::here", "cart::Cart::load");
        check("shop::orders::<impl shop::Store for shop::cart::Cart>::load::here", "cart::Cart::load");
        check("<alloc::vec::Vec<_> as shop::Store<_>>::load::here", "alloc::vec::Vec::load");
        check("<alloc::vec::Vec<shop::Item> as shop::Store>::load::here", "alloc::vec::Vec<Item>::load");
        check("<&shop::A as shop::Store>::load::here", "&A::load");
        check("<(shop::A, [shop::b::B], myshop::C) as shop::Store>::load::here", "(A, [b::B], myshop::C)::load");
        check("<dyn shop::Other as shop::Store>::load::here", "dyn Other::load");
        check("shop::shop::shopping::here", "shop::shopping");
        check("<shop::Map<K, fn(K) -> V> as shop::Store<K>>::load::here", "Map<K, fn(K) -> V>::load");
    }

    #[test]
    fn closures_leave_no_trace_in_a_path() {
        check("shop::cart::load::{{closure}}::here", "cart::load");
        check("<shop::Cart as shop::Store>::load::{{closure}}::here", "Cart::load");
    }

    #[test]
    fn a_name_that_cannot_be_read_is_kept_whole() {
        check("here", "here");
        check("<shop::cart", "<shop");
    }

    mod cart {
        pub(super) struct Cart<T>(pub T);
        pub(super) trait Store {
            fn load(&self) -> &'static str;
        }
        impl<T> Cart<T> {
            #[allow(clippy::unused_self)]
            pub(super) fn own(&self) -> &'static str {
                fn here() {}
                type_name_of(here)
            }
        }
        use super::type_name_of;
    }

    impl<T> cart::Store for cart::Cart<T> {
        fn load(&self) -> &'static str {
            fn here() {}
            type_name_of(here)
        }
    }

    #[test]
    fn the_compilers_own_type_names_are_understood() {
        use cart::Store as _;
        // Whether an open parameter is written `_` or by its name is the compiler's affair.
        for (name, method) in [(cart::Cart(1).own(), "::own"), (cart::Cart(1).load(), "::load")] {
            let path = path(module_path!(), name);
            assert!(path.starts_with("label::path::tests::cart::Cart") && path.ends_with(method), "{path}");
        }
    }
}
