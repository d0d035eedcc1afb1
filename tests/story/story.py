#!/usr/bin/python3
"""Plays Tillside's story against the real programs and checks every step by something other than the code that made it.

    story.py --bin DIR --out DIR [--size WxH] [--lang zh_CN|en] [--keep]

Leaves numbered screenshots, the receipts as pictures and story.txt in OUT. Exit 0 when every step held, 1 at the first that
did not, 2 on wrong use.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliance import ROOT, Central, Emulator, Failed, Terminal, phone, wait_for  # noqa: E402

CLERK, CLERK_PIN = 2, "1357"  # as assets/demo/demo.json has them
OTHER_BADGE = "badge-clerk-other-store"


class Story:
    def __init__(self, args):
        self.out = args.out
        self.bin = args.bin
        self.size, self.lang = args.size, args.lang
        self.work = tempfile.mkdtemp(prefix="tillside-story-")
        self.text = open(os.path.join(self.out, "story.txt"), "w", encoding="utf-8")
        self.number = 0
        self.central = Central(self.bin, os.path.join(self.work, "central"), self.work)
        self.emulator = Emulator(self.work)
        self.one = Terminal(self.bin, "terminal-1", self.work, self.size, self.lang)
        self.two = Terminal(self.bin, "terminal-2", self.work, self.size, self.lang)
        self.codes = os.path.join(self.work, "codes")
        self.facts = {}

    # -- telling --------------------------------------------------------------------------------------------------

    def say(self, line):
        print(line, flush=True)
        self.text.write(line + "\n")
        self.text.flush()

    def picture(self, terminal, name):
        self.number += 1
        path = os.path.join(self.out, f"{self.number:02d}-{name}.png")
        time.sleep(0.3)  # transitions take at most 200 ms
        terminal.do(cmd="screenshot", path=path)
        return path

    def receipt(self, terminal, name):
        path = wait_for("a receipt", 10, lambda: terminal.outputs()["last_receipt"])
        self.number += 1
        kept = os.path.join(self.out, f"{self.number:02d}-receipt-{name}.png")
        shutil.copy(path, kept)
        return kept

    def check(self, what, found, wanted=True):
        if found != wanted:
            raise Failed(f"{what}: found {found!r}, wanted {wanted!r}")
        self.say(f"      {what}: {found!r}" if wanted is not True else f"      {what}")

    # -- looking from outside -------------------------------------------------------------------------------------

    @staticmethod
    def books(database):
        return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)

    def till_rows(self, terminal, query, *values):
        with self.books(os.path.join(terminal.data, "terminal.db")) as db:
            return db.execute(query, values).fetchall()

    def central_rows(self, query, *values):
        with self.books(os.path.join(self.central.data, "central.db")) as db:
            return db.execute(query, values).fetchall()

    def till_balances(self, terminal):
        rows = self.till_rows(terminal, "SELECT account, unit, amount_minor FROM balance")
        return {(account, unit): amount for account, unit, amount in rows if amount != 0}

    def central_balances(self, terminal_number):
        rows = self.central_rows("SELECT account, unit, sum(amount) FROM posting WHERE terminal = ? "
                                 "GROUP BY account, unit", terminal_number)
        return {(account, unit): amount for account, unit, amount in rows if amount != 0}

    @staticmethod
    def decode(picture):
        done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture],
                              capture_output=True, text=True)
        return done.stdout.strip().split("\n")

    def rows(self, *words):
        return self.central.admin(*words)["rows"]

    # -- acting ---------------------------------------------------------------------------------------------------

    def code(self, name):
        return os.path.join(self.codes, name + ".png")

    def enrol(self, terminal, store, name):
        ticket = os.path.join(self.work, name + ".png")
        self.central.admin("enrol-ticket", store, "both", "--qr", ticket)
        terminal.wait_screen("enrolment", 20, network_ok=True, camera_ok=True)
        terminal.show(ticket)
        shown = terminal.wait_screen("enrolment", 20, stage="confirm")["digits"]
        return shown

    def sign_in(self, terminal, clerk):
        terminal.tap("staff")
        if terminal.wait_screen("sign_in")["picked"] != clerk:
            terminal.tap(f"pick_clerk_{clerk}")
        terminal.keys(CLERK_PIN)
        terminal.tap("ok")
        terminal.wait_screen("counter")

    def enter_amount(self, terminal, digits):
        terminal.wait_screen("amount")
        terminal.keys(digits)
        terminal.tap("ok")

    def done(self, terminal):
        terminal.tap("next")

    # -- the steps ------------------------------------------------------------------------------------------------

    def step_1_central(self):
        self.central.init()
        self.central.start()
        self.check("central starts without stores", self.rows("store", "list"), [])
        self.emulator.start()
        self.central.admin("demo", "--out", self.work, "--from", os.path.join(ROOT, "assets", "demo"), "--wechat-api",
                           self.emulator.url)
        stores = self.rows("store", "list")
        self.check("seeded with two stores", len(stores), 2)
        self.stores = [store["store"] for store in stores]
        products = self.central_rows("SELECT count(*) FROM product")[0][0]
        self.check("products are there", products > 0)

    def step_2_enrolment(self):
        self.one.start()
        self.one.wait_screen("enrolment")
        self.picture(self.one, "blank-terminal")
        digits = self.enrol(self.one, self.stores[0], "enrol-1")
        self.picture(self.one, "enrolment-digits")
        waiting = self.rows("enrolments")
        self.check("central shows the same six digits", [row["code"] for row in waiting], [digits])
        key = os.stat(os.path.join(self.one.data, "terminal.key"))
        self.check("the terminal's key is its owner's alone", oct(key.st_mode & 0o777), "0o600")
        self.central.admin("confirm", digits)
        self.one.wait_screen("attract", 20)

    def step_3_attract(self):
        def follow_url():
            return self.one.view().get("attract", {}).get("follow_url")
        url = wait_for("the follow QR", 20, follow_url)
        picture = self.picture(self.one, "attract")
        self.check("an independent decoder reads the follow QR from the screen", self.decode(picture), [url])
        known = [t for t in self.rows("touchpoint", "list") if t["url"] == url]
        self.check("it is a touchpoint of this store", [t["store"] for t in known], [self.stores[0]])
        self.facts["touchpoint"] = known[0]["touchpoint"]
        self.facts["url"], self.facts["shelf"] = url, known[0]["shelf"]
        self.one.tap("language")
        wait_for("the other language", 5, lambda: self.one.view()["language"] != self.lang)
        self.picture(self.one, "attract-other-language")
        self.one.tap("language")

    def step_4_follow(self):
        folder = os.path.join(self.work, "phone")
        before = time.monotonic()
        joined = phone("follow", "--emulator", self.emulator.url, "--public", self.central.public, "--url",
                       self.facts["url"], "--out", folder)
        self.one.wait_screen("greeting", 10)
        self.say(f"      greeting on the screen {time.monotonic() - before:.1f} s after the follow began")
        self.picture(self.one, "greeting")
        members = self.central_rows("SELECT id, touchpoint FROM member ORDER BY joined_ms DESC LIMIT 1")
        self.facts["member"], touchpoint = members[0]
        self.check("the member is this touchpoint's", touchpoint, self.facts["touchpoint"])
        won = self.central_rows("SELECT store, shelf, clerk FROM member WHERE id = ?", self.facts["member"])[0]
        self.check("won by this store, shelf and clerk", won, (self.stores[0], self.facts["shelf"], CLERK))
        self.facts["phone"] = joined
        self.facts["phone_dir"] = folder
        self.one.wait_screen("attract", 15)

    def member_coupon(self):
        pictures = [f for f in sorted(os.listdir(self.facts["phone_dir"])) if "coupon" in f and f.endswith(".png")]
        if not pictures:
            raise Failed("the phone got no coupon")
        return os.path.join(self.facts["phone_dir"], pictures[0])

    def step_5_redemption(self):
        self.one.tap("staff")
        self.one.wait_screen("sign_in")
        self.picture(self.one, "sign-in")
        self.one.tap("back")
        self.one.wait_screen("attract")
        self.sign_in(self.one, CLERK)
        self.picture(self.one, "counter")
        self.one.tap("sale")
        self.one.wait_screen("amount")
        self.one.keys("8800")
        self.picture(self.one, "amount")
        self.one.tap("ok")
        self.one.wait_screen("counter", sale_minor=8800)
        self.one.tap("scan")
        self.one.wait_screen("viewfinder")
        self.one.show(self.member_coupon())
        time.sleep(0.2)
        verdict = self.one.wait_screen("verdict", tone="good", subject="coupon")
        verdict = self.one.wait_screen("verdict", receipt="done")
        self.picture(self.one, "coupon-redeemed")
        self.check("the sale's sum is right", verdict["sale_minor"] - verdict["discount_minor"], verdict["paid_minor"])
        self.check("credit was earned", verdict["earned_minor"] > 0)
        self.facts["earned"] = verdict["earned_minor"]
        rows = self.till_rows(self.one, "SELECT count(*) FROM journal WHERE kind = 4")
        self.check("one redemption stands in the journal", rows[0][0], 1)
        self.check("the drawer was kicked once", self.one.outputs()["drawer_pulses"], 1)
        self.receipt(self.one, "redemption")
        self.done(self.one)

    def step_6_again(self):
        self.one.wait_screen("counter")
        time.sleep(2)  # the phone leaves the camera's sight and comes back
        self.one.show(self.member_coupon())
        verdict = self.one.wait_screen("verdict", code_name="already_used")
        self.check("the same coupon is refused", verdict["tone"], "refuse")
        self.check("and the screen says when it was used", bool(verdict["when"]))
        self.picture(self.one, "already-used")
        self.check("still one redemption", self.till_rows(self.one, "SELECT count(*) FROM journal WHERE kind = 4")[0][0], 1)
        self.done(self.one)

    def show_member_code(self, name):
        picture = os.path.join(self.work, name + ".png")
        self.central.admin("member", "code", self.facts["member"], "--qr", picture)
        self.one.wait_screen("counter")
        self.one.show(picture)
        return self.one.wait_screen("member")

    def step_7_member(self):
        card = self.show_member_code("member-code-1")
        self.check("the balance is what was earned", card["credit_minor"], self.facts["earned"])
        balances = self.till_balances(self.one)
        credit = [v for (account, _), v in balances.items() if account.startswith("credit/")]
        self.check("and what the books say", credit, [self.facts["earned"]])
        self.picture(self.one, "member-card")
        self.one.tap("back")

    def step_8_offline(self):
        picture = os.path.join(self.work, "member-code-2.png")
        self.central.admin("member", "code", self.facts["member"], "--qr", picture)
        self.one.do(cmd="network", up=False)
        wait_for("the screen says offline", 10, lambda: not self.one.view()["status"]["online"])
        self.one.wait_screen("counter")
        self.picture(self.one, "counter-offline")

        self.one.show(self.code("coupon-10-off"))
        self.one.wait_screen("verdict", tone="good", subject="coupon", offline=True)
        self.picture(self.one, "redeemed-offline")
        self.done(self.one)

        self.one.wait_screen("counter")
        self.one.show(picture)
        self.one.wait_screen("member", can_spend=True)
        spend = min(300, self.facts["earned"])
        self.one.tap("spend")
        self.enter_amount(self.one, "5000")
        self.one.wait_screen("amount", purpose="spend")
        self.one.tap("clear")
        self.one.keys(str(spend))
        self.one.tap("ok")
        sold = self.one.wait_screen("verdict", tone="good", subject="sale")
        self.check("credit was spent offline", sold["credit_minor"], spend)
        self.check("and the rest earned credit", sold["earned_minor"] > 0)
        self.check("the balance is right", sold["balance_minor"], self.facts["earned"] - spend + sold["earned_minor"])
        self.facts["balance"] = sold["balance_minor"]
        self.picture(self.one, "credit-spent-offline")
        self.receipt(self.one, "credit")
        self.done(self.one)

        self.one.wait_screen("counter")
        self.one.show(self.code("coupon-other-store"))
        self.one.wait_screen("verdict", tone="refuse", code_name="held_elsewhere")
        self.picture(self.one, "held-elsewhere")
        self.done(self.one)
        waiting = self.one.view()["status"]["waiting"]
        self.check("records wait for the network", waiting > 0)

    def step_9_bad_codes(self):
        cases = [("coupon-forged", "coupon", "forged"), ("coupon-expired", "coupon", "expired"),
                 ("coupon-other-brand", "coupon", "other_brand"), ("not-ours", "code", None)]
        sentences = set()
        for name, subject, code in cases:
            self.one.wait_screen("counter")
            self.one.show(self.code(name))
            wanted = {"subject": subject, "tone": "refuse"}
            if code:
                wanted["code_name"] = code
            verdict = self.one.wait_screen("verdict", **wanted)
            sentences.add((verdict["subject"], verdict["code"]))
            self.picture(self.one, f"refused-{name}")
            self.done(self.one)
        self.check("each has its own sentence", len(sentences), len(cases))

    def step_10_void(self):
        before = self.till_balances(self.one)
        self.one.wait_screen("counter")
        self.one.tap("void")
        rows = self.one.wait_screen("void_list", loading=False)["rows"]
        self.picture(self.one, "void-list")
        row = next(i for i, act in enumerate(rows) if act["title"] and not act["voided"])
        self.one.tap(f"act_{row}")
        self.one.wait_screen("void_reason")
        self.picture(self.one, "void-reason")
        self.one.tap("reason_3")
        self.one.wait_screen("verdict", tone="good", subject="void")
        self.picture(self.one, "voided")
        self.done(self.one)
        self.check("a void stands in the journal", self.till_rows(self.one, "SELECT count(*) FROM journal WHERE kind = 8")[0][0] > 0)
        after = self.till_balances(self.one)
        self.check("the books changed", before != after)
        totals = self.till_rows(self.one, "SELECT unit, sum(amount_minor) FROM balance GROUP BY unit")
        self.check("and every unit still sums to zero", [total for _, total in totals], [0] * len(totals))

    def step_11_power(self):
        before = self.till_rows(self.one, "SELECT count(*), max(seq) FROM journal")[0]
        balances = self.till_balances(self.one)
        self.one.kill()
        began = time.monotonic()
        self.one.start()
        self.one.do(cmd="network", up=False)
        self.one.wait_screen("attract", 15)
        self.say(f"      attract screen {time.monotonic() - began:.2f} s after the power came back")
        after = self.till_rows(self.one, "SELECT count(*), max(seq) FROM journal")[0]
        self.check("no record is lost", after >= before)
        self.check("the books are the same", self.till_balances(self.one), balances)
        self.picture(self.one, "after-power-cut")

    def step_12_network(self):
        self.one.do(cmd="network", up=True)
        wait_for("everything is uploaded", 30, lambda: self.one.view()["status"]["waiting"] == 0
                 and self.one.view()["status"]["online"])
        number, = [t["terminal"] for t in self.rows("terminal", "list")
                   if t["store"] == self.stores[0]]
        here = self.till_rows(self.one, "SELECT incarnation, seq, hex(hash) FROM journal ORDER BY 1, 2")
        there = self.central_rows("SELECT incarnation, seq, hex(hash) FROM journal WHERE terminal = ? ORDER BY 1, 2", number)
        self.check("central has every record once, with the same hashes", here == there)
        self.check("central's books equal the terminal's to the cent",
                   self.central_balances(number) == self.till_balances(self.one))
        self.picture(self.one, "back-online")

    def step_13_other_store(self):
        self.two.start()
        digits = self.enrol(self.two, self.stores[1], "enrol-2")
        self.central.admin("confirm", digits)
        self.two.wait_screen("attract", 20)
        wait_for("the second store's feed", 20, lambda: self.two.view()["status"]["online"])
        wait_for("the badge signs in", 20, lambda: self.badge_in(self.code(OTHER_BADGE)))
        self.two.show(self.member_coupon())
        verdict = self.two.wait_screen("verdict", 30, tone="refuse")
        self.picture(self.two, "other-store-refused")
        self.check("the used coupon is refused in the other store", (verdict["subject"], verdict["code"]), ("asked", 3))
        redeemed = self.central_rows("SELECT count(*) FROM redemption")[0][0]
        self.say(f"      central counts {redeemed} redemptions")
        self.check("no conflicts", self.rows("conflicts"), [])

    def badge_in(self, badge):
        if self.two.view()["screen"] == "counter":
            return True
        if self.two.view()["screen"] == "verdict":
            self.two.tap("next")
        self.two.show(badge)
        time.sleep(2.5)
        return self.two.view()["screen"] == "counter"

    # -- all of it ------------------------------------------------------------------------------------------------

    STEPS = [
        ("central starts empty and is seeded", step_1_central),
        ("the terminal makes its key, reads the enrolment QR, is confirmed", step_2_enrolment),
        ("attract screen with this store's follow QR", step_3_attract),
        ("a shopper follows and joins", step_4_follow),
        ("a coupon passes before the camera", step_5_redemption),
        ("the same coupon again", step_6_again),
        ("the member card", step_7_member),
        ("the network is cut", step_8_offline),
        ("codes that are not good", step_9_bad_codes),
        ("a clerk voids a redemption", step_10_void),
        ("the power is pulled", step_11_power),
        ("the network is back", step_12_network),
        ("the other store", step_13_other_store),
    ]

    def play(self):
        began = time.monotonic()
        for number, (title, step) in enumerate(self.STEPS, 1):
            self.say(f"{number:4d}  {title}")
            try:
                step(self)
            except Failed as failed:
                self.say(f"      DOES NOT HOLD: {failed}")
                for process in (self.one, self.two):
                    if process.running() and process.connection:
                        self.picture(process, f"failed-{process.name}")
                return 1
        self.say(f"Every step held, in {time.monotonic() - began:.0f} s. Pictures are in {self.out}")
        return 0

    def close(self, keep):
        for process in (self.one, self.two, self.central, self.emulator):
            try:
                process.stop()
            except Failed as failed:
                print(failed, file=sys.stderr)
            if os.path.exists(process.log):
                shutil.copy(process.log, self.out)
        self.text.close()
        if keep:
            print(f"kept: {self.work}")
        else:
            shutil.rmtree(self.work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--lang", default="zh_CN", choices=["zh_CN", "en"])
    parser.add_argument("--keep", action="store_true", help="keep the working folder with books and logs")
    args = parser.parse_args()
    args.bin, args.out = os.path.abspath(args.bin), os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    for old in os.listdir(args.out):
        if old.endswith(".png") and old[:2].isdigit():
            os.unlink(os.path.join(args.out, old))
    story = Story(args)
    try:
        return story.play()
    finally:
        story.close(args.keep)


if __name__ == "__main__":
    sys.exit(main())
