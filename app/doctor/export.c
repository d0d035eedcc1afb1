#include "doctor/export.h"

#include "domain/export.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX EXPORT_BATCH_MAX /* a writer keeps room for the head and the signature */

struct exporter {
    struct db *db;
    const struct key_pair *key;
    bool all;
    struct buffer *out;
    struct export_result result;
    uint32_t terminal, incarnation; /* whose the next three are */
    uint64_t archived, through;     /* what goes into the file lies between */
    bool own;                       /* else it is a copy and was written before */
    bool copies;                    /* some were */
    struct batch_writer writer;
    uint8_t records[RECORDS_MAX], batch[EXPORT_BATCH_MAX];
};

static int append(struct exporter *e, const void *data, size_t len)
{
    uint8_t prefix[4];
    int r;

    export_length_put((uint32_t)len, prefix);
    r = buffer_append(e->out, prefix, sizeof(prefix));
    return r < 0 || len == 0 ? r : buffer_append(e->out, data, len);
}

static int flush(struct exporter *e)
{
    size_t len;
    int r;

    if (e->writer.head.count == 0)
        return 0;
    r = batch_finish(&e->writer, e->key->secret_key, e->batch, sizeof(e->batch), &len);
    if (r == 0)
        r = append(e, e->batch, len);
    e->result.batches++;
    batch_writer_init(&e->writer, e->records, sizeof(e->records));
    return r;
}

/* Books of before the copies have no such column. */
static int open_era(struct exporter *e, struct db_stmt **out_stmt)
{
    static const char sql[] =
        "SELECT archived_through, own, (SELECT value FROM config WHERE key = 'unconfirmed_from' AND value <> 0 AND era "
        "="
        " (SELECT value FROM config WHERE key = 'era')), (SELECT max(id) FROM journal WHERE id < (era + 1) << 44)"
        " & ((1 << 44) - 1) FROM era WHERE terminal = ? AND incarnation = ?";
    static const char before_copies[] =
        "SELECT archived_through, 1, NULL, 0 FROM era WHERE terminal = ? AND incarnation = ?";
    int r = db_stmt_open(e->db, sql, out_stmt);

    return r == -EPROTO ? db_stmt_open(e->db, before_copies, out_stmt) : r;
}

/* An act that no peer holds yet is not done. A file with copies holds at least one own record, because its end is
 * signed by whoever comes last. */
