#!/usr/bin/env python3
"""Central against WeChat's servers as the emulator plays them, in safe mode, over real processes.

    test_service.py TILLSIDE_CENTRAL
"""

import os
import re
import sys
import unittest
import urllib.parse
import urllib.request

from stage import AES_KEY, APPID, TOKEN, Stage, call

CENTRAL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "tillside-central"


class Service(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(CENTRAL)
        self.addCleanup(self.stage.close)

    def touchpoint(self, *words):
        return self.stage.admin("touchpoint", "add", "1", *words)["url"]

    def follows(self):
        rows = self.stage.admin("touchpoint", "report").get("rows", [])
        return {row["touchpoint"]: row["follows"] for row in rows}

    def join(self, reply):
        page = re.search(r"http\S+/m/\S+", reply).group(0)
        form = urllib.parse.urlencode({"consent": "2026-11", "store": "1"}).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(page + "/join", form) as answer:
            self.assertEqual(answer.status, 200)
        return self.stage.admin("member", "list")["rows"][0]["member"]

    def test_a_sealed_follow_is_answered_sealed_and_in_time(self):
        done = self.stage.phone("follow", url=self.touchpoint("--terminal", "7"))["pushes"][0]
        self.assertNotIn("error", done)
        self.assertEqual((done["status"], done["tries"]), (200, 1))
        self.assertLess(done["ms"], 5000)
        self.assertIn("/m/", done["reply"])
        self.stage.settle()
        self.assertEqual(self.follows(), {1: 1})

    def test_a_message_reaches_the_member_within_the_window_and_is_dead_outside(self):
        followed = self.stage.phone("follow", url=self.touchpoint())
        member = self.join(followed["pushes"][0]["reply"])
        for number in range(4):
            self.stage.admin("wechat", "send", str(member), f"\u60a8\u597d {number}")
        # The last one is neither waiting nor dead while it is under way.
        dead = self.stage.until(lambda: self.stage.admin("outbox", "list", "--state", "dead")["rows"])
        self.assertEqual([row["reason"] for row in dead], ["the reply window's messages are used up"])
        bodies = [m["body"]["text"]["content"] for m in self.stage.sent()]
        self.assertEqual(bodies, ["\u60a8\u597d 0", "\u60a8\u597d 1", "\u60a8\u597d 2"])

    def test_a_follow_without_its_key_is_attributed_by_asking(self):
        self.stage.phone("follow", url=self.touchpoint(), without_key=True)
        self.stage.until(lambda: self.follows().get(1) == 1)
        self.assertEqual(self.follows().get(0, 0), 0)

    def test_a_lost_push_is_found_by_reconciling(self):
        url = self.touchpoint()
        self.stage.phone("follow", url=url)
        self.stage.phone("follow", url=url, lost=True)
        found = self.stage.admin("wechat", "reconcile", "stage")
        self.assertEqual((found["followers"], found["found"]), (2, 1))
        self.stage.until(lambda: self.follows().get(1) == 2)

    def test_a_crowd_is_taken_in_once_each_however_it_pushes(self):
        done = self.stage.control("crowd", phones=40, messages=120, threads=8, repeat_every=5, url=self.touchpoint())
        self.assertEqual(done["messages"], 160)
        self.assertEqual(done["answered"], done["pushes"])
        self.assertGreater(done["pushes"], done["messages"])
        self.stage.settle()
        self.assertEqual(self.stage.admin("wechat", "inbox")["messages"], 160)
        self.assertEqual(self.follows(), {1: 40})

    def test_what_waits_in_the_outbox_survives_a_kill_while_the_platform_is_slow_or_down(self):
        followed = self.stage.phone("follow", url=self.touchpoint())
        member = self.join(followed["pushes"][0]["reply"])
        self.stage.phone("text", openid=followed["openid"], content="\u6709\u4eba\u5417")
        self.stage.control("fault", down=True)
        for number in range(3):
            self.stage.admin("wechat", "send", str(member), f"no {number}")
        self.stage.kill()
        self.stage.control("fault", down=False, delay_ms=200, codes={"message/custom/send": [-1, 40001]})
        self.stage.start()
        self.assertEqual(self.stage.admin("outbox", "status")["dead"], 0)
        self.stage.until(lambda: self.stage.admin("outbox", "status")["sent"] >= 3, 120)
        self.assertEqual([m["body"]["text"]["content"] for m in self.stage.sent()], ["no 0", "no 1", "no 2"])

    def test_a_plain_push_to_a_safe_account_is_refused(self):
        self.stage.control("account", url=f"{self.stage.public}/wechat/stage", token=TOKEN, mode="plain")
        done = self.stage.phone("text", content="x")["pushes"][0]
        self.assertEqual((done["status"], done["tries"]), (403, 1))
        self.assertIn("not_encrypted", done["error"])
        self.stage.control("account", url=f"{self.stage.public}/wechat/stage", token=TOKEN, mode="compatible",
                           aes_key=AES_KEY, appid=APPID)
        self.assertNotIn("error", self.stage.phone("text", content="x")["pushes"][0])

    def test_kinds_nobody_knows_are_acknowledged_and_kept(self):
        for act in ("strange", "location", "click", "view"):
            self.assertEqual(self.stage.phone(act)["pushes"][0]["status"], 200)
        self.assertEqual(self.stage.admin("wechat", "inbox")["messages"], 4)

    def test_one_token_serves_every_call(self):
        for _ in range(3):
            self.touchpoint()
        self.assertEqual(call(f"{self.stage.api}/emulator/state")["tokens"], 1)


if __name__ == "__main__":
    unittest.main()
