#!/bin/sh
# Fuzzes each target for so many seconds, 20 if none are given: `sh fuzz/run.sh 600`. What is found is kept in
# fuzz/target/corpus, and is where the next run begins.
set -eu
cd "$(dirname "$0")"
# What cargo-fuzz passes to a nightly compiler, without its sanitizers.
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1"
export RUSTFLAGS
triple=$(rustc -vV | sed -n 's/^host: //p')
# With a target of its own: build scripts and macros are not instrumented.
CARGO_TARGET_DIR=target cargo build --release --locked --target "$triple"
for target in negotiate escaping; do
  mkdir -p "target/corpus/$target"
  "target/$triple/release/$target" -max_total_time="${1:-20}" -max_len=512 -print_final_stats=1 \
    -artifact_prefix="target/corpus/" "target/corpus/$target" >"target/$target.log" 2>&1 || {
    tail -n 60 "target/$target.log"
    exit 1
  }
  printf '%s: ' "$target"
  grep '^Done' "target/$target.log"
done
