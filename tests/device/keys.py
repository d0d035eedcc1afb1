"""What somebody with a keyboard, or a scanner that was made to type, may try at a kiosk."""

import time

FUNCTION = [f"f{n}" for n in range(1, 13)]
CHORDS = (
    [("ctrl", "alt", key) for key in FUNCTION]                       # another console
    + [("alt", key) for key in ("f1", "f2", "f3", "f4", "left", "right", "tab", "esc", "spc", "kp_1")]
    + [("alt", "sysrq", key) for key in "rebiskufcot"]               # the kernel's own chords: reboot, crash, sync, kill …
    + [("ctrl", "alt", key) for key in ("delete", "backspace", "esc", "t", "l", "insert")]
    + [("ctrl", key) for key in "cdzqwnotlpr"] + [("ctrl", "backslash"), ("ctrl", "esc"), ("ctrl", "shift", "esc"), ("ctrl", "shift", "t")]
    + [("meta_l",), ("meta_l", "l"), ("meta_l", "d"), ("meta_l", "r"), ("meta_l", "e"), ("meta_l", "tab"), ("menu",), ("print",), ("scroll_lock",),
       ("pause",), ("shift", "pgup"), ("num_lock",), ("power",), ("sleep",), ("f1",), ("f10",), ("f11",), ("esc",)]
)

PLAIN = {" ": "spc", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right", ";": "semicolon", "'": "apostrophe",
         "\\": "backslash", ",": "comma", ".": "dot", "/": "slash", "\n": "ret", "\t": "tab", "\x1b": "esc", "`": "grave_accent", "\x7f": "delete"}
SHIFTED = dict(zip("!@#$%^&*()_+{}|:\"<>?~", ("1 2 3 4 5 6 7 8 9 0 minus equal bracket_left bracket_right backslash semicolon "
                                             "apostrophe comma dot slash grave_accent").split()))

TYPED = (
    "\x03\x04\x1a\x1c\n",                      # interrupt, end of file, stop, quit
    "\x1b[2J\x1b[H\x1b]0;x\n", "\x1b\x1b\x1b[A[B\n", "\x11\x13\x0f\n",
    "root\nroot\n", "; reboot\n", "$(reboot)\n", "`poweroff`\n", "| sh\n", "& /bin/sh -i\n",
    "' OR 1=1; DROP TABLE journal; --\n", "%n%s%x%n\n", "../../../../etc/shadow\n", "A" * 200 + "\n", "\t\t\t\n\n\n",
)


def keys_of(character):
    """The keys of a character as a keyboard would press them; control characters as Ctrl and a letter."""
    if character in PLAIN:
        return [PLAIN[character]]
    if character in SHIFTED:
        return ["shift", SHIFTED[character]]
    if ord(character) < 32:
        return ["ctrl", {"\x1c": "backslash"}.get(character, chr(ord(character) + 96))]
    if character.isupper():
        return ["shift", character.lower()]
    return [character]


class Keys:
    """Steps of the day that press keys."""

    def chords(self):
        self.machine.channel.events.clear()
        self.machine.plug_keyboard()
        time.sleep(5)  # until the guest has taken the keyboard; it says so to nobody outside
        for chord in CHORDS:
            self.machine.panel_keys(*chord)
        self.rest()
        self.machine.unplug("keyboard")
        self.still_shut(f"{len(CHORDS)} chords on a keyboard led nowhere", 40 <= len(CHORDS))

    def scanner_types(self):
        for text in TYPED:
            for character in text:
                self.machine.keys(*keys_of(character), hold_ms=20)
        self.rest()
        self.still_shut(f"{len(TYPED)} texts with control keys from a scanner led nowhere", True)

    def still_shut(self, what, enough):
        """The same terminal, never restarted, shows its own picture and goes on working."""
        self.check(what, (self.machine.resets(), self.machine.running(), enough), (0, True, True))
        self.wait_follow_code()
