#!/usr/bin/python3
"""Checks the form of what the image is made of, without building it: units, scripts, boards."""

import configparser
import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OVERLAY = os.path.join(ROOT, "firmware", "overlay")
UNITS = os.path.join(OVERLAY, "usr/lib/systemd/system")
EXPOSURE_MAX = 2.0
BUTTONS = {f"button.{name}" for name in ("ok", "back", "scan", "staff")}  # app/flow/flow.c


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def scripts():
    found = [os.path.join(ROOT, name) for name in ("flash.sh", "firmware/build.sh", "firmware/initrd/init", "tests/device/run", "tests/device/boards")]
    for pattern in ("firmware/parts/*", "firmware/overlay/usr/lib/tillside/*", "board/*/overlay/usr/lib/tillside/*"):
        found += glob.glob(os.path.join(ROOT, pattern))
    return [path for path in found if os.path.isfile(path) and text(path).startswith(("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/busybox"))]


class Scripts(unittest.TestCase):
    @unittest.skipUnless(shutil.which("shellcheck"), "SKIPPED: no shellcheck")
    def test_shellcheck_finds_nothing(self):
        done = subprocess.run(["shellcheck", "-x", *scripts()], capture_output=True, text=True, cwd=ROOT)
        self.assertEqual(done.stdout, "")

    def test_all_can_be_run(self):
        for path in scripts():
            self.assertTrue(os.access(path, os.X_OK), path)


@unittest.skipUnless(shutil.which("systemd-analyze"), "SKIPPED: no systemd-analyze")
class Units(unittest.TestCase):
    def test_the_terminal_is_exposed_as_little_as_promised(self):
        with tempfile.TemporaryDirectory() as root:
            shutil.copytree(os.path.join(OVERLAY, "usr"), os.path.join(root, "usr"), symlinks=True)
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--root={root}", "tillside-terminal.service"],
                                  capture_output=True, text=True)
        found = re.search(r"Overall exposure level for tillside-terminal.service: ([0-9.]+)", done.stdout + done.stderr)
        self.assertIsNotNone(found, done.stdout + done.stderr)
        self.assertLessEqual(float(found.group(1)), EXPOSURE_MAX, done.stdout)

    def test_every_program_that_a_unit_starts_is_there(self):
        built = {"/usr/bin/tillside-terminal", "/usr/lib/tillside/console-lock"}
        for unit in glob.glob(os.path.join(UNITS, "*.service")):
            for program in re.findall(r"^Exec[A-Za-z]+=[+@!-]*(/\S+)", text(unit), re.M):
                self.assertTrue(program in built or os.path.exists(OVERLAY + program), f"{unit}: {program}")

    def test_every_unit_that_is_enabled_says_where_it_belongs(self):
        preset = text(os.path.join(OVERLAY, "usr/lib/systemd/system-preset/00-tillside.preset"))
        for name in re.findall(r"^enable (\S+)$", preset, re.M):
            path = os.path.join(UNITS, name)
            if os.path.exists(path) and "WantedBy" not in text(path):
                users = [u for u in glob.glob(os.path.join(UNITS, "*.*")) if os.path.isfile(u) and re.search(rf"^(Requires|Wants)=.*{re.escape(name)}", text(u), re.M)]
                self.assertTrue(users, f"{name} is enabled and nobody wants it")


class Boards(unittest.TestCase):
    def test_every_board_is_facts_with_a_readme_that_says_whether_it_was_booted(self):
        for folder in glob.glob(os.path.join(ROOT, "board", "*")):
            if not os.path.exists(os.path.join(folder, "board.conf")):
                continue
            with self.subTest(os.path.basename(folder)):
                facts = text(os.path.join(folder, "board.conf"))
                for fact in ("ARCH", "KERNEL", "BOOT", "CMDLINE", "SLOT_MIB", "DATA_MIB"):
                    self.assertRegex(facts, rf"(?m)^{fact}=\S")
                self.assertRegex(text(os.path.join(folder, "README.md")), r"(?m)^- \*\*Booted\*\*: (yes|not booted)")
                parser = configparser.ConfigParser(comment_prefixes=(";", "#"))
                parser.read(os.path.join(folder, "board.ini"))
                self.assertEqual(parser["board"]["name"], os.path.basename(folder))
                self.assertEqual(parser["display"]["backend"], "kms")
                self.assertNotIn("sim", [parser[section].get("backend") for section in parser.sections()])
                self.assertEqual(parser["storage"]["mark_path"], "/dev/tillside-mark")
                for key in parser["gpio"]:
                    if key.startswith("button."):
                        self.assertIn(key, BUTTONS)

    def test_every_board_takes_a_stick(self):
        """usb-storage alone finds a stick and gives it no name: that is sd_mod's."""
        for path in glob.glob(os.path.join(ROOT, "board", "*", "board.conf")):
            modules = " ".join(re.findall(r'(?m)^MODULES="(.*)"$', text(path))).split()
            self.assertEqual({"usb-storage", "sd_mod", "vfat", "nls_cp437", "nls_ascii"} - set(modules), set(), path)

    def test_every_board_can_give_the_mark_its_place(self):
        for path in glob.glob(os.path.join(ROOT, "board", "*", "board.conf")):
            self.assertIn("loop", " ".join(re.findall(r'(?m)^MODULES="(.*)"$', text(path))).split(), path)
        unit = text(os.path.join(UNITS, "tillside-terminal.service"))
        self.assertRegex(unit, r"(?m)^DeviceAllow=block-loop rw$")
        self.assertRegex(unit, r"(?m)^After=.*\btillside-mark\.service\b")
        self.assertNotRegex(unit, r"(?m)^Requires=.*tillside-mark")  # it sells without one

    def test_no_board_switches_mitigations_off_but_the_emulated_ones(self):
        for path in glob.glob(os.path.join(ROOT, "board", "*", "board.conf")):
            if "qemu-" not in path:
                self.assertNotIn("mitigations=off", text(path), path)


