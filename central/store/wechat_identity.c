#include "central/store/wechat.h"

#include <stdio.h>
#include <string.h>

#define OPENID_MAX 64

static int find_row(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                    struct channel_identity *out_identity)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(
        store_tx_db(tx),
        "SELECT id, member, touchpoint, followed_ms FROM channel_identity WHERE account = ? AND who = ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_text(stmt, 1, account);
    db_bind_blob(stmt, 2, who, WHO_LEN);
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_identity = (struct channel_identity){.id = (uint64_t)db_column_int64(stmt, 0),
                                                  .member = (uint64_t)db_column_int64(stmt, 1),
                                                  .touchpoint = (uint32_t)db_column_int64(stmt, 2),
                                                  .followed_ms = db_column_int64(stmt, 3)};
        snprintf(out_identity->account, sizeof(out_identity->account), "%s", account);
    }
    db_stmt_close(stmt);
    return rc == DB_ROW ? 0 : rc < 0 ? rc : -ENOENT;
}

static int insert_row(struct store_tx *tx, const struct channel_keys *keys, const struct channel_person *person,
                      const uint8_t who[WHO_LEN])
{
    struct db_stmt *stmt = NULL;
    uint8_t sealed[CHANNEL_SEALED_LEN(OPENID_MAX)];
    struct slice openid = {(const uint8_t *)person->openid, strlen(person->openid)};
    if (openid.len > OPENID_MAX) {
        return -EINVAL;
    }
    int rc = db_stmt_open(store_tx_write(tx),
                          "INSERT INTO channel_identity (account, who, openid_sealed, member, touchpoint, followed_ms) "
                          "VALUES (?, ?, ?, 0, ?, ?)",
                          &stmt);
    if (rc < 0) {
        return rc;
    }
    channel_seal(keys, store_random(tx->store), openid, sealed);
    db_bind_text(stmt, 1, person->account);
    db_bind_blob(stmt, 2, who, WHO_LEN);
    db_bind_blob(stmt, 3, sealed, CHANNEL_SEALED_LEN(openid.len));
    db_bind_int64(stmt, 4, person->scene_touchpoint);
    db_bind_int64(stmt, 5, tx->now_ms);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

static int set_number(struct store_tx *tx, const char *sql, uint64_t value, uint64_t id)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_write(tx), sql, &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, (int64_t)value);
    db_bind_int64(stmt, 2, (int64_t)id);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int wechat_meet(struct store_tx *tx, const struct channel_keys *keys, const struct channel_person *person,
                struct channel_identity *out_identity)
{
    uint8_t who[WHO_LEN];
    struct channel_identity identity;
    channel_who(keys, person->account, person->openid, who);
    int rc = find_row(tx, person->account, who, &identity);
    if (rc == -ENOENT) {
        rc = insert_row(tx, keys, person, who);
        rc = rc ? rc : find_row(tx, person->account, who, &identity);
    } else if (rc == 0 && person->scene_touchpoint && !identity.member) {
        identity.touchpoint = person->scene_touchpoint;
        rc =
            set_number(tx, "UPDATE channel_identity SET touchpoint = ? WHERE id = ?", identity.touchpoint, identity.id);
    }
    if (rc == 0) {
        *out_identity = identity;
    }
    return rc;
}

int wechat_find_identity(struct store_tx *tx, uint64_t id, struct channel_identity *out_identity)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx),
                          "SELECT account, member, touchpoint, followed_ms FROM channel_identity WHERE id = ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, (int64_t)id);
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_identity = (struct channel_identity){.id = id,
                                                  .member = (uint64_t)db_column_int64(stmt, 1),
                                                  .touchpoint = (uint32_t)db_column_int64(stmt, 2),
                                                  .followed_ms = db_column_int64(stmt, 3)};
        snprintf(out_identity->account, sizeof(out_identity->account), "%s", db_column_text(stmt, 0));
    }
    db_stmt_close(stmt);
    return rc == DB_ROW ? 0 : rc < 0 ? rc : -ENOENT;
}

int wechat_link_member(struct store_tx *tx, uint64_t identity, uint64_t member)
{
    struct channel_identity known;
    int rc = wechat_find_identity(tx, identity, &known);
    if (rc == 0 && known.member) {
        rc = -EALREADY;
    }
    return rc ? rc : set_number(tx, "UPDATE channel_identity SET member = ? WHERE id = ?", member, identity);
}

static int delete_by_who(struct store_tx *tx, const char *sql, const char *account, const uint8_t who[WHO_LEN])
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_write(tx), sql, &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_text(stmt, 1, account);
    db_bind_blob(stmt, 2, who, WHO_LEN);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int wechat_forget(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                  struct channel_identity *out_identity)
{
    struct channel_identity identity = {0};
    int rc = find_row(tx, account, who, &identity);
    rc = rc == -ENOENT ? 0 : rc;
    rc = rc ? rc : delete_by_who(tx, "DELETE FROM channel_identity WHERE account = ? AND who = ?", account, who);
    /* The row stays as a number, so that a repeated push is still known as such. */
    rc = rc ? rc
            : delete_by_who(
                  tx, "UPDATE inbox SET who = NULL, message_sealed = NULL, state = 1 WHERE account = ? AND who = ?",
                  account, who);
    if (rc == 0) {
        *out_identity = identity;
    }
    return rc;
}
