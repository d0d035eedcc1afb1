#!/usr/bin/env python3
"""Independent implementations drive central and the emulator (peers/README.md). Exit code 77 when there is no node.

    test_peers.py TILLSIDE_CENTRAL FOLDER_FOR_THE_PACKAGES
"""

import json
import os
import shutil
import subprocess
import sys
import unittest

from stage import AES_KEY, APPID, HERE, SECRET, TOKEN, Stage

CENTRAL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "tillside-central"
PACKAGES = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(HERE, "peers")
INSTALL_S, RUN_S = 300, 120


def install():
    """The pinned packages beside copies of the scripts, once per lock file."""
    source, mark = os.path.join(HERE, "peers"), os.path.join(PACKAGES, "installed.json")
    os.makedirs(PACKAGES, exist_ok=True)
    for name in os.listdir(source):
        if os.path.isfile(os.path.join(source, name)):
            shutil.copy(os.path.join(source, name), PACKAGES)
    lock = os.path.join(PACKAGES, "package-lock.json")
    with open(lock, "rb") as file:
        wanted = file.read()
    if os.path.exists(mark):
        with open(mark, "rb") as file:
            if file.read() == wanted:
                return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=PACKAGES, check=True,
                   stdout=subprocess.DEVNULL, timeout=INSTALL_S)
    with open(mark, "wb") as file:
        file.write(wanted)


def node(stage, script, *words):
    """Runs in the stage's folder: what a peer keeps on disk goes with it."""
    command = ["node", "--no-deprecation", os.path.join(PACKAGES, script), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=RUN_S,
                          cwd=stage.folder)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return json.loads(done.stdout)


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(CENTRAL)

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    def test_wechat_crypto_s_pushes_are_understood_and_answered_in_time(self):
        added = self.stage.admin("touchpoint", "add", "1")
        self.assertEqual(added["scene"], "t1")
        done = node(self.stage, "push.js", f"{self.stage.public}/wechat/stage", TOKEN, AES_KEY, APPID, "40")
        self.assertEqual((done["answered"], done["replies"], done["wrong"]), (40, 40, []))
        self.assertLess(done["slowest_ms"], 5000)
        self.assertEqual(done["refused"], {"signature": "403 wrong_signature", "nonce": "403 wrong_signature",
                                           "text": "403 wrong_signature", "old": "403 old_timestamp",
                                           "appid": "403 wrong_envelope"})
        self.stage.settle()
        follows = {row["touchpoint"]: row["follows"] for row in self.stage.admin("touchpoint", "report")["rows"]}
        self.assertEqual(follows[added["touchpoint"]], 20)

    def test_an_account_made_with_wechat_understands_the_emulator(self):
        account = self.stage.spawn(["node", "--no-deprecation", os.path.join(PACKAGES, "account.js"), TOKEN, AES_KEY, APPID])
        base = f"http://127.0.0.1:{json.loads(account.stdout.readline())['port']}"
        try:
            for mode, path in (("safe", "/safe"), ("plain", "/plain"), ("compatible", "/safe")):
                self.stage.control("account", url=base + path, token=TOKEN, mode=mode, aes_key=AES_KEY, appid=APPID)
                done = self.stage.phone("text", content="你好 & <谢谢>")["pushes"][0]
                self.assertEqual((done["status"], done["reply"]), (200, "echo: 你好 & <谢谢>"), (mode, done))
                done = self.stage.phone("click", key="menu_1")["pushes"][0]
                self.assertEqual(done["reply"], "CLICK/menu_1", (mode, done))
                self.assertEqual(self.stage.phone("unfollow")["pushes"][0]["reply"], "")
            self.stage.control("account", url=base + "/plain", token="guessed", mode="plain")
            self.assertEqual(self.stage.phone("text")["pushes"][0]["status"], 401)
        finally:
            self.stage.control("account", url=f"{self.stage.public}/wechat/stage", token=TOKEN, mode="safe",
                               aes_key=AES_KEY, appid=APPID)

    def test_co_wechat_api_works_the_emulator(self):
        one, two = (self.stage.phone("follow")["openid"] for _ in range(2))
        done = node(self.stage, "co_wechat_api.js", self.stage.api, APPID, SECRET, one, two)
        self.assertTrue(done["permanent"]["url"].startswith("http://weixin.qq.com/q/"))
        self.assertEqual((done["permanent"]["expire"], done["temporary"]["expire"]), (0, 1800))
        self.assertEqual((done["user"]["subscribe"], done["user"]["openid"]), (1, one))
        self.assertEqual((done["users"], done["tags"], done["menu_back"]), (2, 1, "会员"))
        self.assertEqual({k: done[k] for k in ("tag_twice", "text", "stranger", "template", "mass", "mass_twice", "menu",
                                               "menu_too_big", "after_stale_token")},
                         {"tag_twice": 45157, "text": 0, "stranger": 40003, "template": 0, "mass": 0, "mass_twice": 45065,
                          "menu": 0, "menu_too_big": 40016, "after_stale_token": 0})

    def test_node_easywechat_works_both_ends(self):
        done = node(self.stage, "easywechat.js", self.stage.api, f"{self.stage.public}/wechat/stage", TOKEN, AES_KEY, APPID, SECRET)
        self.assertTrue(done["url"].startswith("http://weixin.qq.com/q/"))
        self.assertTrue(done["same_token"])
        self.assertEqual(done["pushed"], {"status": 200, "to": True, "page": True})


if __name__ == "__main__":
    if not shutil.which("node") or not shutil.which("npm"):
        print("SKIPPED: the peers need node and npm (.ci/install test brings them)")
        sys.exit(77)
    install()
    unittest.main()
