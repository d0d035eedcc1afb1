#!/usr/bin/env python3
"""The emulator answers as the platform does, and the phone understands what it gives."""

import json
import os
import subprocess
import sys
import unittest
import urllib.request

import envelope
from platform_api import Platform, Refusal

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


class Windows(unittest.TestCase):
    """What the platform lets an account send, on a clock of the test's own."""

    def setUp(self):
        self.now = 1_000_000.0
        self.platform = Platform("wx1", "s", clock=lambda: self.now)
        self.platform.follow("o1", "t1")

    @property
    def token(self):
        return self.platform.stable_token({"grant_type": "client_credential", "appid": "wx1", "secret": "s"})

    def send(self, openid="o1"):
        body = {"touser": openid, "msgtype": "text", "text": {"content": "x"}}
        try:
            return self.platform.call("message/custom/send", self.token, body)["errcode"]
        except Refusal as refusal:
            return refusal.answer["errcode"]

    def test_three_within_a_minute_of_a_follow(self):
        self.platform.open_window("o1", "touch")
        self.assertEqual([self.send() for _ in range(4)], [0, 0, 0, 45047])
        self.now += 61
        self.assertEqual(self.send(), 45015)

    def test_five_within_two_days_of_a_message(self):
        self.platform.open_window("o1", "message")
        self.now += 47 * 3600
        self.assertEqual([self.send() for _ in range(6)], [0] * 5 + [45047])
        self.now += 2 * 3600
        self.assertEqual(self.send(), 45015)

    def test_nobody_else_is_written_to(self):
        self.assertEqual(self.send("oStranger"), 40003)
        self.platform.unfollow("o1")
        self.assertEqual(self.send(), 43004)

    def test_a_script_of_errors_is_played_once(self):
        self.platform.open_window("o1", "message")
        self.platform.faults["codes"] = {"message/custom/send": [45009, -1]}
        self.assertEqual([self.send() for _ in range(3)], [45009, -1, 0])

    def test_four_mass_messages_a_person(self):
        self.platform.follow("o2", "")
        for number in range(6):
            self.platform.call("message/mass/send", self.token, {"touser": ["o1", "o2"], "clientmsgid": f"m{number}"})
        self.assertEqual(len(self.platform.sent), 8)


class Sealed(unittest.TestCase):
    def test_the_vectors_open(self):
        with open(os.path.join(HERE, "..", "data", "wechat", "vectors.json"), encoding="utf-8") as file:
            callback = json.load(file)["wechat_callback"]
        sealed = envelope.Envelope(callback["token"], callback["encoding_aes_key"], callback["appid"])
        for message in callback["messages"].values():
            self.assertEqual(sealed.open(message["ciphertext_base64"]), message["plaintext_utf8"])
            self.assertEqual(sealed.sign(callback["timestamp"], callback["nonce"], message["ciphertext_base64"]),
                             message["msg_signature"])
            self.assertEqual(sealed.open(sealed.seal(message["plaintext_utf8"])), message["plaintext_utf8"])


if __name__ == "__main__":
    unittest.main()
