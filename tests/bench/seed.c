#include "bench.h"

#include "domain/feed.h"
#include "platform/file.h"
#include "platform/keys.h"
#include "till/till.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CAMPAIGN 1001

/* Pages of feed items, sent to the till as they fill. */
struct filler {
    struct till *till;
    struct feed_page_writer page;
    uint8_t *buffer, *out;
    uint64_t position;
    int error;
};

static void flush(struct filler *f)
{
    struct feed_page_head head = {.through = f->page.through, .server_epoch = 1}, applied;
    size_t len = 0;
    if (f->error == 0 && f->page.count > 0)
        f->error = feed_page_finish(&f->page, &head, f->out, FEED_PAGE_BYTES_MAX + 1024, &len);
    if (f->error == 0 && len > 0)
        f->error = till_feed_apply(f->till, (struct slice){f->out, len}, &applied);
    feed_page_init(&f->page, f->buffer, FEED_PAGE_BYTES_MAX, head.through);
}

static void put(struct filler *f, uint16_t kind, const uint8_t *body, size_t len)
{
    struct feed_item item = {.lane = FEED_LANE_STORE, .position = ++f->position, .kind = kind, .body = {body, len}};
    int result = feed_page_add(&f->page, &item);
    if (result == -ENOSPC) {
        flush(f);
        result = feed_page_add(&f->page, &item);
    }
    if (f->error == 0)
        f->error = result;
}

static void put_settings(struct filler *f)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct feed_settings settings = {.brand = 1,
                                     .store = 1,
                                     .brand_zh = "山河便利",
                                     .brand_en = "Shanhe",
                                     .store_zh = "一号店",
                                     .store_en = "Store 1",
                                     .accent = "#1f7a5c",
                                     .earn_permille = 10,
                                     .credit_owner = {OWNER_STORE, 1},
                                     .idle_s = 30,
                                     .primary_terminal = 1,
                                     .store_epoch = 1};
    if (f->error == 0)
        f->error = feed_settings_encode(&settings, body, sizeof(body), &len);
    put(f, FEED_SETTINGS, body, len);
}

static void put_campaign(struct filler *f)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct campaign campaign = {.id = CAMPAIGN,
                                .version = 1,
                                .state = CAMPAIGN_LIVE,
                                .mode = MODE_HOME,
                                .discount = DISCOUNT_AMOUNT,
                                .name_zh = "立减5元",
                                .name_en = "5 off",
                                .value_minor = 500};
    if (f->error == 0)
        f->error = campaign_encode(&campaign, body, sizeof(body), &len);
    put(f, FEED_CAMPAIGN, body, len);
}

static void put_touchpoint(struct filler *f)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct feed_touchpoint touchpoint = {
        .touchpoint = 1, .terminal = 1, .shelf = "门口", .url = "http://weixin.qq.com/q/bench1"};
    if (f->error == 0)
        f->error = feed_touchpoint_encode(&touchpoint, body, sizeof(body), &len);
    put(f, FEED_TOUCHPOINT, body, len);
}

static void put_clerk(struct filler *f)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct feed_clerk clerk = {.clerk = 1, .name = "王芳", .role = CLERK_CASHIER};
    if (f->error == 0)
        f->error = pin_hash("2468", clerk.pin_salt, clerk.pin_hash);
    if (f->error == 0)
        f->error = feed_clerk_encode(&clerk, body, sizeof(body), &len);
    put(f, FEED_CLERK, body, len);
}

static void put_keyset(struct filler *f, struct bench_store *store)
{
    uint8_t body[KEYSET_ENCODED_MAX];
    size_t len = 0;
    struct keyset set = {.brand = 1, .version = 1, .count = 1, .keys = {{.kid = 1, .purpose = KEY_COUPON}}};
    crypto_sign_keypair(set.keys[0].public_key, store->coupon_secret);
    if (f->error == 0)
        f->error = keyset_seal(&set, store->root_secret, body, sizeof(body), &len);
    put(f, FEED_KEYSET, body, len);
}

