#include "central/store/people_merge_items.h"

#include "central/store/query.h"
#include "central/store/rights_internal.h"

/* member_merge_item.kind; they never change meaning. a, b: what names the row. */
enum merge_item {
    ITEM_IDENTITY = 1, /* a: channel_identity */
    ITEM_CONTACT = 2,
    ITEM_TAG = 3,     /* tag, source: a copy that the survivor did not have */
    ITEM_COUPON = 4,  /* campaign, serial */
    ITEM_GIVEN = 5,   /* the same; cause: as it was before */
    ITEM_CLAIMED = 6, /* the same */
    ITEM_ARM = 7,     /* campaign */
    ITEM_TARGET = 8,  /* campaign */
    ITEM_ANSWER = 9,  /* survey_answer */
    ITEM_PIN = 10,    /* the survivor had none */
};

/* ?1 merge, ?2 survivor, ?3 absorbed in every statement, so that a list of them is a list of texts. */
static int run_all(const struct merge_items *items, const char *const *list, size_t count)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = query_run(store_tx_write(items->tx), list[i],
                       QUERY(Q_INT(items->merge), Q_INT(items->survivor), Q_INT(items->absorbed)));
    }
    return rc;
}

#define NOTE(kind, a, b, cause, from)                                                                                  \
    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, " kind ", " a ", " b ", " cause " FROM " from
#define ITEMS(kind) "SELECT a FROM member_merge_item WHERE merge = ?1 AND kind = " kind
#define PAIRS(kind) "SELECT a, b FROM member_merge_item WHERE merge = ?1 AND kind = " kind

