#include "central/admin/campaign_json.h"

#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define DELAY_MAX_S (30 * TIME_DAY_S)
#define COUNT_MAX   100000000

static const struct campaign_choice occasions[] = {{"by_hand", ISSUE_BY_HAND},          {"joining", ISSUE_ON_JOINING},
                                                   {"purchase", ISSUE_AFTER_PURCHASE},  {"segment", ISSUE_TO_SEGMENT},
                                                   {"touchpoint", ISSUE_AT_TOUCHPOINT}, {"follow", ISSUE_ON_FOLLOW},
                                                   {"sharing", ISSUE_ON_SHARING},       {NULL, 0}};
static const struct campaign_choice channels[] = {
    {"mass", MESSAGE_MASS}, {"customer_service", MESSAGE_CUSTOMER_SERVICE}, {"template", PLANNED_TEMPLATE}, {NULL, 0}};
static const struct campaign_choice events[] = {
    {"action", WINDOW_ACTION}, {"message", WINDOW_MESSAGE}, {"payment", WINDOW_PAYMENT}, {NULL, 0}};

const char *campaign_occasion_name(uint8_t occasion)
{
    for (const struct campaign_choice *c = occasions; c->name; c++) {
        if (c->value == occasion) {
            return c->name;
        }
    }
    return "unknown";
}

/* "2026-12-05 10:00", local time. */
static int read_moment(struct campaign_reading *r, const json_t *value, int64_t *out_ms)
{
    const char *text = json_string_value(value);
    char day[11], end = 0;
    unsigned hour = 0, minute = 0;
    int64_t day_s = 0;
    if (text && sscanf(text, "%10s %2u:%2u%c", day, &hour, &minute, &end) == 3 && hour < 24 && minute < 60 &&
        time_parse_day(day, &day_s) == 0) {
        *out_ms = (day_s + hour * 3600 + minute * 60) * 1000;
        return 0;
    }
    return campaign_wrong(r, "messages", "at must be a time like \"2026-12-05 10:00\"");
}

static int read_message_key(struct campaign_reading *r, const char *key, const json_t *value,
                            struct campaign_message *out)
{
    if (strcmp(key, "channel") == 0) {
        return campaign_read_choice(r, "messages", value, channels, &out->channel);
    }
    if (strcmp(key, "after") == 0) {
        return campaign_read_choice(r, "messages", value, events, &out->after);
    }
    if (strcmp(key, "text_zh") == 0 || strcmp(key, "text_en") == 0) {
        char *text = key[5] == 'z' ? out->text_zh : out->text_en;
        return campaign_read_text(r, "messages", value, (struct campaign_text){text, CAMPAIGN_TEXT_MAX});
    }
    if (strcmp(key, "at") == 0) {
        return read_moment(r, value, &out->at_ms);
    }
    if (strcmp(key, "delay_s") == 0) {
        uint32_t delay_s = 0;
        int rc = campaign_read_number(r, "messages", value, DELAY_MAX_S, &delay_s);
        out->delay_ms = (int64_t)delay_s * 1000;
        return rc;
    }
    return campaign_wrong(r, key, "is not a key of a message");
}

static int read_message(struct campaign_reading *r, json_t *json, struct campaign_message *out)
{
    const char *key;
    json_t *value;
    int rc = json_is_object(json) ? 0 : campaign_wrong(r, "messages", "each is an object");
    json_object_foreach(json, key, value)
    {
        rc = rc ? rc : read_message_key(r, key, value, out);
    }
    if (rc == 0 && !out->channel) {
        rc = campaign_wrong(r, "messages", "each needs its channel");
    }
    return rc == 0 && out->channel == MESSAGE_MASS && !out->at_ms
               ? campaign_wrong(r, "messages", "a mass message needs its time (at)")
               : rc;
}

static int read_messages(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign_brief *brief = &r->file.brief;
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count > CAMPAIGN_MESSAGES_MAX) {
        return campaign_wrong(r, key, "must be a list of at most 8 messages");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = read_message(r, json_array_get(value, i), &brief->messages[i]);
    }
    brief->message_count = (uint32_t)count;
    return rc;
}

static int read_touchpoints(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign_brief *brief = &r->file.brief;
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count > CAMPAIGN_TOUCHPOINTS_MAX) {
        return campaign_wrong(r, key, "must be a list of at most 32 touchpoint numbers");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = campaign_read_number(r, key, json_array_get(value, i), UINT32_MAX, &brief->touchpoints[i]);
    }
    brief->touchpoint_count = (uint32_t)count;
    return rc;
}

static int read_words(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign_brief *b = &r->file.brief;
    if (strcmp(key, "terms_zh") == 0) {
        return campaign_read_text(r, key, value, (struct campaign_text){b->terms_zh, sizeof(b->terms_zh)});
    }
    if (strcmp(key, "terms_en") == 0) {
        return campaign_read_text(r, key, value, (struct campaign_text){b->terms_en, sizeof(b->terms_en)});
    }
    if (strcmp(key, "clearance_ean") == 0) {
        return campaign_read_text(r, key, value, (struct campaign_text){b->ean, sizeof(b->ean)});
    }
    if (strcmp(key, "needs_follow") == 0) {
        return campaign_read_flag(r, key, value, &b->needs_follow);
    }
    return strcmp(key, "needs_contact") == 0 ? campaign_read_flag(r, key, value, &b->needs_contact) : -ENOENT;
}

static int read_bounds(struct campaign_reading *r, const char *key, const json_t *value)
{
    struct campaign_brief *b = &r->file.brief;
    const struct {
        const char *key;
        uint32_t max, *out;
    } numbers[] = {{"consent_version", COUNT_MAX, &b->consent_version},
                   {"total_limit", COUNT_MAX, &b->total_limit},
                   {"segment", UINT32_MAX, &b->segment},
                   {"stock", COUNT_MAX, &b->stock}};
    const struct {
        const char *key;
        int64_t *out;
    } amounts[] = {
        {"budget", &b->budget_minor}, {"cost_each", &b->cost_minor}, {"purchase_min", &b->purchase_min_minor}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            return campaign_read_number(r, key, value, numbers[i].max, numbers[i].out);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        if (strcmp(key, amounts[i].key) == 0) {
            return campaign_read_money(r, key, value, amounts[i].out);
        }
    }
    return -ENOENT;
}

int campaign_read_plan_key(struct campaign_reading *r, const char *key, const json_t *value)
{
    if (strcmp(key, "occasion") == 0) {
        r->occasion_given = true;
        return campaign_read_choice(r, key, value, occasions, &r->file.brief.occasion);
    }
    if (strcmp(key, "messages") == 0) {
        return read_messages(r, key, value);
    }
    if (strcmp(key, "touchpoints") == 0) {
        return read_touchpoints(r, key, value);
    }
    int rc = read_words(r, key, value);
    return rc == -ENOENT ? read_bounds(r, key, value) : rc;
}
