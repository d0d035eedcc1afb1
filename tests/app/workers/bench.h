#ifndef TESTS_APP_WORKERS_BENCH_H
#define TESTS_APP_WORKERS_BENCH_H

/*
 * The workers on simulated devices without the rest of the terminal: what they push is popped here. The clock stands
 * still until a test moves it; devices keep their own time.
 */

#include "cmocka_all.h"
#include "hal/sim.h"
#include "tempdir.h"
#include "workers/internal.h"

#define PATIENCE_MS 10000

struct bench {
    struct tempdir folder;
    struct sim *sim;
    struct hal_devices devices;
    struct queue events;
    struct sim_clock clock;
    struct workers workers;
    int cancel_fd;
};

/* overrides: of the board file "sim", NULL-terminated; may be NULL. The workers are not started yet. */
void bench_open(struct bench *bench, const char *const *overrides);
void bench_start(struct bench *bench);
void bench_close(struct bench *bench);

/* The next event of this kind; others are thrown away. Fails the test when none comes. */
struct event bench_wait(struct bench *bench, enum event_kind kind);
/* The next time this device is told to have failed (or to work). */
struct event bench_wait_device(struct bench *bench, enum hal_device device, bool works);
/* Waits for this code; how many other codes came before it. */
int bench_wait_code(struct bench *bench, const char *text);

#endif
