"""WeChat's server API as far as central and its peers use it: tokens, QR tickets, messages within their windows, tags, users,
menus, quotas and the error codes that go with them. Errors are HTTP 200 with errcode, as the platform's are."""

import base64
import hashlib
import json
import os
import secrets
import threading
import time

PERMANENT = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}
TEMPORARY = {"QR_SCENE", "QR_STR_SCENE"}
TOKEN_LIFE_S = 7200
TEMPORARY_MAX_S = 30 * 24 * 3600
PERMANENT_QUOTA = 100_000
QUOTAS = {"qrcode/": 100_000, "message/custom/": 500_000, "message/template/": 100_000, "message/mass/": 100,
          "user/info": 5_000_000, "user/get": 500, "menu/": 1000, "tags/": 500_000}
WINDOWS = {"touch": (3, 60), "message": (5, 48 * 3600)}  # messages, seconds
FORCE_A_DAY, FORCE_GAP_S = 20, 30


class Refusal(Exception):
    def __init__(self, errcode, errmsg):
        super().__init__(errmsg)
        self.answer = {"errcode": errcode, "errmsg": f"{errmsg} rid: {secrets.token_hex(4)}"}


class Platform:
    """One account. One lock: requests come on several threads."""

    def __init__(self, appid, secret, state_path=None, clock=time.time):
        self.appid, self.secret, self.state_path, self.clock = appid, secret, state_path, clock
        self.lock = threading.RLock()
        self.token, self.token_end, self.token_used = None, 0.0, 0
        self.forced = []
        self.tickets, self.tags, self.menu = {}, {}, None
        self.followers = {}  # openid -> {"scene","since","tags","windows","mass"}
        self.left = set()
        self.sent, self.client_ids, self.used = [], {}, {}
        self.faults = {"codes": {}, "always": {}, "delay_ms": 0, "down": False}
        if state_path and os.path.exists(state_path):
            with open(state_path, encoding="utf-8") as f:
                self.tickets = json.load(f)

    # ---- tokens

    def new_token(self):
        self.token, self.token_end = secrets.token_urlsafe(48), self.clock() + TOKEN_LIFE_S
        self.token_used += 1
        return self.token

    def check_credentials(self, body):
        if body.get("grant_type") != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        if body.get("appid") != self.appid:
            raise Refusal(40013, "invalid appid")
        if body.get("secret") != self.secret:
            raise Refusal(40125, "invalid appsecret")

    def stable_token(self, body):
        self.check_credentials(body)
        now = self.clock()
        if body.get("force_refresh"):
            self.forced = [t for t in self.forced if t > now - 86400]
            if len(self.forced) >= FORCE_A_DAY or self.forced and self.forced[-1] > now - FORCE_GAP_S:
                raise Refusal(45009, "reach max api daily quota limit")
            self.forced.append(now)
        if body.get("force_refresh") or self.token is None or now >= self.token_end:
            self.new_token()
        return {"access_token": self.token, "expires_in": int(self.token_end - now)}

    def old_token(self, query):
        """cgi-bin/token: every call gives another one and ends the one before."""
        self.check_credentials(query)
        self.new_token()
        return {"access_token": self.token, "expires_in": TOKEN_LIFE_S}

    def check_token(self, given):
        if not given:
            raise Refusal(41001, "access_token missing")
        if given != self.token:
            raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
        if self.clock() >= self.token_end:
            raise Refusal(42001, "access_token expired")

    # ---- quotas and faults

    def count(self, path):
        prefix = next((p for p in QUOTAS if path.startswith(p)), None)
        if prefix:
            used = self.used[prefix] = self.used.get(prefix, 0) + 1
            if used > QUOTAS[prefix]:
                raise Refusal(45009, "reach max api daily quota limit")

    def fault(self, path):
        scripted = self.faults["codes"].get(path) or self.faults["codes"].get("*")
        code = scripted.pop(0) if scripted else self.faults["always"].get(path, self.faults["always"].get("*", 0))
        if code:
            raise Refusal(code, "as the test wants it")

    # ---- QR codes

    def create_qrcode(self, body):
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
                             "expires": int(self.clock()) + life if life else 0}
        self.save()
        return {"ticket": ticket, "url": url, **({"expire_seconds": life} if life else {})}

    def resolve(self, url):
        found = self.tickets.get(url)
        return found if found and (not found["expires"] or found["expires"] >= self.clock()) else None

    def save(self):
        if self.state_path:
            with open(self.state_path + ".new", "w", encoding="utf-8") as f:
                json.dump(self.tickets, f)
            os.replace(self.state_path + ".new", self.state_path)

    # ---- people

    def follow(self, openid, scene):
        self.left.discard(openid)
        self.followers[openid] = {"scene": scene, "since": int(self.clock()), "tags": [], "windows": [],
                                  "mass": {}}  # mass: a number for each month

    def unfollow(self, openid):
        self.followers.pop(openid, None)
        self.left.add(openid)

    def open_window(self, openid, kind):
        count, seconds = WINDOWS[kind]
        if openid in self.followers:
            self.followers[openid]["windows"].append([count, self.clock() + seconds])

    def person(self, openid):
        if openid in self.followers:
            return self.followers[openid]
        raise Refusal(43004, "require subscribe") if openid in self.left else Refusal(40003, "invalid openid")

    def info(self, openid):
        person = self.followers.get(openid)
        if not person:
            return {"subscribe": 0, "openid": openid}
        return {"subscribe": 1, "openid": openid, "subscribe_time": person["since"], "remark": "",
                "tagid_list": person["tags"], "subscribe_scene": "ADD_SCENE_QR_CODE" if person["scene"] else
                "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": person["scene"]}

    def list_followers(self, query):
        everybody = sorted(self.followers)
        start = query.get("next_openid", "")
        page = [o for o in everybody if o > start][:10_000]
        return {"total": len(everybody), "count": len(page), "data": {"openid": page},
                "next_openid": page[-1] if page else ""}

    # ---- messages

    def take(self, kind, to, body):
        self.sent.append({"kind": kind, "to": to, "body": body, "at": self.clock()})
        return len(self.sent)

    def custom(self, body):
        person = self.person(body.get("touser", ""))
        open_ones = [w for w in person["windows"] if w[1] > self.clock()]
        if not open_ones:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        window = next((w for w in open_ones if w[0] > 0), None)
        if not window:
            raise Refusal(45047, "out of response count limit")
        if not (body.get("text") or {}).get("content") and body.get("msgtype") == "text":
            raise Refusal(44004, "empty content")
        window[0] -= 1
        self.take("custom", body["touser"], body)
        return {"errcode": 0, "errmsg": "ok"}

    def template(self, body):
        self.person(body.get("touser", ""))
        if not body.get("template_id"):
            raise Refusal(40037, "invalid template_id")
        known = self.client_ids.get(("template", body.get("client_msg_id")))
        if not known:
            known = self.take("template", body["touser"], body)
            if body.get("client_msg_id"):
                self.client_ids["template", body["client_msg_id"]] = known
        return {"errcode": 0, "errmsg": "ok", "msgid": known}

    def mass(self, body, people):
        if len(people) < 2:
            raise Refusal(40130, "invalid openid list size, at least two openid")
        name = body.get("clientmsgid")
        if name and ("mass", name) in self.client_ids:
            raise Refusal(45065, "clientmsgid exist")
        month = time.strftime("%Y-%m", time.gmtime(self.clock() + 8 * 3600))  # of China Standard Time
        for openid in people:
            person = self.followers.get(openid)
            if person and person["mass"].get(month, 0) < 4:
                person["mass"][month] = person["mass"].get(month, 0) + 1
                self.take("mass", openid, body)
        if name:
            self.client_ids["mass", name] = len(self.sent)
        return {"errcode": 0, "errmsg": "send job submission success", "msg_id": len(self.sent), "msg_data_id": 1}

    # ---- tags and menus

    def create_tag(self, body):
        name = (body.get("tag") or {}).get("name", "")
        if not name or len(name) > 30:
            raise Refusal(45158, "invalid tag name length")
        if name in self.tags.values():
            raise Refusal(45157, "invalid tag name: duplicate")
        if len(self.tags) >= 100:
            raise Refusal(45056, "too many tag now")
        number = 100 + len(self.tags)
        self.tags[number] = name
        return {"tag": {"id": number, "name": name}}

    def tag_people(self, body, on):
        people, tag = body.get("openid_list", []), body.get("tagid")
        if len(people) > 50:
            raise Refusal(40032, "invalid openid list size")
        if tag not in self.tags:
            raise Refusal(45159, "invalid tag id")
        for openid in people:
            tags = self.person(openid)["tags"]
            if on and tag not in tags:
                tags.append(tag)
            elif not on and tag in tags:
                tags.remove(tag)
        return {"errcode": 0, "errmsg": "ok"}

    def create_menu(self, body):
        buttons = body.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Refusal(40016, "invalid button size")
        for button in buttons:
            if len(button.get("sub_button", [])) > 5:
                raise Refusal(40023, "invalid sub button size")
            if len(button.get("key", "").encode()) > 128:
                raise Refusal(40019, "invalid button key size")
        self.menu = body
        return {"errcode": 0, "errmsg": "ok"}

    def delete_menu(self):
        self.menu = None
        return {"errcode": 0, "errmsg": "ok"}

    # ---- one call

    def call(self, path, query, body):
        with self.lock:
            if path == "stable_token":
                return self.stable_token(body)
            if path == "token":
                return self.old_token(query)
            self.check_token(query.get("access_token"))
            self.count(path)
            self.fault(path)
            return self.dispatch(path, query, body)

    def dispatch(self, path, query, body):
        routes = {
            "qrcode/create": lambda: self.create_qrcode(body),
            "message/custom/send": lambda: self.custom(body),
            "message/template/send": lambda: self.template(body),
            "message/subscribe/bizsend": lambda: self.template(body),
            "message/mass/send": lambda: self.mass(body, body.get("touser", [])),
            "message/mass/sendall": lambda: self.mass(body, [o for o, p in self.followers.items() if
                                                             (body.get("filter") or {}).get("tag_id") in p["tags"]]),
            "tags/create": lambda: self.create_tag(body),
            "tags/get": lambda: {"tags": [{"id": i, "name": n, "count": 0} for i, n in self.tags.items()]},
            "tags/members/batchtagging": lambda: self.tag_people(body, True),
            "tags/members/batchuntagging": lambda: self.tag_people(body, False),
            "user/info": lambda: self.info(query.get("openid", "")),
            "user/info/batchget": lambda: {"user_info_list": [self.info(u.get("openid", "")) for u in
                                                              body.get("user_list", [])[:100]]},
            "user/get": lambda: self.list_followers(query),
            "menu/create": lambda: self.create_menu(body),
            "menu/get": lambda: {"menu": self.menu} if self.menu else self.refuse(46003, "menu no exist"),
            "menu/delete": self.delete_menu,
        }
        if path not in routes:
            raise Refusal(40066, "invalid url")
        return routes[path]()

    @staticmethod
    def refuse(code, words):
        raise Refusal(code, words)
