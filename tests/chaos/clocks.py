#!/usr/bin/env python3
"""The terminal's clock is ten years ahead, ten years behind, in 1970, and goes backwards while the clerk works: nothing
is lost, the order is kept, central has it all and says whose clock was wrong only to those who ask.

clocks.py BIN_DIR
"""

import os
import shutil
import sys
import tempfile
import time

from street import Street, rows, same

YEAR_MS = 365 * 86400 * 1000


def moves():
    """Offsets to the right time, in the order in which the clock jumps."""
    since_1970 = int(time.time() * 1000)
    return (10 * YEAR_MS, -10 * YEAR_MS, -since_1970 + 1000, -60 * 1000, -120 * 1000, 5 * 60 * 1000, 0)


def check_order(desk):
    found = rows(desk.books, "SELECT seq, hlc FROM journal WHERE terminal = ? ORDER BY seq", desk.number)
    same("numbers without a gap", [seq for seq, _ in found], list(range(1, len(found) + 1)))
    same("order stamps grow", all(a < b for (_, a), (_, b) in zip(found, found[1:])), True)


def play(street):
    street.open(coupons=40)
    desk = street.shops[0].desks[0]
    desk.sell(2)
    for network in (True, False):
        desk.terminal.do(cmd="network", up=network)
        for offset_ms in moves():
            desk.terminal.do(cmd="clock", offset_ms=offset_ms)
            desk.sell(2)
            if network:
                desk.wait_told()  # signed by a clock that is wrong, and corrected
    desk.terminal.do(cmd="network", up=True)
    desk.wait_told()
    check_order(desk)
    good = len(street.shops[0].good)
    street.check()
    return good


def main():
    base = tempfile.mkdtemp(prefix="tillside-clocks-")
    street = Street(os.path.abspath(sys.argv[1]), base)
    try:
        good = play(street)
    except BaseException:
        print(f"kept: {base}")
        raise
    finally:
        street.kill()
    shutil.rmtree(base)
    print(f"{good} redemptions under {2 * len(moves())} jumps of the clock: in order, all at central, all books the same")


if __name__ == "__main__":
    main()
