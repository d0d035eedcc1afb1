#include "shop.h"

#include "platform/buffer.h"
#include "platform/file.h"
#include "platform/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_COUPON = 1, SEED_MEMBER = 2, SEED_BADGE = 3, SEED_ROOT = 99 };

void shop_secret(uint8_t seed, uint8_t out_public[PUBLIC_KEY_LEN], uint8_t out_secret[SECRET_KEY_LEN])
{
    uint8_t bytes[32];
    struct key_pair pair;

    memset(bytes, seed, sizeof(bytes));
    key_pair_from_seed(&pair, bytes);
    memcpy(out_public, pair.public_key, PUBLIC_KEY_LEN);
    memcpy(out_secret, pair.secret_key, SECRET_KEY_LEN);
}

static void on_answer(void *context, const struct till_answer *answer)
{
    struct shop *shop = context;

    pthread_mutex_lock(&shop->mutex);
    while (shop->held)
        pthread_cond_wait(&shop->answered, &shop->mutex);
    shop->answer = *answer;
    shop->has_answer = true;
    shop->answer_count++;
    pthread_cond_broadcast(&shop->answered);
    pthread_mutex_unlock(&shop->mutex);
}

static void on_greeted(void *context, const struct feed_greeting *greeting)
{
    struct shop *shop = context;

    shop->greeting = *greeting;
    atomic_fetch_add(&shop->greeted, 1);
}

static void on_changed(void *context)
{
    atomic_fetch_add(&((struct shop *)context)->changed, 1);
}

static void on_appended(void *context)
{
    struct shop *shop = context;

    atomic_fetch_add(&shop->appended, 1);
    pthread_mutex_lock(&shop->mutex);
    if (shop->on_append != NULL)
        shop->on_append(shop->append_context);
    pthread_mutex_unlock(&shop->mutex);
}

static void on_marked(void *context, enum till_mark_news news, int error)
{
    struct shop *shop = context;

    (void)error;
    shop->marked = news;
    shop->marked_count++;
}

void shop_init(struct shop *shop)
{
    memset(shop, 0, sizeof(*shop));
    assert_int_equal(crypto_start(), 0);
    tempdir_open(&shop->dir);
    tempdir_path(&shop->dir, "till.db", shop->path);
    tempdir_path(&shop->dir, "pepper", shop->pepper);
    pthread_mutex_init(&shop->mutex, NULL);
    pthread_cond_init(&shop->answered, NULL);
    sim_clock_init(&shop->clock, SHOP_START_MS);
    shop->boot_id = "boot-1";
    shop->server_epoch = 1;
    shop->nonce = 1000;
    feed_page_init(&shop->page, shop->items, sizeof(shop->items), shop->through);
}

void shop_start(struct shop *shop)
{
    const struct till_options options = {.path = shop->path,
                                         .vfs = shop->vfs,
                                         .pepper_path = shop->pepper,
                                         .clock = &shop->clock.base,
                                         .boot_id = shop->boot_id,
                                         .device = shop->device,
                                         .marks = shop->marks,
                                         .lan = shop->lan,
                                         .inline_jobs = shop->inline_jobs,
                                         .answered = on_answer,
                                         .changed = on_changed,
                                         .greeted = on_greeted,
                                         .appended = on_appended,
                                         .marked = on_marked,
                                         .context = shop};

    assert_int_equal(till_open(&options, &shop->till), 0);
}

void shop_stop(struct shop *shop)
{
    till_close(shop->till);
    shop->till = NULL;
}

void shop_finish(struct shop *shop)
{
    shop_stop(shop);
    pthread_cond_destroy(&shop->answered);
    pthread_mutex_destroy(&shop->mutex);
    tempdir_close(&shop->dir);
}

