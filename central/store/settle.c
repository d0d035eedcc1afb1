#include "central/store/settle.h"
#include "central/store/epoch.h"
#include "central/store/identity.h"
#include "central/store/rights_internal.h"
#include "central/store/uncovered.h"

#include <stdio.h>

/* Confirmed terminals that have not shown their end, or whose journal has not come that far. ?1: the epoch. */
#define MISSING                                                                                                        \
    " FROM terminal t LEFT JOIN journal_head h ON h.terminal = t.id AND h.incarnation = t.incarnation"                 \
    " WHERE t.state = 2 AND NOT EXISTS (SELECT 1 FROM catch_up c WHERE c.terminal = t.id AND c.epoch = ?1"             \
    " AND (c.forced = 1 OR c.seq <= coalesce(h.durable, 0)))"

int settle_begin(struct store_tx *tx, uint32_t epoch)
{
    int rc = store_meta_set(tx, META_SETTLING, epoch);
    return rc < 0 ? rc : grants_recall(tx);
}

/* 0: central does not wait. */
static int settling_epoch(struct store_tx *tx, int64_t *out_epoch)
{
    int64_t epoch = 0;
    int rc = store_meta_get(tx, META_SETTLING, &epoch);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_epoch = epoch;
    return 0;
}

int settle_waits(struct store_tx *tx, bool *out_waits)
{
    int64_t epoch = 0;
    int rc = settling_epoch(tx, &epoch);
    if (rc == 0)
        *out_waits = epoch != 0;
    return rc;
}

int settle_is_news(struct store_tx *tx, uint32_t terminal, uint64_t seq, bool *out_news)
{
    int64_t known = 0;
    bool waits = false, risk = false;
    int rc = settle_waits(tx, &waits);
    if (rc == 0)
        rc = settle_at_risk(tx, &risk);
    if (rc == 0 && (waits || risk)) {
        rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM catch_up WHERE terminal = ?1 AND epoch = ?2 AND forced = 0 AND seq <= ?3",
                          QUERY(Q_INT(terminal), Q_INT(store_server_epoch(tx->store)), Q_INT(seq)), &known);
        rc = rc == -ENOENT ? 0 : rc;
    }
    if (rc == 0)
        *out_news = (waits || risk) && known == 0;
    return rc;
}

static int note(struct store_tx *tx, uint32_t terminal, uint64_t seq, bool forced)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO catch_up (terminal, epoch, seq, forced) VALUES (?1, ?2, ?3, ?4)",
                     QUERY(Q_INT(terminal), Q_INT(store_server_epoch(tx->store)), Q_INT(seq), Q_INT(forced)));
}

int settle_note_shown(struct store_tx *tx, uint32_t terminal, uint64_t seq)
{
    bool news = false;
    int rc = settle_is_news(tx, terminal, seq, &news);
    if (rc == 0 && news)
        rc = note(tx, terminal, seq, false);
    return rc < 0 ? rc : settle_try(tx);
}

int settle_note_new(struct store_tx *tx, uint32_t terminal)
{
    return note(tx, terminal, 0, false);
}