/* An experiment that had the person in both arms learns nothing from them; a limit counts what both were given. */
static const char *const moves[] = {
    NOTE("1", "id", "0", "''", "channel_identity WHERE member = ?3 AND member != 0"),
    "UPDATE channel_identity SET member = ?2 WHERE member = ?3 AND member != 0",
    "UPDATE message_planned SET state = 2, reason = 'another account of this member gets it' WHERE state = 0 AND "
    "identity IN (SELECT a FROM member_merge_item WHERE merge = ?1 AND kind = 1) AND plan IN (SELECT p.plan FROM "
    "channel_identity AS i CROSS JOIN message_planned AS p ON p.identity = i.id AND p.state = 0 WHERE i.member = ?2 "
    "AND i.member != 0 AND i.id NOT IN (SELECT a FROM member_merge_item WHERE merge = ?1 AND kind = 1)) AND ?3 = ?3",
    NOTE("2", "id", "0", "''", "contact WHERE member = ?3"),
    "UPDATE contact SET member = ?2 WHERE member = ?3",

    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, 3, tag, source, '' FROM member_tag AS t WHERE "
    "member = ?3 AND NOT EXISTS (SELECT 1 FROM member_tag AS o WHERE o.member = ?2 AND o.tag = t.tag AND o.source = "
    "t.source)",
    "INSERT OR IGNORE INTO member_tag (member, tag, source, at_ms) SELECT ?2, tag, source, at_ms FROM member_tag WHERE "
    "member = ?3",
    "INSERT INTO member_activity (member, purchases, spent, redemptions, visited_ms, bought_ms, redeemed_ms, acted_ms) "
    "SELECT ?2, purchases, spent, redemptions, visited_ms, bought_ms, redeemed_ms, acted_ms FROM member_activity WHERE "
    "member = ?3 ON CONFLICT (member) DO UPDATE SET purchases = purchases + excluded.purchases, spent = "
    "spent + excluded.spent, redemptions = redemptions + excluded.redemptions, visited_ms = max(visited_ms, "
    "excluded.visited_ms), bought_ms = max(bought_ms, excluded.bought_ms), redeemed_ms = max(redeemed_ms, "
    "excluded.redeemed_ms), acted_ms = max(acted_ms, excluded.acted_ms)",

    NOTE("4", "campaign", "serial", "''", "coupon WHERE member = ?3 AND member != 0"),
    "UPDATE coupon SET member = ?2 WHERE member = ?3 AND member != 0",
    NOTE("5", "campaign", "serial", "cause",
         "campaign_given INDEXED BY campaign_given_member WHERE member = ?3 AND member != 0"),
    "UPDATE campaign_given SET member = ?2, cause = CASE WHEN cause != '' AND EXISTS (SELECT 1 FROM campaign_given AS "
    "o "
    "WHERE o.campaign = campaign_given.campaign AND o.member = ?2 AND o.cause = campaign_given.cause AND o.cause != '')"
    " THEN cause || ' of ' || ?3 ELSE cause END WHERE member = ?3 AND member != 0",
    NOTE("6", "campaign", "serial", "''", "campaign_given WHERE claimed_by = ?3 AND claimed_by != 0"),
    "UPDATE campaign_given SET claimed_by = ?2 WHERE claimed_by = ?3 AND claimed_by != 0",

    "DELETE FROM campaign_arm WHERE member IN (?2, ?3) AND campaign IN (SELECT a.campaign FROM campaign AS c CROSS "
    "JOIN "
    "campaign_arm AS a ON a.campaign = c.id AND a.member = ?2 CROSS JOIN campaign_arm AS b ON b.campaign = c.id AND "
    "b.member = ?3 WHERE a.held != b.held)",
    "UPDATE campaign_arm SET (since_ms, until_ms, used, bought) = (SELECT min(b.since_ms, campaign_arm.since_ms), "
    "max(b.until_ms, campaign_arm.until_ms), max(b.used, campaign_arm.used), max(b.bought, campaign_arm.bought) FROM "
    "campaign_arm AS b WHERE b.campaign = campaign_arm.campaign AND b.member = ?3) WHERE member = ?2 AND campaign IN "
    "(SELECT c.id FROM campaign AS c CROSS JOIN campaign_arm AS b ON b.campaign = c.id AND b.member = ?3)",
    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, 7, b.campaign, 0, '' FROM campaign AS c CROSS "
    "JOIN campaign_arm AS b ON b.campaign = c.id AND b.member = ?3 WHERE NOT EXISTS (SELECT 1 FROM campaign_arm AS a "
    "WHERE a.campaign = c.id AND a.member = ?2)",
    "UPDATE OR IGNORE campaign_arm SET member = ?2 WHERE member = ?3 AND campaign IN (SELECT id FROM campaign)",
    "DELETE FROM campaign_arm WHERE member = ?3 AND campaign IN (SELECT id FROM campaign)",

    "INSERT INTO campaign_unmet (campaign, member, reason, asked, first_ms, last_ms) SELECT u.campaign, ?2, u.reason, "
    "u.asked, u.first_ms, u.last_ms FROM campaign AS c CROSS JOIN campaign_unmet AS u ON u.campaign = c.id AND "
    "u.member "
    "= ?3 WHERE true ON CONFLICT (campaign, member, reason) DO UPDATE SET asked = asked + excluded.asked, first_ms = "
    "min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)",
    "DELETE FROM campaign_unmet WHERE member = ?3 AND campaign IN (SELECT id FROM campaign)",
    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, 8, t.campaign, 0, '' FROM campaign AS c CROSS "
    "JOIN campaign_target AS t ON t.campaign = c.id AND t.member = ?3 WHERE NOT EXISTS (SELECT 1 FROM campaign_target "
    "AS o WHERE o.campaign = c.id AND o.member = ?2)",
    "UPDATE OR IGNORE campaign_target SET member = ?2 WHERE member = ?3 AND campaign IN (SELECT id FROM campaign)",
    "DELETE FROM campaign_target WHERE member = ?3 AND verdict IS NULL AND campaign IN (SELECT id FROM campaign)",
    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, 9, a.id, 0, '' FROM survey AS s CROSS JOIN "
    "survey_answer AS a ON a.survey = s.id AND a.member = ?3 AND a.member != 0 WHERE NOT EXISTS (SELECT 1 FROM "
    "survey_answer AS o WHERE o.survey = s.id AND o.member = ?2 AND o.member != 0)",
    "UPDATE survey_answer SET member = ?2 WHERE id IN (" ITEMS("9") ") AND ?3 = ?3",
    "INSERT INTO member_merge_item (merge, kind, a, b, cause) SELECT ?1, 10, 0, 0, '' FROM member AS b JOIN member AS "
    "a "
    "ON a.id = ?2 WHERE b.id = ?3 AND a.pin_hash IS NULL AND b.pin_hash IS NOT NULL",
    "UPDATE member SET (pin_salt, pin_hash) = (SELECT pin_salt, pin_hash FROM member WHERE id = ?3) WHERE id = ?2 AND "
    "EXISTS (" ITEMS("10") ")",
    "DELETE FROM merge_offer WHERE identity IN (" ITEMS("1") ") AND ?3 = ?3",
};

