"""Words about what leaves the house: exports."""

import csv
import io
import json
import subprocess

from words_core import row_matches, split_at
from world import Failed


class Words:
    def export_rows(self, words):
        """What `admin export WORDS…` wrote, row by row; numbers in CSV are texts."""
        central = self.world.central
        done = subprocess.run([central.program, "admin", "--data", central.data, "export", *words], capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise Failed(f"export {' '.join(words)}: {done.stderr.strip()}")
        if "jsonl" in words:
            return [json.loads(line) for line in done.stdout.splitlines()]
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def expect_export(self, words):
        """expect export TABLE … has FIELD VALUE… | rows N | lacks FIELD VALUE…; keeps {cursor} of the last row found"""
        command, mark, wanted = split_at(words, "has", "lacks", "rows")
        rows = self.export_rows(command)
        found = [row for row in rows if row_matches(row, wanted)] if mark != "rows" else rows
        if mark == "rows":
            self.same(f"rows of {' '.join(command)}", len(rows), int(wanted[0]))
        elif bool(found) != (mark == "has"):
            raise Failed(f"export {' '.join(command)}: {rows}")
        if found:
            self.kept["cursor"] = found[-1]["cursor"]
