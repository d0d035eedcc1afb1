#!/usr/bin/env bash
# Runs Tillside on this machine: central with a demo brand, and a terminal enrolled with it, real HTTPS between them.
#
#   ./run.sh                 opens the terminal in a window (without a display it plays the story into ./out)
#   ./run.sh --story DIR     plays the whole story off-screen, checks every step, leaves pictures and story.txt in DIR
#   --reset                  forget the demo's data and start anew
#   --port N                 central's port for terminals (default 8443; phones use N+1, the played WeChat N+2)
#   --lang zh_CN|en          language that is shown first (default zh_CN)
#   --size WxH               size of the screen (default 1280x800)
#   --help
#
# Exit codes: 0 done, 1 something failed (said on stderr), 2 wrong usage.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

story=
reset=no
port=8443
lang=zh_CN
size=1280x800

usage() { sed -n '2,12s/^# \{0,1\}//p' "$here/run.sh"; }
fail() { echo "run.sh: $1" >&2; exit "${2:-1}"; }

while [ $# -gt 0 ]; do
    case $1 in
    --story) story=${2:-}; [ -n "$story" ] || fail "--story needs a folder" 2; shift ;;
    --reset) reset=yes ;;
    --port) port=${2:-}; [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65533 ]] || fail "--port needs a number from 1 to 65533" 2; shift ;;
    --lang) lang=${2:-}; [[ $lang == zh_CN || $lang == en ]] || fail "--lang: there are zh_CN and en" 2; shift ;;
    --size) size=${2:-}; [[ $size =~ ^([0-9]{3,4})x([0-9]{3,4})$ && ${BASH_REMATCH[1]} -ge 480 && ${BASH_REMATCH[2]} -ge 480 ]] ||
        fail "--size needs WIDTHxHEIGHT, at least 480 each, e.g. 1280x800" 2; shift ;;
    --help) usage; exit 0 ;;
    *) fail "$1: not understood, see --help" 2 ;;
    esac
    shift
done

if [ -n "$story" ]; then
    mkdir -p "$story" || fail "$story cannot be made"
    story=$(cd "$story" && pwd)
fi
cd "$here"

.ci/install run
echo "building (three minutes the first time, seconds afterwards)…"
mkdir -p build
build() { cmake --preset release && cmake --build --preset release -j "$(nproc)"; }
build >build/release.log 2>&1 || { tail -n 30 build/release.log >&2; fail "the build failed; all of it is in build/release.log"; }
bin=$here/build/release/bin

if [ -z "$story" ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    echo "no display here: playing the story into ./out instead"
    mkdir -p out
    story=$here/out
fi
if [ -n "$story" ]; then
    exec /usr/bin/python3 tests/story/story.py --bin "$bin" --out "$story" --size "$size" --lang "$lang"
fi

run=$here/run
if [ "$reset" = yes ]; then rm -rf "$run"; fi
mkdir -p "$run/camera"
central=$bin/tillside-central
pids=()
stop() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT TERM

port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for p in "$port" $((port + 1)) $((port + 2)); do
    if port_busy "$p"; then fail "port $p is in use; choose another with --port"; fi
done

[ -e "$run/central/central.db" ] || "$central" init --data "$run/central" >/dev/null
"$central" serve --data "$run/central" --listen "127.0.0.1:$port" --public "127.0.0.1:$((port + 1))" >/dev/null 2>>"$run/central.log" &
pids+=($!)
for _ in $(seq 100); do
    port_busy $((port + 1)) && break
    kill -0 "${pids[0]}" 2>/dev/null || { tail -n 5 "$run/central.log" >&2; fail "central stopped"; }
    sleep 0.1
done
admin() { "$central" admin --data "$run/central" "$@"; }

# There is no WeChat account for a demo: the emulator plays WeChat's servers, and phones that follow go the real way through it.
wechat=http://127.0.0.1:$((port + 2))
/usr/bin/python3 tests/wechat/emulator.py serve --port $((port + 2)) --state "$run/emulator.json" >/dev/null 2>>"$run/emulator.log" &
pids+=($!)
for _ in $(seq 100); do
    port_busy $((port + 2)) && break
    kill -0 "${pids[1]}" 2>/dev/null || { tail -n 5 "$run/emulator.log" >&2; fail "the played WeChat stopped"; }
    sleep 0.1
done
if [ ! -e "$run/codes" ]; then
    admin demo --out "$run" --wechat-api "$wechat" >/dev/null
fi
# Central asks it at the port of today.
admin wechat account demo --token tillside-demo-token --api "$wechat" --appid wxtillsidedemo0001 --secret demo-secret >/dev/null

"$bin/tillside-terminal" --board desk --data "$run/terminal" --lang "$lang" --device "camera.folder=$run/camera" \
    --device "display.width=${size%x*}" --device "display.height=${size#*x}" 2>>"$run/terminal.log" &
pids+=($!)

# The first time: show the terminal its enrolment QR, compare the six digits, confirm. The folder that stands for a camera
# shows what is put into it while it looks, so the picture is put there again until it was seen.
enrol() {
    local code='' picture=$run/camera/enrol.png
    rm -f "$run"/camera/enrol*.png
    admin enrol-ticket 1 both --qr "$run/enrol.png" >/dev/null
    echo "enrolling the terminal (with a webcam: show it $run/enrol.png)…"
    for try in $(seq 300); do
        [ $((try % 15)) -ne 1 ] || cp "$run/enrol.png" "$picture"
        code=$(admin --json enrolments | sed -n 's/.*"code" *: *"\([0-9]\{6\}\)".*/\1/p' | head -n 1)
        [ -z "$code" ] || break
        kill -0 "${pids[2]}" 2>/dev/null || { tail -n 5 "$run/terminal.log" >&2; fail "the terminal stopped"; }
        sleep 0.2
    done
    rm -f "$picture"
    [ -n "$code" ] || fail "the terminal did not read its enrolment QR within a minute; see $run/terminal.log, and run it again"
    admin confirm "$code" >/dev/null
    echo "terminal enrolled (its six digits were $code)"
}
[ -e "$run/enrolled" ] || { enrol; touch "$run/enrolled"; }

follow_url=$(admin --json touchpoint list |
    /usr/bin/python3 -c 'import json, sys; print(next(t["url"] for t in json.load(sys.stdin)["rows"] if t["touchpoint"] == 1))')
cat <<TEXT

Tillside runs. What to try:
  · Coupon and card pictures: $run/codes (each is named for what it is)
  · With a webcam, hold one before it on a phone. Without one, copy a picture into $run/camera: that is what the camera sees:
        cp $run/codes/coupon-10-off.png $run/camera/
  · Without a clerk a coupon is only checked. To redeem, sign in: touch the small figure at the top and choose a clerk (王强, PIN 1357;
    manager 李敏, PIN 246810), or hold a badge before the camera: cp $run/codes/badge-clerk.png $run/camera/
  · Follow and join as a shopper's phone would (WeChat itself is played, so a script plays the phone; the text is what the QR says):
        tests/wechat/phone.py follow --emulator $wechat --public http://127.0.0.1:$((port + 1)) \\
            --url $follow_url --out $run/phone
    The coupon that the new member got is then $run/phone/coupon-1001-1.png
  · Receipts are printed as pictures: $run/terminal/receipts
  · The books: $central admin --data $run/central books
  · Close the window, or press Ctrl-C here, to stop. ./run.sh goes on where it was; ./run.sh --reset starts anew.
TEXT
wait "${pids[2]}" || fail "the terminal stopped; see $run/terminal.log"
