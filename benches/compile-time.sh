#!/bin/sh
# What an attribute costs whoever compiles it: a crate with 500 small functions (half of them return a Result, a quarter
# are async, with one to three parameters) with and without attributes, `cargo check` and a debug build of the crate
# alone. Prints the milliseconds of rustc's own CPU time for a function, what the attribute adds, and the ratio of that
# to `#[tracing::instrument(skip_all)]`. And the bytes of the futures of an async function with an argument of 1 KiB.
#
# Run it from anywhere: `sh benches/compile-time.sh`. It builds in target/compile-time, or below CARGO_TARGET_DIR.
# `ROUNDS=9` takes more rounds than five. The sides take turns, and each round begins with another one. Nothing fails.
#
# `sh benches/compile-time.sh --instructions` counts the instructions of rustc instead, with cachegrind: of `cargo check` for
# 120 functions, where no neighbour changes the figures. It fails where one of ours has 5 % more than tracing's. Needs
# valgrind.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}/compile-time
work=$target/crates
count=500
rounds=${ROUNDS:-5}
commands='check build'
if [ "${1:-}" = --instructions ]; then
    if ! command -v valgrind >/dev/null; then
        echo 'skipped: valgrind is not installed'
        if [ "${CI-}" = true ]; then exit 1; fi
        exit 0
    fi
    RUSTC_COUNTED=$(rustc --print sysroot)
    export RUSTC_COUNTED
    count=120 rounds=1 commands=check
fi
sides='bare tracing observed histogram task'

attribute() {
    case $1 in
    bare) ;;
    tracing) echo '#[tracing::instrument(skip_all)]' ;;
    observed) echo '#[tallied::observed]' ;;
    histogram) echo '#[tallied::observed(histogram)]' ;;
    task) echo '#[tallied::observed(task_name, histogram)]' ;;
    esac
}

# name: a crate with the dependencies of all, in cargo's default profile.
manifest() {
    mkdir -p "$work/$1/src"
    cat >"$work/$1/Cargo.toml" <<TOML
[package]
name = "time_$1"
version = "0.1.0"
edition = "2024"

[dependencies]
tallied = { path = "$root/runtime" }
tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }

[workspace]
TOML
    cp "$root/Cargo.lock" "$work/$1/"
}

# Of eight functions in a row four return a Result, two are async, and one is both.
functions() {
    awk -v count="$count" -v attribute="$(attribute "$1")" 'BEGIN {
        split("a: u64|a: u64, b: &str|a: u64, b: &str, c: bool", parameters, "|")
        split("a|a ^ b.len() as u64|a ^ b.len() as u64 ^ u64::from(c)", values, "|")
        for (i = 0; i < count; i++) {
            few = i % 3 + 1
            fails = i % 8 == 0 || i % 8 == 2 || i % 8 == 3 || i % 8 == 4
            value = "(" values[few] ").wrapping_mul(" 2 * i + 3 ")"
            print attribute
            printf "pub %sfn f%d(%s) -> %s {\n", i % 4 == 3 ? "async " : "", i, parameters[few], \
                fails ? "Result<u64, String>" : "u64"
            if (fails) printf "    if a == %d { return Err(String::new()); }\n    Ok(%s)\n}\n", i, value
            else printf "    %s\n}\n", value
        }
    }'
}

for side in $sides; do
    manifest "$side"
    functions "$side" >"$work/$side/src/lib.rs"
done

# It stands before rustc: of the crates that are measured it keeps the CPU time, of the compiler and its linker; or the
# instructions of the compiler, in the same thousandths as of a second.
cat >"$work/rustc.sh" <<'SH'
#!/bin/bash
case " $* " in
*' --crate-name time_'*) ;;
*) exec "$@" ;;
esac
if [ -n "${RUSTC_COUNTED:-}" ] && [ -s "$RUSTC_TIME.wanted" ]; then
    shift
    export LD_LIBRARY_PATH="$RUSTC_COUNTED/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$RUSTC_TIME.log" \
        "$RUSTC_COUNTED/bin/rustc" "$@"
    status=$?
    sed -n 's/.*refs: *//; t ok; d; :ok s/,//g; p' "$RUSTC_TIME.log" | awk '{ printf "%.6f\n", $1 / 1e9 }' >"$RUSTC_TIME"
    exit $status