static int place_rights(struct store_tx *tx)
{
    for (;;) {
        struct db_stmt *stmt = NULL;
        int rc = query_first(store_tx_db(tx), "SELECT campaign, serial FROM coupon WHERE lost = 1 LIMIT 1", QUERY_NONE,
                             &stmt);
        if (rc < 0)
            return rc == -ENOENT ? 0 : rc;
        struct coupon_id id = {(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
        db_stmt_close(stmt);
        struct coupon_row row;
        rc = coupon_row_find(tx, id, &row);
        if (rc == 0)
            rc = right_place(tx, &row);
        if (rc < 0)
            return rc;
    }
}

int settle_try(struct store_tx *tx)
{
    bool waits = false;
    int64_t missing = 0;
    int rc = settle_waits(tx, &waits);
    if (rc < 0 || !waits)
        return rc;
    rc =
        query_number(store_tx_db(tx), "SELECT count(*)" MISSING, QUERY(Q_INT(store_server_epoch(tx->store))), &missing);
    if (rc < 0 || missing > 0)
        return rc;
    rc = store_meta_set(tx, META_SETTLING, 0);
    if (rc == 0)
        rc = place_rights(tx);
    if (rc == 0)
        rc = share_place_all(tx);
    struct journal_fact fact = {.what = "restore settled", .number = store_server_epoch(tx->store)};
    return rc < 0 ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

int settle_at_risk(struct store_tx *tx, bool *out_risk)
{
    int64_t forced = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT EXISTS (SELECT 1 FROM catch_up WHERE forced = 1)", QUERY_NONE, &forced);
    if (rc == 0)
        *out_risk = forced != 0;
    return rc;
}

int settle_note_gone(struct store_tx *tx, uint32_t terminal)
{
    struct terminal gone = {0};
    int64_t shown = 0;
    bool waits = false;
    int rc = identity_find_terminal(tx, terminal, &gone);
    if (rc == 0)
        rc = uncovered_ask_again(tx, gone.store);
    if (rc == 0)
        rc = settle_waits(tx, &waits);
    if (rc < 0 || !waits)
        return rc;
    rc = query_number(store_tx_db(tx), "SELECT 1 FROM catch_up WHERE terminal = ?1 AND epoch = ?2",
                      QUERY(Q_INT(terminal), Q_INT(store_server_epoch(tx->store))), &shown);
    if (rc == -ENOENT)
        rc = note(tx, terminal, 0, true);
    return rc < 0 ? rc : settle_try(tx);
}

struct force {
    uint32_t only;
    uint32_t terminals[64];
    size_t count;
};

static int collect(void *context, const struct settle_missing *missing)
{
    struct force *force = context;
    if (force->only == 0 || force->only == missing->terminal)
        force->terminals[force->count++] = missing->terminal;
    return force->count == ARRAY_LEN(force->terminals) ? 1 : 0;
}

int settle_force(struct store_tx *tx, uint32_t terminal, const char *who, const char *why)
{
    struct force force = {.only = terminal};
    bool waits = false;
    int rc = settle_waits(tx, &waits);
    if (rc < 0 || !waits)
        return rc < 0 ? rc : -EALREADY;
    bool more = true;
    while (rc == 0 && more) {
        force.count = 0;
        rc = settle_each_missing(tx, collect, &force);
        more = rc > 0;
        for (size_t i = 0; i < force.count && rc >= 0; i++)
            rc = note(tx, force.terminals[i], 0, true);
    }
    struct journal_fact fact = {.who = who, .what = "no longer waited for", .why = why, .terminal = terminal};
    if (rc == 0)
        rc = journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc < 0 ? rc : settle_try(tx);
}

int settle_each_missing(struct store_tx *tx, settle_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int64_t epoch = 0;
    int rc = settling_epoch(tx, &epoch);
    if (rc < 0 || epoch == 0)
        return rc;
    rc = query_open(store_tx_db(tx),
                    "SELECT t.id, t.store, coalesce(h.durable, 0), t.last_contact_ms" MISSING " ORDER BY t.id",
                    QUERY(Q_INT(epoch)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct settle_missing missing = {
            .terminal = (uint32_t)db_column_int64(stmt, 0),
            .store = (uint32_t)db_column_int64(stmt, 1),
            .durable_through = (uint64_t)db_column_int64(stmt, 2),
            .last_contact_ms = db_column_int64(stmt, 3),
        };
        rc = visit(context, &missing);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

static int count_missing(void *context, const struct settle_missing *missing)
{
    uint32_t *count = context;
    (void)missing;
    (*count)++;
    return 0;
}

int settle_status(struct store_tx *tx, struct settle_status *out_status)
{
    struct settle_status status = {0};
    int rc = settle_waits(tx, &status.waits);
    if (rc == 0)
        rc = settle_at_risk(tx, &status.at_risk);
    if (rc == 0)
        rc = settle_each_missing(tx, count_missing, &status.missing);
    if (rc == 0)
        *out_status = status;
    return rc;
}

void settle_words(const struct settle_status *status, char out_words[SETTLE_WORDS_MAX])
{
    const char *risk = status->at_risk ? "; what is granted may be held by a terminal that was not waited for" : "";
    if (!status->waits)
        snprintf(out_words, SETTLE_WORDS_MAX, "nothing is waited for%s", risk);
    else if (status->missing == 0)
        snprintf(out_words, SETTLE_WORDS_MAX, "ends with the next word of any terminal%s", risk);
    else
        snprintf(out_words, SETTLE_WORDS_MAX, "waits for %u terminal%s%s", status->missing,
                 status->missing == 1 ? "" : "s", risk);
}
