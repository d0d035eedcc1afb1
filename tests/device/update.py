"""The device's updates: bad bundles on a stick, a version that head office rolls out, one that crashes, which the manager brings on a
stick, what the new system can do, and a reset at the screen, after which a stick brings a version by itself.

The good bundle is the built slot with another version number and a probe: a shell on the serial console that the product
does not have. What the product shows and keeps is checked from outside as before; the probe says what only the inside knows.
"""

import glob
import os
import re
import sqlite3
import subprocess
import time
from contextlib import closing

from bundles import Bundles
from counter import MANAGER
from day import PATIENCE, Day
from machine import PROBE_IS_HERE, Failed, wait_for

MIB = 1 << 20
SLOT_AT, SLOT_SIZE, ENV_AT = 2 * MIB, 512 * MIB, 1 * MIB  # firmware/parts/image.sh, board/qemu-arm64/board.conf
GOOD, NEWER, CRASHING = "0.2.0", "0.2.1", "0.3.0"
IDENTITY = "blkid -p -s UUID -o value /dev/disk/by-partlabel/data"
TIME_QUESTION = "udp systemd-timesyn"  # open only until the time server answers, on a port that the kernel chose
DECLARED_PORTS = {"udp 68 systemd-network", TIME_QUESTION}  # docs/device.md; a store of several terminals adds the one it was given


def open_port(line):
    """A line of `ss -lntupH` as "udp 68 systemd-network"; the kernel's names of programs end after 15 characters."""
    protocol, port = line.split()[0], int(line.split()[4].rsplit(":", 1)[1])
    owner = re.search(r'users:\(\("([^"]+)"', line)
    if protocol == "udp" and owner and f"udp {owner[1]}" == TIME_QUESTION and port >= 32768:
        return TIME_QUESTION
    return f"{protocol} {port} {owner[1] if owner else '?'}"


PROBE = r"""#!/bin/bash
exec 3<>/dev/ttyAMA0
stty -F /dev/ttyAMA0 raw -echo
echo 1 >/proc/sys/kernel/printk # the kernel speaks on the same line, also in the middle of an answer
printf '\n%s\n' "$1" >&3
while read -r number command <&3; do
    printf '@@%s:begin\n' "$number" >&3
    bash -c "$command" >&3 2>&1 </dev/null
    printf '\n@@%s:end %s\n' "$number" "$?" >&3
done
"""
PROBE_UNIT = """[Unit]
Description=Answers the device test
[Service]
ExecStart=/usr/lib/tillside/probe @PROBE_IS_HERE@
Restart=always
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def boot_variables(disk):
    """U-Boot's three variables as they stand on the disk."""
    with open(disk, "rb") as file:
        file.seek(ENV_AT)
        sector = file.read(512)
    return dict(line.split("=", 1) for line in sector[4:].split(b"\0\0")[0].decode("ascii", "replace").split("\0") if "=" in line)


class Slots:
    """Slots made from the built one by changing files in it, and their bundles."""

    def __init__(self, image, keys, work):
        self.keys, self.work = keys, work
        self.original = os.path.join(work, "slot-a.img")
        command = f"zstd -dc '{image}' | dd of='{self.original}' bs=1M skip={SLOT_AT // MIB} count={SLOT_SIZE // MIB} iflag=fullblock conv=sparse status=none"
        run("bash", "-c", command)

    def make(self, name, version, files, links=()):
        slot = os.path.join(self.work, f"{name}.img")
        run("cp", "--sparse=always", self.original, slot)
        commands = []
        for path, (text, mode) in {**files, "/usr/share/tillside/version": (version + "\n", 0o644)}.items():
            source = os.path.join(self.work, f"{name}-{os.path.basename(path)}")
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(source, mode)
            commands += [f"rm {path}", f"write {source} {path}"]
        commands += [f"symlink {path} {target}" for path, target in links]
        script = os.path.join(self.work, f"{name}.debugfs")
        with open(script, "w", encoding="utf-8") as file:
            file.write("\n".join(commands) + "\n")
        run("/usr/sbin/debugfs", "-w", "-f", script, slot)
        return slot

    def bundle(self, slot, version):
        tree = os.path.join(self.work, "bundle-tree")
        path = slot[:-4] + ".raucb"
        run("rm", "-rf", tree, path)
        os.makedirs(tree)
        os.link(slot, os.path.join(tree, "root.ext4"))
        with open(os.path.join(tree, "manifest.raucm"), "w", encoding="utf-8") as file:
            file.write(Bundles.manifest(version=version))
        run("rauc", f"--cert={self.keys}/release.pem", f"--key={self.keys}/release.key", f"--keyring={self.keys}/ca.pem",
            "--mksquashfs-args=-comp zstd -Xcompression-level 1 -all-root", "bundle", tree, path)
        return path


