#include "central/store/wechat_token.h"

#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

static int unseal(const struct channel_keys *keys, struct slice sealed, char out_text[WECHAT_TOKEN_CAP])
{
    struct buffer plain;
    buffer_init(&plain, WECHAT_TOKEN_CAP + 64);
    int rc = channel_unseal(keys, sealed, &plain);
    if (rc == 0) {
        snprintf(out_text, WECHAT_TOKEN_CAP, "%s", buffer_text(&plain));
    }
    buffer_finish(&plain);
    return rc;
}

int wechat_token_read(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                      struct wechat_token *out_token)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT token_sealed, expires_ms, forced_ms FROM wechat_token WHERE account = ? AND "
                         "token_sealed IS NOT NULL",
                         QUERY(Q_TEXT(account)), &stmt);
    if (rc < 0) {
        return rc;
    }
    struct wechat_token token = {.expires_ms = db_column_int64(stmt, 1), .forced_ms = db_column_int64(stmt, 2)};
    rc = unseal(keys, db_column_blob(stmt, 0), token.text);
    db_stmt_close(stmt);
    if (rc == 0) {
        *out_token = token;
    }
    return rc;
}

int wechat_token_claim(struct store_tx *tx, const char *account, int64_t lease_ms)
{
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO wechat_token (account, token_sealed, expires_ms, forced_ms, claimed_to_ms) VALUES "
                       "(?1, NULL, 0, 0, ?2) ON CONFLICT (account) DO UPDATE SET claimed_to_ms = ?2 WHERE "
                       "claimed_to_ms <= ?3",
                       QUERY(Q_TEXT(account), Q_INT(tx->now_ms + lease_ms), Q_INT(tx->now_ms)));
    return rc ? rc : db_changes(store_tx_db(tx)) == 1 ? 0 : -EBUSY;
}

int wechat_token_save(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                      const struct wechat_token *token)
{
    uint8_t sealed[CHANNEL_SEALED_LEN(WECHAT_TOKEN_CAP)];
    struct slice plain = {(const uint8_t *)token->text, strlen(token->text)};
    channel_seal(keys, store_random(tx->store), plain, sealed);
    return query_run(
        store_tx_write(tx),
        "INSERT OR REPLACE INTO wechat_token (account, token_sealed, expires_ms, forced_ms, claimed_to_ms) "
        "VALUES (?, ?, ?, ?, 0)",
        QUERY(Q_TEXT(account), Q_BLOB(sealed, CHANNEL_SEALED_LEN(plain.len)), Q_INT(token->expires_ms),
              Q_INT(token->forced_ms)));
}

int wechat_token_unclaim(struct store_tx *tx, const char *account)
{
    return query_run(store_tx_write(tx), "UPDATE wechat_token SET claimed_to_ms = 0 WHERE account = ?",
                     QUERY(Q_TEXT(account)));
}
