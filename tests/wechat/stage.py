"""A stage for tests of the WeChat side: a central of its own, the emulator, and what drives both."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOKEN = "stageToken2026"
APPID = "wx5823bf96d3bd56c7"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SECRET = "stage-secret"


def call(url, body=None, method=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


class Stage:
    def __init__(self, central):
        self.central = central
        self.folder = tempfile.mkdtemp(prefix="tillside-wechat-")
        self.data = os.path.join(self.folder, "data")
        self.processes, self.public_port = [], 0
        self.emulator_process = self.spawn([sys.executable, os.path.join(HERE, "emulator.py"), "serve", "--appid", APPID,
                                            "--secret", SECRET])
        self.api = f"http://127.0.0.1:{json.loads(self.emulator_process.stdout.readline())['port']}"
        subprocess.run([central, "init", "--data", self.data], check=True, stdout=subprocess.DEVNULL)
        self.start()
        self.admin("store", "add", "\u677e\u6c5f\u8def\u5e97", "Songjiang")
        self.admin("wechat", "account", "stage", "--token", TOKEN, "--api", self.api, "--appid", APPID, "--secret", SECRET,
                   "--aes-key", AES_KEY)
        self.control("account", url=f"{self.public}/wechat/stage", token=TOKEN, mode="safe", aes_key=AES_KEY, appid=APPID)

    def spawn(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def start(self):
        self.serve = self.spawn([self.central, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--public",
                                 f"127.0.0.1:{self.public_port}", "--log", os.path.join(self.folder, "log")])
        word, _, public = self.serve.stdout.readline().split()
        assert word == b"ready"
        self.public_port = int(public)
        self.public = f"http://127.0.0.1:{self.public_port}"

    def kill(self):
        self.serve.kill()
        self.serve.wait()

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
            process.stdout.close()
        shutil.rmtree(self.folder)

    def admin(self, *words):
        done = subprocess.run([self.central, "admin", "--data", self.data, "--json", *words], cwd=ROOT,
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def control(self, what, **order):
        return call(f"{self.api}/emulator/{what}", order)

    def sent(self):
        return call(f"{self.api}/emulator/sent")

    def phone(self, act, **order):
        return self.control("phone", act=act, **order)

    def until(self, holds, seconds=60):
        """Waits for something that happens by itself, and gives it; central's work has no other sign."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > end:
                raise AssertionError(f"did not come true within {seconds} s")
        return found

    def settle(self):
        self.until(lambda: self.admin("wechat", "inbox")["waiting"] == 0)
