#ifndef APP_SERVICE_SERVICE_H
#define APP_SERVICE_SERVICE_H

/*
 * What is done to this device beside selling: updates, restarts and logs that central orders by the feed; an update
 * from a technician's stick, the acts onto one, a factory reset. One thread, which waits for news and does one thing
 * after the other; what it is at stands in a file that is written whole before each step, so that a power cut anywhere
 * ends in the same place: an order is carried out once, its end is told, and a half-written bundle is never installed.
 */

#include "domain/body.h"
#include "domain/feed.h"
#include "hal/updater.h"
#include "platform/buffer.h"
#include "platform/clock.h"

struct service;

#define SERVICE_ORDERS_MAX 16
#define SERVICE_PART_BYTES (256 * 1024)

/* What came of a stick. */
enum stick_outcome {
    STICK_INSTALLED = 1, /* the device restarts into it */
    STICK_NONE,          /* no stick of that name is in */
    STICK_EMPTY,         /* nothing on it ends in .raucb */
    STICK_NO_NEWER,      /* all that is on it runs already */
    STICK_REFUSED,       /* signature, board, floor, damage: reason says which */
    STICK_FAILED,        /* it could not be written */
    STICK_BUSY,          /* central's own update is under way */
    STICK_NOT_ALLOWED,   /* who asked is no manager: said by whoever takes the wish, never by the service */
    STICK_SAVED,         /* the acts are on it, read back */
    STICK_NOTHING,       /* no act is here that no backup of central holds */
    STICK_NOT_SAVED,     /* the acts could not be read or written: reason says why */
    STICK_DAMAGED,       /* the books are: what is sound before it, if anything, is on the stick */
};
struct stick_result {
    enum stick_outcome outcome;
    char file[64];    /* that it is about; "" = none */
    uint64_t records; /* that were saved */
    char version[24]; /* of it, when it was read */
    char reason[UPDATER_REASON_MAX];
    bool logs_written;
};

/* What a file of acts holds (domain/export.h). */
struct service_acts {
    uint64_t records;
    uint32_t terminal, incarnation; /* whose the last own one is */
    uint64_t last_seq;
    bool damaged; /* the books are: these are not all */
};

struct service_options {     /* texts are copied */
    const char *folder;      /* of its own; made when missing */
    const char *log_path;    /* the program's log; "" = none */
    const char *board;       /* bundles are for "tillside-<board>" */
    struct updater *updater; /* the caller's */
    const struct clock *clock;
    /* All on the service's thread; may block. Mandatory but the last four. */
    int (*orders)(void *context, struct feed_order *out_list, uint32_t cap, uint32_t *out_count);
    int (*fetch)(void *context, uint32_t release, uint64_t offset, struct slice room, size_t *out_len);
    int (*send_logs)(void *context, uint64_t order, struct slice packed);
    int (*note)(void *context, const struct body *body); /* 0 once it is in the journal; -EAGAIN: later */
    bool (*idle)(void *context);                         /* nobody is at the screen */
    /* Appends the signed file of all acts that no backup of central holds. */
    int (*acts)(void *context, struct buffer *out_file, struct service_acts *out_acts);
    void (*restarting)(void *context); /* the machine goes down: stop */
    void (*stick_done)(void *context, const struct stick_result *result);
    void (*reset_failed)(void *context, const char *reason);
    /* From service_close, again and again until the thread has come back: ends the calls above that are under way. */
    void (*cancel)(void *context);
    void *context;
};

/* threaded false: nothing runs by itself, service_step does. */
MUST_CHECK int service_open(const struct service_options *options, bool threaded, struct service **out_service);
void service_close(struct service *service); /* NULL-safe; the updater's calls end by its cancel descriptor */

/* Any thread, never blocks: the feed brought something, somebody left the screen; a stick is to be read; the acts are
 * to be saved to one (stick_done, too); the device is to forget all. */
void service_wake(struct service *service);
void service_read_stick(struct service *service);
void service_save_acts(struct service *service);
void service_reset(struct service *service);

/* Does what is next; returns in how many ms to look again. For simulations and tests. */
int64_t service_step(struct service *service);

/* Stars out, in place, what names a person: mobile numbers, openids and unionids, codes of coupons and cards, and card
 * numbers. */
void service_redact(char *text);

#endif
