#include "acts.h"

#include <stdio.h>
#include <string.h>

/* A store of one terminal. */

#define HOUR_MS  INT64_C(3600000)
#define DAY_MS   (24 * HOUR_MS)
#define OWNER    ((struct owner){OWNER_STORE, SHOP_STORE})
#define PUBLIC_S ((uint32_t)(SHOP_START_MS / 1000) + 10 * 86400)
#define KEPT     20 /* archived records that are old enough to go */

static uint8_t page[FEED_PAGE_BYTES_MAX];
static size_t page_len;
static uint64_t sold;

static struct till_request named(struct till_request request)
{
    memset(request.request_id, ACT_REQUEST, sizeof(request.request_id));
    return request;
}

static int ask(struct several *s, struct till_request request, struct till_answer *out_answer)
{
    *out_answer = several_ask(s, 0, request);
    return out_answer->error;
}

static int redeem(struct several *s)
{
    struct till_request request = several_redeem(77);
    struct till_answer answer;

    request.redeem.sale_minor = 3000;
    request.redeem.member = SHOP_MEMBER;
    int r = ask(s, named(request), &answer);
    assert_true(r != 0 || answer.redeemed.verdict == COUPON_OK);
    return r;
}

static int sell(struct several *s, struct till_sale sale)
{
    struct till_answer answer;
    int r = ask(s, named((struct till_request){.op = TILL_SALE, .sale = sale}), &answer);

    assert_true(r != 0 || answer.sold.verdict == CREDIT_OK);
    return r;
}

static int earn(struct several *s)
{
    return sell(s, (struct till_sale){.gross_minor = 4700, .member = SHOP_MEMBER});
}

static void with_credit(struct several *s)
{
    const struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 9000, .member = SHOP_MEMBER}};

    sold = several_ask(s, 0, sale).sold.group;
    assert_true(sold != 0);
}

static int spend_by_pin(struct several *s)
{
    return sell(s, (struct till_sale){.gross_minor = 2500, .credit_minor = 40, .member = SHOP_MEMBER, .pin = "1357"});
}

static int spend_by_code(struct several *s)
{
    struct till_sale sale = {.gross_minor = 2500, .credit_minor = 40, .member = SHOP_MEMBER};

    s->shops[0].nonce = 5000; /* the same code when it is shown again */
    shop_member_text(&s->shops[0], SHOP_MEMBER, true, sale.member_code);
    return sell(s, sale);
}

static int undo(struct several *s)
{
    struct till_request request = {.op = TILL_VOID, .voided = {.group = sold, .reason = "wrong item"}};
    struct till_answer answer;
    int r = ask(s, named(request), &answer);

    assert_true(r != 0 || answer.voided.verdict == VOID_OK);
    return r;
}

static void finish_page(struct several *s)
{
    page_len = shop_page(&s->shops[0], page, sizeof(page));
}

static int learn(struct several *s)
{
    struct feed_page_head head;

    return till_feed_apply(s->shops[0].till, (struct slice){page, page_len}, &head);
}

static void right_page(struct several *s, enum feed_kind kind, uint32_t epoch)
{
    const struct feed_right right = {
        .coupon = {SHOP_CAMPAIGN, 5}, .epoch = epoch, .use_no = 1, .transfer = 900, .store_epoch = SHOP_STORE_EPOCH};

    shop_item_right(&s->shops[0], kind, &right);
    finish_page(s);
}

static void grant_page(struct several *s)
{
    right_page(s, FEED_RIGHT_GRANT, 3);
}

static void request_page(struct several *s)
{
    right_page(s, FEED_RIGHT_REQUEST, 0);
}

static void share_page(struct several *s, enum feed_kind kind)
{
    const struct feed_share share = {.member = SHOP_MEMBER, .owner = OWNER, .amount_minor = 300, .transfer = 12};

    shop_item_share(&s->shops[0], kind, &share);
    finish_page(s);
}

static void share_grant_page(struct several *s)
{
    share_page(s, FEED_SHARE_GRANT);
}

static void share_request_page(struct several *s)
{
    share_page(s, FEED_SHARE_REQUEST);
}

static void keyset_page(struct several *s)
{
    struct keyset set = {.brand = SHOP_BRAND, .version = 2, .count = 4};
    uint8_t sealed[KEYSET_ENCODED_MAX], secret[SECRET_KEY_LEN], root[PUBLIC_KEY_LEN];
    size_t len;

    for (uint8_t kid = 1; kid <= 4; kid++) {
        set.keys[kid - 1] = (struct keyset_key){.kid = kid, .purpose = kid == 4 ? KEY_COUPON : kid};
        shop_secret(kid, set.keys[kid - 1].public_key, secret);
    }
    shop_secret(99, root, secret);
    assert_int_equal(keyset_seal(&set, secret, sealed, sizeof(sealed), &len), 0);
    shop_item(&s->shops[0], FEED_KEYSET, sealed, len);
    finish_page(s);
}

