#ifndef CENTRAL_STORE_CATALOGUE_H
#define CENTRAL_STORE_CATALOGUE_H

/* What is sold and what is on offer: products, campaigns, carousel offers. All go to every store of the brand (the
 * feed's brand lane); an offer may be one store's own. Changes of price and campaign are journaled. */

#include "central/store/store.h"
#include "domain/campaign.h"
#include "domain/feed.h"

/* ---- products: the feed's own struct, keyed by the EAN as 13 digits (ean_normalise) */

/* -EINVAL: EAN, name or price cannot be. An equal product changes nothing. *out_changed may be NULL. */
MUST_CHECK int catalogue_put_product(struct store_tx *tx, uint32_t brand, const struct feed_product *product,
                                     bool *out_changed);
MUST_CHECK int catalogue_find_product(struct store_tx *tx, uint32_t brand, const char *ean13,
                                      struct feed_product *out_product);
typedef int (*catalogue_product_visit)(void *context, const struct feed_product *product);
/* In order of EAN, after `after` ("" = from the start), at most limit. */
struct catalogue_range {
    uint32_t brand;
    const char *after;
    uint32_t limit;
};
MUST_CHECK int catalogue_each_product(struct store_tx *tx, const struct catalogue_range *range,
                                      catalogue_product_visit visit, void *context);
MUST_CHECK int catalogue_count_products(struct store_tx *tx, uint32_t brand, uint64_t *out_count);

/* ---- campaigns */

struct campaign_entry {
    struct campaign rules; /* id and version are given */
    uint32_t brand;
    bool joining;    /* its coupon is the welcome of everyone who becomes a member */
    uint32_t life_s; /* of its coupons from their issue; 0 = until the campaign ends */
};

#define CAMPAIGN_FIRST_ID 1001

/*
 * What is wrong with the rules, as a sentence for the operator; NULL when nothing is: what a terminal could not carry
 * out, and a welcome that its holder could not use right away. Whether it may go live is another question (campaign.h).
 */
const char *catalogue_campaign_fault(const struct campaign_entry *campaign);
/* For campaign.h only, which knows what may become live. A number for a new one; writing, journaling and telling the
 * stores of one. */
struct catalogue_act {
    const char *who, *what, *why; /* why may be "" */
};
MUST_CHECK int catalogue_number_campaign(struct store_tx *tx, struct campaign_entry *campaign);
MUST_CHECK int catalogue_save_campaign(struct store_tx *tx, const struct campaign_entry *entry,
                                       const struct catalogue_act *act);
MUST_CHECK int catalogue_find_campaign(struct store_tx *tx, uint32_t id, struct campaign_entry *out_campaign);
typedef int (*catalogue_campaign_visit)(void *context, const struct campaign_entry *campaign);
MUST_CHECK int catalogue_each_campaign(struct store_tx *tx, catalogue_campaign_visit visit, void *context);
const char *campaign_state_name(enum campaign_state state); /* "live" */

/* ---- offers of the attract screen's carousel; offer.offer 0: a number is given. store 0: every store of the brand */

struct offer_entry {
    struct feed_offer offer;
    uint32_t brand, store;
};
MUST_CHECK int catalogue_put_offer(struct store_tx *tx, const struct offer_entry *offer, const char *who,
                                   uint32_t *out_id);
typedef int (*catalogue_offer_visit)(void *context, const struct offer_entry *offer);
MUST_CHECK int catalogue_each_offer(struct store_tx *tx, catalogue_offer_visit visit, void *context);

#endif
