//! Turns a [`Label`] into tokens. Nothing here can fail.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned as _;

use super::model::{Holds, Label};
use crate::paths;
use crate::spans::blamed_on;

// expands to: `impl Label for Name { const VALUES: Values = …; fn index(&self) -> usize { match self { … } } }`
pub fn label(label: &Label) -> TokenStream {
    let private = paths::private(label.krate.as_ref());
    let (name, text) = (&label.name, label.name.to_string());
    let mut generics = label.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(#private::Label));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let values = label.variants.iter().map(|variant| match &variant.holds {
        Holds::Text(text) => quote!(#private::Values::texts(&[#text])),
        Holds::Label(ty) => quote_spanned!(ty.span()=> <#ty as #private::Label>::VALUES),
    });
    // The index of a variant is a number, and what the labels before it hold.
    let (mut number, mut before) = (0usize, TokenStream::new());
    let arms = label.variants.iter().map(|variant| {
        let variant_name = &variant.name;
        let base = quote!(#number #before);
        match &variant.holds {
            Holds::Text(_) => {
                number += 1;
                quote!(Self::#variant_name => #base,)
            }
            Holds::Label(ty) => {
                before.extend(quote_spanned!(ty.span()=> + <#ty as #private::Label>::CARDINALITY));
                let inner = quote_spanned!(ty.span()=> <#ty as #private::Label>::place(__inner));
                quote!(Self::#variant_name(__inner) => #base + #inner,)
            }
        }
    });
    let arms: TokenStream = arms.collect();
    // Of a generic type nothing is known before it is used.
    let is_concrete = label.generics.params.is_empty();
    let checked = is_concrete.then(|| {
        let check = blamed_on(name.span(), quote!(#private::no_text_twice::<#name>(#text)));
        quote!(const _: () = #check;)
    });
    quote!(
        #[automatically_derived]
        impl #impl_generics #private::Label for #name #type_generics #where_clause {
            const VALUES: #private::Values = #private::Values::joined(&[#(#values),*]);
            #[inline]
            fn index(&self) -> ::core::primitive::usize {
                match self { #arms }
            }
        }
        #checked
    )
}
