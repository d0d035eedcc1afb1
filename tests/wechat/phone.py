#!/usr/bin/env python3
"""A shopper's phone with WeChat on it, as central sees the two: signed pushes to the callback, then the member page.

    phone.py follow   --public URL --url QR_TEXT [--no-join] [--out DIR]   scan a follow QR, follow, join, save the codes
    phone.py scan     --public URL --url QR_TEXT                           a follower scans a touchpoint again
    phone.py text     --public URL --content TEXT                          a message to the account
    phone.py unfollow --public URL
    phone.py page     --page LINK [--out DIR]                              open a member page link again

Common: --account NAME --token TOKEN (as configured at central), --openid ID (default: a new random one), --emulator URL
(emulator.py pushes in the phone's name, as the platform would: it knows its QR codes and followers, seals with --mode safe
--aes-key K --appid ID, and repeats what was not answered; without it the text's last path segment is the scene itself), --repeat N (push the
same message N times, as WeChat does when an answer is late). Prints one JSON object; exit 0 when the act held, 1 when
central refused, 2 on wrong use. Standard library only.
"""

import argparse
import hashlib
import html.parser
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

TIMEOUT_S = 20


class Refused(Exception):
    pass


def fetch(url, data=None, content_type=None):
    request = urllib.request.Request(url, data=data)
    request.add_header("User-Agent", "Mozilla/5.0 (iPhone) MicroMessenger/8.0 tillside-phone")
    if content_type:
        request.add_header("Content-Type", content_type)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()
    except OSError as error:
        raise Refused(f"{url}: {error}") from None


def resolve_scene(args):
    if args.emulator:
        query = urllib.parse.urlencode({"url": args.url})
        status, _, body = fetch(f"{args.emulator}/emulator/resolve?{query}")
        if status != 200:
            raise Refused(f"WeChat does not know the QR text {args.url}")
        found = json.loads(body)
        return found["scene"], found["ticket"]
    parts = urllib.parse.urlsplit(args.url)
    if parts.netloc != "weixin.qq.com" or not parts.path.startswith("/q/"):
        raise Refused(f"not a follow QR: {args.url}")
    return urllib.parse.unquote(parts.path[3:]), ""


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def message(args, fields):
    head = {"ToUserName": cdata("gh_" + args.account), "FromUserName": cdata(args.openid),
            "CreateTime": str(int(time.time()))}
    head.update(fields)
    return "<xml>" + "".join(f"<{k}>{v}</{k}>" for k, v in head.items()) + "</xml>"


def order_act(args, act, **more):
    """Lets the emulator push, as the platform would: it knows who follows, it seals, it repeats. The reply's text."""
    account = {"url": f"{args.public}/wechat/{args.account}", "token": args.token, "mode": args.mode,
               "aes_key": args.aes_key, "appid": args.appid}
    fetch(f"{args.emulator}/emulator/account", json.dumps(account).encode(), "application/json")
    order = {"act": act, "openid": args.openid, "repeat": args.repeat, **more}
    status, _, answer = fetch(f"{args.emulator}/emulator/phone", json.dumps(order).encode(), "application/json")
    if status != 200:
        raise Refused(json.loads(answer).get("error", "the emulator refused"))
    last = json.loads(answer)["pushes"][-1]
    if last["status"] != 200 or "error" in last:
        raise Refused(f"callback answered {last['status']}: {last.get('error', '')}")
    return last["reply"]


def push(args, fields):
    """Signs and posts one message --repeat times; returns the last answer's text ('' for a bare acknowledgement)."""
    body = message(args, fields).encode()
    text = ""
    for _ in range(args.repeat):
        timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
        joined = "".join(sorted([args.token, timestamp, nonce]))
        query = urllib.parse.urlencode({"signature": hashlib.sha1(joined.encode()).hexdigest(), "timestamp": timestamp,
                                        "nonce": nonce, "openid": args.openid})
        status, _, answer = fetch(f"{args.public}/wechat/{args.account}?{query}", body, "text/xml")
        if status != 200:
            raise Refused(f"callback answered {status}: {answer[:200]!r}")
        text = "" if answer in (b"", b"success") else reply_text(args, answer)
    return text


def reply_text(args, answer):
    reply = xml.etree.ElementTree.fromstring(answer)
    if reply.findtext("ToUserName") != args.openid or reply.findtext("MsgType") != "text":
        raise Refused(f"passive reply is not a text for this user: {answer[:300]!r}")
    return reply.findtext("Content") or ""


def page_link(text):
    for word in text.split():
        if "/m/" in word and word.startswith("http"):
            return word
    return None


