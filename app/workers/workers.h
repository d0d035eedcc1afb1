#ifndef APP_WORKERS_WORKERS_H
#define APP_WORKERS_WORKERS_H

/*
 * The threads beside the main one, each a plain loop over blocking device calls that pushes events: camera + decode,
 * hand scanner, GPIO, network, and output (printer, drawer, tests, health). A device that fails is reopened with
 * back-off; the others go on.
 */

#include "flow/flow.h"
#include "hal/devices.h"
#include "platform/queue.h"
#include "screens/ui.h"

#include <pthread.h>
#include <stdatomic.h>

#define PICTURE_WIDTH_MAX  1280
#define PICTURE_HEIGHT_MAX 720
#define OUTPUT_QUEUE_MAX   16

/* What the output worker is asked to do. */
enum output_kind { OUTPUT_PRINT, OUTPUT_DRAWER, OUTPUT_TEST, OUTPUT_HEALTH, OUTPUT_CHECK, OUTPUT_REPORT };

struct output {
    enum output_kind kind;
    struct receipt receipt;
    enum hal_device device;
    struct device_report report;
};

/* Three picture buffers: the camera writes one, one is ready, the main thread reads one. */
struct picture_box {
    pthread_mutex_t mutex;
    uint8_t *buffers[3];
    int width[3], height[3];
    bool has_outline[3];
    float outline[3][4][2];
    int writing, ready, reading;
    bool fresh;
};

struct workers {
    /* set before workers_start, constant */
    struct hal_devices *devices;
    struct queue *events;
    const struct clock *clock;
    struct till *till;
    struct sync *sync;
    const char *version;
    const char *books_path, *key_path;

    pthread_t threads[5];
    int started;
    _Atomic bool stopping;
    _Atomic bool watched; /* the screen shows the camera's picture */
    _Atomic bool link_up;
    _Atomic int64_t last_scan_ns; /* when the frame of the last code was taken; benchmarks */
    struct picture_box pictures;
    struct queue outputs;
    bool away[HAL_DEVICE_COUNT]; /* output thread: its last use failed */
    pthread_mutex_t lamp_mutex;
    bool gpio_open; /* lamp_mutex: the GPIO worker is not reopening it */
    pthread_mutex_t health_mutex;
    struct health health;
};

/* Before the threads: queues and buffers, once. */
MUST_CHECK int workers_init(struct workers *workers);
MUST_CHECK int workers_start(struct workers *workers);
/* Makes every loop end (the caller has made cancel_fd readable) and joins. */
void workers_stop(struct workers *workers);
void workers_finish(struct workers *workers);

/* Main thread; none blocks. */
MUST_CHECK int workers_output(struct workers *workers, const struct output *output);
void workers_lamp(struct workers *workers, enum lamp lamp);
void workers_watch(struct workers *workers, bool watched);
/* The newest picture; false when none came yet. Valid until the next call. */
bool workers_picture(struct workers *workers, struct ui_picture *out_picture);
void workers_health(struct workers *workers, struct health *out_health);

#endif
