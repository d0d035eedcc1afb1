#include "domain/compliance.h"

#include "domain/time.h"
#include "inducement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MASS_A_MONTH      4
#define RELEASE_LEAD_DAYS 3 /* the public must have at least a day of what is released 48 hours before the end */
#define HOLDOUT_MAX       500
#define NIGHT_FROM        22
#define NIGHT_TO          8

/* What a rule is called, and what the operator reads. Blocks: the campaign cannot go live with it. */
static const struct rule {
    enum compliance_rule rule;
    bool blocks;
    const char *name, *zh, *en;
} rules[] = {
    {RULE_FOLLOW_REWARDED, true, "follow_rewarded", "不得以关注公众号为条件发放优惠。请改为入会或购买后发放。",
     "A benefit must not be given for following the account. Give it for membership or a purchase."},
    {RULE_FOLLOW_FORCED, true, "follow_forced", "优惠券必须无需关注也能使用。",
     "The coupon must be redeemable by someone who does not follow the account."},
    {RULE_SHARING_REWARDED, true, "sharing_rewarded", "不得以分享、转发或邀请为条件发放优惠。",
     "A benefit must not be given for sharing or inviting."},
    {RULE_INDUCING_WORDS, true, "inducing_words", "文案含有诱导关注或诱导分享的词语，请改写。",
     "The text induces to follow or to share. Word it differently."},
    {RULE_NO_NAME, true, "no_name", "缺少活动名称。", "The campaign has no name."},
    {RULE_NO_VALIDITY, true, "no_validity", "没有有效期：请填写结束日期或领取后有效天数。",
     "There is no validity: state an end or the days from issue."},
    {RULE_VALIDITY_BACKWARDS, true, "validity_backwards", "结束日期早于开始日期。", "It ends before it begins."},
    {RULE_OVER_ALREADY, true, "over_already", "结束日期已过。", "Its end has passed."},
    {RULE_NO_TERMS, true, "no_terms", "缺少使用条件说明。", "The conditions are not stated in words."},
    {RULE_NO_DISCOUNT, true, "no_discount", "优惠内容为空。", "It gives nothing."},
    {RULE_FREE_GOODS, true, "free_goods", "无门槛满额减免等于赠送商品，请设预算或最低消费。",
     "Without a larger minimum spend it gives goods away: set a budget or a minimum spend."},
    {RULE_NO_BOUND, true, "no_bound", "请设置发放总量或预算。", "Set a total number of coupons or a budget."},
    {RULE_OFFLINE_UNBOUNDED, true, "offline_unbounded", "离线核销没有次数或金额上限。",
     "Redemption while offline has no bound in number or value."},
    {RULE_CONTACT_WITHOUT_CONSENT, true, "contact_without_consent", "收集联系方式前须展示同意条款。",
     "Contact details are asked for without a consent text."},
    {RULE_MONTH_OVER_QUOTA, true, "month_over_quota", "当月群发超过每位会员 4 条。",
     "A member would get more than 4 mass messages in that month."},
    {RULE_OUTSIDE_WINDOW, true, "outside_window", "客服消息超出回复时限或条数。",
     "The reply is planned outside its window, or exceeds its number."},
    {RULE_TEMPLATE_MARKETING, true, "template_marketing", "模板消息不得用于营销。",
     "Template messages must not advertise."},
    {RULE_MESSAGE_EMPTY, true, "message_empty", "消息内容为空。", "The message has no text."},
    {RULE_RELEASE_TOO_SHORT, true, "release_too_short", "券的有效期太短，公开规则不会生效。",
     "Coupons do not live long enough for the release rule to matter."},
    {RULE_HOLDOUT_TOO_LARGE, true, "holdout_too_large", "对照组超过一半会员。",
     "More than half of the members are held out."},
    {RULE_SENT_AT_NIGHT, false, "sent_at_night", "群发时间在夜间（22:00–8:00）。",
     "The mass message goes out at night (22:00–8:00)."},
    {RULE_NO_ENGLISH, false, "no_english", "缺少英文名称，英文界面将显示中文。",
     "There is no English name: English screens show the Chinese one."},
    {RULE_LEASE_ENDLESS, false, "lease_endless", "券的有效期不长于外店可用时长，该时长不会起作用。",
     "Coupons do not live longer than the lease: it never ends."},
};

