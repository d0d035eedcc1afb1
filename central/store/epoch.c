#include "central/store/epoch.h"
#include "central/store/query.h"
#include "central/store/settle.h"
#include "platform/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEP_MIN   4096
#define STEP_RANGE 65536 /* u32 holds 60,000 restores */

#define TERMINAL_STEP 100 /* more than a chain enrols between two backups; u32 holds some 1,100 restores */

#define SERIAL_STEP_MIN (UINT64_C(1) << 24)
#define SERIAL_STEP_MAX (UINT64_C(1) << 33) /* the 2^40 serials of a campaign hold some 250 restores */

#define STORE_EPOCH_STEP_MIN 64 /* more than a store changes its primary between two backups */
#define STORE_EPOCH_APART    12 /* two restores of one backup, at least */

struct mark {
    uint32_t epoch;
    uint64_t generation; /* < 2^63, never 0; 0 = a copy */
};

static int meta_read(struct db *db, const char *name, int64_t *out_value)
{
    return query_number(db, "SELECT value FROM meta WHERE name = ?1", QUERY(Q_TEXT(name)), out_value);
}

static int meta_write(struct db *db, const char *name, int64_t value)
{
    return query_run(db, "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
                     QUERY(Q_TEXT(name), Q_INT(value)));
}

int store_meta_get(struct store_tx *tx, const char *name, int64_t *out_value)
{
    return meta_read(store_tx_db(tx), name, out_value);
}

int store_meta_set(struct store_tx *tx, const char *name, int64_t value)
{
    return meta_write(store_tx_write(tx), name, value);
}

