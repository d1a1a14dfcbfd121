//! What is emitted when something is wrong: the errors, and the user's own item.
//!
//! Without the item every caller of a method with a misspelt attribute would get an error of its own, on top of the
//! real one.

use proc_macro2::TokenStream;
use quote::quote;

pub fn with_item(errors: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = errors.to_compile_error();
    quote!(#errors #item)
}
