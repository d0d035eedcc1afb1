#!/usr/bin/python3
"""A phone is brought before the camera of a real terminal, ten frames long: exactly one verdict, and one more after it
left and came back.

    sequence.py --bin DIR --seed DIR --make-sequence PROGRAM

Exit 0 when it holds, 1 otherwise, 2 on wrong use.
"""

import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from verbs import Verbs  # noqa: E402
from world import Failed, Seed, World, wait_for, wait_same  # noqa: E402

FRAMES = 10
LEFT_S = 1.5  # longer than a code may be out of sight (CODE_GONE_MS)


def pass_by(terminal, folder):
    """Each picture for one frame; the last stays until something happens, as a hand does."""
    def show(frame, frames=1):
        # Only so many pictures can wait their turn.
        wait_for("the camera takes the next picture", 10,
                 lambda: terminal.ask(cmd="show", picture=os.path.join(folder, f"{frame}.pgm"), frames=frames)["ok"])

    def answered():
        show(FRAMES - 1, 2)
        return terminal.view()["screen"] == "verdict"

    for frame in range(FRAMES):
        show(frame)
    wait_for("a verdict while the phone is held there", 30, answered)


def play(world, verbs, make_sequence):
    text = world.facts["vouchers"][10]["text"]
    folder = os.path.join(world.work, "sequence")
    os.makedirs(folder)
    subprocess.run([make_sequence, text, folder], check=True)

    sounds = world.terminal.outputs()["sounds"]  # each verdict makes one
    pass_by(world.terminal, folder)
    world.terminal.wait_screen("verdict", 15, tone="good", subject="coupon")
    time.sleep(LEFT_S)  # every frame has been seen by now
    # A second verdict on the same coupon would say that it was used already.
    world.terminal.wait_screen("verdict", 1, tone="good", subject="coupon")
    verbs.expect_redemptions(["1"])
    wait_same("sounds", 1, lambda: world.terminal.outputs()["sounds"] - sounds, 1)
    verbs.do_next([])

    sounds = world.terminal.outputs()["sounds"]
    pass_by(world.terminal, folder)
    world.terminal.wait_screen("verdict", 15, tone="refuse", code_name="already_used")
    time.sleep(LEFT_S)
    wait_same("sounds", 1, lambda: world.terminal.outputs()["sounds"] - sounds, 1)
    verbs.do_next([])
    time.sleep(LEFT_S)
    if world.terminal.view()["screen"] == "verdict":
        raise Failed("a verdict that nobody asked for")
    verbs.expect_redemptions(["1"])
    verbs.expect_order([])
    print("one verdict, and one more when it came back")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--make-sequence", required=True)
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)
    seed = Seed(args.seed, args.bin)
    with seed.lock():
        world = World(args.bin, seed, None)
        try:
            verbs = Verbs(world)
            verbs.given_a_clerk_at_the_counter()
            play(world, verbs, os.path.abspath(args.make_sequence))
            return 0
        except Failed as failed:
            print(failed)
            return 1
        finally:
            world.close(False)


if __name__ == "__main__":
    sys.exit(main())
