#include "central/store/webhook.h"

#include "central/store/query.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <string.h>

#define SECRET_BYTES  32
#define SECRET_PREFIX "whsec_"

static void make_secret(struct store_tx *tx, char out_secret[WEBHOOK_SECRET_CAP])
{
    uint8_t bytes[SECRET_BYTES];
    random_fill(store_random(tx->store), bytes, sizeof(bytes));
    size_t prefix = strlen(SECRET_PREFIX);
    snprintf(out_secret, WEBHOOK_SECRET_CAP, "%s", SECRET_PREFIX);
    base64url_encode(bytes, sizeof(bytes), out_secret + prefix, WEBHOOK_SECRET_CAP - prefix);
}

struct sealed {
    uint8_t bytes[CHANNEL_SEALED_LEN(WEBHOOK_SECRET_CAP)];
    size_t len;
};

static void seal(struct store_tx *tx, const struct channel_keys *keys, const char *secret, struct sealed *out)
{
    struct slice text = {(const uint8_t *)secret, strlen(secret)};
    channel_seal(keys, store_random(tx->store), text, out->bytes);
    out->len = CHANNEL_SEALED_LEN(text.len);
}

int webhook_journal_end(struct store_tx *tx, uint64_t *out_position)
{
    int64_t position = 0;
    int rc = query_number(store_tx_db(tx), "SELECT coalesce(max(position), 0) FROM journal", QUERY_NONE, &position);
    if (rc == 0) {
        *out_position = (uint64_t)position;
    }
    return rc;
}

int webhook_add(struct store_tx *tx, const struct channel_keys *keys, const struct webhook *webhook,
                char out_secret[WEBHOOK_SECRET_CAP], uint32_t *out_id)
{
    struct sealed sealed;
    char secret[WEBHOOK_SECRET_CAP];
    uint64_t id = 0, position = 0;
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM webhook", QUERY_NONE, &count);
    if (rc < 0 || count >= WEBHOOKS_MAX) {
        return rc ? rc : -ENOSPC;
    }
    rc = store_next_number(tx, "webhook", &id);
    rc = rc ? rc : webhook_journal_end(tx, &position);
    if (rc < 0) {
        return rc;
    }
    make_secret(tx, secret);
    seal(tx, keys, secret, &sealed);
    rc = query_run(store_tx_write(tx),
                   "INSERT INTO webhook (id, url, events, state, secret_sealed, old_until_ms, position, pending_to, "
                   "delivered, failures, failing_ms, due_ms, last_ms, last_status, reason, made_ms) VALUES (?, ?, ?, "
                   "?, ?, 0, ?, 0, 0, 0, 0, 0, 0, 0, '', ?)",
                   QUERY(Q_INT(id), Q_TEXT(webhook->url), Q_INT(webhook->events), Q_INT(WEBHOOK_ON),
                         Q_BLOB(sealed.bytes, sealed.len), Q_INT(position), Q_INT(tx->now_ms)));
    if (rc == 0) {
        memcpy(out_secret, secret, sizeof(secret));
        *out_id = (uint32_t)id;
    }
    return rc;
}

#define COLUMNS                                                                                                        \
    "id, url, events, state, position, pending_to, delivered, failures, failing_ms, due_ms, last_ms, last_status, "    \
    "reason, made_ms, CASE WHEN old_sealed IS NULL THEN 0 ELSE old_until_ms END"

static void read_row(struct db_stmt *stmt, struct webhook *out)
{
    *out = (struct webhook){.id = (uint32_t)db_column_int64(stmt, 0),
                            .events = (uint64_t)db_column_int64(stmt, 2),
                            .state = (enum webhook_state)db_column_int64(stmt, 3),
                            .position = (uint64_t)db_column_int64(stmt, 4),
                            .pending_to = (uint64_t)db_column_int64(stmt, 5),
                            .delivered = (uint64_t)db_column_int64(stmt, 6),
                            .failures = (uint32_t)db_column_int64(stmt, 7),
                            .failing_ms = db_column_int64(stmt, 8),
                            .due_ms = db_column_int64(stmt, 9),
                            .last_ms = db_column_int64(stmt, 10),
                            .last_status = (int)db_column_int64(stmt, 11),
                            .made_ms = db_column_int64(stmt, 13),
                            .old_until_ms = db_column_int64(stmt, 14)};
    query_column_text(stmt, 1, out->url, sizeof(out->url));
    query_column_text(stmt, 12, out->reason, sizeof(out->reason));
}

