#ifndef DOMAIN_CAMPAIGN_H
#define DOMAIN_CAMPAIGN_H

#include "domain/body.h"

/* A campaign's rules: data, the same answer at terminal and central. */

enum campaign_state {
    CAMPAIGN_DRAFT = 1,
    CAMPAIGN_CHECKED = 2,
    CAMPAIGN_LIVE = 3,
    CAMPAIGN_PAUSED = 4,
    CAMPAIGN_ENDED = 5
};
enum discount_kind { DISCOUNT_AMOUNT = 1, DISCOUNT_PERCENT = 2, DISCOUNT_FIXED_PRICE = 3, DISCOUNT_GIFT = 4 };
enum release_rule { RELEASE_NONE = 0, RELEASE_BEFORE_EXPIRY_48H = 1, RELEASE_AFTER_ISSUE_24H = 2 };

#define CAMPAIGN_NAME_MAX   96 /* bytes of UTF-8 with NUL */
#define CAMPAIGN_STORES_MAX 16

struct campaign {
    uint32_t id;
    uint32_t version;     /* rises with every change: "policy version" in records */
    uint8_t state;        /* enum campaign_state */
    uint8_t mode;         /* enum campaign_mode */
    bool fallback_budget; /* a `home` coupon whose right is elsewhere may be redeemed within the budget while offline */
    uint8_t discount;     /* enum discount_kind */
    char name_zh[CAMPAIGN_NAME_MAX], name_en[CAMPAIGN_NAME_MAX];
    char gift_zh[CAMPAIGN_NAME_MAX], gift_en[CAMPAIGN_NAME_MAX]; /* DISCOUNT_GIFT: what is handed over */
    int64_t value_minor;                                         /* amount off, or the fixed price */
    uint32_t percent_off;                                        /* 1..100 */
    int64_t max_discount_minor;                                  /* percent: cap, 0 = none */
    int64_t min_spend_minor;                                     /* 0 = none */
    uint32_t valid_from_s, valid_to_s;                           /* Unix; 0 = open */
    uint8_t weekday_mask;                                        /* bit 0 = Monday; 0 = every day */
    uint16_t hour_from_min, hour_to_min;                         /* minutes of the local day; 0,0 = all day */
    uint32_t store_count;                                        /* 0 = every store */
    uint32_t stores[CAMPAIGN_STORES_MAX];
    uint32_t per_member_limit;       /* uses; 0 = none */
    int64_t offline_budget_minor;    /* MODE_BUDGET or fallback: value cap per terminal while offline; 0 = nothing */
    uint32_t offline_budget_count;   /* likewise; a gift is bounded by this alone */
    uint32_t offline_max_sync_age_s; /* 0 = no such cap */
    uint8_t release;                 /* enum release_rule */
    uint16_t holdout_permille;
    uint32_t lease_h; /* how long a right that was moved away from home may be used there; 0 = until the coupon ends */
};

#define CAMPAIGN_ENCODED_MAX 1024
MUST_CHECK int campaign_encode(const struct campaign *campaign, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int campaign_decode(struct slice encoded, struct campaign *out_campaign);

/* True when the discount cannot be told without the sale's amount (percent, fixed price, minimum spend). */
bool campaign_needs_sale(const struct campaign *campaign);
/* The discount on a sale; a gift is 0. Never more than the sale. -EINVAL when the sale is needed and 0. */
MUST_CHECK int campaign_discount(const struct campaign *campaign, int64_t sale_minor, int64_t *out_discount_minor);

#endif
