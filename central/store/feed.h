#ifndef CENTRAL_STORE_FEED_H
#define CENTRAL_STORE_FEED_H

/*
 * What central tells the stores: idempotent upserts in two lanes (the store's own; the brand's, for every store of it).
 * A position is allocated from feed_head(lane) inside the writing transaction, so order = commit order and no position
 * is given twice. (lane, kind, key) is unique and keeps its newest body at its newest position; what it replaced is
 * gone.
 */

#include "central/store/store.h"
#include "domain/feed.h"

#define FEED_KEY_MAX 64

/*
 * store 0: the brand's lane. key: what the item is about, unique within its kind: coupon_id_format, an EAN, a decimal
 * number ("settings" for FEED_SETTINGS, "keyset" for FEED_KEYSET). body: encoded by domain/feed.h (campaign.h,
 * keyset.h), at most FEED_BODY_MAX (-E2BIG). An equal body for the same key is not published again (*out_position is
 * where it stands). out_position may be NULL.
 */
struct feed_target {
    uint32_t brand;
    uint32_t store; /* 0: brand lane */
};
MUST_CHECK int feed_publish(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key,
                            struct slice body, uint64_t *out_position);

/* The same for several: decimal key made from a number. */
MUST_CHECK int feed_publish_number(struct store_tx *tx, struct feed_target target, enum feed_kind kind, uint64_t key,
                                   struct slice body);

/* Takes an item out of the lane, so that devices that start later never see it (an answered request). -ENOENT is 0. */
MUST_CHECK int feed_withdraw(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key);

/* The newest body of one item. -ENOENT; -ENOSPC when cap is too small. */
MUST_CHECK int feed_find(struct store_tx *tx, struct feed_target target, enum feed_kind kind, const char *key,
                         uint8_t *out, size_t cap, size_t *out_len);

/* The last positions given in both lanes. */
MUST_CHECK int feed_heads(struct store_tx *tx, struct feed_target target, struct feed_cursor *out_heads);

/*
 * Fills the page with what stands after its cursor: the store's lane first, then the brand's, until the page is full or
 * both lanes are read. A cursor beyond the head (central was restored) starts that lane over.
 */
MUST_CHECK int feed_read_page(struct store_tx *tx, struct feed_target target, struct feed_page_writer *page,
                              bool *out_more);

#endif
