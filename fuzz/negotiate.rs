//! Any header has an answer, and one that names a type twice has the better one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tallied::Format;

fuzz_target!(|header: &str| {
    let chosen = Format::negotiate(header);
    // Whatever else stands there, what is first and refuses nothing is never beaten by what is less wanted.
    let json = Format::negotiate(&format!("application/json,{header}"));
    assert_eq!(json, Format::Json, "nothing is wanted more than 1: {header:?}");
    // What is refused changes nothing.
    let refused = format!("{header},application/json;q=0");
    assert_eq!(Format::negotiate(&refused), chosen, "{header:?}");
    // Letters of either case are the same.
    if !header.contains('=') {
        assert_eq!(Format::negotiate(&header.to_ascii_uppercase()), chosen, "{header:?}");
    }
});
