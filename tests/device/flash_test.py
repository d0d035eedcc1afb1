#!/usr/bin/python3
"""flash.sh against made-up machines, broken images, cut power, bad media and, where the machine allows them, loop devices."""

import hashlib
import json
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLASH = os.path.join(ROOT, "flash.sh")
sys.path.insert(0, os.path.join(ROOT, "firmware", "flash"))
os.environ["PATH"] += ":/usr/sbin:/sbin"
import image as images  # noqa: E402
import write  # noqa: E402

MIB = 1024 * 1024
SIZE = 48 * MIB
DATA_AT, DATA_SIZE = 24 * MIB, 16 * MIB
work = None


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def content(path):
    with open(path, "rb") as file:
        return file.read()


def make_authority(folder, name):
    """A certificate and a release key under it, as a release has them."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *key, "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.ca.key", "-out", f"{folder}/{name}.pem")
    run("openssl", "req", "-new", *key, "-subj", f"/CN={name} release", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    run("openssl", "x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/{name}.pem", "-CAkey", f"{folder}/{name}.ca.key",
        "-set_serial", "2", "-out", f"{folder}/{name}.release.pem")


def sign(manifest, name="release"):
    run("openssl", "cms", "-sign", "-binary", "-outform", "DER", "-signer", f"{work}/{name}.release.pem", "-inkey", f"{work}/{name}.key",
        "-in", manifest, "-out", manifest + ".sig")


def make_disk(path):
    """A GPT with a data partition of ext4, a few MiB of noise, holes between."""
    with open(path, "wb") as file:
        file.truncate(SIZE)
    subprocess.run(["sfdisk", "-q", path], input=f"label: gpt\nstart={DATA_AT // 512}, size={DATA_SIZE // 512}, name=data\n", text=True, check=True)
    data = path + ".data"
    with open(data, "wb") as file:
        file.truncate(DATA_SIZE)
    run("mkfs.ext4", "-q", "-F", "-L", "data", data)
    noise = hashlib.shake_256(b"tillside").digest(5 * MIB)
    with open(path, "r+b") as file, open(data, "rb") as source:
        file.seek(2 * MIB)
        file.write(noise)
        source.seek(0)
        for at in range(0, DATA_SIZE, 4096):
            block = source.read(4096)
            if any(block):
                file.seek(DATA_AT + at)
                file.write(block)


def make_release(folder, name="tillside-test-1", board="test", authority="release"):
    disk = f"{folder}/{name}.img"
    make_disk(disk)
    run("bmaptool", "-q", "create", "-o", f"{disk}.bmap", disk)
    run("zstd", "-q", "-f", disk, "-o", f"{disk}.zst")
    write_manifest(folder, name, board, authority)
    return f"{disk}.zst"


def write_manifest(folder, name, board="test", authority="release"):
    disk = f"{folder}/{name}.img"
    with open(f"{folder}/{name}.manifest.json", "w", encoding="utf-8") as file:
        json.dump({"format": 1, "board": board, "version": "1", "image": f"{name}.img.zst", "image_sha256": images.sha256_of(f"{disk}.zst"),
                   "bmap": f"{name}.img.bmap", "bmap_sha256": images.sha256_of(f"{disk}.bmap"), "size": SIZE, "built": 0}, file)
    sign(f"{folder}/{name}.manifest.json", authority)


def setUpModule():
    global work
    work = tempfile.mkdtemp(prefix="tillside-flash-")
    make_authority(work, "release")
    make_authority(work, "stranger")
    make_release(work)


def tearDownModule():
    shutil.rmtree(work)


def flash(*words, image=None, env=None):
    return subprocess.run([FLASH, "--image", image or f"{work}/tillside-test-1.img.zst", "--ca", f"{work}/release.pem", *words],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)


class World:
    """A machine made of files: /sys, /proc and /dev below a folder."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="tillside-world-", dir=work)
        for folder in ("sys/block", "proc/self", "dev"):
            os.makedirs(f"{self.root}/{folder}")
        self.put("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
        self.put("proc/swaps", "Filename Type Size Used Priority\n")
        self.disk("sda", "8:0")
        self.partition("sda", "sda1", "8:1")

    def put(self, path, text, mode="w"):
        full = f"{self.root}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, mode) as file:
            file.write(text)

    def disk(self, name, number, size=64 * MIB, serial="S-1", model="Card"):
        block = f"sys/block/{name}"
        self.put(f"{block}/size", str(size // 512))
        self.put(f"{block}/dev", number)
        self.put(f"{block}/ro", "0")
        self.put(f"{block}/device/model", model)
        if serial:
            self.put(f"{block}/device/serial", serial)
        os.makedirs(f"{self.root}/{block}/holders", exist_ok=True)
        self.put(f"dev/{name}", "")
        os.truncate(f"{self.root}/dev/{name}", min(size, 64 * MIB))

    def partition(self, disk, name, number):
        self.put(f"sys/block/{disk}/{name}/partition", "1")
        self.put(f"sys/block/{disk}/{name}/dev", number)
        os.makedirs(f"{self.root}/sys/block/{disk}/{name}/holders")
        self.put(f"dev/{name}", "")

    def content(self, name="sdb"):
        with open(f"{self.root}/dev/{name}", "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


class WrongTargets(unittest.TestCase):
    def refused(self, world, words, device="/dev/sdb", code=3, extra=()):
        nodes = [n for n in os.listdir(f"{world.root}/dev") if os.path.isfile(f"{world.root}/dev/{n}")]
        before = {node: (world.content(node), os.stat(f"{world.root}/dev/{node}").st_mtime_ns) for node in nodes}
        done = flash("--sysroot", world.root, "--device", device, "--serial", "S-1", *extra)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        self.assertIn(words, done.stderr)
        after = {node: (world.content(node), os.stat(f"{world.root}/dev/{node}").st_mtime_ns) for node in nodes}
        self.assertEqual(before, after, "something was written")

    def world(self, **changes):
        world = World()
        world.disk("sdb", "8:16", **changes)
        world.partition("sdb", "sdb1", "8:17")
        return world

    def test_a_right_target_is_written_in_this_made_up_machine_too(self):
        world = self.world()
        done = flash("--sysroot", world.root, "--device", "/dev/sdb", "--serial", "S-1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_disk_of_the_running_system(self):
        self.refused(self.world(), "holds the running system", "/dev/sda")

    def test_a_mounted_partition(self):
        world = self.world()
        world.put("proc/self/mountinfo", "30 1 8:17 / /media/card rw - vfat /dev/sdb1 rw\n", "a")
        self.refused(world, "is mounted at /media/card")

    def test_a_mounted_whole_disk(self):
        world = self.world()
        world.put("proc/self/mountinfo", "30 1 8:16 / /mnt rw shared:4 - ext4 /dev/sdb rw\n", "a")
        self.refused(world, "is mounted at /mnt")

    def test_a_file_system_with_a_number_of_its_own(self):
        world = self.world()
        world.put("proc/self/mountinfo", "30 1 0:44 /sub /srv rw - btrfs /dev/sdb1 rw\n", "a")
        self.refused(world, "is mounted at /srv")

    def test_swap_on_a_partition(self):
        world = self.world()
        world.put("proc/swaps", "/dev/sdb1 partition 1000 0 -2\n", "a")
        self.refused(world, "is used as swap")

    def test_swap_on_the_whole_disk(self):
        world = self.world()
        world.put("proc/swaps", "/dev/sdb partition 1000 0 -2\n", "a")
        self.refused(world, "is used as swap")

    def test_a_running_raid(self):
        world = self.world()
        os.makedirs(f"{world.root}/sys/block/sdb/holders/md0")
        self.refused(world, "is held by md0")

    def test_a_volume_group_on_a_partition(self):
        world = self.world()
        os.makedirs(f"{world.root}/sys/block/sdb/sdb1/holders/dm-3")
        self.refused(world, "is held by dm-3")

    def test_the_image_lies_on_it(self):
        world = self.world()
        number = os.stat(work).st_dev
        world.put("sys/block/sdb/sdb1/dev", f"{os.major(number)}:{os.minor(number)}")
        self.refused(world, "which is to be read")

    def test_another_loop_device_stands_on_it(self):
        world = self.world()
        world.put("sys/block/loop3/loop/backing_file", "/dev/sdb1\n")
        self.refused(world, "is what loop3 stands on")

    def test_too_small(self):
        self.refused(self.world(size=SIZE - 512), "is too small")

    def test_no_medium(self):
        self.refused(self.world(size=0), "has no medium")

    def test_larger_than_128_gb(self):
        self.refused(self.world(size=200 * 1000 ** 3), "larger than 128 GB")

    def test_write_protected(self):
        world = self.world()
        world.put("sys/block/sdb/ro", "1")
        self.refused(world, "write-protected")

    def test_without_a_serial_number(self):
        self.refused(self.world(serial=""), "no serial number")

    def test_another_serial_number(self):
        self.refused(self.world(serial="S-2"), "has the serial number S-2", code=7)

    def test_a_partition(self):
        self.refused(self.world(), "is a partition", "/dev/sdb1")

    def test_a_path_that_is_not_there(self):
        self.refused(self.world(), "cannot be opened", "/dev/sdz")

    def test_a_folder(self):
        world = self.world()
        os.makedirs(f"{world.root}/dev/disk")
        self.refused(world, "is a folder", "/dev/disk")

    def test_kinds_that_are_no_disks(self):
        for name, words in (("md0", "a RAID array"), ("dm-0", "a device-mapper volume"), ("zram0", "compressed swap"), ("ram0", "a RAM disk"),
                            ("sr0", "an optical drive"), ("nbd0", "a disk over the network"), ("mtdblock0", "raw flash"),
                            ("mmcblk0boot0", "a boot area"), ("zd16", "a ZFS volume")):
            with self.subTest(name):
                world = self.world()
                world.disk(name, "9:0")
                self.refused(world, words, f"/dev/{name}")

    def test_a_loop_device_that_nobody_allowed(self):
        world = self.world()
        world.disk("loop0", "7:0")
        self.refused(world, "is a loop device", "/dev/loop0")

    def test_members_of_something_that_is_not_running(self):
        def swap(path):
            run("mkswap", "-q", path)

        def luks(path):
            with open(path, "r+b") as file:
                file.write(b"LUKS\xba\xbe\0\x01".ljust(592, b"\0"))

        def raid(path):
            super_block = bytearray(256)
            struct.pack_into("<IIII", super_block, 0, 0xA92B4EFC, 1, 0, 0)
            struct.pack_into("<Q", super_block, 144, 8)  # where it lies, in sectors
            struct.pack_into("<I", super_block, 220, 0)  # no devices follow
            words = struct.unpack("<64I", bytes(super_block))
            total = sum(words)
            struct.pack_into("<I", super_block, 216, (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
            with open(path, "r+b") as file:
                file.seek(4096)
                file.write(super_block)
        for make, words in ((swap, "is swap space"), (luks, "is encrypted volume"), (raid, "is member of a RAID")):
            with self.subTest(words):
                world = self.world()
                make(f"{world.root}/dev/sdb")
                self.refused(world, words)

    def test_an_ordinary_file_as_a_device(self):
        path = f"{work}/ordinary"
        with open(path, "wb") as file:
            file.truncate(SIZE)
        done = flash("--device", path, "--serial", "x")
        self.assertEqual((done.returncode, content(path).strip(b"\0")), (3, b""))

    def test_a_character_device(self):
        done = flash("--device", "/dev/null", "--serial", "x")
        self.assertEqual(done.returncode, 3)
        self.assertIn("character device", done.stderr)

    def test_no_option_overrides_a_refusal(self):
        world = self.world()
        world.put("proc/self/mountinfo", "30 1 8:17 / /media/card rw - vfat /dev/sdb1 rw\n", "a")
        self.refused(world, "is mounted", extra=("--large", "--allow-loop"))

    def test_a_file_that_is_there_already_is_no_new_disk(self):
        path = f"{work}/there"
        with open(path, "w", encoding="utf-8") as file:
            file.write("my thesis")
        done = flash("--to-file", path)
        self.assertEqual((done.returncode, content(path)), (1, b"my thesis"))


class WrongImages(unittest.TestCase):
    def copy(self):
        folder = tempfile.mkdtemp(dir=work)
        for name in os.listdir(work):
            if name.startswith("tillside-test-1."):
                shutil.copy(f"{work}/{name}", folder)
        return folder

    def refused(self, folder, *words):
        target = f"{folder}/target"
        done = flash("--to-file", target, *words, image=f"{folder}/tillside-test-1.img.zst")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertFalse(os.path.exists(target), "something was written")

    def flip(self, path, at):
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x10]))

    def test_one_bit_of_any_file_of_a_release(self):
        for name in ("img.zst", "img.bmap", "manifest.json"):
            with self.subTest(name):
                folder = self.copy()
                self.flip(f"{folder}/tillside-test-1.{name}", 70)
                self.refused(folder)

    def test_a_signature_by_a_stranger(self):
        folder = self.copy()
        sign(f"{folder}/tillside-test-1.manifest.json", "stranger")
        self.refused(folder)

    def test_no_signature(self):
        folder = self.copy()
        os.unlink(f"{folder}/tillside-test-1.manifest.json.sig")
        self.refused(folder)

    def test_a_truncated_image(self):
        folder = self.copy()
        os.truncate(f"{folder}/tillside-test-1.img.zst", 1000)
        self.refused(folder)

    def test_an_image_for_another_board(self):
        self.refused(self.copy(), "--board", "other")

    def test_a_signed_manifest_that_leads_elsewhere(self):
        folder = self.copy()
        path = f"{folder}/tillside-test-1.manifest.json"
        facts = json.loads(content(path))
        facts["image"] = "../" + facts["image"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(facts, file)
        sign(path)
        self.refused(folder)

    def test_block_maps_that_do_not_fit(self):
        text = content(f"{work}/tillside-test-1.img.bmap").decode()
        first = text[text.index("<Range"):text.index("</Range>") + 8]
        for name, changed in (("size", text.replace(str(SIZE), str(SIZE * 2))), ("no ranges", text.replace("<Range", "<Other").replace("</Range", "</Other")),
                              ("twice", text.replace(first, first + first)), ("no XML", "map"), ("no checksum", text.replace("chksum=", "other="))):
            with self.subTest(name):
                self.assertRaises(images.NotGenuine, images.read_map, changed, SIZE)


class Medium(write.Target):
    """A disk with a fault: the power goes after some writes, or a bit turns over on its way."""

    def __init__(self, path, cut_after=None, flip_at=None):
        super().__init__(path, make_size=SIZE + MIB)
        self.left, self.flip_at = cut_after, flip_at

    def write(self, data, offset):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                if len(data) > write.PAGE:  # a page is written whole or not at all
                    super().write(bytes(data)[:len(data) // 2], offset)
                raise write.WriteFailed("the power went")
        data = bytearray(data)
        if self.flip_at is not None and offset <= self.flip_at < offset + len(data):
            data[self.flip_at - offset] ^= 1
        super().write(data, offset)


class Writing(unittest.TestCase):
    def setUp(self):
        self.image = images.open_image(f"{work}/tillside-test-1.img.zst", f"{work}/release.pem")

    def write(self, target):
        progress = write.Progress(lambda event: None)
        write.clear_ends(target)
        head = write.write_body(self.image, target, progress)
        write.read_back(self.image, target, head, progress)
        write.write_head(target, head)

    def ends(self, path):
        with open(path, "rb") as file:
            head = file.read(MIB)
            file.seek(-MIB, os.SEEK_END)
            return head, file.read()

    def test_a_written_disk_is_the_image(self):
        target = Medium(f"{work}/whole")
        self.write(target)
        target.close()
        with open(f"{work}/whole", "rb") as mine, open(f"{work}/tillside-test-1.img", "rb") as wanted:
            self.assertTrue(mine.read(SIZE) == wanted.read())

    def test_an_interrupted_disk_never_starts(self):
        cuts = 0
        for after in range(2, 40):
            path = f"{work}/cut-{after}"
            target = Medium(path, cut_after=after)
            try:
                self.write(target)
                target.close()
                break
            except write.WriteFailed:
                target.close()
            cuts += 1
            head, tail = self.ends(path)
            self.assertEqual(head[:write.PAGE].strip(b"\0"), b"", f"cut after {after} writes leaves a partition table")
            self.assertEqual(tail.strip(b"\0"), b"", f"cut after {after} writes leaves a partition table at the end")
            os.unlink(path)
        self.assertGreaterEqual(cuts, 5)

    def test_a_bit_that_turns_over_on_its_way_is_found(self):
        for number, part in enumerate(self.image.ranges):
            at = max(part.start, MIB) + 5
            if at >= part.end:
                continue
            with self.subTest(at):
                path = f"{work}/flip-{number}"
                target = Medium(path, flip_at=at)
                self.assertRaises(write.Differs, self.write, target)
                target.close()
                self.assertEqual(self.ends(path)[0].strip(b"\0"), b"", "it would start")
                os.unlink(path)

    def test_a_bit_of_the_first_mib_is_found(self):
        target = Medium(f"{work}/flip-head", flip_at=600)
        self.assertRaises(write.Differs, self.write, target)
        target.close()

    def test_an_image_that_changes_while_it_is_written_is_refused(self):
        other = f"{work}/other.img"
        shutil.copy(f"{work}/tillside-test-1.img", other)
        with open(other, "r+b") as file:
            file.seek(3 * MIB)
            file.write(b"evil")
        run("zstd", "-q", "-f", other, "-o", f"{other}.zst")
        self.image.path = f"{other}.zst"
        target = Medium(f"{work}/changed")
        self.assertRaises(images.NotGenuine, self.write, target)
        target.close()
        self.assertEqual(self.ends(f"{work}/changed")[0].strip(b"\0"), b"")

    def test_a_killed_flash_leaves_a_disk_that_does_not_start(self):
        folder = tempfile.mkdtemp(dir=work)
        slow = f"{folder}/zstd"
        with open(slow, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{shutil.which('zstd')} \"$@\" | head -c {6 * MIB}\nexec sleep 600\n")
        os.chmod(slow, 0o755)
        target = f"{folder}/target"
        process = subprocess.Popen([FLASH, "--image", f"{work}/tillside-test-1.img.zst", "--ca", f"{work}/release.pem", "--to-file", target, "--json"],
                                   stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, start_new_session=True)
        while '"progress"' not in process.stdout.readline():
            self.assertIsNone(process.poll())
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        self.assertEqual(self.ends(target)[0].strip(b"\0"), b"")


class Provisioning(unittest.TestCase):
    def provision(self, text):
        folder = tempfile.mkdtemp(dir=work)
        with open(f"{folder}/p.ini", "w", encoding="utf-8") as file:
            file.write(text)
        return folder, flash("--to-file", f"{folder}/disk", "--provision", f"{folder}/p.ini")

    def test_it_stands_on_the_disk_for_root_alone(self):
        text = "[wifi]\nssid = 小店\npsk = geheim-geheim\n"
        folder, done = self.provision(text)
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = run("debugfs", "-R", "stat /provision/provision.ini", f"{folder}/disk?offset={DATA_AT}")
        self.assertIn("Mode:  0600", shown)
        self.assertEqual(run("debugfs", "-R", "cat /provision/provision.ini", f"{folder}/disk?offset={DATA_AT}"), text)

    def test_a_wrong_file_is_refused_before_anything_is_written(self):
        for text in ("[wifi]\nssid = x\npsk = short\n", "[wlan]\nssid = x\n", "[network]\ncolour = red\n", "no section\n", "x" * 20000):
            with self.subTest(text[:20]):
                folder, done = self.provision(text)
                self.assertEqual(done.returncode, 6, done.stderr)
                self.assertFalse(os.path.exists(f"{folder}/disk"))


    def test_a_file_that_is_not_there_is_wrong_usage(self):
        done = flash("--to-file", f"{work}/unprovisioned", "--provision", f"{work}/none.ini")
        self.assertEqual((done.returncode, os.path.exists(f"{work}/unprovisioned")), (2, False))
        self.assertIn("no provisioning file", done.stderr)
        self.assertEqual(flash("--batch", f"{work}/none.csv").returncode, 2)
        with open(f"{work}/rows.csv", "w", encoding="utf-8") as file:
            file.write(f"device,serial,provision\n/dev/none,S1,{work}/none.ini\n")
        self.assertEqual(flash("--batch", f"{work}/rows.csv").returncode, 2)


class Speaking(unittest.TestCase):
    def test_json_is_one_object_a_line_and_ends_with_done(self):
        done = flash("--to-file", f"{work}/spoken", "--json")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual((done.returncode, events[0]["event"], events[-1]["event"]), (0, "image", "done"))
        self.assertTrue({"percent", "mb_per_s", "eta_s", "step"} <= set(events[1]))

    def test_a_dry_run_writes_nothing(self):
        done = flash("--to-file", f"{work}/dry", "--dry-run")
        self.assertEqual((done.returncode, os.path.exists(f"{work}/dry")), (0, False))

    def test_wrong_words_are_wrong_usage(self):
        self.assertEqual(flash("--nonsense").returncode, 2)
        self.assertEqual(flash().returncode, 2)

    def test_a_certificate_that_is_not_there(self):
        self.assertEqual(subprocess.run([FLASH, "--image", "x", "--ca", f"{work}/none"], capture_output=True).returncode, 2)


def loops_work():
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        return False
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(MIB)
        done = subprocess.run(["losetup", "-f", "--show", file.name], capture_output=True, text=True)
        if done.returncode == 0:
            subprocess.run(["losetup", "-d", done.stdout.strip()], check=True)
        return done.returncode == 0


@unittest.skipUnless(loops_work(), "SKIPPED: this machine allows no loop devices; real disks were not tried")
class LoopDevices(unittest.TestCase):
    def loop(self, size=64 * MIB):
        file = tempfile.NamedTemporaryFile(dir=work)
        file.truncate(size)
        self.addCleanup(file.close)
        device = run("losetup", "-f", "--show", file.name).strip()
        self.addCleanup(subprocess.run, ["losetup", "-d", device], check=False)
        return device, os.path.basename(device)

    def test_refused_until_allowed_then_written_and_read_back(self):
        device, serial = self.loop()
        self.assertEqual(flash("--device", device, "--serial", serial).returncode, 3)
        done = flash("--device", device, "--serial", serial, "--allow-loop")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(device, "rb") as mine, open(f"{work}/tillside-test-1.img", "rb") as wanted:
            self.assertEqual(mine.read(2 * MIB), wanted.read(2 * MIB))

    def test_a_mounted_one_is_refused_and_untouched(self):
        device, serial = self.loop()
        run("mkfs.ext4", "-q", device)
        where = tempfile.mkdtemp(dir=work)
        run("mount", device, where)
        try:
            done = flash("--device", device, "--serial", serial, "--allow-loop")
            self.assertEqual(done.returncode, 3)
            self.assertIn("is mounted at", done.stderr)
        finally:
            run("umount", where)
        self.assertEqual(subprocess.run(["e2fsck", "-fn", device], capture_output=True).returncode, 0)

    def test_the_disk_that_the_image_lies_on_is_refused(self):
        device, serial = self.loop(128 * MIB)
        run("mkfs.ext4", "-q", device)
        where = tempfile.mkdtemp(dir=work)
        run("mount", device, where)
        try:
            for name in os.listdir(work):
                if name.startswith("tillside-test-1.") and not name.endswith((".img", ".data")):
                    shutil.copy(f"{work}/{name}", where)
            done = flash("--device", device, "--serial", serial, "--allow-loop", image=f"{where}/tillside-test-1.img.zst")
            self.assertEqual(done.returncode, 3)
            self.assertIn("which is to be read", done.stderr)
        finally:
            run("umount", where)

    def test_a_loop_device_on_a_loop_device_is_refused(self):
        device, serial = self.loop()
        upper = run("losetup", "-f", "--show", device).strip()
        try:
            self.assertEqual(flash("--device", device, "--serial", serial, "--allow-loop").returncode, 3)
        finally:
            run("losetup", "-d", upper)

    def batch(self, rows):
        path = f"{work}/batch.csv"
        with open(path, "w", encoding="utf-8") as file:
            file.write("device,serial,provision\n" + "".join(",".join(row) + "\n" for row in rows))
        return flash("--batch", path, "--allow-loop", "--json")

    def test_a_batch_of_four(self):
        devices = [self.loop() for _ in range(4)]
        with open(f"{work}/batch.ini", "w", encoding="utf-8") as file:
            file.write("[time]\nntp = 10.0.0.1\n")
        done = self.batch([(device, serial, f"{work}/batch.ini") for device, serial in devices])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        finished = [json.loads(line)["device"] for line in done.stdout.splitlines() if '"done"' in line]
        self.assertEqual(sorted(finished), sorted(device for device, _ in devices))
        for device, _ in devices:
            self.assertIn("ntp", run("debugfs", "-R", "cat /provision/provision.ini", f"{device}?offset={DATA_AT}"))

    def test_one_wrong_row_stops_a_batch_before_it_begins(self):
        good, bad = self.loop(), self.loop(SIZE // 2)
        done = self.batch([(*good, ""), (*bad, "")])
        self.assertEqual(done.returncode, 3)
        with open(good[0], "rb") as file:
            self.assertEqual(file.read().strip(b"\0"), b"")


if __name__ == "__main__":
    assert stat.S_ISREG(os.stat(FLASH).st_mode)
    unittest.main()
