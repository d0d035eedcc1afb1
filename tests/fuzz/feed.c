#include "fuzz.h"
#include "support.h"

#include "domain/feed.h"

/* Each upsert must survive its own round trip, whatever kind it was sent as. */
#define CHECK(name)                                                                                                    \
    static void check_##name(struct slice body)                                                                        \
    {                                                                                                                  \
        uint8_t bytes[FEED_BODY_MAX], twice[FEED_BODY_MAX];                                                            \
        struct feed_##name value, again;                                                                               \
        size_t len, twice_len;                                                                                         \
        if (feed_##name##_decode(body, &value) < 0)                                                                    \
            return;                                                                                                    \
        MUST(feed_##name##_encode(&value, bytes, sizeof bytes, &len) == 0);                                            \
        MUST(feed_##name##_decode((struct slice){bytes, len}, &again) == 0);                                           \
        MUST(feed_##name##_encode(&again, twice, sizeof twice, &twice_len) == 0);                                      \
        MUST(len == twice_len && memcmp(bytes, twice, len) == 0);                                                      \
    }

CHECK(settings)
CHECK(product)
CHECK(clerk)
CHECK(touchpoint)
CHECK(member)
CHECK(coupon)
CHECK(right)
CHECK(share)
CHECK(greeting)
CHECK(terminal)
CHECK(offer)
CHECK(pool)
CHECK(survey)
CHECK(show_end)
CHECK(order)

static void check_campaign(struct slice body)
{
    uint8_t bytes[CAMPAIGN_ENCODED_MAX], twice[CAMPAIGN_ENCODED_MAX];
    struct campaign campaign, again;
    size_t len, twice_len;
    int64_t discount;
    if (campaign_decode(body, &campaign) < 0)
        return;
    MUST(campaign_encode(&campaign, bytes, sizeof bytes, &len) == 0);
    MUST(campaign_decode((struct slice){bytes, len}, &again) == 0);
    MUST(campaign_encode(&again, twice, sizeof twice, &twice_len) == 0);
    MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    if (campaign_discount(&campaign, 12345, &discount) == 0)
        MUST(discount >= 0 && discount <= 12345);
}

static void check_keyset(struct slice body)
{
    struct keyset set;
    if (keyset_open(body.data, body.len, test_key_make(200).public_key, &set) == 0)
        MUST(set.count <= KEYSET_KEYS_MAX && set.brand != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct slice body) = {
        check_settings, check_product, check_clerk,    check_touchpoint, check_member, check_coupon,
        check_right,    check_share,   check_greeting, check_terminal,   check_offer,  check_campaign,
        check_keyset,   check_pool,    check_survey,   check_show_end,   check_order,
    };
    struct feed_page_head head;
    struct feed_page_reader reader;
    struct feed_item item;
    if (feed_page_open((struct slice){data, size}, &head, &reader) < 0)
        return 0;
    while (feed_page_next(&reader, &item) == 1) {
        for (size_t i = 0; i < ARRAY_LEN(checks); i++)
            checks[i](item.body);
    }
    return 0;
}
