"""Central on the host, and the scanner's own decoder for what stands on the screen."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "story"))
import appliance  # noqa: E402

HOST = "10.0.2.2"  # the host, as QEMU's network shows it to the guest


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


def codes_on(picture, bin_dir):
    done = subprocess.run([os.path.join(bin_dir, "tillside-scan"), "--json", picture], capture_output=True, text=True)
    return done.stdout


__all__ = ["Central", "codes_on", "HOST", "ROOT", "appliance"]
