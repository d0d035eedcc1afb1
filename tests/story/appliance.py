"""Central, terminals and the shopper's phone as processes: started, asked and stopped from the outside."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PHONE = os.path.join(ROOT, "tests", "wechat", "phone.py")
EMULATOR = os.path.join(ROOT, "tests", "wechat", "emulator.py")


PATIENCE_S = 60  # only so that a hung test ends
STOP_S = 15  # then the device's service manager kills a program


class Failed(Exception):
    """A step of the story does not hold."""


def wait_for(what, seconds, look):
    """Asks look() until it gives something true; what it gave last goes into the message."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def free_port():
    """Below those that the kernel gives to connections: who stops and starts again must find its port free."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Process:
    def __init__(self, name, command, log):
        self.name, self.command, self.log = name, command, log
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        if not self.running():
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not stop within {STOP_S} s") from None

    def log_tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-15:])


class Central(Process):
    def __init__(self, bin_dir, data, logs):
        self.program = os.path.join(bin_dir, "tillside-central")
        self.data = data
        self.port, self.public_port = free_port(), free_port()
        self.public = f"http://127.0.0.1:{self.public_port}"
        super().__init__("central", [self.program, "serve", "--data", data, "--listen", f"127.0.0.1:{self.port}",
                                     "--public", f"127.0.0.1:{self.public_port}"], os.path.join(logs, "central.log"))

    def init(self):
        done = subprocess.run([self.program, "init", "--data", self.data], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"tillside-central init: {done.stderr.strip()}")

    def start(self):
        super().start()
        wait_for("central answers", PATIENCE_S, self.healthy)

    def healthy(self):
        if not self.running():
            raise Failed(f"central stopped:\n{self.log_tail()}")
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            return opener.open(f"{self.public}/healthz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def admin(self, *words):
        command = [self.program, "admin", "--data", self.data, "--json", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"admin {' '.join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}


class Terminal(Process):
    def __init__(self, bin_dir, name, base, size, language):
        self.data = os.path.join(base, name)
        self.socket_path = os.path.join(base, name + ".sock")
        width, height = size.split("x")
        os.makedirs(self.data, exist_ok=True)
        super().__init__(name, [os.path.join(bin_dir, "tillside-terminal"), "--board", "sim", "--data", self.data,
                                "--control", self.socket_path, "--lang", language, "--device", f"display.width={width}",
                                "--device", f"display.height={height}"], os.path.join(base, name + ".log"))
        self.connection = None

    def start(self):
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        super().start()
        wait_for(f"{self.name} opens its control socket", PATIENCE_S, self.connect)

    def connect(self):
        if not self.running():
            raise Failed(f"{self.name} stopped:\n{self.log_tail()}")
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.socket_path)
        except OSError:
            connection.close()
            return False
        connection.settimeout(PATIENCE_S)
        self.connection = connection.makefile("rwb")
        return True

    def ask(self, **command):
        self.connection.write(json.dumps(command).encode() + b"\n")
        self.connection.flush()
        line = self.connection.readline()
        if not line:
            raise Failed(f"{self.name} closed its control socket:\n{self.log_tail()}")
        return json.loads(line)

    def do(self, **command):
        answer = self.ask(**command)
        if not answer["ok"]:
            raise Failed(f"{self.name}: {command}: {answer['error']}")
        return answer

    def view(self):
        return self.do(cmd="view")["view"]

    def wait_screen(self, screen, seconds=PATIENCE_S, **fields):
        """Until this screen is up and its fields have these values; the screen's fields."""
        seen = {}

        def look():
            answer = self.do(cmd="view")
            view = answer["view"]
            seen.clear()
            seen.update(view)
            body = view.get(view["screen"], {})
            return (view["screen"] == screen and not answer["waiting"]
                    and all(body.get(key) == value for key, value in fields.items()))
        try:
            wait_for(f"{self.name} shows {screen} {fields or ''}", seconds, look)
        except Failed as failed:
            raise Failed(f"{failed}; it shows {json.dumps(seen, ensure_ascii=False)}") from None
        return seen[screen]

    def wait_hit(self, name, seconds=PATIENCE_S):
        wait_for(f"{self.name}: {name} can be touched", seconds,
                 lambda: any(hit["name"] == name for hit in self.do(cmd="hits")["hits"]))

    def tap(self, name):
        """As soon as it can be touched; a screen may change between looking and touching."""
        wait_for(f"{self.name}: {name} can be touched", PATIENCE_S, lambda: self.ask(cmd="tap", name=name)["ok"])

    def keys(self, digits):
        for digit in digits:
            self.tap(f"key_{digit}")

    def show(self, picture):
        self.do(cmd="show", picture=picture, frames=10)

    def outputs(self):
        return self.do(cmd="outputs")

    def kill(self):
        self.stop(signal.SIGKILL)


class Emulator(Process):
    """WeChat's servers and the phones that use them (tests/wechat/emulator.py)."""

    def __init__(self, base, port=0, played_clock=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clock = ["--played-clock", played_clock] if played_clock else []
        super().__init__("emulator", [sys.executable, EMULATOR, "serve", "--port", str(self.port), "--state",
                                      os.path.join(base, "emulator.json"), *clock], os.path.join(base, "emulator.log"))

    def start(self):
        super().start()
        wait_for("the emulator answers", 20, self.answers)

    def answers(self):
        if not self.running():
            raise Failed(f"the emulator stopped:\n{self.log_tail()}")
        try:
            return self.ask("state") is not None
        except OSError:
            return False

    def ask(self, what, order=None):
        """What the emulator knows, or, with an order, what it is to do."""
        data = json.dumps(order).encode() if order is not None else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(f"{self.url}/emulator/{what}", data=data), timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(f"emulator {what} {order}: {json.load(error)['error']}") from None


def phone(*words):
    done = subprocess.run([sys.executable, PHONE, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"phone {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)
