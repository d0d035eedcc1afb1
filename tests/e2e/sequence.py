#!/usr/bin/python3
"""Phones are brought before the camera of a real terminal, ten frames each: exactly one verdict, however long one is
held there, and one more after it left and came back.

    sequence.py --bin DIR --seed DIR --make-sequence PROGRAM [--count N]
    sequence.py --bin DIR --seed DIR --given [DIR]

The first draws N phones, each with a coupon of its own. The second plays the sequences of a folder that gen_synth.py
wrote (manifest.jsonl; else TILLSIDE_SEQUENCES names it), each frame once, and tells how many had one verdict, none and
more.

Nothing is judged by when it happens. All pictures wait behind an empty one before the first is looked at, verdicts are
counted by the sound each of them makes, and a payment code after them has a verdict of its own: by then every frame has
been looked at and every verdict given.

Exit 0 when it holds, 1 otherwise, 2 on wrong use, 77 when there is no such folder.
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile import PAYMENT  # noqa: E402
from verbs import Verbs  # noqa: E402
from world import VOUCHERS, Failed, Seed, World, wait_for  # noqa: E402

FRAMES = 10
EMPTY = 40  # frames without a phone: more than a code may be out of sight (CODE_GONE_MS at 30 a second)
HELD = 25  # frames of the last picture
DOZE = 180  # 4 s at 30 a second (AWAKE_MS), then at 5 a second until the verdict's screen is gone (VERDICT_MS)
MARK = 6
PATIENCE_S = 90
READ_AT_LEAST = 0.5  # of the given: far fewer than are read, for slow machines


class Stage:
    """What stands before the camera, and how many verdicts it had."""

    def __init__(self, world, verbs):
        self.terminal, self.verbs = world.terminal, verbs
        self.marks = 0
        self.before = 0
        self.empty = os.path.join(world.work, "empty.pgm")
        with open(self.empty, "wb") as file:
            file.write(b"P5\n640 480\n255\n" + bytes([60]) * (640 * 480))

    def play(self, pictures):
        """Each is a path and for how many frames."""
        self.before = self.sounds()
        for path, frames in [(self.empty, EMPTY), *pictures]:
            self.terminal.do(cmd="show", picture=path, frames=frames)

    def sounds(self):
        return self.terminal.outputs()["sounds"]

    def wait_verdict(self, sound):
        wait_for("a verdict", PATIENCE_S, lambda: self.sounds() > self.before)
        self.verbs.expect_sound([sound])

    def verdicts(self):
        """How many the pictures had that were played last."""
        self.marks += 1
        self.terminal.do(cmd="show", qr=f"13{self.marks:016d}", frames=MARK)
        self.terminal.wait_screen("verdict", PATIENCE_S, subject="code", code=PAYMENT)
        self.verbs.do_next([])
        return self.sounds() - self.before - 1

    def expect_one(self):
        found = self.verdicts()
        if found != 1:
            raise Failed(f"{found} verdicts on one phone")


def draw(world, make_sequence, number):
    folder = os.path.join(world.work, f"sequence{number}")
    os.makedirs(folder)
    subprocess.run([make_sequence, world.facts["vouchers"][number]["text"], folder, str(number)], check=True)
    return [(os.path.join(folder, f"{frame}.pgm"), 1) for frame in range(FRAMES)]


def held(pictures, frames=HELD):
    return pictures[:-1] + [(pictures[-1][0], frames)]


def play_drawn(world, verbs, make_sequence, count):
    stage = Stage(world, verbs)
    for number in range(count):
        pictures = draw(world, make_sequence, number)
        # The first lies still until the camera dozes, and is then taken away.
        stage.play(held(pictures) if number else held(pictures, DOZE) + pictures[:FRAMES // 2 - 1:-1])
        stage.wait_verdict("ok")
        stage.expect_one()
        verbs.expect_redemptions([str(number + 1)])

    stage.play(held(pictures))
    stage.wait_verdict("refuse")  # it was used already
    stage.expect_one()
    verbs.expect_redemptions([str(count)])
    verbs.expect_order([])
    print(f"{count} phones, one verdict each, and one more when the last came back")


def given_sequences(folder):
    """Pictures of each sequence, in order."""
    sequences = {}
    with open(os.path.join(folder, "manifest.jsonl"), encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            if entry.get("seq") is not None:
                name = os.path.join(folder, "seq", os.path.basename(entry["p"]))
                sequences.setdefault(entry["seq"], []).append((os.path.abspath(name), 1))
    return [sequences[key] for key in sorted(sequences)]


def play_given(world, verbs, folder):
    stage = Stage(world, verbs)
    sequences = given_sequences(folder)
    found = []
    for pictures in sequences:
        stage.play(pictures)
        found.append(stage.verdicts())
    verbs.expect_redemptions(["0"])  # none of them is a coupon of ours
    none, more = ([i for i, n in enumerate(found) if n == 0], [i for i, n in enumerate(found) if n > 1])
    print(f"{len(found)} sequences: {found.count(1)} with one verdict, {len(none)} with none {none}, "
          f"{len(more)} with more {more}")
    if more:
        raise Failed("a second verdict on the same phone")
    if found.count(1) < READ_AT_LEAST * len(sequences):
        raise Failed("hardly any sequence was read")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--make-sequence")
    parser.add_argument("--count", type=int, default=12, choices=range(1, VOUCHERS + 1), metavar=f"1..{VOUCHERS}")
    parser.add_argument("--given", nargs="?", const=os.environ.get("TILLSIDE_SEQUENCES", ""))
    args = parser.parse_args()
    if (args.make_sequence is None) == (args.given is None):
        parser.error("either --make-sequence or --given")
    if args.given is not None and not os.path.exists(os.path.join(args.given, "manifest.jsonl")):
        print(f"no sequences in {args.given!r}: gen_synth.py makes them, TILLSIDE_SEQUENCES names their folder")
        return 77
    args.bin = os.path.abspath(args.bin)
    seed = Seed(args.seed, args.bin)
    with seed.lock():
        world = World(args.bin, seed, None)
        try:
            verbs = Verbs(world)
            verbs.given_a_clerk_at_the_counter()
            if args.given is not None:
                play_given(world, verbs, os.path.abspath(args.given))
            else:
                play_drawn(world, verbs, os.path.abspath(args.make_sequence), args.count)
            return 0
        except Failed as failed:
            print(failed)
            return 1
        finally:
            world.close(False)


if __name__ == "__main__":
    sys.exit(main())
