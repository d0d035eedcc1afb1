"""Words about devices: bundles that head office rolls out, machines that restart, a terminal that dies and is replaced."""

import os
import re
import shutil
import signal
import subprocess

from appliance import Terminal
from world import LANGUAGE, SIZE, Failed, wait_for

MANIFEST = "[update]\ncompatible=tillside-sim\nversion={version}\n\n[bundle]\nformat=verity\n"
RESTART_S = 60  # a roll-out looks about every ten seconds, on a busy machine later


class Words:
    def signer(self):
        """A key that signs bundles and its certificate, made once."""
        key, certificate = (os.path.join(self.world.work, name) for name in ("release.key", "release.pem"))
        if not os.path.exists(certificate):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-subj", "/CN=Tillside test", "-days", "3650", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
        return key, certificate

    def do_bundle(self, words):
        """bundle NAME version V: an update for the simulated board, signed; {NAME} is its file, {authority} who signed."""
        name, version = words[0], words[2]
        key, certificate = self.signer()
        path = os.path.join(self.world.work, name + ".raucb")
        signed = subprocess.run(["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer", certificate,
                                 "-inkey", key], input=MANIFEST.format(version=version).encode(), check=True,
                                capture_output=True).stdout
        with open(path, "wb") as file:
            file.write(b"hsqs" + os.urandom(600000) + signed + len(signed).to_bytes(8, "big"))
        self.kept[name], self.kept["authority"] = path, certificate

    def do_device(self, words):
        """device restarts: within a minute its program ends by itself, as when a machine goes down; then it starts again. device
        restarts empty: and as it left the factory."""
        if words[:1] != ["restarts"] or words[1:] not in ([], ["empty"]):
            raise Failed("device restarts [empty]")
        wait_for("the device goes down", RESTART_S, lambda: not self.terminal.running())
        self.same("its exit code", self.terminal.process.wait(), 0)
        asked = os.path.exists(os.path.join(self.terminal.data, "update", "factory-reset"))
        self.same("it was told to forget all", asked, words[1:] == ["empty"])
        if not asked:
            self.start_terminal()
            return
        shutil.rmtree(self.terminal.data)
        os.makedirs(self.terminal.data)
        self.terminal.start()

    def do_hold(self, words):
        """hold NAME [until FIELD]: a finger goes down on it; it is lifted when that field of the screen says something."""
        self.terminal.wait_hit(words[0])
        self.terminal.do(cmd="tap", name=words[0], down=True)
        if words[1:2] == ["until"]:
            wait_for(f"{words[2]} on the screen", 15, lambda: self.body().get(words[2]))
            self.terminal.do(cmd="tap", name=words[0], down=False)

    def body(self):
        view = self.terminal.view()
        return view.get(view["screen"], {})

    def do_import(self, words):
        """import from the stick: head office takes in the acts that lie on it."""
        folder = os.path.join(self.terminal.data, "update", "stick")
        name = next(name for name in os.listdir(folder) if name.startswith("acts-"))
        self.same("the screen names it", self.body().get("stick_file"), name)
        self.admin("journal", "import", os.path.join(folder, name))

    def expect_fleet(self, words):
        """expect fleet device|release has FIELD VALUE…: a row of that list, within the time that a roll-out takes."""
        command = ["release", "list"] if words[0] == "release" else ["fleet", "list"]
        wanted = words[words.index("has") + 1:]
        try:
            wait_for("head office sees it", RESTART_S, lambda: self.find(command, wanted))
        except Failed:
            raise Failed(f"{' '.join(wanted)}: not within {RESTART_S} s; there is {self.admin(*command)}") from None

    def do_stick(self, words):
        """stick in [with FILE] | stick out: a technician's stick of the simulated device."""
        folder = os.path.join(self.terminal.data, "update", "stick")
        if words == ["out"]:
            shutil.rmtree(folder)
            return
        os.makedirs(folder, exist_ok=True)
        if words[1:2] == ["with"]:
            shutil.copy(words[2], folder)

    def expect_stick(self, words):
        """expect stick holds FILE: written to it."""
        self.same(f"{words[1]} on the stick",
                  os.path.exists(os.path.join(self.terminal.data, "update", "stick", words[1])), True)

    def expect_log(self, words):
        """expect log N says "PATTERN": what central has of terminal N."""
        if words[1] not in ("says", "hides"):
            raise Failed("expect log N says|hides \"…\"")
        text = self.until_log(words[0])
        self.same(f"{words[2]!r} in the log", re.search(words[2], text) is not None, words[1] == "says")

    def until_log(self, number):
        def look():
            try:
                return self.admin("fleet", "logs", number)["log"]
            except Failed:
                return None
        return wait_for(f"the log of terminal {number}", RESTART_S, look)

    def do_terminal(self, words):
        """terminal dies: in the middle of whatever it does, and nothing of its disk can be read again."""
        if words != ["dies"]:
            raise Failed("terminal dies")
        self.kept["dead"] = self.world.number()
        self.terminal.stop(signal.SIGKILL)
        shutil.rmtree(self.terminal.data)

    def do_replace(self, words):
        """replace it at store N: a blank device, as it comes from flash.sh, is enrolled in the dead one's place by the QR
        before its camera; later words mean it."""
        store = words[words.index("store") + 1]
        new = Terminal(self.world.bin, "replacement", self.world.work, SIZE, LANGUAGE)
        new.command += ["--device", "drawer=sim"]
        self.world.others += [self.world.terminal, new]
        self.world.terminal = new
        ticket = self.admin("enrol-ticket", store, "both", "--replaces", self.kept["dead"])["ticket"]
        new.start()
        new.wait_screen("enrolment", 20, network_ok=True, camera_ok=True)
        new.do(cmd="show", qr=ticket)
        self.admin("confirm", new.wait_screen("enrolment", 20, stage="confirm")["digits"])
        new.wait_screen("attract", 20)
        self.online(True)
        self.kept["new"] = self.world.number()