int shop_try_enrol(struct shop *shop)
{
    struct till_enrolment enrolment = {.ticket = {.url = "https://central.example:8443", .store = SHOP_STORE},
                                       .answer = {.state = ENROL_CONFIRMED,
                                                  .brand = SHOP_BRAND,
                                                  .store = SHOP_STORE,
                                                  .terminal = shop->terminal != 0 ? shop->terminal : SHOP_TERMINAL,
                                                  .incarnation = shop->incarnation != 0 ? shop->incarnation : 1,
                                                  .role = ROLE_BOTH}};
    struct body_incarnation incarnation = {.hardware_serial = "HW-1", .disk_serial = "D-1", .version = "0.1.0"};
    uint8_t secret[SECRET_KEY_LEN];

    enrolment.ticket.role = ROLE_BOTH;
    shop_secret(SEED_ROOT, enrolment.answer.root_key, secret);
    crypto_sha256(enrolment.answer.root_key, PUBLIC_KEY_LEN, enrolment.ticket.root_hash);
    return till_enrolment_store(shop->till, &enrolment, &incarnation);
}

void shop_enrol(struct shop *shop)
{
    assert_int_equal(shop_try_enrol(shop), 0);
}

void shop_trust_time(struct shop *shop)
{
    struct clock_reading at = {clock_wall_ms(&shop->clock.base), clock_mono_ms(&shop->clock.base)};

    assert_int_equal(till_time_trust(shop->till, at.wall_ms, at), 0);
}

void shop_item(struct shop *shop, enum feed_kind kind, const void *body, size_t len)
{
    struct feed_item item = {
        .lane = FEED_LANE_STORE, .position = ++shop->through.store, .kind = (uint16_t)kind, .body = {body, len}};

    assert_int_equal(feed_page_add(&shop->page, &item), 0);
}

void shop_item_settings(struct shop *shop, uint32_t primary_terminal)
{
    struct feed_settings settings = {.brand = SHOP_BRAND,
                                     .store = SHOP_STORE,
                                     .brand_zh = "好茶",
                                     .brand_en = "Good Tea",
                                     .store_zh = "一号店",
                                     .store_en = "First",
                                     .accent = "#336699",
                                     .earn_permille = 100,
                                     .credit_owner = {OWNER_STORE, SHOP_STORE},
                                     .idle_s = 60,
                                     .primary_terminal = primary_terminal,
                                     .store_epoch = SHOP_STORE_EPOCH,
                                     .credit_term_days = shop->credit_term_days};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_settings_encode(&settings, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_SETTINGS, body, len);
}

static void item_keyset(struct shop *shop)
{
    struct keyset set = {.brand = SHOP_BRAND, .version = 1, .count = 3};
    uint8_t sealed[KEYSET_ENCODED_MAX], secret[SECRET_KEY_LEN], root[PUBLIC_KEY_LEN];
    size_t len;

    for (uint8_t kid = 1; kid <= 3; kid++) {
        set.keys[kid - 1].kid = kid;
        set.keys[kid - 1].purpose = kid == 1 ? KEY_COUPON : kid == 2 ? KEY_MEMBER : KEY_BADGE;
        shop_secret(kid, set.keys[kid - 1].public_key, secret);
    }
    shop_secret(SEED_ROOT, root, secret);
    assert_int_equal(keyset_seal(&set, secret, sealed, sizeof(sealed), &len), 0);
    shop_item(shop, FEED_KEYSET, sealed, len);
}

