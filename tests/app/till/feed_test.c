#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void item_product(struct shop *shop, const char *ean, int64_t price_minor, bool gone)
{
    struct feed_product product = {.price_minor = price_minor, .name_zh = "绿茶", .name_en = "Tea", .gone = gone};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    memcpy(product.ean, ean, strlen(ean));
    assert_int_equal(feed_product_encode(&product, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_PRODUCT, body, len);
}

static void item_touchpoint(struct shop *shop, uint32_t touchpoint, uint32_t terminal)
{
    struct feed_touchpoint row = {
        .touchpoint = touchpoint, .terminal = terminal, .shelf = "A1", .url = "https://w.example/q/1"};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_touchpoint_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_TOUCHPOINT, body, len);
}

static void item_greeting(struct shop *shop, uint64_t greeting, uint32_t touchpoint, int64_t made_ms)
{
    struct feed_greeting row = {.greeting = greeting,
                                .touchpoint = touchpoint,
                                .member = SHOP_MEMBER,
                                .issued_coupons = 1,
                                .made_s = (uint32_t)(made_ms / 1000)};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_greeting_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_GREETING, body, len);
}

static struct till_price price_of(struct shop *shop, const char *ean)
{
    struct till_request request = {.op = TILL_PRICE, .ticket = 2};

    memcpy(request.text, ean, strlen(ean) + 1);
    return shop_ask(shop, &request).price;
}

static void the_same_page_twice_changes_nothing(void **state)
{
    struct shop *shop = *state;
    struct feed_right request = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 0, .use_no = 1, .transfer = 78};
    struct feed_share grant = {.member = 5, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 300, .transfer = 12};
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct feed_page_head head;
    struct feed_cursor cursor;

    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
    shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    item_product(shop, "6901234567892", 1200, false);
    struct slice slice = {page, shop_page(shop, page, FEED_PAGE_BYTES_MAX)};
    assert_int_equal(till_feed_apply(shop->till, slice, &head), 0);
    int64_t records = shop_query(shop, "SELECT max(seq) FROM journal");
    assert_int_equal(till_feed_apply(shop->till, slice, &head), 0);
    assert_int_equal(till_feed_cursor(shop->till, &cursor), 0);

    assert_int_equal(shop_query(shop, "SELECT max(seq) FROM journal"), records);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 300);
    assert_int_equal(cursor.store, shop->through.store);
    free(page);
}

static void an_old_page_that_comes_late_does_not_bring_back_old_prices(void **state)
{
    struct shop *shop = *state;
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct feed_page_head head;

    item_product(shop, "6901234567892", 1200, false);
    struct slice old = {page, shop_page(shop, page, FEED_PAGE_BYTES_MAX)};
    assert_int_equal(till_feed_apply(shop->till, old, &head), 0);
    item_product(shop, "6901234567892", 1300, false);
    shop_give(shop);
    assert_int_equal(till_feed_apply(shop->till, old, &head), 0);

    assert_int_equal(price_of(shop, "6901234567892").product.price_minor, 1300);
    free(page);
}

static void another_server_epoch_brings_everything_again(void **state)
{
    struct shop *shop = *state;
    struct feed_share grant = {.member = 5, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 300, .transfer = 12};
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct feed_page_head head;
    struct feed_cursor cursor;
    struct slice slice = {page, 0};

    shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    shop_give(shop);
    shop->server_epoch = 2;
    shop->through.store = 0;
    feed_page_init(&shop->page, shop->items, sizeof(shop->items), shop->through);
    shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    slice.len = shop_page(shop, page, FEED_PAGE_BYTES_MAX);
    assert_int_equal(till_feed_apply(shop->till, slice, &head), 0);
    assert_true(head.more);
    assert_int_equal(till_feed_cursor(shop->till, &cursor), 0);
    assert_int_equal(cursor.store, 0);
    assert_int_equal(till_feed_apply(shop->till, slice, &head), 0);

    assert_false(head.more);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 300);
    free(page);
}

static void a_bad_item_is_put_aside_and_the_rest_goes_on(void **state)
{
    struct shop *shop = *state;

    shop_item(shop, FEED_PRODUCT, "\xff\xff", 2);
    shop_item(shop, (enum feed_kind)900, "\xa0", 1); /* of a later version */
    item_product(shop, "6901234567892", 1200, false);
    shop_give(shop);

    assert_true(price_of(shop, "6901234567892").found);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM feed_kept WHERE malformed = 1 AND kind = 4"), 1);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM feed_kept WHERE malformed = 0 AND kind = 900"), 1);
}

