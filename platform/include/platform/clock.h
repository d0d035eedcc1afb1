#ifndef PLATFORM_CLOCK_H
#define PLATFORM_CLOCK_H

/*
 * Time as a back-end, so that the simulator and the control socket can move it. All clocks may be read from any thread.
 */

#include "domain/base.h"

#include <stdatomic.h>

struct clock;

/* Both slots are mandatory, never block and may be called by any thread. */
struct clock_ops {
    int64_t (*wall_ms)(const struct clock *clock); /* Unix time, may jump either way */
    int64_t (*mono_ms)(const struct clock *clock); /* never goes back, counts time asleep, origin unspecified */
};

struct clock {
    const struct clock_ops *ops;
};

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_mono_ms(const struct clock *clock);

/* The machine's own clock; static, never freed. */
const struct clock *clock_real(void);

/* A clock that stands still until told otherwise. Setting and advancing are safe from any thread. */
struct sim_clock {
    struct clock base;
    _Atomic int64_t wall_ms;
    _Atomic int64_t mono_ms;
};

void sim_clock_init(struct sim_clock *clock, int64_t wall_ms);
void sim_clock_set_wall(struct sim_clock *clock, int64_t wall_ms); /* mono stays: what a clock correction looks like */
void sim_clock_advance(struct sim_clock *clock, int64_t ms);       /* both move; ms >= 0 */

/* Another clock with its wall time shifted: the control socket's "move the clock". inner must outlive it. */
struct offset_clock {
    struct clock base;
    const struct clock *inner;
    _Atomic int64_t offset_ms;
};

void offset_clock_init(struct offset_clock *clock, const struct clock *inner);
void offset_clock_set(struct offset_clock *clock, int64_t offset_ms);
int64_t offset_clock_get(const struct offset_clock *clock);

#endif
