#ifndef APP_SERVICE_INTERNAL_H
#define APP_SERVICE_INTERNAL_H

/* What the files of the service share. One thread, but for what stands behind the mutex. */

#include "platform/compress.h"
#include "service/service.h"

#include <limits.h>
#include <pthread.h>

#define SOON_MS    5000
#define RETRY_MS   30000
#define LONG_MS    INT64_C(600000) /* news wake it sooner */
#define TRIES_MAX  3
#define ENDED_MAX  64
#define BUNDLE_MAX (INT64_C(1) << 30)
#define ACTS_MAX   ((size_t)192 << 20) /* in memory for a moment: half a million acts */

/* What a person at the screen asked for; bits. */
enum wish { WISH_STICK = 1, WISH_ACTS = 2, WISH_RESET = 4 };

enum job_phase {
    JOB_NONE = 0,
    JOB_FETCHING = 1,
    JOB_FETCHED = 2, /* size and hash were right; it lies where the updater takes it */
    JOB_INSTALLING = 3,
    JOB_INSTALLED = 4, /* a restart is due */
    JOB_RESTARTING = 5,
    JOB_ENDING = 6, /* the end is decided and not told yet */
};

/* Written whole before what it says is done. Numbers never change meaning. */
struct job {
    uint64_t order; /* 0: a technician's */
    uint8_t phase;  /* enum job_phase */
    uint8_t tries, told, outcome;
    char version[24]; /* that is to run */
    char boot[40];    /* the start of the machine in which it was installed, or told to restart */
    char reason[96];
};

struct state {
    struct job update;
    uint64_t reboot; /* the order that is being carried out; 0 = none */
    char reboot_boot[40];
    uint8_t reboot_tries;
    uint32_t ended_count;
    uint64_t ended[ENDED_MAX]; /* newest last */
};

struct service {
    struct service_options options;
    char folder[PATH_MAX / 2], log_path[PATH_MAX];
    char board[HAL_NAME_MAX];
    struct state state;
    struct updater_state machine;
    uint32_t order_count;
    struct feed_order orders[SERVICE_ORDERS_MAX];
    uint8_t *part; /* SERVICE_PART_BYTES */
    struct compress *compress;
    bool going_down; /* a restart was asked for: nothing more is done */

    pthread_t thread;
    bool threaded;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool woken, closing;
    unsigned wishes; /* enum wish */
};

/* state.c: -ENOENT none yet. A damaged file counts as none and is told in the log by the caller. */
MUST_CHECK int state_load(const char *folder, struct state *out_state);
MUST_CHECK int state_save(const struct service *service);
bool state_has_ended(const struct state *state, uint64_t order);
void state_end(struct state *state, uint64_t order);
void service_path(const struct service *service, const char *name, char out[PATH_MAX]);

/* download.c: one part more. 1: whole and right, it lies as UPDATER_BUNDLE; 0: go on; -errno. -EBADMSG: another file
 * than was ordered, begun anew next time. */
MUST_CHECK int download_step(struct service *service, const struct feed_order *order);
void download_forget(struct service *service); /* parts and bundle */

/* update.c: in how many ms to look again; 0 = at once. */
int64_t update_step(struct service *service);
/* Whether this device may go to it: NULL, or the sentence that says why not. */
const char *update_refusal(struct service *service, const char *compatible, const char *version, char *room,
                           size_t cap);

/* Whether so much fits on the disk with room left for the books. */
bool update_has_room(const struct service *service, uint64_t bytes);

/* logs.c: what there is, redacted, in out; never fails. */
size_t logs_gather(struct service *service, char *out, size_t cap);
int64_t logs_step(struct service *service, const struct feed_order *order);

/* stick.c */
void stick_read(struct service *service);

/* acts.c */
void acts_save(struct service *service);

/* service.c */
MUST_CHECK int service_tell_end(struct service *service, const struct body_order_done *end);
const struct feed_order *service_find_order(const struct service *service, uint64_t order);
/* The updater has not answered since the program began: whether the machine started anew, and what runs, is not known.
 */
bool service_is_blind(const struct service *service);
MUST_CHECK int service_restart_machine(struct service *service, char *out_reason);

#endif
