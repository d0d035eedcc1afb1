"""A terminal's first minutes: flashed, started, enrolled, showing its follow QR."""

import json
import os
import subprocess
import time

from counter import HOST, ROOT, Central, appliance, codes_on
from machine import Failed, Machine, wait_for

SLOW = 8  # the machine is emulated, and shares this one with others: no limit here is a promise of speed


class Day:
    failures = appliance.Failed  # what the processes on the host raise

    def __init__(self, args, say):
        self.args, self.say = args, say
        self.work = args.work
        self.bin = args.bin
        self.central = Central(self.bin, os.path.join(self.work, "central"), self.work)
        self.machine = None
        self.times = {}

    def check(self, what, found, wanted=True):
        if found != wanted:
            raise Failed(f"{what}: found {found!r}, wanted {wanted!r}")
        self.say(f"      {what}" + ("" if wanted is True else f": {found!r}"))

    def keep(self, name):
        return self.machine.screen(os.path.join(self.args.out, f"{name}.png"))

    def flash(self):
        """The image onto a blank disk, by flash.sh, with what the technician wants to be set."""
        provisioning = os.path.join(self.work, "provision.ini")
        with open(provisioning, "w", encoding="utf-8") as file:
            file.write(f"[time]\nzone = Asia/Shanghai\nntp = {HOST}\n")
        disk = os.path.join(self.work, "disk.img")
        started = time.monotonic()
        done = subprocess.run([os.path.join(ROOT, "flash.sh"), "--image", self.args.image, "--ca", self.args.ca, "--board", "qemu-arm64",
                               "--to-file", disk, "--size", "4000000000", "--provision", provisioning, "--json"], capture_output=True, text=True)
        last = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
        self.check("flash.sh wrote the image, read it back and provisioned it",
                   (done.returncode, last.get("event"), last.get("provisioned")), (0, "done", True))
        self.times["flash_s"] = round(time.monotonic() - started, 1)
        self.machine = Machine(os.path.join(self.work, "machine"), disk, os.path.dirname(os.path.abspath(self.args.image)))

    def prepare(self):
        self.central.seed(self.work)

    def boot(self):
        self.machine.start()
        self.first_picture()

    def first_picture(self):
        """Until the screen has colours of the product: paper-light ground, not the console's black."""
        wait_for("the first picture", 60 * SLOW, lambda: self.machine.pixels().mean() > 120)
        return time.monotonic() - self.machine.started

    def enrol(self):
        ticket = os.path.join(self.work, "ticket.png")
        self.times["first_start_s"] = round(time.monotonic() - self.machine.started, 1)
        self.keep("01-blank")
        self.central.admin("enrol-ticket", 1, "both", "--qr", ticket)
        self.machine.show(ticket)
        waiting = wait_for("the terminal asks to be enrolled", 60 * SLOW, lambda: self.central.rows("enrolments"), 1)
        self.check("one terminal waits", len(waiting), 1)
        self.keep("02-digits")
        self.machine.show(None)
        self.central.admin("confirm", waiting[0]["code"])
        self.wait_follow_code()
        self.keep("03-attract")

    def wait_follow_code(self):
        known = [t["url"] for t in self.central.rows("touchpoint", "list") if t["store"] == 1]
        wait_for("the follow QR on the screen, read by the scanner's own decoder", 60 * SLOW,
                 lambda: any(url in codes_on(self.machine.screen(), self.bin) for url in known), 0.5)
        return time.monotonic() - self.machine.started
