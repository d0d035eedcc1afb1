"""Safe mode's envelope for the emulator, written from the platform's description and apart from central's own code: the AES is
libcrypto's, reached through ctypes because the standard library has none."""

import base64
import ctypes
import ctypes.util
import hashlib
import os
import struct

BLOCK = 32

_crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_cbc"):
    getattr(_crypto, _name).restype = ctypes.c_void_p


def sign(*parts):
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def _aes(key, data, encrypt):
    context = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())
    out = ctypes.create_string_buffer(len(data) + BLOCK)
    done, rest = ctypes.c_int(0), ctypes.c_int(0)
    try:
        ok = (_crypto.EVP_CipherInit_ex(context, ctypes.c_void_p(_crypto.EVP_aes_256_cbc()), None, key, key[:16],
                                        int(encrypt)) == 1
              and _crypto.EVP_CIPHER_CTX_set_padding(context, 0) == 1
              and _crypto.EVP_CipherUpdate(context, out, ctypes.byref(done), data, len(data)) == 1
              and _crypto.EVP_CipherFinal_ex(context, ctypes.byref(out, done.value), ctypes.byref(rest)) == 1)
    finally:
        _crypto.EVP_CIPHER_CTX_free(context)
    if not ok:
        raise ValueError("libcrypto refused")
    return out.raw[:done.value + rest.value]


class Envelope:
    def __init__(self, token, aes_key, appid):
        self.token, self.appid = token, appid.encode()
        self.key = base64.b64decode(aes_key + "=")[:32]

    def seal(self, message):
        data = message.encode()
        plain = os.urandom(16) + struct.pack(">I", len(data)) + data + self.appid
        pad = BLOCK - len(plain) % BLOCK
        return base64.b64encode(_aes(self.key, plain + bytes([pad]) * pad, True)).decode()

    def open(self, encrypted):
        plain = _aes(self.key, base64.b64decode(encrypted), False)
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise ValueError("padding")
        size = struct.unpack(">I", plain[16:20])[0]
        message, appid = plain[20:20 + size], plain[20 + size:-pad]
        if len(message) != size or appid != self.appid:
            raise ValueError("length or AppID")
        return message.decode()

    def sign(self, timestamp, nonce, encrypted):
        return sign(self.token, timestamp, nonce, encrypted)
