#include "central/store/wechat.h"

#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define SECRET_MAX 64

static void bind_sealed(struct store_tx *tx, const struct channel_keys *keys, struct db_stmt *stmt, int index,
                        const char *text)
{
    uint8_t sealed[CHANNEL_SEALED_LEN(SECRET_MAX)];
    struct slice plain = {(const uint8_t *)text, strlen(text)};
    channel_seal(keys, store_random(tx->store), plain, sealed);
    db_bind_blob(stmt, index, sealed, CHANNEL_SEALED_LEN(plain.len));
}

static int unseal_text(const struct channel_keys *keys, struct slice sealed, char *out, size_t cap)
{
    struct buffer plain;
    buffer_init(&plain, 256);
    int rc = channel_unseal(keys, sealed, &plain);
    if (rc == 0) {
        snprintf(out, cap, "%s", buffer_text(&plain));
    }
    buffer_finish(&plain);
    return rc;
}

static int put_mode(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_account *account)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_write(tx),
                          "INSERT OR REPLACE INTO wechat_safe (account, mode, key_sealed) VALUES (?, ?, ?)", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_text(stmt, 1, account->name);
    db_bind_int64(stmt, 2, account->mode);
    bind_sealed(tx, keys, stmt, 3, account->aes_key);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int wechat_put_account(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_account *account)
{
    struct db_stmt *stmt = NULL;
    if (!account->name[0] || !account->token[0] || (account->mode != WECHAT_PLAIN && !account->aes_key[0])) {
        return -EINVAL;
    }
    int rc =
        db_stmt_open(store_tx_write(tx),
                     "INSERT OR REPLACE INTO wechat_account (name, brand, api, appid, token_sealed, secret_sealed) "
                     "VALUES (?, ?, ?, ?, ?, ?)",
                     &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_text(stmt, 1, account->name);
    db_bind_int64(stmt, 2, account->brand);
    db_bind_text(stmt, 3, account->api);
    db_bind_text(stmt, 4, account->appid);
    bind_sealed(tx, keys, stmt, 5, account->token);
    bind_sealed(tx, keys, stmt, 6, account->secret);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc ? rc : put_mode(tx, keys, account);
}

static int read_mode(struct db_stmt *stmt, const struct channel_keys *keys, struct wechat_account *account)
{
    if (db_column_is_null(stmt, 6)) { /* entered before there were modes */
        return 0;
    }
    account->mode = (enum wechat_mode)db_column_int64(stmt, 6);
    return unseal_text(keys, db_column_blob(stmt, 7), account->aes_key, sizeof(account->aes_key));
}

static int find_one(struct db_stmt *stmt, const struct channel_keys *keys, struct wechat_account *out_account)
{
    struct wechat_account account = {0};
    int rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        snprintf(account.name, sizeof(account.name), "%s", db_column_text(stmt, 0));
        account.brand = (uint32_t)db_column_int64(stmt, 1);
        snprintf(account.api, sizeof(account.api), "%s", db_column_text(stmt, 2));
        snprintf(account.appid, sizeof(account.appid), "%s", db_column_text(stmt, 3));
        rc = unseal_text(keys, db_column_blob(stmt, 4), account.token, sizeof(account.token));
        rc = rc ? rc : unseal_text(keys, db_column_blob(stmt, 5), account.secret, sizeof(account.secret));
        rc = rc ? rc : read_mode(stmt, keys, &account);
    } else if (rc == DB_DONE) {
        rc = -ENOENT;
    }
    if (rc == 0) {
        *out_account = account;
    }
    db_stmt_close(stmt);
    return rc;
}

#define SELECT                                                                                                         \
    "SELECT name, brand, api, appid, token_sealed, secret_sealed, mode, key_sealed FROM wechat_account "               \
    "LEFT JOIN wechat_safe ON account = name "

int wechat_find_account(struct store_tx *tx, const struct channel_keys *keys, const char *name,
                        struct wechat_account *out_account)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx), SELECT "WHERE name = ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_text(stmt, 1, name);
    return find_one(stmt, keys, out_account);
}

int wechat_find_brand_account(struct store_tx *tx, const struct channel_keys *keys, uint32_t brand,
                              struct wechat_account *out_account)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx), SELECT "WHERE brand = ? ORDER BY name LIMIT 1", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, brand);
    return find_one(stmt, keys, out_account);
}

int wechat_has_account(struct store_tx *tx, const char *name, bool *out_has)
{
    int64_t there = 0;
    int rc = query_number(store_tx_db(tx), "SELECT COUNT(*) FROM wechat_account WHERE name = ?", QUERY(Q_TEXT(name)),
                          &there);
    if (rc == 0) {
        *out_has = there != 0;
    }
    return rc;
}

int wechat_brand_accounts(struct store_tx *tx, uint32_t brand, wechat_account_name *out_names, size_t cap,
                          size_t *out_count)
{
    struct db_stmt *stmt = NULL;
    size_t count = 0;
    int rc = query_open(store_tx_db(tx), "SELECT name FROM wechat_account WHERE brand = ? ORDER BY name LIMIT ?",
                        QUERY(Q_INT(brand), Q_INT(cap)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        query_column_text(stmt, 0, out_names[count++], sizeof(*out_names));
    }
    db_stmt_close(stmt);
    if (rc == DB_DONE) {
        *out_count = count;
    }
    return rc;
}
