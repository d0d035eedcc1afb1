#!/usr/bin/env python3
"""Webhooks of a real central to a receiver of our own, which checks each signature with openssl and is down, slow, wrong
or forgetful in turn.

    webhook_process.py TILLSIDE_CENTRAL
"""

import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CENTRAL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "tillside-central"
DEADLINE_S = 60

os.environ.setdefault("LSAN_OPTIONS", f"suppressions={HERE}/../wechat/lsan.txt:print_suppressions=0")


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.statuses, self.delay_s, self.seen, self.heard = [], 0, [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay_s)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.seen.append((self.headers["Tillside-Delivery"], self.headers["Tillside-Signature"], body, status))
        if status == 200:
            self.server.heard += [event["id"] for event in json.loads(body)["events"]]
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def mac(secret, text):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", secret], input=text, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("= ")[1].strip()


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tillside-webhook-")
        self.data = os.path.join(self.folder, "data")
        subprocess.run([CENTRAL, "init", "--data", self.data], check=True, stdout=subprocess.DEVNULL)
        self.serve = subprocess.Popen([CENTRAL, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--public",
                                       "127.0.0.1:0", "--webhooks-anywhere", "--log", os.path.join(self.folder, "log")],
                                      stdout=subprocess.PIPE)
        self.assertEqual(self.serve.stdout.readline().split()[0], b"ready")
        self.admin("store", "add", "店", "Store")
        self.receiver = Receiver()

    def tearDown(self):
        self.receiver.shutdown()
        self.receiver.server_close()
        self.serve.terminate()
        self.serve.wait()
        self.serve.stdout.close()
        shutil.rmtree(self.folder)

    def admin(self, *words, ok=True):
        done = subprocess.run([CENTRAL, "admin", "--data", self.data, "--json", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode == 0, ok)
        return json.loads(done.stdout) if ok else None

    def add(self, events):
        port = self.receiver.server_address[1]
        return self.admin("webhook", "add", f"http://127.0.0.1:{port}/hook", "--events", events)["secret"]

    def wait(self, what):
        until = time.monotonic() + DEADLINE_S
        while not what() and time.monotonic() < until:
            time.sleep(0.02)
        self.assertTrue(what())

    def test_each_delivery_is_signed_as_openssl_signs(self):
        secret = self.add("member.joined")
        self.admin("member", "add", "--store", "1", "--count", "3")
        self.wait(lambda: len(self.receiver.heard) == 3)
        delivery, signature, body, _ = self.receiver.seen[0]
        moment, value = signature.split(",v1=")
        self.assertEqual(value, mac(secret, moment[2:].encode() + b"." + delivery.encode() + b"." + body))
        self.assertNotEqual(value, mac(secret, moment[2:].encode() + b"." + delivery.encode() + b"." + body + b" "))
        self.assertEqual(self.admin("webhook", "test", "1")["status"], 200)

    def test_a_receiver_that_fails_hears_all_in_order_and_can_tell_what_it_had(self):
        self.add("member.joined")
        self.receiver.statuses = [500, 502]
        for _ in range(3):
            self.admin("member", "add", "--store", "1")
        self.wait(lambda: len(set(self.receiver.heard)) == 3)
        failed = {delivery for delivery, _, _, status in self.receiver.seen if status != 200}
        taken = {delivery for delivery, _, _, status in self.receiver.seen if status == 200}
        self.assertTrue(failed <= taken)
        bodies = {}
        for delivery, _, body, _ in self.receiver.seen:
            self.assertEqual(bodies.setdefault(delivery, body), body)
        self.assertEqual(self.receiver.heard, sorted(self.receiver.heard, key=lambda text: int(text.split("-")[2])))

    def test_a_slow_and_then_absent_receiver_loses_nothing(self):
        self.add("member.joined")
        self.receiver.delay_s = 0.5
        self.admin("member", "add", "--store", "1", "--count", "60")
        self.wait(lambda: len(self.receiver.heard) == 60)
        port, heard = self.receiver.server_address[1], self.receiver.heard
        self.receiver.shutdown()
        self.receiver.server_close()
        self.admin("member", "add", "--store", "1")
        self.wait(lambda: self.admin("webhook", "list")["rows"][0]["failures"] >= 2)
        self.assertFalse(self.admin("webhook", "test", "1", ok=False))
        self.receiver = Receiver(port)
        self.wait(lambda: len(self.receiver.heard) == 1)
        self.assertEqual(len(set(heard + self.receiver.heard)), 61)

    def test_a_killed_central_goes_on_where_it_was(self):
        self.add("member.joined")
        self.receiver.delay_s = 0.2
        self.admin("member", "add", "--store", "1", "--count", "120")
        self.wait(lambda: self.receiver.heard)
        self.serve.kill()
        self.serve.wait()
        self.serve.stdout.close()
        self.serve = subprocess.Popen([CENTRAL, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--public",
                                       "127.0.0.1:0", "--webhooks-anywhere"], stdout=subprocess.PIPE)
        self.assertEqual(self.serve.stdout.readline().split()[0], b"ready")
        self.wait(lambda: len(set(self.receiver.heard)) == 120)
        self.assertLessEqual(len(self.receiver.heard), 170)  # one delivery may have come twice


if __name__ == "__main__":
    unittest.main()
