#include "central/store/fleet_release.h"

#include "central/store/feed.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                                        \
    "SELECT id, terminal, store, brand, what, release, made_ms, expires_ms, step, outcome, version, reason, "          \
    "changed_ms"                                                                                                       \
    " FROM fleet_order "

static struct fleet_order read_row(struct db_stmt *stmt)
{
    struct fleet_order order = {
        .id = (uint64_t)db_column_int64(stmt, 0),
        .terminal = (uint32_t)db_column_int64(stmt, 1),
        .store = (uint32_t)db_column_int64(stmt, 2),
        .brand = (uint32_t)db_column_int64(stmt, 3),
        .what = (uint8_t)db_column_int64(stmt, 4),
        .release = (uint32_t)db_column_int64(stmt, 5),
        .made_ms = db_column_int64(stmt, 6),
        .expires_ms = db_column_int64(stmt, 7),
        .step = (uint8_t)db_column_int64(stmt, 8),
        .outcome = (uint8_t)db_column_int64(stmt, 9),
        .changed_ms = db_column_int64(stmt, 12),
    };
    query_column_text(stmt, 10, order.version, sizeof(order.version));
    query_column_text(stmt, 11, order.reason, sizeof(order.reason));
    return order;
}

static int find(struct store_tx *tx, const char *sql, struct query_values values, struct fleet_order *out_order)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0)
        return rc;
    *out_order = read_row(stmt);
    db_stmt_close(stmt);
    return 0;
}

int fleet_order_find(struct store_tx *tx, uint64_t id, struct fleet_order *out_order)
{
    return find(tx, COLUMNS "WHERE id = ?1", QUERY(Q_INT(id)), out_order);
}

int fleet_order_newest(struct store_tx *tx, uint32_t terminal, uint8_t what, struct fleet_order *out_order)
{
    return find(tx, COLUMNS "WHERE terminal = ?1 AND (?2 = 0 OR what = ?2) ORDER BY id DESC LIMIT 1",
                QUERY(Q_INT(terminal), Q_INT(what)), out_order);
}

