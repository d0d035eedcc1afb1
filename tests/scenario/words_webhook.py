"""An integrator's own server: it is told of events, checks who tells it, and is down when it is told to be."""

import hashlib
import hmac
import http.server
import json
import threading

from words_core import row_matches
from world import Failed


class Receiver(http.server.HTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Told)
        self.secret, self.down, self.events, self.forged = "", False, [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Told(http.server.BaseHTTPRequestHandler):
    def signed(self, body):
        moment, *macs = self.headers["Tillside-Signature"].split(",")
        text = f"{moment[2:]}.{self.headers['Tillside-Delivery']}.".encode() + body
        return f"v1={hmac.new(self.server.secret.encode(), text, hashlib.sha256).hexdigest()}" in macs

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.forged += not self.signed(body)
        if not self.server.down:
            known = {event["id"] for event in self.server.events}
            self.server.events += [event for event in json.loads(body)["events"] if event["id"] not in known]
        self.send_response(503 if self.server.down else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Words:
    def do_integrator(self, words):
        """integrator listens to EVENTS | is down | is well"""
        if words[0] == "listens":
            self.kept["receiver"] = Receiver()
            url = f"http://127.0.0.1:{self.kept['receiver'].server_address[1]}/"
            self.kept["receiver"].secret = self.admin("webhook", "add", url, "--events", words[2])["secret"]
        else:
            self.kept["receiver"].down = words[1] == "down"

    def expect_integrator(self, words):
        """expect integrator hears FIELD VALUE… | heard N events"""
        receiver = self.kept["receiver"]
        if words[0] == "hears":
            self.until(f"an event with {words[1:]}", lambda: any(row_matches(row, words[1:]) for row in receiver.events),
                       lambda: receiver.events)
        else:
            self.same("events heard", len(receiver.events), int(words[1]))
        if receiver.forged:
            raise Failed(f"{receiver.forged} deliveries were signed wrongly")
