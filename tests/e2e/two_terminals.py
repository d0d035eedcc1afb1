#!/usr/bin/env python3
"""Two terminals in one store and a central, as real processes: one redeems through the other, the main terminal's plug
is pulled at each step of a redemption, a manager makes the other one the main terminal, the first comes back. Nothing
that was told is lost, nothing is redeemed twice, and in the end every book says the same."""

import argparse
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

from world import CLERK, LANGUAGE, SIZE, Seed, World, wait_same
from appliance import Failed, Terminal, wait_for

MANAGER, MANAGER_PIN = "刘敏", "246813"
AWAY, USED, GOOD = 112, "already_used", "ok"  # EHOSTDOWN; coupon verdicts
SAME_CODE_S = 1.3
PULLS_MS = (0, 3, 10, 25, 60, 150)  # after the coupon was scanned at the other terminal


class Store:
    def __init__(self, world):
        self.world, self.central = world, world.central
        self.first, self.second = world.terminal, None
        self.used, self.scanned = 0, {}
        self.began = time.monotonic()

    def say(self, words):
        print(f"{time.monotonic() - self.began:6.1f}  {words}", flush=True)

    def check(self, what, found, wanted):
        if found != wanted:
            raise Failed(f"{what}: found {found!r}, wanted {wanted!r}")

    def voucher(self):
        self.used += 1
        return self.world.facts["vouchers"][self.used - 1]["text"]

    # -- what people do ---------------------------------------------------------------------------------------------

    def enrol_second(self):
        self.second = Terminal(self.world.bin, "second", self.world.work, SIZE, LANGUAGE)
        self.second.command += ["--device", "drawer=sim"]
        self.world.others.append(self.second)
        ticket = os.path.join(self.world.work, "second.png")
        self.central.admin("enrol-ticket", 1, "both", "--qr", ticket)
        self.second.start()
        self.second.wait_screen("enrolment")
        self.second.show(ticket)
        digits = self.second.wait_screen("enrolment", 20, stage="confirm")["digits"]
        self.central.admin("confirm", digits)
        self.second.wait_screen("attract", 20)

    def sign_in(self, terminal, name=CLERK, pin=None):
        terminal.wait_screen("attract")
        terminal.tap("staff")
        rows = terminal.wait_screen("sign_in")["rows"]
        terminal.tap(f"pick_clerk_{next(row['clerk'] for row in rows if row['name'] == name)}")
        terminal.keys(pin or self.world.clerk_pin)
        terminal.tap("ok")
        wait_for(f"{name} is signed in, or told why not", 15,
                 lambda: terminal.view()["screen"] in ("counter", "verdict"))
        terminal.wait_screen("counter", 1)

    @staticmethod
    def understood(terminal):
        if terminal.view()["screen"] == "verdict":
            terminal.tap("next")
            wait_for("the verdict is gone", 5, lambda: terminal.view()["screen"] != "verdict")

    def scan(self, terminal, text):
        self.understood(terminal)
        terminal.wait_screen("counter")
        again = self.scanned.get((terminal.name, text), 0) + SAME_CODE_S - time.monotonic()
        if again > 0:
            time.sleep(again)  # a hand scanner that reads the same code twice read it once
        self.scanned[terminal.name, text] = time.monotonic()
        terminal.do(cmd="scan", text=text)

    def verdict(self, terminal, seconds=15):
        """What the till said: a coupon's verdict by name, else the number of the reason."""
        seen = {}

        def look():
            answer = terminal.do(cmd="view")
            seen.update(answer["view"].get("verdict", {}))
            return answer["view"]["screen"] == "verdict" and not answer["waiting"]
        wait_for(f"{terminal.name} tells", seconds, look)
        return seen["code_name"] if seen["subject"] == "coupon" else seen["code"]

    def redeem(self, terminal, text):
        self.scan(terminal, text)
        return self.verdict(terminal)

    def store_screen(self, terminal):
        self.understood(terminal)
        terminal.tap("service")
        terminal.wait_screen("service")
        terminal.tap("store")
        return terminal.wait_screen("store")

    def together(self):
        for terminal in (self.first, self.second):
            wait_same(f"{terminal.name} is together with the other", 20,
                      lambda terminal=terminal: terminal.view()["status"]["store"], "fine")

    # -- what the books say -----------------------------------------------------------------------------------------

    @staticmethod
    def rows(folder, name, query, *values):
        with closing(sqlite3.connect(f"file:{folder}/{name}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query, values).fetchall()

    def waiting(self, terminal):
        return terminal.view()["status"]["store_waiting"]

    # -- the story --------------------------------------------------------------------------------------------------

    def step_1_redeem_at_the_other_terminal(self):
        self.check("the coupon at the second terminal", self.redeem(self.second, self.voucher()), GOOD)
        wait_same("its receipt is printed there", 10,
                  lambda: (self.second.outputs()["receipts"], self.first.outputs()["receipts"]), (1, 0))
        again = self.world.facts["vouchers"][0]["text"]
        self.check("the same coupon at the first", self.redeem(self.first, again), USED)

    def pull(self, after_ms):
        text = self.voucher()
        self.scan(self.second, text)
        time.sleep(after_ms / 1000)
        self.first.kill()
        told = self.verdict(self.second)
        self.first.start()
        self.sign_in(self.first)
        self.together()
        wait_same("nothing waits any more", 20, lambda: self.waiting(self.second), 0)
        outcome = self.verdict(self.second, 5)
        self.say(f"plug pulled {after_ms} ms after the scan: told {told}, then {outcome}")
        if told == GOOD and outcome != GOOD:
            raise Failed(f"told {told} and then {outcome}")
        if outcome not in (GOOD, AWAY):
            raise Failed(f"the coupon came to {outcome!r}")
        done = outcome == GOOD
        self.check("the same coupon again", self.redeem(self.first, text), USED if done else GOOD)

    def step_2_pull_the_plug_at_each_step(self):
        for after_ms in PULLS_MS:
            self.pull(after_ms)

    def step_3_the_main_terminal_is_gone(self):
        self.first.kill()
        text = self.voucher()
        self.check("a coupon without the main terminal", self.redeem(self.second, text), AWAY)
        wait_same("staff sees it", 10, lambda: self.second.view()["status"]["store"], "away")
        self.understood(self.second)
        self.second.tap("sale")
        self.second.wait_screen("amount")
        self.second.keys("1200")
        self.second.tap("ok")
        self.second.wait_screen("counter")
        self.second.tap("ok")
        self.check("a plain sale", self.second.wait_screen("verdict")["subject"], "sale")
        self.understood(self.second)
        self.second.tap("sign_out")
        return text

    def step_4_promote(self, text):
        self.sign_in(self.second, MANAGER, MANAGER_PIN)
        self.check("the second is a peer", self.store_screen(self.second)["primary"], False)
        self.second.tap("promote")
        self.second.wait_screen("store", ask="promote")
        self.second.tap("ok")
        self.second.wait_screen("verdict", 15, subject="store", tone="good")
        self.understood(self.second)
        self.check("without another terminal that answers", self.redeem(self.second, text), AWAY)
        self.store_screen(self.second)
        self.second.tap("alone")
        self.second.wait_screen("store", ask="alone")
        self.second.tap("ok")
        self.second.wait_screen("verdict", 15, subject="store", tone="good")
        self.understood(self.second)
        wait_same("the badge", 10, lambda: self.second.view()["status"]["store"], "alone")
        self.check("the coupon now", self.redeem(self.second, text), GOOD)

    def step_5_the_first_comes_back(self):
        self.first.start()
        self.sign_in(self.first)
        self.together()  # and so nobody is alone any more
        self.check("the first is a peer now", self.store_screen(self.first)["primary"], False)
        self.first.tap("back")
        self.check("a coupon at the first", self.redeem(self.first, self.voucher()), GOOD)
        self.check("at the second the same", self.redeem(self.second, self.world.facts["vouchers"][self.used - 1]["text"]),
                   USED)

    def step_6_every_book_says_the_same(self):
        for terminal in (self.first, self.second):
            wait_same(f"everything of {terminal.name} is at central", 30,
                      lambda terminal=terminal: terminal.view()["status"]["waiting"], 0)
        central = self.central.data
        doubles = self.rows(central, "central.db",
                            "SELECT campaign, serial, use_no, count(*) FROM redemption GROUP BY 1, 2, 3 HAVING count(*) > 1")
        self.check("doubles", doubles, [])
        self.check("conflicts", self.rows(central, "central.db", "SELECT count(*) FROM conflict")[0][0], 0)
        done = self.rows(central, "central.db", "SELECT count(*) FROM redemption")[0][0]
        self.check("redemptions", done, self.used)
        for terminal in (self.first, self.second):
            terminal.stop()
            self.doctor([terminal.command[0], "doctor", "--data", terminal.data])
        self.central.stop()
        self.doctor([self.central.program, "doctor", "--data", central])

    def doctor(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {done.stdout}{done.stderr}")

    def play(self):
        self.central.start()
        self.central.admin("clerk", "add", 1, MANAGER, "--pin", MANAGER_PIN, "--role", "manager")
        time.sleep(1.1)  # central takes no signature that was made in the second of its own start
        self.first.start()
        self.first.wait_screen("attract")
        self.enrol_second()
        self.sign_in(self.first)
        self.sign_in(self.second)
        self.together()
        for name, run in (("a coupon at the other terminal", self.step_1_redeem_at_the_other_terminal),
                          ("the plug pulled at each step", self.step_2_pull_the_plug_at_each_step)):
            self.say(name)
            run()
        self.say("the main terminal is gone")
        text = self.step_3_the_main_terminal_is_gone()
        self.say("a manager makes the other one the main terminal")
        self.step_4_promote(text)
        self.say("the first comes back")
        self.step_5_the_first_comes_back()
        self.say("every book says the same")
        self.step_6_every_book_says_the_same()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--out")
    parser.add_argument("--keep", action="store_true", help="keep the working folder with books and logs")
    args = parser.parse_args()
    seed = Seed(args.seed, os.path.abspath(args.bin))
    with seed.lock():
        world = World(seed.bin, seed, args.out)
        world.make_central()
        world.make_terminal()
        store = Store(world)
        try:
            store.play()
            store.say("held")
            return 0
        except (Failed, KeyError, IndexError, StopIteration) as problem:
            store.say(f"DOES NOT HOLD: {problem!s}")
            for terminal in (store.first, store.second):
                if terminal is not None and terminal.process is not None:
                    print(f"{terminal.name}:\n{terminal.log_tail()}", flush=True)
            return 1
        finally:
            world.close(args.keep)


if __name__ == "__main__":
    sys.exit(main())
