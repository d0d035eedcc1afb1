#!/usr/bin/env python3
"""Central is put back from an old backup under a terminal that goes on selling: everything returns, unattended.

restored.py BIN_DIR
"""

import os
import shutil
import sys
import tempfile

from street import Street, rows, same

BEFORE, AFTER = 4, 6


def database(street):
    return os.path.join(street.central.data, "central.db")


def put_back(street, backup):
    for suffix in ("-wal", "-shm"):
        if os.path.exists(database(street) + suffix):
            os.unlink(database(street) + suffix)
    shutil.copy(backup, database(street))


def epoch(street):
    return rows(database(street), "SELECT value FROM meta WHERE name = 'server_epoch'")[0][0]


def play(street):
    street.open(coupons=40)
    desk = street.shops[0].desks[0]
    desk.sell(BEFORE)
    desk.wait_told()
    street.central.stop()
    backup = os.path.join(street.base, "backup.db")
    shutil.copy(database(street), backup)
    street.central.start()
    desk.sell(AFTER)
    desk.wait_told()
    known = rows(database(street), "SELECT count(*) FROM redemption")[0][0]
    before = epoch(street)
    street.central.stop()
    put_back(street, backup)
    same("redemptions in the backup", rows(database(street), "SELECT count(*) FROM redemption")[0][0], known - AFTER)
    desk.sell(1)  # while central is away
    street.central.start()
    desk.sell(1)
    # The terminal hears of the new epoch with its next answer, goes back to what was archived and tells it again.
    desk.wait_told()
    same("the epoch rose", epoch(street) > before, True)
    street.check()
    return known - AFTER, AFTER + 2


def main():
    base = tempfile.mkdtemp(prefix="tillside-restored-")
    street = Street(os.path.abspath(sys.argv[1]), base)
    try:
        kept, returned = play(street)
    except BaseException:
        print(f"kept: {base}")
        raise
    finally:
        street.kill()
    shutil.rmtree(base)
    print(f"{kept} redemptions were in the backup, {returned} came back or came new by themselves; all books the same")


if __name__ == "__main__":
    main()
