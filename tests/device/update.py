"""The device's updates: a stick with bad bundles and one good one, a version that crashes, and what the new system can do.

The good bundle is the built slot with another version number and a probe: a shell on the serial console that the product
does not have. What the product shows and keeps is checked from outside as before; the probe says what only the inside knows.
"""

import glob
import os
import re
import subprocess
import time

from bundles import Bundles
from day import PATIENCE, Day
from machine import Failed, wait_for

MIB = 1 << 20
SLOT_AT, SLOT_SIZE, ENV_AT = 2 * MIB, 512 * MIB, 1 * MIB  # firmware/parts/image.sh, board/qemu-arm64/board.conf
GOOD, CRASHING = "0.2.0", "0.3.0"
DECLARED_PORTS = {"udp 68"}  # docs/device.md: the DHCP client's; a store of several terminals adds the one it was given

PROBE = r"""#!/bin/bash
exec 3<>/dev/ttyAMA0
stty -F /dev/ttyAMA0 raw -echo
while read -r number command <&3; do
    printf '@@%s:begin\n' "$number" >&3
    bash -c "$command" >&3 2>&1 </dev/null
    printf '\n@@%s:end %s\n' "$number" "$?" >&3
done
"""
PROBE_UNIT = """[Unit]
Description=Answers the device test
[Service]
ExecStart=/usr/lib/tillside/probe
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

    def report(self):
        listed = subprocess.run(["mdir", "-b", "-i", self.path, "::"], capture_output=True, text=True)
        for name in listed.stdout.split():
            if re.search(r"tillside-.*\.txt$", name):
                return subprocess.run(["mtype", "-i", self.path, name], capture_output=True, text=True).stdout
        return ""

    def kept(self, name):
        return subprocess.run(["mtype", "-i", self.path, f"::/{name}"], capture_output=True, text=True).stdout


class Updates(Day):
    slots = good = crashing = None

    def pack(self):
        """The two versions that follow, before the clock of any step runs."""
        self.slots = Slots(self.args.image, self.args.keys, self.work)
        probe = {"/usr/lib/tillside/probe": (PROBE, 0o755), "/usr/lib/systemd/system/device-probe.service": (PROBE_UNIT, 0o644)}
        link = ("/etc/systemd/system/multi-user.target.wants/device-probe.service", "/usr/lib/systemd/system/device-probe.service")
        self.good = self.slots.make("good", GOOD, probe, [link])
        self.crashing = self.slots.make("crashing", CRASHING, {"/usr/bin/tillside-terminal": ("#!/bin/false\n", 0o755)})
        bad = Bundles(self.args.keys, os.path.join(self.work, "bad"))
        self.held(f"{bad.make_all()} bad bundles made")

    def insert(self, name, bundles):
        """A stick until the device restarts by itself; what it wrote onto the stick."""
        stick = Stick(os.path.join(self.work, f"{name}.img"), bundles)
        self.machine.channel.events.clear()
        self.machine.plug_stick(stick.path)
        wait_for("the device restarts by itself", 2 * PATIENCE, self.machine.resets, 1)
        self.machine.pull_stick()
        with open(os.path.join(self.args.out, f"{name}.txt"), "w", encoding="utf-8") as file:
            file.write(stick.report())
        return stick

    def update(self):
        """All bad bundles and a good one on a stick: the good one is installed, started and found good."""
        started = time.monotonic()
        bad = sorted(glob.glob(os.path.join(self.work, "bad", "*.raucb")))
        bundle = self.slots.bundle(self.good, GOOD)
        stick = self.insert("stick-good", [*bad, bundle])
        report = stick.report()
        refused = set(re.findall(r"^refused (\S+):", report, re.M))
        self.check("the updater was there to judge them, with all that it needs",
                   [word for word in ("Failed to contact", "/dev/loop-control", "/dev/mapper") if word in report], [])
        self.check("every bad bundle was refused", sorted({os.path.basename(b) for b in bad} - refused), [])
        self.check("there were at least 25 of them", len(refused) >= 25)
        self.check("the good one was installed", re.findall(r"^installed (\S+)", report, re.M), ["good.raucb"])
        self.check("the journal lies beside it", len(stick.kept("journal.txt")) > 1000)
        self.times["stick_to_restart_s"] = round(time.monotonic() - started, 1)
        self.wait_new_start()
        wait_for("the new slot is called good", PATIENCE, lambda: boot_variables(self.machine.disk).get("BOOT_B_LEFT") == "3", 1)
        self.check("the new slot comes first", boot_variables(self.machine.disk)["BOOT_ORDER"], "B A")
        self.times["stick_to_good_s"] = round(time.monotonic() - started, 1)
        self.keep("08-updated")

    def wait_new_start(self):
        wait_for("the screen goes dark", PATIENCE, lambda: self.machine.pixels().mean() < 60)
        self.wait_follow_code()

    def fall_back(self):
        """A version whose terminal crashes: three tries, then the old slot by itself."""
        started = time.monotonic()
        self.insert("stick-crashing", [self.slots.bundle(self.crashing, CRASHING)])
        wait_for("three tries, each ended by a restart", 3 * PATIENCE, lambda: self.machine.resets() >= 3, 1)
        self.wait_follow_code()
        self.times["fall_back_s"] = round(time.monotonic() - started, 1)
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
        ports = {f"{line.split()[0]} {line.split()[4].rsplit(':', 1)[1]}" for line in self.inside("ss -lntuH").splitlines() if line}
        self.check("ports open that are not declared", sorted(ports - DECLARED_PORTS), [])
        exposure = re.search(r"exposure level for \S+: ([0-9.]+)", self.inside("systemd-analyze security --no-pager tillside-terminal.service"))
        self.check("the terminal's exposure (systemd-analyze security), at most 2.0", exposure is not None and float(exposure.group(1)) <= 2.0)
        self.times["exposure"] = float(exposure.group(1))
        self.check("the root file system is read-only", "ro" in self.inside("findmnt -no OPTIONS /").split(","))

    def watchdog(self):
        """The terminal hangs: systemd notices, ends it and starts it again."""
        before = self.inside("systemctl show -P NRestarts tillside-terminal")
        self.inside("kill -STOP $(systemctl show -P MainPID tillside-terminal)")
        wait_for("the hung terminal is started again", PATIENCE,
                 lambda: self.inside("systemctl show -P NRestarts -P SubState tillside-terminal").split() == [str(int(before) + 1), "running"], 2)
        self.wait_follow_code()
        self.held("the terminal hung and was started again by systemd")
        self.machine.channel.events.clear()
        started = time.monotonic()
        self.machine.console.put("echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze")  # the first process hangs: nobody feeds the watchdog
        wait_for("the watchdog resets the machine", PATIENCE, self.machine.resets, 1)
        self.times["watchdog_s"] = round(time.monotonic() - started, 1)
        self.check("it was the watchdog that did it", any(event["event"] == "WATCHDOG" for event in self.machine.channel.events))
        self.wait_follow_code()
        self.held("the machine hung and was started again by its watchdog")
