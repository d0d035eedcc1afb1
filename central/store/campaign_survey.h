#ifndef CENTRAL_STORE_CAMPAIGN_SURVEY_H
#define CENTRAL_STORE_CAMPAIGN_SURVEY_H

/*
 * One question with two to four answers, answered with one tap: on the member page, or on a screen in a store. Asked of
 * a campaign's audience (everybody it was given to or kept from), or of every member. A member's first answer counts.
 */

#include "central/store/campaign.h"
#include "domain/feed.h"
#include "domain/record.h"

struct survey {
    uint32_t brand;
    uint32_t campaign; /* 0: every member */
    struct feed_survey asked;
};
/* asked.survey is given. Told to every store of the brand. -EINVAL: no question or fewer than two answers, or more in
 * one language than in the other; -ENOENT: no such campaign. */
MUST_CHECK int survey_add(struct store_tx *tx, const struct survey *survey, const char *who, uint32_t *out_id);
/* No longer asked; what was answered stays. */
MUST_CHECK int survey_close(struct store_tx *tx, uint32_t id, const char *who);
MUST_CHECK int survey_find(struct store_tx *tx, uint32_t id, struct survey *out_survey);

typedef int (*survey_visit)(void *context, const struct survey *survey);
/* All of them, newest first. */
MUST_CHECK int survey_each(struct store_tx *tx, survey_visit visit, void *context);
/* What this member may answer and has not answered yet: for the member page. */
MUST_CHECK int survey_each_open(struct store_tx *tx, uint64_t member, survey_visit visit, void *context);

/* answer from 1. -ENOENT: no such survey or answer; -EPERM: closed, or not for this member (or not of its brand);
 * -EEXIST: answered before.
 */
struct survey_reply {
    uint32_t survey, store; /* store 0: not in one */
    uint32_t answer;
    uint64_t member;
};
MUST_CHECK int survey_answer(struct store_tx *tx, const struct survey_reply *reply);
/* From a screen: RECORD_SURVEY_ANSWER; any other record is nothing. What cannot count is passed over. */
MUST_CHECK int survey_take_record(struct store_tx *tx, const struct record *record, uint32_t store);

/* One row for each answer. */
struct survey_count {
    uint8_t answer;
    uint64_t total;
    uint64_t used, unused; /* of the campaign's audience: those who used a coupon, those who did not */
    uint64_t others;       /* at a screen, unknown or not of the audience */
};
MUST_CHECK int survey_count(struct store_tx *tx, uint32_t id, struct survey_count out_counts[SURVEY_ANSWERS_MAX]);

#endif
