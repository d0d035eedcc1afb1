#ifndef CENTRAL_PLAYED_CLOCK_H
#define CENTRAL_PLAYED_CLOCK_H

/*
 * The machine's clock plus the milliseconds that stand in a file (8 bytes, signed, the machine's byte order): whoever
 * plays a scenario lets days pass by writing them there, and other programs of the scenario read the same file. The
 * steady clock goes on with it, so the number may only grow. Only in builds with TILLSIDE_SIM. Any thread.
 */

#include "platform/clock.h"

struct played_clock {
    struct clock base;
    int fd;
};

/* -errno of opening it; -EINVAL: it does not hold 8 bytes. */
MUST_CHECK int played_clock_open(struct played_clock *clock, const char *path);
void played_clock_close(struct played_clock *clock);

#endif
