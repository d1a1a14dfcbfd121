//! `#[derive(LabelSet)]`: parse → gate → emit.

mod emit;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::diag::Errors;

pub fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let model = parse::set(input, &errors);
    match (errors.finish(), model) {
        // The item of a derive stays by itself.
        (Err(errors), _) => errors.to_compile_error(),
        (Ok(()), Some(model)) => emit::set(&model),
        (Ok(()), None) => TokenStream::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may stand on an item, a field or a variant, rightly or wrongly.
    const ATTRIBUTES: [&str; 24] = [
        "",
        "#[label]",
        "#[label()]",
        "#[label = 1]",
        "#[label(max = 3)]",
        "#[label(max)]",
        "#[label(max = -1)]",
        "#[label(max = \"3\", max = 4)]",
        "#[label(flatten)]",
        "#[label(flatten = true)]",
        "#[label(rename = \"\")]",
        "#[label(rename = 'a')]",
        "#[label(rename = \"a b\", rename_all = \"kebab-case\")]",
        "#[label(rename_all = \"upper\")]",
        "#[label(crate = a::b)]",
        "#[label(crate = \"a\")]",
        "#[label(1)]",
        "#[outcome]",
        "#[outcome(ok)]",
        "#[outcome(ok, error, panicked)]",
        "#[outcome(okay)]",
        "#[outcome(ok = 1)]",
        "#[outcome(cancelled)] #[label(rename = \"x\")]",
        "#[deprecated]",
    ];

    const ITEMS: [&str; 9] = [
        "@ struct S { @ a: u8, @ r#type: &'a str }",
        "@ struct S<'a, T: Clone = u8, const N: usize = 3> where T: Copy { @ a: T, @ pub b: [T; N] }",
        "@ struct S(@ u8);",
        "@ struct S;",
        "@ union S { a: u8 }",
        "@ enum S { @ Ok, @ Error, @ A(@ u8), B { a: u8 }, C(u8, u8) = 3 }",
        "@ enum S<L> { @ A(L), @ A(L), @ r#Type }",
        "@ enum S {}",
        "@ fn f() {}",
    ];

    #[test]
    fn whatever_stands_on_an_item_no_derive_panics() {
        let (mut refused, mut taken) = (0, 0);
        for item in ITEMS {
            let places = item.matches('@').count();
            // Every attribute at each place, with every other one at the next.
            for (at, first) in ATTRIBUTES.iter().enumerate().flat_map(|(at, a)| (0..places).map(move |p| ((p, at), a)))
            {
                for second in ATTRIBUTES {
                    let mut parts = item.split('@');
                    let mut text = parts.next().unwrap_or_default().to_owned();
                    for (place, part) in parts.enumerate() {
                        let attribute = if place == at.0 {
                            first
                        } else if place == at.0 + 1 {
                            second
                        } else {
                            ""
                        };
                        text = text + attribute + part;
                    }
                    let tokens: TokenStream = text.parse().unwrap();
                    for derive in [derive, crate::labels::derive, crate::outcome::derive] {
                        let expansion = derive(tokens.clone());
                        if expansion.to_string().contains("compile_error") {
                            refused += 1;
                        } else {
                            taken += 1;
                            syn::parse2::<syn::File>(expansion).unwrap_or_else(|error| panic!("{text}: {error}"));
                        }
                    }
                }
            }
        }
        assert!(refused > 1_000 && taken > 1_000, "{refused} refused, {taken} taken: this proves little");
    }
}
