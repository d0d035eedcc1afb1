#!/usr/bin/env python3
"""Books that earlier versions wrote are read by this one: tests/data/golden/v*/.

The chain is whole, a rebuild gives the same books, export and import by hand give central the books that were stated
then, twice is harmless, and the terminal starts on its old books. golden.py BIN_DIR
"""

import glob
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
sys.path.insert(0, os.path.join(ROOT, "tests", "story"))
from appliance import Terminal  # noqa: E402


def rows(path, sql, *values):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return [list(row) for row in db.execute(sql, values)]


def same(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, wanted {wanted!r}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Version:
    def __init__(self, bin_dir, folder, base):
        self.bin, self.folder, self.base = bin_dir, folder, base
        self.name = os.path.basename(folder)
        self.terminal, self.central = (os.path.join(base, name) for name in ("terminal", "central"))
        for place in (self.terminal, self.central):
            with tarfile.open(os.path.join(folder, os.path.basename(place) + ".tar.xz")) as archive:
                archive.extractall(place)
            for path, _, files in os.walk(place):
                for file in files:
                    os.chmod(os.path.join(path, file), 0o600)
        with open(os.path.join(folder, "stated.json"), encoding="utf-8") as file:
            self.stated = json.load(file)

    def program(self, name):
        return os.path.join(self.bin, name)

    def check_terminal(self):
        """The doctor reads every record; the till migrates, and its projections are what the journal says."""
        run(self.program("tillside-terminal"), "doctor", "--data", self.terminal)
        run(self.program("golden_rebuild"), self.terminal)
        run(self.program("tillside-terminal"), "doctor", "--data", self.terminal)
        own = os.path.join(self.terminal, "terminal.db")
        same("the till's balances", rows(own, "SELECT account, unit, amount_minor FROM balance WHERE amount_minor <> 0"
                                         " ORDER BY 1, 2"), self.stated["balances"])

    def import_file(self, file):
        return json.loads(run(self.program("tillside-central"), "admin", "--data", self.central, "--json", "journal",
                              "import", file))

    def check_central(self):
        """What this version exports and what the old one exported are the same records."""
        database = os.path.join(self.central, "central.db")
        fresh = os.path.join(self.base, "fresh.export")
        run(self.program("tillside-terminal"), "export", "--all", "--data", self.terminal, "--to", fresh)
        first = self.import_file(os.path.join(self.folder, "journal.export"))
        again = self.import_file(fresh)
        if first["stored"] == 0:
            raise AssertionError(f"nothing new was imported: {first}")
        same("the second time", (again["stored"], again["forked"]), (0, 0))
        number = self.stated["terminal"]
        same("journal", rows(database, "SELECT incarnation, max(seq), lower(hex(hash)) FROM journal WHERE terminal = ?"
                             " GROUP BY 1", number), self.stated["journal"])
        same("central's balances", rows(database, "SELECT account, unit, sum(amount) FROM posting WHERE terminal = ?"
                                        " GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2", number),
             self.stated["balances"])
        same("redemptions", rows(database, "SELECT campaign, serial, use_no, voided FROM redemption ORDER BY 1, 2, 3"),
             self.stated["redemptions"])
        run(self.program("tillside-central"), "doctor", "--data", self.central)

    def check_start(self):
        """The terminal of this version goes on where the old one stopped."""
        terminal = Terminal(self.bin, "terminal", self.base, "320x240", "en")
        try:
            terminal.start()
            terminal.wait_screen("attract", 60)
        finally:
            terminal.stop()
        run(self.program("tillside-terminal"), "doctor", "--data", self.terminal)


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    folders = sorted(glob.glob(os.path.join(ROOT, "tests", "data", "golden", "v*", "")))
    if not folders:
        raise SystemExit("no golden books")
    for folder in folders:
        base = tempfile.mkdtemp(prefix="tillside-golden-")
        version = Version(bin_dir, folder.rstrip("/"), base)
        version.check_terminal()
        version.check_central()
        version.check_start()
        shutil.rmtree(base)
        print(f"{version.name}: {version.stated['journal'][0][1]} records of kinds {version.stated['kinds']}, "
              f"{len(version.stated['redemptions'])} redemptions, the books as stated")


if __name__ == "__main__":
    main()