/* NULL: books of before this was noted. */
static void kept_by(struct shop *shop, const char *version)
{
    const struct db_options writer = {.mode = DB_WRITER};
    char sql[128] = "DELETE FROM config WHERE key = 'feed_kept_by'";
    struct db *db;

    shop_stop(shop);
    assert_int_equal(db_open(shop->path, &writer, &db), 0);
    if (version)
        snprintf(sql, sizeof(sql), "UPDATE config SET value = CAST('%s' AS BLOB) WHERE key = 'feed_kept_by'", version);
    assert_int_equal(db_exec(db, sql), 0);
    db_close(db);
    shop_start(shop);
}

static void put_aside_by(struct shop *shop, const char *version)
{
    shop_item(shop, (enum feed_kind)900, "\xa0", 1);
    item_product(shop, "6901234567892", 1200, false);
    shop_give(shop);
    kept_by(shop, version);
}

static void assert_aside(struct shop *shop, bool kept)
{
    struct feed_cursor cursor;

    assert_int_equal(till_feed_cursor(shop->till, &cursor), 0);
    assert_int_equal(cursor.store > 0, kept);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM feed_kept"), kept);
    assert_true(price_of(shop, "6901234567892").found);
}

static void another_version_asks_again_for_what_was_put_aside(void **state)
{
    struct shop *shop = *state;

    put_aside_by(shop, TILLSIDE_VERSION);
    assert_aside(shop, true);
    kept_by(shop, "0.0.9");
    assert_aside(shop, false);
}

static void what_nobody_noted_the_version_of_is_asked_for_again(void **state)
{
    put_aside_by(*state, NULL);
    assert_aside(*state, false);
}

static void a_version_that_cannot_be_read_is_another_one(void **state)
{
    put_aside_by(*state, "0.1.0 and then far more than a version is long");
    assert_aside(*state, false);
}

static void a_page_that_ends_in_the_middle_is_refused_whole(void **state)
{
    struct shop *shop = *state;
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct feed_page_head head;

    item_product(shop, "6901234567892", 1200, false);
    item_product(shop, "6901234567908", 1300, false);
    size_t len = shop_page(shop, page, FEED_PAGE_BYTES_MAX);
    assert_int_equal(till_feed_apply(shop->till, (struct slice){page, len - 3}, &head), -EBADMSG);

    assert_false(price_of(shop, "6901234567892").found);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM product"), 0);
    free(page);
}

static void give_keyset(struct shop *shop, uint8_t root_seed, uint32_t version)
{
    struct keyset set = {.brand = SHOP_BRAND, .version = version, .count = 0};
    uint8_t sealed[KEYSET_ENCODED_MAX], root[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    size_t len;

    shop_secret(root_seed, root, secret);
    assert_int_equal(keyset_seal(&set, secret, sealed, sizeof(sealed), &len), 0);
    shop_item(shop, FEED_KEYSET, sealed, len);
    shop_give(shop);
}

static void keys_come_only_from_the_pinned_root_and_only_forwards(void **state)
{
    struct shop *shop = *state;

    give_keyset(shop, 98, 9); /* another root */
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    give_keyset(shop, 99, 1); /* not newer */
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_OK);
    give_keyset(shop, 99, 2); /* the right one: it names no key at all */

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 3).verdict, COUPON_KEY_UNKNOWN);
    shop_stop(shop);
    shop_start(shop);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 4).verdict, COUPON_KEY_UNKNOWN);
}

static void prices_and_counts_follow_the_feed(void **state)
{
    struct shop *shop = *state;
    struct till_reference reference;

    item_product(shop, "6901234567892", 1200, false);
    item_product(shop, "6901234567908", 1300, false);
    item_product(shop, "6901234567892", 1250, false);
    shop_item_member(shop, 800, NULL);
    shop_give(shop);
    assert_int_equal(price_of(shop, "6901234567892").product.price_minor, 1250);
    assert_false(price_of(shop, "6901234567893").found); /* a wrong check digit is nobody's */
    item_product(shop, "6901234567908", 0, true);
    item_product(shop, "6901234567908", 0, true);
    shop_give(shop);
    till_reference_copy(shop->till, &reference);

    assert_int_equal(reference.products, 1);
    assert_int_equal(reference.members, 2);
    shop_stop(shop);
    shop_start(shop);
    till_reference_copy(shop->till, &reference);
    assert_int_equal(reference.products, 1);
}

