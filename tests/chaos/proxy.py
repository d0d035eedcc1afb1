"""A network that misbehaves, between terminals and central.

It ends TLS with central's own key on both sides (the terminals pin that key), so that it can do to whole requests what
networks and middle boxes do: lose them or their answers, repeat them, let a later one pass, wait, cut them off in the
middle, go quiet without a word, or trickle. What it does to each request is drawn from a seed; it counts everything.
"""

import os
import random
import re
import socket
import ssl
import struct
import threading
import time
from collections import Counter

# name: share of requests
FAULTS = {
    "lose_request": 0.15, "lose_answer": 0.15, "repeat_first": 0.10, "repeat_last": 0.10, "reorder": 0.08,
    "delay": 0.04, "cut_request": 0.05, "cut_answer": 0.05, "half_open": 0.03, "trickle": 0.03,
}
DELAY_S = 5
HOLD_S = 3  # a held request goes on when nobody passes it


class Gone(Exception):
    """One end closed, or the proxy does."""


def reset(sock):
    """Closes with RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    except OSError:
        pass


def read_message(sock):
    """Head and body of one HTTP/1.1 message with a Content-Length (or none)."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise Gone
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    length = int(found.group(1)) if found else 0
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            raise Gone
        body += more
    return head + b"\r\n\r\n", body


class Request:
    def __init__(self, head, body):
        self.head, self.body = head, body
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        self.path = line.split(" ")[1].split("?")[0]
        found = re.search(rb'keyid="([^"]*)"', head)
        self.key = found.group(1).decode() if found else ""

    def bytes(self):
        return self.head + self.body


class ChaosProxy:
    def __init__(self, tls_file, seed):
        self.random = random.Random(seed)
        self.server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_tls.load_cert_chain(tls_file)
        self.client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client_tls.check_hostname = False
        self.client_tls.verify_mode = ssl.CERT_NONE  # the same machine, a port of our own
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.target = 0
        self.lock = threading.Condition()  # guards all below
        self.raging = False
        self.closing = False
        self.passed = 0  # requests that went to central
        self.faults = Counter()
        self.rounds = Counter()  # (key, path): exchanges that worked since the last heal
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    # -- switched from outside ---------------------------------------------------------------------------------------

    def rage(self):
        with self.lock:
            self.raging = True

    def heal(self):
        """From now on every request passes; what hung in the air is cut."""
        with self.lock:
            self.raging = False
            self.rounds.clear()
            hanging, self.open = self.open, set()
            self.lock.notify_all()
        for sock in hanging:
            reset(sock)

    def rounds_of(self, key, path):
        with self.lock:
            return self.rounds[key, path]

    def close(self):
        self.closing = True
        self.listener.close()
        self.heal()

    # -- connections -------------------------------------------------------------------------------------------------

    def accept(self):
        while not self.closing:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        raw.settimeout(60)
        near = raw
        try:
            near = self.server_tls.wrap_socket(raw, server_side=True)
            with self.lock:
                self.open.add(near)
            while not self.closing:
                head, body = read_message(near)
                self.exchange(near, Request(head, body))
        except (OSError, Gone):
            pass
        finally:
            with self.lock:
                self.open.discard(near)
            reset(near)

    def draw(self):
        with self.lock:
            if not self.raging:
                return "pass"
            point = self.random.random()
            for name, share in FAULTS.items():
                point -= share
                if point < 0:
                    self.faults[name] += 1
                    return name
            return "pass"

    def exchange(self, near, request):
        getattr(self, "do_" + self.draw())(near, request)

    def ask(self, request, cut_at=None):
        """One request over a connection of its own; the answer's bytes."""
        raw = socket.create_connection(("127.0.0.1", self.target), timeout=60)
        with self.client_tls.wrap_socket(raw) as far:
            data = request.bytes()
            if cut_at is not None:
                far.sendall(data[:cut_at])
                reset(far)
                raise Gone
            far.sendall(data)
            with self.lock:
                self.passed += 1
                self.lock.notify_all()
            head, body = read_message(far)
            return head + body

    # -- what can happen to a request --------------------------------------------------------------------------------

    def do_pass(self, near, request):
        answer = self.ask(request)
        near.sendall(answer)
        with self.lock:
            if not self.raging and answer.split(b" ", 2)[1] == b"200":
                self.rounds[request.key, request.path] += 1

    def do_lose_request(self, near, request):
        raise Gone

    def do_lose_answer(self, near, request):
        self.ask(request)
        raise Gone

    def do_repeat_first(self, near, request):
        answer = self.ask(request)
        self.ask(request)
        near.sendall(answer)

    def do_repeat_last(self, near, request):
        """The sender hears only what central says to the copy."""
        self.ask(request)
        near.sendall(self.ask(request))

    def do_reorder(self, near, request):
        """A later one goes first."""
        with self.lock:
            seen = self.passed
            self.lock.wait_for(lambda: self.passed > seen or not self.raging, HOLD_S)
        near.sendall(self.ask(request))

    def do_delay(self, near, request):
        with self.lock:
            self.lock.wait_for(lambda: not self.raging, DELAY_S)
        near.sendall(self.ask(request))

    def do_cut_request(self, near, request):
        data = request.bytes()
        self.ask(request, cut_at=len(data) - 1 - len(request.body) // 2)

    def do_cut_answer(self, near, request):
        answer = self.ask(request)
        near.sendall(answer[:len(answer) - 1 - min(len(answer) // 2, 40)])
        raise Gone

    def do_half_open(self, near, request):
        with self.lock:
            self.lock.wait_for(lambda: not self.raging)
        raise Gone

    def do_trickle(self, near, request):
        """One byte a second, until the network is well again."""
        answer = self.ask(request)
        for at in range(len(answer)):
            near.sendall(answer[at:at + 1])
            with self.lock:
                if self.lock.wait_for(lambda: not self.raging, 1):
                    raise Gone


def tls_file(central_data):
    return os.path.join(central_data, "tls.pem")
