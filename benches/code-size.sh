#!/bin/sh
# What an attribute adds to the code of a crate with 400 small functions: the `.text` of its object files, optimised,
# beside the same crate without an attribute and with `#[tracing::instrument(skip_all)]`.
#
# Needs `ar` and `size` (binutils). Run it from anywhere: `sh benches/code-size.sh`. It builds in target/code-size. It
# fails if `#[observed]` adds half of what tracing's attribute adds, or more.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/target/code-size
count=400

# name, attribute
measure() {
    crate=$work/$1
    mkdir -p "$crate/src"
    cat >"$crate/Cargo.toml" <<TOML
[package]
name = "size_$1"
version = "0.1.0"
edition = "2024"

[dependencies]
tallied = { path = "$root/runtime" }
tracing = "0.1"

[workspace]
TOML
    cp "$root/Cargo.lock" "$crate/" 2>/dev/null || true
    : >"$crate/src/lib.rs"
    i=0
    while [ $i -lt $count ]; do
        cat >>"$crate/src/lib.rs" <<RUST
$2
#[inline(never)]
pub fn f$i(a: u64, b: &str) -> u64 {
    a.wrapping_mul($((2 * i + 3))) ^ b.len() as u64
}
RUST
        i=$((i + 1))
    done
    cargo build --quiet --release --manifest-path "$crate/Cargo.toml" --target-dir "$work/target"
    rm -rf "$crate/objects"
    mkdir "$crate/objects"
    (cd "$crate/objects" && ar x "$work/target/release/libsize_$1.rlib")
    for object in "$crate"/objects/*.o; do size -A "$object"; done | awk '/^\.text/ { sum += $2 } END { print sum }'
}

bare=$(measure bare "")
half=0
tracing=$(($(measure tracing "#[tracing::instrument(skip_all)]") - bare))
echo "$count functions: $bare bytes of code without an attribute; what attributes add:"
echo "tracing::instrument(skip_all)  $tracing bytes, $((tracing / count)) a function"
for variant in "observed observed" "histogram observed(histogram)" "instrument instrument(skip_all)"; do
    name=${variant%% *}
    attribute=${variant#* }
    added=$(($(measure "$name" "#[tallied::$attribute]") - bare))
    echo "tallied::$attribute  $added bytes, $((added / count)) a function, $((added * 100 / tracing)) % of tracing's"
    if [ "$name" = observed ] && [ $((added * 2)) -ge "$tracing" ]; then half=1; fi
done
[ $half = 0 ] || { echo "that is half of tracing's, or more"; exit 1; }
