"""Power cuts, replayed: QEMU recorded every write and flush of the disk (blklogwrites); the disk of any moment is made from
that, with a random part of what had not been flushed missing, and looked into.
"""

import hashlib
import json
import os
import sqlite3
import struct
import subprocess
import tempfile
import zlib
from contextlib import closing, contextmanager

from machine import Failed, Machine
from update import ENV_AT, MIB, SLOT_AT, SLOT_SIZE, boot_variables, run

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4
SALE = 5  # journal kind (domain/body.h)


class Recording:
    """The log's entries: (flags, offset on the disk, length, where the data lies in the log)."""

    def __init__(self, path):
        self.path = path

    def head(self):
        """How many entries there are so far, and the log's sector size."""
        with open(self.path, "rb") as file:
            magic, _, count, sector = struct.unpack("<QQQI", file.read(28))
        return (count, sector) if magic == MAGIC else (0, 512)

    def count(self):
        return self.head()[0]

    def entries(self):
        count, sector = self.head()
        found, at = [], sector
        with open(self.path, "rb") as file:
            for _ in range(count):
                file.seek(at)
                where, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
                data = 0 if flags & DISCARD else sectors * sector
                found.append((flags, where * sector, sectors * sector, at + sector))
                at += sector + data
        return found


class Replay:
    """A copy of the disk as it was when the recording began, carried forward entry by entry."""

    def __init__(self, base, recording, disk):
        self.disk, self.entries = disk, recording.entries()
        run("cp", "--sparse=always", base, disk)
        self.log, self.file = open(recording.path, "rb"), open(disk, "r+b", buffering=0)
        self.done = 0

    def close(self):
        self.log.close()
        self.file.close()

    def bytes_of(self, entry):
        flags, _, length, at = entry
        self.log.seek(at)
        return bytes(length) if flags & DISCARD else self.log.read(length)

    def put(self, entry):
        self.file.seek(entry[1])
        self.file.write(self.bytes_of(entry))

    @contextmanager
    def cut_at(self, moment, chance):
        """The disk after a power cut behind this many entries: all that was flushed, and of the rest a random part. Moments rise."""
        flushed = max((i + 1 for i in range(self.done, moment) if self.entries[i][0] & FLUSH), default=self.done)
        for entry in self.entries[self.done:flushed]:
            if entry[2]:
                self.put(entry)
        self.done = flushed
        undo = []
        for entry in self.entries[flushed:moment]:
            if entry[2] and (entry[0] & FUA or chance.random() < 0.5):
                self.file.seek(entry[1])
                undo.append((entry[1], self.file.read(entry[2])))
                self.put(entry)
        try:
            yield self.disk
        finally:
            for at, old in reversed(undo):
                self.file.seek(at)
                self.file.write(old)


def data_partition(disk):
    """Start and size in bytes of the last partition."""
    table = json.loads(run("/usr/sbin/sfdisk", "-J", disk))["partitiontable"]["partitions"]
    part = next(p for p in table if p.get("name") == "data")
    return part["start"] * 512, part["size"] * 512


@contextmanager
def books(disk):
    """The data partition of a copy, mounted as the device's kernel would: its journal replayed first."""
    start, size = data_partition(disk)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(disk)) as folder:
        copy, mount = os.path.join(folder, "data.img"), os.path.join(folder, "data")
        os.mkdir(mount)
        run("dd", f"if={disk}", f"of={copy}", "bs=1M", f"skip={start}", f"count={size}", "iflag=skip_bytes,count_bytes,fullblock", "conv=sparse", "status=none")
        fixed = subprocess.run(["/usr/sbin/e2fsck", "-p", copy], capture_output=True, text=True)
        if fixed.returncode >= 4:
            raise Failed(f"the data partition would not repair itself: {fixed.stdout}{fixed.stderr}")
        run("mount", "-o", "loop,nodev,nosuid,noexec", copy, mount)
        try:
            yield os.path.join(mount, "terminal")
        finally:
            run("umount", mount)


def sales_in(folder):
    name = next(f for f in os.listdir(folder) if f.endswith(".db"))
    with closing(sqlite3.connect(os.path.join(folder, name))) as db:
        return db.execute("SELECT count(*) FROM journal WHERE kind = ?", (SALE,)).fetchone()[0]


def sound(bin_dir, folder):
    """doctor's verdict on the books: file, journal's chain, key."""
    done = subprocess.run([os.path.join(bin_dir, "tillside-terminal"), "doctor", "--data", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"doctor finds the books unsound ({done.returncode}): {done.stdout}{done.stderr}")


def slot_hash(path, at=0):
    digest = hashlib.sha1()
    with open(path, "rb") as file:
        file.seek(at)
        for _ in range(SLOT_SIZE // MIB):
            digest.update(file.read(MIB))
    return digest.hexdigest()


def slot_that_starts(disk, whole):
    """Which slot the boot loader takes, and that every byte of it is one of the two slots that are known to start."""
    with open(disk, "rb") as file:
        file.seek(ENV_AT)
        sector = file.read(512)
    variables = boot_variables(disk) if zlib.crc32(sector[4:]) == struct.unpack("<I", sector[:4])[0] else {}
    order = variables.get("BOOT_ORDER", "A B").split()
    slot = next((s for s in order if int(variables.get(f"BOOT_{s}_LEFT", 3)) > 0), None)
    if slot is None:
        raise Failed(f"no slot has a try left: {variables}")
    found = slot_hash(disk, SLOT_AT + (SLOT_SIZE if slot == "B" else 0))
    if found not in whole:
        raise Failed(f"the boot loader would start slot {slot}, which is neither the old system nor the new one")
    return slot


def starts(day, disk, folder):
    """Really started, without a network: the follow QR stands on its screen."""
    machine = Machine(folder, disk, day.boot_files, throwaway=True)
    was, day.machine = day.machine, machine
    try:
        machine.start()
        machine.wire(False)
        return day.wait_follow_code()
    finally:
        machine.stop()
        day.machine = was


def moments(first, last, count, chance):
    """This many moments of a stretch of the recording, one of each part of it, none twice."""
    edges = [first + (last - first) * i // count for i in range(count + 1)]
    return [chance.randrange(edge, end) for edge, end in zip(edges, edges[1:])]


__all__ = ["Recording", "Replay", "books", "moments", "sales_in", "slot_hash", "slot_that_starts", "sound", "starts"]
