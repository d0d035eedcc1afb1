#include "central/admin/campaign_json.h"

#include "domain/money.h"
#include "domain/time.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define LEASE_MAX_H (366 * 24)

int campaign_wrong(struct campaign_reading *r, const char *key, const char *words)
{
    snprintf(r->fault, CAMPAIGN_FAULT_CAP, "%s: %s", key, words);
    return -EINVAL;
}

#define CHOICES_END                                                                                                    \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

static const struct campaign_choice modes[] = {
    {"strict", MODE_STRICT}, {"home", MODE_HOME}, {"budget", MODE_BUDGET}, CHOICES_END};
static const struct campaign_choice discounts[] = {{"amount", DISCOUNT_AMOUNT},
                                                   {"percent", DISCOUNT_PERCENT},
                                                   {"fixed_price", DISCOUNT_FIXED_PRICE},
                                                   {"gift", DISCOUNT_GIFT},
                                                   CHOICES_END};
static const struct campaign_choice releases[] = {{"none", RELEASE_NONE},
                                                  {"before_expiry_48h", RELEASE_BEFORE_EXPIRY_48H},
                                                  {"after_issue_24h", RELEASE_AFTER_ISSUE_24H},
                                                  CHOICES_END};
static const struct campaign_choice states[] = {
    {"draft", CAMPAIGN_DRAFT}, {"checked", CAMPAIGN_CHECKED}, {"live", CAMPAIGN_LIVE}, CHOICES_END};
static const char *const weekday_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

const char *campaign_weekday_name(unsigned day)
{
    return day < ARRAY_LEN(weekday_names) ? weekday_names[day] : "?";
}

int campaign_read_choice(struct campaign_reading *r, const char *key, const json_t *value,
                         const struct campaign_choice *choices, uint8_t *out)
{
    const char *text = json_string_value(value);
    for (; text && choices->name; choices++) {
        if (strcmp(text, choices->name) == 0) {
            *out = choices->value;
            return 0;
        }
    }
    return campaign_wrong(r, key, "is not one of the known words");
}

int campaign_read_text(struct campaign_reading *r, const char *key, const json_t *value, struct campaign_text text)
{
    const char *from = json_string_value(value);
    if (!from || strlen(from) >= text.cap) {
        char words[48];
        snprintf(words, sizeof(words), "must be a text of at most %zu bytes", text.cap - 1);
        return campaign_wrong(r, key, words);
    }
    memcpy(text.out, from, strlen(from) + 1);
    return 0;
}

int campaign_read_money(struct campaign_reading *r, const char *key, const json_t *value, int64_t *out)
{
    const char *text = json_string_value(value);
    return text && money_parse(text, out) == 0 ? 0
                                               : campaign_wrong(r, key, "must be an amount as a text, like \"10.00\"");
}

int campaign_read_number(struct campaign_reading *r, const char *key, const json_t *value, uint32_t max, uint32_t *out)
{
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    if (number < 0 || number > max) {
        return campaign_wrong(r, key, "must be a whole number in range");
    }
    *out = (uint32_t)number;
    return 0;
}

static int read_day(struct campaign_reading *r, const char *key, const json_t *value, uint32_t *out)
{
    const char *text = json_string_value(value);
    int64_t unix_s = 0;
    if (!text || time_parse_day(text, &unix_s) < 0 || unix_s < 0 || unix_s > UINT32_MAX - TIME_DAY_S) {
        return campaign_wrong(r, key, "must be a day like \"2026-12-31\", and before February 2106");
    }
    *out = (uint32_t)unix_s;
    return 0;
}

static int read_hour(struct campaign_reading *r, const char *key, const json_t *value, uint16_t *out)
{
    unsigned hour = 0, minute = 0;
    char end = 0;
    const char *text = json_string_value(value);
    if (!text || sscanf(text, "%2u:%2u%c", &hour, &minute, &end) != 2 || hour * 60 + minute > 1440 || minute > 59) {
        return campaign_wrong(r, key, "must be a time like \"18:30\"");
    }
    *out = (uint16_t)(hour * 60 + minute);
    return 0;
}

int campaign_read_flag(struct campaign_reading *r, const char *key, const json_t *value, bool *out)
{
    if (!json_is_boolean(value)) {
        return campaign_wrong(r, key, "must be true or false");
    }
    *out = json_is_true(value);
    return 0;
}

static int read_weekdays(struct campaign_reading *r, const char *key, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        size_t day = 0;
        while (text && day < ARRAY_LEN(weekday_names) && strcmp(text, weekday_names[day]) != 0) {
            day++;
        }
        if (!text || day == ARRAY_LEN(weekday_names)) {
            return campaign_wrong(r, key, "must be a list of mon, tue, wed, thu, fri, sat, sun");
        }
        r->file.entry.rules.weekday_mask |= (uint8_t)(1U << day);
    }
    return json_is_array(value) ? 0 : campaign_wrong(r, key, "must be a list");
}

static int read_stores(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign *c = &r->file.entry.rules;
    if (!json_is_array(value) || json_array_size(value) > CAMPAIGN_STORES_MAX) {
        return campaign_wrong(r, key, "must be a list of at most 16 store numbers");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++) {
        rc = campaign_read_number(r, key, json_array_get(value, i), (1U << 24) - 1, &c->stores[i]);
    }
    c->store_count = (uint32_t)json_array_size(value);
    return rc;
}

