#include "central/store/rights_displace.h"
#include "central/store/ledger.h"
#include "central/store/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHAT_DISPLACED "displaced by the right"

int displace_prevails(struct store_tx *tx, const struct coupon_row *row, const struct redemption *first,
                      bool *out_prevails)
{
    int64_t settled = first->voided;
    bool rightful = false;
    int rc = 0;
    if (tx->replay) { /* settled then, by what was known then */
        *out_prevails = tx->replay->displaces;
        return 0;
    }
    if (!settled)
        rc = query_number(
            store_tx_db(tx),
            "SELECT EXISTS (SELECT 1 FROM conflict WHERE c_terminal = ?1 AND c_incarnation = ?2 AND"
            " c_seq = ?3)",
            QUERY(Q_INT(first->record.terminal), Q_INT(first->record.incarnation), Q_INT(first->record.seq)), &settled);
    if (rc == 0 && !settled)
        rc = redemption_rightful(tx, row, &first->body, first->store, &rightful);
    if (rc == 0)
        *out_prevails = !settled && !rightful;
    return rc;
}

/* ---- what moves */

static void account_of(const char *kind, uint32_t campaign, char out_account[ACCOUNT_MAX])
{
    snprintf(out_account, ACCOUNT_MAX, "%s/%" PRIu32, kind, campaign);
}

/* Of a record and of what voided it. */
static int standing(struct store_tx *tx, struct record_id id, const char *account, int64_t *out_minor)
{
    return query_number(store_tx_db(tx),
                        "SELECT coalesce((SELECT sum(amount) FROM posting WHERE terminal = ?1 AND incarnation = ?2 AND"
                        " seq = ?3 AND account = ?4), 0) + coalesce((SELECT sum(p.amount) FROM voided v JOIN posting p"
                        " ON p.terminal = v.by_terminal AND p.incarnation = v.by_incarnation AND p.seq = v.by_seq"
                        " WHERE v.terminal = ?1 AND v.incarnation = ?2 AND v.seq = ?3 AND p.account = ?4), 0)",
                        QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq), Q_TEXT(account)), out_minor);
}

/* The sale of a redemption's act, if it has come: 0 in *out_seq where there is none. */
static int find_sale(struct store_tx *tx, struct record_id redemption, uint64_t *out_seq)
{
    struct db_stmt *stmt = NULL;
    struct body body;
    *out_seq = 0;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT seq, body FROM journal WHERE terminal = ?1 AND incarnation = ?2 AND seq > ?3 AND seq <= ?4"
                    " AND kind = ?5 ORDER BY seq LIMIT 1",
                    QUERY(Q_INT(redemption.terminal), Q_INT(redemption.incarnation), Q_INT(redemption.seq),
                          Q_INT(redemption.seq + RECORDS_ACT_MAX), Q_INT(RECORD_SALE)),
                    &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (body_decode(RECORD_SALE, db_column_blob(stmt, 1), &body) == 0 && body.sale.group <= redemption.seq)
        *out_seq = (uint64_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return 0;
}

static int booked(struct store_tx *tx, const struct conflict *conflict, int64_t *out_minor)
{
    struct record_id sale = conflict->record;
    int64_t minor = 0, of_sale = 0;
    char account[ACCOUNT_MAX];
    account_of("discount", conflict->coupon.campaign, account);
    int rc = standing(tx, conflict->record, account, &minor);
    if (rc == 0)
        rc = find_sale(tx, conflict->record, &sale.seq);
    if (rc == 0 && sale.seq != 0)
        rc = standing(tx, sale, account, &of_sale);
    if (rc == 0)
        *out_minor = minor + of_sale;
    return rc;
}

static void compute(const struct journal_fact *fact, struct postings *out)
{
    *out = (struct postings){.count = 0};
    if (!fact->what || strcmp(fact->what, WHAT_DISPLACED) != 0 || fact->amount_minor == 0)
        return;
    out->count = 2;
    out->items[0] = (struct posting){.unit = UNIT_CNY, .amount_minor = -fact->amount_minor};
    out->items[1] = (struct posting){.unit = UNIT_CNY, .amount_minor = fact->amount_minor};
    account_of("discount", fact->coupon.campaign, out->items[0].account);
    account_of("risk", fact->coupon.campaign, out->items[1].account);
}

bool displace_is_told(const struct record *record)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    return record->id.terminal == 0 && record->kind == RECORD_CONFLICT &&
           journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0 && fact.what &&
           strcmp(fact.what, WHAT_DISPLACED) == 0;
}

