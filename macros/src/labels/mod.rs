//! `#[derive(Label)]`: parse → gate → emit.

mod case;
mod emit;
mod model;
mod options;
mod parse;

pub use emit::index;
pub use model::{Holds, Label};
pub use options::options;
pub use parse::label;

use proc_macro2::TokenStream;

use crate::diag::Errors;

pub fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let model = label(input, &errors);
    match (errors.finish(), model) {
        // The item of a derive stays by itself.
        (Err(errors), _) => errors.to_compile_error(),
        (Ok(()), Some(model)) => emit::label(&model),
        (Ok(()), None) => TokenStream::new(),
    }
}
