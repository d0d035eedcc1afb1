#!/usr/bin/python3
"""Plays a terminal's life on the built image in QEMU and checks every step from outside.

    device_test.py --bin DIR --image FILE.img.zst --ca FILE --keys DIR --out DIR [--nightly] [--only STEP,STEP…]

--nightly: 200 power cuts under load, 100 during an update, a tenth of them started. --only: these steps, by the names of their
functions, with those that they need. Pictures, the console's log, the paper and report.json are left in OUT. Exit 0 when every step
held, 1 at the first that did not, or when all together took longer than --limit seconds (default 3000, nightly 4 hours): no step waits
for ever.
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


# What is said of it, what is done, and the steps that it cannot do without.
STEPS = (
    ("the image is written to a blank disk by flash.sh", Life.flash, ()),
    ("central is seeded on the host, a desk twin says where the buttons are", Life.prepare, ()),
    ("bundles are packed", Life.pack, ()),
    ("the kernel alone is started, to compare", Life.bare_kernel, (Life.pack,)),
    ("the terminal starts from the blank disk", Life.boot, (Life.flash, Life.prepare)),
    ("a stick with bad bundles", Life.bad_bundles, (Life.boot, Life.pack)),
    ("it reads the enrolment QR, is confirmed, and shows the follow QR", Life.enrol, (Life.boot,)),
    ("the clerk signs in by touch", Life.sign_in, (Life.enrol,)),
    ("a coupon: camera, books, printer, drawer, central", Life.redeem, (Life.sign_in,)),
    ("from the blank disk to selling, counted and timed", selling, (Life.redeem,)),
    ("the pins: lamps and keys", Life.pins, (Life.redeem,)),
    ("the network is cut: a coupon all the same; central has it afterwards", Life.offline, (Life.sign_in,)),
    ("the power is cut: it comes back by itself, enrolled", Life.restart, (Life.enrol, Life.bare_kernel)),
    ("key chords", Life.chords, (Life.enrol,)),
    ("a scanner that types control keys", Life.scanner_types, (Life.enrol,)),
    ("sales, one after the other", Life.load, (Life.restart,)),
    ("head office rolls a version out", Life.update, (Life.load, Life.pack)),
    ("what the inside says", Life.look_inside, (Life.update,)),
    ("orders by the feed: the log, a restart", Life.orders, (Life.update,)),
    ("a version that crashes, brought by the manager on a stick", Life.fall_back, (Life.update,)),
    ("the terminal hangs; then the machine, with a factory reset to be done", Life.hangs, (Life.update,)),
    ("it is enrolled in the place of the one that lost all, and sells", Life.replace, (Life.hangs, Life.redeem)),
    ("acts onto a stick, a reset at the screen, and a version that the stick brings by itself", Life.reset_at_screen, (Life.sign_in, Life.pack)),
    ("power cuts among the sales", Life.cuts_under_load, (Life.load,)),
    ("power cuts during the update", Life.cuts_of_update, (Life.update,)),
)


def chosen(only):
    """All steps, or those whose functions are named, with what they need; in their order."""
    wanted = {step for _, step, _ in STEPS if not only or step.__name__ in only}
    for _, step, needs in reversed(STEPS):
        wanted.update(needs if step in wanted else ())
    return [(words, step) for words, step, _ in STEPS if step in wanted]


def play(day, only, say):
    steps = chosen(only)
    for number, (words, step) in enumerate(steps, 1):
        say(f"{number:2}  {words}")
        began = time.monotonic()
        step(day)
        say(f"      {time.monotonic() - began:.0f} s")
    return len(steps)


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
    parser.add_argument("--only", type=lambda names: names.split(","), default=[])
    args = parser.parse_args()
    if unknown := set(args.only) - {step.__name__ for _, step, _ in STEPS}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(step.__name__ for _, step, _ in STEPS)}")
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    args.work = tempfile.mkdtemp(prefix="tillside-device-")
    began = time.monotonic()
    limit = args.limit or (4 * 3600 if args.nightly else 3000)

    def say(line):
        print(line, flush=True)

    def too_long(number, frame):
        raise Failed(f"the whole test took longer than {limit} s, or was stopped")
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, too_long)
    signal.alarm(limit)
    day = Life(args, say)
    try:
        count = play(day, args.only, say)
        say(f"{json.dumps(day.times)}\n{count} of {len(STEPS)} steps, {day.checks} checks held in {time.monotonic() - began:.0f} s")
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
