"""The world of one scenario: central, a terminal and the simulated devices, made from a seed that is copied."""

import fcntl
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import closing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "story"))
from appliance import Central, Emulator, Failed, Terminal, wait_for  # noqa: E402

SIZE, LANGUAGE = "1280x800", "zh_CN"
VOUCHERS = 24
CLERK, CLERK_PIN = "王强", "1357"
# The official account of the demo, with the platform's safe mode on.
ACCOUNT = {"token": "tillside-demo-token", "appid": "wxtillsidedemo0001", "secret": "demo-secret",
           "aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"}


class Skipped(Exception):
    """This machine does not allow what the scenario needs."""


def wait_same(what, seconds, look, wanted):
    """Until look() gives what is wanted; otherwise it says what it gave last."""
    seen = []

    def same():
        seen[:] = [look()]
        return seen[0] == wanted
    try:
        wait_for(what, seconds, same)
    except Failed:
        raise Failed(f"{what}: found {seen[0]!r}, wanted {wanted!r}") from None


def rows(answer):
    """The list in an answer of admin, whatever it is called."""
    lists = [value for value in answer.values() if isinstance(value, list)]
    return lists[0] if lists else []


class Seed:
    """A demo brand with one enrolled terminal, made once: central/, terminal/, codes/, facts.json."""

    def __init__(self, folder, bin_dir):
        self.folder, self.bin = os.path.abspath(folder), bin_dir

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def facts(self):
        try:
            with open(self.path("facts.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            raise Failed(f"no seed in {self.folder}: make it with play.py --seed") from None

    def lock(self):
        """An enrolled terminal knows central's port: only one scenario at a time may use the seed."""
        held = open(self.folder + ".lock", "w", encoding="utf-8")
        fcntl.flock(held, fcntl.LOCK_EX)
        return held

    def make(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        central = Central(self.bin, self.path("central"), self.folder)
        terminal = Terminal(self.bin, "terminal", self.folder, SIZE, LANGUAGE)
        emulator = Emulator(self.folder)
        try:
            central.init()
            central.start()
            emulator.start()
            central.admin("demo", "--out", self.folder, "--wechat-api", emulator.url)
            central.admin("wechat", "account", "demo", "--api", emulator.url, "--token", ACCOUNT["token"], "--appid",
                          ACCOUNT["appid"], "--secret", ACCOUNT["secret"], "--aes-key", ACCOUNT["aes_key"])
            vouchers = self.issue(central)
            self.enrol(central, terminal)
            wait_for("everything is uploaded", 20, lambda: terminal.view()["status"]["online"]
                     and terminal.view()["status"]["waiting"] == 0)
        finally:
            terminal.stop()
            central.stop()
            emulator.stop()
        with open(self.path("facts.json"), "w", encoding="utf-8") as file:
            json.dump({"port": central.port, "public_port": central.public_port, "emulator_port": emulator.port,
                       "vouchers": vouchers}, file)

    @staticmethod
    def issue(central):
        """Printed coupons of the first store: ten yuan off, no amount needed."""
        campaign = next(row["campaign"] for row in rows(central.admin("campaign", "list"))
                        if "10 yuan off" in json.dumps(row))
        vouchers = []
        for _ in range(VOUCHERS):
            answer = central.admin("coupon", "issue", "--campaign", campaign, "--store", 1)
            vouchers.append({"text": answer["text"], "short": rows(answer)[0]["shortcode"]})
        return vouchers

    def enrol(self, central, terminal):
        ticket = self.path("ticket.png")
        central.admin("enrol-ticket", 1, "both", "--qr", ticket)
        terminal.start()
        terminal.wait_screen("enrolment")
        terminal.show(ticket)
        digits = terminal.wait_screen("enrolment", 20, stage="confirm")["digits"]
        central.admin("confirm", digits)
        terminal.wait_screen("attract", 20)


class World:
    def __init__(self, bin_dir, seed, out):
        self.bin, self.seed, self.out = bin_dir, seed, out
        self.facts = seed.facts()
        self.work = tempfile.mkdtemp(prefix="tillside-e2e-")
        self.central = self.terminal = self.emulator = None
        self.clock = os.path.join(self.work, "clock")
        self.set_clock(0)
        self.mounted = None
        self.ticket = ""
        self.taps = 0
        self.clerk_pin = CLERK_PIN
        self.others = []
        with open(seed.path("codes", "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.codes = {entry["file"].removesuffix(".png"): entry for entry in manifest}

    # -- making -----------------------------------------------------------------------------------------------------

    def make_central(self):
        data = os.path.join(self.work, "central")
        shutil.copytree(self.seed.path("central"), data)
        self.central = Central(self.bin, data, self.work)
        self.central.port, self.central.public_port = self.facts["port"], self.facts["public_port"]
        self.central.public = f"http://127.0.0.1:{self.central.public_port}"
        self.central.command = [self.central.program, "serve", "--data", data, "--listen",
                                f"127.0.0.1:{self.central.port}", "--public", f"127.0.0.1:{self.central.public_port}",
                                "--webhooks-anywhere", "--played-clock", self.clock]

    def make_emulator(self):
        shutil.copy(self.seed.path("emulator.json"), self.work)
        self.emulator = Emulator(self.work, self.facts["emulator_port"], self.clock)

    def set_clock(self, ahead_ms):
        """How far the clocks of central and of WeChat are ahead of this machine's."""
        self.ahead_ms = ahead_ms
        clock = os.open(self.clock, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(clock, struct.pack("=q", ahead_ms), 0)  # at once, in place: central has the file open
        os.close(clock)

    def make_terminal(self, blank=False):
        self.terminal = Terminal(self.bin, "terminal", self.work, SIZE, LANGUAGE)
        self.terminal.command += ["--device", "drawer=sim"]  # so that it fails by itself, not with the printer
        # Relative paths would stand for others in the copy: the seed holds none.
        if not blank:
            shutil.copytree(self.seed.path("terminal"), self.terminal.data, dirs_exist_ok=True)

    def text(self, words):
        """What a code says: a name of the demo's codes, "voucher 3", "short voucher 3", or the words themselves."""
        if words[0] == "short":
            return self.short(words[1:])
        if words[0] == "voucher":
            return self.facts["vouchers"][int(words[1]) - 1]["text"]
        if words[0] == "text":  # with \\x1b and \\u202e for what cannot be written
            return words[1].encode("latin-1", "backslashreplace").decode("unicode_escape")
        if words[0] == "long":
            return "A" * int(words[1])
        if words[0] == "ticket":
            return self.ticket
        if words[0] not in self.codes:
            raise Failed(f"there is no code called {words[0]}")
        return self.codes[words[0]]["text"]

    def short(self, words):
        if words[0] != "voucher":
            raise Failed("only vouchers have a short code here")
        return self.facts["vouchers"][int(words[1]) - 1]["short"]

    # -- looking ----------------------------------------------------------------------------------------------------

    def till_rows(self, query, *values):
        with closing(sqlite3.connect(f"file:{self.terminal.data}/terminal.db?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query, values).fetchall()

    def central_rows(self, query, *values):
        with closing(sqlite3.connect(f"file:{self.central.data}/central.db?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query, values).fetchall()

    def number(self):
        """This terminal's own number at central."""
        return self.till_rows("SELECT DISTINCT terminal FROM journal LIMIT 1")[0][0]

    def said(self, process):
        with open(process.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def down(self):
        return self.terminal.view()["status"]["devices_down"]

    def every_file(self, *folders):
        for folder in folders:
            for base, _, names in os.walk(folder):
                for path in (os.path.join(base, name) for name in names):
                    if os.path.isfile(path):
                        yield path

    # -- a disk of its own -------------------------------------------------------------------------------------------

    def small_disk(self, mebibytes):
        """Puts the terminal's data on a file system that can really be full."""
        aside = self.terminal.data + ".aside"
        os.rename(self.terminal.data, aside)
        os.makedirs(self.terminal.data)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", self.terminal.data],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Skipped(f"mounting is not allowed here: {done.stderr.strip()}")
        self.mounted = self.terminal.data
        shutil.copytree(aside, self.terminal.data, dirs_exist_ok=True)

    def fill_disk(self):
        with open(os.path.join(self.terminal.data, "ballast"), "ab", buffering=0) as ballast:
            block = bytes(65536)
            while len(block) > 0:
                try:
                    ballast.write(block)
                except OSError:
                    block = block[:len(block) // 2]

    def free_disk(self):
        os.unlink(os.path.join(self.terminal.data, "ballast"))

    # -- ending -----------------------------------------------------------------------------------------------------

    def picture(self, name):
        if self.out and self.terminal and self.terminal.running() and self.terminal.connection:
            time.sleep(0.25)  # transitions take at most 200 ms
            self.terminal.ask(cmd="screenshot", path=os.path.join(self.out, name + ".png"))

    def keep_logs(self, name):
        if self.out:
            for process in (self.terminal, self.central, self.emulator):
                if process and os.path.exists(process.log):
                    shutil.copy(process.log, os.path.join(self.out, f"{name}-{os.path.basename(process.log)}"))

    def processes(self):
        return (self.terminal, self.central, self.emulator, *self.others)

    def close(self, keep):
        for process in self.processes():
            if process and process.running():
                process.process.send_signal(signal.SIGTERM)
        for process in self.processes():
            if process and process.process:
                try:
                    process.process.wait(10)
                except subprocess.TimeoutExpired:
                    process.process.kill()
                    process.process.wait()
        if self.mounted:
            subprocess.run(["umount", self.mounted], check=True)
        if keep:
            print(f"kept: {self.work}")
        else:
            shutil.rmtree(self.work, ignore_errors=True)