int store_next_number(struct store_tx *tx, const char *name, uint64_t *out_number)
{
    int64_t number = 0;
    int rc = query_number(store_tx_write(tx),
                          "INSERT INTO counter (name, value) VALUES (?1, 1)"
                          " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                          QUERY(Q_TEXT(name)), &number);
    if (rc == 0)
        *out_number = (uint64_t)number;
    return rc;
}

int epoch_read(struct db *db, uint32_t *out_epoch)
{
    int64_t value = 0;
    int rc = meta_read(db, "server_epoch", &value);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_epoch = (uint32_t)value;
    return 0;
}

static int mark_in_books(struct db *db, struct mark *out_mark)
{
    int64_t epoch = 0, generation = 0;
    int rc = meta_read(db, "server_epoch", &epoch);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    rc = meta_read(db, "generation", &generation);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_mark = (struct mark){(uint32_t)epoch, (uint64_t)generation};
    return 0;
}

/* A missing or unreadable file is a mark that equals nothing: better one epoch too many. */
static int mark_in_file(const char *path, struct mark *out_mark)
{
    struct buffer buffer;
    buffer_init(&buffer, 128);
    *out_mark = (struct mark){0, 0};
    int rc = file_read(path, &buffer);
    if (rc == 0) {
        struct mark mark;
        if (sscanf(buffer_text(&buffer), "%" SCNu32 " %" SCNx64, &mark.epoch, &mark.generation) == 2)
            *out_mark = mark;
    } else if (rc == -ENOENT || rc == -EFBIG) {
        rc = 0;
    }
    buffer_finish(&buffer);
    return rc;
}

/*
 * Coupons that were issued after the backup are on phones, and their serials must not be given a second time. How many
 * there were is not known: a step that no chain issues in between, and a random one, so that two restores of one
 * backup differ.
 */
static int skip_serials(struct store *store)
{
    uint64_t step = SERIAL_STEP_MIN + random_below(store_random(store), SERIAL_STEP_MAX);
    return query_run(store_writer_db(store),
                     "INSERT OR REPLACE INTO meta (name, value) SELECT '" META_SERIAL_FLOOR "', ?1 + max("
                     "coalesce((SELECT max(serial) FROM coupon), 0),"
                     " coalesce((SELECT value FROM meta WHERE name = '" META_SERIAL_FLOOR "'), 0))",
                     QUERY(Q_INT(step)));
}

/*
 * Terminals that were enrolled after the backup come back under their own numbers (identity_enrol); nobody else may
 * have got them by then, nor those that an earlier restore of the same backup gave out: a hundred for each epoch in
 * between, which is another number every time.
 */
static int skip_terminals(struct store *store, uint32_t epochs)
{
    uint64_t step = (uint64_t)TERMINAL_STEP * epochs;
    return query_run(store_writer_db(store),
                     "INSERT INTO counter (name, value) VALUES ('terminal', ?1)"
                     " ON CONFLICT (name) DO UPDATE SET value = value + ?1",
                     QUERY(Q_INT(step)));
}

/*
 * Who was promoted after the backup holds the tokens of an epoch that these books never heard of, and whom central
 * names next must not get the same ones, nor those that an earlier restore of the same backup gave: STORE_EPOCH_APART
 * more than that one, as long as the mark's file was kept. A token has 16 bits for it, enough for some 380 restores.
 * What stores have stays as it is: only the next change of a primary leaps.
 */
static int skip_store_epochs(struct store *store, uint32_t epochs)
{
    uint32_t step = STORE_EPOCH_STEP_MIN + epochs / (STEP_MIN / STORE_EPOCH_APART);
    return query_run(store_writer_db(store), "UPDATE shop SET epoch_floor = ?1 + max(epoch_floor, store_epoch)",
                     QUERY(Q_INT(step)));
}

/* behind: how many epochs the books were behind the new one; 0 = they were not restored. */
static int mark_write(struct store *store, const char *path, const struct mark *mark, uint32_t behind)
{
    struct db *db = store_writer_db(store);
    int rc = db_begin(db);
    if (rc < 0)
        return rc;
    rc = meta_write(db, "server_epoch", mark->epoch);
    if (rc == 0)
        rc = meta_write(db, "generation", (int64_t)mark->generation);
    if (rc == 0 && behind > 0)
        rc = skip_serials(store);
    if (rc == 0 && behind > 0)
        rc = skip_terminals(store, behind);
    if (rc == 0 && behind > 0)
        rc = skip_store_epochs(store, behind);
    struct store_tx tx = {.db = db, .store = store, .writable = true, .now_ms = clock_wall_ms(store_clock(store))};
    if (rc == 0 && behind > 0)
        rc = settle_begin(&tx, mark->epoch);
    if (rc == 0)
        rc = db_commit(db);
    if (rc < 0) {
        db_rollback(db);
        return rc;
    }
    char text[64];
    int len = snprintf(text, sizeof(text), "%" PRIu32 " %" PRIx64 "\n", mark->epoch, mark->generation);
    return file_write_atomic(path, text, (size_t)len, 0600);
}

static bool is_first(const struct mark *books, const struct mark *file)
{
    return books->epoch == 0 && file->epoch == 0;
}

static bool is_foreign(const struct mark *books, const struct mark *file)
{
    return !is_first(books, file) && (books->generation == 0 || books->generation != file->generation);
}

int epoch_is_foreign(struct db *db, const char *path, bool *out_foreign)
{
    struct mark books, file;
    int rc = mark_in_books(db, &books);
    if (rc == 0)
        rc = mark_in_file(path, &file);
    if (rc == 0)
        *out_foreign = is_foreign(&books, &file);
    return rc;
}

int epoch_start(struct store *store, const char *path, bool *out_restored)
{
    struct mark books, file;
    int rc = mark_in_books(store_writer_db(store), &books);
    if (rc == 0)
        rc = mark_in_file(path, &file);
    if (rc < 0)
        return rc;
    bool restored = is_foreign(&books, &file);
    struct mark next = {.epoch = books.epoch > file.epoch ? books.epoch : file.epoch};
    if (is_first(&books, &file))
        next.epoch = 1;
    else if (restored)
        next.epoch += STEP_MIN + (uint32_t)random_below(store_random(store), STEP_RANGE);
    next.generation = (random_u64(store_random(store)) >> 1) | 1;
    rc = mark_write(store, path, &next, restored ? next.epoch - books.epoch : 0);
    if (rc < 0)
        return rc;
    store_epoch_changed(store, next.epoch);
    *out_restored = restored;
    return 0;
}

int epoch_mark_copy(struct db *db)
{
    return meta_write(db, "generation", 0);
}
