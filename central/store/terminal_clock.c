#include "central/store/terminal_clock.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define KEEP_MS (7 * DAY_MS) /* a week has its restarts */
#define STEP_MS INT64_C(60000)

#define TIME_MAX_MS (INT64_C(1) << 53)

static bool over_limit(int64_t ms)
{
    return ms > TERMINAL_CLOCK_LIMIT_MS || ms < -TERMINAL_CLOCK_LIMIT_MS;
}

static bool counts(const struct terminal_clock_measure *measure, int64_t now_ms)
{
    return over_limit(measure->ms) && now_ms - measure->at_ms < KEEP_MS;
}

bool terminal_clock_is_off(const struct terminal_clock *clock, int64_t now_ms)
{
    return counts(&clock->lead, now_ms) || counts(&clock->said, now_ms);
}

bool terminal_clock_is_news(const struct terminal_clock_measure *known, int64_t ms, int64_t now_ms)
{
    int64_t age_ms = now_ms - known->at_ms;
    if (over_limit(ms) != over_limit(known->ms))
        return true;
    return over_limit(ms) && (age_ms >= DAY_MS || (age_ms >= HOUR_MS && llabs(ms - known->ms) > STEP_MS));
}

void terminal_clock_words(const struct terminal_clock *clock, int64_t now_ms, char out_words[TERMINAL_CLOCK_WORDS])
{
    char at[24];
    int len = 0;
    out_words[0] = '\0';
    if (counts(&clock->lead, now_ms)) {
        time_format_minute(clock->lead.at_ms, at, sizeof(at));
        len = snprintf(out_words, TERMINAL_CLOCK_WORDS, "its records were %" PRId64 " min ahead (%s)",
                       clock->lead.ms / 60000, at);
    }
    if (counts(&clock->said, now_ms)) {
        time_format_minute(clock->said.at_ms, at, sizeof(at));
        snprintf(out_words + len, TERMINAL_CLOCK_WORDS - (size_t)len,
                 "%sa request of it was signed %" PRId64 " min %s (%s)", len > 0 ? ", " : "",
                 (int64_t)llabs(clock->said.ms) / 60000, clock->said.ms < 0 ? "ago" : "ahead", at);
    }
}

#define CLOCK_COLUMNS "terminal, lead_ms, lead_at_ms, said_ms, said_at_ms"

/* What no clock says is damage, and nothing to count with. */
static int64_t time_column(struct db_stmt *stmt, int column)
{
    int64_t ms = db_column_int64(stmt, column);
    return ms > -TIME_MAX_MS && ms < TIME_MAX_MS ? ms : 0;
}

static struct terminal_clock clock_from_row(struct db_stmt *stmt)
{
    return (struct terminal_clock){
        .terminal = (uint32_t)db_column_int64(stmt, 0),
        .lead = {time_column(stmt, 1), time_column(stmt, 2)},
        .said = {time_column(stmt, 3), time_column(stmt, 4)},
    };
}

int terminal_clock_find(struct store_tx *tx, uint32_t terminal, struct terminal_clock *out_clock)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " CLOCK_COLUMNS " FROM terminal_clock WHERE terminal = ?1",
                         QUERY(Q_INT(terminal)), &stmt);
    if (rc == 0) {
        *out_clock = clock_from_row(stmt);
        db_stmt_close(stmt);
    } else if (rc == -ENOENT) {
        *out_clock = (struct terminal_clock){.terminal = terminal};
        rc = 0;
    }
    return rc;
}

static int write_clock(struct store_tx *tx, const struct terminal_clock *clock)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO terminal_clock (" CLOCK_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
                     QUERY(Q_INT(clock->terminal), Q_INT(clock->lead.ms), Q_INT(clock->lead.at_ms),
                           Q_INT(clock->said.ms), Q_INT(clock->said.at_ms)));
}

int terminal_clock_note_lead(struct store_tx *tx, uint32_t terminal, int64_t lead_ms)
{
    struct terminal_clock clock;
    int64_t ms = lead_ms > 0 ? lead_ms : 0;
    if (lead_ms < -TERMINAL_CLOCK_LIMIT_MS)
        return 0;
    int rc = terminal_clock_find(tx, terminal, &clock);
    if (rc < 0 || !terminal_clock_is_news(&clock.lead, ms, tx->now_ms))
        return rc;
    clock.lead = (struct terminal_clock_measure){ms, tx->now_ms};
    return write_clock(tx, &clock);
}

int terminal_clock_note_said(struct store_tx *tx, uint32_t terminal, int64_t said_ms)
{
    struct terminal_clock clock;
    int rc = terminal_clock_find(tx, terminal, &clock);
    if (rc < 0 || !terminal_clock_is_news(&clock.said, said_ms, tx->now_ms))
        return rc;
    clock.said = (struct terminal_clock_measure){said_ms, tx->now_ms};
    return write_clock(tx, &clock);
}

int terminal_clock_each_off(struct store_tx *tx, int64_t now_ms, terminal_clock_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " CLOCK_COLUMNS " FROM terminal_clock ORDER BY terminal", QUERY_NONE,
                        &stmt);
    if (rc < 0)
        return rc == -EPROTO ? 0 : rc; /* books that serve has not opened since */
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct terminal_clock clock = clock_from_row(stmt);
        rc = terminal_clock_is_off(&clock, now_ms) ? visit(context, &clock) : 0;
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
