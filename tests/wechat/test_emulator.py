#!/usr/bin/env python3
"""The emulator answers as the platform does, and the phone understands what it gives."""

import json
import os
import subprocess
import sys
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Emulator(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "emulator.py"), "serve"],
                                        stdout=subprocess.PIPE)
        self.base = f"http://127.0.0.1:{json.loads(self.process.stdout.readline())['port']}"

    def tearDown(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def call(self, path, body=None):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.base + path, data) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def token(self, **changes):
        body = {"grant_type": "client_credential", "appid": "wxtillsidedemo0001", "secret": "demo-secret", **changes}
        return self.call("/cgi-bin/stable_token", body)

    def create(self, token, action="QR_LIMIT_STR_SCENE", scene="t1", **more):
        body = {"action_name": action, "action_info": {"scene": {"scene_str": scene}}, **more}
        return self.call(f"/cgi-bin/qrcode/create?access_token={token}", body)

    def test_the_same_token_is_given_until_it_is_forced(self):
        first = self.token()["access_token"]
        self.assertEqual(first, self.token()["access_token"])
        self.assertNotEqual(first, self.token(force_refresh=True)["access_token"])

    def test_wrong_credentials_are_refused_as_the_platform_does(self):
        self.assertEqual(self.token(appid="wx0")["errcode"], 40013)
        self.assertEqual(self.token(secret="x")["errcode"], 40125)
        self.assertEqual(self.create("wrong")["errcode"], 40001)
        self.assertEqual(self.call("/cgi-bin/stable_token", b"{")["errcode"], 47001)

    def test_a_ticket_resolves_to_its_scene(self):
        made = self.create(self.token()["access_token"], scene="t42")
        self.assertTrue(made["url"].startswith("http://weixin.qq.com/q/"))
        self.assertNotIn("expire_seconds", made)
        self.assertEqual(self.call("/emulator/resolve?url=" + made["url"])["scene"], "t42")
        self.assertEqual(self.call("/emulator/resolve?url=http://weixin.qq.com/q/x")["error"], "unknown_ticket")

    def test_a_temporary_one_says_how_long_it_lives(self):
        made = self.create(self.token()["access_token"], action="QR_STR_SCENE", expire_seconds=10**9)
        self.assertEqual(made["expire_seconds"], 30 * 24 * 3600)

    def test_a_scene_has_1_to_64_characters(self):
        token = self.token()["access_token"]
        self.assertEqual(self.create(token, scene="")["errcode"], 40053)
        self.assertEqual(self.create(token, scene="x" * 65)["errcode"], 40053)
        self.assertIn("url", self.create(token, scene="x" * 64))


if __name__ == "__main__":
    unittest.main()
