#include "central/store/programme.h"

#include "central/store/identity.h"
#include "central/store/ledger.h"
#include "central/store/query.h"
#include "domain/money.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHAT_SETTLED   "settled"
#define RECORDS_A_TIME 20000 /* in one snapshot */

static int journal_programme(struct store_tx *tx, const char *what, uint32_t programme, uint32_t brand)
{
    struct journal_fact fact = {.what = what, .number = programme, .brand = brand};
    return journal_append_central(tx, RECORD_PROGRAMME, &fact);
}

int programme_add(struct store_tx *tx, const struct programme *programme, uint32_t *out_id)
{
    uint64_t id = 0;
    int rc = store_next_number(tx, "programme", &id);
    if (rc == 0)
        rc = query_run(store_tx_write(tx), "INSERT INTO programme (id, name_zh, name_en) VALUES (?, ?, ?)",
                       QUERY(Q_INT(id), Q_TEXT(programme->name_zh), Q_TEXT(programme->name_en)));
    if (rc == 0)
        rc = journal_programme(tx, "added", (uint32_t)id, 0);
    if (rc == 0)
        *out_id = (uint32_t)id;
    return rc;
}

static void read_programme(struct db_stmt *stmt, struct programme *out)
{
    *out = (struct programme){.id = (uint32_t)db_column_int64(stmt, 0)};
    query_column_text(stmt, 1, out->name_zh, sizeof(out->name_zh));
    query_column_text(stmt, 2, out->name_en, sizeof(out->name_en));
}

int programme_find(struct store_tx *tx, uint32_t id, struct programme *out_programme)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT id, name_zh, name_en FROM programme WHERE id = ?", QUERY(Q_INT(id)),
                         &stmt);
    if (rc < 0)
        return rc;
    read_programme(stmt, out_programme);
    db_stmt_close(stmt);
    return 0;
}

