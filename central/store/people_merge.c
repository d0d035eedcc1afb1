#include "central/store/people_merge.h"

#include "central/store/journal.h"
#include "central/store/merge_credit.h"
#include "central/store/people_merge_items.h"
#include "central/store/people_privacy.h"
#include "central/store/programme.h"
#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define MERGED_STATE 2

/* ---- which number */

int people_survivor(struct store_tx *tx, uint64_t member, uint64_t *out_survivor)
{
    uint64_t at = member, next = 0;
    int rc = member ? merge_credit_heir(tx, at, &next) : 0;
    for (int i = 0; rc == 0 && next && i < MERGE_CHAIN_MAX; i++) {
        at = next;
        rc = merge_credit_heir(tx, at, &next);
    }
    if (rc == 0) {
        *out_survivor = at;
    }
    return rc;
}

int people_each_former(struct store_tx *tx, uint64_t member, people_former_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "WITH RECURSIVE former(id) AS (SELECT id FROM member WHERE merged_into = ?1 AND merged_into != 0"
                   " UNION SELECT m.id FROM former AS f CROSS JOIN member AS m ON m.merged_into = f.id AND "
                   "m.merged_into != 0) SELECT id FROM former ORDER BY id",
                   QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint64_t)db_column_int64(stmt, 0));
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- merging */

static int same_programme(struct store_tx *tx, uint32_t a, uint32_t b)
{
    uint32_t of_a = 0, of_b = 0;
    if (a == b) {
        return 0;
    }
    int rc = programme_of_brand(tx, a, &of_a);
    rc = rc ? rc : programme_of_brand(tx, b, &of_b);
    if (rc == 0) {
        return of_a == of_b ? 0 : -EXDEV;
    }
    return rc == -ENOENT ? -EXDEV : rc;
}

struct pair {
    struct member survivor, absorbed;
};

static int find_pair(struct store_tx *tx, uint64_t survivor, uint64_t absorbed, struct pair *out)
{
    if (survivor == absorbed) {
        return -EINVAL;
    }
    int rc = people_find_member(tx, survivor, &out->survivor);
    rc = rc ? rc : people_find_member(tx, absorbed, &out->absorbed);
    if (rc == 0 && (out->survivor.erased || out->absorbed.erased)) {
        rc = -EPERM;
    }
    return rc ? rc : same_programme(tx, out->survivor.brand, out->absorbed.brand);
}

int people_merge_check(struct store_tx *tx, const struct merge_order *order)
{
    struct pair pair;
    return find_pair(tx, order->survivor, order->absorbed, &pair);
}

static int insert_merge(struct store_tx *tx, const struct merge_order *order, uint64_t *out_id)
{
    int rc = store_next_number(tx, "merge", out_id);
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "INSERT INTO member_merge (id, survivor, absorbed, at_ms, who, evidence, undone_ms) VALUES "
                          "(?, ?, ?, ?, ?, ?, 0)",
                          QUERY(Q_INT(*out_id), Q_INT(order->survivor), Q_INT(order->absorbed), Q_INT(tx->now_ms),
                                Q_TEXT(order->who ? order->who : ""), Q_TEXT(order->evidence)));
}

/* Whoever said no to being chosen said it as one person. */
static int keep_no(struct store_tx *tx, const struct pair *pair)
{
    bool a = false, b = false;
    int rc = people_is_personal(tx, pair->survivor.id, &a);
    rc = rc ? rc : people_is_personal(tx, pair->absorbed.id, &b);
    return rc || !a || b ? rc : people_change_consent(tx, pair->survivor.id, CONSENT_PERSONAL, false, NULL);
}

static int tell_one(struct store_tx *tx, uint64_t member, uint32_t store)
{
    struct member now;
    int rc = people_find_member(tx, member, &now);
    return rc ? rc : people_tell_store(tx, &now, store ? store : now.home_store);
}

/* The home stores of both hear of both: either card may be shown in either. */
static int tell_stores(struct store_tx *tx, const struct pair *pair)
{
    int rc = tell_one(tx, pair->survivor.id, 0);
    rc = rc ? rc : tell_one(tx, pair->absorbed.id, 0);
    if (pair->survivor.home_store != pair->absorbed.home_store && pair->survivor.brand == pair->absorbed.brand) {
        rc = rc ? rc : tell_one(tx, pair->absorbed.id, pair->survivor.home_store);
    }
    return rc;
}

static int journal_merge(struct store_tx *tx, const struct pair *pair, struct journal_fact fact)
{
    fact.brand = pair->survivor.brand;
    fact.store = pair->survivor.home_store;
    fact.member = pair->survivor.id;
    fact.number = pair->absorbed.id;
    return journal_append_central(tx, RECORD_MEMBER_MERGED, &fact);
}

