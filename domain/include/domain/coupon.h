#ifndef DOMAIN_COUPON_H
#define DOMAIN_COUPON_H

#include "domain/campaign.h"
#include "domain/time.h"
#include "domain/token.h"

/*
 * May this coupon be redeemed here and now? One pure decision over facts that the till collected. Verdicts stand in
 * order of precedence: the first that holds is the answer.
 */

enum coupon_verdict {
    COUPON_OK = 0,
    COUPON_NOT_OURS = 1,  /* no code of ours at all */
    COUPON_MALFORMED = 2, /* our prefix, unreadable */
    COUPON_OTHER_BRAND = 3,
    COUPON_KEY_UNKNOWN = 4, /* needs connection */
    COUPON_FORGED = 5,
    COUPON_KEY_REVOKED = 6,
    COUPON_REVOKED = 7,
    COUPON_UNKNOWN_CODE = 8, /* typed short code that nobody here knows; online central was asked too */
    COUPON_ALREADY_USED = 9,
    COUPON_CAMPAIGN_UNKNOWN = 10, /* needs connection */
    COUPON_CAMPAIGN_PAUSED = 11,
    COUPON_CAMPAIGN_ENDED = 12,
    COUPON_WRONG_STORE = 13, /* the campaign does not run in this store */
    COUPON_NOT_YET = 14,
    COUPON_EXPIRED = 15,
    COUPON_DATE_UNSURE = 16, /* the clerk must confirm the date first */
    COUPON_OUT_OF_HOURS = 17,
    COUPON_NOT_THEIRS = 18,       /* still exclusive to another member than the one identified */
    COUPON_HELD_ELSEWHERE = 19,   /* its right is at another store: needs connection, central moves it */
    COUPON_NEEDS_CONNECTION = 20, /* strict, or the lease of its right is over, and central cannot be asked */
    COUPON_BUDGET_SPENT = 21,
    COUPON_MEMBER_LIMIT = 22,
    COUPON_NEEDS_AMOUNT = 23, /* the sale's amount must be entered first */
    COUPON_BELOW_MINIMUM = 24,
    COUPON_NONE_LEFT = 25, /* asked of the public pool: this store holds none that anybody may have now */
    COUPON_VERDICTS
};

enum right_state {
    RIGHT_HERE,      /* held here: by the token itself (epoch 0) or by a later grant */
    RIGHT_CONSUMED,  /* used here */
    RIGHT_RELEASED,  /* given up towards central */
    RIGHT_ELSEWHERE, /* home is another store and no grant came */
};

struct coupon_facts {
    enum token_status token;
    bool known_here; /* in the store's own table (feed) */
    bool revoked;
    enum right_state right;
    uint32_t right_until_s;          /* RIGHT_HERE: the end of its lease; 0 = none */
    const struct campaign *campaign; /* NULL = unknown */
    uint32_t store;
    uint32_t valid_from_s, expiry_s, exclusive_until_s;
    uint64_t owner_member; /* who it was issued to; 0 = unknown */
    bool outdated;         /* somebody claimed it since this code was made */
    uint64_t member;       /* who was identified at the counter; 0 = nobody (the bearer counts as the owner) */
    bool to_public;        /* nobody showed it: it is given to whoever stands there, who is not its owner */
    uint32_t member_uses;  /* of this campaign by owner_member, not voided */
    struct business_time now;
    bool date_confirmed; /* by the clerk, in this boot */
    bool online;         /* central answered lately */
    bool central_agreed; /* strict: central said yes to this very request */
    uint32_t sync_age_s;
    int64_t budget_used_minor;
    uint32_t budget_used_count;
    int64_t sale_minor; /* 0 = not entered */
};

struct coupon_decision {
    enum coupon_verdict verdict;
    int64_t discount_minor; /* COUPON_OK only */
    bool spends_budget;     /* redeemed without the right, within the budget */
};

struct coupon_decision coupon_decide(const struct coupon_facts *facts);
const char *coupon_verdict_name(enum coupon_verdict verdict); /* "already_used" */

#endif
