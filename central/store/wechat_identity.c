#include "central/store/wechat.h"

#include "central/store/outbox.h"
#include "central/store/people_privacy.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define OPENID_MAX 64

static int find_row(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                    struct channel_identity *out_identity)
{
    int64_t id = 0;
    int rc = query_number(store_tx_db(tx), "SELECT id FROM channel_identity WHERE account = ? AND who = ?",
                          QUERY(Q_TEXT(account), Q_BLOB(who, WHO_LEN)), &id);
    return rc ? rc : wechat_find_identity(tx, (uint64_t)id, out_identity);
}

int wechat_find_who(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                    struct channel_identity *out_identity)
{
    return find_row(tx, account, who, out_identity);
}

int wechat_move_follow(struct store_tx *tx, uint32_t touchpoint, int64_t followed_ms)
{
    int64_t day = time_local_day(followed_ms);
    int rc =
        query_run(store_tx_write(tx),
                  "UPDATE touchpoint_day SET follows = follows - 1 WHERE touchpoint = 0 AND day = ? AND follows > 0",
                  QUERY(Q_INT(day)));
    return rc ? rc
              : query_run(
                    store_tx_write(tx),
                    "INSERT INTO touchpoint_day (touchpoint, day, shown, shown_s, follows, scans, joins, unfollows) "
                    "VALUES (?, ?, 0, 0, 1, 0, 0, 0) ON CONFLICT (touchpoint, day) DO UPDATE SET follows = "
                    "follows + 1",
                    QUERY(Q_INT(touchpoint), Q_INT(day)));
}

static int insert_row(struct store_tx *tx, const struct channel_keys *keys, const struct channel_person *person,
                      const uint8_t who[WHO_LEN])
{
    uint8_t sealed[CHANNEL_SEALED_LEN(OPENID_MAX)];
    struct slice openid = {(const uint8_t *)person->openid, strlen(person->openid)};
    if (openid.len > OPENID_MAX) {
        return -EINVAL;
    }
    channel_seal(keys, store_random(tx->store), openid, sealed);
    return query_run(
        store_tx_write(tx),
        "INSERT INTO channel_identity (account, who, openid_sealed, member, touchpoint, followed_ms) VALUES "
        "(?, ?, ?, 0, ?, ?)",
        QUERY(Q_TEXT(person->account), Q_BLOB(who, WHO_LEN), Q_BLOB(sealed, CHANNEL_SEALED_LEN(openid.len)),
              Q_INT(person->scene_touchpoint), Q_INT(tx->now_ms)));
}

