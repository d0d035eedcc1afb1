"""Which disks there are, and why one of them must not be written to.

Everything is read from /sys, /proc and the disk's first blocks. With a folder in place of "/" (the tests' seam) the same
questions are asked of that folder, and then only regular files can be written.
"""

import dataclasses
import os
import re
import stat
import subprocess

LARGE_BYTES = 128 * 1000 ** 3
# What belongs to others as a whole: a member of an array or volume group that is not running looks unused otherwise.
MEMBERS = {"linux_raid_member": "member of a RAID", "LVM2_member": "LVM volume", "zfs_member": "member of a ZFS pool",
           "crypto_LUKS": "encrypted volume", "bcache": "part of a bcache", "mpath_member": "path of a multipath disk",
           "ddf_raid_member": "member of a RAID", "isw_raid_member": "member of a RAID", "drbd": "DRBD volume",
           "ceph_bluestore": "Ceph store", "VMFS_volume_member": "VMware store", "BitLocker": "encrypted volume",
           "swap": "swap space", "swsuspend": "a sleeping system's memory"}
NOT_A_DISK = {"dm-": "a device-mapper volume", "md": "a RAID array", "ram": "a RAM disk", "zram": "compressed swap in memory",
              "sr": "an optical drive", "fd": "a floppy drive", "nbd": "a disk over the network", "mtdblock": "raw flash",
              "zd": "a ZFS volume", "bcache": "a cached volume", "drbd": "a replicated volume", "rbd": "a disk over the network"}


@dataclasses.dataclass
class Disk:
    path: str
    name: str
    model: str
    serial: str
    size: int
    removable: bool


class System:
    def __init__(self, root=""):
        self.root = root.rstrip("/")

    def at(self, path):
        return self.root + path

    def text(self, path, default=""):
        try:
            with open(self.at(path), encoding="utf-8", errors="replace") as file:
                return file.read().strip("\0 \n")
        except OSError:
            return default

    def folder(self, path):
        try:
            return sorted(os.listdir(self.at(path)))
        except OSError:
            return []

    # -- disks ------------------------------------------------------------------------------------------------------

    def disk(self, name):
        block = f"/sys/block/{name}"
        size = int(self.text(f"{block}/size", "0") or 0) * 512
        serial = self.text(f"{block}/device/serial") or self.text(f"{block}/serial") or self.text(f"{block}/device/cid")
        model = self.text(f"{block}/device/model") or self.text(f"{block}/device/name")
        if not serial and not self.root:
            serial, model = udev_words(name, model)
        if name.startswith("loop"):
            model, serial = "loop device", serial or name
        return Disk(f"/dev/{name}", name, model, serial, size, self.text(f"{block}/removable") == "1")

    def disks(self):
        names = [n for n in self.folder("/sys/block") if not kind_refusal(n) and not n.startswith("loop")]
        return [disk for disk in map(self.disk, names) if disk.size > 0]

    def partitions(self, name):
        return [p for p in self.folder(f"/sys/block/{name}") if self.text(f"/sys/block/{name}/{p}/partition")]

    def numbers(self, name):
        """major:minor of the disk and of all its partitions."""
        found = {self.text(f"/sys/block/{name}/dev")}
        found |= {self.text(f"/sys/block/{name}/{p}/dev") for p in self.partitions(name)}
        return found - {""}

    def nodes(self, name):
        return [f"/dev/{name}"] + [f"/dev/{p}" for p in self.partitions(name)]

    def mounts(self):
        """(major:minor, where, source) of every mount."""
        found = []
        for line in self.text("/proc/self/mountinfo").splitlines():
            words = line.split()
            if "-" in words and len(words) > words.index("-") + 2:
                found.append((words[2], words[4], words[words.index("-") + 2]))
        return found

    def content(self, node):
        """What libblkid finds there."""
        done = subprocess.run(["blkid", "-p", "-o", "value", "-s", "TYPE", self.at(node)], capture_output=True, text=True)
        return done.stdout.strip()

    def number_of_file(self, path):
        try:
            number = os.stat(path).st_dev
        except OSError:
            return ""
        return f"{os.major(number)}:{os.minor(number)}"


