#include "central/store/campaign_internal.h"
#include "central/store/campaign_pool.h"
#include "central/store/identity.h"
#include "central/store/people_merge.h"
#include "central/store/rights_displace.h"
#include "domain/coupon.h"
#include "domain/money.h"

#include <inttypes.h>
#include <stdio.h>

#define STOCK     "stock"
#define REVOKER   "campaign"
#define COST_MAX  INT64_C(99999999999) /* of one use, in fen, as money_parse: no sum of a campaign's can overflow */
#define SALES_MAX 16                   /* campaigns after a purchase that one sale can earn */

/* ---- one coupon that was given */

int given_find(struct store_tx *tx, struct coupon_id id, struct given *out_given)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT member, state, committed, used_ms, released_ms, expiry_s, claimed_by FROM "
                         "campaign_given WHERE campaign = ? AND serial = ?",
                         QUERY(Q_INT(id.campaign), Q_INT(id.serial)), &stmt);
    if (rc == 0) {
        *out_given = (struct given){.id = id,
                                    .member = (uint64_t)db_column_int64(stmt, 0),
                                    .state = (enum given_state)db_column_int64(stmt, 1),
                                    .committed_minor = db_column_int64(stmt, 2),
                                    .used_ms = db_column_int64(stmt, 3),
                                    .released_ms = db_column_int64(stmt, 4),
                                    .expiry_s = (uint32_t)db_column_int64(stmt, 5),
                                    .claimed_by = (uint64_t)db_column_int64(stmt, 6)};
        db_stmt_close(stmt);
    }
    return rc;
}

/* A member of the experiment has used it when one of those given to them was used, by whomever. */
static int refresh_arm(struct store_tx *tx, const struct given *given)
{
    return given->member
               ? query_run(store_tx_write(tx),
                           "UPDATE campaign_arm SET used = EXISTS (SELECT 1 FROM campaign_given AS g INDEXED BY "
                           "campaign_given_member WHERE g.member = ?2 AND g.campaign = ?1 AND g.member != 0 AND "
                           "g.state = 1) WHERE campaign = ?1 AND member = ?2",
                           QUERY(Q_INT(given->id.campaign), Q_INT(given->member)))
               : 0;
}

int campaign_touch_pool(struct store_tx *tx, uint32_t campaign)
{
    return query_run(store_tx_write(tx), "UPDATE campaign_count SET pool_dirty = 1 WHERE campaign = ?",
                     QUERY(Q_INT(campaign)));
}

int given_become(struct store_tx *tx, const struct given *given, enum given_state state, int64_t committed_minor)
{
    int64_t back = (state == GIVEN_REVOKED) - (given->state == GIVEN_REVOKED);
    int64_t used_ms = state == GIVEN_USED ? tx->now_ms : 0;
    int rc = query_run(store_tx_write(tx),
                       "UPDATE campaign_given SET state = ?, committed = ?, used_ms = ? WHERE campaign = ? AND serial "
                       "= ?",
                       QUERY(Q_INT(state), Q_INT(committed_minor), Q_INT(used_ms), Q_INT(given->id.campaign),
                             Q_INT(given->id.serial)));
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE campaign_count SET given = given - ?, committed = committed + ? WHERE campaign = ?",
                        QUERY(Q_INT(back), Q_INT(committed_minor - given->committed_minor), Q_INT(given->id.campaign)));
    rc = rc ? rc : refresh_arm(tx, given);
    return rc || !given->released_ms ? rc : campaign_touch_pool(tx, given->id.campaign);
}

int campaign_note_unmet(struct store_tx *tx, uint32_t campaign, uint64_t member, enum issue_verdict reason)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO campaign_unmet (campaign, member, reason, asked, first_ms, last_ms) VALUES (?1, ?2, "
                     "?3, 1, ?4, ?4) ON CONFLICT (campaign, member, reason) DO UPDATE SET asked = asked + 1, last_ms "
                     "= ?4",
                     QUERY(Q_INT(campaign), Q_INT(member), Q_INT(reason), Q_INT(tx->now_ms)));
}

