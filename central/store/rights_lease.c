#include "central/store/rights_lease.h"

#include "central/store/rights_internal.h"
#include "central/store/settle.h"

#define HOUR_S   3600
#define MARGIN_S 60

/* What the index of leases holds. */
#define OVER                                                                                                           \
    " FROM coupon c WHERE lease_until_s != 0 AND lease_until_s <= ?1 AND right_store != 0 AND uses = 0"                \
    " AND revoked = 0"
#define GOOD " AND (expiry_s = 0 OR expiry_s > ?1)"
/* Of a coupon that has ended nothing is to be had back: its lease is forgotten. */
#define DUE                                                                                                            \
    OVER " AND (expiry_s BETWEEN 1 AND ?1 OR NOT EXISTS (SELECT 1 FROM transfer t WHERE t.campaign = c.campaign"       \
         " AND t.serial = c.serial AND t.kind = 1 AND t.state = 1))"

int lease_of_grant(struct store_tx *tx, const struct coupon *coupon, uint32_t store, uint32_t *out_until_s)
{
    struct campaign rules = {0};
    uint32_t until_s = 0;
    int rc = 0;
    if (coupon->right_store == store)
        until_s = coupon->lease_until_s;
    else if (store != coupon->home_store)
        rc = coupon_rules(tx, coupon->brand, coupon->id.campaign, &rules);
    if (rc < 0 && rc != -ENOENT && rc != -EBADMSG) /* without its rules a right has no lease */
        return rc;
    if (rules.lease_h != 0) {
        int64_t end_s = tx->now_ms / 1000 + (int64_t)rules.lease_h * HOUR_S;
        until_s = end_s < 1 ? 1 : end_s > UINT32_MAX ? UINT32_MAX : (uint32_t)end_s;
    }
    *out_until_s = until_s;
    return 0;
}

bool lease_ends(const struct coupon *coupon, int64_t now_ms)
{
    return coupon->lease_until_s != 0 && coupon->lease_until_s <= now_ms / 1000 + MARGIN_S;
}

struct due {
    struct coupon_id ids[LEASES_A_RUN];
    unsigned count;
};

static int find_due(struct store_tx *tx, struct due *out_due)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT campaign, serial" DUE " ORDER BY lease_until_s LIMIT ?2",
                        QUERY(Q_INT(tx->now_ms / 1000), Q_INT(LEASES_A_RUN)), &stmt);
    out_due->count = 0;
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW)
        out_due->ids[out_due->count++] =
            (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    return rc;
}

/* Nobody waits for it: whoever asks for it meanwhile takes its place at once. */
static int ask_back(struct store_tx *tx, struct coupon_row *row)
{
    struct coupon *coupon = &row->coupon;
    struct transfer transfer = {.to_store = 0};
    if (coupon->expiry_s != 0 && coupon->expiry_s <= tx->now_ms / 1000) {
        coupon->lease_until_s = 0;
        return coupon_row_update(tx, row);
    }
    random_fill(store_random(tx->store), transfer.request_id, sizeof(transfer.request_id));
    return right_ask_holder(tx, coupon, &transfer);
}

int rights_run_leases(struct store_tx *tx, unsigned *out_asked)
{
    struct due due;
    int rc = find_due(tx, &due);
    for (unsigned i = 0; i < due.count && rc == 0; i++) {
        struct coupon_row row;
        rc = coupon_row_find(tx, due.ids[i], &row);
        if (rc == 0)
            rc = ask_back(tx, &row);
    }
    if (rc == 0)
        *out_asked = due.count;
    return rc;
}

/* Right after a restore these books may not know where a right is. */
int rights_leases_due(struct store_tx *tx, bool *out_due)
{
    bool waits = false;
    int64_t due = 0;
    int rc = settle_waits(tx, &waits);
    if (rc == 0 && !waits)
        rc = query_number(store_tx_db(tx), "SELECT EXISTS (SELECT 1" DUE ")", QUERY(Q_INT(tx->now_ms / 1000)), &due);
    if (rc == 0)
        *out_due = due != 0;
    return rc;
}

int rights_leases_over(struct store_tx *tx, uint64_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*)" OVER GOOD, QUERY(Q_INT(tx->now_ms / 1000)), &count);
    if (rc == 0)
        *out_count = (uint64_t)count;
    return rc;
}