static const struct rule *find(enum compliance_rule rule)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (rules[i].rule == rule)
            return &rules[i];
    }
    return NULL;
}

struct check {
    const struct campaign_plan *plan;
    const struct campaign *campaign;
    struct compliance_report *report;
};

/* More findings than fit are not lost for the answer: it stays blocked. */
static void found(struct check *c, enum compliance_rule rule, uint32_t message, const char *detail)
{
    struct compliance_report *report = c->report;
    bool blocks = find(rule)->blocks;

    report->blocked |= blocks;
    if (report->count == COMPLIANCE_FINDINGS_MAX)
        return;
    struct compliance_finding *finding = &report->findings[report->count++];
    *finding = (struct compliance_finding){.rule = rule, .blocks = blocks, .message = message};
    snprintf(finding->detail, sizeof(finding->detail), "%s", detail != NULL ? detail : "");
}

static bool blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

const char *compliance_inducing_words(const char *text)
{
    return inducement_find(text);
}

/* One finding is enough to send a text back. */
static void check_words(struct check *c, const char *text, uint32_t message)
{
    const char *words = inducement_find(text);

    if (words != NULL)
        found(c, RULE_INDUCING_WORDS, message, words);
}

static void check_occasion(struct check *c)
{
    if (c->plan->occasion == ISSUE_ON_FOLLOW)
        found(c, RULE_FOLLOW_REWARDED, 0, NULL);
    if (c->plan->occasion == ISSUE_ON_SHARING)
        found(c, RULE_SHARING_REWARDED, 0, NULL);
    if (c->plan->needs_follow)
        found(c, RULE_FOLLOW_FORCED, 0, NULL);
    if (c->plan->needs_contact && c->plan->consent_version == 0)
        found(c, RULE_CONTACT_WITHOUT_CONSENT, 0, NULL);
}

static void check_texts(struct check *c)
{
    const struct campaign *campaign = c->campaign;

    if (blank(campaign->name_zh))
        found(c, RULE_NO_NAME, 0, NULL);
    if (blank(campaign->name_en))
        found(c, RULE_NO_ENGLISH, 0, NULL);
    if (blank(c->plan->terms_zh))
        found(c, RULE_NO_TERMS, 0, NULL);
    check_words(c, campaign->name_zh, 0);
    check_words(c, campaign->name_en, 0);
    check_words(c, campaign->gift_zh, 0);
    check_words(c, campaign->gift_en, 0);
    check_words(c, c->plan->terms_zh, 0);
    check_words(c, c->plan->terms_en, 0);
}

/* Days that a coupon lives if it is issued on the first day; 0 = unbounded. */
static uint32_t days_of_life(const struct check *c)
{
    const struct campaign *campaign = c->campaign;
    uint32_t from_s = campaign->valid_from_s != 0 ? campaign->valid_from_s : (uint32_t)(c->plan->now_ms / 1000);
    uint32_t days = campaign->valid_to_s > from_s ? (campaign->valid_to_s - from_s + TIME_DAY_S - 1) / TIME_DAY_S : 0;

    if (c->plan->life_days != 0 && (days == 0 || c->plan->life_days < days))
        return c->plan->life_days;
    return days;
}

static void check_validity(struct check *c)
{
    const struct campaign *campaign = c->campaign;

    if (campaign->valid_to_s == 0 && c->plan->life_days == 0)
        found(c, RULE_NO_VALIDITY, 0, NULL);
    if (campaign->valid_to_s != 0 && campaign->valid_to_s <= campaign->valid_from_s)
        found(c, RULE_VALIDITY_BACKWARDS, 0, NULL);
    else if (campaign->valid_to_s != 0 && (int64_t)campaign->valid_to_s * 1000 <= c->plan->now_ms)
        found(c, RULE_OVER_ALREADY, 0, NULL);
    uint32_t days = days_of_life(c);
    if (days == 0)
        return;
    if ((campaign->release == RELEASE_BEFORE_EXPIRY_48H && days < RELEASE_LEAD_DAYS) ||
        (campaign->release == RELEASE_AFTER_ISSUE_24H && days < RELEASE_LEAD_DAYS - 1))
        found(c, RULE_RELEASE_TOO_SHORT, 0, NULL);
    if (campaign->lease_h / 24 >= days)
        found(c, RULE_LEASE_ENDLESS, 0, NULL);
}

