#!/usr/bin/env bash
# Proves Tillside: installs what is missing, builds with both compilers and the sanitizers, runs everything that fits CI.
#   ./test.sh              all of it
#   ./test.sh --quick      the address-sanitizer build and its tests only
#   ./test.sh --label L    only tests of one label (unit contract scenario sim fuzz e2e bench nightly)
#   ./test.sh --device     the device: the image, flashed to a disk file and driven in QEMU
#   ./test.sh --help
# Exit codes: 0 everything passed, 1 something failed, 2 wrong usage.
set -euo pipefail
cd "$(dirname "$0")"

quick=no
label=
device=no
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --device) device=yes ;;
    --label) label=${2:-}; [ -n "$label" ] || { echo "test.sh: --label needs a name, see --help" >&2; exit 2; }; shift ;;
    --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: $1: not understood, see --help" >&2; exit 2 ;;
    esac
    shift
done

passed=0
failed=0
jobs=$(nproc)
log=build/test-logs
mkdir -p "$log"

# step NAME COMMAND…: runs it, counts it, keeps its output; shows the end of it when it failed.
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$log/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name ($((SECONDS - start)) s)"
    else
        failed=$((failed + 1))
        echo "FAIL  $name ($((SECONDS - start)) s), the end of $log/$name.log:"
        tail -n 60 "$log/$name.log" | sed 's/^/    /'
    fi
}

build() {
    cmake --preset "$1" >/dev/null && cmake --build --preset "$1" -j "$jobs"
}

# The optimizer warns of what the other builds do not see; whoever builds with another compiler is not stopped by it.
unwarned() {
    [ -s "$log/$1.log" ] && ! grep -A 4 'warning:' "$log/$1.log"
}

# Runs the tests of one build; every CTest case counts.
tests() {
    local preset=$1 xml="$PWD/$log/$1.xml" ok=0 bad=0
    shift
    ctest --test-dir "build/$preset" --output-on-failure --output-junit "$xml" -j "$jobs" "$@" >"$log/$preset-tests.log" 2>&1 || true
    ok=$(grep -c ' Passed ' "$log/$preset-tests.log" || true)
    bad=$(grep -cE '\*\*\*(Failed|Timeout|Exception|Not Run)' "$log/$preset-tests.log" || true)
    passed=$((passed + ok))
    failed=$((failed + bad))
    echo "      $preset: $ok tests passed, $bad failed"
    if [ "$bad" -gt 0 ] || [ "$ok" -eq 0 ]; then
        [ "$ok" -gt 0 ] || failed=$((failed + 1))
        tail -n 80 "$log/$preset-tests.log" | sed 's/^/    /'
    fi
}

finish() {
    echo
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

.ci/install test

if [ "$device" = yes ]; then
    step build-release build release
    step device tests/device/run
    tail -n 2 "$log/device.log" | sed 's/^/      /'
    finish
    exit
fi

# What takes longer than a change should wait for carries the label nightly and is run by name.
selection=(-LE '^nightly$')
[ -z "$label" ] || selection=(-L "^$label\$")
[ "$label" = nightly ] || [ -z "$label" ] || selection+=(-LE '^nightly$')

step build-check build check
[ "$label" != nightly ] || step build-release build release
tests check "${selection[@]}"
if [ "$quick" = yes ] || [ -n "$label" ]; then
    finish
    exit
fi

step format .ci/format
step sizes .ci/sizes
step shellcheck shellcheck -x run.sh test.sh flash.sh firmware/build.sh tests/device/run tests/device/boards .ci/install .ci/run .ci/format .ci/sizes .ci/tidy .ci/figures
step build-tsan build tsan # with clang: the other compiler
step tidy .ci/tidy
# The screens live on one thread and spend their time in libraries that the sanitizer cannot see into.
tests tsan -L 'unit|contract' -LE '^nightly$' -E '^screens_'
step build-release build release
step warnings unwarned build-release
step simulation build/release/bin/tillside-sim --seeds 1..60 --terminals 12 --days 2 --faults all --demand
step kill-terminal /usr/bin/python3 tests/fault/kill_terminal.py build/release/bin 500
step story ./run.sh --story build/story
step figures .ci/figures
sed 's/^/      /' "$log/figures.log"
finish
