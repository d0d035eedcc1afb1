#!/usr/bin/env python3
"""kill -9 of the real tillside-terminal at random moments, its start included, while it redeems.

Two stores sell without central; what each screen called good goes into a log of the test's own. In the end one terminal
uploads, the other one's journal goes to central by hand, and everything that was called good is there, once.
kill_terminal.py BIN_DIR [KILLS [SEED]]
"""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "story"))
from appliance import Central, Failed, Process, Terminal, wait_for  # noqa: E402

CAMPAIGN = 1002  # ten yuan off, no amount needed
ISSUE = 500
CLERKS = {1: 1, 2: 3}
START_S, LOAD_S = 0.25, 0.2
GONE = (OSError, ValueError, AttributeError, Failed)  # what talking to a killed terminal ends in


class Shop:
    def __init__(self, bin_dir, base, store, seed):
        self.bin, self.base, self.store = bin_dir, base, store
        self.random = random.Random(seed * 10 + store)
        self.terminal = Terminal(bin_dir, f"terminal-{store}", base, "320x240", "en")
        self.books = os.path.join(self.terminal.data, "terminal.db")
        self.badge, self.unused = "", []
        self.good, self.asked = set(), set()
        self.kills = self.early = self.silent = 0

    def prepare(self, central, lives):
        self.badge = central.admin("clerk", "badge", CLERKS[self.store])["text"]
        while len(self.unused) < lives * 15:
            rows = central.admin("coupon", "issue", "--campaign", CAMPAIGN, "--store", self.store, "--count", ISSUE)
            self.unused += [(row["shortcode"], row["coupon"]) for row in rows["rows"]]
        ticket = os.path.join(self.base, f"ticket-{self.store}.png")
        central.admin("enrol-ticket", self.store, "both", "--qr", ticket)
        terminal = self.terminal
        terminal.start()
        terminal.wait_screen("enrolment")
        terminal.show(ticket)
        central.admin("confirm", terminal.wait_screen("enrolment", 20, stage="confirm")["digits"])
        terminal.wait_screen("attract", 20)
        wait_for("the store's data came", 20, lambda: self.count("SELECT count(*) FROM coupon") >= len(self.unused)
                 and terminal.view()["status"]["waiting"] == 0)
        terminal.stop()

    def count(self, sql):
        with closing(sqlite3.connect(f"file:{self.books}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchone()[0]

    def connect(self):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(self.terminal.socket_path)
                connection.settimeout(20)
                self.terminal.connection = connection.makefile("rwb")
                return
            except OSError:
                connection.close()
                if not self.terminal.running():
                    raise Failed("killed") from None
                time.sleep(0.003)
        raise Failed("no control socket within 20 s")

    def until(self, wanted):
        """Polls the view until wanted(view); nobody else is hurried."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            answer = self.terminal.ask(cmd="view")
            if wanted(answer["view"]) and not answer["waiting"]:
                return answer["view"]
            time.sleep(0.001)
        raise Failed(f"store {self.store}: the screen stayed {answer['view']['screen']}")

    def redeem(self):
        short, coupon = self.unused.pop()
        self.asked.add(coupon)
        self.terminal.ask(cmd="scan", text=short)
        verdict = self.until(lambda view: view["screen"] == "verdict")["verdict"]
        if verdict["tone"] != "good" or verdict["check_only"]:
            raise AssertionError(f"store {self.store}, {coupon}: {verdict}")
        self.good.add(coupon)
        self.terminal.ask(cmd="key", name="escape")
        self.until(lambda view: view["screen"] != "verdict")

    def work(self, killer):
        self.connect()
        self.until(lambda view: view["screen"] == "attract")
        self.terminal.ask(cmd="scan", text=self.badge)
        self.until(lambda view: view["screen"] == "counter")
        if killer is not None:
            killer.start()
        while True:
            if self.unused:
                self.redeem()
            else:
                self.terminal.ask(cmd="view")  # a machine faster than the coupons reach: only dying is left

    def live_and_die(self):
        early = self.random.random() < 1 / 8
        before = len(self.good)
        if os.path.exists(self.terminal.socket_path):
            os.unlink(self.terminal.socket_path)
        Process.start(self.terminal)
        killer = threading.Timer(self.random.uniform(0, START_S if early else LOAD_S), self.terminal.process.kill)
        if early:
            killer.start()
        try:
            self.work(None if early else killer)
        except GONE as gone:
            if killer.ident is None or (isinstance(gone, Failed) and "stayed" in str(gone)):
                raise Failed(f"store {self.store} did not get to work: {gone}\n{self.terminal.log_tail()}") from None
        killer.join()
        code = self.terminal.process.wait(20)
        if code != -signal.SIGKILL:
            raise Failed(f"store {self.store} ended by itself with {code}:\n{self.terminal.log_tail()}")
        self.kills += 1
        self.early += early
        self.silent += len(self.good) == before
        self.check()

    def redeemed(self):
        with closing(sqlite3.connect(f"file:{self.books}?mode=ro", uri=True)) as db:
            return [f"{campaign}-{serial}" for campaign, serial in db.execute("SELECT campaign, serial FROM redemption")]

    def check(self):
        there = self.redeemed()
        if len(there) != len(set(there)):
            raise AssertionError(f"store {self.store}: redeemed twice")
        if not self.good <= set(there):
            raise AssertionError(f"store {self.store}: LOST {self.good - set(there)}")
        if not set(there) <= self.asked:
            raise AssertionError(f"store {self.store}: never asked for {set(there) - self.asked}")

    def doctor(self):
        program = os.path.join(self.bin, "tillside-terminal")
        done = subprocess.run([program, "doctor", "--data", self.terminal.data], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"doctor: {done.returncode}\n{done.stdout}{done.stderr}")

    def run(self, kills, errors):
        try:
            for _ in range(kills):
                self.live_and_die()
            self.doctor()
        except BaseException as error:  # told by the main thread
            errors.append(error)


def kill_all(shops, kills):
    errors = []
    threads = [threading.Thread(target=shop.run, args=(kills // len(shops), errors)) for shop in shops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def upload(shop):
    shop.terminal.start()
    wait_for("the journal is at central", 60, lambda: shop.terminal.view()["status"]["online"]
             and shop.terminal.view()["status"]["waiting"] == 0)
    shop.terminal.stop()


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1:]


def carry(shop, central):
    """By hand, twice: the second time changes nothing."""
    file = os.path.join(shop.base, "journal")
    program = os.path.join(shop.bin, "tillside-terminal")
    subprocess.run([program, "export", "--data", shop.terminal.data, "--to", file], check=True, capture_output=True)
    with open(file, "rb") as export:
        content = export.read()
    for name, broken, words in (("cut", content[:-1], "cut off"), ("changed", flip(content, len(content) // 2), ""),
                                ("other", b"PK" + content, "not a journal's export")):
        with open(file + "-" + name, "wb") as copy:
            copy.write(broken)
        expect(1, words, central.program, "admin", "--data", central.data, "journal", "import", file + "-" + name)
    first = central.admin("journal", "import", file)
    again = central.admin("journal", "import", file)
    if first["stored"] == 0 or again["stored"] != 0 or again["known"] != first["stored"] + first["known"]:
        raise AssertionError(f"import: {first}, then {again}")


def compare(shop, central):
    rows = central.admin("redemptions", "--store", shop.store, "--limit", 1000000)["rows"]
    if sorted(row["coupon"] for row in rows) != sorted(shop.redeemed()):
        raise AssertionError(f"store {shop.store}: central has {len(rows)}, the till {len(shop.redeemed())}")


def doctor_names_the_damage(shop):
    """One byte of one record in the file of a terminal that was stopped; and the other exit codes."""
    program = os.path.join(shop.bin, "tillside-terminal")
    seq = shop.count("SELECT max(seq) FROM journal WHERE kind = 4")
    with closing(sqlite3.connect(f"file:{shop.books}?mode=ro", uri=True)) as db:
        body, before = db.execute("SELECT body, prev_hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    with open(shop.books, "r+b") as file:
        content = file.read()
        at = content.index(body + before)
        file.seek(at + len(body) // 2)
        file.write(bytes([content[at + len(body) // 2] ^ 1]))
    expect(7, f"record {seq} of terminal", program, "doctor", "--data", shop.terminal.data)
    expect(7, f"follows record {seq - 1}", program, "export", "--data", shop.terminal.data, "--to",
           os.path.join(shop.base, "rescued"))
    expect(9, "no books", program, "doctor", "--data", shop.base)
    expect(2, "--data DIR is missing", program, "doctor")
    expect(2, "--to FILE is missing", program, "export", "--data", shop.terminal.data)


def expect(code, words, *command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != code or words not in done.stdout + done.stderr:
        raise AssertionError(f"{command}: {done.returncode}, wanted {code} and {words!r}:\n{done.stdout}{done.stderr}")


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    base = tempfile.mkdtemp(prefix="tillside-kill-")
    central = Central(bin_dir, os.path.join(base, "central"), base)
    shops = [Shop(bin_dir, base, store, seed) for store in (1, 2)]
    began = time.monotonic()
    try:
        central.init()
        central.start()
        central.admin("demo", "--out", base)
        for shop in shops:
            shop.prepare(central, kills // len(shops))
        central.stop()
        kill_all(shops, kills)
        central.start()
        upload(shops[0])
        carry(shops[1], central)
        for shop in shops:
            compare(shop, central)
        if central.admin("books", "--verify")["balanced"] is not True:
            raise AssertionError("the books do not balance")
        doctor_names_the_damage(shops[0])
    finally:
        for process in [central] + [shop.terminal for shop in shops]:
            process.stop(signal.SIGKILL)
    shutil.rmtree(base)
    print(f"{sum(shop.kills for shop in shops)} kills ({sum(shop.early for shop in shops)} while starting, "
          f"{sum(shop.silent for shop in shops)} before anything was good), {sum(len(shop.good) for shop in shops)} "
          f"redemptions called good, none lost, none twice, "
          f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
