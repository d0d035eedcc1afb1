"""A terminal in QEMU, driven from outside: its screen, camera, printer, touch panel, keys, pins, network and power.

Nothing in the guest helps: what is seen comes from the screen's pixels, what is printed from the serial line, and every input
goes through the device a shopkeeper would use.
"""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import cv2
import numpy

WIDTH, HEIGHT = 1280, 800
FRAME_BYTES = 640 * 480 * 2
PROBE_IS_HERE = "@@here"
OUTPUT_REGISTER = 0x090303FC  # PL061's data register, all lines
# What the emulator keeps translated. Of the usual gigabyte it forgets piece by piece what a restart overwrites: loading a kernel of
# 37 MB took 0.03 s at first and, after twenty minutes of work, 110 s.
TRANSLATED_MIB = 128


class Failed(Exception):
    """A step of the device test does not hold."""


def wait_for(what, seconds, look, every=0.2):
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(every)


class Channel:
    """QMP: one command, one answer; what happens meanwhile is kept. An answer that does not come within its time is asked for
    once more on a new connection: QEMU is then busy or hung, and the test says so instead of waiting for ever."""

    SECONDS = 60

    def __init__(self, path, process):
        self.path, self.process = path, process
        self.events = []
        self.socket = self.file = None
        self.connect()

    def connect(self):
        def reached():
            if self.process.poll() is not None:
                raise Failed("QEMU ended")
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(self.SECONDS)
            try:
                line.connect(self.path)
                self.socket, self.file = line, line.makefile("rwb")
                return self.file.readline()
            except OSError:
                line.close()
                return False
        wait_for("QEMU's control socket", self.SECONDS, reached, 0.05)
        self.exchange("qmp_capabilities", {})

    def exchange(self, command, arguments):
        """The answer, None when none came in time."""
        try:
            self.file.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
            self.file.flush()
            while line := self.file.readline():
                answer = json.loads(line)
                if "event" in answer:
                    self.events.append(answer)
                else:
                    return answer
        except OSError:
            pass
        return None

    def ask(self, command, **arguments):
        answer = self.exchange(command, arguments)
        if answer is None:
            self.close()
            self.connect()
            answer = self.exchange(command, arguments)
        if answer is None:
            raise Failed(f"QEMU does not answer to {command} within {self.SECONDS} s, on a new connection either")
        if "error" in answer:
            raise Failed(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def close(self):
        for one in (self.file, self.socket):
            try:
                one.close()
            except OSError:
                pass  # what was still to be written has nobody to go to


class Pins:
    """The levels of the input pins, set from outside by QEMU's test protocol: a line of words, answered by OK."""

    def __init__(self, path, chip):
        self.chip = chip
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(Channel.SECONDS)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")

    def set(self, line, level):
        self.file.write(f"set_irq_in {self.chip} unnamed-gpio-in {line} {level}\n".encode())
        self.file.flush()
        answer = self.file.readline().strip()
        if answer != b"OK":
            raise Failed(f"QEMU does not set pin {line}: {answer!r}")

    def close(self):
        self.file.close()
        self.socket.close()


class Printer(threading.Thread):
    """A receipt printer on the other end of the serial line: answers status questions, keeps the rest."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.paper, self.kicks = path, b"", 0
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)

    def run(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            rest = b""
            with line:
                while piece := self.piece(line):
                    rest = self.take(line, rest + piece)

    @staticmethod
    def piece(line):
        try:
            return line.recv(4096)
        except OSError:
            return b""

    def take(self, line, data):
        """Splits status questions (10 04 n) from what is printed; a question may arrive in halves."""
        while (at := data.find(b"\x10\x04")) >= 0 and len(data) >= at + 3:
            line.sendall(b"\x12" if data[at + 2] != 1 else b"\x16")
            self.keep(data[:at])
            data = data[at + 3:]
        keep = len(data) - at if at >= 0 else data.endswith(b"\x10")
        self.keep(data[:len(data) - keep])
        return data[len(data) - keep:] if keep else b""

    def keep(self, data):
        with self.lock:
            self.paper += data
            self.kicks = self.paper.count(b"\x1bp")

    def text(self):
        with self.lock:
            return self.paper.decode("gb18030", "replace")

    def close(self):
        self.listener.close()


class Console(threading.Thread):
    """The serial console: keeps what the guest says. Only the probe of a test bundle answers there; the product does not."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(path)
        self.said, self.asked = b"", 0

    def run(self):
        while piece := Printer.piece(self.line):
            self.said += piece

    def text(self):
        return self.said.decode("utf-8", "replace")

    def put(self, command):
        """A shell command for the probe; the number it will answer under."""
        self.asked += 1
        self.line.sendall(f"{self.asked} {command}\n".encode())
        return self.asked

    def answer(self, number):
        """What the probe said to it, None as long as it has not. The answer stands between two marks of its own."""
        first, last = f"@@{number}:begin", f"@@{number}:end "
        text = self.text().replace("\r", "")
        if first not in text or not re.search(last + r"\d+", text):
            return None
        return text.split(first, 1)[1].split(last, 1)[0].strip()

    def listens(self):
        """The probe of this start said that it is there. What is typed before, nobody reads, and it may stop the line for good."""
        text = self.text()
        return text.rfind(PROBE_IS_HERE) > text.rfind("\nU-Boot 2")

    def ask(self, command, seconds=300):
        """The answer of the probe, as soon as there is one."""
        wait_for("the probe listens", seconds, self.listens)
        number = self.put(command)
        wait_for(f"the probe answers {command!r}", seconds, lambda: self.answer(number) is not None)
        return self.answer(number)


class Machine:
    """recorded: write every change of the disk also to this file (blklogwrites), for replay to any moment.
    throwaway: the disk's file stays as it is."""

    def __init__(self, folder, disk, boot, recorded=None, throwaway=False):
        self.folder, self.disk, self.boot, self.recorded, self.throwaway = folder, disk, boot, recorded, throwaway
        os.makedirs(folder, exist_ok=True)
        self.process = self.channel = self.console = self.inputs = None
        self.frames = 0
        self.camera = self.at("camera.raw")
        if not os.path.exists(self.camera):
            self.show(None)
        if os.path.exists(self.at("printer.sock")):
            os.unlink(self.at("printer.sock"))
        self.printer = Printer(self.at("printer.sock"))
        self.printer.start()
        self.started = 0.0

    def at(self, name):
        return os.path.join(self.folder, name)

    # -- power --------------------------------------------------------------------------------------------------------

    def drive(self):
        if self.recorded is None:
            return ["-drive", f"if=none,id=disk,format=raw,file={self.disk},snapshot={'on' if self.throwaway else 'off'}"]
        with open(self.recorded, "wb"):
            pass
        return ["-blockdev", f"driver=file,node-name=plain,filename={self.disk}", "-blockdev", f"driver=file,node-name=log,filename={self.recorded}",
                "-blockdev", "driver=blklogwrites,node-name=disk,file=plain,log=log,log-super-update-interval=1"]

    def command(self):
        return ["qemu-system-aarch64", "-M", "virt,acpi=off", "-cpu", "max,pauth-impdef=on", "-smp", "1", "-m", "1024",
                "-bios", os.path.join(self.boot, "u-boot.bin"), "-nodefaults", "-display", "none",
                "-drive", f"if=pflash,unit=1,format=raw,readonly=on,file={os.path.join(self.boot, 'u-boot.env.bin')}",
                *self.drive(), "-device", "virtio-blk-pci,drive=disk,serial=TILL0001",
                "-drive", f"if=none,id=lens,format=raw,readonly=on,file={self.camera}", "-device", "virtio-blk-pci,drive=lens,serial=camera",
                "-device", f"virtio-gpu-pci,id=panel,xres={WIDTH},yres={HEIGHT}", "-device", "virtio-tablet-pci", "-device", "qemu-xhci,id=usb",
                "-device", "usb-kbd", "-netdev", "user,id=wire,restrict=off", "-device", "virtio-net-pci,netdev=wire,id=card,romfile=",
                "-device", "i6300esb", "-action", "watchdog=reset", "-object", "rng-random,filename=/dev/urandom,id=rng",
                "-device", "virtio-rng-pci,rng=rng", "-chardev", f"socket,id=paper,path={self.at('printer.sock')}",
                "-device", "pci-serial,chardev=paper", "-serial", f"unix:{self.at('console.sock')},server=on,wait=off",
                "-qmp", f"unix:{self.at('qmp.sock')},server=on,wait=off", "-accel", f"tcg,tb-size={TRANSLATED_MIB}",
                "-qtest", f"unix:{self.at('pins.sock')},server=on,wait=off", "-qtest-log", "none"]

    def start(self):
        for name in ("qmp.sock", "console.sock", "pins.sock"):
            if os.path.exists(self.at(name)):
                os.unlink(self.at(name))
        with open(self.at("qemu.log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started = time.monotonic()
        self.channel = Channel(self.at("qmp.sock"), self.process)
        self.console = Console(self.at("console.sock"))
        self.console.start()
        self.inputs = Pins(self.at("pins.sock"), self.pin_chip())

    def pin_chip(self):
        """The path of the PL061 among QEMU's objects."""
        found = [one["name"] for one in self.channel.ask("qom-list", path="/machine/unattached") if one["type"] == "child<pl061>"]
        if len(found) != 1:
            raise Failed(f"one PL061 was expected: {found}")
        return f"/machine/unattached/{found[0]}"

    def running(self):
        return self.process is not None and self.process.poll() is None

    def cut(self):
        """The power goes."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for line in (self.channel, self.inputs):
            if line is not None:
                line.close()

    def stop(self):
        if self.running():
            self.cut()
        self.printer.close()

    def said(self):
        return self.console.text() if self.console else ""

    # -- eyes and hands -------------------------------------------------------------------------------------------------

    def pixels(self):
        """The picture on the screen. QEMU writes it plain, which is quick."""
        self.channel.ask("screendump", filename=self.at("screen.ppm"))
        return cv2.imread(self.at("screen.ppm"))

    def screen(self, keep=None):
        """The same as a file that every program reads."""
        path = keep or self.at("screen.pgm")
        pixels = self.pixels()
        cv2.imwrite(path, pixels if keep else cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
        return path

    def show(self, picture):
        """Holds a picture before the camera; None takes it away."""
        frame = numpy.full((480, 640), 128, numpy.uint8)
        if picture is not None:
            grey = cv2.imread(picture, cv2.IMREAD_GRAYSCALE)
            scale = min(430 / grey.shape[0], 600 / grey.shape[1])
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
            top, left = (480 - grey.shape[0]) // 2, (640 - grey.shape[1]) // 2
            frame[top:top + grey.shape[0], left:left + grey.shape[1]] = grey
        yuyv = numpy.full((480, 640, 2), 128, numpy.uint8)
        yuyv[:, :, 0] = frame
        self.frames += 1
        mark = f"{os.getpid()} {self.frames}".encode().ljust(512, b"\n")
        mode = "r+b" if os.path.exists(self.camera) else "wb"
        with open(self.camera, mode) as file:
            file.write(yuyv.tobytes())
            file.flush()
            file.seek(FRAME_BYTES)
            file.write(mark)

    def finger(self, down):
        self.channel.ask("input-send-event", events=[{"type": "btn", "data": {"down": down, "button": "left"}}])

    def press_down(self, x, y):
        """A finger that stays."""
        for axis, at, whole in (("x", x, WIDTH), ("y", y, HEIGHT)):
            self.channel.ask("input-send-event", events=[{"type": "abs", "data": {"axis": axis, "value": int(at * 32767 / (whole - 1))}}])
        self.finger(True)

    def touch(self, x, y):
        self.press_down(x, y)
        time.sleep(0.15)
        self.finger(False)
        time.sleep(0.15)

    def keys(self, *names, hold_ms=60):
        self.channel.ask("send-key", keys=[{"type": "qcode", "data": name} for name in names], **{"hold-time": hold_ms})
        time.sleep(hold_ms / 1000 + 0.05)

    def wire(self, up):
        self.channel.ask("set_link", name="card", up=up)

    def press(self, line):
        """A button at an input pin, held longer than it bounces."""
        for level in (1, 0):
            self.inputs.set(line, level)
            time.sleep(0.4)

    def pins(self):
        """The levels of all pins, a bit each."""
        answer = self.channel.ask("human-monitor-command", **{"command-line": f"xp /1bx {OUTPUT_REGISTER:#x}"})
        return int(answer.split(":")[1], 16)

    # -- the USB sockets ------------------------------------------------------------------------------------------------

    def plug(self, name, **device):
        self.channel.ask("device_add", id=name, bus="usb.0", **device)

    def unplug(self, name):
        self.channel.ask("device_del", id=name)
        wait_for(f"{name} is unplugged", 240, lambda: any(event["event"] == "DEVICE_DELETED" and event["data"].get("device") == name
                                                         for event in self.news()))

    def news(self):
        self.channel.ask("query-status")
        return self.channel.events

    def resets(self):
        return sum(event["event"] == "RESET" for event in self.news())

    def plug_stick(self, image):
        self.channel.ask("blockdev-add", **{"driver": "raw", "node-name": "stick-disk", "file": {"driver": "file", "filename": image}})
        self.plug("stick", driver="usb-storage", drive="stick-disk", serial="STICK", removable=True)

    def pull_stick(self):
        self.unplug("stick")
        self.channel.events.clear()
        self.channel.ask("blockdev-del", **{"node-name": "stick-disk"})

    def plug_keyboard(self):
        """A second keyboard, of the panel: what is typed on it is addressed with panel_keys."""
        self.plug("keyboard", driver="usb-kbd", display="panel")

    def panel_keys(self, *names):
        """A chord: pressed in this order, let go in the other."""
        for down, keys in ((True, names), (False, names[::-1])):
            for key in keys:
                event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}
                self.channel.ask("input-send-event", device="panel", head=0, events=[event])
                time.sleep(0.03)
