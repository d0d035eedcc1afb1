#ifndef CENTRAL_STORE_STORE_H
#define CENTRAL_STORE_STORE_H

/*
 * Central's books: one interface, SQLite behind it. No SQL outside central/store/; modules in this folder get the
 * connection with store_tx_db, everybody else calls their functions with a struct store_tx.
 *
 * One writing connection, owned by the writer (writer.h); a few read-only ones, lent out as snapshots. Functions that
 * only read take either kind of struct store_tx; functions that change things assert that it can write.
 */

#include "domain/base.h"
#include "platform/clock.h"
#include "platform/db.h"
#include "platform/random.h"

struct store;

/*
 * A part of the schema: ordered, additive steps. A step that was released never changes; new ones go to the end. Each
 * part counts its own steps, so that parts grow independently.
 */
struct store_schema {
    const char *part;
    const char *const *steps;
    size_t count;
};

extern const struct store_schema store_schema_core;   /* schema_core.c */
extern const struct store_schema store_schema_people; /* schema_people.c */

#define STORE_PARTS_MAX   16
#define STORE_TOUCHES_MAX 64
#define STORE_PATH_MAX    512

struct store_options {
    const char *path;                        /* of the database file */
    const struct clock *clock;               /* NULL: the real one */
    struct random *random;                   /* NULL: the kernel's */
    const struct store_schema *const *parts; /* besides the core; only read while opening */
    size_t part_count;
    unsigned readers;  /* 0: 4 */
    const char *vfs;   /* NULL: the default; for fault injection */
    enum db_sync sync; /* DB_SYNC_FULL outside tests */
    bool create;       /* false: -ENOENT when there is no database */
};

/* -EUCLEAN when damaged, -ENOTSUP when made by a newer version, -EBUSY when another process writes it, else as db.h. */
MUST_CHECK int store_open(const struct store_options *options, struct store **out_store);
void store_close(struct store *store); /* NULL-safe; after writer_close and when no snapshot is out */

const char *store_path(const struct store *store);
const struct clock *store_clock(const struct store *store);
struct random *store_random(const struct store *store);

/* Whose feed a transaction changed: a store's own lane, or the lane of a brand. */
struct store_touch {
    bool brand; /* id is a brand's, else a store's */
    uint32_t id;
};

/* Books that are made anew from the journal (anew.h): what central decided is read, not decided again. */
struct store_replay {
    /* Where central's own record of this kind would be written: the one that was written then is taken up instead.
     * -EUCLEAN when another one, or a terminal's, follows in the journal. */
    int (*take)(struct store_replay *replay, uint16_t kind);
    bool displaces; /* what follows says that the record at hand took another one's place */
    uint32_t epoch; /* of the server, when the record at hand came */
};

/* One transaction (writer) or one snapshot (reader). Belongs to the thread that got it. */
struct store_tx {
    struct db *db;
    struct store *store;         /* NULL in a store_view, and where books are made anew */
    struct store_replay *replay; /* NULL but there */
    bool writable;
    int64_t now_ms; /* wall clock when the transaction began: one "now" for everything in it */
    size_t touch_count;
    bool touched_all; /* more lanes than fit: wake everybody */
    struct store_touch touches[STORE_TOUCHES_MAX];
};

/*
 * A snapshot for reading, from any thread; waits while all readers are lent out. Keep it short: a long one holds back
 * the checkpoint. -EIO while the store is failed. Everything read must be copied before store_read_end.
 */
MUST_CHECK int store_read_begin(struct store *store, struct store_tx *out_tx);
void store_read_end(struct store_tx *tx);

/* Reading books that another process may have open (`doctor`, exports): one read-only connection of its own. */
struct store_view;
MUST_CHECK int store_view_open(const char *path, struct store_view **out_view);
struct store_tx *store_view_tx(struct store_view *view); /* a snapshot that lasts until the view is closed */
void store_view_close(struct store_view *view);          /* NULL-safe */

/* For modules in central/store/ only. store_tx_write asserts that tx can write. */
struct db *store_tx_db(struct store_tx *tx);
struct db *store_tx_write(struct store_tx *tx);
void store_tx_touch(struct store_tx *tx, bool brand, uint32_t id);

/* A small persistent counter that never gives a number twice (brands, stores, transfers…). From 1. */
MUST_CHECK int store_next_number(struct store_tx *tx, const char *name, uint64_t *out_number);

/* Persistent single values ("server_epoch"). -ENOENT when never set. */
MUST_CHECK int store_meta_get(struct store_tx *tx, const char *name, int64_t *out_value);
MUST_CHECK int store_meta_set(struct store_tx *tx, const char *name, int64_t value);

/* The epoch of this server: a new one after a restore from a backup (epoch.h). Read from memory, any thread. */
uint32_t store_server_epoch(const struct store *store);
uint32_t store_tx_epoch(const struct store_tx *tx);            /* the same, where books may be made anew */
void store_epoch_changed(struct store *store, uint32_t epoch); /* epoch.c only, before any thread runs */

/* The core's schema in a database that is no store. */
MUST_CHECK int store_make_core(struct db *db);

/*
 * For the writer only. The writing connection; and what follows a failed commit: every reader is taken in, everything
 * is closed, opened and verified. 0, or -errno: then the store stays failed and every use answers -EIO.
 */
struct db *store_writer_db(struct store *store);
MUST_CHECK int store_reopen(struct store *store);
bool store_failed(struct store *store);

/* Bytes of the database and its log on disk, for /metrics. */
int64_t store_size_bytes(const struct store *store);

#endif
