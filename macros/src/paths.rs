//! Where an expansion finds the runtime, and what it says to the program's file.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// `::tallied::__private`, or the same under the path of `crate = …`.
pub fn private(krate: Option<&syn::Path>) -> TokenStream {
    krate.map_or_else(|| quote_spanned!(Span::mixed_site()=> ::tallied::__private), |path| quote!(#path::__private))
}

/// The texts of a family as the program's file has them, each with a zero behind it.
pub fn record_texts(name: &str, written: Option<&str>, help: &str) -> String {
    let help = help.replace('\0', "\u{fffd}");
    format!("{name}\0{}\0{help}\0", written.unwrap_or_default())
}
