#include "books.h"

#define KEPT_MS INT64_C(2592000000) /* 30 days behind its end */

/* Orders to this device, as the feed brought them. What became of them is the service's business; here they wait. */

static int put(struct books *b, const struct feed_order *order, struct slice body)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "INSERT INTO device_order(id, expires_s, body) VALUES(?, ?, ?) ON CONFLICT(id)"
                         " DO UPDATE SET expires_s = excluded.expires_s, body = excluded.body",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)order->order);
    db_bind_int64(stmt, 2, order->expires_s);
    db_bind_blob(stmt, 3, body.data, body.len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int forget_old(struct books *b)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "DELETE FROM device_order WHERE expires_s < ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (books_now(b).wall_ms - KEPT_MS) / 1000);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

int order_apply(struct books *b, struct slice body)
{
    struct feed_order order;
    int r = feed_order_decode(body, &order);

    if (r < 0)
        return r;
    if (order.order == 0 || order.order > INT64_MAX)
        return -EBADMSG;
    if (order.terminal != b->enrolment.answer.terminal)
        return 0;
    r = forget_old(b);
    return r < 0 ? r : put(b, &order, body);
}

int order_list(struct books *b, struct feed_order *out_list, uint32_t cap, uint32_t *out_count)
{
    struct db_stmt *stmt;
    uint32_t count = 0;
    int step, r = db_stmt_open(b->db, "SELECT body FROM device_order ORDER BY id DESC LIMIT ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, cap);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : feed_order_decode(db_column_blob(stmt, 0), &out_list[count++]);
    db_stmt_close(stmt);
    if (r == 0)
        *out_count = count;
    return r == -EBADMSG ? -EUCLEAN : r;
}
