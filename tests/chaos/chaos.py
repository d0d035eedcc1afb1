#!/usr/bin/env python3
"""Three stores of two terminals sell while the network to central rages; then it heals, and all books are the same.

chaos.py BIN_DIR [REDEMPTIONS [SEED]]: REDEMPTIONS a store at least, and every kind of fault at least twice.
Nothing here is measured in seconds: after the heal a terminal tells everything in as many requests as its records fill,
and at most one more, which is two rounds for up to 500 records.
"""

import os
import shutil
import sys
import tempfile
import threading
import time

from proxy import FAULTS, ChaosProxy, tls_file
from street import PATIENCE_S, Failed, Street, wait_for

BATCH_RECORDS = 500  # of one request
EACH_FAULT = 2


class Chaos:
    def __init__(self, bin_dir, base, wanted, seed):
        self.wanted = wanted
        self.street = Street(bin_dir, base, (1, 2, 3), ("primary", "second"), seed)
        central = self.street.central
        self.proxy = ChaosProxy(tls_file(central.data), seed)
        self.proxy.target = central.port
        central.command += ["--url", f"https://127.0.0.1:{self.proxy.port}"]

    def enough(self):
        if any(desk.error for desk in self.street.desks()):
            return True
        return (all(len(shop.good) >= self.wanted for shop in self.street.shops)
                and all(self.proxy.faults[name] >= EACH_FAULT for name in FAULTS))

    def rage(self):
        self.proxy.rage()
        workers = [threading.Thread(target=desk.work, args=(self.enough,)) for desk in self.street.desks()]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for desk in self.street.desks():
            if desk.error:
                raise desk.error
        wait_for("every kind of fault happened", PATIENCE_S, self.enough)

    def heal(self):
        """Each terminal tells everything it had at that moment without a detour."""
        ends = {desk: desk.last_seq() for desk in self.street.desks()}
        waiting = {desk: ends[desk] - desk.durable() for desk in ends}
        self.proxy.heal()
        told = {}
        until = time.monotonic() + PATIENCE_S
        while len(told) < len(ends):
            for desk, end in ends.items():
                rounds = self.proxy.rounds_of(f"t{desk.number}", "/v1/journal")
                if desk not in told and desk.durable() >= end:
                    told[desk] = rounds
            if time.monotonic() > until:
                raise Failed(f"not told: {[desk.name for desk in ends if desk not in told]}")
            time.sleep(0.02)
        for desk, rounds in told.items():
            if rounds > -(-waiting[desk] // BATCH_RECORDS) + 1:
                raise AssertionError(f"{desk.name}: {rounds} rounds for {waiting[desk]} records")
        for desk in ends:
            desk.wait_told()
        return sum(waiting.values()), sum(told.values())

    def kill(self):
        self.street.kill()
        self.proxy.close()


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    base = tempfile.mkdtemp(prefix="tillside-chaos-")
    chaos = Chaos(bin_dir, base, wanted, seed)
    street, faults = chaos.street, chaos.proxy.faults
    began = time.monotonic()
    try:
        street.open()
        chaos.rage()
        waiting, rounds = chaos.heal()
        street.check()
    except BaseException:
        print(f"kept: {base}; faults {dict(faults)}")
        raise
    finally:
        chaos.kill()
    shutil.rmtree(base)
    scans = sum(desk.scans for desk in street.desks())
    rescans = [again for desk in street.desks() for again in desk.rescans]
    for again in rescans:
        print("scanned again:", *again)
    print(f"{sum(len(shop.good) for shop in street.shops)} redemptions called good under {sum(faults.values())} faults "
          f"{dict(sorted(faults.items()))}; {waiting} records waited at the heal and were told in {rounds} requests; "
          f"{len(rescans)} scans of {scans} were repeated; all books the same, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
