#!/bin/bash
# Every known bug is found: mutants_test.sh SIM SEEDS. Prints the first seed that finds each one, and what it said.
set -u
sim=$1
seeds=$2
out=$(mktemp)
trap 'rm -f "$out"' EXIT
missed=0

# MUTANT FAULTS [OPTIONS]: those that bring the bug out soonest; it would be found under all of them too
look_for() {
    local mutant=$1 faults=$2
    shift 2
    "$sim" --seeds "1..$seeds" --terminals 4 --faults "$faults" --mutant "$mutant" --to-first "$@" >"$out" 2>/dev/null
    if grep -q VIOLATION "$out"; then
        printf '%-20s seed %s\n' "$mutant" "$(grep -m1 VIOLATION "$out" | sed 's/^seed \([0-9]*\) VIOLATION *[0-9:.]* /\1: /')"
    else
        echo "$mutant was not found"
        missed=$((missed + 1))
    fi
}

look_for lost-sync partition,crash
look_for ack-before-commit crash,full
look_for double-grant partition
look_for forgotten-release partition
look_for lost-reversal none
look_for dropped-dedup partition,crash
look_for unnoticed-restore partition,restore
look_for normal-sync partition,crash
look_for skipped-feed partition,crash
look_for early-prune partition
look_for share-twice none
look_for double-earn none
look_for forgotten-use partition
look_for forgotten-budget partition
look_for swallowed-conflict partition
look_for half-posting none
look_for clock-order clock
look_for peer-lies none
look_for no-fence promote,lan-partition,lan-drop,lan-delay,crash
look_for two-primaries promote,lan-partition,hand-over
look_for forgotten-request lan-drop,lan-delay
look_for public-anywhere partition
look_for lease-forgotten partition --days 2
look_for early-end none
look_for first-comes-canonical partition

all=$("$sim" --help | sed -n 's/^mutants: //p' | tr -d ' ' | tr ',' '\n' | wc -l)
[ "$(grep -c '^look_for [a-z]' "$0")" -eq "$all" ] || { echo "a mutant is not looked for"; exit 1; }
[ $missed -eq 0 ] || exit 1
"$sim" --seeds 1..4 --terminals 4 --faults partition,crash >"$out" 2>/dev/null || { cat "$out"; exit 1; }
echo "all $all found within $seeds seeds, and nothing without them"
