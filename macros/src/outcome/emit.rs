//! Turns an [`Outcome`] into tokens. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse_quote;

use super::model::{Outcome, ROLES};
use crate::labels;
use crate::paths;

// expands to: `impl Outcome for Name { const OK: usize = 0; const ERROR: usize = 1; … }`
pub fn outcome(outcome: &Outcome) -> TokenStream {
    let label = &outcome.label;
    let private = paths::private(label.krate.as_ref());
    let name = &label.name;
    let mut generics = label.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(#private::Label));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let constants = ROLES.iter().zip(outcome.places).map(|((_, constant), place)| {
        let constant = Ident::new(constant, Span::call_site());
        let index = labels::index(label, place, &private);
        quote!(const #constant: ::core::primitive::usize = #index;)
    });
    // The runtime makes values of them by their indices: for the compiler's eye they are made here.
    let made = label.generics.params.is_empty().then(|| {
        let variants = outcome.places.iter().map(|place| &label.variants[*place].name);
        quote!(#[allow(deprecated)] const _: fn() -> [#name; 4] = || [#(#name::#variants),*];)
    });
    quote!(
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #private::Outcome for #name #type_generics #where_clause {
            #(#constants)*
        }
        #made
    )
}
