#include "central/store/outbox.h"

#include "central/store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS "id, lane, channel, account, api, key, reason, attempts, made_ms, due_ms, expires_ms, state"

static void read_row(struct db_stmt *stmt, struct outbox_item *out)
{
    *out = (struct outbox_item){.id = (uint64_t)db_column_int64(stmt, 0),
                                .lane = (uint64_t)db_column_int64(stmt, 1),
                                .attempts = (uint32_t)db_column_int64(stmt, 7),
                                .made_ms = db_column_int64(stmt, 8),
                                .due_ms = db_column_int64(stmt, 9),
                                .expires_ms = db_column_int64(stmt, 10),
                                .state = (enum outbox_state)db_column_int64(stmt, 11)};
    query_column_text(stmt, 2, out->channel, sizeof(out->channel));
    query_column_text(stmt, 3, out->account, sizeof(out->account));
    query_column_text(stmt, 4, out->api, sizeof(out->api));
    query_column_text(stmt, 5, out->key, sizeof(out->key));
    query_column_text(stmt, 6, out->reason, sizeof(out->reason));
}

int outbox_put(struct store_tx *tx, const struct channel_keys *keys, const struct outbox_order *order, uint64_t *out_id)
{
    size_t len = CHANNEL_SEALED_LEN(order->body.len);
    if (order->body.len > OUTBOX_BODY_MAX || strlen(order->key) >= OUTBOX_KEY_MAX ||
        strlen(order->api) >= OUTBOX_API_MAX) {
        return -E2BIG;
    }
    uint8_t *sealed = malloc(len);
    if (!sealed) {
        return -ENOMEM;
    }
    channel_seal(keys, store_random(tx->store), order->body, sealed);
    int rc =
        query_run(store_tx_write(tx),
                  "INSERT INTO outbox (channel, account, api, key, lane, body_sealed, made_ms, due_ms, expires_ms, "
                  "attempts, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '')",
                  QUERY(Q_TEXT(order->channel), Q_TEXT(order->account), Q_TEXT(order->api), Q_TEXT(order->key),
                        Q_INT(order->lane), Q_BLOB(sealed, len), Q_INT(tx->now_ms),
                        Q_INT(order->not_before_ms ? order->not_before_ms : tx->now_ms), Q_INT(order->expires_ms)));
    free(sealed);
    if (rc == 0) {
        *out_id = (uint64_t)db_last_rowid(store_tx_db(tx));
    }
    return rc;
}

/* The first that is due, leads its lane, and whose account and interface are not held. */
int outbox_peek(struct store_tx *tx, struct outbox_item *out_item)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(
        store_tx_db(tx),
        "SELECT " COLUMNS
        " FROM outbox AS o WHERE state = 0 AND due_ms <= ?1 AND NOT EXISTS (SELECT 1 FROM outbox_hold "
        "AS h WHERE h.account = o.account AND h.api IN ('', o.api) AND h.until_ms > ?1) AND (lane = 0 OR NOT EXISTS "
        "(SELECT 1 FROM outbox AS p WHERE p.lane = o.lane AND p.lane != 0 AND p.id < o.id AND p.state < 2)) ORDER BY "
        "due_ms, id LIMIT 1",
        QUERY(Q_INT(tx->now_ms)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_item);
        db_stmt_close(stmt);
    }
    return rc;
}

static int read_body(struct store_tx *tx, const struct channel_keys *keys, uint64_t id, struct buffer *out_body)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT body_sealed FROM outbox WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        rc = channel_unseal(keys, db_column_blob(stmt, 0), out_body);
        db_stmt_close(stmt);
    }
    return rc;
}

static int set_state(struct store_tx *tx, uint64_t id, enum outbox_state state, const char *reason)
{
    return query_run(store_tx_write(tx), "UPDATE outbox SET state = ?, reason = ?, due_ms = ? WHERE id = ?",
                     QUERY(Q_INT(state), Q_TEXT(reason), Q_INT(tx->now_ms), Q_INT(id)));
}

int outbox_claim(struct store_tx *tx, const struct channel_keys *keys, struct outbox_item *out_item,
                 struct buffer *out_body)
{
    struct outbox_item item;
    int rc = outbox_peek(tx, &item);
    while (rc == 0) {
        rc = outbox_count_call(tx, item.account, item.api);
        if (rc != -EDQUOT) {
            break;
        }
        rc = outbox_hold(tx, item.account, item.api, outbox_next_day_ms(tx->now_ms), "the day's quota is used");
        rc = rc ? rc : outbox_peek(tx, &item);
    }
    rc = rc ? rc : read_body(tx, keys, item.id, out_body);
    rc = rc ? rc : set_state(tx, item.id, OUTBOX_SENDING, "");
    if (rc == 0) {
        item.state = OUTBOX_SENDING;
        *out_item = item;
    }
    return rc;
}

