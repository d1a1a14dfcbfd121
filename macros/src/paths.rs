//! Where an expansion finds the runtime.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// `::tallied::__private`, or the same under the path of `crate = …`.
pub fn private(krate: Option<&syn::Path>) -> TokenStream {
    krate.map_or_else(|| quote_spanned!(Span::mixed_site()=> ::tallied::__private), |path| quote!(#path::__private))
}
