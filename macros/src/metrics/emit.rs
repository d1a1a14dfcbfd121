//! Turns a [`Group`] into tokens. Nothing here can fail.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, GenericArgument, PathArguments, Type};

use super::model::{Field, Group};
use crate::paths;
use crate::spans::{blamed_group, blamed_on};

// expands to: `const _: () = { statics of each field; impl Worker { const fn new() -> Self { … } } };`
pub fn group(group: &Group, is_own: bool) -> TokenStream {
    let private = paths::private(group.krate.as_ref());
    let statics = group.fields.iter().enumerate().map(|(at, field)| statics(at, field, is_own, &private));
    let handles = group.fields.iter().enumerate().map(|(at, Field { ident, ty, .. })| {
        let field = numbered("FIELD", at);
        let made = quote_spanned!(ty.span()=> <#ty>::of_field);
        quote!(#ident: #made(&#field))
    });
    let new = new(group, &quote!(Self { #(#handles),* }));
    quote!(
        #[allow(deprecated)]
        const _: () = {
            #(#statics)*
            #new
        };
    )
}

/// For a group in which something is wrong: what names it finds its `new`, which says what.
pub fn only_new(group: &Group, errors: &TokenStream) -> TokenStream {
    new(group, errors)
}

fn new(Group { vis, name, generics, .. }: &Group, body: &TokenStream) -> TokenStream {
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote!(
        #[automatically_derived]
        #[allow(clippy::new_without_default, dead_code)]
        impl #impl_generics #name #type_generics #where_clause {
            /// Handles on the families of this group. Two groups have the same series.
            #[must_use]
            #vis const fn new() -> Self {
                #body
            }
        }
    )
}

fn numbered(what: &str, at: usize) -> Ident {
    format_ident!("__TALLIED_{what}_{at}")
}

/// The constants and the statics of one field, and what the compiler checks of it.
// expands to: `static SAYS: Definition = …; static OPENS, CELLS, BOUNDS, FIELD`
fn statics(at: usize, field: &Field, is_own: bool, private: &TokenStream) -> TokenStream {
    let Field { ident, ty, name, help, .. } = field;
    let texts = paths::record_texts([(&**name, field.written.as_deref(), &**help)].into_iter());
    let texts = Literal::string(&texts);
    let [says, opens, cells, windows, bounds_of, this] =
        ["SAYS", "OPENS", "CELLS", "WINDOWS", "BOUNDS", "FIELD"].map(|what| numbered(what, at));
    let labels = quote!(#private::Definition::dimensions(&#says));
    let metric = quote_spanned!(ty.span()=> <#ty as #private::Metric>);
    let here = blamed_on(ident.span(), quote!(#private::Definition::here));
    let written = field.written.as_ref().map(|written| quote!(.written(#written)));
    let unit = field.unit.as_ref().map(|(unit, _)| {
        let variant = format_ident!("{}", unit.variant());
        quote!(.in_unit(#private::Unit::#variant))
    });
    let numbers = |method: &str, numbers: Option<&Expr>, constant: &Ident| {
        let standard = format_ident!("standard_{method}");
        let given = if method == "bounds" { quote!(.bounded(#constant)) } else { quote!(.quantiled(#constant)) };
        if numbers.is_some() { given } else { quote!(.#standard()) }
    };
    let [given_bounds, given_quantiles] = ["GIVEN_BOUNDS", "GIVEN_QUANTILES"].map(|what| numbered(what, at));
    let bounds = numbers("bounds", field.buckets.as_ref(), &given_bounds);
    let quantiles = numbers("quantiles", field.quantiles.as_ref(), &given_quantiles);
    let constants = [(&field.buckets, &given_bounds), (&field.quantiles, &given_quantiles)]
        .into_iter()
        .filter_map(|(numbers, name)| Some(constant(numbers.as_ref()?, name)));
    let native = field.native.map(|_| quote!(.with_native()));
    let checks = checks(field, [&given_bounds, &given_quantiles], &says, &metric, private);
    let zero = field.zero.map(|zero| quote!(.zero(#zero)));
    let budget = match &field.budget {
        Some(budget) => Some(quote!(.budget(#private::given_to_field(#budget)))),
        None => is_own.then(|| {
            let of_environment = blamed_on(ident.span(), quote!(#private::of_environment));
            let arguments = quote!(::core::option_env!("TALLIED_SERIES_BUDGET"), #private::DEFAULT_BUDGET);
            let arguments = blamed_group(ident.span(), arguments);
            quote!(.budget(#of_environment #arguments))
        }),
    };
    let blamed = field.budget.as_ref().map_or_else(|| ty.span(), syn::spanned::Spanned::span);
    let within = blamed_on(blamed, quote!(#private::within_budget));
    let within_arguments = blamed_group(blamed, quote!(&#says, #private::Definition::most(&#says)));
    // Of a set without parameters it is known already.
    let twice = has_nested(ty).then(|| {
        let twice = blamed_on(ty.span(), quote!(#private::no_name_twice));
        let text = format!("`{name}`");
        let arguments = blamed_group(ty.span(), quote!(#text, #labels, false));
        quote!(#twice #arguments;)
    });
    let label_set = quote_spanned!(ty.span()=> <#metric::Labels as #private::LabelSet>::LABELS);
    let family = quote!(
        #private::Family::field(#metric::KIND, #metric::NUMBERS, #name, #help)
            #written #unit #bounds #quantiles #native #zero
    );
    let dimension = quote!(#private::Dimension::set("labels", #label_set));
    let here_arguments = blamed_group(ident.span(), quote!(&[#dimension], &[#family]));
    quote!(
        #(#constants)*
        #[allow(long_running_const_eval)]
        static #says: #private::Definition = #here #here_arguments #budget;
        #checks
        const _: () = {
            #twice
            #within #within_arguments;
        };
        static #opens: [#private::Open; #private::open_len(#labels)] = #private::opens(#labels);
        static #cells: #private::FieldCells = #private::FieldCells::NEW;
        static #windows: #private::Windows<{ #private::Definition::windows(&#says) }> = #private::Windows::new();
        static #bounds_of: #private::Bounds<{ #private::Definition::cells(&#says) }> =
            #private::Definition::searched(&#says);
        static #this: #private::Field = #private::Field::new(&#says, &#opens, &#cells, &#windows, &#bounds_of, &#this);
        const _: () = {
            #private::listed!(#this, #says, 1 #texts);
        };
    )
}

/// Numbers of the user's, as a slice.
// expands to: `const BOUNDS: &[f64] = (BOUNDS).split_at(0).1;`
fn constant(numbers: &Expr, name: &Ident) -> TokenStream {
    // Makes a slice of an array, of a reference to one and of a slice alike.
    let slice = quote_spanned!(numbers.span()=> (#numbers).split_at(0).1);
    quote!(
        #[allow(clippy::needless_borrow)]
        const #name: &[::core::primitive::f64] = #slice;
    )
}

/// What is wrong with an argument is said where it stands, once: nothing else fails by it.
// expands to: `const _: () = check_bounds(<Histogram as Metric>::KIND, BOUNDS);`
fn checks(
    field: &Field,
    [bounds, quantiles]: [&Ident; 2],
    says: &Ident,
    metric: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let mut checks = TokenStream::new();
    let mut check = |span, function: &str, arguments: TokenStream| {
        let function = format_ident!("{function}");
        let (function, arguments) = (blamed_on(span, quote!(#private::#function)), blamed_group(span, arguments));
        checks.extend(quote!(const _: () = #function #arguments;));
    };
    match &field.buckets {
        Some(given) => check(given.span(), "check_bounds", quote!(#metric::KIND, #bounds)),
        None => check(field.ty.span(), "check_standard", quote!(&#says)),
    }
    if let Some(given) = &field.quantiles {
        check(given.span(), "check_quantiles", quote!(#metric::KIND, #quantiles));
    }
    if let Some((_, span)) = &field.unit {
        check(*span, "check_unit", quote!(#metric::KIND));
    }
    if let Some([total, reserved]) = field.unchecked {
        check(field.ident.span(), "check_name", quote!(&#says, #total, #reserved));
    }
    if let Some(span) = field.native {
        check(span, "check_native", quote!(#metric::KIND));
    }
    checks
}

/// Whether the labels may be a type with parameters: `Counter<Set<Inner>>`, or an alias.
fn has_nested(ty: &Type) -> bool {
    let arguments = |ty: &Type| match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.arguments.clone()),
        _ => None,
    };
    let Some(PathArguments::AngleBracketed(outer)) = arguments(ty) else { return true };
    match outer.args.first() {
        Some(GenericArgument::Type(labels)) => match arguments(labels) {
            Some(PathArguments::AngleBracketed(inner)) => {
                !inner.args.iter().all(|argument| matches!(argument, GenericArgument::Lifetime(_)))
            }
            _ => false,
        },
        _ => true,
    }
}
