#include "central/store/people_merge.h"

#include "central/store/people_privacy.h"
#include "central/store/query.h"
#include "domain/shortcode.h"

#include <stdio.h>
#include <string.h>

#define CODE_MASK ((UINT64_C(1) << 50) - 1)
#define EVIDENCE  "both member pages said so"

_Static_assert(MERGE_CODE_CAP > SHORTCODE_LEN, "a code fits");

int people_merge_offer(struct store_tx *tx, uint64_t identity)
{
    char code[SHORTCODE_LEN + 1];
    shortcode_from_value(random_u64(store_random(tx->store)) & CODE_MASK, code);
    int rc = query_run(store_tx_write(tx), "DELETE FROM merge_offer WHERE made_ms <= ?",
                       QUERY(Q_INT(tx->now_ms - MERGE_OFFER_MS)));
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "INSERT OR REPLACE INTO merge_offer (identity, code, made_ms, other) VALUES (?, ?, ?, 0)",
                          QUERY(Q_INT(identity), Q_TEXT(code), Q_INT(tx->now_ms)));
}

int people_merge_find_offer(struct store_tx *tx, uint64_t identity, struct merge_offer *out_offer)
{
    struct db_stmt *stmt = NULL;
    *out_offer = (struct merge_offer){.other = 0};
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT o.code, coalesce(i.member, 0) FROM merge_offer AS o LEFT JOIN channel_identity AS i ON "
                    "i.id = o.other WHERE o.identity = ? AND o.made_ms > ?",
                    QUERY(Q_INT(identity), Q_INT(tx->now_ms - MERGE_OFFER_MS)), &stmt);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    query_column_text(stmt, 0, out_offer->code, sizeof(out_offer->code));
    out_offer->other = (uint64_t)db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

/* Given once: what the first page is asked to confirm does not change under its finger. */
static int offered_by(struct store_tx *tx, const char *code, uint64_t *out_identity)
{
    int64_t identity = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT identity FROM merge_offer WHERE code = ? AND made_ms > ? AND other = 0",
                     QUERY(Q_TEXT(code), Q_INT(tx->now_ms - MERGE_OFFER_MS)), &identity);
    if (rc == 0) {
        *out_identity = (uint64_t)identity;
    }
    return rc;
}

/* Refused now, so that nobody is asked to confirm what cannot be. */
static int could_merge(struct store_tx *tx, uint64_t a, uint64_t b)
{
    struct channel_identity first, second;
    struct merge_order order = {.evidence = ""};
    int rc = wechat_find_identity(tx, a, &first);
    rc = rc ? rc : wechat_find_identity(tx, b, &second);
    if (rc < 0 || !first.member || !second.member) {
        return rc ? rc : -ENOENT;
    }
    order.survivor = first.member;
    order.absorbed = second.member;
    return people_merge_check(tx, &order);
}

int people_merge_accept(struct store_tx *tx, uint64_t identity, const char *code)
{
    char parsed[SHORTCODE_LEN + 1];
    uint64_t by = 0;
    int rc = shortcode_parse(code, parsed) < 0 ? -ENOENT : offered_by(tx, parsed, &by);
    rc = rc ? rc : could_merge(tx, by, identity);
    return rc ? rc
              : query_run(store_tx_write(tx), "UPDATE merge_offer SET other = ? WHERE identity = ?",
                          QUERY(Q_INT(identity), Q_INT(by)));
}

/* The number that is older keeps who won it; of two of one moment, the smaller. */
static int put_in_order(struct store_tx *tx, struct merge_order *order)
{
    struct member a, b;
    int rc = people_find_member(tx, order->survivor, &a);
    rc = rc ? rc : people_find_member(tx, order->absorbed, &b);
    bool swap = rc == 0 && (b.joined_ms < a.joined_ms || (b.joined_ms == a.joined_ms && b.id < a.id));
    if (swap) {
        *order = (struct merge_order){.survivor = b.id, .absorbed = a.id, .evidence = order->evidence};
    }
    return rc;
}

int people_merge_confirm(struct store_tx *tx, uint64_t identity, bool yes)
{
    struct channel_identity own;
    struct merge_offer offer;
    uint64_t merge = 0;
    int rc = wechat_find_identity(tx, identity, &own);
    rc = rc ? rc : people_merge_find_offer(tx, identity, &offer);
    if (rc == 0 && (!own.member || !offer.code[0] || (yes && !offer.other))) {
        rc = -ENOENT;
    }
    rc = rc ? rc : query_run(store_tx_write(tx), "DELETE FROM merge_offer WHERE identity = ?", QUERY(Q_INT(identity)));
    if (rc < 0 || !yes) {
        return rc;
    }
    struct merge_order order = {.survivor = own.member, .absorbed = offer.other, .evidence = EVIDENCE};
    rc = put_in_order(tx, &order);
    return rc ? rc : people_merge(tx, &order, &merge);
}
