"""A street of stores: a real central, real terminals, clerks who scan; and what must be so in the end."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "story"))
from appliance import ROOT, Central, Failed, Terminal, wait_for  # noqa: E402

RECEIPT = 14  # the kind of a record that says how a print went
TEN, PERCENT, BUDGET = 1002, 1004, 1007  # of the demo: ten yuan off; 15 % off, which needs the amount; 3 off anywhere
RESCAN_S = 10
PATIENCE_S = 240  # only so that a hung test ends


def rows(path, sql, *values):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


class Desk:
    """One terminal with a clerk who scans."""

    def __init__(self, shop, name):
        self.shop, self.name = shop, name
        self.terminal = Terminal(shop.street.bin, name, shop.street.base, "320x240", "en")
        if shop.street.lan:
            self.terminal.command += ["--lan", "127.0.0.1:0"]  # a port chosen before may be taken when it is opened
        self.books = os.path.join(self.terminal.data, "terminal.db")
        self.number = self.scans = self.goods = 0
        self.rescans = []
        self.error = None

    def enrol(self):
        central, terminal = self.shop.street.central, self.terminal
        ticket = os.path.join(self.shop.street.base, self.name + ".png")
        central.admin("enrol-ticket", self.shop.store, "both", "--qr", ticket)
        terminal.start()
        terminal.wait_screen("enrolment", 30)
        terminal.show(ticket)
        digits = terminal.wait_screen("enrolment", 30, stage="confirm")["digits"]
        self.number = central.admin("confirm", digits)["terminal"]
        terminal.wait_screen("attract", 30)

    def leave_verdict(self):
        self.terminal.ask(cmd="key", name="escape")
        wait_for(f"{self.name}: the verdict is gone", PATIENCE_S, lambda: self.terminal.view()["screen"] != "verdict")

    def sign_in(self):
        self.terminal.do(cmd="scan", text=self.shop.badge)
        self.terminal.wait_screen("counter", PATIENCE_S)

    def at_counter(self):
        """Whatever came up meanwhile (a lost session, a message) is put away."""
        view = self.terminal.view()
        if view["screen"] == "attract":
            self.sign_in()
        elif view["screen"] != "counter":
            self.terminal.ask(cmd="key", name="escape")
            wait_for(f"{self.name}: the counter", PATIENCE_S,
                     lambda: self.terminal.view()["screen"] in ("counter", "attract"))
            self.at_counter()

    def enter(self, amount):
        self.terminal.keys(amount)
        self.terminal.tap("ok")
        wait_for(f"{self.name}: the amount is taken", PATIENCE_S, lambda: self.terminal.view()["screen"] != "amount")

    def scan(self, short, amount):
        """As a clerk does: what gave no answer is scanned again."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self.at_counter()
            self.terminal.do(cmd="scan", text=short)
            self.scans += 1
            again = time.monotonic() + RESCAN_S
            while time.monotonic() < again:
                answer = self.terminal.do(cmd="view")
                view = answer["view"]
                if view["screen"] == "verdict" and not answer["waiting"]:
                    return view["verdict"]
                if view["screen"] == "amount" and not answer["waiting"]:
                    self.enter(amount)
                time.sleep(0.005)
            self.rescans.append((self.name, short, view["screen"], answer["waiting"]))
        raise Failed(f"{self.name}: no verdict; it shows {view}")

    def redeem(self, short, coupon, amount):
        self.shop.asked.add(coupon)
        verdict = self.scan(short, amount)
        if verdict["tone"] == "good" and not verdict["check_only"]:
            self.shop.done(coupon)
            self.goods += 1
        self.leave_verdict()

    def sell(self, count):
        """So many more that were called good."""
        wanted = len(self.shop.good) + count
        while len(self.shop.good) < wanted:
            self.redeem(*self.shop.next_job(self))

    def work(self, enough):
        try:
            while not enough():
                job = self.shop.next_job(self)
                if job is None:
                    return
                self.redeem(*job)
        except BaseException as error:  # told by the main thread
            self.error = error

    def told(self):
        """Central has everything that is here, and nothing more comes: a print's record is written after its sale."""
        return self.printed() >= self.goods and self.durable() >= self.last_seq()

    def wait_told(self):
        wait_for(f"{self.name} has told everything", PATIENCE_S, self.told)

    def printed(self):
        return rows(self.books, "SELECT count(*) FROM journal WHERE terminal = ? AND kind = ?", self.number, RECEIPT)[0][0]

    def last_seq(self):
        return rows(self.books, "SELECT max(seq) FROM journal WHERE terminal = ?", self.number)[0][0]

    def durable(self):
        return rows(self.books, "SELECT durable_through FROM era WHERE terminal = ? ORDER BY era DESC LIMIT 1",
                    self.number)[0][0]


