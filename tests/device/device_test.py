#!/usr/bin/python3
"""Plays a terminal's first minutes on the built image in QEMU and checks every step from outside.

    device_test.py --bin DIR --image FILE.img.zst --ca FILE --out DIR

Pictures, the console's log, the paper and report.json are left in OUT. Exit 0 when every step held, 1 at the first that did not.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from day import Day  # noqa: E402
from machine import Failed  # noqa: E402

STEPS = (
    ("the image is written to a blank disk by flash.sh", Day.flash),
    ("central is seeded on the host", Day.prepare),
    ("the terminal starts from the blank disk", Day.boot),
    ("it reads the enrolment QR, is confirmed, and shows the follow QR", Day.enrol),
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
            day.keep("99-last")
        for name in ("console.log", "qemu.log"):
            if os.path.exists(day.machine.at(name)):
                shutil.copy(day.machine.at(name), out)
        with open(os.path.join(out, "paper.bin"), "wb") as file:
            file.write(day.machine.printer.paper)
        day.machine.stop()
    day.central.stop()
    with open(os.path.join(out, "report.json"), "w", encoding="utf-8") as file:
        json.dump(day.times, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--bin", "--image", "--ca", "--out"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    args.work = tempfile.mkdtemp(prefix="tillside-device-")

    def say(line):
        print(line, flush=True)
    day = Day(args, say)
    try:
        play(day, say)
        say(f"{len(STEPS)} steps held: {json.dumps(day.times)}")
        return 0
    except (Failed, day.failures) as failed:
        say(f"FAILED: {failed}")
        return 1
    finally:
        leave(day, args.out)
        shutil.rmtree(args.work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
