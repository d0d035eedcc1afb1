#!/usr/bin/python3
"""The replay of recorded writes, on a recording made by hand: what a power cut may leave, and what it may not."""

import os
import random
import struct
import tempfile
import unittest
import zlib
from unittest import mock

from cuts import DISCARD, FLUSH, MAGIC, Recording, Replay, moments, slot_that_starts
from machine import Failed
from update import ENV_AT, SLOT_AT, SLOT_SIZE

SECTOR = 512
FUA = 2


def recording(path, entries):
    """A log as blklogwrites writes it: a head, then each entry's sector and its data."""
    with open(path, "wb") as file:
        file.write(struct.pack("<QQQI", MAGIC, 1, len(entries), SECTOR).ljust(SECTOR, b"\0"))
        for flags, where, data in entries:
            file.write(struct.pack("<QQQQ", where, len(data) // SECTOR, flags, 0).ljust(SECTOR, b"\0"))
            file.write(b"" if flags & DISCARD else data)
    return Recording(path)


def sector(byte):
    return bytes([byte]) * SECTOR


class Cuts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = lambda name: os.path.join(folder.name, name)
        with open(self.at("base"), "wb") as file:
            file.write(bytes(8 * SECTOR))

    def after_cut(self, entries, moment, seed):
        replay = Replay(self.at("base"), recording(self.at("log"), entries), self.at("disk"))
        try:
            with replay.cut_at(moment, random.Random(seed)) as disk, open(disk, "rb") as file:
                return [file.read(SECTOR)[0] for _ in range(8)]
        finally:
            replay.close()

    def test_what_was_flushed_is_there_whatever_chance_says(self):
        entries = [(0, 0, sector(1)), (0, 1, sector(2)), (FLUSH, 0, b""), (0, 2, sector(3))]
        for seed in range(20):
            self.assertEqual(self.after_cut(entries, 4, seed)[:2], [1, 2])

    def test_what_was_not_flushed_may_be_there_or_not(self):
        seen = {self.after_cut([(0, 0, sector(1))], 1, seed)[0] for seed in range(20)}
        self.assertEqual(seen, {0, 1})

    def test_a_write_that_was_forced_through_is_there(self):
        self.assertEqual({self.after_cut([(FUA, 0, sector(1))], 1, seed)[0] for seed in range(20)}, {1})

    def test_what_came_later_is_not_there(self):
        entries = [(0, 0, sector(1)), (FLUSH, 0, b""), (0, 1, sector(2)), (FLUSH, 0, b"")]
        self.assertEqual({self.after_cut(entries, 2, seed)[1] for seed in range(20)}, {0})

    def test_a_discarded_place_is_empty(self):
        entries = [(0, 0, sector(1)), (DISCARD, 0, sector(0)), (FLUSH, 0, b"")]
        self.assertEqual(self.after_cut(entries, 3, 0)[0], 0)

    def test_one_cut_leaves_nothing_behind_for_the_next(self):
        entries = [(0, 0, sector(1)), (0, 1, sector(2)), (0, 2, sector(3)), (0, 3, sector(4))]
        replay = Replay(self.at("base"), recording(self.at("log"), entries), self.at("disk"))
        for seed in range(10):
            with replay.cut_at(4, random.Random(seed)):
                pass
            with open(self.at("disk"), "rb") as file:
                self.assertEqual(file.read(), bytes(8 * SECTOR))
        replay.close()


class Slots(unittest.TestCase):
    def disk(self, variables, damage=0):
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        file.truncate(SLOT_AT + 2 * SLOT_SIZE)
        text = b"\0".join(v.encode() for v in variables).ljust(508, b"\0")
        file.seek(ENV_AT)
        file.write(struct.pack("<I", zlib.crc32(text) ^ damage) + text)
        file.flush()
        return file.name

    def test_the_first_with_tries_left_is_taken(self):
        with mock.patch("cuts.slot_hash", lambda path, at: "B" if at > SLOT_AT else "A"):
            self.assertEqual(slot_that_starts(self.disk(["BOOT_ORDER=B A", "BOOT_A_LEFT=3", "BOOT_B_LEFT=0"]), {"A"}), "A")
            self.assertEqual(slot_that_starts(self.disk(["BOOT_ORDER=B A", "BOOT_A_LEFT=3", "BOOT_B_LEFT=1"]), {"B"}), "B")
            self.assertEqual(slot_that_starts(self.disk(["BOOT_ORDER=B A", "BOOT_A_LEFT=3", "BOOT_B_LEFT=1"], damage=1), {"A"}), "A")

    def test_a_slot_that_is_neither_the_old_nor_the_new_one_is_a_failure(self):
        with mock.patch("cuts.slot_hash", lambda path, at: "half"), self.assertRaises(Failed):
            slot_that_starts(self.disk(["BOOT_ORDER=B A", "BOOT_A_LEFT=3", "BOOT_B_LEFT=1"]), {"A", "B"})


class Moments(unittest.TestCase):
    def test_as_many_as_were_asked_for_and_none_twice(self):
        for first, last, count in ((5, 376, 200), (0, 200, 200), (10, 9000, 24)):
            drawn = moments(first, last, count, random.Random(1))
            self.assertEqual(len(set(drawn)), count)
            self.assertTrue(first <= min(drawn) and max(drawn) < last)


if __name__ == "__main__":
    unittest.main()
