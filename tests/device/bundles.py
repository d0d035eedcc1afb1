"""Update bundles that a device must refuse, each wrong in one way, made from one good small bundle."""

import os
import shutil
import struct
import subprocess

BOARD = "tillside-qemu-arm64"


class Bundles:
    """keys: a folder with ca.pem, ca.key, release.pem, release.key; folder: where the bundles go."""

    def __init__(self, keys, folder):
        self.keys, self.folder = keys, folder
        self.count = 0
        os.makedirs(folder, exist_ok=True)
        self.scratch = folder + ".work"
        os.makedirs(self.scratch, exist_ok=True)
        self.payload = os.path.join(self.scratch, "root.ext4")
        with open(self.payload, "wb") as file:
            file.write(os.urandom(256 * 1024))
        self.stranger = self.authority("stranger", "/O=Tillside/CN=Tillside test root")

    @staticmethod
    def run(*command, **options):
        done = subprocess.run(command, capture_output=True, text=True, **options)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def authority(self, name, subject):
        folder = os.path.join(self.scratch, name)
        os.makedirs(folder, exist_ok=True)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.run("openssl", "req", "-x509", *key, "-days", "900", "-subj", subject, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
        self.certificate(folder, folder)
        return folder

    def certificate(self, authority, out, extra="", days="800", since=None):
        """A release certificate under an authority, with peculiarities."""
        os.makedirs(out, exist_ok=True)
        self.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=Tillside/CN=Tillside test release",
                 "-keyout", f"{out}/release.key", "-out", f"{out}/release.csr")
        with open(f"{out}/ext", "w", encoding="utf-8") as file:
            file.write(f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n{extra}")
        times = ["-days", days] if since is None else []
        prefix = ["faketime", since] if since else []
        self.run(*prefix, "openssl", "x509", "-req", "-in", f"{out}/release.csr", "-CA", f"{authority}/ca.pem", "-CAkey", f"{authority}/ca.key", "-set_serial", "7",
                 *times, "-extfile", f"{out}/ext", "-out", f"{out}/release.pem")
        return out

    def make(self, path, manifest=None, signer=None, authority=None, files=None):
        tree = os.path.join(self.scratch, "tree")
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
        for name, source in (files or {"root.ext4": self.payload}).items():
            shutil.copy(source, os.path.join(tree, name))
        with open(os.path.join(tree, "manifest.raucm"), "w", encoding="utf-8") as file:
            file.write(manifest or self.manifest())
        signer, authority = signer or self.keys, authority or self.keys
        if os.path.exists(path):
            os.unlink(path)
        self.run("rauc", f"--cert={signer}/release.pem", f"--key={signer}/release.key", f"--keyring={authority}/ca.pem", "bundle", tree, path)

    @staticmethod
    def manifest(compatible=BOARD, version="9.0", kind="verity", slot="rootfs"):
        lines = ["[update]", f"compatible={compatible}"] + ([f"version={version}"] if version else [])
        return "\n".join([*lines, "", "[bundle]", f"format={kind}", "", f"[image.{slot}]", "filename=root.ext4", ""])

    def next(self, name):
        self.count += 1
        return os.path.join(self.folder, f"{self.count:02d}-{name}.raucb")

    def bent(self, name, change):
        """The good bundle with its bytes changed."""
        with open(self.good, "rb") as file:
            data = bytearray(file.read())
        with open(self.next(name), "wb") as file:
            file.write(change(data))

    @staticmethod
    def parts(data):
        """Payload and signature; the last eight bytes are the signature's length."""
        size = struct.unpack(">Q", data[-8:])[0]
        return data[:-8 - size], data[-8 - size:-8]

    @staticmethod
    def flip(data, at):
        data[at] ^= 0x20
        return data

    def make_all(self):
        """All bad ones; the number of them."""
        self.good = os.path.join(self.scratch, "good.raucb")
        other = os.path.join(self.scratch, "other.raucb")
        self.make(self.good)
        self.make(other, self.manifest(version="9.1"))
        self.bent_ones(other)
        self.signed_by_others()
        self.signed_but_wrong()
        return self.count

    def bent_ones(self, other):
        with open(self.good, "rb") as file:
            good = file.read()
        with open(other, "rb") as file:
            payload, signature = self.parts(file.read())
        size = len(self.parts(good)[0])
        self.bent("empty", lambda d: b"")
        self.bent("noise", lambda d: os.urandom(len(d)))
        self.bent("half", lambda d: d[:len(d) // 2])
        self.bent("cut-in-signature", lambda d: d[:size + 100])
        self.bent("last-byte-gone", lambda d: d[:-1])
        self.bent("one-byte-more", lambda d: d + b"\0")
        self.bent("length-zero", lambda d: d[:-8] + struct.pack(">Q", 0))
        self.bent("length-huge", lambda d: d[:-8] + struct.pack(">Q", 1 << 60))
        self.bent("length-negative", lambda d: d[:-8] + b"\xff" * 8)
        self.bent("no-signature", lambda d: d[:size])
        self.bent("bit-in-first-block", lambda d: self.flip(d, 70))
        self.bent("bit-in-payload", lambda d: self.flip(d, size // 3))
        self.bent("bit-in-hash-tree", lambda d: self.flip(d, size - 64))
        self.bent("bit-in-signature", lambda d: self.flip(d, len(d) - 40))
        self.bent("bit-in-manifest", lambda d: self.flip(d, d.find(b"compatible=", size) + 14))
        self.bent("signature-of-another", lambda d: d[:size] + signature + struct.pack(">Q", len(signature)))
        self.bent("payload-of-another", lambda d: payload + d[size:])

    def signed_by_others(self):
        self.make(self.next("stranger"), signer=self.stranger, authority=self.stranger)
        alone = self.authority("alone", "/CN=alone")
        self.make(self.next("another-root"), signer=alone, authority=alone)
        wrong_purpose = self.certificate(self.keys, os.path.join(self.scratch, "server"), "extendedKeyUsage=critical,serverAuth\n")
        try:
            self.make(self.next("certificate-for-servers"), signer=wrong_purpose)
        except AssertionError:  # the packer refuses to make it: sign for a lenient root of the same name instead
            self.count -= 1

    def signed_but_wrong(self):
        for name, manifest in (("another-board", self.manifest(compatible="tillside-raspberrypi-4")),
                               ("board-prefix", self.manifest(compatible=BOARD + "-old")),
                               ("board-in-capitals", self.manifest(compatible=BOARD.upper())),
                               ("no-version", self.manifest(version="")),
                               ("version-with-a-shell-in-it", self.manifest(version="9.0;reboot")),
                               ("older-than-the-floor", self.manifest(version="0.0.9")),
                               ("older-by-a-tilde", self.manifest(version="0.0.10~rc1")),
                               ("unknown-slot", self.manifest(slot="bootloader")),
                               ("plain-format", self.manifest(kind="plain"))):
            self.make(self.next(name), manifest)
        big = os.path.join(self.scratch, "big.ext4")
        with open(big, "wb") as file:
            file.write(os.urandom(256 * 1024))
            file.truncate(600 * 1024 * 1024)
        self.make(self.next("larger-than-the-slot"), files={"root.ext4": big})
        os.unlink(big)