static void settings_page(struct several *s)
{
    s->shops[0].credit_term_days = 9;
    shop_item_settings(&s->shops[0], SHOP_TERMINAL);
    s->shops[0].credit_term_days = 0;
    finish_page(s);
}

#define ITEM(kind, name, ...)                                                                                          \
    do {                                                                                                               \
        const struct feed_##name item = {__VA_ARGS__};                                                                 \
        assert_int_equal(feed_##name##_encode(&item, body, sizeof(body), &len), 0);                                    \
        shop_item(&s->shops[0], kind, body, len);                                                                      \
    } while (0)

/* What a terminal reads that begins at the first position: a row of every kind. */
static void whole_page(struct several *s)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    ITEM(FEED_PRODUCT, product, .ean = "6901234567892", .sku = "T-1", .name_en = "Tea", .price_minor = 2800);
    ITEM(FEED_TOUCHPOINT, touchpoint, .touchpoint = 5, .terminal = SHOP_TERMINAL, .url = "https://example.com/q/5");
    ITEM(FEED_MEMBER, member, .member = SHOP_MEMBER + 1, .tier = 2, .home_store = SHOP_STORE);
    ITEM(FEED_COUPON, coupon, .coupon = {SHOP_CAMPAIGN, 8}, .member = SHOP_MEMBER, .home_store = SHOP_STORE,
         .store_epoch = SHOP_STORE_EPOCH, .expiry_s = PUBLIC_S, .revoked = true);
    ITEM(FEED_OFFER, offer, .offer = 3, .title_en = "New", .ean = "6901234567892");
    ITEM(FEED_POOL, pool, .campaign = SHOP_CAMPAIGN, .name_en = "5 off", .elsewhere = 7, .until_s = PUBLIC_S);
    ITEM(FEED_SURVEY, survey, .survey = 2, .question_en = "How was it?", .answers_en = {"good", "bad"});
    ITEM(FEED_ORDER, order, .order = 4, .terminal = SHOP_TERMINAL, .what = 1, .expires_s = PUBLIC_S);
    ITEM(FEED_CLERK, clerk, .clerk = 33, .name = "Zhao", .role = CLERK_CASHIER);
    shop_item(&s->shops[0], (enum feed_kind)250, "later", 5); /* of a later version: kept */
    finish_page(s);
}

static void other_epoch_page(struct several *s)
{
    shop_item_member(&s->shops[0], SHOP_MEMBER + 4, NULL);
    s->shops[0].server_epoch = 2;
    finish_page(s);
}

static void with_credit_that_ends(struct several *s)
{
    struct shop *shop = &s->shops[0];

    shop->credit_term_days = 1;
    shop_item_settings(shop, SHOP_TERMINAL);
    shop_give(shop);
    with_credit(s);
    sim_clock_advance(&shop->clock, 49 * HOUR_MS);
    shop_trust_time(shop);
}

static int expire(struct several *s)
{
    uint32_t before = atomic_load(&s->shops[0].appended);

    till_tick(s->shops[0].till);
    return atomic_load(&s->shops[0].appended) != before ? 0 : -EIO; /* nobody is told that it failed */
}

static int expire_later(struct several *s)
{
    sim_clock_advance(&s->shops[0].clock, 120000);
    till_tick(s->shops[0].till);
    return 0;
}

static void with_public_coupon(struct several *s)
{
    struct shop *shop = &s->shops[0];
    const struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 1},
                                    .member = SHOP_MEMBER + 1,
                                    .home_store = SHOP_STORE,
                                    .store_epoch = SHOP_STORE_EPOCH,
                                    .expiry_s = PUBLIC_S + 2 * 86400,
                                    .exclusive_until_s = PUBLIC_S};

    shop_item_coupon(shop, &row);
    shop_give(shop);
    sim_clock_advance(&shop->clock, 11 * DAY_MS);
    shop_trust_time(shop);
}

static int take_public(struct several *s)
{
    const struct till_request request = {.op = TILL_REDEEM,
                                         .redeem = {.pool = SHOP_CAMPAIGN, .member = SHOP_MEMBER, .sale_minor = 2500}};
    struct till_answer answer;
    int r = ask(s, named(request), &answer);

    assert_true(r != 0 || answer.redeemed.verdict == COUPON_OK);
    return r;
}

