//! `#[observed]`: parse → plan → gate → emit.

mod args;
mod callee;
mod emit;
mod plan;

use proc_macro2::TokenStream;

use crate::diag::Errors;
use crate::echo;

pub fn expand(attribute: TokenStream, item: TokenStream, package: &str) -> TokenStream {
    let errors = Errors::new();
    let args = args::parse(attribute, &errors);
    let callee = callee::parse(item.clone(), &errors);
    let plan = callee.map(|callee| plan::make(args, callee, package, &errors));
    match (errors.finish(), plan) {
        (Err(errors), _) => echo::with_item(&errors, &item),
        (Ok(()), Some(plan)) => emit::function(plan),
        // Nothing was wrong and nothing was planned: leave the item as it is.
        (Ok(()), None) => item,
    }
}