static void item_offer(struct shop *shop, uint32_t offer, uint32_t order, const char *ean)
{
    struct feed_offer row = {.offer = offer, .title_zh = "新茶", .title_en = "New tea", .order = order};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    memcpy(row.ean, ean, strlen(ean));
    assert_int_equal(feed_offer_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_OFFER, body, len);
}

static void screens_get_offers_in_order_with_prices_and_their_own_touchpoint(void **state)
{
    struct shop *shop = *state;
    struct till_reference reference;
    uint32_t changed = atomic_load(&shop->changed);

    item_offer(shop, 1, 20, "");
    item_offer(shop, 2, 10, "6901234567892");
    item_product(shop, "6901234567892", 1200, false);
    item_touchpoint(shop, 31, SHOP_TERMINAL);
    item_touchpoint(shop, 32, SHOP_TERMINAL + 1);
    shop_give(shop);
    shop_scan(shop, SHOP_CAMPAIGN, 1); /* the till has told everybody by then */
    till_reference_copy(shop->till, &reference);

    assert_true(atomic_load(&shop->changed) > changed);
    assert_true(reference.enrolled);
    assert_int_equal(reference.terminal, SHOP_TERMINAL);
    assert_string_equal(reference.settings.store_en, "First");
    assert_int_equal(reference.touchpoint.touchpoint, 31);
    assert_int_equal(reference.offer_count, 2);
    assert_int_equal(reference.offers[0].offer, 2);
    assert_int_equal(reference.offer_price_minor[0], 1200);
    assert_int_equal(reference.clerk_count, 1);
    assert_string_equal(reference.clerks[0].name, "小李");
}

static void item_pool(struct shop *shop, uint32_t campaign, uint32_t left, int64_t until_ms)
{
    struct feed_pool row = {.campaign = campaign, .name_zh = "十元券", .name_en = "Ten off"};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    row.elsewhere = left;
    row.here = 7; /* central's word counts for other stores only */
    row.until_s = (uint32_t)(until_ms / 1000);
    row.gone = left == 0;
    assert_int_equal(feed_pool_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_POOL, body, len);
}

static void screens_get_what_is_left_in_the_public_pool_and_what_ends_first_before_all(void **state)
{
    struct shop *shop = *state;
    struct till_reference reference;

    item_pool(shop, SHOP_CAMPAIGN, 3, SHOP_START_MS + 7200000);
    item_pool(shop, SHOP_STRICT, 1, SHOP_START_MS + 3600000);
    item_pool(shop, SHOP_BUDGET, 9, SHOP_START_MS - 1000);
    item_pool(shop, SHOP_PERCENT, 5, SHOP_START_MS + 3600000);
    item_pool(shop, SHOP_PERCENT, 0, SHOP_START_MS + 3600000);
    shop_give(shop);
    till_reference_copy(shop->till, &reference);

    assert_int_equal(reference.pool_count, 2);
    assert_int_equal(reference.pools[0].campaign, SHOP_STRICT);
    assert_int_equal(reference.pools[1].campaign, SHOP_CAMPAIGN);
    assert_int_equal(reference.pools[1].here, 0);
    assert_int_equal(reference.pools[1].elsewhere, 3);
}

static void item_survey(struct shop *shop, uint32_t survey, bool gone)
{
    struct feed_survey row = {.survey = survey, .question_zh = "喝茶吗？", .question_en = "Tea?", .gone = gone};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_survey_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_SURVEY, body, len);
}

static void screens_ask_the_newest_question_and_its_answer_goes_into_the_journal(void **state)
{
    struct shop *shop = *state;
    struct till_reference reference;
    struct till_request answer = {.op = TILL_NOTE,
                                  .note = {.kind = RECORD_SURVEY_ANSWER, .survey_answer = {.survey = 4, .answer = 1}}};

    item_survey(shop, 4, false);
    item_survey(shop, 5, false);
    item_survey(shop, 5, true);
    shop_give(shop);
    till_reference_copy(shop->till, &reference);
    assert_int_equal(reference.survey.survey, 4);
    assert_true(shop_ask(shop, &answer).noted_seq > 0);
}