int webhook_find(struct store_tx *tx, uint32_t id, struct webhook *out_webhook)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM webhook WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_webhook);
        db_stmt_close(stmt);
    }
    return rc;
}

int webhook_each(struct store_tx *tx, webhook_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " COLUMNS " FROM webhook ORDER BY id", QUERY_NONE, &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct webhook webhook;
        read_row(stmt, &webhook);
        rc = visit(context, &webhook);
    }
    db_stmt_close(stmt);
    return rc;
}

int webhook_remove(struct store_tx *tx, uint32_t id)
{
    struct webhook found;
    int rc = webhook_find(tx, id, &found);
    return rc ? rc : query_run(store_tx_write(tx), "DELETE FROM webhook WHERE id = ?", QUERY(Q_INT(id)));
}

int webhook_save(struct store_tx *tx, const struct webhook *w)
{
    return query_run(store_tx_write(tx),
                     "UPDATE webhook SET state = ?2, position = ?3, pending_to = ?4, delivered = ?5, failures = ?6, "
                     "failing_ms = ?7, due_ms = ?8, last_ms = ?9, last_status = ?10, reason = ?11 WHERE id = ?1",
                     QUERY(Q_INT(w->id), Q_INT(w->state), Q_INT(w->position), Q_INT(w->pending_to), Q_INT(w->delivered),
                           Q_INT(w->failures), Q_INT(w->failing_ms), Q_INT(w->due_ms), Q_INT(w->last_ms),
                           Q_INT(w->last_status), Q_TEXT(w->reason)));
}

int webhook_rotate(struct store_tx *tx, const struct channel_keys *keys, uint32_t id, int64_t overlap_ms,
                   char out_secret[WEBHOOK_SECRET_CAP])
{
    struct webhook found;
    struct sealed sealed;
    char secret[WEBHOOK_SECRET_CAP];
    int rc = webhook_find(tx, id, &found);
    if (rc < 0) {
        return rc;
    }
    make_secret(tx, secret);
    seal(tx, keys, secret, &sealed);
    rc = query_run(store_tx_write(tx),
                   "UPDATE webhook SET old_sealed = secret_sealed, old_until_ms = ?2, secret_sealed = ?3 WHERE id = ?1",
                   QUERY(Q_INT(id), Q_INT(tx->now_ms + overlap_ms), Q_BLOB(sealed.bytes, sealed.len)));
    if (rc == 0) {
        memcpy(out_secret, secret, sizeof(secret));
    }
    return rc;
}

static int unseal(const struct channel_keys *keys, struct slice sealed, struct webhook_secrets *out)
{
    struct buffer text;
    buffer_init(&text, 256);
    int rc = channel_unseal(keys, sealed, &text);
    if (rc == 0) {
        snprintf(out->text[out->count++], WEBHOOK_SECRET_CAP, "%s", buffer_text(&text));
    }
    buffer_finish(&text);
    return rc;
}

int webhook_read_secrets(struct store_tx *tx, const struct channel_keys *keys, uint32_t id,
                         struct webhook_secrets *out_secrets)
{
    struct db_stmt *stmt = NULL;
    struct webhook_secrets secrets = {.count = 0};
    int rc =
        query_first(store_tx_db(tx), "SELECT secret_sealed, old_sealed, old_until_ms > ?2 FROM webhook WHERE id = ?1",
                    QUERY(Q_INT(id), Q_INT(tx->now_ms)), &stmt);
    if (rc < 0) {
        return rc;
    }
    rc = unseal(keys, db_column_blob(stmt, 0), &secrets);
    if (rc == 0 && !db_column_is_null(stmt, 1) && db_column_int64(stmt, 2)) {
        rc = unseal(keys, db_column_blob(stmt, 1), &secrets);
    }
    db_stmt_close(stmt);
    if (rc == 0) {
        *out_secrets = secrets;
    }
    return rc;
}
