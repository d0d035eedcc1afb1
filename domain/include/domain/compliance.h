#ifndef DOMAIN_COMPLIANCE_H
#define DOMAIN_COMPLIANCE_H

#include "domain/campaign.h"
#include "domain/window.h"

/*
 * May this campaign go live? A linter over the whole plan: what is given, to whom, on what occasion, with what words,
 * and what will be sent. It knows the platform's rules (docs/wechat.md, "Rules") and what members may expect; each
 * finding names its rule and what it was found in. One that blocks keeps a campaign from going live.
 */

enum issue_occasion {
    ISSUE_BY_HAND = 0,    /* to named members, by an operator */
    ISSUE_ON_JOINING = 1, /* after explicit consent to the membership */
    ISSUE_AFTER_PURCHASE = 2,
    ISSUE_TO_SEGMENT = 3,
    ISSUE_AT_TOUCHPOINT = 4, /* a member who scans it */
    ISSUE_ON_FOLLOW = 5,     /* never allowed: is here so that it can be refused by its name */
    ISSUE_ON_SHARING = 6,    /* likewise */
};

struct planned_message {
    uint8_t channel;        /* enum message_channel, or 3: template */
    uint8_t after;          /* customer service: enum window_kind that opens the window */
    int64_t at_ms;          /* mass: when */
    int64_t delay_ms;       /* customer service: after that event */
    uint32_t mass_in_month; /* mass: sends to these members in that month before this one, planned or done */
    uint32_t replies;       /* customer service: messages sent after one such event, this one included */
    const char *text_zh, *text_en;
};
#define PLANNED_TEMPLATE 3

struct campaign_plan {
    const struct campaign *campaign;
    uint8_t occasion;                /* enum issue_occasion */
    bool needs_follow;               /* the coupon could only be redeemed by one who follows */
    bool needs_contact;              /* phone or other contact details are asked for */
    uint32_t consent_version;        /* of the text that is shown then; 0 = none */
    uint32_t life_days;              /* of each coupon; 0 = until the campaign's end */
    uint32_t total_limit;            /* coupons; 0 = none */
    int64_t budget_minor;            /* what the campaign may cost; 0 = none */
    const char *terms_zh, *terms_en; /* conditions, as the member reads them */
    const struct planned_message *messages;
    uint32_t message_count;
    int64_t now_ms;
};

enum compliance_rule {
    RULE_FOLLOW_REWARDED = 1, /* a benefit for following */
    RULE_FOLLOW_FORCED,       /* useless without following */
    RULE_SHARING_REWARDED,    /* a benefit for sharing or inviting */
    RULE_INDUCING_WORDS,      /* words that promise the above: `detail` has them */
    RULE_NO_NAME,             /* no Chinese name: a member could not know what it is */
    RULE_NO_VALIDITY,         /* no end and no life: a coupon that never expires */
    RULE_VALIDITY_BACKWARDS,  /* ends before it begins */
    RULE_OVER_ALREADY,        /* ended in the past */
    RULE_NO_TERMS,            /* conditions are not stated in words */
    RULE_NO_DISCOUNT,         /* gives nothing */
    RULE_FREE_GOODS,          /* amount off without a minimum spend that is larger: needs a budget */
    RULE_NO_BOUND,            /* neither a total limit nor a budget */
    RULE_OFFLINE_UNBOUNDED,   /* offline budget mode without value or count cap */
    RULE_CONTACT_WITHOUT_CONSENT,
    RULE_MONTH_OVER_QUOTA,   /* more mass sends than a member may get in a month */
    RULE_OUTSIDE_WINDOW,     /* a reply planned after its window has shut, or more than it allows */
    RULE_TEMPLATE_MARKETING, /* template messages must not advertise */
    RULE_MESSAGE_EMPTY,
    RULE_RELEASE_TOO_SHORT, /* coupons live shorter than the release rule needs */
    RULE_HOLDOUT_TOO_LARGE, /* more than half is kept out */
    RULE_SENT_AT_NIGHT,     /* a mass send between 22:00 and 8:00: warns */
    RULE_NO_ENGLISH,        /* warns */
    RULE_LEASE_ENDLESS,     /* coupons do not live longer than a lease: warns */
};

struct compliance_finding {
    enum compliance_rule rule;
    bool blocks;
    uint32_t message; /* 1-based; 0 = the campaign itself */
    char detail[48];  /* the words, or a number */
};

#define COMPLIANCE_FINDINGS_MAX 32

struct compliance_report {
    uint32_t count;
    bool blocked; /* at least one finding blocks */
    struct compliance_finding findings[COMPLIANCE_FINDINGS_MAX];
};

void compliance_check(const struct campaign_plan *plan, struct compliance_report *out_report);

/* For words outside a campaign, printed ones: NULL, or what in them promises something for following or sharing. */
const char *compliance_inducing_words(const char *text);

const char *compliance_rule_name(enum compliance_rule rule);               /* "follow_rewarded" */
const char *compliance_rule_text(enum compliance_rule rule, bool english); /* one sentence: what is wrong, what to do */

#endif
