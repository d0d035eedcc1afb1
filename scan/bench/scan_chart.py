#!/usr/bin/env python3
"""scan_chart.py chart < bench.jsonl > docs/scanning.svg
scan_chart.py table < bench.jsonl > table.md

Out of the lines of one or more runs of the scan bench: what was read of each set, ours beside the peers, as a chart; or all
figures of each set as the tables of docs/scanning.md."""
import json
import sys

LABEL, UNIT, ROW = 150, 4.6, 26
# As the document has them: the set's name in the bench, what it is called, and whether its frames come in sequences.
SETS = (("mix-640x480", "mix 640x480"), ("mix-1280x720", "mix 1280x720"), ("families", "15 families"),
        ("zxing+jsqr", "zxing + jsQR photographs"), ("1d", "bars"), ("negatives", "photographs without codes"),
        ("empty-640x480", "empty scenes"))


def figures(lines):
    """By set, then by what was measured: the figure beside each peer."""
    sets = {}
    for line in lines:
        if line.startswith("{"):
            figure = json.loads(line)
            _, name, what = figure["name"].split("/")
            sets.setdefault(name, {}).setdefault(what, []).append(figure)
    return sets


# ---- the chart ----


def bar(x, y, width, height, colour):
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def chart(sets):
    shown = [(name, whats["read"][0]) for name, whats in sets.items()
             if "read" in whats and whats["read"][0]["peer"] is not None and not name.startswith(("neg", "jsqr-null"))]
    if not shown:
        sys.exit("scan_chart: no figures with a peer on standard input")
    height = 44 + ROW * len(shown)
    width = LABEL + 100 * UNIT + 60
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width:.0f}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LABEL}" y="18">read, % of pictures: ours (dark), {shown[0][1]["peer_name"]} (light), goal (line)</text>',
    ]
    for i, (name, figure) in enumerate(shown):
        y, value = 32 + i * ROW, figure["value"]
        out.append(f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        out.append(bar(LABEL, y, value * UNIT, 11, "#1f6f54"))
        out.append(bar(LABEL, y + 11, figure["peer"] * UNIT, 7, "#b9cfc6"))
        out.append(f'<text x="{LABEL + value * UNIT + 4:.1f}" y="{y + 10}">{value:.1f}</text>')
        if figure["goal"] is not None:
            x = LABEL + figure["goal"] * UNIT
            out.append(f'<line x1="{x:.1f}" y1="{y - 2}" x2="{x:.1f}" y2="{y + 20}" stroke="#c0392b" stroke-width="1.5"/>')
    out.append("</svg>")
    return "\n".join(out)


# ---- the tables ----


def beside(whats, what, digits):
    """Ours and each peer's."""
    lines = whats.get(what, [])
    if not lines:
        return ""
    values = [lines[0]["value"]] + [line["peer"] for line in lines if line["peer"] is not None]
    return " / ".join(f"{value:.{digits}f}" for value in values)


def goal(whats, what):
    lines = whats.get(what, [])
    return "" if not lines or lines[0]["goal"] is None else f"{lines[0]['goal']:.0f}"


def misses(sets):
    return sorted({line["name"] for whats in sets.values() for lines in whats.values() for line in lines
                   if not line["ok"]})


def row(name, whats, read="read", times=True):
    cells = [name, beside(whats, read, 1), goal(whats, read), beside(whats, "wrong", 0) if times else "",
             beside(whats, "median", 1) if times else "", beside(whats, "p95", 1) if times else ""]
    return "| " + " | ".join(cells) + " |"


def table(sets):
    peers = sorted({line["peer_name"] for whats in sets.values() for lines in whats.values() for line in lines
                    if line["peer"] is not None})
    names = " / ".join(["ours"] + peers)
    out = [f"| set | read %, {names} | goal | wrong, {names} | median ms | p95 ms |", "|---|---|---|---|---|---|"]
    out += [row(title, sets[name]) for name, title in SETS if name in sets]
    if "seq-640x480" in sets:
        whats = sets["seq-640x480"]
        out.append(row("sequences by frame 5", whats, "by-frame-5"))
        out.append(row("sequences by frame 10", whats, "by-frame-10", False))
        out.append(row("the same by a camera of 30 frames a second that drops frames meanwhile", whats,
                       "live-by-frame-10", False))
    families = [f"{name[4:]} {beside(whats, 'read', 0)}" for name, whats in sets.items() if name.startswith("syn-")]
    if families:
        out += ["", f"The families one by one, read %, {names}: " + ", ".join(families) + "."]
    missed = misses(sets)
    out += ["", "Goals not met: " + (", ".join(missed) if missed else "none") + "."]
    return "\n".join(out)


def main():
    if sys.argv[1:] not in (["chart"], ["table"]):
        sys.exit(__doc__)
    sets = figures(sys.stdin)
    print(chart(sets) if sys.argv[1] == "chart" else table(sets))


if __name__ == "__main__":
    main()