int people_merge(struct store_tx *tx, const struct merge_order *order, uint64_t *out_merge)
{
    struct pair pair;
    uint64_t id = 0;
    int rc = find_pair(tx, order->survivor, order->absorbed, &pair);
    rc = rc ? rc : insert_merge(tx, order, &id);
    struct merge_items items = {tx, id, order->survivor, order->absorbed};
    rc = rc ? rc : keep_no(tx, &pair);
    rc = rc ? rc : merge_items_move(&items);
    rc = rc ? rc
            : query_run(store_tx_write(tx), "UPDATE member SET erased = ?, merged_into = ? WHERE id = ?",
                        QUERY(Q_INT(MERGED_STATE), Q_INT(order->survivor), Q_INT(order->absorbed)));
    rc = rc ? rc
            : journal_merge(tx, &pair,
                            (struct journal_fact){.who = order->who, .what = "merged", .why = order->evidence});
    rc = rc ? rc : tell_stores(tx, &pair);
    rc = rc ? rc : merge_credit_follow(tx, order->absorbed);
    if (rc == 0) {
        *out_merge = id;
    }
    return rc;
}

/* ---- and back */

static int find_merge(struct store_tx *tx, uint64_t id, struct merge_row *out);

/* It stands, nobody of it is gone, and nothing was built upon it. */
static int may_undo(struct store_tx *tx, const struct merge_row *row, struct pair *out)
{
    int rc = row->undone_ms ? -EALREADY : people_find_member(tx, row->survivor, &out->survivor);
    rc = rc ? rc : people_find_member(tx, row->absorbed, &out->absorbed);
    if (rc == 0 && out->survivor.merged_into) {
        return -EBUSY;
    }
    int64_t state = 0;
    rc = rc ? rc
            : query_number(store_tx_db(tx), "SELECT erased FROM member WHERE id = ?", QUERY(Q_INT(row->absorbed)),
                           &state);
    return rc == 0 && (out->survivor.erased || state != MERGED_STATE) ? -EPERM : rc;
}

int people_unmerge(struct store_tx *tx, uint64_t merge, const char *who, const char *why)
{
    struct merge_row row;
    struct pair pair;
    int rc = find_merge(tx, merge, &row);
    rc = rc ? rc : may_undo(tx, &row, &pair);
    struct merge_items items = {tx, merge, row.survivor, row.absorbed};
    rc = rc ? rc
            : query_run(store_tx_write(tx), "UPDATE member SET erased = 0, merged_into = 0 WHERE id = ?",
                        QUERY(Q_INT(row.absorbed)));
    rc = rc ? rc : merge_items_return(&items);
    rc = rc ? rc : merge_credit_undo(tx, row.survivor, row.absorbed);
    rc = rc ? rc
            : query_run(store_tx_write(tx), "UPDATE member_merge SET undone_ms = ? WHERE id = ?",
                        QUERY(Q_INT(tx->now_ms), Q_INT(merge)));
    rc = rc ? rc : journal_merge(tx, &pair, (struct journal_fact){.who = who, .what = "undone", .why = why});
    return rc ? rc : tell_stores(tx, &pair);
}

/* ---- the list */

#define COLUMNS "id, survivor, absorbed, at_ms, undone_ms, who, evidence"

static void read_row(struct db_stmt *stmt, struct merge_row *out)
{
    *out = (struct merge_row){.id = (uint64_t)db_column_int64(stmt, 0),
                              .survivor = (uint64_t)db_column_int64(stmt, 1),
                              .absorbed = (uint64_t)db_column_int64(stmt, 2),
                              .at_ms = db_column_int64(stmt, 3),
                              .undone_ms = db_column_int64(stmt, 4)};
    query_column_text(stmt, 5, out->who, sizeof(out->who));
    query_column_text(stmt, 6, out->evidence, sizeof(out->evidence));
}

static int find_merge(struct store_tx *tx, uint64_t id, struct merge_row *out)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM member_merge WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out);
        db_stmt_close(stmt);
    }
    return rc;
}

int people_each_merge(struct store_tx *tx, uint64_t member, uint32_t limit, people_merge_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT " COLUMNS " FROM member_merge WHERE ?1 = 0 OR survivor = ?1 OR absorbed = ?1 ORDER BY id "
                   "DESC LIMIT ?2",
                   QUERY(Q_INT(member), Q_INT(limit)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct merge_row row;
        read_row(stmt, &row);
        rc = visit(context, &row);
    }
    db_stmt_close(stmt);
    return rc;
}
