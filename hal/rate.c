#include "rate.h"

#include <unistd.h>

#include "wait.h"

int rate_init(struct rate *rate)
{
    atomic_init(&rate->rate, CAMERA_FULL);
    rate->last_ns = 0;
    rate->wake_fd = -1;
    return hal_wake_open(&rate->wake_fd);
}

void rate_finish(struct rate *rate)
{
    if (rate->wake_fd >= 0) {
        close(rate->wake_fd);
    }
    rate->wake_fd = -1;
}

void rate_set(struct rate *rate, enum camera_rate value)
{
    atomic_store(&rate->rate, value);
    hal_wake_send(rate->wake_fd);
}

int rate_fps(const struct rate *rate)
{
    return atomic_load(&rate->rate) == CAMERA_IDLE ? CAMERA_IDLE_FPS : CAMERA_FULL_FPS;
}

int64_t rate_due_ns(const struct rate *rate)
{
    return rate->last_ns == 0 ? 0 : rate->last_ns + 1000000000LL / rate_fps(rate);
}
