"""What the device test does at the counter: central on the host, the shopper's codes, and where the buttons are.

The buttons' places come from a desk terminal of the same size that walks the same way through the screens: the layout is
computed from the size alone, so a button lies at the same pixels on both. Its pictures tell which screen the device shows.
"""

import os
import subprocess
import sys

import cv2

from machine import HEIGHT, WIDTH, Failed

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "story"))
import appliance  # noqa: E402

HOST = "10.0.2.2"  # the host, as QEMU's network shows it to the guest
CLERK, MANAGER = (2, "1357"), (1, "246810")  # clerks of store 1 and their PINs (assets/demo/demo.json)


class Central(appliance.Central):
    def __init__(self, bin_dir, data, logs):
        super().__init__(bin_dir, data, logs)
        self.command += ["--url", f"https://{HOST}:{self.port}"]

    def seed(self, folder):
        self.init()
        self.start()
        self.admin("demo", "--out", folder, "--from", os.path.join(ROOT, "assets", "demo"))

    def rows(self, *words):
        return self.admin(*words)["rows"]


def changed(before, after):
    """Which part of the picture is another, 0 to 1."""
    return (cv2.absdiff(before, after) > 24).any(axis=2).mean()


class Layout:
    """Buttons and pictures of the desk twin's screens, by name: {screen: {button: (x, y)}}, {screen: pixels}."""

    def __init__(self, bin_dir, folder):
        self.places, self.pictures, self.folder = {}, {}, folder
        central = appliance.Central(bin_dir, os.path.join(folder, "twin-central"), folder)
        twin = appliance.Terminal(bin_dir, "twin", folder, f"{WIDTH}x{HEIGHT}", "zh_CN")
        central.init()
        central.start()
        try:
            central.admin("demo", "--out", os.path.join(folder, "twin"), "--from", os.path.join(ROOT, "assets", "demo"))
            twin.start()
            self.enrol(central, twin, folder)
            self.walk(twin)
        finally:
            twin.stop()
            central.stop()

    def note(self, twin, name, button):
        """The screen that shows this button, under a name of ours."""
        twin.wait_hit(button, 60)
        self.places[name] = {hit["name"]: (hit["x"] + hit["width"] // 2, hit["y"] + hit["height"] // 2) for hit in twin.do(cmd="hits")["hits"]}
        path = os.path.join(self.folder, f"twin-{len(self.places)}.png")
        twin.do(cmd="screenshot", path=path)
        self.pictures[name] = cv2.imread(path)

    def nearest(self, pixels):
        """The twin's screen that looks most like this picture."""
        return min(self.pictures, key=lambda name: changed(self.pictures[name], pixels))

    def enrol(self, central, twin, folder):
        ticket = os.path.join(folder, "twin.png")
        central.admin("enrol-ticket", 1, "both", "--qr", ticket)
        twin.wait_screen("enrolment", 30, network_ok=True, camera_ok=True)
        self.note(twin, "enrolment", "service")
        twin.show(ticket)
        central.admin("confirm", twin.wait_screen("enrolment", 30, stage="confirm")["digits"])
        twin.wait_screen("attract", 30)

    def walk(self, twin):
        appliance.wait_for("the twin has the shop's offers from central", 60, lambda: twin.view().get("attract", {}).get("offers"))
        self.note(twin, "attract", "staff")
        twin.tap("staff")
        self.note(twin, "clerks", "pick_clerk_2")
        twin.tap("pick_clerk_2")
        self.note(twin, "pin pad", "key_1")
        twin.keys(CLERK[1])
        self.note(twin, "pin", "ok")
        twin.tap("ok")
        self.note(twin, "counter", "sale")
        twin.tap("sale")
        twin.wait_screen("amount")
        self.note(twin, "amount pad", "key_1")
        twin.keys("8800")
        self.note(twin, "amount", "ok")
        twin.tap("ok")
        twin.wait_screen("counter", sale_minor=8800)
        self.note(twin, "counter with a sale", "ok")
        twin.tap("scan")
        twin.wait_screen("viewfinder")
        self.note(twin, "viewfinder", "back")
        twin.tap("back")
        twin.tap("ok")
        self.note(twin, "verdict", "next")
        twin.tap("next")
        twin.tap("sign_out")
        twin.wait_screen("attract")
        twin.tap("staff")
        twin.tap(f"pick_clerk_{MANAGER[0]}")
        twin.keys(MANAGER[1])
        twin.tap("ok")
        twin.tap("service")
        self.note(twin, "service", "stick")
        twin.tap("reset")
        self.note(twin, "reset", "hold")

    def at(self, screen, name):
        if name not in self.places[screen]:
            raise Failed(f"{screen} has no button {name}: {sorted(self.places[screen])}")
        return self.places[screen][name]


def codes_on(picture, bin_dir):
    done = subprocess.run([os.path.join(bin_dir, "tillside-scan"), "--json", picture], capture_output=True, text=True)
    return done.stdout


__all__ = ["Central", "Layout", "changed", "codes_on", "CLERK", "HOST", "MANAGER", "ROOT", "appliance"]
