#!/usr/bin/python3
"""Plays a terminal's life on the built image in QEMU and checks every step from outside.

    device_test.py --bin DIR --image FILE.img.zst --ca FILE --keys DIR --out DIR [--nightly]

--nightly: 200 power cuts under load, 100 during an update, a tenth of them started. Pictures, the console's log, the paper and
report.json are left in OUT. Exit 0 when every step held, 1 at the first that did not, or when all together took longer than
--limit seconds (default 2400, nightly 4 hours): no step waits for ever.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from life import Life  # noqa: E402
from machine import Failed  # noqa: E402
import technician  # noqa: E402



def selling(day):
    """Blank disk to selling: what it took of the technician's time and of the machine's."""
    lines, hands, waited = technician.table(day.times)
    for line in lines:
        day.say(f"      {line}")
    day.times.update(hands_on_s=round(hands), machine_s=round(waited))
    day.check(f"at most {technician.ALLOWED_S} s of the technician", hands <= technician.ALLOWED_S)


STEPS = (
    ("the image is written to a blank disk by flash.sh", Life.flash),
    ("central is seeded on the host, a desk twin says where the buttons are", Life.prepare),
    ("bundles are packed", Life.pack),
    ("the kernel alone is started, to compare", Life.bare_kernel),
    ("the terminal starts from the blank disk", Life.boot),
    ("it reads the enrolment QR, is confirmed, and shows the follow QR", Life.enrol),
    ("the clerk signs in by touch", Life.sign_in),
    ("a coupon: camera, books, printer, drawer, central", Life.redeem),
    ("from the blank disk to selling, counted and timed", selling),
    ("the pins: lamps and keys", Life.pins),
    ("the network is cut: a coupon all the same; central has it afterwards", Life.offline),
    ("the power is cut: it comes back by itself, enrolled", Life.restart),
    ("key chords", Life.chords),
    ("a scanner that types control keys", Life.scanner_types),
    ("sales, one after the other", Life.load),
    ("a stick with bad bundles and a good one", Life.update),
    ("what the inside says", Life.look_inside),
    ("the terminal hangs", Life.watchdog),
    ("a version that crashes", Life.fall_back),
    ("power cuts among the sales", Life.cuts_under_load),
    ("power cuts during the update", Life.cuts_of_update),
)


def play(day, say):
    for number, (words, step) in enumerate(STEPS, 1):
        say(f"{number:2}  {words}")
        began = time.monotonic()
        step(day)
        say(f"      {time.monotonic() - began:.0f} s")


def leave(day, out):
    if day.machine is not None:
        if day.machine.running():
            try:
                day.keep("99-last")
            except (Failed, OSError) as failed:
                print(f"no last picture: {failed}", flush=True)
        if os.path.exists(day.machine.at("qemu.log")):
            shutil.copy(day.machine.at("qemu.log"), out)
        for name, data in (("paper.bin", day.machine.printer.paper), ("console.log", day.machine.said().encode())):
            with open(os.path.join(out, name), "wb") as file:
                file.write(data)
        day.machine.stop()
    day.central.stop()
    with open(os.path.join(out, "report.json"), "w", encoding="utf-8") as file:
        json.dump({"checks": day.checks, **day.times}, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--bin", "--image", "--ca", "--keys", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--nightly", action="store_true")
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    args.work = tempfile.mkdtemp(prefix="tillside-device-")
    began = time.monotonic()
    limit = args.limit or (4 * 3600 if args.nightly else 2400)

    def say(line):
        print(line, flush=True)

    def too_long(number, frame):
        raise Failed(f"the whole test took longer than {limit} s, or was stopped")
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, too_long)
    signal.alarm(limit)
    day = Life(args, say)
    try:
        play(day, say)
        say(f"{json.dumps(day.times)}\n{len(STEPS)} steps, {day.checks} checks held in {time.monotonic() - began:.0f} s")
        return 0
    except (Failed, day.failures) as failed:
        say(f"FAILED: {failed}\n{day.checks} checks had held")
        return 1
    finally:
        signal.alarm(0)
        leave(day, args.out)
        shutil.rmtree(args.work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
