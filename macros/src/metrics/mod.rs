//! `#[derive(Metrics)]`: parse → gate → emit.

mod emit;
mod model;
mod options;
mod parse;

use proc_macro2::TokenStream;

use crate::diag::Errors;

/// `is_own`: whether the package is one of the user's workspace, whose budget the environment may say.
pub fn derive(input: TokenStream, is_own: bool) -> TokenStream {
    let errors = Errors::new();
    let model = parse::group(input, &errors);
    match (errors.finish(), model) {
        // The item of a derive stays by itself; and its `new`, so that nobody is told that it is missing.
        (Err(errors), model) => {
            let new = model.as_ref().map(emit::only_new);
            let errors = errors.to_compile_error();
            quote::quote!(#errors #new)
        }
        (Ok(()), Some(model)) => emit::group(&model, is_own),
        (Ok(()), None) => TokenStream::new(),
    }
}
