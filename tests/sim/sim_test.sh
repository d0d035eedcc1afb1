#!/bin/bash
# The simulator itself: a seed replays, wrong usage is told, and every known bug is found.
set -u
sim=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() {
    echo "sim_test: $*"
    tail -5 "$out"
    exit 1
}

trace_of() {
    "$sim" --seed "$1" --terminals 3 | tail -1 | grep -o 'trace [0-9a-f]*'
}

usage_is_told() {
    "$sim" --seeds 5..1 >"$out" 2>&1
    [ $? -eq 2 ] || fail "seeds that go back are not refused"
    "$sim" --faults none,rain >"$out" 2>&1
    [ $? -eq 2 ] || fail "an unknown fault is not refused"
    "$sim" --help >"$out" && grep -q -- --mutant "$out" || fail "no help"
    "$sim" --version >"$out" && grep -q '^tillside-sim [0-9]' "$out" || fail "no version"
}

a_seed_replays() {
    local first
    first=$(trace_of 11)
    [ -n "$first" ] || fail "no trace"
    [ "$first" = "$(trace_of 11)" ] || fail "the same seed went another way"
    [ "$first" != "$(trace_of 12)" ] || fail "another seed went the same way"
}

# MUTANT SEEDS FAULTS
is_found() {
    "$sim" --seeds "$2" --terminals 4 --faults "$3" --mutant "$1" >"$out" 2>&1
    [ $? -eq 1 ] || fail "$1 was not found"
    grep -q VIOLATION "$out" || fail "$1: no violation is named"
}

usage_is_told
a_seed_replays
is_found lost-sync 1..1 partition,crash
is_found ack-before-commit 1..1 crash
is_found double-grant 1..1 partition
is_found forgotten-release 1..1 partition
is_found lost-reversal 1..1 none
is_found dropped-dedup 6..6 partition,crash
is_found unnoticed-restore 17..17 partition,restore
echo "sim_test: all found"