int campaign_each_unmet(struct store_tx *tx, uint32_t campaign, unmet_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT campaign, reason, count(*), sum(asked), max(last_ms) FROM campaign_unmet WHERE ?1 = 0 "
                        "OR campaign = ?1 GROUP BY campaign, reason ORDER BY campaign, reason",
                        QUERY(Q_INT(campaign)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct unmet_row row = {.campaign = (uint32_t)db_column_int64(stmt, 0),
                                .reason = (enum issue_verdict)db_column_int64(stmt, 1),
                                .members = (uint64_t)db_column_int64(stmt, 2),
                                .asked = (uint64_t)db_column_int64(stmt, 3),
                                .last_ms = db_column_int64(stmt, 4)};
        rc = visit(context, &row);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- used, and used no longer */

static int worst_of(struct store_tx *tx, uint32_t campaign, struct campaign_brief *out_brief, int64_t *out_minor)
{
    struct campaign_entry entry;
    int rc = catalogue_find_campaign(tx, campaign, &entry);
    rc = rc ? rc : campaign_find_brief(tx, campaign, out_brief);
    if (rc == 0) {
        *out_minor = campaign_worst_cost(&entry.rules, out_brief);
    }
    return rc;
}

/* The last piece is sold: the campaign is over, and nobody has to watch it. */
static int end_with_stock(struct store_tx *tx, uint32_t campaign, const struct campaign_brief *brief)
{
    struct compliance_report report;
    int64_t used = 0;
    if (!brief->stock) {
        return 0;
    }
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM campaign_given WHERE campaign = ? AND state = ?",
                          QUERY(Q_INT(campaign), Q_INT(GIVEN_USED)), &used);
    if (rc < 0 || used < brief->stock) {
        return rc;
    }
    struct campaign_step step = {campaign, CAMPAIGN_ENDED, STOCK, "the stock is gone"};
    rc = campaign_set_state(tx, &step, &report);
    return rc == -EPERM ? 0 : rc; /* it was ended before */
}

/* Who brings a coupon and is not known is its owner; who was given one from the pool is not. A store that has not heard
 * of the claim knows the claimer's code by its moment of release. */
static int note_taken(struct store_tx *tx, const struct given *given, const struct redemption *redemption)
{
    const struct body_redemption *use = &redemption->body;
    uint64_t member = 0;
    if (!given->claimed_by || (!use->member && !use->to_public)) {
        return 0;
    }
    int rc = people_survivor(tx, use->member, &member);
    return rc || member == given->claimed_by ? rc : campaign_lose_claim(tx, given);
}

/* The use that stands; a void moves next_use_no on, and a record that comes late may have an earlier number. */
static int find_use(struct store_tx *tx, struct coupon_id id, struct redemption *out_use)
{
    int64_t use_no = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT use_no FROM redemption WHERE campaign = ? AND serial = ? AND voided = 0 ORDER BY "
                          "use_no DESC LIMIT 1",
                          QUERY(Q_INT(id.campaign), Q_INT(id.serial)), &use_no);
    return rc ? rc : rights_find_redemption(tx, id, (uint32_t)use_no, out_use);
}

/* Without a discount to see: a gift, as the brief reckons it. A terminal's absurd number counts like none. */
static int64_t cost_of(const struct redemption *use, int64_t worst_minor)
{
    int64_t discount = use->body.discount_minor;
    return discount > 0 && discount <= COST_MAX ? discount : worst_minor;
}

static int become_used(struct store_tx *tx, const struct given *given)
{
    struct campaign_brief brief;
    struct redemption redemption;
    int64_t worst = 0;
    int rc = worst_of(tx, given->id.campaign, &brief, &worst);
    rc = rc ? rc : find_use(tx, given->id, &redemption);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc; /* nothing to follow it by: no reason to refuse a terminal's records */
    }
    rc = given_become(tx, given, GIVEN_USED, cost_of(&redemption, worst));
    rc = rc ? rc : note_taken(tx, given, &redemption);
    return rc ? rc : end_with_stock(tx, given->id.campaign, &brief);
}