static int read_u16(struct campaign_reading *r, const char *key, const json_t *value, uint16_t *out)
{
    uint32_t number = 0;
    int rc = campaign_read_number(r, key, value, 1000, &number);
    *out = rc ? *out : (uint16_t)number;
    return rc;
}

/* Texts, choices and flags; -ENOENT when the key is none of them. */
static int read_word(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign *c = &r->file.entry.rules;
    const struct {
        const char *key;
        char *out;
    } texts[] = {{"name_zh", c->name_zh}, {"name_en", c->name_en}, {"gift_zh", c->gift_zh}, {"gift_en", c->gift_en}};
    const struct {
        const char *key;
        const struct campaign_choice *choices;
        uint8_t *out;
    } words[] = {{"mode", modes, &c->mode},
                 {"discount", discounts, &c->discount},
                 {"release", releases, &c->release},
                 {"state", states, &c->state}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strcmp(key, texts[i].key) == 0) {
            return campaign_read_text(r, key, value, (struct campaign_text){texts[i].out, CAMPAIGN_NAME_MAX});
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(key, words[i].key) == 0) {
            return campaign_read_choice(r, key, value, words[i].choices, words[i].out);
        }
    }
    if (strcmp(key, "joining") == 0) {
        return campaign_read_flag(r, key, value, &r->file.entry.joining);
    }
    return strcmp(key, "fallback_budget") == 0 ? campaign_read_flag(r, key, value, &c->fallback_budget) : -ENOENT;
}

/* Amounts, numbers, days and hours; -ENOENT when the key is none of them. */
static int read_figure(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign *c = &r->file.entry.rules;
    const struct {
        const char *key;
        int64_t *out;
    } amounts[] = {{"value", &c->value_minor},
                   {"max_discount", &c->max_discount_minor},
                   {"min_spend", &c->min_spend_minor},
                   {"offline_budget", &c->offline_budget_minor}};
    const struct {
        const char *key;
        uint32_t max, *out;
    } numbers[] = {{"percent_off", 100, &c->percent_off},
                   {"per_member_limit", 1000000, &c->per_member_limit},
                   {"offline_count", 1000000, &c->offline_budget_count},
                   {"offline_max_sync_age_s", 90 * TIME_DAY_S, &c->offline_max_sync_age_s},
                   {"lease_h", LEASE_MAX_H, &c->lease_h},
                   {"life_days", 3650, &r->file.entry.life_s}};
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        if (strcmp(key, amounts[i].key) == 0) {
            return campaign_read_money(r, key, value, amounts[i].out);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            return campaign_read_number(r, key, value, numbers[i].max, numbers[i].out);
        }
    }
    if (strcmp(key, "holdout_permille") == 0) {
        return read_u16(r, key, value, &c->holdout_permille);
    }
    if (strncmp(key, "valid_", 6) == 0) {
        uint32_t *out = strcmp(key, "valid_from") == 0 ? &c->valid_from_s
                        : strcmp(key, "valid_to") == 0 ? &c->valid_to_s
                                                       : NULL;
        return out ? read_day(r, key, value, out) : -ENOENT;
    }
    if (strncmp(key, "hour_", 5) == 0) {
        uint16_t *out = strcmp(key, "hour_from") == 0 ? &c->hour_from_min
                        : strcmp(key, "hour_to") == 0 ? &c->hour_to_min
                                                      : NULL;
        return out ? read_hour(r, key, value, out) : -ENOENT;
    }
    return -ENOENT;
}

static int read_key(struct campaign_reading *r, const char *key, const json_t *value)
{
    int rc = read_word(r, key, value);
    rc = rc == -ENOENT ? read_figure(r, key, value) : rc;
    rc = rc == -ENOENT ? campaign_read_plan_key(r, key, value) : rc;
    if (rc == -ENOENT && strcmp(key, "weekdays") == 0) {
        rc = read_weekdays(r, key, value);
    } else if (rc == -ENOENT && strcmp(key, "stores") == 0) {
        rc = read_stores(r, key, value);
    }
    return rc == -ENOENT ? campaign_wrong(r, key, "is not a key of a campaign") : rc;
}

static int read_object(struct campaign_reading *r, json_t *json)
{
    const char *key;
    json_t *value;
    int rc = 0;
    json_object_foreach(json, key, value)
    {
        rc = rc ? rc : read_key(r, key, value);
    }
    struct campaign_entry *entry = &r->file.entry;
    entry->life_s *= TIME_DAY_S;
    if (entry->rules.valid_to_s) {
        entry->rules.valid_to_s += TIME_DAY_S - 1; /* the last day counts */
    }
    if (entry->joining && !r->occasion_given) {
        r->file.brief.occasion = ISSUE_ON_JOINING;
    }
    return rc;
}

int campaign_from_json(const char *text, struct campaign_file *out_file, char out_fault[CAMPAIGN_FAULT_CAP])
{
    struct campaign_reading r = {.file.entry.rules = {.state = CAMPAIGN_DRAFT}, .fault = out_fault};
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(json)) {
        snprintf(out_fault, CAMPAIGN_FAULT_CAP, "line %d: %s", json ? 1 : error.line,
                 json ? "a campaign is an object" : error.text);
        json_decref(json);
        return -EINVAL;
    }
    int rc = read_object(&r, json);
    json_decref(json);
    if (rc == 0) {
        *out_file = r.file;
    }
    return rc;
}
