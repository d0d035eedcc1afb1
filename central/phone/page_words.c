#include "central/phone/page.h"

#include "domain/money.h"

#include <stdio.h>
#include <string.h>

/* "12" or "12.50": whole yuan are said without fen. */
static void format_yuan(int64_t minor, char *out, size_t cap)
{
    char text[MONEY_TEXT_MAX];
    size_t len = money_format(minor, text, sizeof(text));
    if (len > 3 && strcmp(text + len - 3, ".00") == 0) {
        text[len - 3] = '\0';
    }
    snprintf(out, cap, "%s", text);
}

void page_benefit(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX];
    uint32_t pays = 100 - rules->percent_off;
    format_yuan(rules->value_minor, yuan, sizeof(yuan));
    out_text[0] = '\0';
    switch ((enum discount_kind)rules->discount) {
    case DISCOUNT_AMOUNT:
        snprintf(out_text, cap, "减 %s 元", yuan);
        break;
    case DISCOUNT_PERCENT:
        if (pays % 10) {
            snprintf(out_text, cap, "%u.%u 折", pays / 10, pays % 10);
        } else {
            snprintf(out_text, cap, "%u 折", pays / 10);
        }
        break;
    case DISCOUNT_FIXED_PRICE:
        snprintf(out_text, cap, "%s 元购", yuan);
        break;
    case DISCOUNT_GIFT:
        snprintf(out_text, cap, "赠 %s", rules->gift_zh);
        break;
    }
}

void page_condition(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX], most[MONEY_TEXT_MAX];
    bool capped = rules->discount == DISCOUNT_PERCENT && rules->max_discount_minor > 0;
    format_yuan(rules->min_spend_minor, yuan, sizeof(yuan));
    format_yuan(rules->max_discount_minor, most, sizeof(most));
    if (rules->min_spend_minor > 0) {
        snprintf(out_text, cap, "满 %s 元可用%s%s%s", yuan, capped ? "，最高减 " : "", capped ? most : "",
                 capped ? " 元" : "");
    } else if (capped) {
        snprintf(out_text, cap, "最高减 %s 元", most);
    } else {
        snprintf(out_text, cap, "无门槛");
    }
}

void page_benefit_en(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX];
    format_yuan(rules->value_minor, yuan, sizeof(yuan));
    out_text[0] = '\0';
    switch ((enum discount_kind)rules->discount) {
    case DISCOUNT_AMOUNT:
        snprintf(out_text, cap, "¥%s off", yuan);
        break;
    case DISCOUNT_PERCENT:
        snprintf(out_text, cap, "%u%% off", rules->percent_off);
        break;
    case DISCOUNT_FIXED_PRICE:
        snprintf(out_text, cap, "For ¥%s", yuan);
        break;
    case DISCOUNT_GIFT:
        snprintf(out_text, cap, "Free: %s", rules->gift_en[0] ? rules->gift_en : rules->gift_zh);
        break;
    }
}

void page_condition_en(const struct campaign *rules, char *out_text, size_t cap)
{
    char yuan[MONEY_TEXT_MAX], most[MONEY_TEXT_MAX];
    bool capped = rules->discount == DISCOUNT_PERCENT && rules->max_discount_minor > 0;
    format_yuan(rules->min_spend_minor, yuan, sizeof(yuan));
    format_yuan(rules->max_discount_minor, most, sizeof(most));
    if (rules->min_spend_minor > 0) {
        snprintf(out_text, cap, "from ¥%s%s%s", yuan, capped ? ", at most ¥" : "", capped ? most : "");
    } else if (capped) {
        snprintf(out_text, cap, "at most ¥%s", most);
    } else {
        snprintf(out_text, cap, "no minimum");
    }
}
