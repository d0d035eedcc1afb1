#include "central/store/people_activity.h"

#include "central/store/journal.h"
#include "central/store/merge_credit.h"
#include "central/store/people_merge.h"
#include "central/store/query.h"
#include "central/store/rights_displace.h"
#include "domain/money.h"

#include <inttypes.h>

int people_find_activity(struct store_tx *tx, uint64_t member, struct activity *out_activity)
{
    struct db_stmt *stmt = NULL;
    *out_activity = (struct activity){0};
    int rc = query_first(store_tx_db(tx),
                         "SELECT purchases, redemptions, spent, visited_ms, bought_ms, redeemed_ms, acted_ms FROM "
                         "member_activity WHERE member = ?",
                         QUERY(Q_INT(member)), &stmt);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    *out_activity = (struct activity){.purchases = (uint64_t)db_column_int64(stmt, 0),
                                      .redemptions = (uint64_t)db_column_int64(stmt, 1),
                                      .spent_minor = db_column_int64(stmt, 2),
                                      .visited_ms = db_column_int64(stmt, 3),
                                      .bought_ms = db_column_int64(stmt, 4),
                                      .redeemed_ms = db_column_int64(stmt, 5),
                                      .acted_ms = db_column_int64(stmt, 6)};
    db_stmt_close(stmt);
    return 0;
}

/* ---- from records */

static bool is_act(uint16_t kind)
{
    return kind == RECORD_SALE || kind == RECORD_REDEMPTION || kind == RECORD_CREDIT_EARN ||
           kind == RECORD_CREDIT_SPEND || kind == RECORD_CREDIT_EXPIRED || kind == RECORD_VOID;
}

/* What one act changes; a void changes it back, but the visit took place. */
struct change {
    uint64_t member;
    int sign; /* 1, -1 */
    int purchases, redemptions;
    int64_t spent_minor;
    int64_t at_ms; /* 0: leaves the times */
};

/* The row is made for members who are there only: an erased one gets none. Times only move on. */
static int change_row(struct store_tx *tx, const struct change *c, uint64_t member)
{
    int64_t at_ms = c->at_ms > tx->now_ms ? tx->now_ms : c->at_ms;
    int64_t bought_ms = c->purchases ? at_ms : 0, redeemed_ms = c->redemptions ? at_ms : 0;
    return query_run(
        store_tx_write(tx),
        "INSERT INTO member_activity (member, purchases, spent, redemptions, visited_ms, bought_ms, redeemed_ms, "
        "acted_ms) SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?5 FROM member WHERE id = ?1 AND erased != 1 ON CONFLICT "
        "(member) "
        "DO UPDATE SET purchases = purchases + excluded.purchases, spent = spent + excluded.spent, redemptions = "
        "redemptions + excluded.redemptions, visited_ms = max(visited_ms, excluded.visited_ms), bought_ms = "
        "max(bought_ms, excluded.bought_ms), redeemed_ms = max(redeemed_ms, excluded.redeemed_ms), acted_ms = "
        "max(acted_ms, excluded.acted_ms)",
        QUERY(Q_INT(member), Q_INT(c->sign * c->purchases), Q_INT(c->sign * c->spent_minor),
              Q_INT(c->sign * c->redemptions), Q_INT(at_ms), Q_INT(bought_ms), Q_INT(redeemed_ms)));
}

/* Of a number that became part of another one: its own row goes on beside the survivor's, so that they can be two
 * again. */
static int apply_change(struct store_tx *tx, const struct change *c)
{
    uint64_t survivor = 0;
    int rc = people_survivor(tx, c->member, &survivor);
    rc = rc ? rc : change_row(tx, c, survivor);
    return rc || survivor == c->member ? rc : change_row(tx, c, c->member);
}

static bool change_of(const struct body *body, struct change *out)
{
    *out = (struct change){.sign = 1};
    if (body->kind == RECORD_SALE) {
        out->member = body->sale.member;
        out->purchases = 1;
        out->at_ms = body->sale.business_ms;
        if (money_sub(body->sale.gross_minor, body->sale.discount_minor, &out->spent_minor) < 0) {
            return false;
        }
    } else if (body->kind == RECORD_REDEMPTION) {
        out->member = body->redemption.member;
        out->redemptions = 1;
        out->at_ms = body->redemption.business_ms;
    }
    return out->member != 0;
}

