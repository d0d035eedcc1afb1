#include "central/store/touchpoint_batch.h"

#include "central/store/journal.h"
#include "central/store/query.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 40

static int note(struct store_tx *tx, const struct printed_code *code, const char *who, const char *what,
                const char *why)
{
    char key[KEY_MAX];
    struct journal_fact fact = {.key = key,
                                .who = who,
                                .what = what,
                                .why = why,
                                .brand = code->touchpoint.brand,
                                .store = code->touchpoint.store,
                                .number = code->touchpoint.id};
    snprintf(key, sizeof(key), "batch %u-%u", code->batch, code->serial);
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int touchpoint_batch_add(struct store_tx *tx, const struct touchpoint_batch *batch, uint32_t *out_id)
{
    uint64_t number = 0;
    int rc = store_next_number(tx, "touchpoint batch", &number);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "INSERT INTO touchpoint_batch (id, brand, account, size, words, made_ms, made_by, printings, "
                        "printed_ms, retired_ms, why) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '')",
                        QUERY(Q_INT(number), Q_INT(batch->brand), Q_TEXT(batch->account), Q_TEXT(batch->size),
                              Q_TEXT(batch->words), Q_INT(tx->now_ms), Q_TEXT(batch->made_by)));
    if (rc == 0) {
        *out_id = (uint32_t)number;
    }
    return rc;
}

int touchpoint_batch_add_code(struct store_tx *tx, struct printed_code *code, const char *who)
{
    int64_t serial = 0;
    struct touchpoint *t = &code->touchpoint;
    int rc = people_add_touchpoint(tx, t, who, &t->id);
    rc = rc ? rc : people_find_touchpoint(tx, t->id, t);
    rc = rc ? rc
            : query_number(store_tx_write(tx),
                           "INSERT INTO touchpoint_printed (batch, serial, touchpoint) VALUES (?1, (SELECT "
                           "coalesce(max(serial), 0) + 1 FROM touchpoint_printed WHERE batch = ?1), ?2) RETURNING "
                           "serial",
                           QUERY(Q_INT(code->batch), Q_INT(t->id)), &serial);
    code->serial = (uint32_t)serial;
    return rc ? rc : note(tx, code, who, "code of a batch", NULL);
}

#define COLUMNS                                                                                                        \
    "SELECT id, brand, account, size, words, made_ms, made_by, printings, printed_ms, retired_ms, why, (SELECT "       \
    "count(*) FROM touchpoint_printed WHERE batch = b.id), (SELECT count(*) FROM touchpoint_printed AS p JOIN "        \
    "touchpoint AS t ON t.id = p.touchpoint WHERE p.batch = b.id AND t.url = '' AND t.gone = 0), (SELECT count(*) "    \
    "FROM touchpoint_printed AS p JOIN touchpoint AS t ON t.id = p.touchpoint WHERE p.batch = b.id AND t.gone != 0) "  \
    "FROM touchpoint_batch AS b "

static void read_batch(struct db_stmt *stmt, struct touchpoint_batch *out)
{
    *out = (struct touchpoint_batch){.id = (uint32_t)db_column_int64(stmt, 0),
                                     .brand = (uint32_t)db_column_int64(stmt, 1),
                                     .made_ms = db_column_int64(stmt, 5),
                                     .printings = (uint32_t)db_column_int64(stmt, 7),
                                     .printed_ms = db_column_int64(stmt, 8),
                                     .retired_ms = db_column_int64(stmt, 9),
                                     .codes = (uint32_t)db_column_int64(stmt, 11),
                                     .without_code = (uint32_t)db_column_int64(stmt, 12),
                                     .gone = (uint32_t)db_column_int64(stmt, 13)};
    query_column_text(stmt, 2, out->account, sizeof(out->account));
    query_column_text(stmt, 3, out->size, sizeof(out->size));
    query_column_text(stmt, 4, out->words, sizeof(out->words));
    query_column_text(stmt, 6, out->made_by, sizeof(out->made_by));
    query_column_text(stmt, 10, out->why, sizeof(out->why));
}

int touchpoint_batch_find(struct store_tx *tx, uint32_t id, struct touchpoint_batch *out_batch)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), COLUMNS "WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_batch(stmt, out_batch);
        db_stmt_close(stmt);
    }
    return rc;
}