static void item_campaign(struct shop *shop, uint32_t id, enum campaign_mode mode)
{
    struct campaign campaign = {.id = id,
                                .version = 4,
                                .state = CAMPAIGN_LIVE,
                                .mode = (uint8_t)mode,
                                .discount = DISCOUNT_AMOUNT,
                                .name_zh = "立减五元",
                                .name_en = "5 off",
                                .value_minor = 500};
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len;

    if (id == SHOP_PERCENT) {
        campaign.discount = DISCOUNT_PERCENT;
        campaign.percent_off = 10;
        campaign.value_minor = 0;
        campaign.min_spend_minor = 2000;
        campaign.per_member_limit = 1;
    }
    if (mode == MODE_BUDGET) {
        campaign.offline_budget_minor = 1000;
        campaign.offline_budget_count = 2;
    }
    assert_int_equal(campaign_encode(&campaign, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_CAMPAIGN, body, len);
}

static void item_clerk(struct shop *shop)
{
    struct feed_clerk clerk = {.clerk = SHOP_CLERK, .name = "小李", .role = CLERK_CASHIER, .badge_serial = 5};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    memset(clerk.pin_salt, 0x5a, PIN_SALT_LEN);
    assert_int_equal(pin_hash("2468", clerk.pin_salt, clerk.pin_hash), 0);
    assert_int_equal(feed_clerk_encode(&clerk, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_CLERK, body, len);
}

void shop_item_member(struct shop *shop, uint64_t member, const char *pin)
{
    struct feed_member row = {.member = member, .tier = 1, .home_store = SHOP_STORE, .has_pin = pin != NULL};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    if (pin != NULL) {
        memset(row.pin_salt, 0x3c, PIN_SALT_LEN);
        assert_int_equal(pin_hash(pin, row.pin_salt, row.pin_hash), 0);
    }
    assert_int_equal(feed_member_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_MEMBER, body, len);
}

void shop_item_coupon(struct shop *shop, const struct feed_coupon *coupon)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_coupon_encode(coupon, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_COUPON, body, len);
}

void shop_item_right(struct shop *shop, enum feed_kind kind, const struct feed_right *right)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_right_encode(right, body, sizeof(body), &len), 0);
    shop_item(shop, kind, body, len);
}

void shop_item_share(struct shop *shop, enum feed_kind kind, const struct feed_share *share)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_share_encode(share, body, sizeof(body), &len), 0);
    shop_item(shop, kind, body, len);
}

size_t shop_page(struct shop *shop, uint8_t *out, size_t cap)
{
    struct feed_page_head head = {.through = shop->through,
                                  .server_epoch = shop->server_epoch,
                                  .server_ms = (uint64_t)clock_wall_ms(&shop->clock.base)};
    size_t len;

    assert_int_equal(feed_page_finish(&shop->page, &head, out, cap, &len), 0);
    feed_page_init(&shop->page, shop->items, sizeof(shop->items), shop->through);
    return len;
}

void shop_give(struct shop *shop)
{
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct feed_page_head head;
    size_t len = shop_page(shop, page, FEED_PAGE_BYTES_MAX);

    assert_int_equal(till_feed_apply(shop->till, (struct slice){page, len}, &head), 0);
    free(page);
}

void shop_give_basics(struct shop *shop)
{
    shop_item_settings(shop, SHOP_TERMINAL);
    item_keyset(shop);
    item_campaign(shop, SHOP_CAMPAIGN, MODE_HOME);
    item_campaign(shop, SHOP_BUDGET, MODE_BUDGET);
    item_campaign(shop, SHOP_PERCENT, MODE_HOME);
    item_campaign(shop, SHOP_STRICT, MODE_STRICT);
    item_clerk(shop);
    shop_item_member(shop, SHOP_MEMBER, "1357");
    shop_give(shop);
}

void shop_open(struct shop *shop)
{
    shop_init(shop);
    shop_start(shop);
    shop_enrol(shop);
    shop_trust_time(shop);
    shop_give_basics(shop);
}

struct till_answer shop_ask(struct shop *shop, const struct till_request *request)
{
    struct till_answer answer;

    shop->has_answer = false;
    assert_int_equal(till_submit(shop->till, request), 0);
    pthread_mutex_lock(&shop->mutex);
    while (!shop->has_answer)
        pthread_cond_wait(&shop->answered, &shop->mutex);
    answer = shop->answer;
    shop->has_answer = false;
    pthread_mutex_unlock(&shop->mutex);
    assert_int_equal(answer.op, request->op);
    assert_int_equal(answer.ticket, request->ticket);
    return answer;
}

