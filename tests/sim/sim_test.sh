#!/bin/bash
# The simulator itself: a seed replays, on any number of processes, and wrong usage is told.
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

the_number_of_processes_changes_nothing() {
    "$sim" --seeds 21..25 --terminals 2 --jobs 1 >"$out" 2>/dev/null
    "$sim" --seeds 21..25 --terminals 2 --jobs 3 2>/dev/null | cmp -s - "$out" || fail "more processes say something else"
}

usage_is_told
a_seed_replays
the_number_of_processes_changes_nothing
echo "sim_test: all well"