static int set_number(struct store_tx *tx, const char *sql, uint64_t value, uint64_t id)
{
    return query_run(store_tx_write(tx), sql, QUERY(Q_INT(value), Q_INT(id)));
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
    int rc = query_first(store_tx_db(tx),
                         "SELECT account, member, touchpoint, followed_ms FROM channel_identity WHERE id = ?",
                         QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    *out_identity = (struct channel_identity){.id = id,
                                              .member = (uint64_t)db_column_int64(stmt, 1),
                                              .touchpoint = (uint32_t)db_column_int64(stmt, 2),
                                              .followed_ms = db_column_int64(stmt, 3)};
    query_column_text(stmt, 0, out_identity->account, sizeof(out_identity->account));
    db_stmt_close(stmt);
    return 0;
}

int wechat_find_member(struct store_tx *tx, uint64_t member, struct channel_identity *out_identity)
{
    int64_t id = 0;
    int rc =
        query_number(store_tx_db(tx),
                     "SELECT id FROM channel_identity WHERE member = ? AND member != 0 ORDER BY followed_ms DESC, id "
                     "DESC LIMIT 1",
                     QUERY(Q_INT(member)), &id);
    return rc ? rc : wechat_find_identity(tx, (uint64_t)id, out_identity);
}

int wechat_open_identity(struct store_tx *tx, const struct channel_keys *keys, uint64_t id, char out_openid[OPENID_CAP])
{
    struct db_stmt *stmt = NULL;
    struct buffer openid;
    int rc = query_first(store_tx_db(tx), "SELECT openid_sealed FROM channel_identity WHERE id = ?", QUERY(Q_INT(id)),
                         &stmt);
    if (rc < 0) {
        return rc;
    }
    buffer_init(&openid, OPENID_CAP + 64);
    rc = channel_unseal(keys, db_column_blob(stmt, 0), &openid);
    if (rc == 0) {
        snprintf(out_openid, OPENID_CAP, "%s", buffer_text(&openid));
    }
    buffer_finish(&openid);
    db_stmt_close(stmt);
    return rc;
}

int wechat_set_touchpoint(struct store_tx *tx, uint64_t identity, uint32_t touchpoint)
{
    return set_number(tx, "UPDATE channel_identity SET touchpoint = ? WHERE id = ? AND touchpoint = 0", touchpoint,
                      identity);
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

static int change_by_who(struct store_tx *tx, const char *sql, const char *account, const uint8_t who[WHO_LEN])
{
    return query_run(store_tx_write(tx), sql, QUERY(Q_TEXT(account), Q_BLOB(who, WHO_LEN)));
}

static int find_who_of(struct store_tx *tx, uint64_t id, uint8_t out_who[WHO_LEN])
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT who FROM channel_identity WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        rc = query_column_fixed(stmt, 0, out_who, WHO_LEN);
        db_stmt_close(stmt);
    }
    return rc;
}

int wechat_forget_identity(struct store_tx *tx, const struct channel_identity *identity)
{
    uint8_t who[WHO_LEN];
    struct channel_identity gone;
    int rc = find_who_of(tx, identity->id, who);
    return rc ? rc : wechat_forget(tx, identity->account, who, &gone);
}

int wechat_each_message_of(struct store_tx *tx, const struct channel_identity *identity, wechat_message_visit visit,
                           void *context)
{
    struct db_stmt *stmt = NULL;
    uint8_t who[WHO_LEN];
    int rc = find_who_of(tx, identity->id, who);
    rc = rc ? rc
            : query_open(store_tx_db(tx), "SELECT id, received_ms FROM inbox WHERE account = ? AND who = ? ORDER BY id",
                         QUERY(Q_TEXT(identity->account), Q_BLOB(who, WHO_LEN)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint64_t)db_column_int64(stmt, 0), db_column_int64(stmt, 1));
    }
    db_stmt_close(stmt);
    return rc;
}

int wechat_each_identity_of(struct store_tx *tx, uint64_t member, wechat_identity_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct channel_identity identity;
    int rc = query_open(store_tx_db(tx), "SELECT id FROM channel_identity WHERE member = ? AND member != 0 ORDER BY id",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = wechat_find_identity(tx, (uint64_t)db_column_int64(stmt, 0), &identity);
        rc = rc ? rc : visit(context, &identity);
    }
    db_stmt_close(stmt);
    return rc;
}

int wechat_forget(struct store_tx *tx, const char *account, const uint8_t who[WHO_LEN],
                  struct channel_identity *out_identity)
{
    struct channel_identity identity = {0};
    int rc = find_row(tx, account, who, &identity);
    rc = rc == -ENOENT ? 0 : rc;
    rc = rc ? rc : change_by_who(tx, "DELETE FROM channel_identity WHERE account = ? AND who = ?", account, who);
    /* The row stays as a number, so that a repeated push is still known as such. */
    rc = rc ? rc
            : change_by_who(
                  tx, "UPDATE inbox SET who = NULL, message_sealed = NULL, state = 1 WHERE account = ? AND who = ?",
                  account, who);
    rc = rc || !identity.id ? rc : outbox_forget_lane(tx, identity.id);
    rc = rc ? rc : people_scrub_want(tx);
    if (rc == 0) {
        *out_identity = identity;
    }
    return rc;
}
