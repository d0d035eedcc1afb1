#!/bin/sh
# The program as an operator meets it: exit codes and words. process_test.sh TILLSIDE-CENTRAL
set -u
central=$1
dir=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
failures=0

# expect CODE WORDS COMMAND…: the exit code, and words on stdout or stderr
expect() {
    code=$1 words=$2
    shift 2
    "$@" >"$dir/said" 2>&1
    got=$?
    if [ "$got" -ne "$code" ] || ! grep -q -- "$words" "$dir/said"; then
        echo "FAILED: $* → $got, expected $code and \"$words\":"
        cat "$dir/said"
        failures=$((failures + 1))
    fi
}

# start FOLDER: serves on free ports, waits for "ready", sets pid, port and public
start() {
    mkfifo "$dir/ready"
    "$central" serve --data "$1" --listen 127.0.0.1:0 --public 127.0.0.1:0 >"$dir/ready" 2>"$dir/log" &
    pid=$!
    read -r word port public <"$dir/ready"
    rm "$dir/ready"
    [ "$word" = ready ] || { echo "FAILED: serve said \"$word\""; cat "$dir/log"; exit 1; }
}

stop() {
    kill "-$1" "$pid"
    wait "$pid"
    got=$?
    [ "$got" -eq "$2" ] || { echo "FAILED: serve ended with $got after $1, expected $2"; failures=$((failures + 1)); }
    pid=
}

expect 0 'Exit codes' "$central" --help
expect 0 'tillside-central [0-9]' "$central" --version
expect 2 'no command' "$central" dance
expect 2 'data DIR is missing' "$central" serve
expect 2 'wrong value for --listen' "$central" serve --data "$dir/a" --listen nowhere
expect 3 'tillside-central init' "$central" serve --data "$dir/a"
expect 0 'root.key' "$central" init --data "$dir/a" --brand-name 晨光
expect 4 'nothing was changed' "$central" init --data "$dir/a"
expect 0 'every chain unbroken' "$central" doctor --data "$dir/a"
expect 0 'space: ' "$central" doctor --data "$dir/a"
expect 0 'after everything in the books' "$central" doctor --data "$dir/a"
expect 0 'backup: NONE' "$central" doctor --data "$dir/a"

start "$dir/a"
expect 5 "held by another process (pid $pid)" "$central" serve --data "$dir/a"
expect 0 'sound' "$central" doctor --data "$dir/a"
expect 0 'no output' sh -c "'$central' init --data '$dir/b' && echo no output"
expect 6 '--listen ADDRESS:PORT' "$central" serve --data "$dir/b" --listen "127.0.0.1:$port" --public 127.0.0.1:0
expect 6 '--public ADDRESS:PORT' "$central" serve --data "$dir/b" --listen 127.0.0.1:0 --public "127.0.0.1:$public"
kill -HUP "$pid"
expect 0 'ok' curl -sk "https://127.0.0.1:$port/healthz"
stop TERM 0

start "$dir/a" # killed without a word, the books open again
stop KILL 137
expect 0 'every chain unbroken' "$central" doctor --data "$dir/a"

dd if=/dev/urandom of="$dir/a/central.db" bs=4096 seek=1 count=20 conv=notrunc 2>/dev/null
expect 7 'damaged' "$central" serve --data "$dir/a" --listen 127.0.0.1:0 --public 127.0.0.1:0
expect 7 'damaged' "$central" doctor --data "$dir/a"
chmod 644 "$dir/b/keys/coupon-1.key"
expect 1 'chmod 600' "$central" serve --data "$dir/b" --listen 127.0.0.1:0 --public 127.0.0.1:0

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$failures"
