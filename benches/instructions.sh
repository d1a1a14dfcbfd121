#!/bin/sh
# How many instructions a call takes: a count that no other load of the machine changes. Each case of
# benches/instructions runs twice under callgrind, with 1,000 and with 11,000 calls; the difference is that of 10,000 calls.
#
# Needs valgrind. Run it from anywhere: `sh benches/instructions.sh`. It builds in target/instructions, or below
# CARGO_TARGET_DIR. It fails if a case takes more than benches/instructions.tsv says, by more than 5 % and by more than 3
# instructions; `--bless` writes that file. Another compiler makes other code: with one that the file does not name, the
# differences are printed and nothing fails.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
table=$root/benches/instructions.tsv
target=${CARGO_TARGET_DIR:-$root/target}/instructions
compiler=$(rustc --version)
cases='bare counted observed histogram histogram-async in-flight-histogram labels max-label sampled counter-inc
histogram-duration histogram-f64 gauge-set'

case ${1-} in
'' | --bless) ;;
*) echo "usage: $0 [--bless]"; exit 2 ;;
esac
if ! command -v valgrind >/dev/null; then
    echo 'skipped: valgrind is not installed'
    if [ "${CI-}" = true ]; then exit 1; fi
    exit 0
fi

cargo build --quiet --release --manifest-path "$root/benches/instructions/Cargo.toml" --target-dir "$target"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# case, calls
total() {
    if ! valgrind --tool=callgrind --callgrind-out-file="$work/out" "$target/release/instructions" "$1" "$2" \
        >"$work/log" 2>&1; then
        cat "$work/log" >&2
        return 1
    fi
    # The last such line is that of the whole run.
    awk '/^(summary|totals):/ { sum = $2 } END { if (sum == "") exit 1; print sum }' "$work/out"
}

printf '# %s\n' "$compiler" >"$work/now"
for name in $cases; do
    few=$(total "$name" 1000)
    many=$(total "$name" 11000)
    awk -v name="$name" -v few="$few" -v many="$many" 'BEGIN { printf "%s\t%.1f\n", name, (many - few) / 10000 }' >>"$work/now"
done

if [ "${1-}" = --bless ]; then
    cp "$work/now" "$table"
    cat "$table"
    exit
fi

# The table, then the measurement.
awk -F '\t' -v OFS='\t' '
    FNR == 1 { compiler[++file] = substr($1, 3); next }
    file == 1 { before[$1] = $2; next }
    {
        now = $2
        seen[$1] = 1
        if (!($1 in before)) {
            print $1 ": " now " instructions, and the table does not have it"
            worse = 1
            next
        }
        was = before[$1]
        tolerance = was * 0.05 > 3 ? was * 0.05 : 3
        word = now - was > tolerance ? "worse" : was - now > tolerance ? "better" : ""
        printf "%-20s %8.1f %8.1f  %s\n", $1, was, now, word
        if (word == "worse") {
            worse = 1
            lines = lines $1 " takes " now " instructions, before " was "\n"
        }
        if (word == "better") lines = lines $1 " takes " now " instructions, before " was ": better\n"
    }
    END {
        for (name in before) if (!(name in seen)) print name ": the table has it, and nothing else"
        printf "%s", lines
        if (compiler[1] != compiler[2]) {
            print "the table is of " compiler[1] ", this is " compiler[2] ": nothing fails"
            exit
        }
        if (lines != "" || worse) print "to accept it: sh benches/instructions.sh --bless"
        exit worse
    }
' "$table" "$work/now"
