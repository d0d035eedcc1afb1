"""Members on their own page: what a phone does there beside joining and showing codes."""

import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wechat"))
import phone  # noqa: E402
from world import Failed  # noqa: E402


class Words:
    def member_form(self, person, act, fields):
        """Sends one of the page's forms; what the page says then."""
        if not person.link:
            raise Failed(f"{person.name} got no link to the member page")
        body = urllib.parse.urlencode(fields).encode()
        status, _, answer = phone.fetch(f"{person.link}/{act}", body, "application/x-www-form-urlencoded")
        if status != 200:
            raise Failed(f"{act} answered {status}: {answer[:120]!r}")

    def phone_likes(self, person, words):
        """likes TAG …: ticks these of the offered interests, and no other"""
        offered = {row["name"]: row["tag"] for row in self.admin("tag", "list")["rows"]}
        unknown = [word for word in words if word not in offered]
        if unknown:
            raise Failed(f"the page offers no {unknown}")
        self.member_form(person, "tags", {f"t{offered[word]}": "1" for word in words})

    def phone_switches(self, person, words):
        """switches chosen offers off|on"""
        self.member_form(person, "privacy", {"personal": "1" if words[-1] == "on" else "0"})

    def phone_leaves(self, person, words):
        """leaves for good: the tick, then the red button"""
        self.member_form(person, "erase", {"sure": "yes"})
