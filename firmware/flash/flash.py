#!/usr/bin/python3
"""Puts a released image onto a terminal's disk: checks it, writes it, reads it back, and never touches a wrong disk.

  flash.sh --image F                  lists disks, asks for one and for its serial number
  flash.sh --image F --device /dev/X --serial S [--provision F]     without questions
  flash.sh --image F --batch LIST.csv                               many disks at once: device,serial,provision
  flash.sh --list                                                   disks, and what speaks against each
  --image F        NAME.img.zst or NAME.manifest.json of a release; manifest, signature and block map lie beside it
  --ca F           certificate that releases are signed under (default: /etc/tillside/release-ca.pem)
  --board NAME     refuse an image that is for another board
  --serial S       the disk's serial number, instead of typing it
  --provision F    network, Wi-Fi and time of this terminal (docs/device.md); stored for root alone
  --large          the disk may be larger than 128 GB
  --allow-loop     a loop device may be written (trying things out)
  --to-file F --size BYTES     writes a new file in place of a disk (for QEMU), as large as the image at least
  --dry-run        all checks, nothing written
  --json           one JSON object a line on standard output

Exit codes: 0 done, 1 the disk failed, 2 wrong usage, 3 disk refused, 4 image not genuine, 5 read back differs,
6 provisioning failed, 7 serial number does not match, 8 some disks of a batch failed, 130 interrupted (such a disk does
not start).
"""

import argparse
import concurrent.futures
import csv
import json
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disks  # noqa: E402
import image as images  # noqa: E402
import provision  # noqa: E402
import write  # noqa: E402

AUTHORITY = "/etc/tillside/release-ca.pem"
DISK_FAILED, USAGE, REFUSED, NOT_GENUINE, DIFFERS, PROVISION, SERIAL, BATCH = 1, 2, 3, 4, 5, 6, 7, 8
CODES = {write.WriteFailed: DISK_FAILED, images.NotGenuine: NOT_GENUINE, write.Differs: DIFFERS, provision.ProvisionFailed: PROVISION}


class Stop(Exception):
    def __init__(self, code, words):
        super().__init__(words)
        self.code = code


class Speaker:
    """Says what happens, to a person or, with --json, to a program; safe to call from several threads."""

    def __init__(self, as_json):
        self.as_json, self.lock = as_json, threading.Lock()

    def say(self, event, words=""):
        with self.lock:
            if self.as_json:
                print(json.dumps(event, ensure_ascii=False), flush=True)
            elif event["event"] == "progress":
                if sys.stderr.isatty():
                    bar = "#" * int(event["percent"] / 4)
                    print(f"\r{event['device']} {event['step']:6} [{bar:25}] {event['percent']:5.1f} % {event['mb_per_s']:7.1f} MB/s, "
                          f"{event['eta_s']:.0f} s left ", end="\n" if event["percent"] >= 100 else "", file=sys.stderr, flush=True)
            elif words:
                print(words, file=sys.stderr if event["event"] == "error" else sys.stdout, flush=True)


def size_words(size):
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


