//! Where an expansion finds the runtime, and what it says to the program's file.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// `::tallied::__private`, or the same under the path of `crate = …`.
pub fn private(krate: Option<&syn::Path>) -> TokenStream {
    krate.map_or_else(|| quote_spanned!(Span::mixed_site()=> ::tallied::__private), |path| quote!(#path::__private))
}

/// What the program's file has of families: how many there are, and their texts, each with a zero behind it.
pub fn record_texts<'a>(families: impl ExactSizeIterator<Item = (&'a str, Option<&'a str>, &'a str)>) -> String {
    let count = u8::try_from(families.len()).unwrap_or(u8::MAX);
    let texts = families.map(|(name, written, help)| {
        let help = help.replace('\0', "\u{fffd}");
        format!("{name}\0{}\0{help}\0", written.unwrap_or_default())
    });
    format!("{}{}", char::from(count), texts.collect::<String>())
}
