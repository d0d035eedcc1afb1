#include "central/store/people_touchpoint.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>

#define GREETING_KEEP_S  600
#define GREETINGS_A_TIME 64

/* For who is told of it (webhooks); the funnel itself is counted. */
static int journal_follow(struct store_tx *tx, uint32_t touchpoint, enum funnel_step step)
{
    struct journal_fact fact = {.what = step == FUNNEL_FOLLOW ? "followed" : "unfollowed", .number = touchpoint};
    return step == FUNNEL_FOLLOW || step == FUNNEL_UNFOLLOW ? journal_append_central(tx, RECORD_FOLLOW, &fact) : 0;
}

int people_count_step(struct store_tx *tx, uint32_t touchpoint, enum funnel_step step, uint32_t seconds)
{
    int rc = query_run(
        store_tx_write(tx),
        "INSERT INTO touchpoint_day (touchpoint, day, shown, shown_s, follows, scans, joins, unfollows) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (touchpoint, day) DO UPDATE SET shown = shown + excluded.shown, "
        "shown_s = shown_s + excluded.shown_s, follows = follows + excluded.follows, scans = scans + "
        "excluded.scans, joins = joins + excluded.joins, unfollows = unfollows + excluded.unfollows",
        QUERY(Q_INT(touchpoint), Q_INT(time_local_day(tx->now_ms)), Q_INT(step == FUNNEL_SHOWN),
              Q_INT(step == FUNNEL_SHOWN ? seconds : 0), Q_INT(step == FUNNEL_FOLLOW), Q_INT(step == FUNNEL_SCAN),
              Q_INT(step == FUNNEL_JOIN), Q_INT(step == FUNNEL_UNFOLLOW)));
    return rc ? rc : journal_follow(tx, touchpoint, step);
}

int people_each_funnel(struct store_tx *tx, int64_t since_day, people_funnel_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx),
                          "SELECT touchpoint, sum(shown), sum(shown_s), sum(follows), sum(scans), sum(joins), "
                          "sum(unfollows) FROM touchpoint_day WHERE day >= ? GROUP BY touchpoint ORDER BY touchpoint",
                          &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, since_day);
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct funnel funnel = {.touchpoint = (uint32_t)db_column_int64(stmt, 0),
                                .shown = (uint64_t)db_column_int64(stmt, 1),
                                .shown_s = (uint64_t)db_column_int64(stmt, 2),
                                .follows = (uint64_t)db_column_int64(stmt, 3),
                                .scans = (uint64_t)db_column_int64(stmt, 4),
                                .joins = (uint64_t)db_column_int64(stmt, 5),
                                .unfollows = (uint64_t)db_column_int64(stmt, 6)};
        rc = visit(context, &funnel);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

struct old_greetings {
    uint64_t ids[GREETINGS_A_TIME];
    size_t count;
};

static int collect_old(struct store_tx *tx, uint32_t store, uint32_t before_s, struct old_greetings *out)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT id FROM greeting WHERE store = ? AND made_s < ? LIMIT ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, store);
    db_bind_int64(stmt, 2, before_s);
    db_bind_int64(stmt, 3, GREETINGS_A_TIME);
    out->count = 0;
    while (out->count < GREETINGS_A_TIME && (rc = db_stmt_step(stmt)) == DB_ROW) {
        out->ids[out->count++] = (uint64_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

static int forget_greeting(struct store_tx *tx, uint64_t id)
{
    return query_run(store_tx_write(tx), "DELETE FROM greeting WHERE id = ?", QUERY(Q_INT(id)));
}

static int withdraw_old(struct store_tx *tx, struct feed_target target, uint32_t now_s)
{
    struct old_greetings old;
    int rc = collect_old(tx, target.store, now_s - GREETING_KEEP_S, &old);
    for (size_t i = 0; rc == 0 && i < old.count; i++) {
        char key[FEED_KEY_MAX];
        snprintf(key, sizeof(key), "%" PRIu64, old.ids[i]);
        rc = feed_withdraw(tx, target, FEED_GREETING, key);
        rc = rc ? rc : forget_greeting(tx, old.ids[i]);
    }
    return rc;
}

static int remember_greeting(struct store_tx *tx, const struct greeting *greeting, uint64_t id, uint32_t made_s)
{
    return query_run(store_tx_write(tx), "INSERT INTO greeting (id, brand, store, made_s) VALUES (?, ?, ?, ?)",
                     QUERY(Q_INT(id), Q_INT(greeting->brand), Q_INT(greeting->store), Q_INT(made_s)));
}

int people_greet(struct store_tx *tx, const struct greeting *greeting)
{
    struct feed_greeting item = {.touchpoint = greeting->touchpoint,
                                 .member = greeting->member,
                                 .issued_coupons = greeting->issued_coupons,
                                 .made_s = (uint32_t)(tx->now_ms / 1000)};
    struct feed_target target = {.brand = greeting->brand, .store = greeting->store};
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = withdraw_old(tx, target, item.made_s);
    rc = rc ? rc : store_next_number(tx, "greeting", &item.greeting);
    rc = rc ? rc : remember_greeting(tx, greeting, item.greeting, item.made_s);
    rc = rc ? rc : feed_greeting_encode(&item, body, sizeof(body), &len);
    return rc ? rc : feed_publish_number(tx, target, FEED_GREETING, item.greeting, (struct slice){body, len});
}