fi
TIMEFORMAT=%U
{ time "$@" 2>&3; } 3>&2 2>"$RUSTC_TIME"
SH
chmod +x "$work/rustc.sh"

# side, check or build: the CPU time of the crate, in milliseconds.
measure() {
    # Not incremental, unlike cargo's default: nothing of the last round may be used again.
    find "$work/$1/src" -name lib.rs -exec touch {} +
    : >"$work/time"
    RUSTC_TIME=$work/time RUSTC_WRAPPER=$work/rustc.sh CARGO_INCREMENTAL=0 \
        cargo "$2" --quiet --manifest-path "$work/$1/Cargo.toml" --target-dir "$target/built" >&2
    awk 'NF { sum += $1 * 1000 } END { if (sum == 0) exit 1; print sum }' "$work/time"
}

: >"$work/time.wanted"
for side in $sides; do
    for command in $commands; do measure "$side" "$command" >/dev/null; done
done

echo yes >"$work/time.wanted"
: >"$work/times"
round=0
while [ $round -lt "$rounds" ]; do
    for command in $commands; do
        for side in $sides; do echo "$command $side $(measure "$side" $command)" >>"$work/times"; done
    done
    # The first side becomes the last one.
    sides="${sides#* } ${sides%% *}"
    round=$((round + 1))
done

awk -v count="$count" -v rounds="$rounds" -v commands="$commands" -v counted="${RUSTC_COUNTED:-}" -v name_bare='(nothing)' -v name_tracing="$(attribute tracing)" \
    -v name_observed="$(attribute observed)" -v name_histogram="$(attribute histogram)" -v name_task="$(attribute task)" '
    # Of the side, by bubbles: there are few.
    function median(of, n, i, j, swap, sorted) {
        n = split(of, sorted, " ")
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (sorted[j] + 0 < sorted[i] + 0) {
            swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap
        }
        return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
    }
    { times[$1, $2] = times[$1, $2] " " $3 }
    END {
        names["bare"] = name_bare; names["tracing"] = name_tracing; names["observed"] = name_observed
        names["histogram"] = name_histogram; names["task"] = name_task
        split("bare tracing observed histogram task", sides, " ")
        split(commands, each, " ")
        if (counted) printf "%d functions: millions of instructions of the compiler for each\n\n", count
        else printf "%d functions, median of %d: milliseconds of CPU for each\n\n", count, rounds
        for (c = 1; c in each; c++) {
            command = each[c]
            bare = median(times[command, "bare"]) / count
            tracing = median(times[command, "tracing"]) / count
            printf "%-42s %8s %8s %12s %14s\n", "cargo " command, counted ? "M" : "ms", "added", "ratio", "ratio of added"
            for (s = 1; s in sides; s++) {
                now = median(times[command, sides[s]]) / count
                printf "%-42s %8.3f %8.3f %12.2f %14.2f\n", names[sides[s]], now, now - bare, now / tracing, \
                    (now - bare) / (tracing - bare)
                if (counted && now > 1.05 * tracing) failed = failed "\n" names[sides[s]] " has 5 % more than tracing"
            }
            print ""
        }
        if (failed) { print substr(failed, 2); exit 1 }
    }' "$work/times"
[ -z "${RUSTC_COUNTED:-}" ] || exit 0

manifest futures
{
    echo 'fn size<F>(_: &F) -> usize { size_of::<F>() }'
    for side in bare tracing observed histogram task; do
        echo "$(attribute "$side")
async fn $side(argument: [u8; 1024]) -> u64 {
    std::future::ready(()).await;
    u64::from(std::hint::black_box(argument)[7])
}"
    done
    echo 'fn main() {'
    for side in bare tracing observed histogram task; do
        echo "    println!(\"{:42} {}\", \"$(attribute "$side")\", size(&$side([0; 1024])));"
    done
    echo '}'
} >"$work/futures/src/main.rs"
echo 'bytes of the future of an async function with an argument of 1 KiB'
cargo run --quiet --manifest-path "$work/futures/Cargo.toml" --target-dir "$target/built"
