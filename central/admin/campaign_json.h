#ifndef CENTRAL_ADMIN_CAMPAIGN_JSON_H
#define CENTRAL_ADMIN_CAMPAIGN_JSON_H

#include "central/store/campaign.h"

#include <jansson.h>

/*
 * A campaign as an operator writes it (docs/campaigns.md lists every key). Amounts are texts ("10.00"), days are
 * "YYYY-MM-DD" in local time, hours "HH:MM". An unknown key is refused: a misspelt limit must not silently be none.
 * -EINVAL with a sentence in out_fault.
 */
#define CAMPAIGN_FAULT_CAP 200

struct campaign_file {
    struct campaign_entry entry; /* rules.state: the one asked for */
    struct campaign_brief brief;
};
MUST_CHECK int campaign_from_json(const char *text, struct campaign_file *out_file, char out_fault[CAMPAIGN_FAULT_CAP]);

const char *campaign_occasion_name(uint8_t occasion); /* "joining" */
const char *campaign_weekday_name(unsigned day);      /* 0 "mon" … 6 "sun" */

/* ---- between campaign_json.c (rules) and campaign_json_plan.c (the rest) */
struct campaign_reading {
    struct campaign_file file;
    bool occasion_given;
    char *fault;
};
struct campaign_choice {
    const char *name; /* NULL ends a list */
    uint8_t value;
};
struct campaign_text {
    char *out;
    size_t cap;
};
int campaign_wrong(struct campaign_reading *r, const char *key, const char *words);
MUST_CHECK int campaign_read_choice(struct campaign_reading *r, const char *key, const json_t *value,
                                    const struct campaign_choice *choices, uint8_t *out);
MUST_CHECK int campaign_read_text(struct campaign_reading *r, const char *key, const json_t *value,
                                  struct campaign_text text);
MUST_CHECK int campaign_read_money(struct campaign_reading *r, const char *key, const json_t *value, int64_t *out);
MUST_CHECK int campaign_read_number(struct campaign_reading *r, const char *key, const json_t *value, uint32_t max,
                                    uint32_t *out);
MUST_CHECK int campaign_read_flag(struct campaign_reading *r, const char *key, const json_t *value, bool *out);
/* -ENOENT: the key is none of the plan's. */
MUST_CHECK int campaign_read_plan_key(struct campaign_reading *r, const char *key, const json_t *value);

#endif