static int sign_in(struct several *s, struct till_sign_in how, enum pin_verdict wanted)
{
    struct till_answer answer;
    int r = ask(s, (struct till_request){.op = TILL_SIGN_IN, .sign_in = how}, &answer);

    assert_true(r != 0 || (answer.signed_in.verdict == wanted && !answer.signed_in.unknown));
    return r;
}

static int sign_in_by_pin(struct several *s)
{
    return sign_in(s, (struct till_sign_in){.clerk = SHOP_CLERK, .pin = "2468"}, PIN_OK);
}

static int sign_in_wrongly(struct several *s)
{
    return sign_in(s, (struct till_sign_in){.clerk = SHOP_CLERK, .pin = "1111"}, PIN_WRONG);
}

static int sign_in_by_badge(struct several *s)
{
    const struct badge_token token = {.brand = SHOP_BRAND,
                                      .kid = 3,
                                      .store = SHOP_STORE,
                                      .clerk = SHOP_CLERK,
                                      .badge_serial = 5,
                                      .expiry_s = SHOP_EXPIRY_S};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct till_sign_in how = {.clerk = 0};

    shop_secret(3, public_key, secret);
    assert_int_equal(token_badge_sign(&token, secret, how.badge), 0);
    return sign_in(s, how, PIN_OK);
}

static int sign_out(struct several *s)
{
    struct till_answer answer;

    return ask(s, (struct till_request){.op = TILL_SIGN_OUT}, &answer);
}

static int note(struct several *s)
{
    const struct body body = {.kind = RECORD_GREETED};

    return till_note(s->shops[0].till, &body);
}

static void with_some_records(struct several *s)
{
    for (int i = 0; i < 6; i++)
        assert_int_equal(note(s), 0);
}

static int marks_of(struct several *s, struct journal_answer answer)
{
    answer.status = answer.status != 0 ? answer.status : JOURNAL_STORED;
    return till_marks_store(s->shops[0].till, &answer);
}

static int learn_marks(struct several *s)
{
    return marks_of(s, (struct journal_answer){.durable_through = 4, .archived_through = 2, .server_epoch = 1});
}

static void with_marks(struct several *s)
{
    with_some_records(s);
    assert_int_equal(learn_marks(s), 0);
}

static int central_was_restored(struct several *s)
{
    return marks_of(s, (struct journal_answer){.durable_through = 3, .archived_through = 3, .server_epoch = 2});
}

static int learn_fork(struct several *s)
{
    int r = marks_of(s, (struct journal_answer){.status = JOURNAL_FORK, .server_epoch = 1});

    return r == -ESTALE ? 0 : r; /* it says so */
}

static const struct journal_answer archived = {
    .status = JOURNAL_STORED, .durable_through = KEPT + 5, .archived_through = KEPT, .server_epoch = 1};

static void with_old_records(struct several *s)
{
    for (int i = 0; i < KEPT + 70; i++)
        assert_int_equal(note(s), 0);
    for (int day = 0; day < 30; day++) {
        assert_int_equal(till_marks_store(s->shops[0].till, &archived), 0);
        sim_clock_advance(&s->shops[0].clock, DAY_MS);
    }
}

/* The first answer after a start only begins to count. */
static void two_days_run(struct several *s)
{
    assert_int_equal(till_marks_store(s->shops[0].till, &archived), 0);
    sim_clock_advance(&s->shops[0].clock, 2 * DAY_MS);
}

static int prune(struct several *s)
{
    return till_marks_store(s->shops[0].till, &archived);
}

static int trust(struct several *s)
{
    const struct clock_reading at = {SHOP_START_MS + 5000, 5000};

    return till_time_trust(s->shops[0].till, SHOP_START_MS + 95000, at);
}

static int enrol(struct several *s)
{
    return shop_try_enrol(&s->shops[0]);
}

static void as_the_next(struct several *s)
{
    s->shops[0].incarnation = 2;
}

static struct till_pending pending(void)
{
    struct till_pending row = {.since_ms = 5, .act = {.op = LAN_SALE, .sale_minor = 900}};

    memset(row.request_id, ACT_REQUEST, sizeof(row.request_id));
    memcpy(row.act.request_id, row.request_id, sizeof(row.request_id));
    return row;
}

static int put_pending(struct several *s)
{
    const struct till_pending row = pending();

    return till_pending_put(s->shops[0].till, &row);
}