static int load_era(struct exporter *e, const struct record_id *id)
{
    struct db_stmt *stmt;
    int r;

    if (e->terminal == id->terminal && e->incarnation == id->incarnation)
        return 0;
    r = open_era(e, &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, id->terminal);
    db_bind_int64(stmt, 2, id->incarnation);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        uint64_t last = r == DB_ROW ? (uint64_t)db_column_int64(stmt, 3) : 0;
        e->archived = r == DB_ROW ? (uint64_t)db_column_int64(stmt, 0) : 0;
        e->own = r == DB_ROW && db_column_int64(stmt, 1) != 0;
        e->through = r == DB_ROW && !db_column_is_null(stmt, 2) ? (uint64_t)db_column_int64(stmt, 2) - 1 : UINT64_MAX;
        if (e->copies && last > 0 && e->archived >= last)
            e->archived = last - 1;
        e->terminal = id->terminal;
        e->incarnation = id->incarnation;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int add(void *context, const struct record *record)
{
    struct exporter *e = context;
    int r = load_era(e, &record->id);

    if (r < 0 || !e->own || record->id.seq > e->through || (!e->all && record->id.seq <= e->archived))
        return r;
    r = batch_add(&e->writer, record);
    if (r == -ENOSPC || r == -EINVAL) { /* full, or another chain begins */
        r = flush(e);
        if (r == 0)
            r = batch_add(&e->writer, record);
    }
    e->result.records += r == 0;
    if (r == 0)
        e->result.last = record->id;
    return r;
}

static int sign_end(struct exporter *e)
{
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    int r = append(e, NULL, 0);

    if (r < 0)
        return r;
    crypto_sha256(e->out->data, e->out->len, hash);
    crypto_sign_message(e->key->secret_key, hash, sizeof(hash), signature);
    return buffer_append(e->out, signature, sizeof(signature));
}

static int add_row(struct exporter *e, struct db_stmt *stmt)
{
    struct slice body = db_column_blob(stmt, 5), prev = db_column_blob(stmt, 6), hash = db_column_blob(stmt, 7);
    struct record record = {.version = RECORD_VERSION,
                            .id = {.terminal = (uint32_t)db_column_int64(stmt, 0),
                                   .incarnation = (uint32_t)db_column_int64(stmt, 1),
                                   .seq = (uint64_t)db_column_int64(stmt, 2)},
                            .hlc = (uint64_t)db_column_int64(stmt, 3),
                            .kind = (uint16_t)db_column_int64(stmt, 4),
                            .body = body};

    if (prev.len != HASH_LEN || hash.len != HASH_LEN || body.len > RECORD_BODY_MAX)
        return -EINVAL;
    memcpy(record.prev_hash, prev.data, HASH_LEN);
    memcpy(record.hash, hash.data, HASH_LEN);
    return batch_add(&e->writer, &record);
}

/* -EINVAL: not as it was signed any more; -ENOSPC: signed in a larger piece than a file takes. */
static int fill_copy(struct exporter *e, int64_t first_id, int64_t last_id)
{
    struct db_stmt *stmt;
    int step, r = db_stmt_open(e->db,
                               "SELECT terminal, incarnation, seq, hlc, kind, body, prev_hash, hash FROM journal"
                               " WHERE id >= ? AND id <= ? ORDER BY id",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, first_id);
    db_bind_int64(stmt, 2, last_id);
    batch_writer_init(&e->writer, e->records, sizeof(e->records));
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : add_row(e, stmt);
    db_stmt_close(stmt);
    return r == 0 && e->writer.head.count != (uint64_t)(last_id - first_id) + 1 ? -EINVAL : r;
}

static int add_copy(struct exporter *e, struct db_stmt *stmt)
{
    struct slice head = db_column_blob(stmt, 2), signature = db_column_blob(stmt, 3);
    size_t len;
    int r = fill_copy(e, db_column_int64(stmt, 0), db_column_int64(stmt, 1));

    if (r == -EINVAL || r == -ENOSPC || signature.len != SIGNATURE_LEN)
        return 0; /* the chain check names what is damaged */
    if (r == 0)
        r = batch_finish_signed(&e->writer, head, signature.data, (struct slice){e->batch, sizeof(e->batch)}, &len);
    if (r == 0)
        r = append(e, e->batch, len);
    if (r < 0)
        return r;
    e->copies = true;
    e->result.batches++;
    e->result.records += e->writer.head.count;
    return 0;
}

/* Journals of the store's other terminals that are held here, under their own signatures. */
static int add_copies(struct exporter *e)
{
    struct db_stmt *stmt;
    int step, r = db_stmt_open(e->db,
                               "SELECT era << 44 | first_seq, era << 44 | last_seq, head, signature FROM copy_batch"
                               " ORDER BY era, first_seq",
                               &stmt);

    if (r < 0)
        return r == -EPROTO ? 0 : r;
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : add_copy(e, stmt);
    db_stmt_close(stmt);
    return r;
}

static int run(struct exporter *e)
{
    int r = buffer_append(e->out, EXPORT_MAGIC, EXPORT_MAGIC_LEN);

    if (r == 0)
        r = add_copies(e);
    if (r < 0)
        return r;
    batch_writer_init(&e->writer, e->records, sizeof(e->records));
    r = chain_read(e->db, add, e, &e->result.finding);
    e->result.damaged = r == -EUCLEAN;
    if (r == 0 || r == -EUCLEAN)
        r = flush(e);
    return r < 0 || e->result.damaged ? r : sign_end(e); /* the end says that this is all */
}

int export_journal(struct db *db, const struct key_pair *key, bool all, struct buffer *out,
                   struct export_result *out_result)
{
    struct exporter *e = calloc(1, sizeof(*e));
    int r;

    if (e == NULL)
        return -ENOMEM;
    e->db = db;
    e->key = key;
    e->all = all;
    e->out = out;
    r = run(e);
    if (r == 0)
        *out_result = e->result;
    free(e);
    return r;
}

int export_books(const char *books, const struct key_pair *key, bool all, struct buffer *out,
                 struct export_result *out_result)
{
    const struct db_options reader = {.mode = DB_READER};
    struct db *db;
    int r = db_open(books, &reader, &db);

    if (r < 0)
        return r;
    r = export_journal(db, key, all, out, out_result);
    db_close(db);
    return r;
}