def udev_words(name, model):
    done = subprocess.run(["udevadm", "info", "--query=property", f"--name=/dev/{name}"], capture_output=True, text=True)
    words = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return words.get("ID_SERIAL_SHORT") or words.get("ID_SERIAL", ""), model or words.get("ID_MODEL", "")


def kind_refusal(name):
    for prefix, what in NOT_A_DISK.items():
        if re.fullmatch(re.escape(prefix) + r"\d.*", name):
            return what
    if re.fullmatch(r"mmcblk\d+(boot\d+|rpmb|gp\d+)", name):
        return "a boot area of a flash chip"
    return ""


def node_refusal(system, path):
    """Why this path is no whole disk; "" and its kernel name when it is one."""
    try:
        found = os.stat(path if not system.root else system.at(path))
    except OSError as error:
        return f"cannot be opened: {error.strerror}", ""
    name = os.path.basename(os.path.realpath(path) if not system.root else path)
    if stat.S_ISDIR(found.st_mode):
        return "is a folder", ""
    if stat.S_ISCHR(found.st_mode):
        return "is no disk but a character device", ""
    if not system.root and not stat.S_ISBLK(found.st_mode):
        return "is an ordinary file (a disk image is written with --to-file)", ""
    if kind_refusal(name):
        return f"is {kind_refusal(name)}", ""
    if not os.path.isdir(system.at(f"/sys/block/{name}")):
        return "is a partition; name the whole disk", ""
    return "", name


def use_refusals(system, name):
    """Everything that says that somebody uses the disk or a part of it."""
    reasons = []
    numbers, nodes = system.numbers(name), system.nodes(name)
    for number, where, source in system.mounts():
        if number in numbers or source in nodes:
            reasons.append("holds the running system" if where == "/" else f"is mounted at {where}")
    for line in system.text("/proc/swaps").splitlines()[1:]:
        if line.split() and line.split()[0] in nodes:
            reasons.append("is used as swap")
    for part in ["", *system.partitions(name)]:
        for holder in system.folder(f"/sys/block/{name}/{part}/holders" if part else f"/sys/block/{name}/holders"):
            reasons.append(f"is held by {holder} (RAID, LVM or encryption)")
    for other in system.folder("/sys/block"):
        backing = system.text(f"/sys/block/{other}/loop/backing_file")
        if other != name and backing in nodes:
            reasons.append(f"is what {other} stands on")
    for node in nodes:
        member = MEMBERS.get(system.content(node), "")
        if member:
            reasons.append(f"{node} is {member}" if node != nodes[0] else f"is {member}")
    return reasons


def refusals(system, path, image_size, files, large=False, loop=False):
    """All reasons not to write to path, in words. files: what is read while writing; their disk is spared."""
    reason, name = node_refusal(system, path)
    if reason:
        return [reason]
    disk = system.disk(name)
    reasons = use_refusals(system, name)
    if name.startswith("loop") and not loop:
        reasons.append("is a loop device, not a disk")
    if system.text(f"/sys/block/{name}/ro") == "1":
        reasons.append("is write-protected")
    if disk.size == 0:
        reasons.append("has no medium in it")
    elif disk.size < image_size:
        reasons.append(f"is too small: {disk.size} bytes, the image needs {image_size}")
    if disk.size > LARGE_BYTES and not large:
        reasons.append("is larger than 128 GB, unusual for a terminal: say --large if it is right")
    if not disk.serial:
        reasons.append("has no serial number to tell it from another disk by")
    numbers = system.numbers(name)
    backing = system.text(f"/sys/block/{name}/loop/backing_file")
    for file in files:
        if system.number_of_file(file) in numbers:
            reasons.append(f"holds {file}, which is to be read")
        if backing and os.path.realpath(file) == os.path.realpath(backing):
            reasons.append(f"stands on {file}, which is to be read")
    return reasons