int programme_each(struct store_tx *tx, programme_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT id, name_zh, name_en FROM programme ORDER BY id", QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct programme programme;
        read_programme(stmt, &programme);
        rc = visit(context, &programme);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- brands */

int programme_of_brand(struct store_tx *tx, uint32_t brand, uint32_t *out_programme)
{
    int64_t programme = 0;
    int rc = query_number(store_tx_db(tx), "SELECT programme FROM programme_brand WHERE brand = ?", QUERY(Q_INT(brand)),
                          &programme);
    if (rc == 0)
        *out_programme = (uint32_t)programme;
    return rc;
}

int programme_each_brand(struct store_tx *tx, uint32_t programme, programme_brand_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT brand FROM programme_brand WHERE programme = ? ORDER BY brand",
                        QUERY(Q_INT(programme)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint32_t)db_column_int64(stmt, 0));
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

struct joining {
    struct store_tx *tx;
    uint32_t programme, brand;
};

static int join_shop(void *context, const struct shop *shop)
{
    const struct joining *joining = context;
    if (shop->brand != joining->brand)
        return 0;
    struct shop changed = *shop;
    changed.credit_owner = (struct owner){OWNER_PROGRAMME, joining->programme};
    return identity_update_shop(joining->tx, &changed);
}

int programme_join(struct store_tx *tx, uint32_t programme, uint32_t brand)
{
    struct programme found;
    struct brand joins;
    struct joining joining = {tx, programme, brand};
    int64_t count = 0;
    int rc = programme_find(tx, programme, &found);
    if (rc == 0)
        rc = identity_find_brand(tx, brand, &joins);
    if (rc == 0)
        rc = query_number(store_tx_db(tx), "SELECT count(*) FROM programme_brand WHERE programme = ?",
                          QUERY(Q_INT(programme)), &count);
    if (rc == 0 && count >= PROGRAMME_BRANDS_MAX)
        return -ENOSPC;
    if (rc == 0)
        rc = query_run(store_tx_write(tx), "INSERT INTO programme_brand (brand, programme, joined_ms) VALUES (?, ?, ?)",
                       QUERY(Q_INT(brand), Q_INT(programme), Q_INT(tx->now_ms)));
    if (rc == 0)
        rc = journal_programme(tx, "joined", programme, brand);
    return rc < 0 ? rc : identity_each_shop(tx, join_shop, &joining);
}

/* ---- the month */

int programme_month_parse(const char *text, struct programme_month *out_month)
{
    struct programme_month month;
    unsigned year = 0, number = 0;
    char next[16];
    int used = 0;
    int64_t end_s = 0;
    if (sscanf(text, "%4u-%2u%n", &year, &number, &used) != 2 || used != 7 || text[7] || number < 1 || number > 12)
        return -EINVAL;
    snprintf(next, sizeof(next), "%04u-%02u-01", number == 12 ? year + 1 : year, number == 12 ? 1 : number + 1);
    if (time_parse_day(next, &end_s) < 0)
        return -EINVAL;
    snprintf(month.text, sizeof(month.text), "%.7s", text);
    month.end_ms = end_s * 1000;
    *out_month = month;
    return 0;
}

struct settled { /* the last month that was closed */
    int64_t end_ms, position;
};

static int last_settled(struct store_tx *tx, uint32_t programme, struct settled *out_last)
{
    struct db_stmt *stmt = NULL;
    *out_last = (struct settled){0, 0};
    int rc = query_first(store_tx_db(tx),
                         "SELECT end_ms, position FROM settlement WHERE programme = ? ORDER BY end_ms DESC LIMIT 1",
                         QUERY(Q_INT(programme)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    *out_last = (struct settled){db_column_int64(stmt, 0), db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    return 0;
}

/*
 * Credit is given out against issued/<owner>; what a record does to the programme's other accounts besides is what was
 * taken in; what expired is neither. Records count for the brand of the store whose terminal wrote them. In order of
 * arrival, so that a month is read in pieces.
 */
#define OPEN_LINES                                                                                                     \
    "SELECT s.brand, -coalesce(sum(p.amount) FILTER (WHERE p.account = ?1), 0), -coalesce(sum(p.amount), 0) FROM "     \
    "journal AS j CROSS JOIN posting AS p USING (terminal, incarnation, seq) CROSS JOIN shop AS s ON s.id = j.store "  \
    "WHERE j.position > ?7 AND j.position <= ?8 AND p.unit = 2 AND (p.account = ?1 OR substr(p.account, 1, "           \
    "length(?2)) = ?2 OR substr(p.account, 1, length(?3)) = ?3 OR substr(p.account, 1, length(?4)) = ?4 OR p.account " \
    "= "                                                                                                               \
    "?10) AND (j.hlc "                                                                                                 \
    ">> 16) < ?5 AND ((j.hlc >> 16) >= ?6 OR j.position > ?9) GROUP BY s.brand"

/* A store that changed its brand, or a brand that never joined, has no line. */
static int add_line(struct programme_sums *sums, const struct programme_line *part)
{
    for (size_t i = 0; i < sums->count; i++) {
        struct programme_line *line = &sums->lines[i];
        if (line->brand != part->brand)
            continue;
        int rc = money_add(line->earned_minor, part->earned_minor, &line->earned_minor);
        return rc < 0 ? rc : money_add(line->spent_minor, part->spent_minor, &line->spent_minor);
    }
    return 0;
}

static int keep_brand(void *context, uint32_t brand)
{
    struct programme_sums *sums = context;
    if (sums->count == ARRAY_LEN(sums->lines))
        return -ENOSPC;
    sums->lines[sums->count++] = (struct programme_line){.brand = brand};
    return 0;
}

static int add_range(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                     struct programme_sums *sums, uint64_t to)
{
    char issued[ACCOUNT_MAX], credit[ACCOUNT_MAX], receivable[ACCOUNT_MAX], risk[ACCOUNT_MAX], expired[ACCOUNT_MAX];
    struct db_stmt *stmt = NULL;
    struct settled last;
    snprintf(issued, sizeof(issued), "issued/p%" PRIu32, programme);
    snprintf(credit, sizeof(credit), "credit/p%" PRIu32 "/", programme);
    snprintf(receivable, sizeof(receivable), "receivable/p%" PRIu32 "/", programme);
    snprintf(expired, sizeof(expired), "expired/p%" PRIu32, programme);
    snprintf(risk, sizeof(risk), "risk/credit/p%" PRIu32 "/", programme);
    int rc = last_settled(tx, programme, &last);
    if (rc == 0)
        rc = query_open(store_tx_db(tx), OPEN_LINES,
                        QUERY(Q_TEXT(issued), Q_TEXT(credit), Q_TEXT(receivable), Q_TEXT(risk), Q_INT(month->end_ms),
                              Q_INT(last.end_ms), Q_INT(sums->through), Q_INT(to), Q_INT(last.position),
                              Q_TEXT(expired)),
                        &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct programme_line part = {(uint32_t)db_column_int64(stmt, 0), db_column_int64(stmt, 1),
                                      db_column_int64(stmt, 2)};
        rc = add_line(sums, &part);
    }
    db_stmt_close(stmt);
    if (rc == 0)
        sums->through = to;
    return rc;
}

/* Nothing of an open month stands before what arrived a day before the last one ended (HLC_MAX_LEAD_MS). */
static int begin_sums(struct store_tx *tx, uint32_t programme, struct programme_sums *sums)
{
    struct settled last;
    int64_t position = 0;
    int rc = last_settled(tx, programme, &last);
    if (rc == 0 && last.end_ms > 0)
        rc = query_number(
            store_tx_db(tx),
            "SELECT coalesce((SELECT position FROM journal WHERE received_ms < ? AND position <= ? ORDER BY "
            "position DESC LIMIT 1), 0)",
            QUERY(Q_INT(last.end_ms - HLC_MAX_LEAD_MS), Q_INT(last.position)), &position);
    *sums = (struct programme_sums){.through = (uint64_t)position, .begun = true};
    return rc < 0 ? rc : programme_each_brand(tx, programme, keep_brand, sums);
}

static int journal_end(struct store_tx *tx, uint64_t *out_position)
{
    int64_t position = 0;
    int rc = query_number(store_tx_db(tx), "SELECT coalesce(max(position), 0) FROM journal", QUERY_NONE, &position);
    if (rc == 0)
        *out_position = (uint64_t)position;
    return rc;
}

static int may_settle(struct store_tx *tx, uint32_t programme, const struct programme_month *month)
{
    struct programme found;
    struct settled last;
    int rc = programme_find(tx, programme, &found);
    if (rc == 0)
        rc = last_settled(tx, programme, &last);
    if (rc == 0 && last.end_ms >= month->end_ms)
        return -EEXIST;
    return rc == 0 && tx->now_ms < month->end_ms ? -EAGAIN : rc;
}

int programme_add_up(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                     struct programme_sums *sums, bool *out_more)
{
    uint64_t end = 0;
    int rc = may_settle(tx, programme, month);
    if (rc == 0 && !sums->begun)
        rc = begin_sums(tx, programme, sums);
    if (rc == 0)
        rc = journal_end(tx, &end);
    bool more = rc == 0 && end - sums->through > RECORDS_A_TIME;
    if (rc == 0)
        rc = add_range(tx, programme, month, sums, more ? sums->through + RECORDS_A_TIME : end);
    if (rc == 0)
        *out_more = more;
    return rc;
}

static int each_open_line(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                          programme_line_visit visit, void *context)
{
    struct programme_sums sums;
    uint64_t end = 0;
    int rc = begin_sums(tx, programme, &sums);
    if (rc == 0)
        rc = journal_end(tx, &end);
    if (rc == 0)
        rc = add_range(tx, programme, month, &sums, end);
    for (size_t i = 0; rc == 0 && i < sums.count; i++)
        rc = visit(context, &sums.lines[i]);
    return rc;
}

static int each_line(struct db_stmt *stmt, programme_line_visit visit, void *context)
{
    int rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct programme_line line = {.brand = (uint32_t)db_column_int64(stmt, 0),
                                      .earned_minor = db_column_int64(stmt, 1),
                                      .spent_minor = db_column_int64(stmt, 2)};
        rc = visit(context, &line);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

static int each_settled_line(struct store_tx *tx, uint32_t programme, const char *month, programme_line_visit visit,
                             void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT brand, earned, spent FROM settlement_line WHERE programme = ? AND month = ? ORDER BY brand",
                   QUERY(Q_INT(programme), Q_TEXT(month)), &stmt);
    return rc < 0 ? rc : each_line(stmt, visit, context);
}

int programme_is_settled(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                         bool *out_settled)
{
    int64_t end_ms = 0;
    int rc = query_number(store_tx_db(tx), "SELECT end_ms FROM settlement WHERE programme = ? AND month = ?",
                          QUERY(Q_INT(programme), Q_TEXT(month->text)), &end_ms);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_settled = rc == 0;
    return 0;
}

int programme_statement(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                        programme_line_visit visit, void *context)
{
    bool settled = false;
    int rc = programme_is_settled(tx, programme, month, &settled);
    if (rc < 0)
        return rc;
    return settled ? each_settled_line(tx, programme, month->text, visit, context)
                   : each_open_line(tx, programme, month, visit, context);
}

/* ---- closing */

struct closing {
    struct store_tx *tx;
    uint32_t programme;
    const char *month;
};

static void add(struct postings *postings, const char *account, int64_t amount_minor)
{
    struct posting *posting = &postings->items[postings->count++];
    *posting = (struct posting){.unit = UNIT_CNY, .amount_minor = amount_minor};
    snprintf(posting->account, sizeof(posting->account), "%s", account);
}

static void compute(const struct journal_fact *fact, struct postings *out)
{
    char settlement[ACCOUNT_MAX], clearing[ACCOUNT_MAX];
    *out = (struct postings){.count = 0};
    if (!fact->what || strcmp(fact->what, WHAT_SETTLED) != 0 || fact->amount_minor == 0)
        return;
    snprintf(settlement, sizeof(settlement), "settlement/p%" PRIu64 "/b%" PRIu32, fact->number, fact->brand);
    snprintf(clearing, sizeof(clearing), "clearing/p%" PRIu64, fact->number);
    add(out, settlement, fact->amount_minor);
    add(out, clearing, -fact->amount_minor);
}

void programme_postings(const struct record *record, struct postings *out_postings)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    *out_postings = (struct postings){.count = 0};
    if (journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0)
        compute(&fact, out_postings);
}

static int book_line(struct closing *closing, const struct programme_line *line)
{
    struct postings postings;
    struct journal_marks marks;
    uint32_t incarnation = store_server_epoch(closing->tx->store);
    struct journal_fact fact = {
        .key = closing->month, .what = WHAT_SETTLED, .number = closing->programme, .brand = line->brand};
    int rc = money_sub(line->spent_minor, line->earned_minor, &fact.amount_minor);
    if (rc == 0)
        rc = journal_append_central(closing->tx, RECORD_PROGRAMME, &fact);
    if (rc == 0)
        rc = journal_marks_read(closing->tx, 0, incarnation, &marks);
    if (rc < 0)
        return rc;
    compute(&fact, &postings);
    return ledger_post(closing->tx, (struct record_id){0, incarnation, marks.durable_through}, &postings);
}

static int close_line(struct closing *closing, const struct programme_line *line)
{
    int rc = query_run(store_tx_write(closing->tx),
                       "INSERT INTO settlement_line (programme, month, brand, earned, spent) VALUES (?, ?, ?, ?, ?)",
                       QUERY(Q_INT(closing->programme), Q_TEXT(closing->month), Q_INT(line->brand),
                             Q_INT(line->earned_minor), Q_INT(line->spent_minor)));
    return rc < 0 ? rc : book_line(closing, line);
}

int programme_settle(struct store_tx *tx, uint32_t programme, const struct programme_month *month,
                     const struct programme_sums *before)
{
    struct closing closing = {.tx = tx, .programme = programme, .month = month->text};
    struct programme_sums sums = *before; /* all of it before the first is booked: booking adds postings */
    uint64_t end = 0;
    int rc = may_settle(tx, programme, month);
    if (rc == 0 && !sums.begun)
        rc = begin_sums(tx, programme, &sums);
    if (rc == 0)
        rc = journal_end(tx, &end);
    if (rc == 0)
        rc = add_range(tx, programme, month, &sums, end);
    for (size_t i = 0; rc == 0 && i < sums.count; i++)
        rc = close_line(&closing, &sums.lines[i]);
    return rc < 0 ? rc
                  : query_run(store_tx_write(tx),
                              "INSERT INTO settlement (programme, month, end_ms, position) VALUES (?, ?, ?, ?)",
                              QUERY(Q_INT(programme), Q_TEXT(month->text), Q_INT(month->end_ms), Q_INT(end)));
}
