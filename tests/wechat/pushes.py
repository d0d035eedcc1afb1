"""How WeChat pushes: signed, plain, compatible or sealed; five seconds for an answer, then up to three times again."""

import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import envelope

ANSWER_S = 5
TRIES = 4


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def document(account, openid, fields, created):
    parts = {"ToUserName": cdata(account), "FromUserName": cdata(openid), "CreateTime": str(int(created)), **fields}
    return "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items()) + "</xml>"


class Target:
    """One account's callback, as configured at the platform. mode: plain, compatible or safe."""

    def __init__(self, url, token, mode="plain", aes_key="", appid="", clock=time.time):
        self.url, self.token, self.mode, self.clock = url, token, mode, clock
        self.envelope = envelope.Envelope(token, aes_key, appid) if mode != "plain" else None

    def wire(self, body, openid):
        """(query, body) of one push; a retry repeats both."""
        timestamp, nonce = str(int(self.clock())), secrets.token_hex(5)
        query = {"signature": envelope.sign(self.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce,
                 "openid": openid}
        if self.envelope:
            encrypted = self.envelope.seal(body)
            query.update({"encrypt_type": "aes", "msg_signature": self.envelope.sign(timestamp, nonce, encrypted)})
            sealed = "<Encrypt>" + cdata(encrypted) + "</Encrypt>"
            body = body[:-len("</xml>")] + sealed + "</xml>" if self.mode == "compatible" else \
                "<xml><ToUserName>" + cdata("gh_tillside") + "</ToUserName>" + sealed + "</xml>"
        return query, body

    def read(self, data):
        """The reply's text; "" for a bare acknowledgement. Raises ValueError on what would show the user an error."""
        if data.strip() in (b"", b"success"):
            return ""
        root = xml.etree.ElementTree.fromstring(data.decode("utf-8"))
        if self.envelope:
            encrypted = root.findtext("Encrypt")
            if not encrypted:
                raise ValueError("a sealed push wants a sealed reply")
            right = self.envelope.sign(root.findtext("TimeStamp"), root.findtext("Nonce"), encrypted)
            if right != root.findtext("MsgSignature"):
                raise ValueError("the reply's signature is wrong")
            root = xml.etree.ElementTree.fromstring(self.envelope.open(encrypted))
        return root.findtext("Content") or ""

    def send_once(self, query, body):
        address = f"{self.url}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, data=body.encode(), headers={"Content-Type": "text/xml"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=ANSWER_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, b""

    def push(self, body, openid, tries=TRIES):
        """{"status","reply","tries","ms"}. Repeats like the platform while nothing arrives (a refusal is an answer)."""
        query, body = self.wire(body, openid)
        for number in range(1, tries + 1):
            began = time.monotonic()
            status, data = self.send_once(query, body)
            result = {"status": status, "tries": number, "ms": int((time.monotonic() - began) * 1000), "reply": ""}
            if status == 200:
                try:
                    result["reply"] = self.read(data)
                except (ValueError, xml.etree.ElementTree.ParseError) as error:
                    result["error"] = str(error)
                return result
            if status and status < 500:
                result["error"] = data.decode("utf-8", "replace")[:200]
                return result
        return result
