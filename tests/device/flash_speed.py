#!/usr/bin/python3
"""How long flash.sh takes (checks, write, read back) beside unpacking through dd, on the same loop device, in the same run.

    flash_speed.py [--mib 1024] [--mapped 0.25] [--rounds 3]

Prints one JSON object; judges nothing: the ratio belongs to the machine as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import flash_test as bed  # noqa: E402

MIB = 1024 * 1024


def make_image(path, mib, mapped):
    bed.SIZE = mib * MIB
    with open(path, "wb") as file:
        file.truncate(mib * MIB)
        for at in range(0, mib, 8):
            for piece in range(max(1, int(8 * mapped))):
                file.seek((at + piece) * MIB)
                file.write((os.urandom(4096) + bytes(4096)) * (MIB // 8192))


def timed(*command):
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--mapped", type=float, default=0.25)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tillside-speed-") as folder:
        bed.work = folder
        bed.make_authority(folder, "release")
        disk = f"{folder}/speed.img"
        make_image(disk, args.mib, args.mapped)
        bed.run("bmaptool", "-q", "create", "-o", f"{disk}.bmap", disk)
        bed.run("zstd", "-q", "-f", disk, "-o", f"{disk}.zst")
        bed.write_manifest(folder, "speed")
        os.unlink(disk)
        with open(f"{folder}/medium", "wb") as file:
            file.truncate((args.mib + 16) * MIB)
        device = bed.run("losetup", "-f", "--show", f"{folder}/medium").strip()
        try:
            dd, ours = [], []
            for _ in range(args.rounds):
                dd.append(timed("sh", "-c", f"zstd -dcq {disk}.zst | dd of={device} bs=4M conv=fsync iflag=fullblock"))
                ours.append(timed(bed.FLASH, "--image", f"{disk}.zst", "--ca", f"{folder}/release.pem", "--device", device, "--serial",
                                  os.path.basename(device), "--allow-loop"))
        finally:
            subprocess.run(["losetup", "-d", device], check=False)
    print(json.dumps({"mib": args.mib, "mapped": args.mapped, "dd_s": round(min(dd), 2), "flash_s": round(min(ours), 2),
                      "ratio": round(min(dd) / min(ours), 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
