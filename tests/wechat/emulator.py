#!/usr/bin/env python3
"""WeChat's servers and any number of phones, played on loopback.

    emulator.py serve [--port P] [--appid ID] [--secret S] [--state FILE] [--push-to URL --token T [--mode M] [--aes-key K]]
                      [--played-clock FILE]

The server API (platform_api.py) stands under /cgi-bin/, as the platform's does. Tests and the demo drive the rest with JSON:
  GET  /emulator/resolve?url=Q           what a scanned QR text means: {"scene","ticket","url"}
  GET  /emulator/tickets, /emulator/sent, /emulator/state
  POST /emulator/account                 {"url","token","mode","aes_key","appid"}: where pushes go from now on
  POST /emulator/phone                   {"act","openid"?,"url"?,"content"?,"key"?,"without_key"?,"repeat"?,"lost"?}
       acts: follow (by the QR text in url, or without), scan, text, click, view, location, unfollow, strange;
       lost: the push never leaves. Answers {"openid","pushes":[{"status","reply","tries","ms"}]}
  POST /emulator/crowd                   {"phones","messages","threads","repeat_every"}: many phones at once, in no order
  POST /emulator/fault                   {"codes":{"path or *":[45009,…]},"always":{…},"delay_ms","down"}
The first line on stdout is {"port": P}. Standard library only.
"""

import argparse
import concurrent.futures
import http.server
import json
import random
import secrets
import struct
import sys
import time
import urllib.parse

import pushes
from platform_api import Platform, Refusal

ACCOUNT = "gh_tillside_demo"


def played_clock(path):
    """The machine's time, or that of a scenario in which days pass: plus the milliseconds in the file, read each time."""
    if not path:
        return time.time

    def now():
        with open(path, "rb") as file:
            return time.time() + struct.unpack("=q", file.read(8))[0] / 1000
    return now


def new_openid():
    return "o" + secrets.token_urlsafe(20)[:27]


