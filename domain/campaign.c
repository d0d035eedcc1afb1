#include "domain/campaign.h"

#include "domain/fields.h"
#include "domain/money.h"

#define PERCENT_MAX    100
#define DAY_MINUTES    1440
#define WEEKDAYS_MASK  0x7f
#define PERMILLE_WHOLE 1000

#define FIELD(k, t, must, m) FIELD_AT(k, t, must, campaign, m)
static const struct field campaign_fields[] = {
    FIELD(1, FIELD_UINT, true, id),
    FIELD(2, FIELD_UINT, true, version),
    FIELD(3, FIELD_UINT, true, state),
    FIELD(4, FIELD_UINT, true, mode),
    FIELD(5, FIELD_BOOL, false, fallback_budget),
    FIELD(6, FIELD_UINT, true, discount),
    FIELD(7, FIELD_TEXT, false, name_zh),
    FIELD(8, FIELD_TEXT, false, name_en),
    FIELD(9, FIELD_TEXT, false, gift_zh),
    FIELD(10, FIELD_TEXT, false, gift_en),
    FIELD(11, FIELD_INT, false, value_minor),
    FIELD(12, FIELD_UINT, false, percent_off),
    FIELD(13, FIELD_INT, false, max_discount_minor),
    FIELD(14, FIELD_INT, false, min_spend_minor),
    FIELD(15, FIELD_UINT, false, valid_from_s),
    FIELD(16, FIELD_UINT, false, valid_to_s),
    FIELD(17, FIELD_UINT, false, weekday_mask),
    FIELD(18, FIELD_UINT, false, hour_from_min),
    FIELD(19, FIELD_UINT, false, hour_to_min),
    FIELD_LIST_AT(20, campaign, stores, store_count),
    FIELD(21, FIELD_UINT, false, per_member_limit),
    FIELD(22, FIELD_INT, false, offline_budget_minor),
    FIELD(23, FIELD_UINT, false, offline_budget_count),
    FIELD(24, FIELD_UINT, false, offline_max_sync_age_s),
    FIELD(25, FIELD_UINT, false, release),
    FIELD(26, FIELD_UINT, false, holdout_permille),
    FIELD(27, FIELD_UINT, false, lease_h),
};
static const struct field_table campaign_table = FIELD_TABLE(campaign_fields, campaign);

/* Only what would make the arithmetic meaningless; an unknown state, mode or kind may come from a newer central. */
static bool campaign_sane(const struct campaign *c)
{
    return c->id != 0 && c->percent_off <= PERCENT_MAX && c->value_minor >= 0 && c->max_discount_minor >= 0 &&
           c->min_spend_minor >= 0 && c->offline_budget_minor >= 0 && c->weekday_mask <= WEEKDAYS_MASK &&
           c->hour_from_min <= DAY_MINUTES && c->hour_to_min <= DAY_MINUTES && c->store_count <= CAMPAIGN_STORES_MAX &&
           c->holdout_permille <= PERMILLE_WHOLE;
}

int campaign_encode(const struct campaign *campaign, uint8_t *out, size_t cap, size_t *out_len)
{
    if (!campaign_sane(campaign))
        return -EINVAL;
    return fields_encode(&campaign_table, campaign, out, cap, out_len);
}

int campaign_decode(struct slice encoded, struct campaign *out_campaign)
{
    struct campaign campaign;
    int rc = fields_decode(&campaign_table, encoded.data, encoded.len, &campaign);
    if (rc < 0)
        return rc;
    if (!campaign_sane(&campaign))
        return -EBADMSG;
    *out_campaign = campaign;
    return 0;
}

bool campaign_needs_sale(const struct campaign *campaign)
{
    return campaign->discount == DISCOUNT_PERCENT || campaign->discount == DISCOUNT_FIXED_PRICE ||
           campaign->min_spend_minor > 0;
}

static int percent_discount(const struct campaign *campaign, int64_t sale_minor, int64_t *out_discount_minor)
{
    int64_t discount;
    int rc = money_permille(sale_minor, campaign->percent_off * 10, &discount);
    if (rc < 0)
        return rc;
    if (campaign->max_discount_minor > 0 && discount > campaign->max_discount_minor)
        discount = campaign->max_discount_minor;
    *out_discount_minor = discount;
    return 0;
}

/* Before it is held down to the sale. */
static int full_discount(const struct campaign *campaign, int64_t sale_minor, int64_t *out_discount_minor)
{
    switch ((enum discount_kind)campaign->discount) {
    case DISCOUNT_AMOUNT:
        *out_discount_minor = campaign->value_minor;
        return 0;
    case DISCOUNT_PERCENT:
        return percent_discount(campaign, sale_minor, out_discount_minor);
    case DISCOUNT_FIXED_PRICE:
        *out_discount_minor = sale_minor > campaign->value_minor ? sale_minor - campaign->value_minor : 0;
        return 0;
    case DISCOUNT_GIFT:
        *out_discount_minor = 0;
        return 0;
    }
    return -EINVAL;
}

int campaign_discount(const struct campaign *campaign, int64_t sale_minor, int64_t *out_discount_minor)
{
    int64_t discount;
    if (sale_minor < 0 || (sale_minor == 0 && campaign_needs_sale(campaign)) || !campaign_sane(campaign))
        return -EINVAL;
    int rc = full_discount(campaign, sale_minor, &discount);
    if (rc < 0)
        return rc;
    if (sale_minor < campaign->min_spend_minor)
        discount = 0;
    if (sale_minor > 0 && discount > sale_minor)
        discount = sale_minor;
    *out_discount_minor = discount;
    return 0;
}