static void with_pending(struct several *s)
{
    assert_int_equal(put_pending(s), 0);
}

static int drop_pending(struct several *s)
{
    return till_pending_drop(s->shops[0].till, pending().request_id);
}

#define COUNT(table)  "SELECT count(*) FROM " table
#define CONFIG(names) "SELECT group_concat(quote(value)) FROM config WHERE key IN (" names ")"
#define ONE           .terminals = 1, .states = 2

const struct act acts_of_one[] = {
    {ONE, .name = "redeem", .run = redeem, .effect = COUNT("redemption")},
    {ONE, .name = "sale and earn", .run = earn, .effect = COUNT("request_done")},
    {ONE, .name = "spend by PIN", .lean = true, .prepare = with_credit, .run = spend_by_pin,
     .effect = COUNT("request_done")},
    {ONE, .name = "spend by code", .prepare = with_credit, .run = spend_by_code, .effect = COUNT("nonce_used")},
    {ONE, .name = "void", .prepare = with_credit, .run = undo, .effect = COUNT("voided")},
    {ONE, .name = "right granted", .ready = grant_page, .run = learn, .effect = COUNT("held_right")},
    {ONE, .name = "right released", .ready = request_page, .run = learn, .effect = COUNT("held_right WHERE state = 2")},
    {ONE, .name = "share granted", .ready = share_grant_page, .run = learn, .effect = COUNT("share_transfer")},
    {ONE, .name = "share released", .prepare = with_credit, .ready = share_request_page, .run = learn,
     .effect = COUNT("share_transfer")},
    {ONE, .name = "keyset", .ready = keyset_page, .run = learn, .effect = CONFIG("'keyset'")},
    {ONE, .name = "settings", .ready = settings_page, .run = learn, .effect = CONFIG("'settings'")},
    {ONE, .name = "a row of every kind", .ready = whole_page, .run = learn,
     .effect = "SELECT (SELECT count(*) FROM product) || ' ' || (SELECT count(*) FROM feed_kept) || ' ' ||"
               " (SELECT count(*) FROM device_order)"},
    {ONE, .name = "feed from the beginning", .prepare = with_marks, .ready = other_epoch_page, .run = learn,
     .effect = CONFIG("'feed_epoch'")},
    {ONE, .name = "credit expires", .prepare = with_credit_that_ends, .run = expire, .again = expire_later,
     .effect = COUNT("journal WHERE kind = 22")},
    {ONE, .name = "public redemption", .prepare = with_public_coupon, .run = take_public,
     .effect = COUNT("redemption")},
    {ONE, .name = "sign in by PIN", .lean = true, .run = sign_in_by_pin,
     .effect = "SELECT count(*) > 0 FROM journal WHERE kind = 2"},
    {ONE, .name = "wrong PIN", .lean = true, .run = sign_in_wrongly,
     .effect = "SELECT count(*) > 0 FROM pin_guard WHERE failures > 0"},
    {ONE, .name = "sign in by badge", .run = sign_in_by_badge,
     .effect = "SELECT count(*) > 0 FROM journal WHERE kind = 2"},
    {ONE, .name = "sign out", .run = sign_out, .effect = "SELECT count(*) > 0 FROM journal WHERE kind = 3"},
    {ONE, .name = "note", .run = note, .effect = "SELECT count(*) > 0 FROM journal WHERE kind = 18"},
    {ONE, .name = "marks", .prepare = with_some_records, .run = learn_marks,
     .effect = "SELECT group_concat(durable_through) FROM era"},
    {ONE, .name = "central restored", .prepare = with_marks, .run = central_was_restored,
     .effect = CONFIG("'server_epoch'")},
    {ONE, .name = "fork", .prepare = with_marks, .run = learn_fork, .effect = CONFIG("'forked'")},
    {ONE, .name = "pruning", .prepare = with_old_records, .ready = two_days_run, .run = prune,
     .effect = "SELECT group_concat(pruned_through) FROM era"},
    {ONE, .name = "time", .run = trust, .effect = CONFIG("'trust_offset'")},
    {ONE, .name = "enrolment", .blank = true, .run = enrol, .effect = COUNT("era")},
    {ONE, .name = "next incarnation", .prepare = with_credit, .ready = as_the_next, .run = enrol,
     .effect = COUNT("era")},
    {ONE, .name = "request put aside", .run = put_pending, .effect = COUNT("pending_request")},
    {ONE, .name = "request answered", .prepare = with_pending, .run = drop_pending, .effect = COUNT("pending_request")},
};
const size_t acts_of_one_count = ARRAY_LEN(acts_of_one);
