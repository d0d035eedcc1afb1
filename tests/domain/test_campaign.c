#include "support.h"

#include "domain/campaign.h"

static struct campaign full_campaign(void)
{
    struct campaign c;
    memset(&c, 0, sizeof c);
    c.id = 1001;
    c.version = 4;
    c.state = CAMPAIGN_LIVE;
    c.mode = MODE_HOME;
    c.fallback_budget = true;
    c.discount = DISCOUNT_PERCENT;
    strcpy(c.name_zh, "周末九折");
    strcpy(c.name_en, "Weekend 10% off");
    strcpy(c.gift_zh, "赠品");
    strcpy(c.gift_en, "gift");
    c.value_minor = 500;
    c.percent_off = 10;
    c.max_discount_minor = 2000;
    c.min_spend_minor = 5000;
    c.valid_from_s = 1795255200;
    c.valid_to_s = 1797847200;
    c.weekday_mask = 0x60;
    c.hour_from_min = 600;
    c.hour_to_min = 1320;
    c.store_count = 2;
    c.stores[0] = 12;
    c.stores[1] = 13;
    c.per_member_limit = 3;
    c.offline_budget_minor = 10000;
    c.offline_budget_count = 20;
    c.offline_max_sync_age_s = 86400;
    c.release = RELEASE_BEFORE_EXPIRY_48H;
    c.holdout_permille = 100;
    return c;
}

static void a_campaign_comes_back_whole(void **state)
{
    (void)state;
    struct campaign c = full_campaign(), out;
    uint8_t bytes[CAMPAIGN_ENCODED_MAX];
    size_t len;
    assert_int_equal(campaign_encode(&c, bytes, sizeof bytes, &len), 0);
    assert_golden("campaign_v1", bytes, len);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(campaign_decode((struct slice){bytes, cut}, &out), -EBADMSG);
    assert_int_equal(campaign_decode((struct slice){bytes, len}, &out), 0);
    assert_memory_equal(&out, &c, sizeof c);
}

/* Since the second version. */
static void a_campaign_says_how_long_a_right_may_be_away(void **state)
{
    (void)state;
    struct campaign c = full_campaign(), out;
    uint8_t bytes[CAMPAIGN_ENCODED_MAX];
    size_t len;
    c.lease_h = 48;
    assert_int_equal(campaign_encode(&c, bytes, sizeof bytes, &len), 0);
    assert_golden("campaign_v2", bytes, len);
    assert_int_equal(campaign_decode((struct slice){bytes, len}, &out), 0);
    assert_memory_equal(&out, &c, sizeof c);
    len = golden_read("campaign_v1", bytes, sizeof bytes);
    assert_int_equal(campaign_decode((struct slice){bytes, len}, &out), 0);
    assert_int_equal(out.lease_h, 0);
}

static void the_fullest_campaign_fits(void **state)
{
    (void)state;
    struct campaign c = full_campaign(), out;
    uint8_t bytes[CAMPAIGN_ENCODED_MAX];
    size_t len;
    memset(c.name_zh, 'n', CAMPAIGN_NAME_MAX - 1);
    memset(c.name_en, 'n', CAMPAIGN_NAME_MAX - 1);
    memset(c.gift_zh, 'n', CAMPAIGN_NAME_MAX - 1);
    memset(c.gift_en, 'n', CAMPAIGN_NAME_MAX - 1);
    c.value_minor = c.max_discount_minor = c.min_spend_minor = c.offline_budget_minor = INT64_MAX;
    c.store_count = CAMPAIGN_STORES_MAX;
    memset(c.stores, 0xff, sizeof c.stores);
    c.lease_h = UINT32_MAX;
    assert_int_equal(campaign_encode(&c, bytes, sizeof bytes, &len), 0);
    assert_int_equal(campaign_decode((struct slice){bytes, len}, &out), 0);
    assert_memory_equal(&out, &c, sizeof c);
}

static void senseless_campaigns_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct campaign c = full_campaign();
        uint8_t bytes[CAMPAIGN_ENCODED_MAX];
        size_t len;
        int64_t discount;
        switch (i) {
        case 0:
            c.id = 0;
            break;
        case 1:
            c.percent_off = 101;
            break;
        case 2:
            c.value_minor = -1;
            break;
        case 3:
            c.max_discount_minor = -1;
            break;
        case 4:
            c.min_spend_minor = -1;
            break;
        case 5:
            c.offline_budget_minor = -1;
            break;
        case 6:
            c.weekday_mask = 0x80;
            break;
        case 7:
            c.hour_to_min = 1441;
            break;
        case 8:
            c.store_count = CAMPAIGN_STORES_MAX + 1;
            break;
        default:
            c.holdout_permille = 1001;
            break;
        }
        assert_int_equal(campaign_encode(&c, bytes, sizeof bytes, &len), -EINVAL);
        assert_int_equal(campaign_discount(&c, 10000, &discount), -EINVAL);
    }
}