struct till_redeemed shop_redeem(struct shop *shop, const struct till_redeem *redeem, bool online)
{
    struct till_request request = {
        .op = TILL_REDEEM, .ticket = 5, .clerk = SHOP_CLERK, .online = online, .sync_age_s = 30, .redeem = *redeem};
    struct till_answer answer = shop_ask(shop, &request);

    assert_int_equal(answer.error, 0);
    return answer.redeemed;
}

struct till_redeemed shop_scan(struct shop *shop, uint32_t campaign, uint64_t serial)
{
    struct till_redeem redeem = {.typed = false};

    shop_coupon_text(campaign, serial, SHOP_STORE, redeem.text);
    return shop_redeem(shop, &redeem, false);
}

struct till_sold shop_sell(struct shop *shop, const struct till_sale *sale)
{
    struct till_request request = {.op = TILL_SALE, .ticket = 6, .clerk = SHOP_CLERK, .sale = *sale};
    struct till_answer answer = shop_ask(shop, &request);

    assert_int_equal(answer.error, 0);
    return answer.sold;
}

struct till_voided shop_void(struct shop *shop, uint64_t group)
{
    struct till_request request = {.op = TILL_VOID, .ticket = 7, .clerk = SHOP_CLERK};
    struct till_answer answer;

    request.voided.group = group;
    snprintf(request.voided.reason, sizeof(request.voided.reason), "wrong item");
    answer = shop_ask(shop, &request);
    assert_int_equal(answer.error, 0);
    return answer.voided;
}

void shop_row_text(const struct feed_coupon *row, char out_text[TOKEN_TEXT_MAX])
{
    const struct coupon_token token = {.brand = SHOP_BRAND,
                                       .kid = SEED_COUPON,
                                       .coupon = row->coupon,
                                       .home_store = row->home_store,
                                       .store_epoch = (uint16_t)row->store_epoch,
                                       .expiry_s = row->expiry_s,
                                       .exclusive_until_s = row->exclusive_until_s};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_secret(SEED_COUPON, public_key, secret);
    assert_int_equal(token_coupon_sign(&token, secret, out_text), 0);
}

void shop_coupon_text(uint32_t campaign, uint64_t serial, uint32_t home_store, char out_text[TOKEN_TEXT_MAX])
{
    const struct feed_coupon row = {.coupon = {campaign, serial},
                                    .home_store = home_store,
                                    .store_epoch = SHOP_STORE_EPOCH,
                                    .expiry_s = SHOP_EXPIRY_S};

    shop_row_text(&row, out_text);
}

void shop_member_text(struct shop *shop, uint64_t member, bool rotating, char out_text[TOKEN_TEXT_MAX])
{
    struct member_token token = {.brand = SHOP_BRAND,
                                 .kid = SEED_MEMBER,
                                 .kind = rotating ? MEMBER_CODE_ROTATING : MEMBER_CARD_STATIC,
                                 .member = member,
                                 .issued_s = (uint32_t)(clock_wall_ms(&shop->clock.base) / 1000),
                                 .nonce = rotating ? shop->nonce++ : 0};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_secret(SEED_MEMBER, public_key, secret);
    assert_int_equal(token_member_sign(&token, secret, out_text), 0);
}

int64_t shop_query(struct shop *shop, const char *sql)
{
    const struct db_options options = {.mode = DB_READER};
    struct db *db;
    struct db_stmt *stmt;
    int64_t value;

    assert_int_equal(db_open(shop->path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    value = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    db_close(db);
    return value;
}

bool shop_file_contains(const char *path, const void *needle, size_t len)
{
    struct buffer buffer;
    bool found;

    buffer_init(&buffer, 64 * 1024 * 1024);
    assert_int_equal(file_read(path, &buffer), 0);
    found = memmem(buffer.data, buffer.len, needle, len) != NULL;
    buffer_finish(&buffer);
    return found;
}
