#ifndef CENTRAL_SERVER_H
#define CENTRAL_SERVER_H

/*
 * Central as a library: books, writer, waiting feeds and the handlers of the terminals' API on plain bytes. The HTTP
 * servers of `serve` (serve.h) are one transport; a simulation calls central_handle itself.
 *
 * Threads: struct central may be used from any thread. Handlers answer through a callback, once, from whatever thread
 * finishes the work (the caller's, the writer's, the feed's).
 */

#include "central/brand_keys.h"
#include "central/config.h"
#include "central/metrics.h"
#include "central/store/store.h"
#include "central/store/writer.h"
#include "domain/enrolment.h"
#include "domain/record.h"
#include "platform/http_server.h"
#include "platform/lock.h"
#include "platform/tls.h"

#include <pthread.h>
#include <stdatomic.h>

struct api_route;
struct central;
struct clockwork;
struct compress;
struct nonce_table;
struct waiting;

/*
 * What the people side adds to the core. Everything may be NULL. Defined in central/parts.c for the program; tests of
 * the core run without.
 */
struct central_part {
    const char *name;
    const struct store_schema *schema;
    const struct http_route *public_routes; /* of the plain listener; handlers get struct central * as context */
    size_t public_route_count;
    const struct api_route *terminal_routes; /* of the terminals' API, beside the core's (api/api.h) */
    size_t terminal_route_count;
    /* After the core took in a terminal's record, in the same transaction. */
    int (*applied)(struct store_tx *tx, const struct record *record, uint32_t store);
    /* The clockwork, every second or so on a thread of its own (or from central_tick): releases, vesting, outbox… */
    void (*tick)(struct central *central);
    /* One line of the admin socket, a JSON object; appends one JSON object (unixsock.h, line_handler). */
    int (*admin_line)(struct central *central, const char *line, size_t len, struct buffer *reply);
    /*
     * What the part keeps between calls (keys, connections, threads of its own); central_state finds it. open: books
     * and writer are open, no request has come. a state it leaves behind is stopped and closed even when it
     * failed. stop: the writer still runs; threads of the part end. close: nobody calls the part any more. All three
     * or none.
     */
    int (*open)(struct central *central, void **out_state);
    void (*stop)(void *state);
    void (*close)(void *state);
};

struct central_options {
    struct central_config config;
    const struct clock *clock;               /* NULL: real */
    struct random *random;                   /* NULL: the kernel's */
    const struct central_part *const *parts; /* must outlive central */
    size_t part_count;
    /* NULL, or: what an operator should know ("commit", "backup") and its -errno, for the log. Any thread. */
    void (*report)(const char *what, int error);
    bool inline_jobs; /* no threads at all: for simulations; central_tick does the clockwork */
    const char *vfs;  /* fault injection */
    enum db_sync sync;
};

/* Fields are set while opening and constant afterwards, but for metrics and the backups' times (atomic). */
struct central {
    struct central_config config;
    const struct clock *clock;
    struct random *random;
    const struct central_part *const *parts;
    size_t part_count;
    void *states[STORE_PARTS_MAX];               /* in the parts' order */
    bool inline_jobs;                            /* no threads: parts work in their tick only */
    void (*report)(const char *what, int error); /* NULL: nobody listens */
    struct lock lock;
    struct store *store;
    struct writer *writer;
    struct brand_keys keys; /* root (if it is here), coupon, member and badge keys, the sealed keyset */
    struct tls_identity tls;
    uint32_t brand; /* made by `init` */
    int64_t started_s;
    struct central_metrics metrics;
    bool restored; /* these books came from a backup: a new server epoch */
    struct nonce_table *nonces;
    struct waiting *waiting;     /* long polls and authority requests */
    struct clockwork *clockwork; /* threads that do what central_tick does; NULL when inline */
    /* Backups. Times are clock_mono_ms, INT64_MAX = never. */
    pthread_mutex_t backup_mutex;   /* one at a time */
    pthread_mutex_t keys_mutex;     /* held while the keyset's file changes and the books hear of it */
    _Atomic int64_t backup_due_ms;  /* the clock's next */
    _Atomic int64_t backup_soon_ms; /* one that a confirmation asked for */
    _Atomic int64_t backup_rest_ms; /* no other of that sort before */