static void too_many_stores_on_the_wire_are_refused(void **state)
{
    (void)state;
    struct campaign out;
    uint8_t bytes[64] = {0xa6, 1, 1, 2, 1, 3, 3, 4, 2, 6, 1, 20, 0x90};
    memset(bytes + 13, 1, 17);
    assert_int_equal(campaign_decode((struct slice){bytes, 29}, &out), 0);
    assert_int_equal(out.store_count, 16);
    bytes[12] = 0x91;
    assert_int_equal(campaign_decode((struct slice){bytes, 30}, &out), -EBADMSG);
}

static void discounts_at_their_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t kind;
        int64_t value;
        uint32_t percent;
        int64_t cap, minimum, sale;
        int rc;
        int64_t want;
    } rows[] = {
        {"amount", DISCOUNT_AMOUNT, 500, 0, 0, 0, 3000, 0, 500},
        {"amount without a sale", DISCOUNT_AMOUNT, 500, 0, 0, 0, 0, 0, 500},
        {"amount, never over the sale", DISCOUNT_AMOUNT, 500, 0, 0, 0, 499, 0, 499},
        {"amount, exactly the sale", DISCOUNT_AMOUNT, 500, 0, 0, 0, 500, 0, 500},
        {"amount at the minimum", DISCOUNT_AMOUNT, 500, 0, 0, 3000, 3000, 0, 500},
        {"amount beneath the minimum", DISCOUNT_AMOUNT, 500, 0, 0, 3000, 2999, 0, 0},
        {"a minimum needs the sale", DISCOUNT_AMOUNT, 500, 0, 0, 3000, 0, -EINVAL, 0},
        {"percent", DISCOUNT_PERCENT, 0, 15, 0, 0, 1000, 0, 150},
        {"percent rounds up at half", DISCOUNT_PERCENT, 0, 15, 0, 0, 1010, 0, 152},
        {"percent rounds down beneath", DISCOUNT_PERCENT, 0, 15, 0, 0, 1003, 0, 150},
        {"percent of one fen", DISCOUNT_PERCENT, 0, 50, 0, 0, 1, 0, 1},
        {"percent of one fen, less than half", DISCOUNT_PERCENT, 0, 49, 0, 0, 1, 0, 0},
        {"percent at the cap", DISCOUNT_PERCENT, 0, 10, 200, 0, 2000, 0, 200},
        {"percent over the cap", DISCOUNT_PERCENT, 0, 10, 200, 0, 2010, 0, 200},
        {"all of it", DISCOUNT_PERCENT, 0, 100, 0, 0, 1234, 0, 1234},
        {"percent of the largest sale", DISCOUNT_PERCENT, 0, 100, 0, 0, INT64_MAX, 0, INT64_MAX},
        {"percent needs the sale", DISCOUNT_PERCENT, 0, 10, 0, 0, 0, -EINVAL, 0},
        {"fixed price", DISCOUNT_FIXED_PRICE, 990, 0, 0, 0, 1500, 0, 510},
        {"already at the price", DISCOUNT_FIXED_PRICE, 990, 0, 0, 0, 990, 0, 0},
        {"cheaper than the price", DISCOUNT_FIXED_PRICE, 990, 0, 0, 0, 500, 0, 0},
        {"fixed price needs the sale", DISCOUNT_FIXED_PRICE, 990, 0, 0, 0, 0, -EINVAL, 0},
        {"gift", DISCOUNT_GIFT, 0, 0, 0, 0, 0, 0, 0},
        {"a gift beside a sale", DISCOUNT_GIFT, 700, 0, 0, 0, 900, 0, 0},
        {"a negative sale", DISCOUNT_AMOUNT, 500, 0, 0, 0, -1, -EINVAL, 0},
        {"a kind of a later version", 9, 500, 0, 0, 0, 3000, -EINVAL, 0},
        {"no kind", 0, 500, 0, 0, 0, 3000, -EINVAL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct campaign c = {.id = 1, .discount = rows[i].kind, .value_minor = rows[i].value};
        int64_t got = 77;
        c.percent_off = rows[i].percent;
        c.max_discount_minor = rows[i].cap;
        c.min_spend_minor = rows[i].minimum;
        if (campaign_discount(&c, rows[i].sale, &got) != rows[i].rc || got != (rows[i].rc ? 77 : rows[i].want))
            fail_msg("%s: %lld", rows[i].name, (long long)got);
        assert_true(rows[i].sale <= 0 || rows[i].rc || got <= rows[i].sale);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_comes_back_whole),
        cmocka_unit_test(a_campaign_says_how_long_a_right_may_be_away),
        cmocka_unit_test(the_fullest_campaign_fits),
        cmocka_unit_test(senseless_campaigns_are_refused),
        cmocka_unit_test(too_many_stores_on_the_wire_are_refused),
        cmocka_unit_test(discounts_at_their_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
