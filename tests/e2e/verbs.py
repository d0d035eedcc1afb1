"""The words that scenarios are written in. README.md says what each means; one method here is one word."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import time
from contextlib import closing

from world import CLERK, Failed, World, wait_for, wait_same

YEAR_MS = 365 * 24 * 3600 * 1000
CLOCKS = {"+10y": 10 * YEAR_MS, "-10y": -10 * YEAR_MS, "+1d": 24 * 3600 * 1000, "right": 0}
PATIENCE_S = 15
REDEMPTION = 4  # enum record_kind


def value_of(word):
    """yes, no, numbers and words as the view model has them."""
    if word in ("yes", "no"):
        return word == "yes"
    return int(word) if word.lstrip("-").isdigit() else word


def pairs(words):
    if len(words) % 2:
        raise Failed(f"{' '.join(words)}: fields and values come in pairs")
    return dict(zip(words[::2], map(value_of, words[1::2])))


class Verbs:
    def __init__(self, world: World):
        self.world = world
        self.counting = 0
        self.kept = {}  # what a line kept under a name, for {NAME} in later ones

    @property
    def terminal(self):
        return self.world.terminal

    def fill(self, match):
        if match[1] not in self.kept:
            raise Failed(f"nothing was kept as {match[1]}")
        return str(self.kept[match[1]])

    def do(self, words):
        words = [re.sub(r"\{(\w+)\}", self.fill, word) for word in words]
        verb = getattr(self, "do_" + words[0], None)
        if verb is None:
            raise Failed(f"no such word: {words[0]}")
        verb(words[1:])

    # -- the stage --------------------------------------------------------------------------------------------------

    def do_given(self, words):
        stage = getattr(self, "given_" + "_".join(words), None)
        if stage is None:
            stages = [name[len("given_"):].replace("_", " ") for name in dir(self) if name.startswith("given_")]
            raise Failed(f"given {' '.join(words)}: there is {', '.join(stages)}")
        stage()

    def given_a_shop_that_is_closed(self):
        self.world.make_central()
        self.world.make_terminal()

    def given_a_shop(self):
        self.given_a_shop_that_is_closed()
        self.world.central.start()
        self.start_terminal()
        self.online(True)

    def given_a_clerk_at_the_counter(self):
        self.given_a_shop()
        self.sign_in()

    def given_a_shop_on_a_small_disk(self):
        self.given_a_shop_that_is_closed()
        self.world.small_disk(16)
        self.world.central.start()
        self.start_terminal()
        self.online(True)
        self.sign_in()

    def given_a_blank_terminal(self):
        self.world.make_central()
        self.world.make_terminal(blank=True)
        self.world.central.start()
        time.sleep(1.1)  # central takes no signature that was made in the second of its own start
        self.terminal.start()
        self.terminal.wait_screen("enrolment")

    def start_terminal(self):
        self.terminal.start()
        self.terminal.wait_screen("attract")

    def sign_in(self, name=CLERK, pin=None):
        clerk = self.world.till_rows("SELECT 1")  # the books are there before anybody signs in
        assert clerk
        self.tap("staff")
        self.terminal.wait_screen("sign_in")
        number = wait_for(f"{name} may sign in", 10, lambda: self.number_of(name))
        if self.terminal.wait_screen("sign_in")["picked"] != number:
            self.tap(f"pick_clerk_{number}")
        for digit in pin or self.world.clerk_pin:
            self.tap(f"key_{digit}")
        self.tap("ok")
        self.terminal.wait_screen("counter")

    def number_of(self, clerk):
        """A clerk who was just added comes with the next look at the feed; the list is made when it opens."""
        rows = self.terminal.wait_screen("sign_in")["rows"]
        found = [row["clerk"] for row in rows if row["name"] == clerk]
        if not found:
            self.tap("back")
            self.tap("staff")
        return found[0] if found else None

    def do_start(self, words):
        if words == ["central"]:
            self.world.central.start()
        elif words[0] == "terminal":
            self.launch_terminal(words[1:])
        else:
            raise Failed("start central, or start terminal")

    def launch_terminal(self, words):
        """start terminal [without waiting] [with OPTION…]: what follows "with" goes to the program."""
        plain = self.terminal.command
        if "with" in words:
            at = words.index("with")
            self.terminal.command = plain + words[at + 1:]
            words = words[:at]
        if words == ["without", "waiting"]:
            type(self.terminal).__mro__[1].start(self.terminal)
        else:
            self.terminal.start()

    def do_reboot(self, words):
        """reboot: the power is pulled, and after that the machine counts its steady clock anew."""
        self.terminal.stop(signal.SIGKILL)
        with closing(sqlite3.connect(os.path.join(self.terminal.data, "terminal.db"))) as db, db:
            db.execute("UPDATE config SET value = 'another boot' WHERE key = 'trust_boot'")
        self.terminal.start()

    def do_stop(self, words):
        self.process(words[0]).stop()

    def do_kill(self, words):
        self.process(words[0]).stop(signal.SIGKILL)

    def process(self, name):
        return {"central": self.world.central, "terminal": self.terminal}[name]

    # -- what people do ---------------------------------------------------------------------------------------------

    def tap(self, name):
        self.terminal.tap(name)
        self.world.taps += 1

    def do_tap(self, words):
        for name in words:
            self.tap(name)

    def do_sign(self, words):
        """sign in | sign in as NAME with PIN"""
        if words[:2] == ["in", "as"]:
            self.sign_in(words[2], words[4])
        elif words == ["in"]:
            self.sign_in()
        else:
            raise Failed("sign in, or sign in as NAME with PIN")

    def do_enter(self, words):
        """enter 50.00: on the number pad, and confirm."""
        self.terminal.wait_screen("amount")
        for digit in words[0].replace(".", ""):
            self.tap(f"key_{digit}")
        self.tap("ok")
        wait_for("the amount is taken", 5, lambda: self.terminal.view()["screen"] != "amount")

    def do_type(self, words):
        """type short voucher 3: the clerk types it on the screen and confirms; type "TEXT": on a keyboard."""
        if words[0] != "short":
            self.terminal.do(cmd="type", text=words[0])
            return
        self.tap("type_code")
        self.terminal.wait_screen("code_entry")
        for character in self.world.short(words[1:]).replace("-", ""):
            self.tap(f"key_{character}")
        self.tap("ok")

    def do_next(self, words):
        """The verdict is understood: back to where the clerk was."""
        self.terminal.wait_screen("verdict")
        if any(hit["name"] == "next" for hit in self.terminal.do(cmd="hits")["hits"]):
            self.tap("next")
        else:
            self.terminal.do(cmd="key", name="escape")
        wait_for("the verdict is gone", 5, lambda: self.terminal.view()["screen"] != "verdict")

    def do_key(self, words):
        self.terminal.do(cmd="key", name=words[0])

    def do_press(self, words):
        self.terminal.do(cmd="press", button=words[0])

    def do_scan(self, words):
        """The hand scanner reads it."""
        self.terminal.do(cmd="scan", text=self.world.text(words))

    def do_show(self, words):
        """It is held before the camera."""
        self.terminal.do(cmd="show", qr=self.world.text(words))

    def do_wait(self, words):
        """wait 2 seconds: the world goes on. For what has no other sign, such as a code leaving the camera's sight."""
        time.sleep(float(words[0]))

    # -- what happens to devices ------------------------------------------------------------------------------------

    def do_fail(self, words):
        self.terminal.do(cmd="fail", device=words[0], fault=words[1] if len(words) > 1 else "unplug")

    def do_restore(self, words):
        self.terminal.do(cmd="restore", device=words[0])

    def do_network(self, words):
        self.terminal.do(cmd="network", up=words[0] == "up")
        self.terminal.cut = words[0] != "up"  # time that passes brings no line back that was cut

    def do_clock(self, words):
        self.terminal.do(cmd="clock", offset_ms=CLOCKS[words[0]])

    def do_disk(self, words):
        {"full": self.world.fill_disk, "free": self.world.free_disk}[words[0]]()

    def do_repeat(self, words):
        """repeat 10 network down / network up: these words, one after the other, that often."""
        count, rest = int(words[0]), words[1:]
        for _ in range(count):
            step = []
            for word in rest + ["/"]:
                if word == "/":
                    self.do(step)
                    step = []
                else:
                    step.append(word)

    def do_damage(self, words):
        """damage the header | damage by truncation: of the books, while nobody has them."""
        path = os.path.join(self.terminal.data, "terminal.db")
        for name in ("-wal", "-shm"):
            if os.path.exists(path + name):
                os.unlink(path + name)
        if words == ["the", "header"]:
            with open(path, "r+b") as file:
                file.write(b"no database here" * 8)
        else:
            os.truncate(path, os.path.getsize(path) // 2 + 17)
        with open(path, "rb") as file:
            self.damaged = file.read()

    def do_fonts(self, words):
        """fonts gone: the program finds no font on this machine."""
        folder = os.path.join(self.world.work, "nofonts")
        os.makedirs(folder)
        conf = os.path.join(folder, "fonts.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{folder}</dir>'
                       f'<cachedir>{folder}</cachedir></fontconfig>')
        self.terminal.command = ["env", f"FONTCONFIG_FILE={conf}", *self.terminal.command]

    def do_board(self, words):
        """board file "…": the terminal is started with this board file."""
        path = os.path.join(self.world.work, "wrong.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(words[1].replace("\\n", "\n"))
        at = self.terminal.command.index("--board")
        self.terminal.command[at + 1] = path

    def do_occupy(self, words):
        """occupy central's port: another program listens there."""
        self.busy = socket.socket()
        self.busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.busy.bind(("127.0.0.1", self.world.central.port))
        self.busy.listen()

    def do_launch(self, words):
        """launch central | launch a second terminal: without expecting that it comes up."""
        if words == ["central"]:
            type(self.world.central).__mro__[1].start(self.world.central)
            return
        first = self.terminal
        second = type(first)(self.world.bin, "second", self.world.work, "800x480", "en")
        at = second.command.index("--data")
        second.command[at + 1] = first.data
        self.world.others.append(second)
        type(second).__mro__[1].start(second)

    # -- enrolment --------------------------------------------------------------------------------------------------

    def do_ticket(self, words):
        """ticket | ticket for another central: central makes an enrolment QR, which lies ready."""
        self.world.ticket = self.world.central.admin("enrol-ticket", 1, "both")["ticket"]

    def do_confirm(self, words):
        """The operator compares the six digits and agrees."""
        digits = self.terminal.wait_screen("enrolment", 20, stage="confirm")["digits"]
        self.world.central.admin("confirm", digits)

    def do_central(self, words):
        """central gets another key: as if somebody else answered at its address. central's tickets age."""
        if words[-1] == "key":
            self.world.central.stop()
            for path in self.world.every_file(self.world.central.data):
                if os.path.basename(path) == "tls.pem":
                    os.unlink(path)
            self.world.central.start()
        else:
            self.world.central.stop()
            with closing(sqlite3.connect(os.path.join(self.world.central.data, "central.db"))) as db, db:
                db.execute("UPDATE ticket SET expires_ms = 1000")
            self.world.central.start()

    # -- what is expected -------------------------------------------------------------------------------------------

    def online(self, wanted):
        wait_for(f"the screen says {'online' if wanted else 'offline'}", 30,
                 lambda: self.terminal.view()["status"]["online"] == wanted)

    def do_count(self, words):
        self.counting = self.world.taps

    def do_expect(self, words):
        name = "expect_" + words[0]
        check = getattr(self, name, None)
        if check is None:
            raise Failed(f"expect {words[0]}: not known")
        check(words[1:])

    def same(self, what, found, wanted):
        if found != wanted:
            raise Failed(f"{what}: found {found!r}, wanted {wanted!r}")

    def expect_screen(self, words):
        seconds = PATIENCE_S
        if "within" in words:
            at = words.index("within")
            seconds, words = float(words[at + 1]), words[:at]
        self.terminal.wait_screen(words[0], seconds, **pairs(words[1:]))

    def expect_online(self, words):
        self.online(True)

    def expect_offline(self, words):
        self.online(False)

    def expect_report(self, words):
        """expect report genuine result well: the code on the screen, read at head office"""
        wait_for("the code is on the screen", 10, lambda: self.terminal.view()["self_test"]["report"] != "")
        text = self.terminal.view()["self_test"]["report"]
        answer = self.world.central.admin("device", "report", text)
        self.same("signature", answer["signature"], words[0])
        for name, wanted in pairs(words[1:]).items():
            self.same(name, answer[name], wanted)

    def expect_fleet(self, words):
        """expect fleet self_test well: what head office says of this terminal, once it heard"""
        wanted = pairs(words)

        def told():
            row = self.world.central.admin("fleet", "list")["rows"][0]
            return all(row[name] == value for name, value in wanted.items())
        wait_for(f"head office knows {wanted}", 30, told)

    def expect_down(self, words):
        wait_for(f"{words[0]} is shown as failed", PATIENCE_S, lambda: words[0] in self.world.down())

    def expect_works(self, words):
        """expect works printer within 5"""
        seconds = float(words[2]) if len(words) > 2 else 5
        wait_for(f"{words[0]} works again", seconds, lambda: words[0] not in self.world.down())

    def expect_today(self, words):
        """The date on the screen is today's, in the shops' time zone."""
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        self.same("date on the screen", self.terminal.view()["status"]["date"], today)

    def expect_language(self, words):
        wait_for(f"the screen speaks {words[0]}", 5, lambda: self.terminal.view()["language"] == words[0])

    def expect_redemptions(self, words):
        wait_same("redemptions in the journal", 5, self.redemptions, int(words[0]))

    def redemptions(self):
        return self.world.till_rows("SELECT count(*) FROM journal WHERE kind = ?", REDEMPTION)[0][0]

    def expect_receipts(self, words):
        wait_same("receipts", 5, lambda: self.terminal.outputs()["receipts"], int(words[0]))

    def expect_drawer(self, words):
        wait_same("drawer pulses", 5, lambda: self.terminal.outputs()["drawer_pulses"], int(words[0]))

    def expect_sound(self, words):
        wait_same("the last sound", 5, lambda: self.terminal.outputs()["last_sound"], words[0])

    def expect_lamp(self, words):
        wait_for(f"the {words[0]} lamp", 5, lambda: self.terminal.outputs()["lamps"].get(words[0]))

    def expect_picture(self, words):
        """expect picture changes: something new is presented."""
        before = self.terminal.do(cmd="view")["presented"]
        self.terminal.do(cmd="tap", name="language")
        wait_for("a new picture", 5, lambda: self.terminal.do(cmd="view")["presented"] > before)
        self.terminal.do(cmd="tap", name="language")

    def expect_taps(self, words):
        taken = self.world.taps - self.counting
        print(f"      {taken} taps")
        self.same("taps", taken, int(words[0]))

    def expect_said(self, words):
        """expect said terminal "…": on stderr or in its log."""
        process = self.world.others[-1] if words[0] == "second" else self.process(words[0])
        wait_for(f"{words[0]} says {words[1]!r}", 5, lambda: words[1] in self.world.said(process))

    def expect_exit(self, words):
        process = self.world.others[-1] if words[0] == "second" else self.process(words[0])
        wait_for(f"{words[0]} ends", 10, lambda: not process.running())
        self.same(f"exit code of {words[0]}", process.process.returncode, int(words[1]))

    def expect_running(self, words):
        self.same(f"{words[0]} runs", self.process(words[0]).running(), True)

    def expect_untouched(self, words):
        with open(os.path.join(self.terminal.data, "terminal.db"), "rb") as file:
            self.same("the damaged books", file.read() == self.damaged, True)

    def expect_balanced(self, words):
        for unit, total in self.world.till_rows("SELECT unit, sum(amount_minor) FROM balance GROUP BY unit"):
            self.same(f"sum of all accounts in unit {unit}", total, 0)

    def expect_order(self, words):
        """The journal is whole and in order: numbers without a gap, order stamps that only grow."""
        found = self.world.till_rows("SELECT seq, hlc FROM journal ORDER BY incarnation, seq")
        numbers = [seq for seq, _ in found]
        self.same("numbers of the journal", numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        stamps = [stamp for _, stamp in found]
        self.same("order stamps grow", all(a < b for a, b in zip(stamps, stamps[1:])), True)

    def expect_everything(self, words):
        """expect everything at central: each record exactly once, with the same hash; the books agree."""
        wait_for("central has every record once, with the same hash", 40, lambda: self.uploaded() and self.same_records())
        mine = self.world.till_rows("SELECT account, unit, amount_minor FROM balance WHERE amount_minor <> 0")
        theirs = self.world.central_rows("SELECT account, unit, sum(amount) FROM posting WHERE terminal = ? "
                                         "GROUP BY 1, 2 HAVING sum(amount) <> 0", self.world.number())
        self.same("central's books of this terminal", sorted(theirs), sorted(mine))

    def same_records(self):
        here = self.world.till_rows("SELECT incarnation, seq, hex(hash) FROM journal ORDER BY 1, 2")
        there = self.world.central_rows(
            "SELECT incarnation, seq, hex(hash) FROM journal WHERE terminal = ? ORDER BY 1, 2", self.world.number())
        return [row for row in there if row[:2] >= here[0][:2]] == here

    def uploaded(self):
        status = self.terminal.view()["status"]
        return status["online"] and status["waiting"] == 0

    def expect_conflicts(self, words):
        self.same("conflicts", len(self.world.central_rows("SELECT * FROM conflict")), int(words[0]))

    def expect_trace(self, words):
        """expect trace of "4111…" nowhere: neither in books nor in logs, of the terminal or of central."""
        wanted = words[1].encode()
        if words[2] != "nowhere":
            raise Failed("expect trace of … nowhere")
        for path in self.world.every_file(self.world.work):
            with open(path, "rb") as file:
                self.same(f"{words[1]} in {os.path.basename(path)}", wanted in file.read(), False)

    def do_picture(self, words):
        self.world.picture(words[0])

    def do_receipt(self, words):
        """receipt NAME: keeps the last receipt's picture."""
        path = wait_for("a receipt", 5, lambda: self.terminal.outputs()["last_receipt"])
        if self.world.out:
            shutil.copy(path, os.path.join(self.world.out, words[0] + ".png"))