static void put_products(struct filler *f, uint32_t count)
{
    uint8_t body[FEED_BODY_MAX];
    for (uint32_t i = 0; i < count; i++) {
        struct feed_product product = {.price_minor = 100 + i % 9900, .unit = "500g"};
        size_t len = 0;
        snprintf(product.ean, sizeof(product.ean), "690%010u", i);
        snprintf(product.sku, sizeof(product.sku), "S%07u", i);
        snprintf(product.name_zh, sizeof(product.name_zh), "商品%u", i);
        snprintf(product.name_en, sizeof(product.name_en), "Product %u", i);
        if (f->error == 0)
            f->error = feed_product_encode(&product, body, sizeof(body), &len);
        put(f, FEED_PRODUCT, body, len);
    }
}

static void put_members(struct filler *f, uint32_t count)
{
    uint8_t body[FEED_BODY_MAX];
    for (uint32_t i = 0; i < count; i++) {
        struct feed_member member = {.member = 1000000007ULL * (i + 1), .tier = 1, .home_store = 1};
        size_t len = 0;
        if (f->error == 0)
            f->error = feed_member_encode(&member, body, sizeof(body), &len);
        put(f, FEED_MEMBER, body, len);
    }
}

static int enrol(struct till *till, struct bench_store *store)
{
    struct till_enrolment enrolment = {.ticket = {.url = "https://127.0.0.1:1", .store = 1, .role = ROLE_BOTH}};
    struct body_incarnation incarnation = {.version = "bench"};
    crypto_sign_keypair(store->root_public, store->root_secret);
    crypto_sha256(store->root_public, sizeof(store->root_public), enrolment.ticket.root_hash);
    enrolment.answer = (struct enrol_answer){
        .state = ENROL_CONFIRMED, .brand = 1, .store = 1, .terminal = 1, .incarnation = 1, .role = ROLE_BOTH};
    memcpy(enrolment.answer.root_key, store->root_public, PUBLIC_KEY_LEN);
    return till_enrolment_store(till, &enrolment, &incarnation);
}

static int make_key(const char *data)
{
    char path[160];
    struct key_pair pair;
    snprintf(path, sizeof(path), "%s/terminal.key", data);
    key_pair_make(&pair, random_real());
    int result = key_pair_save(&pair, path);
    key_pair_finish(&pair);
    return result;
}

static void nothing(void *context)
{
    (void)context;
}

static void no_answer(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static void no_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

static int fill(struct till *till, struct bench_store *store, uint32_t products, uint32_t members)
{
    struct filler f = {.till = till, .buffer = malloc(FEED_PAGE_BYTES_MAX), .out = malloc(FEED_PAGE_BYTES_MAX + 1024)};
    if (f.buffer == NULL || f.out == NULL)
        f.error = -ENOMEM;
    feed_page_init(&f.page, f.buffer, FEED_PAGE_BYTES_MAX, (struct feed_cursor){0});
    put_keyset(&f, store);
    put_settings(&f);
    put_campaign(&f);
    put_touchpoint(&f);
    put_clerk(&f);
    put_products(&f, products);
    put_members(&f, members);
    flush(&f);
    free(f.buffer);
    free(f.out);
    return f.error;
}

int bench_seed(struct bench_store *store, const char *data, uint32_t products, uint32_t members)
{
    char books[160], pepper[160];
    struct till *till = NULL;
    snprintf(store->data, sizeof(store->data), "%s", data);
    snprintf(books, sizeof(books), "%s/terminal.db", data);
    snprintf(pepper, sizeof(pepper), "%s/pepper", data);
    int result = file_make_dirs(data, 0700);
    if (result == 0)
        result = make_key(data);
    struct till_options options = {.path = books,
                                   .pepper_path = pepper,
                                   .clock = clock_real(),
                                   .answered = no_answer,
                                   .changed = nothing,
                                   .greeted = no_greeting,
                                   .appended = nothing};
    if (result == 0)
        result = till_open(&options, &till);
    if (result == 0)
        result = enrol(till, store);
    if (result == 0)
        result = fill(till, store, products, members);
    if (till != NULL)
        till_close(till);
    return result;
}

/* Undated: without central nobody vouches for the clock, and a dated coupon would ask the clerk for the date. */
int bench_coupon(const struct bench_store *store, uint64_t serial, char out_text[TOKEN_TEXT_MAX])
{
    struct coupon_token token = {.brand = 1, .kid = 1, .coupon = {CAMPAIGN, serial}, .home_store = 1, .store_epoch = 1};
    return token_coupon_sign(&token, store->coupon_secret, out_text);
}
