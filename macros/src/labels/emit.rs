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
    // Variants without a label inside stand together: one part for each would be dear to search.
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut texts: Vec<&String> = Vec::new();
    for variant in &label.variants {
        match &variant.holds {
            Holds::Text(text) => texts.push(text),
            Holds::Label(ty) => {
                if !texts.is_empty() {
                    let texts = std::mem::take(&mut texts);
                    parts.push(quote!(#private::Values::distinct(&[#(#texts),*])));
                }
                parts.push(quote_spanned!(ty.span()=> <#ty as #private::Label>::VALUES));
            }
        }
    }
    if !texts.is_empty() {
        parts.push(quote!(#private::Values::distinct(&[#(#texts),*])));
    }
    let values = match parts.as_slice() {
        [one] => one.clone(),
        parts => quote!(#private::Values::joined(&[#(#parts),*])),
    };
    let arms = label.variants.iter().enumerate().map(|(at, variant)| {
        let (variant_name, base) = (&variant.name, index(label, at, &private));
        match &variant.holds {
            Holds::Text(_) => quote!(Self::#variant_name => #base,),
            Holds::Label(ty) => quote!(Self::#variant_name(__inner) => {
                use #private::join::*;
                #base + (&&#private::Join::<'_, #ty>(__inner)).tallied_place()
            }),
        }
    });
    let arms: TokenStream = arms.collect();
    // The texts of plain variants were compared when they were read. Of a generic type nothing is known before it is used:
    // then the callsite compares them.
    let is_concrete = label.generics.params.is_empty();
    let is_nested = label.variants.iter().any(|variant| matches!(variant.holds, Holds::Label(_)));
    let checked = (is_concrete && is_nested).then(|| {
        let check = quote!(#private::no_text_twice(#text, <#name as #private::Label>::VALUES));
        let check = blamed_on(name.span(), check);
        quote!(#[allow(deprecated, long_running_const_eval)] const _: () = #check;)
    });
    quote!(
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #private::Label for #name #type_generics #where_clause {
            const VALUES: #private::Values = #values;
            #[inline]
            fn index(&self) -> ::core::primitive::usize {
                match self { #arms }
            }
        }
        #checked
    )
}

/// The index of a variant, or of the first value inside it: a number, and what the labels before it hold.
// expands to: `2 + const { <Inner as Label>::VALUES.len() }`
pub fn index(label: &Label, at: usize, private: &TokenStream) -> TokenStream {
    let (mut number, mut before) = (0usize, TokenStream::new());
    for variant in label.variants.iter().take(at) {
        match &variant.holds {
            Holds::Text(_) => number += 1,
            Holds::Label(ty) => {
                before.extend(quote_spanned!(ty.span()=> + const { <#ty as #private::Label>::VALUES.len() }));
            }
        }
    }
    quote!(#number #before)
}
