#include "central/store/wechat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text that identifies a push holds the openid, so it is stored as an HMAC. */
static void hash_identity(const struct channel_keys *keys, const struct inbox_entry *entry, uint8_t out[HASH_LEN])
{
    uint8_t account[HASH_LEN];
    crypto_hmac_sha256(keys->index, sizeof(keys->index), entry->account, strlen(entry->account), account);
    crypto_hmac_sha256(account, sizeof(account), entry->identity, strlen(entry->identity), out);
}

static int insert(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_entry *entry,
                  struct slice sealed)
{
    struct db_stmt *stmt = NULL;
    uint8_t identity[HASH_LEN], who[WHO_LEN];
    int rc = db_stmt_open(store_tx_write(tx),
                          "INSERT INTO inbox (account, identity, who, kind, received_ms, message_sealed, state) VALUES "
                          "(?, ?, ?, ?, ?, ?, 0)",
                          &stmt);
    if (rc < 0) {
        return rc;
    }
    hash_identity(keys, entry, identity);
    channel_who(keys, entry->account, entry->openid, who);
    db_bind_text(stmt, 1, entry->account);
    db_bind_blob(stmt, 2, identity, sizeof(identity));
    db_bind_blob(stmt, 3, who, sizeof(who));
    db_bind_text(stmt, 4, entry->kind);
    db_bind_int64(stmt, 5, tx->now_ms);
    db_bind_blob(stmt, 6, sealed.data, sealed.len);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int wechat_store_message(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_entry *entry,
                         uint64_t *out_id)
{
    size_t len = CHANNEL_SEALED_LEN(entry->message.len);
    uint8_t *sealed = malloc(len);
    if (!sealed) {
        return -ENOMEM;
    }
    channel_seal(keys, store_random(tx->store), entry->message, sealed);
    int rc = insert(tx, keys, entry, (struct slice){sealed, len});
    free(sealed);
    if (rc == 0) {
        *out_id = (uint64_t)db_last_rowid(store_tx_db(tx));
    }
    return rc;
}

int wechat_read_message(struct store_tx *tx, const struct channel_keys *keys, uint64_t id, struct inbox_item *out_item,
                        struct buffer *out_message)
{
    struct db_stmt *stmt = NULL;
    int rc =
        db_stmt_open(store_tx_db(tx),
                     "SELECT account, who, state, message_sealed FROM inbox WHERE id = ? AND who IS NOT NULL", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, (int64_t)id);
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        struct inbox_item item = {.id = id, .state = (enum inbox_state)db_column_int64(stmt, 2)};
        struct slice who = db_column_blob(stmt, 1);
        snprintf(item.account, sizeof(item.account), "%s", db_column_text(stmt, 0));
        memcpy(item.who, who.data, who.len < WHO_LEN ? who.len : WHO_LEN);
        rc = channel_unseal(keys, db_column_blob(stmt, 3), out_message);
        if (rc == 0) {
            *out_item = item;
        }
    } else if (rc == DB_DONE) {
        rc = -ENOENT;
    }
    db_stmt_close(stmt);
    return rc;
}

int wechat_settle_message(struct store_tx *tx, uint64_t id, enum inbox_state state)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_write(tx), "UPDATE inbox SET state = ? WHERE id = ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, state);
    db_bind_int64(stmt, 2, (int64_t)id);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int wechat_next_waiting(struct store_tx *tx, uint64_t *out_id)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT id FROM inbox WHERE state = 0 ORDER BY id LIMIT 1", &stmt);
    if (rc < 0) {
        return rc;
    }
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_id = (uint64_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc == DB_ROW ? 0 : rc < 0 ? rc : -ENOENT;
}

int wechat_count_messages(struct store_tx *tx, uint64_t *out_waiting, uint64_t *out_total)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx),
                          "SELECT (SELECT count(*) FROM inbox WHERE state = 0), (SELECT count(*) FROM inbox)", &stmt);
    if (rc < 0) {
        return rc;
    }
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_waiting = (uint64_t)db_column_int64(stmt, 0);
        *out_total = (uint64_t)db_column_int64(stmt, 1);
    }
    db_stmt_close(stmt);
    return rc == DB_ROW ? 0 : rc < 0 ? rc : -EPROTO;
}