    _Atomic(struct compress *) spare_unpacker; /* of the last request; NULL: in use, or none yet */
};

/*
 * Takes DATA/db.lock, opens and checks the books, notices a restore (new server epoch). -EBUSY: another process has the
 * lock (out_holder, may be NULL, gets its pid); -ENOENT: no `init` yet; -EUCLEAN: damaged; else as store_open.
 */
MUST_CHECK int central_open(const struct central_options *options, struct central **out_central, pid_t *out_holder);
void central_close(struct central *central); /* answers what waits, stops threads, NULL-safe */

/* What `init` does: folder, keys, certificate, books, the brand, its keyset in the feed. -EEXIST: there is something.
 */
struct central_init_options {
    struct central_config config;
    const char *brand_zh, *brand_en;
    const struct clock *clock;
    struct random *random;
    const struct central_part *const *parts;
    size_t part_count;
};
MUST_CHECK int central_init_data(const struct central_init_options *options);

/* Does what is due: waiting feeds and authorities, leases, parts' ticks, a backup. For inline_jobs; else the clockwork
 * does it.
 */
void central_tick(struct central *central);

/* Asks for rights whose lease is over; most times nobody is to be asked, and the writer is not bothered. */
MUST_CHECK int central_ask_leases_back(struct central *central);

/* The slow half of it: leases, parts' ticks and a backup. For the clockwork. */
void central_work(struct central *central);

/* The parts' schemas, in order; returns how many. */
size_t central_part_schemas(const struct central_part *const *parts, size_t count,
                            const struct store_schema *out_schemas[STORE_PARTS_MAX]);

/* What the part's open made; NULL when this central runs without it. */
void *central_state(const struct central *central, const struct central_part *part);

/* url, server_pin and root_hash of an enrolment ticket. */
MUST_CHECK int central_fill_ticket(const struct central *central, struct enrol_ticket *ticket);

/* The keyset to every brand's stores: all brands of a central trust the same keys. */
MUST_CHECK int central_publish_keyset(const struct brand_keys *keys, struct store_tx *tx);

/* A verified copy in DATA/backup, the marks archived_through advanced. Not from the writer's thread. */
MUST_CHECK int central_backup(struct central *central, char *out_path, size_t cap);
/* One that is asked for: kept beside the clock's until the next, whichever that is. */
MUST_CHECK int central_backup_between(struct central *central, char *out_path, size_t cap);
/* When the newest that is in DATA/backup was made, by central's clock; 0 = there is none. */
MUST_CHECK int central_backup_last(const struct central_config *config, int64_t *out_ms);
/* After what a restored central would miss most: one within a minute, or some 15 after the last. In how many ms; -1:
 * no backups are made by the clock, nor is this. Any thread, never blocks. */
int64_t central_backup_soon(struct central *central);
/* For central_work. */
void central_backup_when_due(struct central *central);

/* ---- the terminals' API on plain bytes */

struct central_request {
    const char *method, *target;                              /* raw, with its query */
    const char *content_digest, *signature_input, *signature; /* "" when absent */
    const char *content_encoding;                             /* "" or "zstd" */
    const char *range;                                        /* "bytes=0-99"; NULL or "" when absent; not signed */
    bool doubled_header;                                      /* one of these came more than once */
    struct slice body;                                        /* as on the wire */
};

struct central_reply {
    int status;
    const char *content_type;
    struct slice body;         /* valid during the call */
    uint32_t retry_after_s;    /* 0 = none */
    const char *content_range; /* of a part (206) or of none (416); NULL = whole */
    int64_t server_ms;         /* for Tillside-Time */
};

typedef void (*central_answer)(void *context, const struct central_reply *reply);

/*
 * Routes, authenticates and handles one request; answer is called exactly once, possibly before this returns.
 * Everything in *request must live until then. Limits on body size are checked here too (413).
 */
void central_handle(struct central *central, const struct central_request *request, central_answer answer,
                    void *context);

#endif
