#ifndef TESTS_APP_SERVICE_DEVICE_H
#define TESTS_APP_SERVICE_DEVICE_H

/*
 * A device on a folder of its own: played slots, a central that has one file and hears what is told, and a power plug.
 * The plug is pulled at the n-th of the moments just before and just after something is done to anybody outside, so
 * that every place between two writes of the service's own state is met.
 */

#include "platform/clock.h"
#include "service/service.h"

#define DEVICE_FILE_MAX 700000
#define DEVICE_NOTES    64

struct device {
    char folder[64];
    struct sim_clock clock;
    struct updater *updater; /* real back-end behind one that counts */
    struct updater outer;
    struct service *service;
    uint32_t order_count;
    struct feed_order orders[SERVICE_ORDERS_MAX];
    uint8_t file[DEVICE_FILE_MAX];
    size_t file_len;
    bool link, idle, down, deaf; /* deaf: nobody listens at the updater's socket */
    unsigned acts, cut_at;       /* things done to the outside; the plug is pulled at this one, 0 = never */
    bool dead;
    unsigned installs, restarts, fetched, parts;
    uint32_t note_count;
    struct body notes[DEVICE_NOTES];
    char logs[100 * 1024];
    unsigned logs_sent;
    struct stick_result stick;
    struct service_acts books; /* what the books would give */
    int acts_error;
    bool locked; /* the disk that would have to be told of a reset cannot be written */
    unsigned resets;
    char reset_failed[UPDATER_REASON_MAX];
};

void device_open(struct device *d); /* 08:00 in the store; online, nobody at the screen */
void device_close(struct device *d);
/* The machine starts again, as after a power cut or a restart. */
void device_start(struct device *d);
/* Steps until nothing is due at once and no restart is under way; starts the machine again when it went down or died.
 * False: that was not all within many turns. */
bool device_settle(struct device *d);

/* A bundle of that many bytes for that board; what central would say of it. */
void device_bundle(struct device *d, const char *compatible, const char *version, size_t size);
struct feed_order *device_order_update(struct device *d, uint64_t id, const char *version);
struct feed_order *device_order(struct device *d, uint64_t id, uint8_t what);

/* A file of that name in the device's folder. */
void device_write(const struct device *d, const char *name, const char *text, size_t len);
bool device_holds(const struct device *d, const char *name);

/* What was told of an order in the end: 0 nothing yet. Told twice with different words fails the test. */
uint8_t device_outcome(const struct device *d, uint64_t id, char out_reason[96]);
bool device_told_step(const struct device *d, uint64_t id, uint8_t step);
void device_runs(struct device *d, char out_version[24]);

#endif
