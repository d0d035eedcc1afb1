"""Writes an image's mapped blocks to a disk and proves that they are there.

The order is what makes an interrupted write harmless: the first and the last MiB (both copies of the partition table) are
cleared and on the medium before anything else; the first MiB of the image comes last, after everything else was read back, and of
it the first page (partition table's header, boot sector) by itself at the very end.
"""

import fcntl
import hashlib
import os
import subprocess
import time

from image import MIB, NotGenuine

PIECE = 4 * MIB
PAGE = 4096
BLKFLSBUF = 0x1261
BLKGETSIZE64 = 0x80081272


class WriteFailed(Exception):
    """The disk refused, or vanished."""


class Differs(Exception):
    """What was read back is not what was written."""


class Progress:
    """Counts bytes and tells a listener at most five times a second: step, percent, MB/s, seconds left."""

    def __init__(self, listener):
        self.listener, self.step = listener, ""
        self.done = self.total = 0
        self.start = self.told = 0.0

    def begin(self, step, total):
        self.step, self.total, self.done = step, total, 0
        self.start = time.monotonic()
        self.told = 0.0

    def add(self, count):
        self.done += count
        now = time.monotonic()
        if now - self.told >= 0.2 or self.done >= self.total:
            self.told = now
            seconds = max(now - self.start, 1e-6)
            rate = self.done / seconds
            self.listener({"event": "progress", "step": self.step, "percent": round(100 * self.done / max(self.total, 1), 1),
                           "mb_per_s": round(rate / 1e6, 1), "eta_s": round((self.total - self.done) / max(rate, 1), 1)})


class Target:
    """A disk, or a file that stands for one. Opened exclusively: what the kernel knows to be in use cannot be opened."""

    def __init__(self, path, make_size=None):
        self.path = path
        try:
            if make_size is None:
                self.fd = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
            else:
                self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                os.truncate(self.fd, make_size)
            self.size = os.lseek(self.fd, 0, os.SEEK_END)
        except OSError as error:
            raise WriteFailed(f"{path}: {error.strerror}") from None

    def write(self, data, offset):
        view = memoryview(data)
        try:
            while view:
                count = os.pwrite(self.fd, view, offset)
                view, offset = view[count:], offset + count
        except OSError as error:
            raise WriteFailed(f"{self.path}: {error.strerror} at byte {offset}") from None

    def read(self, count, offset):
        try:
            data = os.pread(self.fd, count, offset)
        except OSError as error:
            raise WriteFailed(f"{self.path}: {error.strerror} at byte {offset}, reading back") from None
        if not data:
            raise WriteFailed(f"{self.path}: ends at byte {offset}")
        return data

    def settle(self):
        """Everything on the medium, nothing of it in memory: what is read next comes from the disk."""
        try:
            os.fsync(self.fd)
        except OSError as error:
            raise WriteFailed(f"{self.path}: {error.strerror}, making it durable") from None
        os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            fcntl.ioctl(self.fd, BLKFLSBUF, 0)
        except OSError:
            pass  # an ordinary file, or not root: the advice has to do

    def close(self):
        os.close(self.fd)


def clear_ends(target):
    target.write(bytes(MIB), 0)
    if target.size >= 2 * MIB:
        target.write(bytes(MIB), target.size - MIB)
    target.settle()


def skip(stream, count):
    while count > 0:
        piece = stream.read(min(count, PIECE))
        if not piece:
            raise NotGenuine("the image ends too early")
        count -= len(piece)


def write_range(stream, part, target, head, progress):
    """Copies one range, keeping what belongs to the first MiB in head; its checksum is the signed map's or it is refused."""
    digest = hashlib.sha256()
    at = part.start
    while at < part.end:
        piece = stream.read(min(PIECE, part.end - at))
        if not piece:
            raise NotGenuine("the image ends too early")
        digest.update(piece)
        if at < MIB:
            kept = min(len(piece), MIB - at)
            head[at:at + kept] = piece[:kept]
            target.write(memoryview(piece)[kept:], at + kept)
        else:
            target.write(piece, at)
        at += len(piece)
        progress.add(len(piece))
    if digest.hexdigest() != part.sha256:
        raise NotGenuine(f"bytes {part.start} to {part.end} of the image are damaged")


def write_body(image, target, progress):
    """All mapped blocks but the first MiB, which is returned."""
    head = bytearray(MIB)
    progress.begin("write", image.mapped)
    with subprocess.Popen(["zstd", "-dcq", "--long=27", image.path], stdout=subprocess.PIPE, bufsize=0) as unpacker:
        with os.fdopen(os.dup(unpacker.stdout.fileno()), "rb", buffering=PIECE) as stream:
            at = 0
            for part in image.ranges:
                skip(stream, part.start - at)
                write_range(stream, part, target, head, progress)
                at = part.end
        unpacker.stdout.close()
        unpacker.terminate()
    target.settle()
    return bytes(head)


def read_back(image, target, head, progress):
    """Compares every mapped block with the signed map; the first MiB is still to come and counted from memory."""
    progress.begin("verify", image.mapped)
    for part in image.ranges:
        digest = hashlib.sha256()
        at = part.start
        if at < MIB:
            digest.update(head[at:min(part.end, MIB)])
            progress.add(min(part.end, MIB) - at)
            at = min(part.end, MIB)
        while at < part.end:
            piece = target.read(min(PIECE, part.end - at), at)
            digest.update(piece)
            at += len(piece)
            progress.add(len(piece))
        if digest.hexdigest() != part.sha256:
            raise Differs(f"{target.path}: bytes {part.start} to {part.end} read back differ: the medium or its reader is bad")


def write_head(target, head):
    target.write(head[PAGE:], PAGE)
    target.settle()
    target.write(head[:PAGE], 0)
    target.settle()
    if target.read(MIB, 0) != head:
        clear_ends(target)
        raise Differs(f"{target.path}: the first MiB read back differs: the medium or its reader is bad")