static int become_open(struct store_tx *tx, const struct given *given, const struct coupon *coupon)
{
    struct campaign_brief brief;
    int64_t worst = 0;
    int rc = worst_of(tx, given->id.campaign, &brief, &worst);
    bool over = tx->now_ms / 1000 >= coupon->expiry_s;
    enum given_state state = coupon->revoked ? GIVEN_REVOKED : over ? GIVEN_EXPIRED : GIVEN_OPEN;
    return rc ? rc : given_become(tx, given, state, state == GIVEN_OPEN ? worst : 0);
}

/* Whatever the record says: what counts is whether a use stands. Coupons that were not given here (restored books) are
 * nobody's business. */
static int follow_coupon(struct store_tx *tx, struct coupon_id id)
{
    struct given given;
    struct coupon coupon;
    int rc = given_find(tx, id, &given);
    rc = rc ? rc : rights_find_coupon(tx, id, &coupon);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    if (coupon.uses > 0 && given.state != GIVEN_USED) {
        return become_used(tx, &given);
    }
    return coupon.uses == 0 && given.state == GIVEN_USED ? become_open(tx, &given, &coupon) : 0;
}

int campaign_note_revoked(struct store_tx *tx, struct coupon_id id)
{
    struct given given;
    int rc = given_find(tx, id, &given);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    return given.state == GIVEN_OPEN ? given_become(tx, &given, GIVEN_REVOKED, 0) : 0;
}

