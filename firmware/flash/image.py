"""The image as a release ships it: a signed manifest, the block map and the compressed disk. Nothing here is believed before
the manifest's signature was checked against the technician's certificate, and no block before its checksum was."""

import dataclasses
import hashlib
import json
import os
import subprocess
import xml.etree.ElementTree

MIB = 1024 * 1024


class NotGenuine(Exception):
    """The image is not what was released."""


@dataclasses.dataclass
class Range:
    start: int  # bytes
    end: int    # first byte that is not of it
    sha256: str


@dataclasses.dataclass
class Image:
    path: str
    board: str
    version: str
    size: int
    ranges: list

    @property
    def mapped(self):
        return sum(r.end - r.start for r in self.ranges)


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(4 * MIB):
            digest.update(piece)
    return digest.hexdigest()


def check_signature(manifest, authority):
    done = subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", manifest + ".sig", "-content", manifest,
                           "-CAfile", authority, "-purpose", "any", "-out", os.devnull], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotGenuine(f"{manifest}: its signature is missing or not of {authority}")


def read_map(text, size):
    """bmap 2.0 (bmap-tools). Every range must lie in the image and have a SHA-256."""
    try:
        tree = xml.etree.ElementTree.fromstring(text)
        block = int(tree.findtext("BlockSize"))
        whole = int(tree.findtext("ImageSize"))
        kind = tree.findtext("ChecksumType").strip()
        ranges = []
        for entry in tree.find("BlockMap").iter("Range"):
            first, _, last = entry.text.strip().partition("-")
            start, end = int(first) * block, min((int(last or first) + 1) * block, whole)
            ranges.append(Range(start, end, entry.get("chksum")))
    except (xml.etree.ElementTree.ParseError, TypeError, ValueError, AttributeError) as error:
        raise NotGenuine(f"block map: {error}") from None
    good = whole == size and kind == "sha256" and all(
        r.sha256 and 0 <= r.start < r.end <= size for r in ranges) and all(a.end <= b.start for a, b in zip(ranges, ranges[1:]))
    if not good or not ranges or ranges[0].start != 0:
        raise NotGenuine("block map does not fit its image")
    return ranges


def open_image(path, authority, board=None):
    """path: the manifest, or NAME.img.zst with its manifest beside it."""
    manifest = path if path.endswith(".manifest.json") else path.removesuffix(".img.zst") + ".manifest.json"
    check_signature(manifest, authority)
    try:
        with open(manifest, encoding="utf-8") as file:
            facts = json.load(file)
        folder = os.path.dirname(os.path.abspath(manifest))
        if facts["format"] != 1 or any("/" in facts[name] for name in ("image", "bmap")):
            raise NotGenuine(f"{manifest}: a format this program does not know")
        image, block_map = (os.path.join(folder, facts[name]) for name in ("image", "bmap"))
        size = int(facts["size"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotGenuine(f"{manifest}: {error}") from None
    if board and facts["board"] != board:
        raise NotGenuine(f"{manifest} is for {facts['board']}, not for {board}")
    for file, wanted in ((block_map, facts["bmap_sha256"]), (image, facts["image_sha256"])):
        if sha256_of(file) != wanted:
            raise NotGenuine(f"{file} is not what was released: damaged or changed on its way")
    with open(block_map, encoding="utf-8") as file:
        return Image(image, facts["board"], facts["version"], size, read_map(file.read(), size))
