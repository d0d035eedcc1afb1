"""Words about a chain's day: people with phones, the official account, the operator at head office, and days that pass.

Other words_*.py of this folder use what stands here: self.person(name), self.admin(…), self.heard(person), self.until(…).
"""

import glob
import json
import os
import secrets
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "wechat"))
import phone  # noqa: E402
from appliance import Terminal  # noqa: E402
from world import ACCOUNT, LANGUAGE, SIZE, Failed, rows, wait_for  # noqa: E402

UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CHINA = timezone(timedelta(hours=8))
PATIENCE_S = 15


class Person:
    """Somebody with a phone: the openid is known to WeChat and to nobody here."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.openid = "o" + secrets.token_urlsafe(20)[:27]
        self.replies, self.link = [], None


def split_at(words, *marks):
    """(words before the mark, the mark, words after it); the mark is None when there is none."""
    for at, word in enumerate(words):
        if word in marks:
            return words[:at], word, words[at + 1:]
    return words, None, []


def matches(value, wanted):
    """wanted as a scenario writes it: a value, ~PART of a text, >N or <N."""
    if wanted[0] in "<>" and isinstance(value, (int, float)):
        return value > float(wanted[1:]) if wanted[0] == ">" else value < float(wanted[1:])
    text = {True: "yes", False: "no", None: "none"}.get(value, str(value)) if not isinstance(value, (int, float)) \
        or isinstance(value, bool) else str(value)
    return wanted[1:] in text if wanted[0] == "~" else text == wanted


def row_matches(row, words):
    if len(words) % 2:
        raise Failed(f"{' '.join(words)}: fields and values come in pairs")
    return all(field in row and matches(row[field], wanted) for field, wanted in zip(words[::2], words[1::2]))


class Words:
    # -- the stage

    def given_head_office(self):
        """Central and WeChat, no terminal."""
        self.people = {}
        self.kept["work"] = self.world.work
        self.world.make_central()
        self.world.make_emulator()
        self.world.emulator.start()
        self.world.central.start()
        self.world.emulator.ask("account", {"url": f"{self.world.central.public}/wechat/demo", "mode": "safe",
                                            "token": ACCOUNT["token"], "aes_key": ACCOUNT["aes_key"],
                                            "appid": ACCOUNT["appid"]})

    def given_a_chain(self):
        """Head office, and the first store's terminal showing its follow QR."""
        self.given_head_office()
        self.world.make_terminal()
        self.start_terminal()
        self.online(True)

    def given_a_chain_with_a_clerk_at_the_counter(self):
        self.given_a_chain()
        self.sign_in()

    def do_open(self, words):
        """open terminal NAME at store N [as shelf|counter]: another one, enrolled now; later words mean this one."""
        if words[0] != "terminal" or words[2:4] != ["at", "store"]:
            raise Failed("open terminal NAME at store N")
        self.terminals = getattr(self, "terminals", {"first": self.world.terminal})
        new = Terminal(self.world.bin, words[1], self.world.work, SIZE, LANGUAGE)
        new.command += ["--device", "drawer=sim"]
        self.terminals[words[1]] = new
        self.world.others += [self.world.terminal, new]  # whichever is meant at the end, all are ended
        self.world.terminal = new
        ticket = self.admin("enrol-ticket", words[4], words[6] if len(words) > 6 else "both")["ticket"]
        new.start()
        new.wait_screen("enrolment", 20, network_ok=True, camera_ok=True)
        new.do(cmd="clock", offset_ms=self.world.ahead_ms)
        new.do(cmd="show", qr=ticket)
        self.admin("confirm", new.wait_screen("enrolment", 20, stage="confirm")["digits"])
        new.wait_screen("attract", 20)
        self.online(True)

    def do_at(self, words):
        """at terminal NAME: later words mean this one; the seed's own is called first."""
        self.world.terminal = self.terminals[words[1]]

    # -- people with phones

    def person(self, name):
        if name not in self.people:
            self.people[name] = Person(name, os.path.join(self.world.work, "phone-" + name))
        return self.people[name]

    def do_phone(self, words):
        """phone NAME ACT …"""
        act = getattr(self, "phone_" + words[1], None)
        if act is None:
            raise Failed(f"phone {words[0]} {words[1]}: phones do not do that")
        act(self.person(words[0]), words[2:])

    def push(self, person, act, **more):
        """What the phone does reaches central as WeChat's push; what comes back at once is heard."""
        done = self.world.emulator.ask("phone", {"act": act, "openid": person.openid, **more})
        for answer in done["pushes"]:
            if answer["status"] != 200 or "error" in answer:
                raise Failed(f"the callback answered {answer}")
            if answer["reply"]:
                person.replies.append(answer["reply"])
                person.link = phone.page_link(answer["reply"]) or person.link

    def code_of(self, words):
        """What a follow QR says: screen (the one that the terminal shows), touchpoint N, or print FILE N (on that paper)."""
        if words[0] == "print":
            return self.code_on_paper(words[1], self.code_of(["touchpoint", words[2]]))
        if words == ["screen"]:
            return wait_for("the follow QR", 20, lambda: self.terminal.view().get("attract", {}).get("follow_url"))
        if words[0] != "touchpoint":
            raise Failed("a follow QR is that of the screen, or of touchpoint N")
        found = [row for row in rows(self.admin("touchpoint", "list")) if str(row["touchpoint"]) == words[1]]
        if not found or not found[0]["url"]:
            raise Failed(f"touchpoint {words[1]} has no QR")
        return found[0]["url"]

    def code_on_paper(self, pdf, wanted):
        """The code as it is read from the printed sheet, which must have it."""
        pages = os.path.join(self.world.work, "page")
        subprocess.run(["pdftoppm", "-gray", "-r", "120", pdf, pages], check=True)
        printed = sorted(glob.glob(pages + "-*.pgm"))
        read = subprocess.run([os.path.join(self.world.bin, "tillside-scan"), "--json", "--qr-only", *printed],
                              capture_output=True, text=True).stdout
        for page in printed:
            os.remove(page)
        codes = [code["text"] for line in read.splitlines() for code in json.loads(line)["codes"]]
        if wanted not in codes:
            raise Failed(f"{wanted} is not on {pdf}, but {codes}")
        return wanted

    def phone_follows(self, person, words):
        """follows screen | touchpoint N [without its key] | print FILE N | by search"""
        if words == ["by", "search"]:
            self.push(person, "follow")
            return
        code, without, _ = split_at(words, "without")
        self.push(person, "follow", url=self.code_of(code), without_key=without is not None)

    def phone_scans(self, person, words):
        self.push(person, "scan", url=self.code_of(words))

    def phone_writes(self, person, words):
        self.push(person, "text", content=words[0])

    def phone_clicks(self, person, words):
        self.push(person, "click", key=words[0])

    def phone_unfollows(self, person, words):
        self.push(person, "unfollow")

    def visit(self, person, join=False):
        """The member page as the phone has it: {"facts", "pictures": [{"alt", "file"}], "html": a file, …}."""
        if not person.link:
            raise Failed(f"{person.name} got no link to the member page")
        try:
            return phone.visit(SimpleNamespace(out=person.folder), person.link, join)
        except phone.Refused as refused:
            raise Failed(str(refused)) from None

    def phone_joins(self, person, words):
        """joins: opens the page, reads the notice, presses the button. {NAME} is the member's number from now on."""
        page = self.visit(person, join=True)
        if not page["asked_to_join"]:
            raise Failed(f"{person.name} was a member already")
        self.kept[person.name] = page["facts"]["member"]

    def phone_shows(self, person, words):
        """shows coupon N | shows code: before the terminal's camera."""
        page = self.visit(person)
        coupons = [picture for picture in page["pictures"] if "/coupon/" in picture["src"]]
        codes = [picture for picture in page["pictures"] if "/code.png" in picture["src"]]
        wanted = coupons[int(words[1]) - 1:] if words[0] == "coupon" else codes
        if not wanted:
            raise Failed(f"{person.name}'s page has no {' '.join(words)}")
        self.terminal.show(wanted[0]["file"])

    def heard(self, person):
        """Every text that reached the phone: answers that came at once, then what the account sent."""
        sent = [message["body"] for message in self.world.emulator.ask("sent") if message["to"] == person.openid]
        return person.replies + [str((body.get("text") or body.get("data") or body).get("content", body)) for body in sent]

    def expect_phone(self, words):
        """expect phone NAME got "TEXT" [N times] | got nothing with "TEXT" | sees "TEXT" | sees no "TEXT" | has coupons N"""
        person, act, what = self.person(words[0]), words[1], words[2:]
        if act == "got" and what[:2] == ["nothing", "with"]:
            self.same(f"what {person.name} got with {what[2]}", [t for t in self.heard(person) if what[2] in t], [])
        elif act == "got":
            wanted = int(what[1]) if len(what) > 1 else None
            self.until(f"{person.name} gets {what[0]!r}", lambda: self.count_heard(person, what[0], wanted),
                       lambda: self.heard(person))
        elif act == "sees":
            self.expect_page(person, what)
        elif act == "has" and what[0] == "coupons":
            self.until(f"{person.name} has {what[1]} coupons",
                       lambda: self.visit(person)["facts"].get("coupons") == what[1],
                       lambda: self.visit(person)["facts"])
        else:
            raise Failed(f"expect phone {person.name} {act}: not known")

    def count_heard(self, person, text, wanted):
        count = sum(text in heard for heard in self.heard(person))
        return count == wanted if wanted is not None else count > 0

    def expect_page(self, person, words):
        def page():
            with open(self.visit(person)["html"], encoding="utf-8") as file:
                return file.read()
        if words[0] == "no":
            self.same(f"{words[1]!r} on {person.name}'s page", words[1] in page(), False)
        else:
            self.until(f"{person.name}'s page says {words[0]!r}", lambda: words[0] in page(), page)

    def until(self, what, holds, seen, seconds=PATIENCE_S):
        """Waits for what central does by itself; says what there was instead."""
        try:
            return wait_for(what, seconds, holds)
        except Failed as failed:
            raise Failed(f"{failed}; there is {seen()}") from None

    # -- the operator

    def admin(self, *words):
        return self.world.central.admin(*words)

    def do_admin(self, words):
        """admin COMMAND …: the operator does it, and it is done."""
        self.admin(*words)

    def do_keep(self, words):
        """keep NAME as FIELD of COMMAND … [with FIELD VALUE…] | keep NAME as this month: for {NAME} in later lines."""
        name, field, command = words[0], words[2], words[4:]
        if words[2:] == ["this", "month"]:
            self.kept[name] = self.now().strftime("%Y-%m")
            return
        command, _, wanted = split_at(command, "with")
        found = self.find(command, wanted)
        if not found or field not in found[0]:
            raise Failed(f"{' '.join(command)} has no {field} {' '.join(wanted)}")
        self.kept[name] = found[0][field]

    def find(self, command, wanted):
        """The rows of an answer (or the answer itself) that have these values."""
        answer = self.admin(*command)
        return [row for row in [*rows(answer), answer] if isinstance(row, dict) and row_matches(row, wanted)]

    def expect_journal(self, words):
        """expect journal has KIND: the terminal wrote such a record (names as in `admin journal tail`)."""
        kinds = {"redemption": 4, "share_granted": 11, "share_released": 12}
        self.until(f"the terminal writes {words[1]}", lambda: self.world.till_rows(
            "SELECT 1 FROM journal WHERE kind = ?", kinds[words[1]]), lambda: "none yet")

    def expect_admin(self, words):
        """expect admin COMMAND … has FIELD VALUE… | lacks FIELD VALUE… | rows N"""
        command, mark, wanted = split_at(words, "has", "lacks", "rows")
        if mark == "has":
            self.until(f"{' '.join(command)} has {' '.join(wanted)}", lambda: self.find(command, wanted),
                       lambda: self.admin(*command))
        elif mark == "lacks":
            self.same(f"{' '.join(command)} {' '.join(wanted)}", self.find(command, wanted), [])
        elif mark == "rows":
            self.until(f"{' '.join(command)} has {wanted[0]} rows", lambda: len(rows(self.admin(*command))) == int(wanted[0]),
                       lambda: self.admin(*command))
        else:
            raise Failed("expect admin COMMAND … has|lacks|rows …")

    def expect_refused(self, words):
        """expect refused COMMAND … because "PART OF THE SENTENCE" """
        command, mark, why = split_at(words, "because")
        if mark is None:
            raise Failed("expect refused COMMAND … because \"…\"")
        try:
            answer = self.admin(*command)
        except Failed as refused:
            self.same(f"{why[0]!r} in {refused}", why[0] in str(refused), True)
            return
        raise Failed(f"it was done: {answer}")

    def do_wechat(self, words):
        """wechat is down | wechat is well | wechat refuses INTERFACE with CODE"""
        if words[0] == "refuses":
            self.world.emulator.ask("fault", {"always": {words[1]: int(words[3])}})
        else:
            self.world.emulator.ask("fault", {"down": words == ["is", "down"], "always": {}, "codes": {}, "delay_ms": 0})

    # -- time

    def do_time(self, words):
        """time passes N days|hours|minutes | time is 23:30 [on monday]: at central, at WeChat and in the stores."""
        if words[0] == "passes":
            seconds = float(words[1]) * UNITS_S[words[2].rstrip("s")]
        else:
            seconds = self.seconds_until(words[1], words[3] if len(words) > 3 else None)
        self.pass_time(int(seconds * 1000))

    def now(self):
        """The scenario's time, in China."""
        return datetime.now(CHINA) + timedelta(milliseconds=self.world.ahead_ms)

    def seconds_until(self, clock, weekday):
        now = self.now()
        hour, minute = map(int, clock.split(":"))
        then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        while then <= now or weekday and then.weekday() != WEEKDAYS.index(weekday):
            then += timedelta(days=1)
        return (then - now).total_seconds()

    def pass_time(self, milliseconds):
        """Stores are without a line meanwhile: a request that was signed before would arrive days too late."""
        named = getattr(self, "terminals", {"first": self.world.terminal})
        running = [terminal for terminal in named.values() if terminal and terminal.running()]
        for terminal in running:
            terminal.do(cmd="network", up=False)
        self.world.set_clock(self.world.ahead_ms + milliseconds)
        for terminal in running:
            wait_for("the line is down", 10, lambda: not terminal.view()["status"]["online"])  # noqa: B023
            terminal.do(cmd="clock", offset_ms=self.world.ahead_ms)
            terminal.do(cmd="network", up=not getattr(terminal, "cut", False))
        for terminal in running:
            if getattr(terminal, "cut", False):
                continue
            wait_for("the line is up", 30, lambda: terminal.view()["status"]["online"])  # noqa: B023
