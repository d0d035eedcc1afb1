#include "central/store/retention.h"

#include "central/store/query.h"
#include "domain/time.h"

int retention_note_departure(struct store_tx *tx, uint32_t touchpoint, int64_t followed_ms, int64_t stayed_ms)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO departure (touchpoint, day, early, late, later) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
                     "(touchpoint, day) DO UPDATE SET early = early + excluded.early, late = late + excluded.late, "
                     "later = later + excluded.later",
                     QUERY(Q_INT(touchpoint), Q_INT(time_local_day(followed_ms)),
                           Q_INT(stayed_ms < RETENTION_EARLY_DAYS * TIME_DAY_MS),
                           Q_INT(stayed_ms < RETENTION_LATE_DAYS * TIME_DAY_MS),
                           Q_INT(stayed_ms >= RETENTION_LATE_DAYS * TIME_DAY_MS)));
}

int retention_add_cost(struct store_tx *tx, uint32_t touchpoint, int64_t amount_minor, const char *what)
{
    int64_t there = 0;
    int rc = query_number(store_tx_db(tx), "SELECT 1 FROM touchpoint WHERE id = ?", QUERY(Q_INT(touchpoint)), &there);
    return rc < 0 ? rc
                  : query_run(
                        store_tx_write(tx),
                        "INSERT INTO touchpoint_cost (touchpoint, day, amount, what) VALUES (?, ?, ?, ?)",
                        QUERY(Q_INT(touchpoint), Q_INT(time_local_day(tx->now_ms)), Q_INT(amount_minor), Q_TEXT(what)));
}

/* ?1 group, ?2 first day, ?3 and ?4 the last days that are 14 and 21 days old. A touchpoint counts for who has it now.
 */
#define ROWS                                                                                                           \
    "WITH day AS (SELECT d.touchpoint, d.follows, d.joins, d.day <= ?3 AS early, d.day <= ?4 AS late, "                \
    "coalesce(g.early, "                                                                                               \
    "0) AS early_left, coalesce(g.late, 0) AS late_left, 0 AS cost FROM touchpoint_day AS d LEFT JOIN departure AS g " \
    "ON g.touchpoint = d.touchpoint AND g.day = d.day WHERE d.day >= ?2 UNION ALL SELECT touchpoint, 0, 0, 0, 0, 0, "  \
    "0, "                                                                                                              \
    "amount FROM touchpoint_cost WHERE day >= ?2) SELECT CASE ?1 WHEN 0 THEN day.touchpoint WHEN 1 THEN "              \
    "coalesce(t.clerk, 0) ELSE coalesce(t.store, 0) END AS number, CASE ?1 WHEN 0 THEN coalesce(max(t.shelf), '') "    \
    "ELSE '' END, sum(day.follows), sum(day.follows * early), sum((day.follows - early_left) * early), "               \
    "sum(day.follows * late), sum((day.follows - late_left) * late), sum(day.joins), sum(day.cost) FROM day LEFT "     \
    "JOIN touchpoint AS t ON t.id = day.touchpoint GROUP BY number ORDER BY number"

int retention_each(struct store_tx *tx, enum retention_group group, int64_t days, retention_visit visit, void *context)
{
    int64_t today = time_local_day(tx->now_ms);
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), ROWS,
                        QUERY(Q_INT(group), Q_INT(today - days + 1), Q_INT(today - RETENTION_EARLY_DAYS),
                              Q_INT(today - RETENTION_LATE_DAYS)),
                        &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct retention_row row = {.number = (uint32_t)db_column_int64(stmt, 0),
                                    .follows = (uint64_t)db_column_int64(stmt, 2),
                                    .early_follows = (uint64_t)db_column_int64(stmt, 3),
                                    .early_stays = (uint64_t)db_column_int64(stmt, 4),
                                    .late_follows = (uint64_t)db_column_int64(stmt, 5),
                                    .late_stays = (uint64_t)db_column_int64(stmt, 6),
                                    .joins = (uint64_t)db_column_int64(stmt, 7),
                                    .cost_minor = db_column_int64(stmt, 8)};
        query_column_text(stmt, 1, row.shelf, sizeof(row.shelf));
        rc = visit(context, &row);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