class Shop:
    def __init__(self, street, store, places):
        self.street, self.store = street, store
        self.desks = [Desk(self, f"store-{store}-{place}") for place in places]
        self.lock = threading.Lock()
        self.jobs, self.anywhere, self.asked, self.good = [], [], set(), set()
        self.badge = ""

    def prepare(self, clerk, coupons):
        central = self.street.central
        self.badge = central.admin("clerk", "badge", clerk)["text"]
        member = central.admin("member", "add", "--store", self.store)["member"]
        for campaign, whose in ((TEN, ("--store", self.store)), (PERCENT, ("--store", self.store))):
            found = central.admin("coupon", "issue", "--campaign", campaign, *whose, "--count", coupons)["rows"]
            self.jobs += [(row["shortcode"], row["coupon"], "3000" if campaign == PERCENT else None) for row in found]
        for _ in range(20):
            row = central.admin("coupon", "issue", "--campaign", PERCENT, "--member", member)["rows"][0]
            self.jobs.append((row["shortcode"], row["coupon"], "4000"))
        found = central.admin("coupon", "issue", "--campaign", BUDGET, "--store", self.store, "--count", coupons)["rows"]
        self.anywhere = [(row["shortcode"], row["coupon"], None) for row in found]
        self.street.random.shuffle(self.jobs)
        for desk in self.desks:
            desk.enrol()

    def ready(self):
        """Both know the store's coupons and each other."""
        for desk in self.desks:
            wait_for(f"{desk.name} has the store's coupons", PATIENCE_S, lambda desk=desk: len(self.jobs) <= rows(
                desk.books, "SELECT count(*) FROM coupon")[0][0] and desk.terminal.view()["status"]["waiting"] == 0)

    def next_job(self, desk):
        """Without the others in reach a second terminal holds no rights: it takes what is good anywhere."""
        jobs = self.jobs if self.street.lan or desk is self.desks[0] else self.anywhere
        with self.lock:
            return jobs.pop() if jobs else None

    def done(self, coupon):
        with self.lock:
            self.good.add(coupon)


class Street:
    def __init__(self, bin_dir, base, stores=(1,), places=("primary",), seed=1):
        self.bin, self.base = bin_dir, base
        self.random = random.Random(seed)
        self.lan = "--lan " in subprocess.run([os.path.join(bin_dir, "tillside-terminal"), "--help"],
                                              capture_output=True, text=True).stdout
        self.central = Central(bin_dir, os.path.join(base, "central"), base)
        self.central.init()
        self.shops = [Shop(self, store, places) for store in stores]

    def desks(self):
        return [desk for shop in self.shops for desk in shop.desks]

    def open(self, coupons=250):
        """Central with the demo brand and a third store; every terminal enrolled, with the store's coupons."""
        self.central.start()
        self.central.admin("demo", "--out", os.path.join(self.base, "codes"), "--from",
                           os.path.join(ROOT, "assets", "demo"))
        self.central.admin("store", "add", "山河便利 青年路店", "Shanhe Market Qingnian Road", "--earn-permille", 50)
        clerk = self.central.admin("clerk", "add", 3, "周敏", "--pin", "4680")["clerk"]
        for shop in self.shops:
            shop.prepare({1: 2, 2: 4, 3: clerk}[shop.store], coupons)
        for shop in self.shops:
            shop.ready()

    def close(self):
        for desk in self.desks():
            desk.terminal.stop()
        self.central.stop()

    def kill(self):
        for process in [desk.terminal for desk in self.desks()] + [self.central]:
            process.stop(signal.SIGKILL)

    # -- what must be so ---------------------------------------------------------------------------------------------

    def check_redemptions(self, shop):
        there = [row["coupon"] for row in
                 self.central.admin("redemptions", "--store", shop.store, "--limit", 1000000)["rows"]]
        same(f"store {shop.store}: redeemed once", len(there), len(set(there)))
        same(f"store {shop.store}: called good and not at central", shop.good - set(there), set())
        same(f"store {shop.store}: at central and never asked for", set(there) - shop.asked, set())

    def check_books(self, shop):
        """Every terminal of the store and central have the same records and the same balances."""
        numbers = [desk.number for desk in shop.desks]
        database = os.path.join(self.central.data, "central.db")
        marks = ",".join("?" * len(numbers))
        records = rows(database, f"SELECT terminal, incarnation, seq, hex(hash) FROM journal WHERE terminal IN ({marks})"
                       " ORDER BY 1, 2, 3", *numbers)
        balances = rows(database, f"SELECT account, unit, sum(amount) FROM posting WHERE terminal IN ({marks})"
                        " GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2", *numbers)
        for desk in shop.desks:
            own = rows(desk.books, "SELECT terminal, incarnation, seq, hex(hash) FROM journal WHERE terminal = ?"
                       " ORDER BY 1, 2, 3", desk.number)
            same(f"{desk.name}: own records at central", [row for row in records if row[0] == desk.number], own)
        same(f"store {shop.store}: balances", self.store_balances(shop), balances)

    def store_balances(self, shop):
        """With the others in reach each terminal's books are the store's; else they add up to them."""
        sums = Counter()
        for desk in shop.desks[:1] if self.lan else shop.desks:
            for account, unit, amount in rows(desk.books, "SELECT account, unit, amount_minor FROM balance"):
                sums[account, unit] += amount
        return sorted((account, unit, amount) for (account, unit), amount in sums.items() if amount != 0)

    def check(self):
        """Ends the street: everything that was called good counts once, and all books are the same."""
        totals = self.central.admin("redemptions", "--limit", 1)
        same("conflicts, problems, unexplained", (totals["conflicts"], totals["problems"], totals["unexplained"]), (0, 0, 0))
        books = self.central.admin("books", "--verify")
        same("central's books balance and follow from its journal", (books["balanced"], books["verified"]), (True, True))
        for shop in self.shops:
            self.check_redemptions(shop)
        if self.lan:
            same("terminals that redeemed nothing, not even through their primary",
                 [desk.name for desk in self.desks() if desk.goods == 0], [])
        self.close()
        for shop in self.shops:
            self.check_books(shop)
        for desk in self.desks():
            doctor(os.path.join(self.bin, "tillside-terminal"), desk.terminal.data)
        doctor(self.central.program, self.central.data)


def doctor(program, data):
    done = subprocess.run([program, "doctor", "--data", data], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"doctor of {data}: {done.returncode}\n{done.stdout}{done.stderr}")


def same(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, wanted {wanted!r}")
