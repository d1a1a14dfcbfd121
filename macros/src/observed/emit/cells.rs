//! What a callsite says of each family, and the cells that it needs for them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use crate::observed::families::Family;
use crate::spans::{blamed_group, blamed_on};

/// What a summary needs beside the cells.
// expands to: `static WINDOWS: Windows<{ … }> = Windows::new();` and `.with_windows(&WINDOWS)`
pub(super) fn windows(is_there: bool, private: &TokenStream) -> Option<(TokenStream, TokenStream)> {
    is_there.then(|| {
        let windows = ours!(
            static __TALLIED_WINDOWS: #private::Windows<
                { #private::Definition::windows_of_calls(&__TALLIED_SITE_SAYS) }
            > = #private::Windows::new();
        );
        (windows, ours!(.with_windows(&__TALLIED_WINDOWS)))
    })
}

/// So many labels of a callsite are named by their number.
const FIRST: usize = 4;

/// The standard buckets, and that of `+Inf`.
const STANDARD_CELLS: usize = 13;

pub(super) struct CellsOf {
    /// The user's bounds stand once, in a constant of their own.
    pub(super) constant: TokenStream,
    /// What is said of the bounds, if they are not the standard ones.
    pub(super) said: TokenStream,
    /// How many cells there are.
    pub(super) number: TokenStream,
}

/// The cells of a histogram, or of what has none.
// expands to: `const BOUNDS: &[f64] = …;`, `.bounded(BOUNDS)` and `cells(BOUNDS)`
pub(super) fn cells(
    histogram: Option<&Family>,
    bounds: Option<&Expr>,
    constant: &str,
    private: &TokenStream,
) -> CellsOf {
    let Some(histogram) = histogram else {
        return CellsOf { constant: TokenStream::new(), said: TokenStream::new(), number: ours!(0) };
    };
    let Some(bounds) = bounds else {
        let standard = histogram.other_unit.map(|unit| {
            let unit = Ident::new(unit.variant(), Span::mixed_site());
            ours!(.bounded(#private::Unit::standard(#private::Unit::#unit)))
        });
        // A literal costs the compiler nothing.
        let number = Literal::usize_unsuffixed(STANDARD_CELLS).into_token_stream();
        return CellsOf { constant: TokenStream::new(), said: standard.unwrap_or_default(), number };
    };
    let name = Ident::new(constant, Span::mixed_site());
    // Makes a slice of an array, of a reference to one and of a slice alike.
    let slice = quote_spanned!(bounds.span()=> (#bounds).split_at(0).1);
    // What is wrong with the user's bounds is said where they stand.
    let number = blamed_on(bounds.span(), ours!({ #private::cells(#name) }));
    CellsOf {
        constant: ours!(
            #[allow(clippy::needless_borrow)]
            const #name: &[::core::primitive::f64] = #slice;
        ),
        said: ours!(.bounded(#name)),
        number,
    }
}

// expands to: `Family::counter("jobs_total", "Jobs.", 1, true).zero(false)`
pub(super) fn described(
    kind: &str,
    family: Option<&Family>,
    bounds: &TokenStream,
    private: &TokenStream,
) -> Option<TokenStream> {
    let kind_name = Ident::new(kind, Span::mixed_site());
    let Family { name, written, help, is_help_given, labels, status, unit, native, quantiles, zero, .. } = family?;
    let helped = is_help_given.then(|| ours!(.helped()));
    let written = written.as_ref().map(|written| ours!(.written(#written)));
    let unit = unit.map(|unit| {
        let unit = Ident::new(unit.variant(), Span::mixed_site());
        ours!(.in_unit(#private::Unit::#unit))
    });
    let native = native.then(|| ours!(.with_native()));
    let quantiles = quantiles.as_ref().map(|_| ours!(.quantiled(__TALLIED_QUANTILES)));
    let zero = zero.map(|zero| ours!(.zero(#zero)));
    // The first ones need no list.
    let is_first = labels.len() <= FIRST && labels.iter().copied().eq(0..labels.len());
    let (first, labels) = if is_first { (labels.len(), None) } else { (0, Some(ours!(.labels(&[#(#labels),*])))) };
    let first = Literal::usize_unsuffixed(first);
    Some(ours!(
        #private::Family::#kind_name(#name, #help, #first, #status)
            #helped #labels #bounds #written #unit #native #quantiles #zero
    ))
}

/// The quantiles that the user gives, and that they are some.
// expands to: `const QUANTILES: &[f64] = …; const _: () = check_quantiles(Kind::Summary, QUANTILES);`
pub(super) fn quantiles(summary: Option<&Family>, private: &TokenStream) -> Option<TokenStream> {
    let quantiles = summary?.quantiles.as_ref()?;
    let slice = quote_spanned!(quantiles.span()=> (#quantiles).split_at(0).1);
    let check = blamed_on(quantiles.span(), ours!(#private::check_quantiles));
    let arguments = blamed_group(quantiles.span(), ours!(#private::Kind::Summary, __TALLIED_QUANTILES));
    Some(ours!(
        #[allow(clippy::needless_borrow)]
        const __TALLIED_QUANTILES: &[::core::primitive::f64] = #slice;
        const _: () = #check #arguments;
    ))
}