static int is_there(struct store_tx *tx, const char *sql, struct query_values values, bool *out_there)
{
    int64_t found = 0;
    int rc = query_number(store_tx_db(tx), sql, values, &found);
    if (rc == 0 || rc == -ENOENT) {
        *out_there = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

/* A record of which the books say that it cannot be, or that lost against another, is no act of a member's. */
static int counts(struct store_tx *tx, struct record_id id, bool *out_counts)
{
    bool there = false;
    int rc = is_there(tx,
                      "SELECT 1 FROM record_problem WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3 UNION ALL "
                      "SELECT 1 FROM conflict WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                      QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &there);
    *out_counts = !there;
    return rc;
}

/* Voided before it came: its void has found nothing to take back. */
static int was_voided(struct store_tx *tx, struct record_id id, bool *out_voided)
{
    return is_there(tx, "SELECT 1 FROM voided WHERE terminal = ? AND incarnation = ? AND seq = ?",
                    QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), out_voided);
}

static int note_act(struct store_tx *tx, struct record_id id, const struct body *body)
{
    struct change change;
    bool voided = false, valid = false;
    if (!change_of(body, &change)) {
        return 0;
    }
    int rc = counts(tx, id, &valid);
    rc = rc ? rc : was_voided(tx, id, &voided);
    if (voided) {
        change.purchases = change.redemptions = 0;
        change.spent_minor = 0;
    }
    return rc || !valid ? rc : apply_change(tx, &change);
}

/* It counted until this one came, and stood: who redeemed it has not. */
static int take_back_displaced(struct store_tx *tx, struct record_id by)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body body;
    struct change change;
    struct record_id displaced;
    int rc = displace_find(tx, by, &displaced);
    rc = rc ? rc : journal_find(tx, displaced, buffer, &entry);
    if (rc < 0 || body_decode(entry.record.kind, entry.record.body, &body) < 0 || !change_of(&body, &change)) {
        return rc == -ENOENT ? 0 : rc;
    }
    change.sign = -1;
    change.at_ms = 0;
    return apply_change(tx, &change);
}

static int note_void(struct store_tx *tx, struct record_id by, const struct body_void *voided)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body target;
    struct change change;
    bool settled = false, valid = false;
    struct record_id id = voided->target;
    int rc = is_there(tx,
                      "SELECT 1 FROM voided WHERE terminal = ? AND incarnation = ? AND seq = ? AND by_terminal = ? AND "
                      "by_incarnation = ? AND by_seq = ?",
                      QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq), Q_INT(by.terminal),
                            Q_INT(by.incarnation), Q_INT(by.seq)),
                      &settled);
    if (rc < 0 || !settled) {
        return rc;
    }
    rc = journal_find(tx, id, buffer, &entry);
    rc = rc ? rc : counts(tx, id, &valid);
    if (rc < 0 || !valid || body_decode(entry.record.kind, entry.record.body, &target) < 0 ||
        !change_of(&target, &change)) {
        return rc;
    }
    change.sign = -1;
    change.at_ms = 0;
    return apply_change(tx, &change);
}

/* Which member a record names; 0: none. A void names its target's. */
static int member_of(struct store_tx *tx, const struct body *body, uint64_t *out_member)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body target;
    *out_member = body->kind == RECORD_SALE             ? body->sale.member
                  : body->kind == RECORD_REDEMPTION     ? body->redemption.member
                  : body->kind == RECORD_CREDIT_EXPIRED ? body->expired.member
                  : body->kind == RECORD_VOID           ? 0
                                                        : body->credit.member;
    if (body->kind != RECORD_VOID) {
        return 0;
    }
    int rc = journal_find(tx, body->voided.target, buffer, &entry);
    if (rc < 0 || entry.record.kind == RECORD_VOID || !is_act(entry.record.kind) ||
        body_decode(entry.record.kind, entry.record.body, &target) < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    return member_of(tx, &target, out_member);
}

static int index_record(struct store_tx *tx, struct record_id id, const struct body *body)
{
    uint64_t member = 0;
    int rc = member_of(tx, body, &member);
    return rc || !member ? rc
                         : query_run(store_tx_write(tx),
                                     "INSERT OR IGNORE INTO member_record (member, terminal, incarnation, seq) SELECT "
                                     "id, ?2, ?3, ?4 FROM member WHERE id = ?1 AND erased != 1",
                                     QUERY(Q_INT(member), Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)));
}

/* Credit that comes to an absorbed number goes on to its survivor. A store that has let go of nothing is not asked
 * again at once: what central counts there may be spent, in a record that is still to come or never comes. */
static int follow_credit(struct store_tx *tx, const struct body *body)
{
    if (body->kind == RECORD_SHARE_RELEASED && body->share.amount_minor == 0) {
        return 0;
    }
    uint64_t member = body->kind == RECORD_SHARE_RELEASED ? body->share.member : 0;
    int rc = member ? 0 : member_of(tx, body, &member);
    return rc || !member ? rc : merge_credit_follow(tx, member);
}

int people_note_record(struct store_tx *tx, const struct record *record)
{
    struct body body;
    bool released = record->kind == RECORD_SHARE_RELEASED;
    if ((!released && !is_act(record->kind)) || body_decode(record->kind, record->body, &body) < 0) {
        return 0; /* an unreadable one is a problem of its own, noted by the core */
    }
    int rc = follow_credit(tx, &body);
    if (rc < 0 || released) {
        return rc;
    }
    rc = index_record(tx, record->id, &body);
    if (rc < 0) {
        return rc;
    }
    rc = record->kind == RECORD_VOID ? note_void(tx, record->id, &body.voided) : note_act(tx, record->id, &body);
    return rc || record->kind != RECORD_REDEMPTION ? rc : take_back_displaced(tx, record->id);
}

int people_note_act(struct store_tx *tx, uint64_t member)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO member_activity (member, acted_ms) SELECT id, ?2 FROM member WHERE id = ?1 AND "
                     "erased = 0 ON CONFLICT (member) DO UPDATE SET acted_ms = max(acted_ms, excluded.acted_ms)",
                     QUERY(Q_INT(member), Q_INT(tx->now_ms)));
}
