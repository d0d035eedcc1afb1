#include "central/store/campaign_pool.h"

#include "central/store/campaign_internal.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/rights_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL_EVERY_MS 10000
#define STORES_MAX    4096
#define OPERATOR      "pool"

/* In the pool: out, public, nobody's yet, and not on its way to another store. */
#define IN_POOL                                                                                                        \
    "FROM campaign_given AS g JOIN coupon AS c ON c.campaign = g.campaign AND c.serial = g.serial WHERE g.state = 0 "  \
    "AND g.released_ms != 0 AND g.claimed_by = 0 AND c.revoked = 0 AND c.uses = 0 AND c.lost = 0 AND NOT EXISTS "      \
    "(SELECT 1 FROM transfer AS t WHERE t.campaign = c.campaign AND t.serial = c.serial AND t.kind = 1 AND t.state = " \
    "1) "

/* ---- becoming public */

static int next_release(struct store_tx *tx, struct coupon_id *out_id)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT campaign, serial FROM campaign_given WHERE state = 0 AND released_ms = 0 AND "
                         "public_from_s != 0 AND public_from_s <= ? LIMIT 1",
                         QUERY(Q_INT(tx->now_ms / 1000)), &stmt);
    if (rc == 0) {
        *out_id = (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
        db_stmt_close(stmt);
    }
    return rc;
}

