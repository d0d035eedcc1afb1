#!/usr/bin/python3
"""Checks the form of a built image, also of boards that nothing here can start: partitions, what starts it, the slot's contents.

    image_form.py --image FILE.img.zst --board NAME --work DIR

Prints what was found, a line each; exit 0 when all of it is as it should be, 1 at the first thing that is not.
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failed  # noqa: E402
from update import run  # noqa: E402

SECTOR, MIB = 512, 1 << 20
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ELF_MACHINES = {"arm64": 183, "amd64": 62}
BOOT_FILES = {"uboot-rpi": ["boot.scr", "bcm2711-rpi-4-b.dtb", "config.txt", "fixup4.dat", "start4.elf", "u-boot.bin"],
              "uboot-rockchip": ["boot.scr"], "grub-efi": ["EFI/BOOT/BOOTX64.EFI", "tillside/grub.cfg"], "uboot-qemu": []}
SLOT_FILES = ("/boot/vmlinuz", "/boot/initrd", "/usr/bin/tillside-terminal", "/usr/lib/systemd/systemd", "/usr/bin/rauc", "/usr/lib/tillside/console-lock")


def facts_of(board):
    """The board's facts as bash reads them."""
    path = os.path.join(ROOT, "board", board, "board.conf")
    names = ("ARCH", "BOOT", "SLOT_MIB", "DATA_MIB", "DEVICE_TREE", "CMDLINE", "UBOOT")
    said = run("bash", "-c", f". '{path}'; " + "; ".join(f'echo "{name}=${name}"' for name in names))
    return dict(line.split("=", 1) for line in said.splitlines())