class Page(html.parser.HTMLParser):
    """What a thumb and an eye find on the member page: the form that joins, and the pictures."""

    def __init__(self, data):
        super().__init__()
        self.form, self.fields, self.pictures, self.facts = None, {}, [], {}
        self.select, self.joins = None, False
        self.feed(data.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.facts.update({k[5:]: v for k, v in attrs.items() if k.startswith("data-")})
        if tag == "form":
            self.joins = attrs.get("action", "").endswith("/join")
            self.form = attrs.get("action") if self.joins else self.form
        elif tag == "select":
            self.select = attrs.get("name")
        elif tag == "option" and self.select:
            self.fields.setdefault(self.select, attrs.get("value", ""))
        elif self.joins and tag in ("input", "button") and attrs.get("name"):
            self.fields[attrs["name"]] = attrs.get("value", "")
        elif tag == "img" and attrs.get("src"):
            self.pictures.append((attrs["src"], attrs.get("alt", "")))


def open_page(link):
    status, kind, data = fetch(link)
    if status != 200 or kind != "text/html":
        raise Refused(f"member page answered {status}")
    return Page(data), data


def save(out, name, data):
    path = os.path.join(out, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def visit(args, link, join):
    """Opens the page, presses its button when asked to, and saves page and pictures."""
    page, data = open_page(link)
    had_form = page.form is not None
    if join and had_form:
        target = urllib.parse.urljoin(link, page.form)
        status, _, answer = fetch(target, urllib.parse.urlencode(page.fields).encode(),
                                  "application/x-www-form-urlencoded")
        if status != 200:
            raise Refused(f"joining answered {status}: {answer[:200]!r}")
        page, data = open_page(link)
        if page.form is not None:
            raise Refused("the page still asks to join")
    result = {"page": link, "asked_to_join": had_form, "joined": page.form is None, "facts": page.facts, "pictures": []}
    if args.out:
        os.makedirs(args.out, exist_ok=True)
        result["html"] = save(args.out, "member-page.html", data)
    for source, alt in page.pictures:
        status, kind, picture = fetch(urllib.parse.urljoin(link, source))
        if status != 200 or kind != "image/png":
            raise Refused(f"picture {source} answered {status}")
        entry = {"src": source, "alt": alt, "bytes": len(picture)}
        if args.out:
            name = urllib.parse.urlsplit(source).path.split("/m/", 1)[-1].split("/", 1)[-1].replace("/", "-")
            entry["file"] = save(args.out, name, picture)
        result["pictures"].append(entry)
    return result


def follow(args):
    fields = {"MsgType": cdata("event"), "Event": cdata("subscribe")}
    scene = ""
    if args.emulator:
        scene = resolve_scene(args)[0] if args.url else ""
        text = order_act(args, "follow", url=args.url, without_key=args.without_key)
    else:
        if not args.without_key:
            scene, ticket = resolve_scene(args)
            fields.update({"EventKey": cdata("qrscene_" + scene), "Ticket": cdata(ticket)})
        text = push(args, fields)
    result = {"scene": scene, "reply": text}
    link = page_link(text)
    if link:
        result.update(visit(args, link, not args.no_join))
    elif not args.no_join:
        raise Refused(f"the reply has no member page link: {text!r}")
    return result


def scan(args):
    scene, ticket = resolve_scene(args)
    if args.emulator:
        text = order_act(args, "scan", url=args.url)
    else:
        text = push(args, {"MsgType": cdata("event"), "Event": cdata("SCAN"), "EventKey": cdata(scene),
                           "Ticket": cdata(ticket)})
    return {"scene": scene, "reply": text, "page": page_link(text)}


def write_text(args):
    if args.emulator:
        text = order_act(args, "text", content=args.content)
    else:
        text = push(args, {"MsgType": cdata("text"), "Content": cdata(args.content),
                           "MsgId": str(secrets.randbelow(2**63))})
    return {"reply": text, "page": page_link(text)}


def unfollow(args):
    if args.emulator:
        return {"reply": order_act(args, "unfollow")}
    return {"reply": push(args, {"MsgType": cdata("event"), "Event": cdata("unsubscribe"), "EventKey": cdata("")})}


def page(args):
    return visit(args, args.page, not args.no_join)


ACTS = {"follow": follow, "scan": scan, "text": write_text, "unfollow": unfollow, "page": page}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=sorted(ACTS))
    parser.add_argument("--public", default="", help="central's public listener, e.g. http://127.0.0.1:8081")
    parser.add_argument("--account", default="demo")
    parser.add_argument("--token", default="tillside-demo-token")
    parser.add_argument("--openid", default="")
    parser.add_argument("--mode", choices=("plain", "compatible", "safe"), default="plain", help="with --emulator")
    parser.add_argument("--aes-key", default="")
    parser.add_argument("--appid", default="wxtillsidedemo0001")
    parser.add_argument("--url", default="", help="what the follow QR says")
    parser.add_argument("--emulator", default="")
    parser.add_argument("--content", default="你好")
    parser.add_argument("--page", default="")
    parser.add_argument("--out", default="")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--no-join", action="store_true")
    parser.add_argument("--without-key", action="store_true", help="leave EventKey out, as WeChat sometimes does")
    args = parser.parse_args()
    if args.act == "page" and not args.page or args.act != "page" and not args.public:
        parser.error("--public (or --page) is missing")
    args.public = args.public.rstrip("/")
    args.emulator = args.emulator.rstrip("/")
    args.openid = args.openid or "o" + secrets.token_urlsafe(20)[:27]
    try:
        result = {"act": args.act, "ok": True, "openid": args.openid, **ACTS[args.act](args)}
    except Refused as refusal:
        result = {"act": args.act, "ok": False, "openid": args.openid, "error": str(refusal)}
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
