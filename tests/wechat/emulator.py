#!/usr/bin/env python3
"""The part of WeChat's server API that central needs for follow QR codes, played on loopback.

    emulator.py serve [--port P] [--appid ID] [--secret S] [--state FILE]

It answers POST /cgi-bin/stable_token and POST /cgi-bin/qrcode/create as the platform does (errors are HTTP 200 with
errcode), remembers every ticket, and tells the phone emulator what a scanned QR text means:
GET /emulator/resolve?url=... -> {"scene","ticket","url"}. The first line on stdout is {"port": P}. Standard library only.
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import secrets
import sys
import threading
import time
import urllib.parse

PERMANENT = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}
TEMPORARY = {"QR_SCENE", "QR_STR_SCENE"}
TOKEN_LIFE_S = 7200
TEMPORARY_MAX_S = 30 * 24 * 3600
PERMANENT_QUOTA = 100_000


class Refusal(Exception):
    def __init__(self, errcode, errmsg):
        super().__init__(errmsg)
        self.answer = {"errcode": errcode, "errmsg": errmsg}


class Platform:
    """Accounts, tokens and tickets. One lock: requests come on several threads."""

    def __init__(self, appid, secret, state_path):
        self.appid, self.secret, self.state_path = appid, secret, state_path
        self.lock = threading.Lock()
        self.token, self.token_end = None, 0.0
        self.tickets = {}
        if state_path and os.path.exists(state_path):
            with open(state_path, encoding="utf-8") as f:
                self.tickets = json.load(f)

    def stable_token(self, body):
        if body.get("grant_type") != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        if body.get("appid") != self.appid:
            raise Refusal(40013, "invalid appid")
        if body.get("secret") != self.secret:
            raise Refusal(40125, "invalid appsecret")
        with self.lock:
            now = time.time()
            if body.get("force_refresh") or self.token is None or now >= self.token_end:
                self.token, self.token_end = secrets.token_urlsafe(48), now + TOKEN_LIFE_S
            return {"access_token": self.token, "expires_in": int(self.token_end - now)}

    def create_qrcode(self, access_token, body):
        with self.lock:
            if access_token != self.token or time.time() >= self.token_end:
                raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
            kind = body.get("action_name")
            scene = (body.get("action_info") or {}).get("scene") or {}
            value = scene.get("scene_str", scene.get("scene_id"))
            if kind not in PERMANENT | TEMPORARY or value is None or not 1 <= len(str(value)) <= 64:
                raise Refusal(40053, "invalid action info")
            permanent = sum(1 for t in self.tickets.values() if not t["expires"])
            if kind in PERMANENT and permanent >= PERMANENT_QUOTA:
                raise Refusal(45029, "qrcode count out of limit")
            life = 0 if kind in PERMANENT else min(int(body.get("expire_seconds", 60)), TEMPORARY_MAX_S)
            made = hashlib.sha256(f"{kind}/{value}/{secrets.token_hex(8)}".encode()).digest()
            url = "http://weixin.qq.com/q/" + base64.urlsafe_b64encode(b"\x02" + made[:17]).decode().rstrip("=")
            ticket = "gQ" + base64.b64encode(made + url.encode()).decode()
            self.tickets[url] = {"scene": str(value), "ticket": ticket, "url": url,
                                 "expires": int(time.time()) + life if life else 0}
            self.save()
        answer = {"ticket": ticket, "url": url}
        if life:
            answer["expire_seconds"] = life
        return answer

    def resolve(self, url):
        with self.lock:
            found = self.tickets.get(url)
            if not found or (found["expires"] and found["expires"] < time.time()):
                return None
            return found

    def save(self):
        if self.state_path:
            with open(self.state_path + ".new", "w", encoding="utf-8") as f:
                json.dump(self.tickets, f)
            os.replace(self.state_path + ".new", self.state_path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform = None

    def answer(self, status, value):
        data = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path == "/emulator/resolve":
            found = self.platform.resolve(query.get("url", ""))
            self.answer(200 if found else 404, found or {"error": "unknown_ticket"})
        elif parts.path == "/emulator/tickets":
            self.answer(200, list(self.platform.tickets.values()))
        else:
            self.answer(404, {"error": "not_found"})

    def do_POST(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            try:
                body = json.loads(data.decode("utf-8"))
            except ValueError:
                raise Refusal(47001, "data format error") from None
            if parts.path == "/cgi-bin/stable_token":
                self.answer(200, self.platform.stable_token(body))
            elif parts.path == "/cgi-bin/qrcode/create":
                self.answer(200, self.platform.create_qrcode(query.get("access_token"), body))
            else:
                self.answer(404, {"error": "not_found"})
        except Refusal as refusal:
            self.answer(200, refusal.answer)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer on loopback until stopped")
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument("--appid", default="wxtillsidedemo0001")
    serve.add_argument("--secret", default="demo-secret")
    serve.add_argument("--state", help="file that keeps the tickets over a restart")
    args = parser.parse_args()
    Handler.platform = Platform(args.appid, args.secret, args.state)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
