#include "central/store/rights_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int share_transit_find(struct store_tx *tx, uint64_t transfer, struct share_transit *out_transit)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT transfer, member, scope, owner, amount, from_store, to_store FROM share_transit"
                         " WHERE transfer = ?1",
                         QUERY(Q_INT(transfer)), &stmt);
    if (rc < 0)
        return rc;
    *out_transit = (struct share_transit){
        .transfer = (uint64_t)db_column_int64(stmt, 0),
        .member = (uint64_t)db_column_int64(stmt, 1),
        .owner = {(uint8_t)db_column_int64(stmt, 2), (uint32_t)db_column_int64(stmt, 3)},
        .amount_minor = db_column_int64(stmt, 4),
        .from_store = (uint32_t)db_column_int64(stmt, 5),
        .to_store = (uint32_t)db_column_int64(stmt, 6),
    };
    db_stmt_close(stmt);
    return 0;
}

int share_transit_write(struct store_tx *tx, const struct share_transit *transit)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO share_transit (transfer, member, scope, owner, amount, from_store,"
                     " to_store) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     QUERY(Q_INT(transit->transfer), Q_INT(transit->member), Q_INT(transit->owner.scope),
                           Q_INT(transit->owner.id), Q_INT(transit->amount_minor), Q_INT(transit->from_store),
                           Q_INT(transit->to_store)));
}

int share_transit_book(struct store_tx *tx, const struct share_transit *transit, uint32_t store, int64_t amount_minor)
{
    int rc = rights_share_add(tx, transit->member, transit->owner, store, amount_minor);
    return rc < 0 ? rc : rights_share_add(tx, transit->member, transit->owner, 0, -amount_minor);
}

/* One grant that stands in a store's lane. */
struct offered {
    int64_t lane;
    uint64_t position;
    size_t len;
    uint8_t body[FEED_BODY_MAX];
};

static uint32_t store_of(const struct offered *offered)
{
    return (uint32_t)(offered->lane / 2); /* lanes of stores are even */
}

static int next_offered(struct store_tx *tx, enum feed_kind kind, struct offered *offered)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT lane, position, body FROM feed WHERE (lane, position) > (?2, ?3) AND kind = ?1"
                         " ORDER BY lane, position LIMIT 1",
                         QUERY(Q_INT(kind), Q_INT(offered->lane), Q_INT(offered->position)), &stmt);
    if (rc < 0)
        return rc;
    struct slice body = db_column_blob(stmt, 2);
    offered->lane = db_column_int64(stmt, 0);
    offered->position = (uint64_t)db_column_int64(stmt, 1);
    offered->len = body.len;
    rc = body.len > 0 && body.len <= sizeof(offered->body) ? 0 : -EUCLEAN;
    if (rc == 0)
        memcpy(offered->body, body.data, body.len);
    db_stmt_close(stmt);
    return rc;
}

static int each_offered(struct store_tx *tx, enum feed_kind kind,
                        int (*recall)(struct store_tx *tx, const struct offered *offered))
{
    struct offered offered = {.lane = 0};
    int rc;
    while ((rc = next_offered(tx, kind, &offered)) == 0) {
        rc = recall(tx, &offered);
        if (rc < 0)
            return rc;
    }
    return rc == -ENOENT ? 0 : rc;
}

/* Its asker waits again, unless another move of the same thing is open by now. */
static int reopen(struct store_tx *tx, uint64_t id, uint32_t *out_from_store)
{
    struct transfer transfer, other;
    int rc = transfer_find(tx, id, &transfer);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    *out_from_store = transfer.from_store;
    if (transfer.state != TRANSFER_GRANTED)
        return 0;
    rc = transfer.kind == TRANSFER_RIGHT ? transfer_find_open_right(tx, transfer.coupon, &other)
                                         : transfer_find_open_share(tx, &transfer, &other);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    transfer.state = rc == 0 ? TRANSFER_REFUSED : TRANSFER_OPEN;
    transfer.position = 0;
    return transfer_update(tx, &transfer);
}

static int recall_right(struct store_tx *tx, const struct offered *offered)
{
    uint32_t store = store_of(offered), from_store = 0;
    struct feed_right right;
    struct grant_row grant;
    struct coupon_row row;
    int rc = feed_right_decode((struct slice){offered->body, offered->len}, &right);
    if (rc == 0)
        rc = coupon_row_find(tx, right.coupon, &row);
    if (rc == 0)
        rc = grant_find(tx, right.coupon, right.epoch, &grant);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (grant.risk || right.epoch == 0 || row.coupon.right_epoch != right.epoch || row.coupon.right_store != store)
        return 0;
    row.coupon.right_epoch--;
    row.coupon.right_store = row.coupon.lease_until_s = 0;
    row.lost = true;
    rc = coupon_row_update(tx, &row);
    if (rc == 0)
        rc = query_run(store_tx_write(tx), "DELETE FROM grant_log WHERE campaign = ?1 AND serial = ?2 AND epoch = ?3",
                       QUERY(Q_INT(right.coupon.campaign), Q_INT(right.coupon.serial), Q_INT(right.epoch)));
    char key[ID_TEXT_MAX];
    coupon_id_format(right.coupon, key, sizeof(key));
    if (rc == 0)
        rc = feed_withdraw(tx, (struct feed_target){.store = store}, FEED_RIGHT_GRANT, key);
    return rc < 0 ? rc : reopen(tx, right.transfer, &from_store);
}

static int recall_share(struct store_tx *tx, const struct offered *offered)
{
    uint32_t store = store_of(offered), from_store = store;
    struct share_transit transit;
    struct feed_share share;
    char key[24];
    int rc = feed_share_decode((struct slice){offered->body, offered->len}, &share);
    if (rc == 0)
        rc = reopen(tx, share.transfer, &from_store);
    if (rc == 0)
        rc = share_transit_find(tx, share.transfer, &transit);
    if (rc == -ENOENT)
        transit = (struct share_transit){share.transfer, share.member, share.owner, share.amount_minor, from_store, 0};
    else if (rc < 0)
        return rc;
    transit.to_store = 0;
    rc = share_transit_book(tx, &transit, store, -share.amount_minor);
    if (rc == 0)
        rc = share_transit_write(tx, &transit);
    snprintf(key, sizeof(key), "%" PRIu64, share.transfer);
    return rc < 0 ? rc : feed_withdraw(tx, (struct feed_target){.store = store}, FEED_SHARE_GRANT, key);
}

int grants_recall(struct store_tx *tx)
{
    int rc = each_offered(tx, FEED_RIGHT_GRANT, recall_right);
    return rc < 0 ? rc : each_offered(tx, FEED_SHARE_GRANT, recall_share);
}
