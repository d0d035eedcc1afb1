#ifndef APP_CONTROL_CONTROL_H
#define APP_CONTROL_CONTROL_H

/*
 * The control socket: one JSON object a line in, one out (docs/control.md). It plays the simulated devices and reads
 * what is seen; the story, the scenarios and the benchmarks drive the terminal through it. Only with --control, only on
 * boards with simulated devices, and compiled out of image builds.
 */

#include "screens/ui.h"
#include "view/view_model.h"

#include "hal/sim.h"
#include "platform/clock.h"

struct control;

/* What the main thread shows the control thread after every picture. */
struct control_sight {
    struct view_model view;
    struct ui_hit hits[UI_HITS_MAX];
    size_t hit_count;
    uint64_t presented;    /* pictures shown so far */
    int64_t presented_ns;  /* CLOCK_MONOTONIC of the last */
    int64_t first_ns;      /* of the first picture */
    int64_t attract_ns;    /* of the first attract screen; 0 = not yet */
    int64_t scan_taken_ns; /* of the frame that held the last code */
    bool waiting;          /* an answer of the till or of central is outstanding */
};

struct control_options {
    const char *path;
    struct sim *sim;
    struct offset_clock *clock;
};

MUST_CHECK int control_open(const struct control_options *options, struct control **out_control);
void control_close(struct control *control);
/* Main thread. */
void control_see(struct control *control, const struct control_sight *sight);

#endif