def loops_work():
    if os.geteuid() != 0 or not shutil.which("losetup"):
        return False
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(1 << 20)
        done = subprocess.run(["losetup", "--find", "--show", file.name], capture_output=True, text=True)
        if done.returncode == 0:
            subprocess.run(["losetup", "-d", done.stdout.strip()], check=True)
    return done.returncode == 0


@unittest.skipUnless(loops_work(), "SKIPPED: this machine allows no loop devices")
class Mark(unittest.TestCase):
    def test_two_blocks_and_nothing_else_can_be_reached(self):
        node = "/dev/tillside-mark-test"
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"v" * (1 << 20))
            file.flush()
            settings = {**os.environ, "MARK_PARTITION": file.name, "MARK_NODE": node, "MARK_USER": "nobody"}
            try:
                for _ in range(2):  # the second finds it done
                    subprocess.run([os.path.join(OVERLAY, "usr/lib/tillside/mark-place")], env=settings, check=True)
                found = os.stat(node)
                self.assertEqual((found.st_mode & 0o777, found.st_uid), (0o600, pwd.getpwnam("nobody").pw_uid))
                with open(node, "r+b", buffering=0) as blocks:
                    self.assertEqual(blocks.seek(0, os.SEEK_END), 8192)
                    blocks.seek(0)
                    blocks.write(b"m" * 8192)
                    os.fsync(blocks)
                    with self.assertRaises(OSError):
                        blocks.write(b"m" * 4096)
            finally:
                loops = subprocess.run(["losetup", "-j", file.name, "-n", "-O", "NAME"], capture_output=True, text=True).stdout.split()
                for loop in loops:
                    subprocess.run(["losetup", "-d", loop], check=True)
                if os.path.exists(node):
                    os.unlink(node)
            self.assertEqual(len(loops), 1)
            with open(file.name, "rb") as whole:
                content = whole.read()
            self.assertEqual(content, b"v" * 786432 + b"m" * 8192 + b"v" * ((1 << 20) - 786432 - 8192))


