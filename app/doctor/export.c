#include "doctor/export.h"

#include "domain/export.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX (EXPORT_BATCH_MAX - 1024) /* a batch's head and signature need the rest */

struct exporter {
    struct db *db;
    const struct key_pair *key;
    bool all;
    struct buffer *out;
    struct export_result result;
    uint32_t terminal, incarnation; /* whose `archived` this is */
    uint64_t archived;
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

static int load_archived(struct exporter *e, const struct record_id *id)
{
    struct db_stmt *stmt;
    int r;

    if (e->terminal == id->terminal && e->incarnation == id->incarnation)
        return 0;
    r = db_stmt_open(e->db, "SELECT archived_through FROM era WHERE terminal = ? AND incarnation = ?", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, id->terminal);
    db_bind_int64(stmt, 2, id->incarnation);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        e->archived = r == DB_ROW ? (uint64_t)db_column_int64(stmt, 0) : 0;
        e->terminal = id->terminal;
        e->incarnation = id->incarnation;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int add(void *context, const struct record *record)
{
    struct exporter *e = context;
    int r = load_archived(e, &record->id);

    if (r < 0 || (!e->all && record->id.seq <= e->archived))
        return r;
    r = batch_add(&e->writer, record);
    if (r == -ENOSPC || r == -EINVAL) { /* full, or another chain begins */
        r = flush(e);
        if (r == 0)
            r = batch_add(&e->writer, record);
    }
    e->result.records += r == 0;
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

static int run(struct exporter *e)
{
    int r = buffer_append(e->out, EXPORT_MAGIC, EXPORT_MAGIC_LEN);

    if (r < 0)
        return r;
    batch_writer_init(&e->writer, e->records, sizeof(e->records));
    r = chain_read(e->db, add, e, &e->result.finding);
    e->result.damaged = r == -EUCLEAN;
    if (r == 0 || r == -EUCLEAN)
        r = flush(e);
    return r < 0 ? r : sign_end(e);
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