class Flash:
    def __init__(self, args):
        self.args = args
        self.system = disks.System(args.sysroot or "")
        self.speaker = Speaker(args.json)
        self.image = None

    def run(self):
        if self.args.list:
            return self.list()
        if not self.args.image:
            raise Stop(USAGE, "which image? --image FILE (see --help)")
        if not os.path.exists(self.args.ca):
            raise Stop(USAGE, f"no certificate {self.args.ca} to check the image against: --ca FILE")
        self.image = images.open_image(self.args.image, self.args.ca, self.args.board)
        self.speaker.say({"event": "image", "board": self.image.board, "version": self.image.version, "size": self.image.size,
                          "mapped": self.image.mapped},
                         f"image for {self.image.board}, version {self.image.version}: genuine, {size_words(self.image.size)}, "
                         f"of which {size_words(self.image.mapped)} are written")
        if self.args.batch:
            return self.batch()
        if self.args.provision:
            self.check_provisioning(self.args.provision)
        if self.args.to_file:
            return self.flash(self.args.to_file, self.args.provision, make_size=max(self.args.size or 0, self.image.size))
        device = self.args.device or self.ask_device()
        self.check(device, self.args.serial, self.args.provision, ask=True)
        return self.flash(self.system.at(device), self.args.provision)

    # -- choosing ---------------------------------------------------------------------------------------------------

    def files(self, provisioning):
        return [f for f in (self.args.image, self.image and self.image.path, self.args.ca, provisioning) if f]

    def why_not(self, device, provisioning=None):
        return disks.refusals(self.system, device, self.image.size if self.image else 0, self.files(provisioning), self.args.large,
                              self.args.allow_loop)

    def list(self):
        for disk in self.system.disks():
            reasons = self.why_not(disk.path)
            self.speaker.say({"event": "disk", "device": disk.path, "model": disk.model, "serial": disk.serial, "size": disk.size,
                              "removable": disk.removable, "refused": reasons},
                             f"{disk.path:14} {size_words(disk.size):>10}  {disk.model or '?'}, serial {disk.serial or '?'}"
                             + (f": {'; '.join(reasons)}" if reasons else ""))
        return 0

    def ask_device(self):
        self.list()
        if not sys.stdin.isatty() or self.args.json:
            raise Stop(USAGE, "which disk? --device /dev/… (see --help)")
        return input("Write to which disk? /dev/").strip().removeprefix("/dev/").join(["/dev/", ""])

    @staticmethod
    def check_provisioning(path):
        if not os.path.isfile(path):
            raise Stop(USAGE, f"no provisioning file {path}. Nothing was written.")
        provision.check_file(path)

    def check(self, device, serial, provisioning, ask=False):
        reasons = self.why_not(device, provisioning)
        if reasons:
            raise Stop(REFUSED, f"{device} {'; '.join(reasons)}. Nothing was written.")
        disk = self.system.disk(os.path.basename(os.path.realpath(device) if not self.system.root else device))
        self.speaker.say({"event": "disk", "device": device, "model": disk.model, "serial": disk.serial, "size": disk.size},
                         f"{device}: {disk.model or 'unknown model'}, serial {disk.serial}, {size_words(disk.size)}. "
                         "Everything on it will be lost.")
        if serial is None and ask and sys.stdin.isatty() and not self.args.json:
            serial = input(f"Type the serial number {disk.serial} to go on: ").strip()
        if serial != disk.serial:
            raise Stop(SERIAL, f"{device} has the serial number {disk.serial}, not {serial or 'none'}. Nothing was written.")

    # -- writing ----------------------------------------------------------------------------------------------------

    def flash(self, path, provisioning, make_size=None):
        if self.args.dry_run:
            self.speaker.say({"event": "done", "device": path, "dry_run": True}, f"{path}: all checks passed; nothing was written")
            return 0
        progress = write.Progress(lambda event: self.speaker.say({**event, "device": path}))
        target = write.Target(path, make_size)
        try:
            write.clear_ends(target)
            head = write.write_body(self.image, target, progress)
            write.read_back(self.image, target, head, progress)
            if provisioning:
                provision.inject(path, head, provisioning)
                target.settle()
            write.write_head(target, head)
        finally:
            target.close()
        self.speaker.say({"event": "done", "device": path, "version": self.image.version, "provisioned": bool(provisioning)},
                         f"{path}: written, read back and the same" + (", provisioned" if provisioning else ""))
        return 0

    def batch(self):
        if not os.path.isfile(self.args.batch):
            raise Stop(USAGE, f"no list {self.args.batch}. Nothing was written.")
        with open(self.args.batch, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or any(not row.get("device") or not row.get("serial") for row in rows):
            raise Stop(USAGE, f"{self.args.batch}: the first line is device,serial,provision; each other names a disk and its serial")
        if len({os.path.realpath(row["device"]) for row in rows}) != len(rows):
            raise Stop(USAGE, f"{self.args.batch}: a disk stands there twice")
        # Every disk is checked before the first one is written to.
        for row in rows:
            if row.get("provision"):
                self.check_provisioning(row["provision"])
            self.check(row["device"], row["serial"], row.get("provision") or None)
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            codes = list(pool.map(lambda row: self.guarded(row), rows))
        return BATCH if any(codes) else 0

    def guarded(self, row):
        try:
            return self.flash(self.system.at(row["device"]), row.get("provision") or None)
        except tuple(CODES) as error:
            self.speaker.say({"event": "error", "device": row["device"], "code": CODES[type(error)], "words": str(error)}, f"flash.sh: {error}")
            return CODES[type(error)]


def options(argv):
    parser = argparse.ArgumentParser(prog="flash.sh", add_help=False)
    for name in ("--image", "--device", "--serial", "--board", "--provision", "--batch", "--to-file", "--sysroot"):
        parser.add_argument(name)
    parser.add_argument("--ca", default=AUTHORITY)
    parser.add_argument("--size", type=int)
    for name in ("--list", "--large", "--allow-loop", "--dry-run", "--json", "--help"):
        parser.add_argument(name, action="store_true")
    return parser.parse_args(argv)


def main(argv):
    args = options(argv)
    if args.help:
        print(__doc__.strip())
        return 0
    flash = Flash(args)
    try:
        return flash.run()
    except Stop as stop:
        code, words = stop.code, str(stop)
    except tuple(CODES) as error:
        code, words = CODES[type(error)], str(error)
    except OSError as error:
        code, words = DISK_FAILED, f"{error.filename or ''}: {error.strerror}"
    except KeyboardInterrupt:
        code, words = 130, "interrupted; a disk that was being written does not start"
    flash.speaker.say({"event": "error", "code": code, "words": words}, f"flash.sh: {words}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
