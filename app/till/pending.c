#include "books.h"

#include <string.h>

/* Requests to the primary whose answers have not come: kept before they are sent, until there is one. */

static int write(struct books *b, const struct till_pending *pending)
{
    struct lan_act act = pending->act;
    uint8_t encoded[LAN_ACT_MAX];
    struct db_stmt *stmt;
    size_t len;
    int r;

    memset(act.pin, 0, sizeof(act.pin)); /* never on the disk */
    r = lan_act_encode(&act, encoded, sizeof(encoded), &len);
    if (r == 0)
        r = db_stmt_open(b->db, "INSERT OR REPLACE INTO pending_request(request_id, since_ms, act) VALUES(?, ?, ?)",
                         &stmt);
    if (r < 0)
        return r;
    db_bind_blob(stmt, 1, pending->request_id, BODY_REQUEST_ID_LEN);
    db_bind_int64(stmt, 2, pending->since_ms);
    db_bind_blob(stmt, 3, encoded, len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int erase(struct books *b, const uint8_t request_id[BODY_REQUEST_ID_LEN])
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "DELETE FROM pending_request WHERE request_id = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_blob(stmt, 1, request_id, BODY_REQUEST_ID_LEN);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int end(struct books *b, int r)
{
    if (r == 0)
        return books_commit(b);
    books_abort(b);
    return r;
}

int pending_put(struct books *b, const struct till_pending *pending)
{
    int r = books_begin(b);

    return r < 0 ? r : end(b, write(b, pending));
}

int pending_drop(struct books *b, const uint8_t request_id[BODY_REQUEST_ID_LEN])
{
    int r = books_begin(b);

    return r < 0 ? r : end(b, erase(b, request_id));
}

static int read_row(struct db_stmt *stmt, struct till_pending *out)
{
    struct slice id = db_column_blob(stmt, 0), act = db_column_blob(stmt, 2);

    if (id.len != BODY_REQUEST_ID_LEN || lan_act_decode(act.data, act.len, &out->act) < 0)
        return -EUCLEAN;
    memcpy(out->request_id, id.data, BODY_REQUEST_ID_LEN);
    out->since_ms = db_column_int64(stmt, 1);
    return 0;
}

int pending_list(struct books *b, struct till_pending *out_list, uint32_t cap, uint32_t *out_count)
{
    struct db_stmt *stmt;
    uint32_t count = 0;
    int step, r = db_stmt_open(b->db,
                               "SELECT request_id, since_ms, act FROM pending_request ORDER BY since_ms, request_id"
                               " LIMIT ?",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, cap);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : read_row(stmt, &out_list[count++]);
    db_stmt_close(stmt);
    if (r == 0)
        *out_count = count;
    return r;
}
