#!/usr/bin/env python3
"""From an empty folder to a member, over real processes: init, serve, the ticket API, the demo brand, a phone that follows
and joins, and what the operator then sees. Pictures are read by an independent decoder (zbarimg).

    test_follow.py TILLSIDE_CENTRAL
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CENTRAL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "tillside-central"

# Fontconfig keeps its caches until the process ends; a sanitized build would call that a leak.
os.environ.setdefault("LSAN_OPTIONS", f"suppressions={HERE}/lsan.txt:print_suppressions=0")


def read_code(path):
    """The QR codes of a picture: now and then a row of modules is a bar code as well."""
    only_qr = ["-Sdisable", "-Sqrcode.enable"]
    done = subprocess.run(["zbarimg", "-q", "--raw", *only_qr, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode().strip()


class Follow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tillside-follow-")
        cls.data, cls.log = os.path.join(cls.folder, "data"), os.path.join(cls.folder, "log")
        cls.processes = []
        subprocess.run([CENTRAL, "init", "--data", cls.data], check=True, stdout=subprocess.DEVNULL)
        cls.start()
        emulator = cls.spawn([sys.executable, os.path.join(HERE, "emulator.py"), "serve"])
        cls.api = f"http://127.0.0.1:{json.loads(emulator.stdout.readline())['port']}"
        cls.admin("demo", "--out", cls.folder, "--wechat-api", cls.api)

    @classmethod
    def spawn(cls, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.processes.append(process)
        return process

    @classmethod
    def start(cls):
        serve = cls.spawn([CENTRAL, "serve", "--data", cls.data, "--listen", "127.0.0.1:0", "--public", "127.0.0.1:0",
                           "--log", cls.log])
        word, _, public = serve.stdout.readline().split()
        assert word == b"ready"
        cls.serve, cls.public = serve, f"http://127.0.0.1:{int(public)}"

    @classmethod
    def tearDownClass(cls):
        for process in cls.processes:
            process.terminate()
            process.wait()
            process.stdout.close()
        shutil.rmtree(cls.folder)

    @classmethod
    def admin(cls, *words):
        done = subprocess.run([CENTRAL, "admin", "--data", cls.data, "--json", *words], cwd=ROOT, stdout=subprocess.PIPE,
                              check=True)
        return json.loads(done.stdout)

    def phone(self, act, *words, ok=True):
        done = subprocess.run([sys.executable, os.path.join(HERE, "phone.py"), act, "--public", self.public, *words],
                              stdout=subprocess.PIPE)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["ok"], ok, answer)
        return answer

    def member(self, number):
        return self.admin("member", "show", str(number))

    def test_a_follow_at_the_shelf_wins_a_member_with_codes_that_can_be_read(self):
        out = os.path.join(self.folder, "phone")
        url = read_code(os.path.join(self.folder, "codes", "follow-shelf-screen.png"))
        self.assertEqual(url, self.admin("touchpoint", "list")["rows"][0]["url"])
        joined = self.phone("follow", "--url", url, "--emulator", self.api, "--out", out)
        member = self.member(joined["facts"]["member"])
        self.assertEqual((member["won_by_store"], member["terminal"], member["shelf"], member["clerk"]),
                         (1, 1, "冷饮柜", 2))
        codes = [read_code(picture["file"]) for picture in joined["pictures"]]
        self.assertTrue(codes[0].startswith("TSM1:"))
        self.assertTrue(codes[1].startswith("TSC1:"))
        self.assertEqual(codes[1], self.admin("coupon", "show", member["coupons"][0])["text"])

    def test_a_repeated_push_makes_one_follower(self):
        before = self.follows()
        self.phone("follow", "--url", self.url(4), "--emulator", self.api, "--repeat", "3")
        self.assertEqual(self.follows(), before + 1)

    def test_who_leaves_is_forgotten_even_after_a_kill(self):
        joined = self.phone("follow", "--url", self.url(2), "--emulator", self.api)
        self.phone("unfollow", "--openid", joined["openid"])
        self.serve.kill()
        self.serve.wait()
        self.start()
        while self.admin("wechat", "inbox")["waiting"]:
            pass
        self.phone("page", "--page", joined["page"].replace(joined["page"].split("/m/")[0], self.public), ok=False)
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    self.assertNotIn(joined["openid"].encode(), file.read(), name)
        self.assertEqual(self.member(joined["facts"]["member"])["state"], "active")

    def test_every_demo_code_is_read_by_another_decoder(self):
        with open(os.path.join(self.folder, "codes", "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.assertGreaterEqual(len(manifest), 34)
        for entry in manifest:
            self.assertEqual(read_code(os.path.join(self.folder, "codes", entry["file"])), entry["text"], entry["file"])

    def test_a_wrong_token_is_turned_away(self):
        answer = self.phone("text", "--token", "guessed", ok=False)
        self.assertIn("403", answer["error"])

    def url(self, touchpoint):
        return self.admin("touchpoint", "list")["rows"][touchpoint - 1]["url"]

    def follows(self):
        return sum(row["follows"] for row in self.admin("touchpoint", "report").get("rows", []))


if __name__ == "__main__":
    unittest.main()