int campaign_run_release(struct store_tx *tx, unsigned limit, unsigned *out_done)
{
    struct coupon_id id;
    unsigned done = 0;
    int rc = 0;
    while (done < limit && (rc = next_release(tx, &id)) == 0) {
        rc =
            query_run(store_tx_write(tx), "UPDATE campaign_given SET released_ms = ? WHERE campaign = ? AND serial = ?",
                      QUERY(Q_INT(tx->now_ms), Q_INT(id.campaign), Q_INT(id.serial)));
        rc = rc ? rc : campaign_touch_pool(tx, id.campaign);
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

int campaign_work_due(struct store_tx *tx, bool *out_due)
{
    int64_t due = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT EXISTS (SELECT 1 " CAMPAIGN_TARGETS_WAITING ") OR EXISTS (SELECT 1 "
                          "FROM campaign_given WHERE state = 0 AND expiry_s <= ?1 / 1000) OR EXISTS (SELECT 1 FROM "
                          "campaign_given WHERE state = 0 AND released_ms = 0 AND public_from_s != 0 AND public_from_s "
                          "<= ?1 / 1000) OR EXISTS (SELECT 1 FROM campaign_count WHERE pool_dirty = 1 AND told_ms + ?2 "
                          "<= ?1) OR EXISTS (SELECT 1 FROM campaign_opening) OR EXISTS (SELECT 1 FROM "
                          "campaign_messaging WHERE state IN (0, 2))",
                          QUERY(Q_INT(tx->now_ms), Q_INT(TELL_EVERY_MS)), &due);
    if (rc == 0) {
        *out_due = due != 0;
    }
    return rc;
}

/* ---- telling the stores */

struct pool_shelf {
    uint32_t store, count; /* store 0: held by nobody but central */
    uint32_t until_s;
};
struct pool {
    struct campaign_entry entry;
    struct pool_shelf shelves[STORES_MAX];
    size_t count;
    uint32_t total, until_s;
};

static int read_pool(struct store_tx *tx, uint32_t campaign, struct pool *pool)
{
    struct db_stmt *stmt = NULL;
    pool->count = pool->total = pool->until_s = 0;
    int rc = catalogue_find_campaign(tx, campaign, &pool->entry);
    if (rc < 0 || pool->entry.rules.state != CAMPAIGN_LIVE) {
        return rc;
    }
    rc = query_open(store_tx_db(tx),
                    "SELECT c.right_store, count(*), max(g.expiry_s) " IN_POOL
                    "AND g.campaign = ? AND g.expiry_s > ? GROUP BY c.right_store ORDER BY c.right_store",
                    QUERY(Q_INT(campaign), Q_INT(tx->now_ms / 1000)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (pool->count < STORES_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct pool_shelf *shelf = &pool->shelves[pool->count++];
        uint32_t until_s = (uint32_t)db_column_int64(stmt, 2);
        *shelf = (struct pool_shelf){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1), until_s};
        pool->total += shelf->count;
        pool->until_s = until_s > pool->until_s ? until_s : pool->until_s;
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

/* What member pages show until the next count. */
static int keep_shelves(struct store_tx *tx, uint32_t campaign, const struct pool *pool)
{
    int rc = query_run(store_tx_write(tx), "DELETE FROM campaign_shelf WHERE campaign = ?", QUERY(Q_INT(campaign)));
    for (size_t i = 0; rc == 0 && i < pool->count; i++) {
        const struct pool_shelf *shelf = &pool->shelves[i];
        rc = query_run(store_tx_write(tx),
                       "INSERT INTO campaign_shelf (campaign, store, count, until_s) VALUES (?, ?, ?, ?)",
                       QUERY(Q_INT(campaign), Q_INT(shelf->store), Q_INT(shelf->count), Q_INT(shelf->until_s)));
    }
    return rc;
}

static uint32_t held_by(const struct pool *pool, uint32_t store)
{
    for (size_t i = 0; store && i < pool->count; i++) {
        if (pool->shelves[i].store == store) {
            return pool->shelves[i].count;
        }
    }
    return 0;
}

/* Whoever waits for one of these has to go there as long as that store gives none up. */
static int name_only(struct store_tx *tx, const struct pool *pool, uint32_t store, struct feed_pool *item)
{
    const struct pool_shelf *only = NULL;
    struct shop shop;
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->shelves[i].store == store) {
            continue;
        }
        if (only) {
            return 0;
        }
        only = &pool->shelves[i];
    }
    int rc = only && only->store ? identity_find_shop(tx, only->store, &shop) : -ENOENT;
    if (rc == 0) {
        memcpy(item->only_zh, shop.name_zh, sizeof(item->only_zh));
        memcpy(item->only_en, shop.name_en, sizeof(item->only_en));
    }
    return rc == -ENOENT ? 0 : rc;
}

static int tell_store(struct store_tx *tx, const struct pool *pool, uint32_t store)
{
    const struct campaign *rules = &pool->entry.rules;
    struct feed_target target = {.brand = pool->entry.brand, .store = store};
    struct feed_pool item = {.campaign = rules->id, .gone = true};
    uint8_t body[FEED_BODY_MAX], before[FEED_BODY_MAX];
    size_t len = 0, before_len = 0;
    char key[16];
    snprintf(key, sizeof(key), "%" PRIu32, rules->id);
    int known = feed_find(tx, target, FEED_POOL, key, before, sizeof(before), &before_len);
    if ((known < 0 && known != -ENOENT) || (known == -ENOENT && !pool->total)) {
        return known == -ENOENT ? 0 : known;
    }
    if (pool->total) {
        item.gone = false;
        item.here = held_by(pool, store);
        item.elsewhere = pool->total - item.here;
        item.until_s = pool->until_s;
        memcpy(item.name_zh, rules->name_zh, sizeof(item.name_zh));
        memcpy(item.name_en, rules->name_en, sizeof(item.name_en));
    }
    int rc = pool->total ? name_only(tx, pool, store, &item) : 0;
    rc = rc ? rc : feed_pool_encode(&item, body, sizeof(body), &len);
    if (rc == 0 && known == 0 && len == before_len && memcmp(body, before, len) == 0) {
        return 0; /* it knows */
    }
    return rc ? rc : feed_publish(tx, target, FEED_POOL, key, (struct slice){body, len}, NULL);
}

struct told_stores {
    uint32_t ids[STORES_MAX];
    size_t count;
};

static int collect_stores(struct store_tx *tx, const struct campaign_entry *entry, struct told_stores *out)
{
    struct db_stmt *stmt = NULL;
    out->count = 0;
    int rc = query_open(store_tx_db(tx), "SELECT id FROM shop WHERE brand = ? ORDER BY id", QUERY(Q_INT(entry->brand)),
                        &stmt);
    if (rc < 0) {
        return rc;
    }
    while (out->count < STORES_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        uint32_t store = (uint32_t)db_column_int64(stmt, 0);
        if (people_runs_in_store(&entry->rules, store)) {
            out->ids[out->count++] = store;
        }
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

/* Both lists are large: on the heap, once for a run. */
struct telling {
    struct pool pool;
    struct told_stores stores;
};

static int tell_campaign(struct store_tx *tx, uint32_t campaign, struct telling *t)
{
    int rc = read_pool(tx, campaign, &t->pool);
    rc = rc ? rc : keep_shelves(tx, campaign, &t->pool);
    rc = rc ? rc : collect_stores(tx, &t->pool.entry, &t->stores);
    for (size_t i = 0; rc == 0 && i < t->stores.count; i++) {
        rc = tell_store(tx, &t->pool, t->stores.ids[i]);
    }
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE campaign_count SET pool_dirty = 0, told_ms = ? WHERE campaign = ?",
                          QUERY(Q_INT(tx->now_ms), Q_INT(campaign)));
}

int campaign_run_pools(struct store_tx *tx, unsigned limit, unsigned *out_done)
{
    struct telling *telling = malloc(sizeof(*telling));
    unsigned done = 0;
    int rc = telling ? 0 : -ENOMEM;
    while (rc == 0 && done < limit) {
        int64_t campaign = 0;
        rc = query_number(store_tx_db(tx),
                          "SELECT campaign FROM campaign_count WHERE pool_dirty = 1 AND told_ms + ? <= ? LIMIT 1",
                          QUERY(Q_INT(TELL_EVERY_MS), Q_INT(tx->now_ms)), &campaign);
        rc = rc ? rc : tell_campaign(tx, (uint32_t)campaign, telling);
        done += rc == 0;
    }
    free(telling);
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_done = done;
    return 0;
}

/* ---- asking about it */

static int visit_public(struct store_tx *tx, uint32_t campaign, const struct public_offer *counts, public_visit visit,
                        void *context)
{
    struct campaign_entry entry;
    struct public_offer offer = *counts;
    int rc = catalogue_find_campaign(tx, campaign, &entry);
    offer.rules = entry.rules;
    return rc ? rc : visit(context, &offer);
}

int campaign_each_public(struct store_tx *tx, uint32_t brand, uint32_t store, public_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(
        store_tx_db(tx),
        "SELECT s.campaign, sum(s.count) FILTER (WHERE s.store = ?1), sum(s.count) FILTER (WHERE s.store "
        "!= ?1), max(s.until_s), CASE count(*) FILTER (WHERE s.store != ?1) WHEN 1 THEN max(s.store) FILTER "
        "(WHERE s.store != ?1) ELSE 0 END FROM campaign_brief AS b CROSS JOIN campaign_shelf AS s ON s.campaign = "
        "b.campaign JOIN campaign AS c ON c.id = b.campaign WHERE b.state = 3 AND c.brand = ?3 AND s.count "
        "> 0 AND s.until_s > ?2 GROUP BY s.campaign ORDER BY s.campaign",
        QUERY(Q_INT(store), Q_INT(tx->now_ms / 1000), Q_INT(brand)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct public_offer counts = {.here = (uint32_t)db_column_int64(stmt, 1),
                                      .elsewhere = (uint32_t)db_column_int64(stmt, 2),
                                      .until_s = (uint32_t)db_column_int64(stmt, 3),
                                      .only_store = (uint32_t)db_column_int64(stmt, 4)};
        rc = visit_public(tx, (uint32_t)db_column_int64(stmt, 0), &counts, visit, context);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- claims */

static int judge_member(struct store_tx *tx, const struct claim *claim, uint32_t limit, enum issue_verdict *verdict)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state != 2) FROM (SELECT "
                    "state FROM campaign_given INDEXED BY campaign_given_member WHERE campaign = ?1 AND member = ?2 "
                    "AND member != 0 AND claimed_by = 0 UNION ALL SELECT state FROM campaign_given INDEXED BY "
                    "campaign_given_claimer WHERE campaign = ?1 AND claimed_by = ?2 AND claimed_by != 0)",
                    QUERY(Q_INT(claim->campaign), Q_INT(claim->member)), &stmt);
    if (rc < 0) {
        return rc;
    }
    int64_t open = db_column_int64(stmt, 0), all = db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    if (open > 0) {
        *verdict = ISSUE_HAS_ONE;
    } else if (limit && all >= limit) {
        *verdict = ISSUE_MEMBER_LIMIT;
    }
    return 0;
}

/* The number of a campaign is easily guessed: another brand's members are nobody to it. */
static int judge_claim(struct store_tx *tx, const struct claim *claim, const struct campaign_entry *entry,
                       struct member *member, enum issue_verdict *verdict)
{
    const struct campaign *rules = &entry->rules;
    int rc = people_find_member(tx, claim->member, member);
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    if (rc == -ENOENT || member->erased || member->brand != entry->brand) {
        *verdict = ISSUE_NOBODY;
    } else if (rules->state != CAMPAIGN_LIVE) {
        *verdict = rules->state == CAMPAIGN_ENDED ? ISSUE_OVER : ISSUE_NOT_LIVE;
    } else if (!people_runs_in_store(rules, member->home_store)) {
        *verdict = ISSUE_WRONG_STORE;
    }
    return *verdict == ISSUE_GIVEN ? judge_member(tx, claim, rules->per_member_limit, verdict) : 0;
}

#define FIRST_TO_END                                                                                                   \
    "SELECT g.serial " IN_POOL "AND g.campaign = ?1 AND g.expiry_s > ?2 AND (?3 = 0 OR c.right_store = ?3) ORDER BY "  \
    "g.expiry_s, g.serial LIMIT 1"

/* Those at home are only looked for when the last count found some: the pool is read until the first. */
static int choose(struct store_tx *tx, const struct claim *claim, uint32_t home, struct coupon_row *out_row)
{
    int64_t serial = 0, at_home = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count FROM campaign_shelf WHERE campaign = ? AND store = ?",
                          QUERY(Q_INT(claim->campaign), Q_INT(home)), &at_home);
    if (rc == 0 && at_home > 0) {
        rc = query_number(store_tx_db(tx), FIRST_TO_END,
                          QUERY(Q_INT(claim->campaign), Q_INT(tx->now_ms / 1000), Q_INT(home)), &serial);
    }
    if (rc == -ENOENT || (rc == 0 && !at_home)) {
        rc = query_number(store_tx_db(tx), FIRST_TO_END,
                          QUERY(Q_INT(claim->campaign), Q_INT(tx->now_ms / 1000), Q_INT(0)), &serial);
    }
    return rc ? rc : coupon_row_find(tx, (struct coupon_id){claim->campaign, (uint64_t)serial}, out_row);
}

/* From now on it is the claimer's alone, until its end. */
static int write_claim(struct store_tx *tx, const struct claim *claim, struct coupon *coupon)
{
    coupon->member = claim->member;
    coupon->exclusive_until_s = coupon->expiry_s;
    int rc = query_run(store_tx_write(tx),
                       "UPDATE coupon SET member = ?, exclusive_until_s = ? WHERE campaign = ? AND serial = ?",
                       QUERY(Q_INT(coupon->member), Q_INT(coupon->exclusive_until_s), Q_INT(coupon->id.campaign),
                             Q_INT(coupon->id.serial)));
    rc =
        rc ? rc
           : query_run(store_tx_write(tx), "UPDATE campaign_given SET claimed_by = ? WHERE campaign = ? AND serial = ?",
                       QUERY(Q_INT(claim->member), Q_INT(coupon->id.campaign), Q_INT(coupon->id.serial)));
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE campaign_shelf SET count = count - 1 WHERE campaign = ? AND store = ? AND count > 0",
                        QUERY(Q_INT(coupon->id.campaign), Q_INT(coupon->right_store)));
    struct journal_fact fact = {.what = "claimed from the pool",
                                .who = OPERATOR,
                                .brand = coupon->brand,
                                .store = coupon->home_store,
                                .member = claim->member,
                                .coupon = coupon->id};
    return rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

static int tell_claim(struct store_tx *tx, const struct coupon *coupon, uint32_t home)
{
    int rc = coupon_publish(tx, coupon, coupon->home_store, NULL);
    if (rc == 0 && coupon->right_store && coupon->right_store != coupon->home_store) {
        rc = coupon_publish(tx, coupon, coupon->right_store, NULL);
    }
    if (rc == 0 && home != coupon->home_store && home != coupon->right_store) {
        rc = coupon_publish(tx, coupon, home, NULL);
    }
    return rc ? rc : campaign_touch_pool(tx, coupon->id.campaign);
}

/* An ordinary move: the holder gives it up durably, or keeps it. */
static int ask_holder(struct store_tx *tx, const struct coupon *coupon, uint32_t home)
{
    struct rights_asker asker = {.store = home, .brand = coupon->brand};
    struct authority_request request = {.coupon = coupon->id};
    struct authority_answer answer;
    random_fill(store_random(tx->store), request.request_id, sizeof(request.request_id));
    return rights_ask_right(tx, &asker, &request, &answer);
}

static int take(struct store_tx *tx, const struct claim *claim, uint32_t home, struct claimed *claimed)
{
    struct coupon_row row;
    int rc = choose(tx, claim, home, &row);
    if (rc < 0) {
        claimed->verdict = rc == -ENOENT ? ISSUE_NONE_LEFT : claimed->verdict;
        return rc == -ENOENT ? 0 : rc;
    }
    bool central = row.mode == MODE_STRICT; /* the till asks central anyway */
    claimed->ready = central || row.coupon.right_store == home;
    rc = write_claim(tx, claim, &row.coupon);
    rc = rc ? rc : tell_claim(tx, &row.coupon, home);
    rc = rc || claimed->ready ? rc : ask_holder(tx, &row.coupon, home);
    claimed->coupon = row.coupon;
    return rc;
}

int campaign_claim(struct store_tx *tx, const struct claim *claim, struct claimed *out_claimed)
{
    struct campaign_entry entry;
    struct member member = {0};
    struct claimed claimed = {.verdict = ISSUE_GIVEN};
    int rc = catalogue_find_campaign(tx, claim->campaign, &entry);
    rc = rc ? rc : judge_claim(tx, claim, &entry, &member, &claimed.verdict);
    if (rc == 0 && claimed.verdict == ISSUE_GIVEN) {
        rc = take(tx, claim, member.home_store, &claimed);
    }
    if (rc == 0 && (claimed.verdict == ISSUE_NONE_LEFT || claimed.verdict == ISSUE_OVER)) {
        rc = campaign_note_unmet(tx, claim->campaign, claim->member, claimed.verdict);
    }
    if (rc == 0) {
        *out_claimed = claimed;
    }
    return rc;
}

/* ---- claims that came too late */

/* As before the claim: what is used is used, and a void brings it back to the pool where its right is. */
static int undo_claim(struct store_tx *tx, const struct given *given, struct coupon *coupon)
{
    int64_t public_from_s = 0;
    int rc = query_number(store_tx_db(tx), "SELECT public_from_s FROM campaign_given WHERE campaign = ? AND serial = ?",
                          QUERY(Q_INT(given->id.campaign), Q_INT(given->id.serial)), &public_from_s);
    coupon->member = given->member;
    coupon->exclusive_until_s = (uint32_t)public_from_s;
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE coupon SET member = ?, exclusive_until_s = ? WHERE campaign = ? AND serial = ?",
                        QUERY(Q_INT(coupon->member), Q_INT(coupon->exclusive_until_s), Q_INT(given->id.campaign),
                              Q_INT(given->id.serial)));
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE campaign_given SET claimed_by = 0 WHERE campaign = ? AND serial = ?",
                          QUERY(Q_INT(given->id.campaign), Q_INT(given->id.serial)));
}

static int claim_another(struct store_tx *tx, const struct claim *claim, const struct member *member)
{
    struct campaign_entry entry;
    struct claimed claimed = {.verdict = ISSUE_GIVEN};
    struct member judged;
    int rc = catalogue_find_campaign(tx, claim->campaign, &entry);
    rc = rc ? rc : judge_claim(tx, claim, &entry, &judged, &claimed.verdict);
    return rc || claimed.verdict != ISSUE_GIVEN ? rc : take(tx, claim, member->home_store, &claimed);
}

int campaign_lose_claim(struct store_tx *tx, const struct given *given)
{
    const struct claim claim = {.campaign = given->id.campaign, .member = given->claimed_by};
    struct coupon coupon;
    struct member member;
    int rc = rights_find_coupon(tx, given->id, &coupon);
    int known = rc ? rc : people_find_member(tx, claim.member, &member);
    rc = known == -ENOENT ? 0 : known;
    rc = rc ? rc : campaign_note_unmet(tx, claim.campaign, claim.member, ISSUE_TAKEN);
    rc = rc ? rc : undo_claim(tx, given, &coupon);
    rc = rc ? rc : tell_claim(tx, &coupon, known == 0 ? member.home_store : coupon.home_store);
    return rc || known ? rc : claim_another(tx, &claim, &member);
}

int campaign_each_lost(struct store_tx *tx, uint64_t member, int64_t since_ms, public_visit visit, void *context)
{
    static_assert(ISSUE_TAKEN == 11, "as in the index and the query");
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT u.campaign FROM campaign_unmet AS u WHERE u.member = ?1 AND u.reason = 11 AND u.last_ms "
                   ">= ?2 AND NOT EXISTS (SELECT 1 FROM coupon AS c WHERE c.member = ?1 AND c.member != 0 AND "
                   "c.campaign = u.campaign AND c.uses = 0 AND c.revoked = 0 AND c.expiry_s > ?3) ORDER BY "
                   "u.last_ms DESC",
                   QUERY(Q_INT(member), Q_INT(since_ms), Q_INT(tx->now_ms / 1000)), &stmt);
    if (rc < 0) {
        return rc;
    }
    const struct public_offer nothing = {.here = 0};
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit_public(tx, (uint32_t)db_column_int64(stmt, 0), &nothing, visit, context);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
