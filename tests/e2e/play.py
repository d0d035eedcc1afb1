#!/usr/bin/python3
"""Plays scenarios against the real programs: central and a terminal on simulated devices.

    play.py --bin DIR --seed DIR --make           makes the seed: a demo brand with one enrolled terminal
    play.py --bin DIR --seed DIR [--out DIR] SCENARIO…

Words of a subject stand beside its scenarios, in words_*.py: each brings a class Words whose methods are more words.
Exit 0 when every line of every scenario held, 1 at the first that did not, 2 on wrong use, 77 when this machine does not
allow what a scenario needs. With --out, pictures and logs are left there. README.md explains the words.
"""

import argparse
import glob
import importlib
import os
import shlex
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from verbs import Verbs  # noqa: E402
from world import Failed, Seed, Skipped, World  # noqa: E402


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = shlex.split(line, comments=True)
            if words:
                yield number, line.strip(), words


def more_words(folder):
    """The classes of the folder's words_*.py. No word may be said in two of them."""
    if folder not in sys.path:
        sys.path.insert(0, folder)
    paths = sorted(glob.glob(os.path.join(folder, "words_*.py")))
    classes = [importlib.import_module(os.path.basename(path)[:-3]).Words for path in paths]
    said = {}
    for words in classes:
        for name in (name for name in vars(words) if not name.startswith("__")):
            if name in said:
                raise Failed(f"{name} stands in {said[name]} and in {words.__module__}")
            said[name] = words.__module__
    return classes


def play(args, path):
    name = os.path.splitext(os.path.basename(path))[0]
    print(f"{name}", flush=True)
    began = time.monotonic()
    world = World(args.bin, args.seed, args.out)
    verbs = type("Language", (*more_words(os.path.dirname(os.path.abspath(path))), Verbs), {})(world)
    number, line = 0, ""
    try:
        for number, line, words in lines_of(path):
            print(f"{time.monotonic() - began:6.1f}  {line}", flush=True)
            verbs.do(words)
        print(f"      held, {time.monotonic() - began:.1f} s")
        return True
    except (Failed, KeyError, IndexError, ValueError) as problem:
        print(f"{path}:{number}: {line}\n      DOES NOT HOLD: {problem!s}", flush=True)
        world.picture(f"failed-{name}")
        return False
    finally:
        world.keep_logs(name)
        world.close(args.keep)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--out")
    parser.add_argument("--make", action="store_true", help="make the seed")
    parser.add_argument("--keep", action="store_true", help="keep the working folder with books and logs")
    parser.add_argument("scenarios", nargs="*")
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)
    args.seed = Seed(args.seed, args.bin)
    if args.out:
        args.out = os.path.abspath(args.out)
        os.makedirs(args.out, exist_ok=True)
    with args.seed.lock():
        try:
            if args.make:
                args.seed.make()
            for path in args.scenarios:
                if not play(args, path):
                    return 1
            return 0
        except Failed as failed:
            print(f"the seed cannot be made: {failed}")
            return 1
        except Skipped as skipped:
            print(f"skipped: {skipped}")
            return 77


if __name__ == "__main__":
    sys.exit(main())
