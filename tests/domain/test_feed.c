#include "support.h"

#include "domain/authority.h"
#include "domain/device.h"
#include "domain/feed.h"

static uint8_t bytes[FEED_BODY_MAX], buffer[FEED_PAGE_BYTES_MAX], page[FEED_PAGE_BYTES_MAX];
static size_t len;

/* One upsert there and back, its bytes golden, every cut of it refused. The struct is zeroed first, padding too. */
#define CHECK_ROUND_TRIP(name, ...) CHECK_VERSION(name, "_v1", __VA_ARGS__)
#define CHECK_VERSION(name, version, ...)                                                                              \
    do {                                                                                                               \
        struct feed_##name value, out;                                                                                 \
        memset(&value, 0, sizeof value);                                                                               \
        __VA_ARGS__;                                                                                                   \
        assert_int_equal(feed_##name##_encode(&value, bytes, sizeof bytes, &len), 0);                                  \
        assert_golden("feed_" #name version, bytes, len);                                                              \
        for (size_t cut = 0; cut < len; cut++)                                                                         \
            assert_int_equal(feed_##name##_decode((struct slice){bytes, cut}, &out), -EBADMSG);                        \
        assert_int_equal(feed_##name##_decode((struct slice){bytes, len}, &out), 0);                                   \
        assert_memory_equal(&out, &value, sizeof out);                                                                 \
        assert_int_equal(feed_##name##_encode(&value, bytes, len - 1, &len), -ENOSPC);                                 \
    } while (0)

static void what_a_store_is_told_comes_back(void **state)
{
    (void)state;
    CHECK_ROUND_TRIP(settings, value.brand = 7, value.store = 12, strcpy(value.brand_zh, "山城茶坊"),
                     strcpy(value.store_en, "Store 12"), strcpy(value.accent, "#c8102e"), value.earn_permille = 50,
                     value.credit_owner.scope = OWNER_BRAND, value.credit_owner.id = 7, value.idle_s = 45,
                     value.primary_terminal = 5, value.store_epoch = 3);
    CHECK_VERSION(settings, "_v2", value.brand = 7, value.store = 12, value.alone = true, value.credit_term_days = 365);
    CHECK_ROUND_TRIP(product, strcpy(value.ean, "6901234567892"), strcpy(value.sku, "T-1"),
                     strcpy(value.name_zh, "龙井"), strcpy(value.name_en, "Longjing"), value.price_minor = 12800,
                     value.member_price_minor = 9900, strcpy(value.unit, "250g"));
    CHECK_ROUND_TRIP(clerk, value.clerk = 12, strcpy(value.name, "小王"), value.role = CLERK_MANAGER,
                     memset(value.pin_salt, 1, PIN_SALT_LEN), memset(value.pin_hash, 2, PIN_HASH_LEN),
                     value.badge_serial = 9);
    CHECK_ROUND_TRIP(touchpoint, value.touchpoint = 31, value.terminal = 5, value.clerk = 12, strcpy(value.shelf, "A3"),
                     strcpy(value.url, "http://weixin.qq.com/q/abc"), value.valid_to_s = 1797847200, value.gone = true);
    CHECK_ROUND_TRIP(member, value.member = 4611686018427387903, value.tier = 2, value.home_store = 12,
                     value.has_pin = true, memset(value.pin_salt, 3, PIN_SALT_LEN),
                     memset(value.pin_hash, 4, PIN_HASH_LEN));
}

static void what_a_store_may_do_comes_back(void **state)
{
    (void)state;
    CHECK_ROUND_TRIP(coupon, value.coupon.campaign = 1001, value.coupon.serial = 123456,
                     strcpy(value.shortcode, "0123456789AB"), value.member = 99, value.home_store = 12,
                     value.store_epoch = 3, value.valid_from_s = 1795255200, value.expiry_s = 1797847200,
                     value.exclusive_until_s = 1797674400, value.revoked = true);
    CHECK_ROUND_TRIP(right, value.coupon.campaign = 1001, value.coupon.serial = 123456, value.epoch = 3,
                     value.use_no = 2, value.transfer = 9001);
    CHECK_VERSION(right, "_v2", value.coupon.campaign = 1001, value.coupon.serial = 123456, value.epoch = 3,
                  value.use_no = 2, value.transfer = 9001, value.risk = true, value.store_epoch = 7);
    CHECK_VERSION(right, "_v3", value.coupon.campaign = 1001, value.coupon.serial = 123456, value.epoch = 3,
                  value.use_no = 2, value.transfer = 9001, value.store_epoch = 7, value.lease_until_s = 1795255200);
    CHECK_ROUND_TRIP(share, value.member = 99, value.owner.scope = OWNER_STORE, value.owner.id = 12,
                     value.amount_minor = 2500, value.transfer = 9002);
    CHECK_VERSION(share, "_v2", value.member = 99, value.owner.scope = OWNER_STORE, value.owner.id = 12,
                  value.amount_minor = 2500, value.transfer = 9002, value.parts.count = 1,
                  value.parts.items[0].ends_s = 1796054400, value.parts.items[0].amount_minor = 2000);
    CHECK_ROUND_TRIP(show_end, value.question = 18446744073709551615u);
    CHECK_ROUND_TRIP(greeting, value.greeting = 55, value.touchpoint = 31, value.member = 99, value.issued_coupons = 2,
                     value.made_s = 1795255200);
    CHECK_ROUND_TRIP(terminal, value.terminal = 5, value.role = 3, value.primary = true,
                     memset(value.public_key, 5, PUBLIC_KEY_LEN));
    CHECK_ROUND_TRIP(offer, value.offer = 8, strcpy(value.title_zh, "第二件半价"), strcpy(value.text_en, "This week"),
                     strcpy(value.ean, "6901234567892"), strcpy(value.tint, "#ffe0b0"), value.order = 1);
}

static void what_shoppers_are_offered_comes_back(void **state)
{
    (void)state;
    CHECK_ROUND_TRIP(pool, value.campaign = 1002, strcpy(value.name_zh, "满50减10"), strcpy(value.name_en, "10 off 50"),
                     value.here = 3, value.elsewhere = 12, value.until_s = 1797847200);
    CHECK_ROUND_TRIP(survey, value.survey = 4, strcpy(value.question_zh, "为什么没用这张券？"),
                     strcpy(value.question_en, "Why not?"), strcpy(value.answers_zh[0], "忘了"),
                     strcpy(value.answers_zh[1], "太远"), strcpy(value.answers_en[0], "forgot"),
                     strcpy(value.answers_en[1], "too far"), value.gone = true);
}

static void what_a_device_is_asked_to_do_comes_back(void **state)
{
    (void)state;
    CHECK_ROUND_TRIP(order, value.order = 1795255200001, value.terminal = 5, value.what = ORDER_UPDATE,
                     value.expires_s = 1796464800, value.held = true, value.gone = true, value.release = 3,
                     strcpy(value.compatible, "tillside-rk3399"), strcpy(value.version, "0.2.0"), value.size = 73400320,
                     memset(value.sha256, 6, HASH_LEN), value.from_min = 120, value.to_min = 300);
}

static void the_fullest_upserts_fit_a_body(void **state)
{
    (void)state;
    struct feed_offer offer;
    struct feed_settings settings;
    memset(&offer, 'x', sizeof offer);
    offer.title_zh[FEED_NAME_MAX - 1] = offer.title_en[FEED_NAME_MAX - 1] = 0;
    offer.text_zh[FEED_NAME_MAX - 1] = offer.text_en[FEED_NAME_MAX - 1] = offer.ean[13] = offer.tint[7] = 0;
    offer.gone = true;
    assert_int_equal(feed_offer_encode(&offer, bytes, sizeof bytes, &len), 0);
    memset(&settings, 'x', sizeof settings);
    settings.brand_zh[FEED_NAME_MAX - 1] = settings.brand_en[FEED_NAME_MAX - 1] = 0;
    settings.store_zh[FEED_NAME_MAX - 1] = settings.store_en[FEED_NAME_MAX - 1] = 0;
    settings.address[FEED_NAME_MAX - 1] = settings.accent[7] = 0;
    assert_int_equal(feed_settings_encode(&settings, bytes, sizeof bytes, &len), 0);
}

static size_t make_page(void)
{
    static const struct feed_item items[] = {
        {FEED_LANE_STORE, 11, FEED_CLERK, {(const uint8_t *)"\xa1\x01\x0c", 3}},
        {FEED_LANE_BRAND, 4, FEED_PRODUCT, {(const uint8_t *)"\xa1\x01\x61x", 4}},
        {FEED_LANE_STORE, 12, 60000, {(const uint8_t *)"later", 5}},
    };
    struct feed_page_writer w;
    const struct feed_page_head head = {.server_epoch = 2, .server_ms = 1795255200000, .more = true};
    feed_page_init(&w, buffer, sizeof buffer, (struct feed_cursor){10, 3});
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        assert_int_equal(feed_page_add(&w, &items[i]), 0);
    struct feed_item again = items[1], odd = items[1];
    odd.lane = 2;
    odd.position = 99;
    assert_int_equal(feed_page_add(&w, &again), -EINVAL);
    assert_int_equal(feed_page_add(&w, &odd), -EINVAL);
    assert_int_equal(feed_page_finish(&w, &head, page, sizeof page, &len), 0);
    return len;
}

static void a_page_gives_back_its_items(void **state)
{
    (void)state;
    struct feed_page_head head;
    struct feed_page_reader reader;
    struct feed_item item;
    size_t size = make_page();
    assert_golden("feed_page_v1", page, size);
    assert_int_equal(feed_page_open((struct slice){page, size}, &head, &reader), 0);
    assert_true(head.through.store == 12 && head.through.brand == 4);
    assert_true(head.server_epoch == 2 && head.more);
    assert_int_equal(feed_page_next(&reader, &item), 1);
    assert_true(item.lane == FEED_LANE_STORE && item.position == 11 && item.kind == FEED_CLERK);
    assert_int_equal(feed_page_next(&reader, &item), 1);
    assert_true(item.lane == FEED_LANE_BRAND && item.position == 4);
    assert_int_equal(feed_page_next(&reader, &item), 1);
    assert_int_equal(item.kind, 60000);
    assert_memory_equal(item.body.data, "later", 5);
    assert_int_equal(feed_page_next(&reader, &item), 0);
    assert_int_equal(feed_page_next(&reader, &item), 0);
}

static int read_page(size_t size)
{
    struct feed_page_head head;
    struct feed_page_reader reader;
    struct feed_item item;
    int rc = feed_page_open((struct slice){page, size}, &head, &reader);
    while (rc >= 0 && (rc = feed_page_next(&reader, &item)) == 1)
        ;
    return rc;
}

static void damaged_pages_are_refused(void **state)
{
    (void)state;
    size_t size = make_page();
    assert_int_equal(read_page(size), 0);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(read_page(cut), -EBADMSG);
    page[size] = 0;
    assert_int_equal(read_page(size + 1), -EBADMSG);
    assert_int_equal(read_page(FEED_PAGE_BYTES_MAX + 1), -EBADMSG);
}

static void an_empty_page_keeps_the_cursor(void **state)
{
    (void)state;
    struct feed_page_writer w;
    struct feed_page_head head = {.server_epoch = 1};
    struct feed_page_reader reader;
    struct feed_item item;
    feed_page_init(&w, buffer, sizeof buffer, (struct feed_cursor){10, 3});
    assert_int_equal(feed_page_finish(&w, &head, page, sizeof page, &len), 0);
    assert_int_equal(feed_page_open((struct slice){page, len}, &head, &reader), 0);
    assert_true(head.through.store == 10 && head.through.brand == 3 && !head.more);
    assert_int_equal(feed_page_next(&reader, &item), 0);
    page[len] = 0;
    assert_int_equal(feed_page_open((struct slice){page, len + 1}, &head, &reader), -EBADMSG);
}

static void a_full_page_says_so_and_can_still_be_sent(void **state)
{
    (void)state;
    static const uint8_t body[FEED_BODY_MAX + 1];
    struct feed_page_writer w;
    struct feed_item item = {FEED_LANE_STORE, 0, FEED_OFFER, {body, FEED_BODY_MAX}};
    const struct feed_page_head head = {{0, 0}, UINT32_MAX, UINT64_MAX, true};
    int rc = 0;
    feed_page_init(&w, buffer, sizeof buffer, (struct feed_cursor){0, UINT64_MAX});
    while (rc == 0) {
        item.position++;
        rc = feed_page_add(&w, &item);
    }
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(w.count, 63);
    assert_int_equal(w.through.store, 63);
    assert_int_equal(feed_page_finish(&w, &head, page, sizeof page, &len), 0);
    assert_int_equal(read_page(len), 0);
    item.body.len++;
    assert_int_equal(feed_page_add(&w, &item), -EINVAL);
}

static void authority_messages_come_back(void **state)
{
    (void)state;
    struct authority_request request, request_out;
    struct authority_answer answer, answer_out;
    memset(&request, 0, sizeof request);
    memset(&answer, 0, sizeof answer);
    memset(request.request_id, 6, REQUEST_ID_LEN);
    request.coupon.campaign = 1001;
    request.coupon.serial = 123456;
    request.owner.scope = OWNER_PROGRAMME;
    request.owner.id = 2;
    request.amount_minor = 500;
    strcpy(request.shortcode, "0123456789AB");
    memset(request.token, 'T', sizeof request.token - 1);
    request.wait_s = 25;
    assert_int_equal(authority_request_encode(&request, bytes, sizeof bytes, &len), 0);
    assert_golden("authority_request_v1", bytes, len);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(authority_request_decode(bytes, cut, &request_out), -EBADMSG);
    assert_int_equal(authority_request_decode(bytes, len, &request_out), 0);
    assert_memory_equal(&request_out, &request, sizeof request);
    request.wait_s = 26;
    assert_int_equal(authority_request_encode(&request, bytes, sizeof bytes, &len), -EINVAL);

    answer.verdict = AUTHORITY_USED;
    answer.transfer = 9001;
    answer.used_store = 13;
    answer.used_ms = 1795255200000;
    assert_int_equal(authority_answer_encode(&answer, bytes, sizeof bytes, &len), 0);
    assert_golden("authority_answer_v1", bytes, len);
    assert_int_equal(authority_answer_decode(bytes, len, &answer_out), 0);
    assert_memory_equal(&answer_out, &answer, sizeof answer);
    assert_int_equal(authority_answer_decode("\xa0", 1, &answer_out), -EBADMSG);
}

static void a_senseless_request_is_refused(void **state)
{
    (void)state;
    struct authority_request out;
    uint8_t wire[32] = {0xa2, 1, 0x50};
    wire[19] = 10;
    wire[20] = 0x18;
    wire[21] = 26; /* waits too long */
    assert_int_equal(authority_request_decode(wire, 22, &out), -EBADMSG);
    wire[21] = 25;
    assert_int_equal(authority_request_decode(wire, 22, &out), 0);
    wire[19] = 7;
    wire[20] = 0x20; /* an amount of −1 */
    assert_int_equal(authority_request_decode(wire, 21, &out), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_store_is_told_comes_back),
        cmocka_unit_test(what_a_store_may_do_comes_back),
        cmocka_unit_test(what_shoppers_are_offered_comes_back),
        cmocka_unit_test(what_a_device_is_asked_to_do_comes_back),
        cmocka_unit_test(the_fullest_upserts_fit_a_body),
        cmocka_unit_test(a_page_gives_back_its_items),
        cmocka_unit_test(damaged_pages_are_refused),
        cmocka_unit_test(an_empty_page_keeps_the_cursor),
        cmocka_unit_test(a_full_page_says_so_and_can_still_be_sent),
        cmocka_unit_test(authority_messages_come_back),
        cmocka_unit_test(a_senseless_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
