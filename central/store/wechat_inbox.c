#include "central/store/wechat.h"

#include "central/store/query.h"
#include <stdlib.h>
#include <string.h>

#define TIME_LEN 4

/* The text that identifies a push holds the openid, so it is stored as an HMAC. The sender's time goes before it, so
 * that the index grows at its end and a peak day does not write a page of it for every push. */
static void hash_identity(const struct channel_keys *keys, const struct inbox_entry *entry, uint8_t out[HASH_LEN])
{
    uint8_t account[HASH_LEN], mac[HASH_LEN];
    crypto_hmac_sha256(keys->index, sizeof(keys->index), entry->account, strlen(entry->account), account);
    crypto_hmac_sha256(account, sizeof(account), entry->identity, strlen(entry->identity), mac);
    for (int i = 0; i < TIME_LEN; i++) {
        out[i] = (uint8_t)((uint64_t)entry->created_s >> (24 - 8 * i));
    }
    memcpy(out + TIME_LEN, mac, HASH_LEN - TIME_LEN);
}

int wechat_seal_message(const struct channel_keys *keys, struct random *random, const struct inbox_entry *entry,
                        struct inbox_sealed *out_sealed)
{
    struct inbox_sealed made = {.account = entry->account,
                                .kind = entry->kind,
                                .state = entry->state,
                                .sealed_len = CHANNEL_SEALED_LEN(entry->message.len)};
    made.sealed = malloc(made.sealed_len);
    if (!made.sealed) {
        return -ENOMEM;
    }
    channel_seal(keys, random, entry->message, made.sealed);
    hash_identity(keys, entry, made.identity);
    channel_who(keys, entry->account, entry->openid, made.who);
    *out_sealed = made;
    return 0;
}

void wechat_sealed_finish(struct inbox_sealed *sealed)
{
    if (sealed) {
        free(sealed->sealed);
        sealed->sealed = NULL;
    }
}

int wechat_store_message(struct store_tx *tx, const struct inbox_sealed *sealed, uint64_t *out_id)
{
    int rc =
        query_run(store_tx_write(tx),
                  "INSERT INTO inbox (account, identity, who, kind, received_ms, message_sealed, state) VALUES (?, ?, "
                  "?, ?, ?, ?, ?)",
                  QUERY(Q_TEXT(sealed->account), Q_BLOB(sealed->identity, HASH_LEN), Q_BLOB(sealed->who, WHO_LEN),
                        Q_TEXT(sealed->kind), Q_INT(tx->now_ms), Q_BLOB(sealed->sealed, sealed->sealed_len),
                        Q_INT(sealed->state)));
    if (rc == 0) {
        *out_id = (uint64_t)db_last_rowid(store_tx_db(tx));
    }
    return rc;
}

int wechat_read_message(struct store_tx *tx, const struct channel_keys *keys, uint64_t id, struct inbox_item *out_item,
                        struct buffer *out_message)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT account, who, state, message_sealed FROM inbox WHERE id = ? AND who IS NOT NULL",
                         QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    struct inbox_item item = {.id = id, .state = (enum inbox_state)db_column_int64(stmt, 2)};
    query_column_text(stmt, 0, item.account, sizeof(item.account));
    rc = query_column_fixed(stmt, 1, item.who, sizeof(item.who));
    rc = rc ? rc : channel_unseal(keys, db_column_blob(stmt, 3), out_message);
    db_stmt_close(stmt);
    if (rc == 0) {
        *out_item = item;
    }
    return rc;
}

int wechat_settle_message(struct store_tx *tx, uint64_t id, enum inbox_state state)
{
    return query_run(store_tx_write(tx), "UPDATE inbox SET state = ? WHERE id = ?", QUERY(Q_INT(state), Q_INT(id)));
}

int wechat_next_waiting(struct store_tx *tx, uint64_t *out_id)
{
    int64_t id = 0;
    int rc = query_number(store_tx_db(tx), "SELECT id FROM inbox WHERE state = 0 ORDER BY id LIMIT 1", QUERY_NONE, &id);
    if (rc == 0) {
        *out_id = (uint64_t)id;
    }
    return rc;
}

int wechat_count_messages(struct store_tx *tx, uint64_t *out_waiting, uint64_t *out_total)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT (SELECT count(*) FROM inbox WHERE state = 0), (SELECT count(*) FROM inbox)",
                         QUERY_NONE, &stmt);
    if (rc == 0) {
        *out_waiting = (uint64_t)db_column_int64(stmt, 0);
        *out_total = (uint64_t)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}
