"""Puts the provisioning file onto the data partition of a freshly written disk, and proves that it is there.

Works on the ext4 file system in place (debugfs), so nothing is mounted and no loop device is needed.
"""

import configparser
import os
import struct
import subprocess
import tempfile

SECTOR = 512
FILE_MAX = 16 * 1024
SECTIONS = {"network": {"address", "gateway", "dns"}, "wifi": {"ssid", "psk", "country"}, "time": {"zone", "ntp"}}


class ProvisionFailed(Exception):
    """The file is wrong, or is not on the disk as it should be."""


def check_file(path):
    """Says what is wrong before anything is written."""
    if os.path.getsize(path) > FILE_MAX:
        raise ProvisionFailed(f"{path} is longer than {FILE_MAX} bytes")
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ProvisionFailed(f"{path}: {' '.join(str(error).split())}") from None
    for section in parser.sections():
        unknown = set(parser[section]) - SECTIONS.get(section, set())
        if section not in SECTIONS or unknown:
            raise ProvisionFailed(f"{path}: [{section}] {', '.join(sorted(unknown))}: there is no such setting (docs/device.md)")
    if "wifi" in parser and not 8 <= len(parser["wifi"].get("psk", "")) <= 63:
        raise ProvisionFailed(f"{path}: [wifi] psk has 8 to 63 characters")


def partition_offset(head, name):
    """Where a GPT partition starts, in bytes, from the disk's first MiB."""
    header = head[SECTOR:2 * SECTOR]
    if header[:8] != b"EFI PART":
        raise ProvisionFailed("the image has no partition table")
    table, count, size = struct.unpack_from("<QII", header, 72)
    for index in range(count):
        entry = head[table * SECTOR + index * size:][:size]
        if len(entry) == size and entry[56:128].decode("utf-16-le", "replace").rstrip("\0") == name:
            return struct.unpack_from("<Q", entry, 32)[0] * SECTOR
    raise ProvisionFailed(f"the image has no partition named {name}")


def debugfs(device, offset, commands, write=False):
    with tempfile.NamedTemporaryFile("w", suffix=".debugfs") as script:
        script.write("\n".join(commands) + "\n")
        script.flush()
        done = subprocess.run(["debugfs", *(["-w"] if write else []), "-f", script.name, f"{device}?offset={offset}"],
                              capture_output=True, text=True)
    if done.returncode != 0:
        raise ProvisionFailed(f"{device}: {done.stderr.strip()}")
    return done.stdout


def inject(device, head, path):
    """Writes path to /provision/provision.ini, owned by root, 0600 in a folder of 0700."""
    offset = partition_offset(head, "data")
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "provision.ini")
        with open(path, "rb") as source, open(os.open(plain, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as copy:
            wanted = source.read()
            copy.write(wanted)
        debugfs(device, offset, ["mkdir /provision", "sif /provision mode 040700", f"write {plain} /provision/provision.ini",
                                 "sif /provision/provision.ini mode 0100600", "sif /provision/provision.ini uid 0",
                                 "sif /provision/provision.ini gid 0"], write=True)
        back = os.path.join(folder, "back")
        shown = debugfs(device, offset, [f"dump /provision/provision.ini {back}", "stat /provision/provision.ini"])
        if not os.path.exists(back) or open(back, "rb").read() != wanted:
            raise ProvisionFailed(f"{device}: the provisioning file read back differs")
        if "Mode:  0600" not in shown or "User:     0" not in shown:
            raise ProvisionFailed(f"{device}: the provisioning file is not root's alone")
    done = subprocess.run(["e2fsck", "-fn", f"{device}?offset={offset}"], capture_output=True, text=True)
    if done.returncode != 0:
        raise ProvisionFailed(f"{device}: the data partition is damaged: {done.stdout.strip().splitlines()[-1:]}")