void displace_postings(const struct record *record, struct postings *out_postings)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    *out_postings = (struct postings){.count = 0};
    if (journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0)
        compute(&fact, out_postings);
}

struct journal_fact conflict_fact(const struct conflict *conflict)
{
    return (struct journal_fact){
        .store = conflict->store,
        .terminal = conflict->record.terminal,
        .member = conflict->member,
        .coupon = conflict->coupon,
        .use_no = conflict->use_no,
        .number = conflict->id,
        .amount_minor = conflict->discount_minor,
    };
}

/* The record that was just appended. */
static int own_last(struct store_tx *tx, struct record_id *out_id, uint64_t *out_position)
{
    struct record_id id = {0, store_tx_epoch(tx), 0};
    struct journal_marks marks;
    int64_t position = 0;
    int rc = journal_marks_read(tx, 0, id.incarnation, &marks);
    if (rc < 0)
        return rc;
    id.seq = marks.durable_through;
    rc = query_number(store_tx_db(tx),
                      "SELECT position FROM journal WHERE terminal = 0 AND incarnation = ?1 AND seq = ?2",
                      QUERY(Q_INT(id.incarnation), Q_INT(id.seq)), &position);
    if (rc < 0)
        return rc == -ENOENT ? -EUCLEAN : rc;
    *out_id = id;
    *out_position = (uint64_t)position;
    return 0;
}

int displace_move(struct store_tx *tx, struct conflict *conflict)
{
    struct journal_fact fact = conflict_fact(conflict);
    uint8_t loser[HASH_LEN], canonical[HASH_LEN];
    struct postings postings;
    struct record_id id;
    uint64_t position = 0;
    int rc = booked(tx, conflict, &fact.amount_minor);
    if (rc == 0)
        rc = journal_hash(tx, conflict->record, loser);
    if (rc == 0)
        rc = journal_hash(tx, conflict->canonical, canonical);
    fact.what = WHAT_DISPLACED;
    fact.evidence_a = loser;
    fact.evidence_b = canonical;
    if (rc == 0)
        rc = journal_append_central(tx, RECORD_CONFLICT, &fact);
    if (rc == 0)
        rc = own_last(tx, &id, &position);
    if (rc < 0)
        return rc;
    compute(&fact, &postings);
    conflict->displaced = position;
    return ledger_post(tx, id, &postings);
}

/* ---- asked later */

int displace_find(struct store_tx *tx, struct record_id by, struct record_id *out_displaced)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT terminal, incarnation, seq FROM conflict WHERE c_terminal = ?1 AND c_incarnation = ?2"
                         " AND c_seq = ?3 AND displaced != 0",
                         QUERY(Q_INT(by.terminal), Q_INT(by.incarnation), Q_INT(by.seq)), &stmt);
    if (rc < 0)
        return rc;
    *out_displaced = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                        (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    return 0;
}

#define POSITION_OF(a, b, c)                                                                                           \
    "coalesce((SELECT position FROM journal WHERE terminal = " a " AND incarnation = " b " AND seq = " c "), 0)"

int displace_is_risk(struct store_tx *tx, const struct displace_look *look, bool *out_risk)
{
    int64_t risk = 0;
    int rc = query_number(
        store_tx_db(tx),
        "SELECT EXISTS (SELECT 1 FROM conflict WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3"
        " AND (displaced = 0 OR displaced < max(" POSITION_OF("?4", "?5", "?6") ", " POSITION_OF("?7", "?8",
                                                                                                 "?9") ")))",
        QUERY(Q_INT(look->redemption.terminal), Q_INT(look->redemption.incarnation), Q_INT(look->redemption.seq),
              Q_INT(look->record.terminal), Q_INT(look->record.incarnation), Q_INT(look->record.seq),
              Q_INT(look->target.terminal), Q_INT(look->target.incarnation), Q_INT(look->target.seq)),
        &risk);
    if (rc == 0)
        *out_risk = risk != 0;
    return rc;
}