class Provisioning(unittest.TestCase):
    """The device's own reading of the file, run here into a folder."""

    def settings(self, words):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "p.ini")
            with open(path, "w", encoding="utf-8") as file:
                file.write(words)
            done = subprocess.run([os.path.join(OVERLAY, "usr/lib/tillside/provision"), path, os.path.join(folder, "run")], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return {name: text(name) for name in glob.glob(os.path.join(folder, "run", "**", "*"), recursive=True)
                    if os.path.isfile(name) and not os.path.islink(name)}, done.stdout + done.stderr

    def test_a_static_address(self):
        files, _ = self.settings("[network]\naddress = 192.168.1.5/24\ngateway=192.168.1.1\ndns = 1.1.1.1 9.9.9.9\n")
        network = "".join(files.values())
        self.assertIn("Address=192.168.1.5/24\n", network)
        self.assertIn("Gateway=192.168.1.1\nDNS=1.1.1.1\nDNS=9.9.9.9\n", network)

    def test_nothing_can_be_smuggled_into_a_setting(self):
        for words in ("[network]\naddress = 1.2.3.4/24\\nExec=evil\n", "[network]\naddress = $(reboot)\n", "[time]\nntp = a;b\n", "[time]\nntp = `id`\n"):
            with self.subTest(words):
                files, said = self.settings(words)
                self.assertEqual(files, {})
                self.assertIn("is not understood", said)

    def test_an_empty_and_a_missing_file_give_defaults(self):
        self.assertEqual(self.settings("")[0], {})


class StickFiles(unittest.TestCase):
    """What is read from a stick and written onto it, whatever lies there already."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def at(self, name):
        return os.path.join(self.folder, name)

    def call(self, words, said=""):
        command = f"set -eu; . {OVERLAY}/usr/lib/tillside/stick-files; {words}"
        return subprocess.run(["bash", "-c", command], input=said, capture_output=True, text=True, cwd=self.folder, timeout=20).returncode

    def strange(self):
        """Everything that a report may not be, under its name."""
        with open(self.at("elsewhere"), "w", encoding="utf-8") as file:
            file.write("untouched")
        os.mkfifo(self.at("fifo"))
        os.symlink("elsewhere", self.at("link"))
        os.symlink("nothing", self.at("dangling"))
        os.makedirs(self.at("folder/below"))
        return ["fifo", "link", "dangling", "folder"]

    def test_what_is_written_is_a_new_file_whatever_had_the_name(self):
        for name in [*self.strange(), "new"]:
            with self.subTest(name):
                self.assertEqual(self.call(f"put {name}", "the report"), 0)
                self.assertFalse(os.path.islink(self.at(name)))
                self.assertEqual(text(self.at(name)), "the report")
        self.assertEqual(text(self.at("elsewhere")), "untouched")

    def test_only_a_plain_file_is_copied(self):
        for name in self.strange():
            with self.subTest(name):
                self.assertNotEqual(self.call(f"copy_in {name} copy"), 0)
                self.assertFalse(os.path.exists(self.at("copy")))
        self.assertEqual(self.call("copy_in elsewhere copy"), 0)
        self.assertEqual(text(self.at("copy")), "untouched")

    def test_a_stick_is_mounted_by_kind_and_guarded_each_time(self):
        tools = self.at("tools")
        os.mkdir(tools)
        with open(f"{tools}/mount", "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "$@" >>mounted\n')
        os.chmod(f"{tools}/mount", 0o755)
        self.assertEqual(self.call(f"PATH={tools}:$PATH; stick_mount /dev/sda1 where ro; stick_writable where"), 0)
        guard = "nodev,nosuid,noexec,nosymfollow"
        self.assertEqual(text(self.at("mounted")), f"-t vfat,ext4 -o ro,{guard} /dev/sda1 where\n-o remount,rw,{guard} where\n")

    def test_nothing_on_the_device_mounts_a_stick_in_another_way(self):
        for name in ("stick", "updater"):
            self.assertNotRegex(text(os.path.join(OVERLAY, "usr/lib/tillside", name)), r"(?m)(^|[;&|]\s*)mount\s")


class BootVariables(unittest.TestCase):
    """GRUB's variables as RAUC changes them, on a file in place of the partition."""

    MARK = b"# GRUB Environment Block\n"

    def setUp(self):
        self.file = tempfile.NamedTemporaryFile()
        self.addCleanup(self.file.close)
        self.file.write(bytes(5 * 512) + (self.MARK + b"ORDER=A\nA_LEFT=3\nB_LEFT=0\n").ljust(512, b"#") + b"behind")
        self.file.flush()

    def ask(self, *words):
        return subprocess.run([os.path.join(OVERLAY, "usr/lib/tillside/boot-variables"), *words], capture_output=True, text=True,
                              env={**os.environ, "BOOT_VARIABLES": self.file.name})

    def said(self, *words):
        done = self.ask(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def sector(self):
        with open(self.file.name, "rb") as file:
            data = file.read()
        self.assertEqual((len(data), data[:5 * 512], data[6 * 512:]), (6 * 512 + 6, bytes(5 * 512), b"behind"))
        return data[5 * 512:6 * 512].rstrip(b"#").decode().splitlines()[1:]

    def test_an_installation_makes_the_other_slot_the_first_with_three_tries(self):
        self.assertEqual((self.said("get-primary"), self.said("get-state", "A"), self.said("get-state", "B")), ("A", "good", "bad"))
        self.said("set-state", "B", "bad")
        self.said("set-primary", "B")
        self.assertEqual(self.sector(), ["ORDER=B A", "A_LEFT=3", "B_LEFT=3"])
        self.assertEqual((self.said("get-primary"), self.said("get-state", "B")), ("B", "good"))

    def test_a_bad_slot_leaves_the_order_and_a_good_one_has_its_tries_again(self):
        self.said("set-primary", "B")
        self.said("set-state", "B", "bad")
        self.assertEqual(self.sector(), ["ORDER=A", "A_LEFT=3", "B_LEFT=0"])
        self.said("set-state", "A", "good")
        self.assertEqual((self.said("get-primary"), self.said("get-state", "B")), ("A", "bad"))

    def test_what_is_not_understood_changes_nothing(self):
        before = self.sector()
        for words in (("set-state", "A", "perhaps"), ("format",)):
            self.assertNotEqual(self.ask(*words).returncode, 0)
        self.assertEqual(self.sector(), before)

    def test_a_partition_without_variables_is_said_so(self):
        with open(self.file.name, "r+b") as file:
            file.seek(5 * 512)
            file.write(b"x")
        self.assertIn("no variables", self.ask("get-primary").stderr)


if __name__ == "__main__":
    unittest.main()
