#include "platform/clock.h"

#include <assert.h>
#include <time.h>

int64_t clock_wall_ms(const struct clock *clock)
{
    assert(clock->ops->wall_ms);
    return clock->ops->wall_ms(clock);
}

int64_t clock_mono_ms(const struct clock *clock)
{
    assert(clock->ops->mono_ms);
    return clock->ops->mono_ms(clock);
}

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    int error = clock_gettime(id, &now);
    assert(!error);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_wall_ms(const struct clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_REALTIME);
}

/* BOOTTIME, not MONOTONIC: a terminal that slept has drifted for all that time. */
static int64_t real_mono_ms(const struct clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_BOOTTIME);
}

static const struct clock_ops real_ops = {.wall_ms = real_wall_ms, .mono_ms = real_mono_ms};
static const struct clock real_clock = {.ops = &real_ops};

const struct clock *clock_real(void)
{
    return &real_clock;
}

static int64_t sim_wall_ms(const struct clock *clock)
{
    return atomic_load(&((const struct sim_clock *)clock)->wall_ms);
}

static int64_t sim_mono_ms(const struct clock *clock)
{
    return atomic_load(&((const struct sim_clock *)clock)->mono_ms);
}

static const struct clock_ops sim_ops = {.wall_ms = sim_wall_ms, .mono_ms = sim_mono_ms};

void sim_clock_init(struct sim_clock *clock, int64_t wall_ms)
{
    clock->base.ops = &sim_ops;
    atomic_init(&clock->wall_ms, wall_ms);
    atomic_init(&clock->mono_ms, 0);
}

void sim_clock_set_wall(struct sim_clock *clock, int64_t wall_ms)
{
    atomic_store(&clock->wall_ms, wall_ms);
}

void sim_clock_advance(struct sim_clock *clock, int64_t ms)
{
    assert(ms >= 0);
    atomic_fetch_add(&clock->wall_ms, ms);
    atomic_fetch_add(&clock->mono_ms, ms);
}

static int64_t offset_wall_ms(const struct clock *clock)
{
    const struct offset_clock *self = (const struct offset_clock *)clock;
    return clock_wall_ms(self->inner) + atomic_load(&self->offset_ms);
}

static int64_t offset_mono_ms(const struct clock *clock)
{
    return clock_mono_ms(((const struct offset_clock *)clock)->inner);
}

static const struct clock_ops offset_ops = {.wall_ms = offset_wall_ms, .mono_ms = offset_mono_ms};

void offset_clock_init(struct offset_clock *clock, const struct clock *inner)
{
    clock->base.ops = &offset_ops;
    clock->inner = inner;
    atomic_init(&clock->offset_ms, 0);
}

void offset_clock_set(struct offset_clock *clock, int64_t offset_ms)
{
    atomic_store(&clock->offset_ms, offset_ms);
}

int64_t offset_clock_get(const struct offset_clock *clock)
{
    return atomic_load(&clock->offset_ms);
}