class Image:
    def __init__(self, path, board, work):
        self.board, self.facts, self.work = board, facts_of(board), work
        self.disk = os.path.join(work, f"{board}.img")
        run("zstd", "-dqf", "--sparse", path, "-o", self.disk)
        table = json.loads(run("/usr/sbin/sfdisk", "-J", self.disk))["partitiontable"]
        self.parts = {part["name"]: (number, part["start"] * SECTOR, part["size"] * SECTOR) for number, part in enumerate(table["partitions"], 1)}

    def check(self, what, found, wanted=True):
        if found != wanted:
            raise Failed(f"{self.board}: {what}: found {found!r}, wanted {wanted!r}")
        print(f"{self.board}: {what}" + ("" if wanted is True else f": {found!r}"), flush=True)

    def bytes_at(self, at, count):
        with open(self.disk, "rb") as file:
            file.seek(at)
            return file.read(count)

    def partitions(self):
        boot = [] if self.facts["BOOT"] == "uboot-qemu" else ["boot"]
        self.check("partitions", list(self.parts), [*boot, "env", "root-a", "root-b", "data"])
        self.check("both slots are of the size that the board names", {self.parts[s][2] for s in ("root-a", "root-b")}, {int(self.facts["SLOT_MIB"]) * MIB})
        self.check("slot B is empty", self.bytes_at(self.parts["root-b"][1], MIB) == bytes(MIB))

    def variables(self):
        sector = self.bytes_at(self.parts["env"][1], SECTOR)
        if self.facts["BOOT"] == "grub-efi":
            whole = self.bytes_at(*self.parts["env"][1:])
            at = whole.find(b"# GRUB Environment Block\n")
            self.check("GRUB's variables are one sector of their partition", at > 0 and at % SECTOR == 0 and whole.count(b"# GRUB") == 1)
            self.check("slot A is the one that starts", whole[at + 25:].startswith(b"ORDER=A\nA_LEFT=3\nB_LEFT=0\n#"))
        else:
            self.check("the sum over U-Boot's variables is right", zlib.crc32(sector[4:]), struct.unpack("<I", sector[:4])[0])
            self.check("slot A is the one that starts", sector[4:].startswith(b"BOOT_ORDER=A\0BOOT_A_LEFT=3\0BOOT_B_LEFT=0\0\0"))

    def starter(self):
        kind = self.facts["BOOT"]
        if kind == "uboot-qemu":
            return
        at = f"{self.disk}@@{self.parts['boot'][1]}"
        listed = run("mdir", "-/", "-b", "-i", at, "::").split()
        self.check("the boot partition holds", sorted(line[3:] for line in listed if not line.endswith("/")), sorted(BOOT_FILES[kind]))
        number_a = self.parts["root-a"][0]
        if kind == "grub-efi":
            words = run("mtype", "-i", at, "::/tillside/grub.cfg")
            self.check("GRUB's program is one for UEFI", subprocess.run(["mtype", "-i", at, "::/EFI/BOOT/BOOTX64.EFI"], capture_output=True, check=True).stdout[:2], b"MZ")
            self.check("GRUB's script names the slots' partitions", f"gpt{number_a})" in words and f"gpt{number_a + 1})" in words and "@" not in words)
        else:
            script = subprocess.run(["mtype", "-i", at, "::/boot.scr"], capture_output=True, check=True).stdout
            self.check("U-Boot's script has its mark", script[:4].hex(), "27051956")
            words = script[72:].decode()
            self.check("it names the slots' partitions and the variables' sector",
                       all(word in words for word in (f"setenv part {number_a};", f"setenv part {number_a + 1};", f" {self.parts['env'][1] // SECTOR:x} 1")) and "@" not in words)
        if kind == "uboot-rockchip":
            self.check("in front of the partitions lies what the processor's ROM looks for", self.bytes_at(64 * SECTOR, 4).hex(), "3b8cdcfc")
            self.check("and U-Boot as a flattened tree", self.bytes_at(16384 * SECTOR, 4).hex(), "d00dfeed")
            self.check("the first partition begins behind it", self.parts["boot"][1] >= 16 * MIB)

    def slot(self):
        slot, names = f"{self.disk}?offset={self.parts['root-a'][1]}", [*SLOT_FILES, *(["/boot/board.dtb"] if self.facts["DEVICE_TREE"] else [])]
        done = subprocess.run(["/usr/sbin/e2fsck", "-fn", slot], capture_output=True, text=True)
        self.check("the slot's file system is clean", done.returncode, 0)
        missing = [name for name in names if "Type: regular" not in run("/usr/sbin/debugfs", "-R", f"stat {name}", slot)
                   and "Type: symlink" not in run("/usr/sbin/debugfs", "-R", f"stat {name}", slot)]
        self.check("files that the slot lacks", missing, [])
        program = os.path.join(self.work, "terminal")
        run("/usr/sbin/debugfs", "-R", f"dump /usr/bin/tillside-terminal {program}", slot)
        with open(program, "rb") as file:
            data = file.read()
        self.check("the terminal is for the board's processor", struct.unpack_from("<H", data, 18)[0], ELF_MACHINES[self.facts["ARCH"]])
        self.check("it has no control socket and no simulated device", [word for word in (b"plays the simulated devices", b"hal/sim/") if word in data], [])
        conf = run("/usr/sbin/debugfs", "-R", "cat /etc/rauc/system.conf", slot)
        loader, tool = ("custom", "/usr/lib/tillside/boot-variables") if self.facts["BOOT"] == "grub-efi" else ("uboot", "/usr/bin/fw_setenv")
        self.check("RAUC takes bundles of this board and speaks to its boot loader",
                   re.search(rf"^compatible=tillside-{self.board}$", conf, re.M) is not None and f"bootloader={loader}\n" in conf)
        self.check("what RAUC reaches the variables with is there",
                   "Type: " in run("/usr/sbin/debugfs", "-R", f"stat {tool}", slot))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--image", "--board", "--work"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    try:
        image = Image(args.image, args.board, args.work)
        for look in (image.partitions, image.variables, image.starter, image.slot):
            look()
        return 0
    except Failed as failed:
        print(f"FAILED: {failed}")
        return 1
    finally:
        if os.path.exists(os.path.join(args.work, f"{args.board}.img")):
            os.unlink(os.path.join(args.work, f"{args.board}.img"))


if __name__ == "__main__":
    sys.exit(main())
