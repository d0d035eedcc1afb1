#include "central/store/campaign_internal.h"
#include "central/store/people_merge.h"
#include "domain/lift.h"
#include "domain/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOGETHER_MAX 16 /* campaigns of one occasion that are given at once */

const char *issue_verdict_name(enum issue_verdict verdict)
{
    static const char *const names[] = {"given",       "not_live",     "over",      "nobody",       "wrong_store",
                                        "had_already", "member_limit", "none_left", "budget_spent", "held_out",
                                        "has_one",     "taken",        "came_late"};
    return (size_t)verdict < ARRAY_LEN(names) ? names[verdict] : "unknown";
}

struct giving {
    const struct issue_order *order;
    struct campaign_entry entry;
    struct campaign_brief brief;
    int64_t worst_minor;
    bool held; /* in the holdout of this campaign */
};

static int read_given(struct store_tx *tx, struct giving *g)
{
    int rc = catalogue_find_campaign(tx, g->order->coupon.campaign, &g->entry);
    rc = rc ? rc : campaign_find_brief(tx, g->order->coupon.campaign, &g->brief);
    g->worst_minor = rc ? 0 : campaign_worst_cost(&g->entry.rules, &g->brief);
    g->held = rc == 0 && g->order->coupon.member &&
              lift_held_out(g->entry.rules.id, g->order->coupon.member, g->entry.rules.holdout_permille);
    return rc;
}

/* With a release rule the holdout gets its coupons and keeps them private; without one it gets none. What an operator
 * gives by hand is no experiment. */
static bool withheld(const struct giving *g)
{
    return g->held && g->entry.rules.release == RELEASE_NONE && g->order->occasion != ISSUE_BY_HAND;
}

static int had_already(struct store_tx *tx, const struct giving *g, bool *out_had)
{
    int64_t found = 0;
    if (!g->order->cause[0]) {
        return 0;
    }
    int rc = query_number(
        store_tx_db(tx), "SELECT 1 FROM campaign_given WHERE campaign = ? AND member = ? AND cause = ? AND cause != ''",
        QUERY(Q_INT(g->entry.rules.id), Q_INT(g->order->coupon.member), Q_TEXT(g->order->cause)), &found);
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_had = rc == 0;
    return 0;
}

static int member_full(struct store_tx *tx, const struct giving *g, bool *out_full)
{
    int64_t count = 0;
    uint32_t limit = g->entry.rules.per_member_limit;
    if (!limit || !g->order->coupon.member) {
        return 0;
    }
    int rc = query_number(
        store_tx_db(tx),
        "SELECT count(*) FROM campaign_given INDEXED BY campaign_given_member WHERE member = ? AND campaign = ? AND "
        "member != 0 AND state != ?",
        QUERY(Q_INT(g->order->coupon.member), Q_INT(g->entry.rules.id), Q_INT(GIVEN_REVOKED)), &count);
    if (rc == 0) {
        *out_full = count >= limit;
    }
    return rc;
}

