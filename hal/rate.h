#ifndef HAL_RATE_H
#define HAL_RATE_H

/*
 * When a camera's next frame is due. The rate may be set by any thread; the rest belongs to the camera's worker.
 */

#include <stdatomic.h>

#include "hal/camera.h"

struct rate {
    atomic_int rate; /* enum camera_rate */
    int wake_fd;     /* sent by whoever sets the rate; -1 when not open */
    int64_t last_ns; /* when the last frame was given */
};

MUST_CHECK int rate_init(struct rate *rate);
void rate_finish(struct rate *rate);
void rate_set(struct rate *rate, enum camera_rate value);

/* Frames a second that are wanted now. */
int rate_fps(const struct rate *rate);

/* The moment the next frame is due at the present rate; 0 before the first. */
int64_t rate_due_ns(const struct rate *rate);

#endif