static bool gives_nothing(const struct campaign *campaign)
{
    switch ((enum discount_kind)campaign->discount) {
    case DISCOUNT_AMOUNT:
        return campaign->value_minor == 0;
    case DISCOUNT_PERCENT:
        return campaign->percent_off == 0;
    case DISCOUNT_FIXED_PRICE:
        return false;
    case DISCOUNT_GIFT:
        return blank(campaign->gift_zh);
    }
    return true;
}

static void check_value(struct check *c)
{
    const struct campaign *campaign = c->campaign;
    bool offline = campaign->mode == MODE_BUDGET || campaign->fallback_budget;
    bool whole = campaign->discount == DISCOUNT_AMOUNT && campaign->min_spend_minor <= campaign->value_minor;

    if (gives_nothing(campaign))
        found(c, RULE_NO_DISCOUNT, 0, NULL);
    if ((whole || (campaign->discount == DISCOUNT_PERCENT && campaign->percent_off == 100)) &&
        c->plan->budget_minor == 0)
        found(c, RULE_FREE_GOODS, 0, NULL);
    if (c->plan->total_limit == 0 && c->plan->budget_minor == 0)
        found(c, RULE_NO_BOUND, 0, NULL);
    if (offline && campaign->offline_budget_minor == 0 && campaign->offline_budget_count == 0)
        found(c, RULE_OFFLINE_UNBOUNDED, 0, NULL);
    if (campaign->holdout_permille > HOLDOUT_MAX)
        found(c, RULE_HOLDOUT_TOO_LARGE, 0, NULL);
}

static void check_mass(struct check *c, const struct planned_message *message, uint32_t number)
{
    int hour = time_local(message->at_ms).hour;
    char total[16];

    if (message->mass_in_month >= MASS_A_MONTH) {
        snprintf(total, sizeof(total), "%" PRIu64, (uint64_t)message->mass_in_month + 1);
        found(c, RULE_MONTH_OVER_QUOTA, number, total);
    }
    if (hour >= NIGHT_FROM || hour < NIGHT_TO)
        found(c, RULE_SENT_AT_NIGHT, number, NULL);
}

static void check_reply(struct check *c, const struct planned_message *message, uint32_t number)
{
    struct message_facts facts = {.follows = true};

    if (message->after >= WINDOW_KINDS || message->delay_ms < 0) {
        found(c, RULE_OUTSIDE_WINDOW, number, NULL);
        return;
    }
    window_open(&facts, message->after, 1);
    facts.windows[message->after].sent = message->replies > 0 ? message->replies - 1 : 0;
    if (message->delay_ms > INT64_MAX - 1 ||
        window_choose(&facts, MESSAGE_CUSTOMER_SERVICE, 1 + message->delay_ms).answer != WINDOW_OPEN)
        found(c, RULE_OUTSIDE_WINDOW, number, NULL);
}

static void check_messages(struct check *c)
{
    for (uint32_t i = 0; i < c->plan->message_count; i++) {
        const struct planned_message *message = &c->plan->messages[i];

        if (blank(message->text_zh))
            found(c, RULE_MESSAGE_EMPTY, i + 1, NULL);
        check_words(c, message->text_zh, i + 1);
        check_words(c, message->text_en, i + 1);
        if (message->channel == MESSAGE_MASS)
            check_mass(c, message, i + 1);
        else if (message->channel == MESSAGE_CUSTOMER_SERVICE)
            check_reply(c, message, i + 1);
        else
            found(c, RULE_TEMPLATE_MARKETING, i + 1, NULL);
    }
}

void compliance_check(const struct campaign_plan *plan, struct compliance_report *out_report)
{
    struct check c = {plan, plan->campaign, out_report};

    *out_report = (struct compliance_report){0};
    check_occasion(&c);
    check_texts(&c);
    check_validity(&c);
    check_value(&c);
    check_messages(&c);
}

const char *compliance_rule_name(enum compliance_rule rule)
{
    const struct rule *r = find(rule);

    return r != NULL ? r->name : "?";
}

const char *compliance_rule_text(enum compliance_rule rule, bool english)
{
    const struct rule *r = find(rule);

    if (r == NULL)
        return "?";
    return english ? r->en : r->zh;
}
