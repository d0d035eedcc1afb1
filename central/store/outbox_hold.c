#include "central/store/outbox.h"

#include "central/store/query.h"
#include "domain/time.h"

#include <stdio.h>

int64_t outbox_next_day_ms(int64_t now_ms)
{
    return time_day_start_ms(time_local_day(now_ms) + 1);
}

int outbox_hold(struct store_tx *tx, const char *account, const char *api, int64_t until_ms, const char *reason)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO outbox_hold (account, api, until_ms, failures, reason) VALUES (?, ?, ?, 1, ?) ON "
                     "CONFLICT (account, api) DO UPDATE SET until_ms = max(until_ms, excluded.until_ms), failures = "
                     "failures + 1, reason = excluded.reason",
                     QUERY(Q_TEXT(account), Q_TEXT(api), Q_INT(until_ms), Q_TEXT(reason)));
}

int outbox_clear_hold(struct store_tx *tx, const char *account)
{
    return query_run(store_tx_write(tx), "DELETE FROM outbox_hold WHERE account = ?1 AND (api = '' OR until_ms <= ?2)",
                     QUERY(Q_TEXT(account), Q_INT(tx->now_ms)));
}

int outbox_hold_failures(struct store_tx *tx, const char *account, uint32_t *out_failures)
{
    int64_t failures = 0;
    int rc = query_number(store_tx_db(tx), "SELECT failures FROM outbox_hold WHERE account = ? AND api = ''",
                          QUERY(Q_TEXT(account)), &failures);
    if (rc == 0 || rc == -ENOENT) {
        *out_failures = (uint32_t)failures;
    }
    return rc == -ENOENT ? 0 : rc;
}

int outbox_each_hold(struct store_tx *tx, outbox_hold_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct outbox_hold_row row;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT account, api, reason, until_ms FROM outbox_hold WHERE until_ms > ? ORDER BY account, api",
                   QUERY(Q_INT(tx->now_ms)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        query_column_text(stmt, 0, row.account, sizeof(row.account));
        query_column_text(stmt, 1, row.api, sizeof(row.api));
        query_column_text(stmt, 2, row.reason, sizeof(row.reason));
        row.until_ms = db_column_int64(stmt, 3);
        rc = visit(context, &row);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- the day's quotas */

int outbox_set_quota(struct store_tx *tx, const char *account, const char *api, uint32_t per_day)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO outbox_quota (account, api, per_day, day, used) VALUES (?, ?, ?, 0, 0) ON CONFLICT "
                     "(account, api) DO UPDATE SET per_day = excluded.per_day",
                     QUERY(Q_TEXT(account), Q_TEXT(api), Q_INT(per_day)));
}

int outbox_quota_used(struct store_tx *tx, const char *account, const char *api, uint32_t *out_used,
                      uint32_t *out_limit)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT per_day, CASE WHEN day = ?3 THEN used ELSE 0 END FROM outbox_quota WHERE account = ?1 "
                         "AND api = ?2",
                         QUERY(Q_TEXT(account), Q_TEXT(api), Q_INT(time_local_day(tx->now_ms))), &stmt);
    if (rc < 0) {
        return rc;
    }
    *out_limit = (uint32_t)db_column_int64(stmt, 0);
    *out_used = (uint32_t)db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

int outbox_count_call(struct store_tx *tx, const char *account, const char *api)
{
    uint32_t used = 0, limit = 0;
    int rc = outbox_quota_used(tx, account, api, &used, &limit);
    if (rc == -ENOENT) { /* no quota is known */
        return 0;
    }
    if (rc == 0 && used >= limit) {
        return -EDQUOT;
    }
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE outbox_quota SET day = ?3, used = ?4 WHERE account = ?1 AND api = ?2",
                          QUERY(Q_TEXT(account), Q_TEXT(api), Q_INT(time_local_day(tx->now_ms)), Q_INT(used + 1)));
}

int outbox_uncount_call(struct store_tx *tx, const char *account, const char *api)
{
    return query_run(store_tx_write(tx),
                     "UPDATE outbox_quota SET used = used - 1 WHERE account = ? AND api = ? AND day = ? AND used > 0",
                     QUERY(Q_TEXT(account), Q_TEXT(api), Q_INT(time_local_day(tx->now_ms))));
}
