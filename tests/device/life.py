"""The whole life of a terminal: its day, keys pressed at it, updates, and power cuts replayed afterwards."""

import os
import random
import subprocess
import time

from cuts import Recording, Replay, books, moments, sales_in, slot_hash, slot_that_starts, sound, starts
from keys import Keys
from machine import Failed
from update import Updates, run

SEED = 20260601
SALES = 12


class Life(Updates, Keys):
    recording = None
    marks = ()         # (entries recorded when it was seen, sales seen done)
    before_update = after_update = 0

    def bare_kernel(self):
        """Kernel and initrd of the image, with an init that only says that it is there: what the machine itself takes."""
        kernel, initrd, tree = (os.path.join(self.work, name) for name in ("vmlinuz", "initrd", "bare"))
        for name in ("vmlinuz", "initrd"):
            run("/usr/sbin/debugfs", "-R", f"dump /boot/{name} {os.path.join(self.work, name)}", self.slots.original)
        os.mkdir(tree)
        with open(os.path.join(tree, "bare"), "w", encoding="utf-8") as file:
            file.write("#!/bin/busybox sh\necho the-kernel-is-up\nexec /bin/busybox reboot -f\n")
        os.chmod(os.path.join(tree, "bare"), 0o755)
        # Archives that follow one another are one to the kernel; the second begins at a multiple of four bytes.
        run("bash", "-c", f"cd {tree} && truncate -s %4 {initrd} && echo bare | cpio --quiet -R 0:0 -H newc -o >>{initrd}")
        began = time.monotonic()
        with subprocess.Popen(["qemu-system-aarch64", "-M", "virt,acpi=off", "-cpu", "max,pauth-impdef=on", "-smp", "1", "-m", "1024", "-no-reboot",
                               "-nodefaults", "-display", "none", "-serial", "stdio", "-kernel", kernel, "-initrd", initrd,
                               "-append", "console=ttyAMA0 quiet audit=0 mitigations=off rdinit=/bare"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as machine:
            said = any(b"the-kernel-is-up" in line for line in machine.stdout)
            self.times["kernel_alone_s"] = round(time.monotonic() - began, 1)
            machine.kill()
        self.check("the kernel alone came up", said)

    def restart(self):
        super().restart()
        self.recording = Recording(self.machine.recorded)
        self.times["attract_to_kernel_ratio"] = round(self.times["attract_s"] / self.times["kernel_alone_s"], 1)

    def load(self):
        """Sales, each counted when its paper is out and the drawer open: from then on no power cut may lose it."""
        self.sign_in()
        with books(self.base) as folder:
            already = sales_in(folder)
        self.marks = [(self.recording.count(), already)]
        for number in range(1, SALES + 1):
            self.sell(100 + number)
            self.marks.append((self.recording.count(), already + number))
        self.held(f"{SALES} sales done, {self.marks[-1][0] - self.marks[0][0]} writes and flushes of the disk")
        self.before_update = self.recording.count()

    def update(self):
        super().update()
        self.after_update = self.recording.count()

    def switch_off(self):
        """What is replayed has come to its end."""
        if self.machine.running():
            self.machine.cut()

    def replay(self):
        return Replay(self.base, self.recording, os.path.join(self.work, "replayed.img"))

    def acknowledged(self, moment):
        return max(sales for entries, sales in self.marks if entries <= moment)

    def cuts_under_load(self):
        self.switch_off()
        chance = random.Random(SEED)
        count, started = (200, 20) if self.args.nightly else (12, 1)
        points = moments(self.marks[0][0], self.marks[-1][0] + 1, count, chance)
        replay = self.replay()
        for number, moment in enumerate(points):
            with replay.cut_at(moment, chance) as disk:
                with books(disk) as folder:
                    sound(self.bin, folder)
                    if sales_in(folder) < self.acknowledged(moment):
                        raise Failed(f"cut at write {moment}: {sales_in(folder)} sales in the books, {self.acknowledged(moment)} were acknowledged")
                if number % (count // started) == count // started - 1:
                    starts(self, disk, os.path.join(self.work, "again"))
        replay.close()
        self.held(f"{len(points)} power cuts among {SALES} sales, {started} of them started again: no acknowledged sale lost, all books sound")

    def cuts_of_update(self):
        self.switch_off()
        chance = random.Random(SEED + 1)
        count, started = (100, 10) if self.args.nightly else (24, 2)
        points = moments(self.before_update, self.after_update, count, chance)
        whole = {slot_hash(self.slots.original), slot_hash(self.good)}
        replay, slots = self.replay(), []
        for number, moment in enumerate(points):
            with replay.cut_at(moment, chance) as disk:
                slots.append(slot_that_starts(disk, whole))
                with books(disk) as folder:
                    sound(self.bin, folder)
                    if sales_in(folder) < self.marks[-1][1]:
                        raise Failed(f"cut at write {moment}: {sales_in(folder)} sales in the books, {self.marks[-1][1]} were acknowledged")
                if number % (count // started) == count // started - 1:
                    starts(self, disk, os.path.join(self.work, "again"))
        replay.close()
        self.held(f"{len(points)} power cuts during an update: {slots.count('A')} times the old slot starts, {slots.count('B')} times the new one, "
                  f"each whole to the last byte; {started} really started; all books sound, no sale lost")