static int each(struct store_tx *tx, const char *sql, struct query_values values, fleet_order_visit visit,
                void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct fleet_order order = read_row(stmt);
        rc = visit(context, &order);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int fleet_order_each(struct store_tx *tx, uint32_t terminal, fleet_order_visit visit, void *context)
{
    return each(tx, COLUMNS "WHERE terminal = ?1 ORDER BY id DESC", QUERY(Q_INT(terminal)), visit, context);
}

static struct feed_target target_of(const struct fleet_order *order)
{
    return (struct feed_target){order->brand, order->store};
}

/* release NULL: an order that has none. */
static int publish(struct store_tx *tx, const struct fleet_order *order, const struct release *release)
{
    uint8_t bytes[FEED_BODY_MAX];
    struct slice body = {bytes, 0};
    struct feed_order item = {.order = order->id,
                              .terminal = order->terminal,
                              .what = order->what,
                              .expires_s = (uint32_t)(order->expires_ms / 1000)};
    if (release) {
        item.held = release->state == RELEASE_PAUSED;
        item.gone = release->state == RELEASE_WITHDRAWN;
        item.release = release->id;
        item.size = (uint64_t)release->size;
        item.from_min = release->from_min;
        item.to_min = release->to_min;
        memcpy(item.compatible, release->compatible, sizeof(item.compatible));
        memcpy(item.version, release->version, sizeof(item.version));
        memcpy(item.sha256, release->sha256, sizeof(item.sha256));
    }
    int rc = feed_order_encode(&item, bytes, sizeof(bytes), &body.len);
    return rc ? rc : feed_publish_number(tx, target_of(order), FEED_ORDER, order->id, body);
}

static int withdraw(struct store_tx *tx, const struct fleet_order *order)
{
    char key[24];
    snprintf(key, sizeof(key), "%" PRIu64, order->id);
    return feed_withdraw(tx, target_of(order), FEED_ORDER, key);
}

static int next_id(struct store_tx *tx, uint64_t *out_id)
{
    int64_t last = 0;
    int rc = query_number(store_tx_db(tx), "SELECT COALESCE(MAX(id), 0) FROM fleet_order", QUERY_NONE, &last);
    if (rc == 0)
        *out_id = (uint64_t)(last < tx->now_ms ? tx->now_ms : last + 1);
    return rc;
}

int fleet_order_make(struct store_tx *tx, const struct fleet_order *wish, const struct release *release,
                     uint64_t *out_id)
{
    struct terminal terminal;
    struct fleet_order order = *wish;
    int64_t open = 0;
    int rc = identity_find_terminal(tx, wish->terminal, &terminal);
    if (rc == 0 && terminal.state != TERMINAL_CONFIRMED)
        rc = -ENOENT;
    rc = rc ? rc : next_id(tx, &order.id);
    rc = rc ? rc
            : query_number(store_tx_db(tx), "SELECT COUNT(*) FROM fleet_order WHERE terminal = ?1 AND outcome = 0",
                           QUERY(Q_INT(wish->terminal)), &open);
    if (rc < 0)
        return rc;
    if (open >= FLEET_ORDERS_OPEN_MAX)
        return -EBUSY;
    order.store = terminal.store;
    order.brand = terminal.brand;
    rc = query_run(store_tx_write(tx),
                   "INSERT INTO fleet_order (id, terminal, store, brand, what, release, made_ms, expires_ms, step,"
                   " outcome, version, reason, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, '', '', ?7)",
                   QUERY(Q_INT(order.id), Q_INT(order.terminal), Q_INT(order.store), Q_INT(order.brand),
                         Q_INT(order.what), Q_INT(release ? release->id : 0), Q_INT(tx->now_ms),
                         Q_INT(order.expires_ms)));
    rc = rc ? rc : publish(tx, &order, release);
    if (rc == 0)
        *out_id = order.id;
    return rc;
}

/* Records of one journal come in order, but a peer's copy may come twice: a step never goes back. */
static int note_step(struct store_tx *tx, const struct fleet_order *order, const struct body_order_step *told)
{
    if (told->step <= order->step || told->step > ORDER_BOOTED || order->outcome != 0)
        return 0;
    return query_run(store_tx_write(tx),
                     "UPDATE fleet_order SET step = ?2, version = ?3, changed_ms = ?4 WHERE id = ?1",
                     QUERY(Q_INT(order->id), Q_INT(told->step), Q_TEXT(told->version), Q_INT(tx->now_ms)));
}

static int note_end(struct store_tx *tx, const struct fleet_order *order, const struct body_order_done *told)
{
    /* Taken back or over here, done there: what the device says is what happened. */
    bool news = order->outcome == 0 || order->outcome == ORDER_OVER;
    if (!news || told->outcome == 0 || told->outcome > ORDER_OVER)
        return 0;
    int rc = query_run(
        store_tx_write(tx),
        "UPDATE fleet_order SET outcome = ?2, version = ?3, reason = ?4, changed_ms = ?5 WHERE id = ?1",
        QUERY(Q_INT(order->id), Q_INT(told->outcome), Q_TEXT(told->version), Q_TEXT(told->reason), Q_INT(tx->now_ms)));
    return rc ? rc : withdraw(tx, order);
}

int fleet_order_heard(struct store_tx *tx, uint32_t terminal, const struct body *body)
{
    struct fleet_order order;
    bool end = body->kind == RECORD_ORDER_DONE;
    uint64_t id = end ? body->order_done.order : body->order_step.order;
    int rc = id <= INT64_MAX ? fleet_order_find(tx, id, &order) : -ENOENT;
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (order.terminal != terminal)
        return 0;
    return end ? note_end(tx, &order, &body->order_done) : note_step(tx, &order, &body->order_step);
}

struct restating {
    struct store_tx *tx;
    const struct release *release;
};

static int restate(void *context, const struct fleet_order *order)
{
    const struct restating *work = context;
    int rc = publish(work->tx, order, work->release);
    bool over = work->release->state == RELEASE_WITHDRAWN && order->step < ORDER_INSTALLED;
    if (rc < 0 || !over)
        return rc;
    return query_run(store_tx_write(work->tx),
                     "UPDATE fleet_order SET outcome = ?2, reason = 'withdrawn', changed_ms = ?3 WHERE id = ?1",
                     QUERY(Q_INT(order->id), Q_INT(ORDER_OVER), Q_INT(work->tx->now_ms)));
}

int fleet_order_restate(struct store_tx *tx, const struct release *release)
{
    struct restating work = {tx, release};
    return each(tx, COLUMNS "WHERE release = ?1 AND outcome = 0 ORDER BY id", QUERY(Q_INT(release->id)), restate,
                &work);
}

static int expire(void *context, const struct fleet_order *order)
{
    struct store_tx *tx = context;
    int rc = query_run(store_tx_write(tx),
                       "UPDATE fleet_order SET outcome = ?2, reason = 'nothing was heard in time', changed_ms = ?3"
                       " WHERE id = ?1",
                       QUERY(Q_INT(order->id), Q_INT(ORDER_OVER), Q_INT(tx->now_ms)));
    return rc ? rc : withdraw(tx, order);
}

int fleet_order_expire(struct store_tx *tx, uint32_t limit)
{
    return each(tx, COLUMNS "WHERE outcome = 0 AND expires_ms < ?1 ORDER BY expires_ms LIMIT ?2",
                QUERY(Q_INT(tx->now_ms - TIME_DAY_MS), Q_INT(limit)), expire, tx);
}

bool fleet_order_any_over(struct store_tx *tx)
{
    int64_t id = 0;
    return query_number(store_tx_db(tx), "SELECT id FROM fleet_order WHERE outcome = 0 AND expires_ms < ?1 LIMIT 1",
                        QUERY(Q_INT(tx->now_ms - TIME_DAY_MS)), &id) == 0;
}

const char *fleet_order_words(const struct fleet_order *order, char *out, size_t cap)
{
    const char *state = order->outcome ? order_outcome_name(order->outcome) : order_step_name(order->step);
    snprintf(out, cap, "%s %s%s%s", order_what_name(order->what), state, order->reason[0] ? ": " : "", order->reason);
    return out;
}

int fleet_log_keep(struct store_tx *tx, const struct fleet_log *log)
{
    struct fleet_order order;
    if (log->text.len > FLEET_LOG_BYTES_MAX)
        return -EMSGSIZE;
    int rc = log->order <= INT64_MAX ? fleet_order_find(tx, log->order, &order) : -ENOENT;
    if (rc == 0 && (order.terminal != log->terminal || order.what != ORDER_LOGS))
        rc = -ENOENT;
    if (rc < 0)
        return rc;
    rc = query_run(
        store_tx_write(tx),
        "INSERT INTO fleet_log (terminal, id, heard_ms, text) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (terminal, id) DO NOTHING",
        QUERY(Q_INT(log->terminal), Q_INT(log->order), Q_INT(tx->now_ms), Q_BLOB(log->text.data, log->text.len)));
    if (rc < 0)
        return rc;
    return query_run(store_tx_write(tx),
                     "DELETE FROM fleet_log WHERE terminal = ?1 AND id NOT IN (SELECT id FROM fleet_log WHERE"
                     " terminal = ?1 ORDER BY id DESC LIMIT ?2)",
                     QUERY(Q_INT(log->terminal), Q_INT(FLEET_LOGS_MAX)));
}

int fleet_log_read(struct store_tx *tx, uint32_t terminal, uint64_t *order, int64_t *out_heard_ms,
                   struct buffer *out_text)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT id, heard_ms, text FROM fleet_log WHERE terminal = ?1 AND (?2 = 0 OR id = ?2)"
                         " ORDER BY id DESC LIMIT 1",
                         QUERY(Q_INT(terminal), Q_INT(*order)), &stmt);
    if (rc < 0)
        return rc;
    struct slice text = db_column_blob(stmt, 2);
    *order = (uint64_t)db_column_int64(stmt, 0);
    *out_heard_ms = db_column_int64(stmt, 1);
    rc = buffer_append(out_text, text.data, text.len);
    db_stmt_close(stmt);
    return rc;
}