int touchpoint_batch_each(struct store_tx *tx, touchpoint_batch_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct touchpoint_batch batch;
    int rc = query_open(store_tx_db(tx), COLUMNS "ORDER BY id", QUERY_NONE, &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_batch(stmt, &batch);
        rc = visit(context, &batch);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int touchpoint_batch_each_code(struct store_tx *tx, uint32_t id, printed_code_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct printed_code code = {.batch = id};
    int rc = query_open(store_tx_db(tx),
                        "SELECT serial, touchpoint FROM touchpoint_printed WHERE batch = ? ORDER BY "
                        "serial",
                        QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        code.serial = (uint32_t)db_column_int64(stmt, 0);
        rc = people_find_touchpoint(tx, (uint32_t)db_column_int64(stmt, 1), &code.touchpoint);
        rc = rc ? rc : visit(context, &code);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int touchpoint_batch_next_without_code(struct store_tx *tx, uint32_t id, struct touchpoint *out_touchpoint)
{
    int64_t touchpoint = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT t.id FROM touchpoint_printed AS p JOIN touchpoint AS t ON t.id = p.touchpoint WHERE "
                          "p.batch = ? AND t.url = '' AND t.gone = 0 ORDER BY p.serial LIMIT 1",
                          QUERY(Q_INT(id)), &touchpoint);
    return rc ? rc : people_find_touchpoint(tx, (uint32_t)touchpoint, out_touchpoint);
}

int touchpoint_batch_promised(struct store_tx *tx, const char *account, uint32_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT count(*) FROM touchpoint_batch AS b JOIN touchpoint_printed AS p ON p.batch = b.id "
                          "JOIN touchpoint AS t ON t.id = p.touchpoint WHERE b.account = ? AND t.url = '' AND t.gone = "
                          "0",
                          QUERY(Q_TEXT(account)), &count);
    if (rc == 0) {
        *out_count = (uint32_t)count;
    }
    return rc;
}

struct printing {
    struct store_tx *tx;
    const char *who;
    uint32_t serial, count;
};

static int note_one(void *context, const struct printed_code *code)
{
    struct printing *printing = context;
    if (code->touchpoint.gone || (printing->serial && printing->serial != code->serial)) {
        return 0;
    }
    printing->count++;
    return note(printing->tx, code, printing->who, "printed", NULL);
}

int touchpoint_batch_note_print(struct store_tx *tx, uint32_t id, uint32_t serial, const char *who)
{
    struct printing printing = {tx, who, serial, 0};
    int rc = touchpoint_batch_each_code(tx, id, note_one, &printing);
    if (rc == 0 && printing.count == 0) {
        return -ENOENT;
    }
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE touchpoint_batch SET printings = printings + 1, printed_ms = ? WHERE id = ?",
                          QUERY(Q_INT(tx->now_ms), Q_INT(id)));
}

struct retiring {
    const struct batch_end *end;
    struct printed_code codes[BATCH_CODES_MAX];
    uint32_t found, count;
};

static int collect_one(void *context, const struct printed_code *code)
{
    struct retiring *retiring = context;
    if (retiring->end->serial && retiring->end->serial != code->serial) {
        return 0;
    }
    retiring->found++;
    if (!code->touchpoint.gone && retiring->count < BATCH_CODES_MAX) {
        retiring->codes[retiring->count++] = *code;
    }
    return 0;
}

int touchpoint_batch_retire(struct store_tx *tx, const struct batch_end *end, uint32_t *out_count)
{
    struct retiring *retiring = calloc(1, sizeof(*retiring));
    if (!retiring) {
        return -ENOMEM;
    }
    retiring->end = end;
    int rc = touchpoint_batch_each_code(tx, end->id, collect_one, retiring);
    if (rc == 0 && retiring->count == 0) {
        rc = retiring->found ? -EALREADY : -ENOENT;
    }
    for (uint32_t i = 0; rc == 0 && i < retiring->count; i++) {
        struct touchpoint *t = &retiring->codes[i].touchpoint;
        t->gone = true;
        rc = people_update_touchpoint(tx, t, end->who);
        rc = rc ? rc : note(tx, &retiring->codes[i], end->who, "code out of use", end->why);
    }
    if (rc == 0 && end->serial == 0) {
        rc = query_run(store_tx_write(tx), "UPDATE touchpoint_batch SET retired_ms = ?, why = ? WHERE id = ?",
                       QUERY(Q_INT(tx->now_ms), Q_TEXT(end->why), Q_INT(end->id)));
    }
    if (rc == 0) {
        *out_count = retiring->count;
    }
    free(retiring);
    return rc;
}
