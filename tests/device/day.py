"""A terminal's first day: flashed, started, enrolled, selling, cut off, back."""

import json
import os
import sqlite3
import subprocess
import time
from contextlib import closing


from counter import CLERK, HOST, ROOT, Central, Layout, appliance, changed, codes_on
from machine import Failed, Machine, wait_for

PATIENCE = 240  # seconds until a step that has not come is given up: the machine is emulated, and shares this one with others
GREEN, RED = 1 << 0, 1 << 2  # pins of board/qemu-arm64/board.ini
OK_PIN, BACK_PIN = 4, 5
KICK, CUT = b"\x1bp", b"\x1dV"  # ESC/POS: drawer pulse, end of a receipt


class Day:
    failures = appliance.Failed  # what the processes on the host raise

    def __init__(self, args, say):
        self.args, self.say = args, say
        self.work = args.work
        self.bin = args.bin
        self.boot_files = os.path.dirname(os.path.abspath(args.image))
        self.central = Central(self.bin, os.path.join(self.work, "central"), self.work)
        self.layout = self.machine = self.base = self.terminal = None
        self.checks = 0
        self.times = {}

    def check(self, what, found, wanted=True):
        if found != wanted:
            raise Failed(f"{what}: found {found!r}, wanted {wanted!r}")
        self.held(what + ("" if wanted is True else f": {found!r}"))

    def held(self, what):
        self.checks += 1
        self.say(f"      {what}")

    def keep(self, name):
        return self.machine.screen(os.path.join(self.args.out, f"{name}.png"))

    # -- from a blank disk ----------------------------------------------------------------------------------------------

    def flash(self):
        """The image onto a blank disk, by flash.sh, with what the technician wants to be set."""
        provisioning = os.path.join(self.work, "provision.ini")
        with open(provisioning, "w", encoding="utf-8") as file:
            file.write(f"[time]\nzone = Asia/Shanghai\nntp = {HOST}\n")
        disk = os.path.join(self.work, "disk.img")
        started = time.monotonic()
        done = subprocess.run([os.path.join(ROOT, "flash.sh"), "--image", self.args.image, "--ca", self.args.ca, "--board", "qemu-arm64",
                               "--to-file", disk, "--size", "1800000000", "--provision", provisioning, "--json"], capture_output=True, text=True)
        last = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
        self.check("flash.sh wrote the image, read it back and provisioned it",
                   (done.returncode, last.get("event"), last.get("provisioned")), (0, "done", True))
        self.times["flash_s"] = round(time.monotonic() - started, 1)
        self.machine = Machine(os.path.join(self.work, "machine"), disk, self.boot_files)

    def prepare(self):
        self.central.seed(self.work)
        self.layout = Layout(self.bin, self.work)
        self.held(f"{sum(map(len, self.layout.places.values()))} buttons on {len(self.layout.places)} screens known")

    def boot(self):
        self.machine.start()
        self.times["first_start_s"] = round(self.first_picture(), 1)
        self.keep("01-blank")
        self.held("the first picture stands")

    def first_picture(self):
        """Until the screen has colours of the product: paper-light ground, not the console's black."""
        wait_for("the first picture", PATIENCE, lambda: self.machine.pixels().mean() > 120)
        return time.monotonic() - self.machine.started

    def enrol(self, *place):
        """place: whose it takes, when it takes one's."""
        started = time.monotonic()
        ticket = os.path.join(self.work, "ticket.png")
        self.central.admin("enrol-ticket", 1, "both", "--qr", ticket, *place)
        self.machine.show(ticket)
        waiting = wait_for("the terminal asks to be enrolled", PATIENCE, lambda: self.central.rows("enrolments"), 1)
        self.check("one terminal waits", len(waiting), 1)
        self.keep("02-digits")
        self.machine.show(None)
        self.central.admin("confirm", waiting[0]["code"])
        self.terminal = waiting[0]["terminal"]
        self.wait_follow_code()
        self.times.setdefault("enrolled_s", round(time.monotonic() - started, 1))
        self.keep("03-attract")

    def wait_follow_code(self):
        known = [t["url"] for t in self.central.rows("touchpoint", "list") if t["store"] == 1]
        wait_for("the follow QR on the screen, read by the scanner's own decoder", PATIENCE,
                 lambda: any(url in codes_on(self.machine.screen(), self.bin) for url in known), 0.5)
        self.held("the follow QR of this store stands on the screen")
        return time.monotonic() - self.machine.started

    # -- at the counter -------------------------------------------------------------------------------------------------

    def tap(self, screen, *names):
        for name in names:
            self.machine.touch(*self.layout.at(screen, name))

    def tap_onward(self, screen, name, to):
        """A touch that leads to another screen: until the picture is most like that one's on the twin. Like a person, it touches once
        more when nothing came of it: the touch may have met a notice that stood there for a moment."""
        self.tap(screen, name)
        touched = time.monotonic()

        def again(shown):
            nonlocal touched
            if shown == screen and time.monotonic() - touched > 15:
                self.say(f"      '{name}' is touched again")
                self.tap(screen, name)
                touched = time.monotonic()
        self.arrive(to, again)

    def arrive(self, screen, meanwhile=lambda shown: None):
        seen = []

        def there():
            seen[:] = [self.layout.nearest(self.machine.pixels()), *seen[:1]]
            meanwhile(seen[0])
            return seen == [screen, screen]
        try:
            wait_for(f"the screen '{screen}'", PATIENCE, there)
        except Failed as failed:
            raise Failed(f"{failed}; what is shown is most like '{seen[0]}'") from None

    def like_twin(self, screen, button):
        """Around this button the picture is the twin's: it may be touched, and says the same."""
        x, y = self.layout.at(screen, button)
        around = slice(y - 24, y + 24), slice(x - 150, x + 150)
        return changed(self.layout.pictures[screen][around], self.machine.pixels()[around]) < 0.02

    def rest(self):
        """Until the picture has not changed for a second: all touches so far were understood."""
        last = {"picture": self.machine.pixels(), "since": time.monotonic()}

        def steady():
            now = self.machine.pixels()
            if changed(last["picture"], now) > 0.0005:
                last.update(picture=now, since=time.monotonic())
            return time.monotonic() - last["since"] > 1
        wait_for("the picture comes to rest", PATIENCE, steady)

    def sign_in(self, who=CLERK):
        started = time.monotonic()
        number, pin = who
        self.tap_onward("attract", "staff", "clerks")
        self.tap_onward("clerks", f"pick_clerk_{number}", "pin pad")
        self.tap("pin pad", *[f"key_{digit}" for digit in pin])
        if who == CLERK:
            self.arrive("pin")
        else:  # more digits than the twin typed
            self.rest()
        self.tap_onward("pin", "ok", "counter")
        self.times.setdefault("signed_in_s", round(time.monotonic() - started, 1))
        self.keep("04-counter")
        self.held("the clerk signed in by touch")

    def leave_counter(self):
        self.tap_onward("counter", "sign_out", "attract")

    def amount(self, minor):
        self.tap_onward("counter", "sale", "amount pad")
        self.tap("amount pad", *[f"key_{digit}" for digit in str(minor)])
        self.arrive("amount")
        self.rest()
        self.tap_onward("amount", "ok", "counter with a sale")

    def receipt(self, kicks):
        """Until the drawer was kicked once more and the receipt cut."""
        wait_for("drawer and receipt", PATIENCE,
                 lambda: self.machine.printer.paper.count(KICK) > kicks and self.machine.printer.paper.count(CUT) > kicks)

    def sell(self, minor, coupon=None, picture=None):
        """One sale; with a coupon before the camera when one is named. Done when the paper is out and the drawer open."""
        kicks = self.machine.printer.paper.count(KICK)
        self.amount(minor)
        if coupon:
            self.tap_onward("counter with a sale", "scan", "viewfinder")
            self.machine.show(os.path.join(self.work, "codes", coupon + ".png"))
        else:
            self.tap("counter with a sale", "ok")
        self.receipt(kicks)
        if picture:
            self.keep(picture)
        self.machine.show(None)
        self.tap_onward("verdict", "next", "counter")

    def redemptions(self):
        with closing(sqlite3.connect(f"file:{self.central.data}/central.db?mode=ro", uri=True, timeout=30)) as db:
            return db.execute("SELECT count(*) FROM journal WHERE kind = 4").fetchone()[0]

    def lamps(self, what, on, off):
        wait_for(what, PATIENCE, lambda: self.machine.pins() & (on | off) == on)
        self.held(what)

    def redeem(self):
        before, started = self.redemptions(), time.monotonic()
        self.sell(8800, "coupon-10-off", "05-redeemed")
        self.times["first_sale_s"] = round(time.monotonic() - started, 1)
        self.check("the drawer was kicked once", self.machine.printer.paper.count(KICK), 1)
        text = self.machine.printer.text()
        self.check("the receipt, in GB18030, says the shop's name and 78.00", "78.00" in text and "山河便利" in text)
        wait_for("central has the redemption", PATIENCE, lambda: self.redemptions() == before + 1, 0.5)
        self.held("central has the redemption")

    def refused(self, coupon, why, picture):
        """A sale with a coupon that is used: refused under the red lamp; the key OK goes back to the sale, which goes on."""
        kicks = self.machine.printer.kicks
        self.amount(4200)
        self.tap_onward("counter with a sale", "scan", "viewfinder")
        self.machine.show(os.path.join(self.work, "codes", coupon + ".png"))
        self.lamps(f"{why}: the red lamp is on, the green one off", RED, GREEN)
        self.keep(picture)
        self.machine.show(None)
        self.machine.press(OK_PIN)
        self.arrive("counter with a sale")
        self.check("the key OK went on, and the drawer stayed shut", self.machine.printer.kicks, kicks)

    def pins(self):
        """The same coupon again is refused under the red lamp; then a sale under the green one; the keys of the case go on and back."""
        kicks = self.machine.printer.kicks
        self.refused("coupon-10-off", "the coupon is refused the second time", "06-refused")
        self.tap("counter with a sale", "ok")
        self.receipt(kicks)
        self.lamps("without it the sale is done: the green lamp is on, the red one off", GREEN, RED)
        self.machine.press(OK_PIN)
        self.arrive("counter")
        self.lamps("both lamps are off", 0, GREEN | RED)
        self.tap_onward("counter", "sale", "amount pad")
        self.machine.press(BACK_PIN)
        self.arrive("counter")
        self.held("the key BACK went back")

    def offline(self):
        before = self.redemptions()
        self.machine.wire(False)
        self.sell(8800, "coupon-10-off-second", "07-redeemed-offline")
        self.check("central knows nothing of the coupon taken without a network", self.redemptions(), before)
        started = time.monotonic()
        self.machine.wire(True)
        wait_for("central has the offline redemption", PATIENCE, lambda: self.redemptions() == before + 1, 0.5)
        self.times["uploaded_after_cut_s"] = round(time.monotonic() - started, 1)
        self.held("the network is back: central has it")

    def start_recorded(self):
        """From here on every write of the disk is kept, and beside it the disk as it was."""
        self.base, self.machine.recorded = os.path.join(self.work, "base.img"), os.path.join(self.work, "writes.log")
        subprocess.run(["cp", "--sparse=always", self.machine.disk, self.base], check=True)
        self.machine.start()

    def restart(self):
        """The power goes and comes back: how long until the shopper sees the follow QR?"""
        self.machine.cut()
        self.start_recorded()
        self.times["picture_s"] = round(self.first_picture(), 1)
        self.times["attract_s"] = round(self.wait_follow_code(), 1)
