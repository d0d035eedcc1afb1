#!/usr/bin/env python3
"""scan_chart.py < bench.jsonl > chart.svg: what was read of each set, ours beside the peer, from the lines of the scan bench."""
import json
import sys

LABEL, UNIT, ROW = 150, 4.6, 26


def rows(lines):
    for line in lines:
        figure = json.loads(line)
        _, name, what = figure["name"].split("/")
        if what == "read" and figure["peer"] is not None and not name.startswith(("neg", "jsqr-null")):
            yield name, figure["value"], figure["peer_name"], figure["peer"], figure["goal"]


def bar(x, y, width, height, colour):
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def chart(figures):
    height = 44 + ROW * len(figures)
    width = LABEL + 100 * UNIT + 60
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width:.0f}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LABEL}" y="18">read, % of pictures: ours (dark), {figures[0][2]} (light), goal (line)</text>',
    ]
    for i, (name, value, _, other, goal) in enumerate(figures):
        y = 32 + i * ROW
        out.append(f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{name}</text>')
        out.append(bar(LABEL, y, value * UNIT, 11, "#1f6f54"))
        out.append(bar(LABEL, y + 11, other * UNIT, 7, "#b9cfc6"))
        out.append(f'<text x="{LABEL + value * UNIT + 4:.1f}" y="{y + 10}">{value:.1f}</text>')
        if goal is not None:
            x = LABEL + goal * UNIT
            out.append(f'<line x1="{x:.1f}" y1="{y - 2}" x2="{x:.1f}" y2="{y + 20}" stroke="#c0392b" stroke-width="1.5"/>')
    out.append("</svg>")
    return "\n".join(out)


def main():
    figures = list(rows(sys.stdin))
    if not figures:
        sys.exit("scan_chart: no figures with a peer on standard input")
    print(chart(figures))


if __name__ == "__main__":
    main()
