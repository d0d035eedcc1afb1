#ifndef APP_APP_H
#define APP_APP_H

/*
 * The terminal as a whole: one poll loop on the main thread that takes events, steps the flow, carries out its effects
 * and draws what differs.
 */

#include "control/control.h"
#include "options.h"
#include "platform/lock.h"
#include "service/service.h"
#include "supervisor.h"
#include "workers/workers.h"

#include <limits.h>

struct app {
    struct options options;
    struct board board;
    struct offset_clock clock; /* the system's, moved only by the control socket */
    struct sim *sim;           /* NULL outside simulated boards */
    struct hal_devices devices;
    struct queue events;
    struct lock lock;
    int cancel_fd, signal_fd;
    bool stopping;
    struct supervisor supervisor; /* systemd's watchdog, on devices; main thread */

    struct body_incarnation device; /* what this hardware is, and how often it started */
    char books_path[PATH_MAX], pepper_path[PATH_MAX], key_path[PATH_MAX];
    struct storage *mark; /* where it is kept; the till's thread's. NULL: none */
    struct till *till;    /* NULL: the books could not be opened */
    struct sync *sync;
    struct lan *lan;
    char lan_error[96]; /* the last one that was logged; one publisher at a time */
    char version[24];   /* of the image, else of the program */
    struct updater *updater;
    _Atomic bool nobody_there; /* nobody is at the screen: a restart disturbs no one */
    /* Guards the three below: what the till's thread may still wake. */
    pthread_mutex_t rooms_mutex;
    struct sync *wake_sync;
    struct lan *wake_lan;
    struct service *service;
    char lan_host[LAN_HOST_MAX];
    struct workers workers;
    struct control *control; /* NULL without --control */

    /* main thread */
    struct flow flow;
    struct view_model view;
    struct ui *ui;
    struct effects effects;
    struct till_reference reference;
    struct health health;
    enum lamp lamp;
    int64_t display_retry_mono_ms;
    int64_t input_retry_mono_ms;
    int64_t sound_retry_mono_ms;
    uint64_t presented;                         /* pictures shown */
    int64_t presented_ns, first_ns, attract_ns; /* CLOCK_MONOTONIC of the last, the first, the first attract screen */
};

/* Runs until stopped; the program's exit code. */
MUST_CHECK int app_run(const struct options *options);

/* app_open.c: -errno with *out_exit set and a message on stderr */
MUST_CHECK int app_open(struct app *app, const struct options *options, enum app_exit *out_exit);
void app_close(struct app *app);

/* app_device.c: what this device is, the mark that it keeps of its books, and what the till says of that */
void app_read_device(struct app *app);
struct till_marks app_marks(struct app *app);
void app_marked(void *context, enum till_mark_news news, int error);

/* app_service.c */
MUST_CHECK int app_open_updater(struct app *app);
MUST_CHECK int app_open_service(struct app *app);
void app_close_service(struct app *app);

/* effects.c */
void app_perform(struct app *app, const struct effects *effects);
void app_push(struct app *app, struct event *event);
struct clock_reading app_now(const struct app *app);

/* picture.c: draws what differs and shows it */
void app_show(struct app *app);
int64_t app_show_due(const struct app *app, int64_t now_mono_ms);

#endif