static void item_order(struct shop *shop, uint64_t number, uint32_t terminal, bool gone)
{
    struct feed_order row = {
        .order = number, .terminal = terminal, .what = ORDER_REBOOT, .expires_s = 1999999999, .gone = gone};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_order_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_ORDER, body, len);
}

static void orders_for_this_device_wait_newest_first_and_its_records_of_them_are_taken(void **state)
{
    struct shop *shop = *state;
    struct feed_order orders[4];
    uint32_t count = 0;
    const struct body step = {.kind = RECORD_ORDER_STEP, .order_step = {71, ORDER_UPDATE, ORDER_BOOTED, "0.1.0"}};
    const struct body sale = {.kind = RECORD_SALE};

    item_order(shop, 70, SHOP_TERMINAL, false);
    item_order(shop, 71, SHOP_TERMINAL, false);
    item_order(shop, 72, SHOP_TERMINAL + 1, false);
    item_order(shop, 71, SHOP_TERMINAL, true);
    item_order(shop, 0, SHOP_TERMINAL, false); /* no number: put aside */
    shop_give(shop);
    assert_int_equal(till_orders(shop->till, orders, ARRAY_LEN(orders), &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(orders[0].order, 71);
    assert_true(orders[0].gone);
    assert_int_equal(orders[1].order, 70);
    assert_int_equal(till_note(shop->till, &step), 0);
    assert_int_equal(till_note(shop->till, &sale), -EINVAL); /* what moves value is no note */
}

static void a_greeting_is_shown_once_while_fresh_on_the_screen_that_was_scanned(void **state)
{
    struct shop *shop = *state;

    item_touchpoint(shop, 31, SHOP_TERMINAL);
    item_touchpoint(shop, 32, SHOP_TERMINAL + 1);
    item_greeting(shop, 1, 31, SHOP_START_MS - 5000);
    item_greeting(shop, 1, 31, SHOP_START_MS - 5000);
    item_greeting(shop, 2, 32, SHOP_START_MS - 5000);
    item_greeting(shop, 3, 31, SHOP_START_MS - 121 * 1000);
    shop_give(shop);
    shop_scan(shop, SHOP_CAMPAIGN, 1);

    assert_int_equal(atomic_load(&shop->greeted), 1);
    assert_int_equal(shop->greeting.greeting, 1);
}

static void pins_are_kept_peppered_only(void **state)
{
    struct shop *shop = *state;
    uint8_t salt[PIN_SALT_LEN], hash[PIN_HASH_LEN];

    memset(salt, 0x5a, sizeof(salt));
    assert_int_equal(pin_hash("2468", salt, hash), 0);
    shop_stop(shop);

    assert_true(shop_file_contains(shop->path, salt, sizeof(salt)));
    assert_false(shop_file_contains(shop->path, hash, sizeof(hash)));
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(the_same_page_twice_changes_nothing),
        WITH_SHOP(an_old_page_that_comes_late_does_not_bring_back_old_prices),
        WITH_SHOP(another_server_epoch_brings_everything_again),
        WITH_SHOP(a_bad_item_is_put_aside_and_the_rest_goes_on),
        WITH_SHOP(another_version_asks_again_for_what_was_put_aside),
        WITH_SHOP(what_nobody_noted_the_version_of_is_asked_for_again),
        WITH_SHOP(a_version_that_cannot_be_read_is_another_one),
        WITH_SHOP(a_page_that_ends_in_the_middle_is_refused_whole),
        WITH_SHOP(keys_come_only_from_the_pinned_root_and_only_forwards),
        WITH_SHOP(prices_and_counts_follow_the_feed),
        WITH_SHOP(screens_get_offers_in_order_with_prices_and_their_own_touchpoint),
        WITH_SHOP(screens_get_what_is_left_in_the_public_pool_and_what_ends_first_before_all),
        WITH_SHOP(screens_ask_the_newest_question_and_its_answer_goes_into_the_journal),
        WITH_SHOP(orders_for_this_device_wait_newest_first_and_its_records_of_them_are_taken),
        WITH_SHOP(a_greeting_is_shown_once_while_fresh_on_the_screen_that_was_scanned),
        WITH_SHOP(pins_are_kept_peppered_only),
    };

    return cmocka_run_group_tests_name("till_feed", tests, NULL, NULL);
}
