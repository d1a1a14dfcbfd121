//! `#[derive(Outcome)]`: parse → gate → emit.

mod emit;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::diag::Errors;

pub fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let model = parse::outcome(input, &errors);
    match (errors.finish(), model) {
        // The item of a derive stays by itself.
        (Err(errors), _) => errors.to_compile_error(),
        (Ok(()), Some(model)) => emit::outcome(&model),
        (Ok(()), None) => TokenStream::new(),
    }
}
