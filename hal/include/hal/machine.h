#ifndef HAL_MACHINE_H
#define HAL_MACHINE_H

#include <stdint.h>

/*
 * What the machine under the devices says of itself: nothing to open, nothing that can be unplugged. Reads a few small
 * files; any thread.
 */

struct machine_state {
    char slot[8];           /* that it was started from: "A", "B"; "" = it has none (kernel's rauc.slot=) */
    int64_t temperature_mc; /* thousandths of a degree Celsius, of the hottest sensor; 0 = none */
    uint64_t uptime_s;
};

/* root: "" on a machine, a made-up tree in tests. What cannot be read stays zero. */
void machine_read(const char *root, struct machine_state *out_state);

#endif
