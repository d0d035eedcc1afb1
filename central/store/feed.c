#include "central/store/feed.h"
#include "central/store/query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t lane_of(struct feed_target target)
{
    return target.store ? (int64_t)target.store * 2 : (int64_t)target.brand * 2 + 1;
}

static int head_read(struct store_tx *tx, int64_t lane, uint64_t *out_position)
{
    int64_t position = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT position FROM feed_head WHERE lane = ?1", QUERY(Q_INT(lane)), &position);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_position = (uint64_t)position;
    return 0;
}

static int head_raise(struct store_tx *tx, int64_t lane, uint64_t *out_position)
{
    int64_t position = 0;
    int rc = query_number(store_tx_write(tx),
                          "INSERT INTO feed_head (lane, position) VALUES (?1, 1)"
                          " ON CONFLICT (lane) DO UPDATE SET position = position + 1 RETURNING position",
                          QUERY(Q_INT(lane)), &position);
    if (rc == 0)
        *out_position = (uint64_t)position;
    return rc;
}

static int row_delete(struct store_tx *tx, int64_t lane, enum feed_kind kind, const char *key)
{
    return query_run(store_tx_write(tx), "DELETE FROM feed WHERE lane = ?1 AND kind = ?2 AND key = ?3",
                     QUERY(Q_INT(lane), Q_INT(kind), Q_TEXT(key)));
}

static int row_insert(struct store_tx *tx, int64_t lane, const struct feed_item *item, const char *key)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO feed (lane, position, kind, key, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                     QUERY(Q_INT(lane), Q_INT(item->position), Q_INT(item->kind), Q_TEXT(key),
                           Q_BLOB(item->body.data, item->body.len)));
}

/* Where an equal body already stands; 0 when the item is new or another. */
static int same_row(struct store_tx *tx, int64_t lane, const struct feed_item *item, const char *key,
                    uint64_t *out_position)
{
    int64_t position = 0;
    int rc = query_number(
        store_tx_db(tx), "SELECT position FROM feed WHERE lane = ?1 AND kind = ?2 AND key = ?3 AND body = ?4",
        QUERY(Q_INT(lane), Q_INT(item->kind), Q_TEXT(key), Q_BLOB(item->body.data, item->body.len)), &position);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_position = (uint64_t)position;
    return 0;
}

int feed_publish(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key,
                 struct slice body, uint64_t *out_position)
{
    if (body.len > FEED_BODY_MAX)
        return -E2BIG;
    if (strlen(key) >= FEED_KEY_MAX)
        return -ENAMETOOLONG;
    int64_t lane = lane_of(target);
    struct feed_item item = {.kind = (uint16_t)kind, .body = body};
    int rc = same_row(tx, lane, &item, key, &item.position);
    if (rc == 0 && item.position == 0) {
        rc = row_delete(tx, lane, kind, key);
        if (rc == 0)
            rc = head_raise(tx, lane, &item.position);
        if (rc == 0)
            rc = row_insert(tx, lane, &item, key);
        if (rc == 0)
            store_tx_touch(tx, target.store == 0, target.store ? target.store : target.brand);
    }
    if (rc == 0 && out_position)
        *out_position = item.position;
    return rc;
}

int feed_publish_number(struct store_tx *tx, struct feed_target target, enum feed_kind kind, uint64_t key,
                        struct slice body)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, key);
    return feed_publish(tx, target, kind, text, body, NULL);
}

int feed_withdraw(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key)
{
    return row_delete(tx, lane_of(target), kind, key);
}

/* NOLINTNEXTLINE(readability-function-size): a buffer is three of its parameters */
int feed_find(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key, uint8_t *out,
              size_t cap, size_t *out_len)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT body FROM feed WHERE lane = ?1 AND kind = ?2 AND key = ?3",
                         QUERY(Q_INT(lane_of(target)), Q_INT(kind), Q_TEXT(key)), &stmt);
    if (rc < 0)
        return rc;
    struct slice body = db_column_blob(stmt, 0);
    rc = body.len <= cap ? 0 : -ENOSPC;
    if (rc == 0) {
        memcpy(out, body.data, body.len);
        *out_len = body.len;
    }
    db_stmt_close(stmt);
    return rc;
}

int feed_heads(struct store_tx *tx, struct feed_target target, struct feed_cursor *out_heads)
{
    struct feed_cursor heads = {0, 0};
    int rc = head_read(tx, lane_of(target), &heads.store);
    if (rc == 0)
        rc = head_read(tx, lane_of((struct feed_target){.brand = target.brand}), &heads.brand);
    if (rc == 0)
        *out_heads = heads;
    return rc;
}

struct lane_read {
    int64_t lane;
    enum feed_lane sort;
    uint64_t after;
};

static int read_lane(struct store_tx *tx, const struct lane_read *read, struct feed_page_writer *page, bool *out_more)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT position, kind, body FROM feed WHERE lane = ?1 AND position > ?2 ORDER BY position",
                        QUERY(Q_INT(read->lane), Q_INT(read->after)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct feed_item item = {
            .lane = (uint8_t)read->sort,
            .position = (uint64_t)db_column_int64(stmt, 0),
            .kind = (uint16_t)db_column_int64(stmt, 1),
            .body = db_column_blob(stmt, 2),
        };
        rc = feed_page_add(page, &item);
        if (rc < 0)
            break;
    }
    if (rc == -ENOSPC) {
        *out_more = true;
        rc = 0;
    }
    db_stmt_close(stmt);
    return rc;
}

int feed_read_page(struct store_tx *tx, struct feed_target target, struct feed_page_writer *page, bool *out_more)
{
    assert(target.store != 0);
    struct feed_cursor heads;
    int rc = feed_heads(tx, target, &heads);
    if (rc < 0)
        return rc;
    if (page->through.store > heads.store)
        page->through.store = 0;
    if (page->through.brand > heads.brand)
        page->through.brand = 0;
    bool more = false;
    struct lane_read own = {lane_of(target), FEED_LANE_STORE, page->through.store};
    rc = read_lane(tx, &own, page, &more);
    if (rc == 0 && !more) {
        struct lane_read brand = {lane_of((struct feed_target){.brand = target.brand}), FEED_LANE_BRAND,
                                  page->through.brand};
        rc = read_lane(tx, &brand, page, &more);
    }
    if (rc == 0)
        *out_more = more;
    return rc;
}