static int bounds_reached(struct store_tx *tx, const struct giving *g, enum issue_verdict *verdict)
{
    struct db_stmt *stmt = NULL;
    int64_t given = 0, committed = 0;
    uint32_t limit = g->brief.total_limit ? g->brief.total_limit : g->brief.stock;
    int rc = query_first(store_tx_db(tx), "SELECT given, committed FROM campaign_count WHERE campaign = ?",
                         QUERY(Q_INT(g->entry.rules.id)), &stmt);
    if (rc == 0) {
        given = db_column_int64(stmt, 0);
        committed = db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    bool fits = money_add(committed, g->worst_minor, &committed) == 0 && committed <= g->brief.budget_minor;
    if (limit && given >= limit) {
        *verdict = ISSUE_NONE_LEFT;
    } else if (g->brief.budget_minor && !fits) {
        *verdict = ISSUE_BUDGET_SPENT;
    }
    return 0;
}

static int judge(struct store_tx *tx, const struct giving *g, enum issue_verdict *verdict)
{
    const struct campaign *rules = &g->entry.rules;
    bool had = false, full = false;
    if (rules->state != CAMPAIGN_LIVE) {
        *verdict = rules->state == CAMPAIGN_ENDED ? ISSUE_OVER : ISSUE_NOT_LIVE;
        return 0;
    }
    if (rules->valid_to_s && tx->now_ms / 1000 >= rules->valid_to_s) {
        *verdict = ISSUE_OVER;
        return 0;
    }
    int rc = had_already(tx, g, &had);
    rc = rc ? rc : member_full(tx, g, &full);
    if (rc == 0 && (had || full)) {
        *verdict = had ? ISSUE_HAD_ALREADY : ISSUE_MEMBER_LIMIT;
        return 0;
    }
    rc = rc ? rc : bounds_reached(tx, g, verdict);
    if (rc == 0 && *verdict == ISSUE_GIVEN && withheld(g)) {
        *verdict = ISSUE_HELD_OUT;
    }
    return rc;
}

/* One row for each member of the experiment; the last coupon says how long its use counts. */
static int note_arm(struct store_tx *tx, const struct giving *g, int64_t until_ms)
{
    bool counts = g->order->coupon.member && (g->entry.rules.release != RELEASE_NONE || g->order->occasion);
    return counts ? query_run(store_tx_write(tx),
                              "INSERT INTO campaign_arm (campaign, member, held, since_ms, until_ms, used, bought) "
                              "VALUES (?, ?, ?, ?, ?, 0, 0) ON CONFLICT (campaign, member) DO UPDATE SET until_ms = "
                              "max(until_ms, excluded.until_ms)",
                              QUERY(Q_INT(g->entry.rules.id), Q_INT(g->order->coupon.member), Q_INT(g->held),
                                    Q_INT(tx->now_ms), Q_INT(until_ms)))
                  : 0;
}

static int64_t would_end_ms(const struct store_tx *tx, const struct campaign_entry *entry)
{
    int64_t life_ms = entry->life_s ? tx->now_ms + (int64_t)entry->life_s * 1000 : INT64_MAX;
    int64_t end_ms = entry->rules.valid_to_s ? (int64_t)entry->rules.valid_to_s * 1000 : INT64_MAX;
    return life_ms < end_ms ? life_ms : end_ms;
}

static int note_given(struct store_tx *tx, const struct giving *g, const struct coupon *coupon)
{
    const struct issue_order *order = g->order;
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO campaign_given (campaign, serial, member, occasion, cause, given_ms, "
                       "public_from_s, expiry_s, state, committed, used_ms, released_ms, claimed_by) VALUES (?, ?, ?, "
                       "?, ?, ?, ?, ?, 0, ?, 0, 0, 0)",
                       QUERY(Q_INT(coupon->id.campaign), Q_INT(coupon->id.serial), Q_INT(coupon->member),
                             Q_INT(order->occasion), Q_TEXT(order->cause), Q_INT(tx->now_ms),
                             Q_INT(coupon->member ? coupon->exclusive_until_s : 0), Q_INT(coupon->expiry_s),
                             Q_INT(g->worst_minor)));
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "INSERT INTO campaign_count (campaign, given, committed, pool_dirty, told_ms) VALUES (?1, 1, "
                        "?2, 0, 0) ON "
                        "CONFLICT (campaign) DO UPDATE SET given = given + 1, committed = committed + ?2",
                        QUERY(Q_INT(coupon->id.campaign), Q_INT(g->worst_minor)));
    return rc ? rc : note_arm(tx, g, (int64_t)coupon->expiry_s * 1000);
}

/* What the maker of the coupon refuses was not written yet. */
static int make(struct store_tx *tx, const struct giving *g, struct issued *issued)
{
    struct coupon_order order = g->order->coupon;
    order.stays_private = g->held;
    int rc = people_issue_coupon(tx, &order, &issued->coupon);
    switch (-rc) {
    case 0:
        return note_given(tx, g, &issued->coupon);
    case ENOENT:
    case EPERM:
        issued->verdict = ISSUE_NOBODY;
        return 0;
    case EXDEV:
        issued->verdict = ISSUE_WRONG_STORE;
        return 0;
    case ERANGE:
        issued->verdict = ISSUE_OVER;
        return 0;
    default:
        return rc;
    }
}

static bool is_unmet(enum issue_verdict verdict)
{
    return verdict == ISSUE_OVER || verdict == ISSUE_NONE_LEFT || verdict == ISSUE_BUDGET_SPENT;
}

int campaign_issue(struct store_tx *tx, const struct issue_order *wanted, struct issued *out_issued)
{
    struct issue_order own = *wanted, *order = &own;
    struct giving g = {.order = order};
    struct issued issued = {.verdict = ISSUE_GIVEN};
    int rc = people_survivor(tx, wanted->coupon.member, &own.coupon.member); /* its limits count for all of a person */
    rc = rc ? rc : read_given(tx, &g);
    rc = rc ? rc : judge(tx, &g, &issued.verdict);
    if (rc == 0 && issued.verdict == ISSUE_GIVEN) {
        rc = make(tx, &g, &issued);
    } else if (rc == 0 && issued.verdict == ISSUE_HELD_OUT) {
        rc = note_arm(tx, &g, would_end_ms(tx, &g.entry));
    }
    if (rc == 0 && order->asked && is_unmet(issued.verdict)) {
        rc = campaign_note_unmet(tx, order->coupon.campaign, order->coupon.member, issued.verdict);
    }
    if (rc == 0) {
        *out_issued = issued;
    }
    return rc;
}

/* ---- occasions */

struct several {
    uint32_t campaigns[TOGETHER_MAX];
    size_t count;
};