class Phones:
    """People with WeChat: what they do becomes pushes, and what the platform remembers about them."""

    def __init__(self, platform):
        self.platform, self.target = platform, None

    def fields(self, act, openid, order):
        """The push's fields, after the platform took notice of what happened."""
        event = {"MsgType": pushes.cdata("event")}
        key, ticket = "", ""
        if order.get("url"):
            found = self.platform.resolve(order["url"])
            if not found:
                raise KeyError("WeChat does not know this QR text")
            key, ticket = found["scene"], found["ticket"]
        if act == "follow":
            self.platform.follow(openid, key)
            self.platform.open_window(openid, "touch")
            scene = {} if order.get("without_key") or not key else {
                "EventKey": pushes.cdata("qrscene_" + key), "Ticket": pushes.cdata(ticket)}
            return {**event, "Event": pushes.cdata("subscribe"), **scene}
        if act == "unfollow":
            self.platform.unfollow(openid)
            return {**event, "Event": pushes.cdata("unsubscribe"), "EventKey": pushes.cdata("")}
        self.platform.open_window(openid, "message" if act == "text" else "touch")
        if act == "text":
            return {"MsgType": pushes.cdata("text"), "Content": pushes.cdata(order.get("content", "你好")),
                    "MsgId": str(secrets.randbelow(2**63))}
        return {**event, **{
            "scan": lambda: {"Event": pushes.cdata("SCAN"), "EventKey": pushes.cdata(key), "Ticket": pushes.cdata(ticket)},
            "click": lambda: {"Event": pushes.cdata("CLICK"), "EventKey": pushes.cdata(order.get("key", "menu"))},
            "view": lambda: {"Event": pushes.cdata("VIEW"), "EventKey": pushes.cdata(order.get("key", "http://x/"))},
            "location": lambda: {"Event": pushes.cdata("LOCATION"), "Latitude": "31.2", "Longitude": "121.4",
                                 "Precision": "65.0"},
            "strange": lambda: {"Event": pushes.cdata("brand_new_kind"), "Deep": "<A><B>1</B></A>"},
        }[act]()}

    def act(self, order):
        openid = order.get("openid") or new_openid()
        with self.platform.lock:
            fields = self.fields(order["act"], openid, order)
        if order.get("lost"):
            return {"openid": openid, "pushes": []}
        body = pushes.document(ACCOUNT, openid, fields, order.get("created") or self.platform.clock())
        done = [self.target.push(body, openid) for _ in range(int(order.get("repeat", 1)))]
        return {"openid": openid, "pushes": done}

    def crowd(self, order):
        """Everybody follows, then writes; pushes go out of order, some twice. Counts and the slowest answer."""
        people = [new_openid() for _ in range(order["phones"])]
        acts = [{"act": "follow", "openid": o, "url": order.get("url", "")} for o in people]
        acts += [{"act": "text", "openid": random.choice(people), "content": f"第 {i} 条"}
                 for i in range(order.get("messages", 0))]
        random.shuffle(acts)
        every = order.get("repeat_every", 0)
        for number, act in enumerate(acts):
            act["repeat"] = 2 if every and number % every == 0 else 1
        with concurrent.futures.ThreadPoolExecutor(order.get("threads", 8)) as pool:
            results = [push for done in pool.map(self.act, acts) for push in done["pushes"]]
        good = [push for push in results if push["status"] == 200 and "error" not in push]
        return {"messages": len(acts), "pushes": len(results), "answered": len(good),
                "slowest_ms": max((push["ms"] for push in results), default=0)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform = phones = None

    def answer(self, status, value):
        data = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer_api(self, path, query, data):
        faults = self.platform.faults
        if faults["delay_ms"]:
            time.sleep(faults["delay_ms"] / 1000)
        if faults["down"]:
            self.answer(502, {"error": "bad_gateway"})
            return
        try:
            try:
                body = json.loads(data.decode("utf-8")) if data else {}
            except ValueError:
                raise Refusal(47001, "data format error") from None
            self.answer(200, self.platform.call(path, query, body))
        except Refusal as refusal:
            self.answer(200, refusal.answer)

    def set_account(self, order):
        self.phones.target = pushes.Target(order["url"], order["token"], order.get("mode", "plain"),
                                           order.get("aes_key", ""), order.get("appid", self.platform.appid),
                                           self.platform.clock)
        return {}

    def set_faults(self, order):
        self.platform.faults.update(order)
        return {}

    def control(self, path, data):
        orders = {"account": self.set_account, "phone": self.phones.act, "crowd": self.phones.crowd,
                  "fault": self.set_faults}
        try:
            self.answer(200, orders[path](json.loads(data or b"{}")))
        except KeyError as missing:
            self.answer(400, {"error": str(missing)})

    def state(self):
        with self.platform.lock:
            return {"followers": len(self.platform.followers), "tags": self.platform.tags, "menu": self.platform.menu,
                    "tokens": self.platform.token_used, "forced": len(self.platform.forced), "used": self.platform.used}

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path.startswith("/cgi-bin/"):
            self.answer_api(parts.path[len("/cgi-bin/"):], query, b"")
        elif parts.path == "/emulator/resolve":
            found = self.platform.resolve(query.get("url", ""))
            self.answer(200 if found else 404, found or {"error": "unknown_ticket"})
        elif parts.path == "/emulator/tickets":
            self.answer(200, list(self.platform.tickets.values()))
        elif parts.path == "/emulator/sent":
            self.answer(200, self.platform.sent)
        elif parts.path == "/emulator/state":
            self.answer(200, self.state())
        else:
            self.answer(404, {"error": "not_found"})

    def do_POST(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if parts.path.startswith("/cgi-bin/"):
            self.answer_api(parts.path[len("/cgi-bin/"):], query, data)
        elif parts.path.startswith("/emulator/"):
            self.control(parts.path[len("/emulator/"):], data)
        else:
            self.answer(404, {"error": "not_found"})

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer on loopback until stopped")
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument("--appid", default="wxtillsidedemo0001")
    serve.add_argument("--secret", default="demo-secret")
    serve.add_argument("--state", help="file that keeps the tickets over a restart")
    serve.add_argument("--push-to", help="the callback, http://HOST:PORT/wechat/ACCOUNT")
    serve.add_argument("--token", default="tillside-demo-token")
    serve.add_argument("--mode", choices=("plain", "compatible", "safe"), default="plain")
    serve.add_argument("--aes-key", default="")
    serve.add_argument("--played-clock", help="the time is the machine's plus the milliseconds in FILE, as central's is")
    args = parser.parse_args()
    Handler.platform = Platform(args.appid, args.secret, args.state, played_clock(args.played_clock))
    Handler.phones = Phones(Handler.platform)
    if args.push_to:
        Handler.phones.target = pushes.Target(args.push_to, args.token, args.mode, args.aes_key, args.appid,
                                              Handler.platform.clock)
    server = Server(("127.0.0.1", args.port), Handler)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