int outbox_settle_sent(struct store_tx *tx, uint64_t id)
{
    return query_run(store_tx_write(tx),
                     "UPDATE outbox SET state = 2, reason = '', due_ms = ?, body_sealed = NULL WHERE id = ?",
                     QUERY(Q_INT(tx->now_ms), Q_INT(id)));
}

int outbox_settle_dead(struct store_tx *tx, uint64_t id, const char *reason)
{
    return set_state(tx, id, OUTBOX_DEAD, reason);
}

int outbox_settle_again(struct store_tx *tx, uint64_t id, int64_t due_ms, bool counts, const char *reason)
{
    return query_run(
        store_tx_write(tx),
        "UPDATE outbox SET state = 0, due_ms = ?, attempts = attempts + ?, reason = ? WHERE id = ? AND state = 1",
        QUERY(Q_INT(due_ms), Q_INT(counts), Q_TEXT(reason), Q_INT(id)));
}

int outbox_release_all(struct store_tx *tx, uint64_t *out_count)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE outbox SET state = 0, attempts = attempts + 1, reason = 'cut off by a restart' WHERE "
                       "state = 1",
                       QUERY_NONE);
    if (rc == 0) {
        *out_count = (uint64_t)db_changes(store_tx_db(tx));
    }
    return rc;
}

int outbox_forget_lane(struct store_tx *tx, uint64_t lane)
{
    int rc = query_run(store_tx_write(tx), "DELETE FROM outbox WHERE lane = ? AND lane != 0 AND state = 0",
                       QUERY(Q_INT(lane)));
    return rc ? rc
              : query_run(store_tx_write(tx), "UPDATE outbox SET body_sealed = NULL WHERE lane = ? AND lane != 0",
                          QUERY(Q_INT(lane)));
}

int outbox_expire(struct store_tx *tx, int64_t keep_ms)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE outbox SET state = 3, reason = 'out of date: ' || reason, due_ms = ?1 WHERE state = 0 "
                       "AND expires_ms != 0 AND expires_ms <= ?1",
                       QUERY(Q_INT(tx->now_ms)));
    return rc ? rc
              : query_run(store_tx_write(tx), "DELETE FROM outbox WHERE state = 2 AND due_ms < ?",
                          QUERY(Q_INT(tx->now_ms - keep_ms)));
}

/* ---- for the operator */

int outbox_each(struct store_tx *tx, int state, uint32_t limit, outbox_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct outbox_item item;
    int rc = query_open(store_tx_db(tx),
                        "SELECT " COLUMNS " FROM outbox WHERE ?1 < 0 OR state = ?1 ORDER BY id DESC LIMIT ?2",
                        QUERY(Q_INT(state), Q_INT(limit)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &item);
        rc = visit(context, &item);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int outbox_retry(struct store_tx *tx, uint64_t id)
{
    int64_t state = 0;
    int rc = query_number(store_tx_db(tx), "SELECT state FROM outbox WHERE id = ?", QUERY(Q_INT(id)), &state);
    if (rc < 0 || state != OUTBOX_DEAD) {
        return rc ? rc : -EPERM;
    }
    return query_run(
        store_tx_write(tx),
        "UPDATE outbox SET state = 0, due_ms = ?1, attempts = 0, expires_ms = 0 WHERE id = ?2 AND body_sealed IS NOT "
        "NULL",
        QUERY(Q_INT(tx->now_ms), Q_INT(id)));
}

int outbox_count(struct store_tx *tx, struct outbox_counts *out_counts)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), count(*) FILTER "
                         "(WHERE state = 2), count(*) FILTER (WHERE state = 3), coalesce(min(made_ms) FILTER (WHERE "
                         "state = 0), 0) FROM outbox",
                         QUERY_NONE, &stmt);
    if (rc == 0) {
        *out_counts = (struct outbox_counts){.waiting = (uint64_t)db_column_int64(stmt, 0),
                                             .sending = (uint64_t)db_column_int64(stmt, 1),
                                             .sent = (uint64_t)db_column_int64(stmt, 2),
                                             .dead = (uint64_t)db_column_int64(stmt, 3),
                                             .oldest_ms = db_column_int64(stmt, 4)};
        db_stmt_close(stmt);
    }
    return rc;
}
