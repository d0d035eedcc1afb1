#include "central/store/terminal_clock.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool over_limit(int64_t ms)
{
    return ms > TERMINAL_CLOCK_LIMIT_MS || ms < -TERMINAL_CLOCK_LIMIT_MS;
}

static bool said_counts(const struct terminal_clock *clock, int64_t now_ms)
{
    return over_limit(clock->said_ms) && now_ms - clock->said_at_ms < TERMINAL_CLOCK_KEEP_MS;
}

bool terminal_clock_is_off(const struct terminal_clock *clock, int64_t now_ms)
{
    return over_limit(clock->lead_ms) || said_counts(clock, now_ms);
}

bool terminal_clock_is_news(int64_t known_ms, int64_t now_ms)
{
    int64_t moved_ms = now_ms - known_ms;
    return over_limit(known_ms) != over_limit(now_ms) || moved_ms > TERMINAL_CLOCK_STEP_MS ||
           moved_ms < -TERMINAL_CLOCK_STEP_MS;
}

void terminal_clock_words(const struct terminal_clock *clock, int64_t now_ms, char out_words[TERMINAL_CLOCK_WORDS])
{
    char at[24];
    int len = 0;
    out_words[0] = '\0';
    if (over_limit(clock->lead_ms)) {
        time_format_minute(clock->lead_at_ms, at, sizeof(at));
        len = snprintf(out_words, TERMINAL_CLOCK_WORDS, "its records were %" PRId64 " min ahead (%s)",
                       clock->lead_ms / 60000, at);
    }
    if (said_counts(clock, now_ms)) {
        time_format_minute(clock->said_at_ms, at, sizeof(at));
        snprintf(out_words + len, TERMINAL_CLOCK_WORDS - (size_t)len, "%sits own clock was %" PRId64 " min %s (%s)",
                 len > 0 ? ", " : "", (int64_t)llabs(clock->said_ms) / 60000, clock->said_ms < 0 ? "behind" : "ahead",
                 at);
    }
}

#define CLOCK_COLUMNS "terminal, lead_ms, lead_at_ms, said_ms, said_at_ms"

static struct terminal_clock clock_from_row(struct db_stmt *stmt)
{
    return (struct terminal_clock){
        .terminal = (uint32_t)db_column_int64(stmt, 0),
        .lead_ms = db_column_int64(stmt, 1),
        .lead_at_ms = db_column_int64(stmt, 2),
        .said_ms = db_column_int64(stmt, 3),
        .said_at_ms = db_column_int64(stmt, 4),
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
                     QUERY(Q_INT(clock->terminal), Q_INT(clock->lead_ms), Q_INT(clock->lead_at_ms),
                           Q_INT(clock->said_ms), Q_INT(clock->said_at_ms)));
}

int terminal_clock_note_lead(struct store_tx *tx, uint32_t terminal, int64_t lead_ms)
{
    struct terminal_clock clock;
    int rc = terminal_clock_find(tx, terminal, &clock);
    if (rc < 0 || !terminal_clock_is_news(clock.lead_ms, lead_ms))
        return rc;
    clock.lead_ms = lead_ms;
    clock.lead_at_ms = tx->now_ms;
    return write_clock(tx, &clock);
}

int terminal_clock_note_said(struct store_tx *tx, uint32_t terminal, int64_t said_ms)
{
    struct terminal_clock clock;
    int rc = terminal_clock_find(tx, terminal, &clock);
    bool again = tx->now_ms - clock.said_at_ms >= TERMINAL_CLOCK_AGAIN_MS;
    if (rc < 0 || (!again && !terminal_clock_is_news(clock.said_ms, said_ms)))
        return rc;
    clock.said_ms = said_ms;
    clock.said_at_ms = tx->now_ms;
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
