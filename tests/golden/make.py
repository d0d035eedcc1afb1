#!/usr/bin/env python3
"""Makes the golden books of the present version: make.py BIN_DIR VERSION writes tests/data/golden/VERSION.

Once, when a version's schema or records become the ones in the field; a folder that exists is never touched again.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "chaos"))
from street import Street, rows, wait_for  # noqa: E402

UPLOADED, WAITING = 6, 6
PIN = "1357"  # of the demo's clerk
KEEP_TERMINAL = ("terminal.db", "pepper", "terminal.key")
KEEP_CENTRAL = ("central.db", "keys", "tls.pem", "server-epoch")


def refuse(desk):
    """A code that nobody signed."""
    desk.at_counter()
    desk.terminal.do(cmd="scan", text="TSC1:" + "0" * 120)
    desk.terminal.wait_screen("verdict", 30)
    desk.leave_verdict()


def void(desk):
    desk.at_counter()
    desk.terminal.tap("void")
    wait_for("the list, or who asks", 30, lambda: desk.terminal.view()["screen"] in ("sign_in", "void_list"))
    if desk.terminal.view()["screen"] == "sign_in":  # a badge is not enough
        desk.terminal.keys(PIN)
        desk.terminal.tap("ok")
    acts = desk.terminal.wait_screen("void_list", 30, loading=False)["rows"]
    desk.terminal.tap("act_%d" % next(i for i, act in enumerate(acts) if act["title"] and not act["voided"]))
    desk.terminal.wait_screen("void_reason", 30)
    desk.terminal.tap("reason_3")
    desk.terminal.wait_screen("verdict", 30, tone="good", subject="void")
    desk.leave_verdict()


def pack(folder, names, target):
    with tarfile.open(target, "w:xz") as archive:
        for name in names:
            archive.add(os.path.join(folder, name), arcname=name)


def shrink(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")


def stated(central, desk):
    return {
        "terminal": desk.number,
        "balances": rows(central, "SELECT account, unit, sum(amount) FROM posting WHERE terminal = ? GROUP BY 1, 2"
                         " HAVING sum(amount) <> 0 ORDER BY 1, 2", desk.number),
        "redemptions": rows(central, "SELECT campaign, serial, use_no, voided FROM redemption ORDER BY 1, 2, 3"),
        "journal": rows(central, "SELECT incarnation, max(seq), lower(hex(hash)) FROM journal WHERE terminal = ?"
                        " GROUP BY 1", desk.number),
        "kinds": [kind for kind, in rows(central, "SELECT DISTINCT kind FROM journal WHERE terminal = ? ORDER BY 1",
                                         desk.number)],
    }


def play(street, bin_dir, out):
    street.open(coupons=30)
    desk = street.shops[0].desks[0]
    desk.shop.jobs.sort(key=lambda job: job[2] is None)  # with an amount first: those take and give more
    desk.shop.jobs = desk.shop.jobs[:2] + desk.shop.jobs[-WAITING:] + desk.shop.jobs[2:2 + UPLOADED]
    desk.sell(UPLOADED)
    refuse(desk)
    void(desk)
    desk.wait_told()
    street.central.stop()
    pack_central = os.path.join(street.base, "central-then")
    shutil.copytree(street.central.data, pack_central)
    desk.sell(WAITING)
    void(desk)  # central does not know these
    street.central.start()
    wait_for("everything told", 60, desk.told)
    street.close()
    end = stated(os.path.join(street.central.data, "central.db"), desk)
    export = os.path.join(out, "journal.export")
    subprocess.run([os.path.join(bin_dir, "tillside-terminal"), "export", "--all", "--data", desk.terminal.data, "--to",
                    export], check=True, stdout=subprocess.DEVNULL)
    shrink(os.path.join(pack_central, "central.db"))
    shrink(desk.books)
    pack(pack_central, KEEP_CENTRAL, os.path.join(out, "central.tar.xz"))
    pack(desk.terminal.data, KEEP_TERMINAL, os.path.join(out, "terminal.tar.xz"))
    with open(os.path.join(out, "stated.json"), "w", encoding="utf-8") as file:
        json.dump(end, file, indent=1, ensure_ascii=False)
        file.write("\n")


def main():
    bin_dir, version = os.path.abspath(sys.argv[1]), sys.argv[2]
    out = os.path.join(ROOT, "tests", "data", "golden", version)
    os.mkdir(out)
    base = tempfile.mkdtemp(prefix="tillside-golden-")
    street = Street(bin_dir, base)
    try:
        play(street, bin_dir, out)
    finally:
        street.kill()
    shutil.rmtree(base)


if __name__ == "__main__":
    main()
