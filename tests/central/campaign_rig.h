#ifndef TESTS_CENTRAL_CAMPAIGN_RIG_H
#define TESTS_CENTRAL_CAMPAIGN_RIG_H

/* Stores with a terminal each, members and campaigns, on virtual time: what central does with campaigns from the
 * operator's command to the terminals' records and feeds. */

#include "central/store/campaign_issue.h"
#include "central/store/people_touchpoint.h"
#include "fixture.h"
#include "wechat_fixture.h"

#define RIG_STORES_MAX 64
#define RIG_HOUR_MS    INT64_C(3600000)
#define RIG_DAY_MS     (24 * RIG_HOUR_MS)

struct rig {
    struct fixture f;
    struct people_fixture p; /* only so that its commands may be used */
    unsigned stores;
    struct fake_terminal terminals[RIG_STORES_MAX]; /* number i+1 is in store i+1 */
};

void rig_open(struct rig *rig, unsigned stores);
void rig_close(struct rig *rig);
/* Lets time pass in steps of at most an hour, with the clockwork after each. */
void rig_pass(struct rig *rig, int64_t ms);

/* A campaign of tests/data/campaigns/good with changes (JSON), live. */
uint32_t rig_campaign(struct rig *rig, const char *name, const char *changes);
uint64_t rig_member(struct rig *rig, unsigned store); /* on paper: no welcome */
uint32_t rig_touchpoint(struct rig *rig, unsigned store, const char *shelf);
/* Of another brand, with a store of its own. */
uint64_t rig_foreigner(struct rig *rig);
uint64_t rig_join(struct rig *rig, unsigned store, uint32_t touchpoint);
/* By hand. */
struct issued rig_issue(struct rig *rig, uint32_t campaign, uint64_t member);
struct coupon rig_coupon(struct rig *rig, struct coupon_id id);

/* One record of the terminal of that store (from 1), uploaded. */
struct record_id rig_sale(struct rig *rig, unsigned store, uint64_t member, int64_t gross_minor);
struct record_id rig_redeem(struct rig *rig, unsigned store, struct coupon_id coupon, uint64_t member);
void rig_void(struct rig *rig, unsigned store, struct record_id target, enum record_kind kind);

/* A command's answer with {"campaign":N}. */
json_t *rig_ask(struct rig *rig, const char *command, uint32_t campaign);
/* The number in the row that has this text under key; 0 when there is none. */
json_int_t rig_row(const json_t *answer, const char *key, const char *text, const char *wanted);
json_int_t rig_result(const json_t *answer, const char *wanted);

#endif