class Stick:
    def __init__(self, path, bundles):
        self.path = path
        with open(path, "wb") as file:
            file.truncate(256 * MIB)
        run("mformat", "-i", path, "-F", "-v", "TILLSIDE", "-h", "64", "-s", "32", "-t", "256", "::")
        run("mcopy", "-i", path, *bundles, "::/")

    def named(self, pattern):
        """The first file of such a name; None when there is none."""
        listed = subprocess.run(["mdir", "-b", "-i", self.path, "::"], capture_output=True, text=True)
        return next((name for name in listed.stdout.split() if re.search(pattern, name)), None)

    def report(self):
        name = self.named(r"tillside-.*\.txt$")
        return subprocess.run(["mtype", "-i", self.path, name], capture_output=True, text=True).stdout if name else ""

    def kept(self, name):
        return subprocess.run(["mtype", "-i", self.path, f"::/{name}"], capture_output=True, text=True).stdout


class Updates(Day):
    slots = good = newer = crashing = None

    def pack(self):
        """The versions that follow, before the clock of any step runs."""
        self.slots = Slots(self.args.image, self.args.keys, self.work)
        unit = PROBE_UNIT.replace("@PROBE_IS_HERE@", PROBE_IS_HERE)
        probe = {"/usr/lib/tillside/probe": (PROBE, 0o755), "/usr/lib/systemd/system/device-probe.service": (unit, 0o644)}
        link = ("/etc/systemd/system/multi-user.target.wants/device-probe.service", "/usr/lib/systemd/system/device-probe.service")
        self.good = self.slots.make("good", GOOD, probe, [link])
        self.newer = self.slots.make("newer", NEWER, probe, [link])
        self.crashing = self.slots.make("crashing", CRASHING, {"/usr/bin/tillside-terminal": ("#!/bin/false\n", 0o755)})
        bad = Bundles(self.args.keys, os.path.join(self.work, "bad"))
        self.held(f"{bad.make_all()} bad bundles made")

    def plug(self, name, bundles):
        """A stick goes in; it is back when the device has written on it all that it writes by itself."""
        stick = Stick(os.path.join(self.work, f"{name}.img"), bundles)
        self.machine.channel.events.clear()
        self.machine.plug_stick(stick.path)
        wait_for("the device has written what it made of the stick", 2 * PATIENCE, lambda: stick.report().endswith("done\n"), 1)
        with open(os.path.join(self.args.out, f"{name}.txt"), "w", encoding="utf-8") as file:
            file.write(stick.report())
        return stick

    def bad_bundles(self):
        """Nobody's device yet: it tries what is on a stick by itself, and none of it is what it may run."""
        started = time.monotonic()
        bad = sorted(glob.glob(os.path.join(self.work, "bad", "*.raucb")))
        stick = self.plug("stick-bad", bad)
        report = stick.report()
        refused = set(re.findall(r"^refused (\S+):", report, re.M))
        self.check("the updater was there to judge them, with all that it needs",
                   [word for word in ("Failed to contact", "/dev/loop-control", "/dev/mapper") if word in report], [])
        self.check("every bad bundle was refused", sorted({os.path.basename(b) for b in bad} - refused), [])
        self.check("there were at least 25 of them", len(refused) >= 25)
        self.check("nothing was installed", (re.findall(r"^installed (\S+)", report, re.M), self.machine.resets()), ([], 0))
        self.check("the journal lies beside the report", len(stick.kept("journal.txt")) > 1000)
        self.machine.pull_stick()
        self.times["bad_bundles_s"] = round(time.monotonic() - started, 1)

    def told(self, field):
        """What central has of the device."""
        return next((row.get(field) for row in self.central.rows("fleet", "list") if row["terminal"] == self.terminal), None)

    def update(self):
        """Head office rolls a version out: fetched, installed, restarted into when nobody is at it, found good, and told."""
        started = time.monotonic()
        bundle = self.slots.bundle(self.good, GOOD)
        self.leave_counter()
        self.central.admin("release", "add", bundle, "--ca", self.args.ca)
        self.machine.channel.events.clear()
        self.central.admin("release", "roll", 1)
        wait_for("central knows that it is on its way", PATIENCE, lambda: GOOD in (self.told("update") or ""), 0.5)
        wait_for("the device restarts by itself", 3 * PATIENCE, self.machine.resets, 1)
        self.times["roll_out_to_restart_s"] = round(time.monotonic() - started, 1)
        self.wait_new_start()
        wait_for("the new slot is called good", PATIENCE, lambda: boot_variables(self.machine.disk).get("BOOT_B_LEFT") == "3", 1)
        self.check("the new slot comes first", boot_variables(self.machine.disk)["BOOT_ORDER"], "B A")
        self.times["roll_out_to_good_s"] = round(time.monotonic() - started, 1)
        wait_for("central knows that it is done", PATIENCE, lambda: self.told("update") == f"{GOOD} done", 1)
        self.held(f"central's fleet list: {GOOD} done")
        self.keep("08-updated")

    def wait_new_start(self):
        wait_for("the screen goes dark", PATIENCE, lambda: self.machine.pixels().mean() < 60)
        self.wait_follow_code()

    def orders(self):
        """By the feed: the log, then a restart."""
        self.central.admin("fleet", "ask-logs", self.terminal)
        wait_for("central has the device's log", PATIENCE, self.log, 1)
        self.check("the log tells of the update", "update done" in self.log())
        self.machine.channel.events.clear()
        self.central.admin("fleet", "reboot", self.terminal)
        wait_for("the device restarts by itself", PATIENCE, self.machine.resets, 1)
        self.wait_new_start()
        wait_for("central knows that it restarted", PATIENCE, lambda: "reboot done" in self.central.admin("fleet", "show", self.terminal)["orders"], 1)
        self.check("it restarted once", self.machine.resets(), 1)

    def log(self):
        try:
            return self.central.admin("fleet", "logs", self.terminal)["log"]
        except self.failures:
            return ""

    def fall_back(self):
        """A version whose terminal crashes, from a stick by the manager's PIN: three tries, then the old slot by itself. The stick stays
        in: it is found again by the old slot, and what the manager's word brought onto it stays there."""
        started = time.monotonic()
        bad = sorted(glob.glob(os.path.join(self.work, "bad", "*.raucb")))[2:4]
        stick = self.plug("stick-crashing", [*bad, self.slots.bundle(self.crashing, CRASHING)])
        self.check("by itself a terminal of a shop takes nothing from a stick", "belongs to a shop" in stick.report())
        self.check("and keeps its journal", stick.kept("journal.txt"), "")
        self.sign_in(MANAGER)
        self.tap_onward("counter", "service", "service")
        self.tap("service", "stick")
        wait_for("the device restarts by itself", 2 * PATIENCE, self.machine.resets, 1)
        self.check("at the manager's word it wrote the journal", len(stick.kept("journal.txt")) > 1000)
        wait_for("three tries, each ended by a restart", 3 * PATIENCE, lambda: self.machine.resets() >= 4, 1)
        self.wait_follow_code()
        self.times["fall_back_s"] = round(time.monotonic() - started, 1)
        wait_for("the stick is found again", PATIENCE, lambda: stick.report().count("belongs to a shop") >= 2, 1)
        self.check("the journal is still on it", len(stick.kept("journal.txt")) > 1000)
        self.machine.pull_stick()
        self.check("the old version is back", self.inside("cat /usr/share/tillside/version"), GOOD)
        self.check("from the slot it was in", "rauc.slot=B" in self.inside("cat /proc/cmdline"))

    # -- what only the inside knows -------------------------------------------------------------------------------------

    def inside(self, command):
        return self.machine.console.ask(command, PATIENCE)

    def look_inside(self):
        self.check("the version that runs", self.inside("cat /usr/share/tillside/version"), GOOD)
        self.check("units that failed", self.inside("systemctl --failed --no-legend --plain"), "")
        self.check("GB18030 is understood", self.inside(r"printf '\xc9\xbd\xba\xd3\x81\x30\x81\x30' | iconv -f GB18030 -t UTF-8 | od -An -tx1 | tr -d ' '"),
                   "e5b1b1e6b2b3c280")
        self.check("Shift-JIS is understood", self.inside(r"printf '\x8e\x52\x89\xcd\xb1' | iconv -f SHIFT_JIS -t UTF-8 | od -An -tx1 | tr -d ' '"),
                   "e5b1b1e6b2b3efbdb1")
        self.check("the terminal knows no control socket", self.inside("tillside-terminal --help | grep -c -e --control"), "0")
        self.check("and listens on no socket of this machine", self.inside("ss -lxpH | grep -c tillside-terminal"), "0")
        ports = {open_port(line) for line in self.inside("ss -lntupH").splitlines() if line}
        self.check("ports open that are not declared", sorted(ports - DECLARED_PORTS), [])
        exposure = re.search(r"exposure level for \S+: ([0-9.]+)", self.inside("systemd-analyze security --no-pager tillside-terminal.service"))
        self.check("the terminal's exposure (systemd-analyze security), at most 2.0", exposure is not None and float(exposure.group(1)) <= 2.0)
        self.times["exposure"] = float(exposure.group(1))
        self.check("the root file system is read-only", "ro" in self.inside("findmnt -no OPTIONS /").split(","))

    def hangs(self):
        """The terminal hangs: systemd notices, ends it and starts it again. Then the machine does, with a factory reset asked for: its
        watchdog starts it again, and nothing of the shop is on it."""
        before = self.inside("systemctl show -P NRestarts tillside-terminal")
        self.inside("kill -STOP $(systemctl show -P MainPID tillside-terminal)")
        wait_for("the hung terminal is started again", PATIENCE,
                 lambda: self.inside("systemctl show -P NRestarts -P SubState tillside-terminal").split() == [str(int(before) + 1), "running"], 2)
        self.wait_follow_code()
        self.held("the terminal hung and was started again by systemd")
        identity = self.inside(IDENTITY)
        self.inside("touch /data/factory-reset && sync /data/factory-reset")
        self.machine.channel.events.clear()
        started = time.monotonic()
        self.machine.console.put("echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze")  # the first process hangs: nobody feeds the watchdog
        wait_for("the watchdog resets the machine", PATIENCE, self.machine.resets, 1)
        self.times["watchdog_s"] = round(time.monotonic() - started, 1)
        self.check("it was the watchdog that did it", any(event["event"] == "WATCHDOG" for event in self.machine.channel.events))
        self.arrive("enrolment")
        self.held("it asks to be enrolled")
        self.keep("09-reset")
        self.check("the data partition is another one", self.inside(IDENTITY) not in ("", identity))
        self.check("nothing of the shop is on it", self.inside("ls /data/terminal/terminal.key /data/provision /data/factory-reset 2>/dev/null"), "")

    def replace(self):
        """The terminal that lost all is enrolled in its own place, as a dead one's replacement is: it knows what was used before it came,
        and sells."""
        before, lost = self.redemptions(), self.terminal
        self.enrol("--replaces", lost)
        self.check("the lost terminal is removed", [t["state"] for t in self.central.rows("terminal", "list") if t["terminal"] == lost], ["removed"])
        self.sign_in()
        kicks = self.machine.printer.kicks
        self.refused("coupon-10-off", "a coupon that was used before it came is refused", "09-refused")
        self.tap_onward("counter with a sale", "scan", "viewfinder")
        self.machine.show(os.path.join(self.work, "codes", "coupon-10-off-third.png"))
        self.receipt(kicks)
        self.machine.show(None)
        self.tap_onward("verdict", "next", "counter")
        wait_for("central has the redemption", PATIENCE, lambda: self.redemptions() == before + 1, 0.5)
        self.held("central has the redemption of the replacement")

    # -- a reset at the screen ------------------------------------------------------------------------------------------

    def journal_rows(self):
        with closing(sqlite3.connect(f"file:{self.central.data}/central.db?mode=ro", uri=True, timeout=30)) as db:
            return db.execute("SELECT count(*) FROM journal").fetchone()[0]

    def save_acts(self, stick):
        """By the manager, without a network: head office has the sale from the stick."""
        self.tap_onward("counter", "service", "service")
        self.tap("service", "acts")
        name = wait_for("the acts are on the stick", PATIENCE, lambda: stick.named(r"acts-[0-9-]+\.tsj$"), 1)
        self.rest()
        self.keep("10-acts-saved")
        acts, before = os.path.join(self.work, "acts.tsj"), self.journal_rows()
        run("mcopy", "-o", "-i", stick.path, name, acts)
        self.central.admin("journal", "import", acts)
        self.check("head office has from the stick what never came by network", self.journal_rows() > before)

    def reset_at_screen(self):
        """The acts onto a stick, then a factory reset by the manager's hand. The stick stays in: to a device that is nobody's again it
        brings a newer version by itself."""
        started = time.monotonic()
        self.machine.wire(False)
        self.sell(4300)
        stick = self.plug("stick-newer", [self.slots.bundle(self.newer, NEWER)])
        self.leave_counter()
        self.sign_in(MANAGER)
        self.save_acts(stick)
        self.tap_onward("service", "reset", "reset")
        wait_for("the button can be held: the stick is no longer in use", PATIENCE, lambda: self.like_twin("reset", "hold"))
        hold = self.layout.at("reset", "hold")
        self.machine.press_down(*hold)
        time.sleep(6)  # twice as long as it has to be held
        self.machine.finger(False)
        self.rest()
        self.keep("11-reset-asked-twice")
        self.check("with unsent records the first holding only asks once more", self.machine.resets(), 0)
        self.machine.press_down(*hold)
        wait_for("the second one resets it", PATIENCE, self.machine.resets, 1)
        self.machine.finger(False)
        self.machine.wire(True)
        self.held("the second one resets it")
        asked = time.monotonic()
        wait_for("it restarts by itself into what the stick brought", 3 * PATIENCE, lambda: self.machine.resets() >= 2, 1)
        self.arrive("enrolment")
        self.times["stick_by_itself_s"] = round(time.monotonic() - asked, 1)
        self.check("the version that runs", self.inside("cat /usr/share/tillside/version"), NEWER)
        self.check("the report says so", re.findall(r"^installed (\S+)", stick.report(), re.M), ["newer.raucb"])
        self.check("nothing of the shop is on it", self.inside("ls /data/terminal/terminal.key /data/provision /data/factory-reset 2>/dev/null"), "")
        self.check("the acts are still on the stick", bool(stick.named(r"acts-[0-9-]+\.tsj$")))
        self.keep("12-newer")
        self.machine.pull_stick()
        self.times["reset_at_screen_s"] = round(time.monotonic() - started, 1)
