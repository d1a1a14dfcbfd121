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
        // The item of a derive stays by itself. What is wrong is said in its `new`: so nobody is told that that is missing.
        (Err(errors), Some(model)) => emit::only_new(&model, &errors.to_compile_error()),
        (Err(errors), None) => errors.to_compile_error(),
        (Ok(()), Some(model)) => emit::group(&model, is_own),
        (Ok(()), None) => TokenStream::new(),
    }
}