int campaign_run_expiry(struct store_tx *tx, unsigned limit, unsigned *out_done)
{
    unsigned done = 0;
    int rc = 0;
    while (done < limit) {
        struct db_stmt *stmt = NULL;
        struct given given;
        rc = query_first(store_tx_db(tx),
                         "SELECT campaign, serial FROM campaign_given WHERE state = 0 AND expiry_s <= ? LIMIT 1",
                         QUERY(Q_INT(tx->now_ms / 1000)), &stmt);
        if (rc < 0) {
            break;
        }
        struct coupon_id id = {(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
        db_stmt_close(stmt);
        rc = given_find(tx, id, &given);
        rc = rc ? rc : given_become(tx, &given, GIVEN_EXPIRED, 0);
        if (rc < 0) {
            return rc;
        }
        done++;
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_done = done;
    return 0;
}

/* ---- sales */

static void cause_of_sale(struct record_id id, char out_cause[ISSUE_CAUSE_MAX])
{
    snprintf(out_cause, ISSUE_CAUSE_MAX, "sale %" PRIu32 "-%" PRIu32 "-%" PRIu64, id.terminal, id.incarnation, id.seq);
}

struct purchase_campaigns {
    uint32_t ids[SALES_MAX];
    size_t count;
};

static int collect_purchase(struct store_tx *tx, uint32_t store, int64_t worth_minor, struct purchase_campaigns *out)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT b.campaign FROM campaign_brief AS b JOIN campaign AS c ON c.id = b.campaign WHERE "
                   "b.occasion = ? AND b.state = ? AND b.purchase_min <= ? AND c.brand = (SELECT brand FROM shop "
                   "WHERE id = ?) ORDER BY b.campaign",
                   QUERY(Q_INT(ISSUE_AFTER_PURCHASE), Q_INT(CAMPAIGN_LIVE), Q_INT(worth_minor), Q_INT(store)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (out->count < SALES_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        out->ids[out->count++] = (uint32_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

static int take_sale(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_sale *sale)
{
    struct purchase_campaigns found = {.count = 0};
    struct issue_order order = {.coupon.member = sale->member, .occasion = ISSUE_AFTER_PURCHASE};
    int64_t worth_minor = 0;
    if (!sale->member) {
        return 0;
    }
    int rc = people_survivor(tx, sale->member, &order.coupon.member);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE campaign_arm SET bought = 1 WHERE member = ?1 AND bought = 0 AND since_ms <= ?2 AND "
                        "until_ms >= ?2",
                        QUERY(Q_INT(order.coupon.member), Q_INT(sale->business_ms)));
    cause_of_sale(record->id, order.cause);
    if (money_add(sale->paid_minor, sale->credit_minor, &worth_minor) < 0) {
        return rc; /* no purchase; the record stands */
    }
    rc = rc ? rc : collect_purchase(tx, store, worth_minor, &found);
    for (size_t i = 0; rc == 0 && i < found.count; i++) {
        struct issued issued;
        order.coupon.campaign = found.ids[i];
        rc = campaign_issue(tx, &order, &issued);
    }
    return rc;
}

/* The sale is undone, and so is what it earned, as long as nobody has used it. */
static int take_back(struct store_tx *tx, struct record_id sale)
{
    char cause[ISSUE_CAUSE_MAX];
    struct db_stmt *stmt = NULL;
    struct coupon_id ids[SALES_MAX];
    size_t count = 0;
    cause_of_sale(sale, cause);
    int rc = query_open(store_tx_db(tx),
                        "SELECT campaign, serial FROM campaign_given WHERE cause = ? AND occasion = 2 AND state = 0",
                        QUERY(Q_TEXT(cause)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (count < SALES_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        ids[count++] = (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
    }
    db_stmt_close(stmt);
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        rc = rights_revoke_coupon(tx, ids[i], REVOKER, "its purchase was voided");
        rc = rc ? rc : campaign_note_revoked(tx, ids[i]);
    }
    return rc < 0 ? rc : 0;
}

static int take_void(struct store_tx *tx, const struct body_void *voided)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body target;
    if (voided->target_kind == RECORD_SALE) {
        return take_back(tx, voided->target);
    }
    if (voided->target_kind != RECORD_REDEMPTION) {
        return 0;
    }
    int rc = journal_find(tx, voided->target, buffer, &entry);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc; /* its redemption comes later, and is looked at then */
    }
    if (body_decode(entry.record.kind, entry.record.body, &target) < 0 || target.kind != RECORD_REDEMPTION) {
        return 0;
    }
    return follow_coupon(tx, target.redemption.coupon);
}

/* A use that takes the place of another one is another shop's, at another cost. */
static int take_redemption(struct store_tx *tx, struct record_id id, struct coupon_id coupon)
{
    struct record_id displaced;
    struct given given;
    int rc = displace_find(tx, id, &displaced);
    rc = rc ? rc : given_find(tx, coupon, &given);
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    return rc == 0 && given.state == GIVEN_USED ? become_used(tx, &given) : follow_coupon(tx, coupon);
}

/* Somebody stood at the counter with a coupon that was over. */
static int take_refused(struct store_tx *tx, const struct body_refused *refused)
{
    struct given given;
    bool late = refused->verdict == COUPON_EXPIRED || refused->verdict == COUPON_CAMPAIGN_ENDED;
    int rc = late ? given_find(tx, refused->coupon, &given) : -ENOENT;
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    return campaign_note_unmet(tx, given.id.campaign, given.claimed_by ? given.claimed_by : given.member,
                               ISSUE_CAME_LATE);
}

int campaign_take_record(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct body body;
    switch (record->kind) {
    case RECORD_REDEMPTION:
    case RECORD_SALE:
    case RECORD_VOID:
    case RECORD_SCAN_REFUSED:
        break;
    default:
        return 0;
    }
    if (body_decode(record->kind, record->body, &body) < 0) {
        return 0; /* noted as a problem by those who keep the books */
    }
    switch (record->kind) {
    case RECORD_REDEMPTION:
        return take_redemption(tx, record->id, body.redemption.coupon);
    case RECORD_SALE:
        return take_sale(tx, record, store, &body.sale);
    case RECORD_VOID:
        return take_void(tx, &body.voided);
    default:
        return take_refused(tx, &body.refused);
    }
}