static int collect(struct store_tx *tx, const char *sql, struct query_values values, struct several *out)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0) {
        return rc;
    }
    while (out->count < TOGETHER_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        out->campaigns[out->count++] = (uint32_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

static int give_each(struct store_tx *tx, const struct several *several, struct issue_order *order,
                     uint32_t *out_coupons)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < several->count; i++) {
        struct issued issued;
        order->coupon.campaign = several->campaigns[i];
        rc = campaign_issue(tx, order, &issued);
        *out_coupons += rc == 0 && issued.verdict == ISSUE_GIVEN;
    }
    return rc;
}

int campaign_at_touchpoint(struct store_tx *tx, const struct campaign_arrival *arrival, uint32_t *out_coupons)
{
    struct several several = {.count = 0};
    struct issue_order order = {.coupon.member = arrival->member, .occasion = ISSUE_AT_TOUCHPOINT, .asked = true};
    snprintf(order.cause, sizeof(order.cause), "touchpoint %" PRIu32, arrival->touchpoint);
    int rc = collect(tx,
                     "SELECT t.campaign FROM campaign_touchpoint AS t JOIN campaign_brief AS b ON b.campaign = "
                     "t.campaign WHERE t.touchpoint = ? AND b.occasion = ? AND b.state IN (3, 5) ORDER BY t.campaign",
                     QUERY(Q_INT(arrival->touchpoint), Q_INT(ISSUE_AT_TOUCHPOINT)), &several);
    *out_coupons = 0;
    return rc ? rc : give_each(tx, &several, &order, out_coupons);
}

int campaign_welcome(struct store_tx *tx, const struct campaign_arrival *arrival, uint32_t *out_coupons)
{
    struct several several = {.count = 0};
    uint32_t here = 0, there = 0;
    struct issue_order order = {
        .coupon.member = arrival->member, .occasion = ISSUE_ON_JOINING, .cause = "joining", .asked = true};
    int rc = collect(tx,
                     "SELECT b.campaign FROM campaign_brief AS b JOIN campaign AS c ON c.id = b.campaign WHERE "
                     "b.occasion = ? AND b.state = ? AND c.brand = ? ORDER BY b.campaign",
                     QUERY(Q_INT(ISSUE_ON_JOINING), Q_INT(CAMPAIGN_LIVE), Q_INT(arrival->brand)), &several);
    rc = rc ? rc : give_each(tx, &several, &order, &here);
    if (rc == 0 && arrival->touchpoint) {
        rc = campaign_at_touchpoint(tx, arrival, &there);
    }
    if (rc == 0) {
        *out_coupons = here + there;
    }
    return rc;
}

/* ---- to a segment */

int campaign_opening_next(struct store_tx *tx, uint32_t *out_campaign, uint32_t *out_segment)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT o.campaign, b.segment FROM campaign_opening AS o JOIN campaign_brief AS b ON b.campaign "
                    "= o.campaign LIMIT 1",
                    QUERY_NONE, &stmt);
    if (rc == 0) {
        *out_campaign = (uint32_t)db_column_int64(stmt, 0);
        *out_segment = (uint32_t)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}

int campaign_opening_add(struct store_tx *tx, uint32_t campaign, const uint64_t *members, size_t count)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = query_run(store_tx_write(tx), "INSERT OR IGNORE INTO campaign_target (campaign, member) VALUES (?, ?)",
                       QUERY(Q_INT(campaign), Q_INT(members[i])));
    }
    return rc;
}

int campaign_opening_end(struct store_tx *tx, uint32_t campaign)
{
    return query_run(store_tx_write(tx), "DELETE FROM campaign_opening WHERE campaign = ?", QUERY(Q_INT(campaign)));
}

/* A paused campaign's targets wait and bother nobody; those of one that ended are settled, as over. */
static int next_target(struct store_tx *tx, struct issue_order *order)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT t.campaign, t.member " CAMPAIGN_TARGETS_WAITING " LIMIT 1",
                         QUERY_NONE, &stmt);
    if (rc == 0) {
        order->coupon.campaign = (uint32_t)db_column_int64(stmt, 0);
        order->coupon.member = (uint64_t)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}

int campaign_run_targets(struct store_tx *tx, unsigned limit, unsigned *out_done)
{
    struct issue_order order = {.occasion = ISSUE_TO_SEGMENT, .cause = "segment"};
    unsigned done = 0;
    int rc = 0;
    while (done < limit && (rc = next_target(tx, &order)) == 0) {
        struct issued issued;
        rc = campaign_issue(tx, &order, &issued);
        rc = rc ? rc
                : query_run(store_tx_write(tx),
                            "UPDATE campaign_target SET verdict = ? WHERE campaign = ? AND member = ?",
                            QUERY(Q_INT(issued.verdict), Q_INT(order.coupon.campaign), Q_INT(order.coupon.member)));
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
