//! Turns a [`LabelSet`] into tokens. Nothing here can fail.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericParam, Lifetime, parse_quote};

use super::model::{Field, Holds, LabelSet};
use crate::paths;
use crate::spans::blamed_on;

// expands to: `impl LabelSet for Name { const LABELS: &[Dimension] = …; fn join(&self, number: &mut Number) { … } }`
pub fn set(set: &LabelSet) -> TokenStream {
    let private = paths::private(set.krate.as_ref());
    let (name, text) = (&set.name, format!("`{}`", set.name));
    // What a type parameter has to be, its fields say.
    let mut generics = set.generics.clone();
    let clause = generics.make_where_clause();
    for Field { ty, holds, .. } in &set.fields {
        if !names_parameter(ty, set) {
            continue;
        }
        clause.predicates.push(match holds {
            Holds::Label(_) => parse_quote!(#ty: #private::Label),
            Holds::Open(..) => parse_quote!(#ty: #private::OpenLabel),
            Holds::Set => parse_quote!(#ty: #private::LabelSet),
        });
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let dimensions = set.fields.iter().map(|Field { name: field, ty, holds }| match holds {
        // What is wrong with the type or its values is said where it stands.
        Holds::Label(name) => {
            let of = blamed_on(ty.span(), quote!(#private::Dimension::of));
            let values = quote_spanned!(ty.span()=> (#name, <#ty as #private::Label>::VALUES));
            quote!(#of #values)
        }
        Holds::Open(name, most) => {
            let open = blamed_on(most.span(), quote!(#private::Dimension::open));
            let values = quote_spanned!(most.span()=> (#name, #most));
            quote!(#open #values)
        }
        Holds::Set => {
            let name = field.to_string();
            let labels = quote_spanned!(ty.span()=> <#ty as #private::LabelSet>::LABELS);
            quote!(#private::Dimension::set(#name, #labels))
        }
    });
    let digits = set.fields.iter().map(|Field { name, ty, holds }| match holds {
        // A type that is no label was refused above: nobody needs to hear it again.
        Holds::Label(_) => quote!((&&#private::Join::<'_, #ty>(&self.#name)).tallied_join(__number);),
        Holds::Open(..) => {
            let with_text = quote_spanned!(ty.span()=> <#ty as #private::OpenLabel>::with_text);
            quote!(#with_text(&self.#name, |__text| #private::Number::open(__number, __text));)
        }
        Holds::Set => {
            let join = quote_spanned!(ty.span()=> <#ty as #private::LabelSet>::join);
            quote!(#join(&self.#name, __number);)
        }
    });
    let has_label = set.fields.iter().any(|field| matches!(field.holds, Holds::Label(_)));
    let joins = has_label.then(|| quote!(use #private::join::*;));
    // Of a generic type the labels are not known before it is used: then the callsite compares them.
    let is_concrete = !set.generics.params.iter().any(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    let has_set = set.fields.iter().any(|field| matches!(field.holds, Holds::Set));
    let checked = is_concrete.then(|| {
        let lifetimes = set.generics.lifetimes().map(|_| quote!('_));
        let ty = quote!(#name<#(#lifetimes),*>);
        let twice = has_set.then(|| {
            let check = quote!(#private::no_name_twice(#text, <#ty as #private::LabelSet>::LABELS, false));
            let check = blamed_on(name.span(), check);
            quote!(#[allow(deprecated)] const _: () = #check;)
        });
        // A constant of a trait is evaluated where it is used: here, so that `cargo check` says what is wrong with it.
        quote!(
            #[allow(deprecated)]
            const _: &[#private::Dimension] = <#ty as #private::LabelSet>::LABELS;
            #twice
        )
    });
    let arguments = set.generics.params.iter().map(|parameter| match parameter {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(parameter) => parameter.ident.to_token_stream(),
        GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
    });
    let static_type = quote!(#name<#(#arguments),*>);
    quote!(
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #private::LabelSet for #name #type_generics #where_clause {
            #[allow(long_running_const_eval)]
            const LABELS: &'static [#private::Dimension] = &[#(#dimensions),*];
            type Static = #static_type;
            #[inline]
            fn join(&self, __number: &mut #private::Number) {
                #joins
                let _ = &__number;
                #(#digits)*
            }
        }
        #checked
    )
}

/// Whether a type or constant parameter of the struct stands in a type.
fn names_parameter(ty: &syn::Type, set: &LabelSet) -> bool {
    struct Finds<'a> {
        names: Vec<&'a Ident>,
        found: bool,
    }
    impl VisitMut for Finds<'_> {
        fn visit_ident_mut(&mut self, ident: &mut Ident) {
            self.found |= self.names.iter().any(|name| *name == ident);
        }
        fn visit_lifetime_mut(&mut self, _: &mut Lifetime) {}
    }
    let names = set.generics.type_params().map(|parameter| &parameter.ident).collect();
    let mut finds = Finds { names, found: false };
    visit_mut::visit_type_mut(&mut finds, &mut ty.clone());
    finds.found
}
