#ifndef DOMAIN_CREDIT_H
#define DOMAIN_CREDIT_H

#include "domain/body.h"
#include "domain/time.h"

/* Credit shares: authority to spend, held at one store. Σ shares = balance, each ≥ 0. */

enum credit_verdict {
    CREDIT_OK = 0,
    CREDIT_NO_MEMBER = 1,  /* unknown here */
    CREDIT_NEEDS_CODE = 2, /* a static card or an expired code identifies, it never spends: fresh code or PIN */
    CREDIT_CODE_USED = 3,
    CREDIT_CLOCK_UNSURE = 4, /* uncertainty > 10 min: PIN instead of the code */
    CREDIT_WRONG_PIN = 5,
    CREDIT_NOT_ENOUGH = 6, /* share here too small; balance elsewhere may be moved while online */
    CREDIT_BAD_AMOUNT = 7,
    CREDIT_VERDICTS
};

struct credit_spend_facts {
    bool member_known;
    bool by_code;    /* a rotating code was shown */
    bool code_fresh; /* within MEMBER_CODE_LIFE_S of business time */
    bool code_used;
    bool pin_given, pin_right;
    struct business_time now;
    int64_t share_minor; /* held here */
    int64_t amount_minor;
};

enum credit_verdict credit_decide_spend(const struct credit_spend_facts *facts);
const char *credit_verdict_name(enum credit_verdict verdict);

/* A code issued at issued_s is fresh when now, with its uncertainty in the holder's disfavour, lies within its life. */
bool credit_code_fresh(uint32_t issued_s, struct business_time now);

/* An earn first sets off an open receivable. */
struct credit_earn_split {
    int64_t to_share_minor, to_receivable_minor;
};
struct credit_earn_split credit_split_earn(int64_t amount_minor, int64_t receivable_minor);
/* Voiding an earn takes from the share what is left of it; the rest becomes a receivable. */
struct credit_earn_split credit_split_void(int64_t amount_minor, int64_t share_minor);

#endif
