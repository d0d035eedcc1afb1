#ifndef CENTRAL_STORE_CAMPAIGN_H
#define CENTRAL_STORE_CAMPAIGN_H

/*
 * A campaign's plan beyond its rules, and its life: draft → checked → live ⇄ paused → ended. What may be checked and go
 * live is decided by compliance_check over the whole plan, here and nowhere else: there is no other way to a live
 * campaign. Every step is journaled and kept with its findings. Rules: catalogue.h; coupons: campaign_issue.h.
 */

#include "central/store/catalogue.h"
#include "domain/compliance.h"

#define CAMPAIGN_TEXT_MAX        600 /* bytes of UTF-8 with NUL */
#define CAMPAIGN_MESSAGES_MAX    8
#define CAMPAIGN_TOUCHPOINTS_MAX 32
#define CAMPAIGN_FINDINGS_CAP    640

struct campaign_message {
    uint8_t channel; /* enum message_channel, or PLANNED_TEMPLATE */
    uint8_t after;   /* customer service: enum window_kind that opens the window */
    int64_t at_ms;   /* mass: when */
    int64_t delay_ms;
    char text_zh[CAMPAIGN_TEXT_MAX], text_en[CAMPAIGN_TEXT_MAX];
};

struct campaign_brief {
    uint8_t occasion; /* enum issue_occasion */
    bool needs_follow, needs_contact;
    uint32_t consent_version;
    uint32_t total_limit;       /* coupons; 0 = none */
    int64_t budget_minor;       /* what it may cost, uses and outstanding coupons together; 0 = none */
    int64_t cost_minor;         /* what one coupon is reckoned to cost while it is out; 0 = by its discount */
    int64_t purchase_min_minor; /* after a purchase: of at least this much */
    uint32_t segment;
    char ean[14];   /* clearance: the product whose stock it sells off; "" = none */
    uint32_t stock; /* pieces of it; the campaign ends when so many were redeemed */
    char terms_zh[CAMPAIGN_TEXT_MAX], terms_en[CAMPAIGN_TEXT_MAX];
    uint32_t message_count;
    struct campaign_message messages[CAMPAIGN_MESSAGES_MAX];
    uint32_t touchpoint_count;
    uint32_t touchpoints[CAMPAIGN_TOUCHPOINTS_MAX];
};

/* What one coupon of it may cost at most, as far as its rules or its brief say; 0 = not known. */
int64_t campaign_worst_cost(const struct campaign *rules, const struct campaign_brief *brief);

/* What is wrong with plan and rules together, as a sentence for the operator; NULL when nothing is. Not compliance:
 * what cannot be kept or carried out at all. */
const char *campaign_brief_fault(const struct campaign_entry *entry, const struct campaign_brief *brief);

/* A draft. entry->joining follows brief->occasion. -ENOENT: a touchpoint, product or segment that does not exist. */
MUST_CHECK int campaign_add(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *brief,
                            const char *who, uint32_t *out_id);
/* New rules and plan for one that is a draft or paused; -EPERM otherwise. Its state stays. */
MUST_CHECK int campaign_change(struct store_tx *tx, const struct campaign_entry *entry,
                               const struct campaign_brief *brief, const char *who);
MUST_CHECK int campaign_find_brief(struct store_tx *tx, uint32_t id, struct campaign_brief *out_brief);

/* What the linter says of the plan as it stands now. -ENOENT. */
MUST_CHECK int campaign_lint(struct store_tx *tx, uint32_t id, struct compliance_report *out_report);

/* Each finding as "name (detail, message n)", comma between them; cut at the end. */
void campaign_findings_text(const struct compliance_report *report, char *out, size_t cap);

/*
 * One step of its life. To checked and to live the linter decides: -EACCES when it blocks, and then nothing changes
 * (*out_report says why; no other failure touches it). -EPERM: no such step from its present state. Where the linter is
 * not asked the report is empty.
 */
struct campaign_step {
    uint32_t campaign;
    enum campaign_state state;
    const char *who, *why; /* why may be "" */
};
MUST_CHECK int campaign_set_state(struct store_tx *tx, const struct campaign_step *step,
                                  struct compliance_report *out_report);

struct campaign_change_row {
    int64_t at_ms;
    uint8_t from, to; /* enum campaign_state; equal: its plan was changed; from 0: added */
    uint32_t version;
    char who[64], why[200], findings[CAMPAIGN_FINDINGS_CAP];
};
typedef int (*campaign_change_visit)(void *context, const struct campaign_change_row *change);
MUST_CHECK int campaign_each_change(struct store_tx *tx, uint32_t id, campaign_change_visit visit, void *context);

extern const struct store_schema store_schema_campaign; /* campaign_schema.c */

#endif
