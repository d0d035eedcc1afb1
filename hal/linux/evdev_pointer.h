#ifndef HAL_LINUX_EVDEV_POINTER_H
#define HAL_LINUX_EVDEV_POINTER_H

/* The kernel's input events as the terminal's: one finger, one pointer, one keyboard. Pure. */

#include "evdev.h"

#include "hal/display.h"
#include "hal/input.h"

/* The range of a device's absolute axes; max ≤ min: it has none and moves by steps. */
struct evdev_range {
    int min_x;
    int max_x;
    int min_y;
    int max_y;
};

struct evdev_pointer {
    struct display_size display;
    struct evdev_range range;
    int x; /* on the panel */
    int y;
    bool down;     /* what was sent */
    bool touching; /* what the device says */
    bool moved;
    bool shift;
    bool control;
};

void evdev_pointer_init(struct evdev_pointer *pointer, const struct display_size *display, struct evdev_range range);

/* Takes one kernel event and sends at most one event on. */
void evdev_pointer_add(struct evdev_pointer *pointer, const struct kernel_input_event *event, input_sink *sink,
                       void *context);

#endif
