#!/usr/bin/python3
"""Cuts Noto Sans CJK SC down to the characters that a till shows.

    font.py COLLECTION.ttc OUT-FOLDER
"""

import glob
import os
import sys

from fontTools import subset
from fontTools.ttLib import TTCollection


def characters():
    """GB2312 whole (its 6,763 Hanzi and its signs), Latin, kana, punctuation, arrows, currency."""
    wanted = set(range(0x20, 0x17F)) | set(range(0x2000, 0x2070)) | set(range(0x20A0, 0x20C0)) | set(range(0x2190, 0x21A0))
    wanted |= set(range(0x3000, 0x3100)) | set(range(0xFF00, 0xFFF0)) | set(range(0x2460, 0x2480)) | {0x2713, 0x2715, 0x2717, 0x241D}
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                wanted.add(ord(bytes((lead, trail)).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    # Traditional forms: Big5's frequent half.
    for lead in range(0xA4, 0xC7):
        for trail in [*range(0x40, 0x7F), *range(0xA1, 0xFF)]:
            try:
                wanted.add(ord(bytes((lead, trail)).decode("big5")))
            except UnicodeDecodeError:
                pass
    return wanted


def spoken():
    """Every character that the program's own texts contain, whatever set it belongs to."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    found = set()
    for pattern in ("app/**/*.[ch]", "assets/translations/*"):
        for path in glob.glob(os.path.join(top, pattern), recursive=True):
            with open(path, encoding="utf-8") as file:
                found |= {ord(character) for character in file.read() if ord(character) > 0x7F}
    return found


def main(collection_path, out):
    os.makedirs(out, exist_ok=True)
    folder = os.path.dirname(collection_path)
    for weight in ("Regular", "Bold"):
        path = os.path.join(folder, f"NotoSansCJK-{weight}.ttc")
        if not os.path.exists(path):
            continue
        collection = TTCollection(path, lazy=True)
        font = next(f for f in collection.fonts if f["name"].getDebugName(1) == "Noto Sans CJK SC" or
                    f["name"].getDebugName(16) == "Noto Sans CJK SC")
        options = subset.Options(layout_features=["kern", "tnum", "locl", "ccmp"], notdef_outline=True, hinting=False, recalc_timestamp=False)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters() | spoken())
        cutter.subset(font)
        font.save(os.path.join(out, f"NotoSansCJKsc-{weight}.otf"), reorderTables=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], sys.argv[2]))