/* What was joined into one row (an experiment's, an unmet wish) stays with the survivor. */
static const char *const returns[] = {
    "UPDATE channel_identity SET member = ?3 WHERE member = ?2 AND member != 0 AND id IN (" ITEMS("1") ")",
    "UPDATE contact SET member = ?3 WHERE member = ?2 AND id IN (" ITEMS("2") ")",
    "DELETE FROM member_tag WHERE member = ?2 AND (tag, source) IN (" PAIRS("3") ") AND ?3 = ?3",
    "UPDATE member_activity SET (purchases, spent, redemptions) = (SELECT member_activity.purchases - b.purchases, "
    "member_activity.spent - b.spent, member_activity.redemptions - b.redemptions FROM member_activity AS b WHERE "
    "b.member = ?3) WHERE member = ?2 AND EXISTS (SELECT 1 FROM member_activity WHERE member = ?3)",
    "UPDATE coupon SET member = ?3 WHERE member = ?2 AND member != 0 AND (campaign, serial) IN (" PAIRS("4") ")",
    "UPDATE campaign_given SET member = ?3, cause = (SELECT i.cause FROM member_merge_item AS i WHERE i.merge = ?1 AND "
    "i.kind = 5 AND i.a = campaign_given.campaign AND i.b = campaign_given.serial) WHERE member = ?2 AND member != 0 "
    "AND (campaign, serial) IN (" PAIRS("5") ")",
    "UPDATE campaign_given SET claimed_by = ?3 WHERE claimed_by = ?2 AND claimed_by != 0 AND (campaign, serial) IN "
    "(" PAIRS("6") ")",
    "UPDATE OR IGNORE campaign_arm SET member = ?3 WHERE member = ?2 AND campaign IN (" ITEMS("7") ")",
    "UPDATE OR IGNORE campaign_target SET member = ?3 WHERE member = ?2 AND campaign IN (" ITEMS("8") ")",
    "UPDATE OR IGNORE survey_answer SET member = ?3 WHERE member = ?2 AND id IN (" ITEMS("9") ")",
    "UPDATE member SET pin_salt = NULL, pin_hash = NULL WHERE id = ?2 AND pin_hash IS (SELECT o.pin_hash FROM member "
    "AS "
    "o WHERE o.id = ?3) AND EXISTS (" ITEMS("10") ")",
};

/* ---- the stores' own tables: whose a coupon is, for those that can still be used */

#define COUPONS_A_TIME 64

static int tell_coupon(struct store_tx *tx, struct coupon_id id)
{
    struct coupon coupon;
    int rc = rights_find_coupon(tx, id, &coupon);
    bool open = rc == 0 && !coupon.revoked && coupon.uses == 0 && coupon.expiry_s > tx->now_ms / 1000;
    if (rc < 0 || !open) {
        return rc == -ENOENT ? 0 : rc;
    }
    rc = coupon_publish(tx, &coupon, coupon.home_store, NULL);
    bool elsewhere = coupon.right_store != 0 && coupon.right_store != coupon.home_store;
    return rc || !elsewhere ? rc : coupon_publish(tx, &coupon, coupon.right_store, NULL);
}

static int tell_coupons(const struct merge_items *items)
{
    struct coupon_id ids[COUPONS_A_TIME], last = {0};
    size_t count = COUPONS_A_TIME;
    int rc = 0;
    while (rc == 0 && count == COUPONS_A_TIME) {
        struct db_stmt *stmt = NULL;
        count = 0;
        rc = query_open(
            store_tx_db(items->tx),
            "SELECT a, b FROM member_merge_item WHERE merge = ? AND kind = ? AND (a, b) > (?, ?) ORDER BY a, "
            "b LIMIT ?",
            QUERY(Q_INT(items->merge), Q_INT(ITEM_COUPON), Q_INT(last.campaign), Q_INT(last.serial),
                  Q_INT(COUPONS_A_TIME)),
            &stmt);
        while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
            ids[count++] = (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
            rc = 0;
        }
        db_stmt_close(stmt);
        for (size_t i = 0; rc == 0 && i < count; i++) {
            last = ids[i];
            rc = tell_coupon(items->tx, last);
        }
    }
    return rc;
}

int merge_items_move(const struct merge_items *items)
{
    int rc = run_all(items, moves, ARRAY_LEN(moves));
    return rc ? rc : tell_coupons(items);
}

int merge_items_return(const struct merge_items *items)
{
    int rc = run_all(items, returns, ARRAY_LEN(returns));
    return rc ? rc : tell_coupons(items);
}
