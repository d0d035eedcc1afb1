#include "central_acts.h"

#include "central/store/feed.h"
#include "central/store/rights_lease.h"
#include "central/store/settle.h"
#include "cmocka_all.h"
#include "domain/campaign.h"
#include "domain/cbor.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <string.h>

static struct answer answer;
static struct batch batch;
struct coupon_id central_act_coupon;
static struct enrol_ticket ticket;
static struct fake_terminal fresh, sender;
static struct authority_request request;

/* ---- terminals */

static int told(void)
{
    struct cbor_reader r;
    char reason[64] = "";

    if (answer.status == 200)
        return 0;
    assert_int_equal(answer.status, 503);
    cbor_reader_init(&r, answer.body, answer.len);
    (void)cbor_read_map(&r);
    (void)cbor_read_uint(&r);
    cbor_read_text_into(&r, reason, sizeof(reason));
    return strcmp(reason, "disk_full") == 0 ? -ENOSPC : -EIO;
}

static int upload_from(struct fake_terminal *t)
{
    struct journal_answer stored;

    terminal_send(t, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    int r = told();
    if (r == 0) {
        assert_int_equal(journal_answer_decode(answer.body, answer.len, &stored), 0);
        assert_int_equal(stored.status, JOURNAL_STORED);
        assert_int_equal(stored.durable_through, t->seq);
    }
    return r;
}

static int upload_a(struct desk *d)
{
    return upload_from(&d->a);
}

static int upload_b(struct desk *d)
{
    return upload_from(&d->b);
}

static void make_batch(struct fake_terminal *t, const struct body *bodies, size_t count)
{
    batch_start(&batch);
    for (size_t i = 0; i < count; i++)
        batch_record(&batch, t, &bodies[i]);
    batch_seal(&batch, t);
}

void central_act_with_coupon(struct desk *d)
{
    central_act_coupon = desk_issue(d, MODE_HOME);
}

void central_act_with_credit(struct desk *d)
{
    struct body earn = desk_credit(d, RECORD_CREDIT_EARN, 900);

    central_act_with_coupon(d);
    (void)desk_record(d, &d->a, &earn);
}

static void busy_batch(struct desk *d)
{
    const struct body bodies[] = {
        desk_redemption(central_act_coupon, 1, 0),
        desk_credit(d, RECORD_CREDIT_EARN, 300),
        desk_credit(d, RECORD_CREDIT_SPEND, 200),
        {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = 1, .method = SIGN_IN_PIN}},
        {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = 2, .method = SIGN_IN_PIN}},
    };

    make_batch(&d->a, bodies, ARRAY_LEN(bodies));
}

static void with_used_coupon(struct desk *d)
{
    central_act_with_credit(d);
    struct body used = desk_redemption(central_act_coupon, 1, 0);
    (void)desk_record(d, &d->a, &used);
}

static void double_batch(struct desk *d)
{
    const struct body again = desk_redemption(central_act_coupon, 1, 0);

    make_batch(&d->b, &again, 1);
}

static void void_batch(struct desk *d)
{
    const struct body undone = {.kind = RECORD_VOID,
                                .voided = {.target = {d->a.id, d->a.incarnation, d->a.seq},
                                           .target_kind = RECORD_REDEMPTION,
                                           .clerk = 3,
                                           .reason = "wrong"}};

    make_batch(&d->a, &undone, 1);
}

static struct feed_right asked_right;
static struct feed_share asked_share;

static void with_move(struct desk *d)
{
    central_act_with_coupon(d);
    assert_int_equal(desk_ask(&d->b, central_act_coupon, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked_right), 1);
}

static void release_batch(struct desk *d)
{
    const struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked_right);

    make_batch(&d->a, &released, 1);
}

static void with_share_move(struct desk *d)
{
    central_act_with_credit(d);
    assert_int_equal(desk_ask_credit(d, &d->b, 400, 2).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked_share), 1);
}

static void share_release_batch(struct desk *d)
{
    const struct body released = desk_share(RECORD_SHARE_RELEASED, &asked_share, 400);

    make_batch(&d->a, &released, 1);
}

static void promotion_batch(struct desk *d)
{
    const struct body promotion = desk_promotion(&d->a, d->a.seq, 2);

    sender = fresh; /* from its first record each time */
    make_batch(&sender, &promotion, 1);
}

void central_act_with_peer(struct desk *d)
{
    central_act_with_credit(d);
    fresh = desk_join(d, 7);
}

static int upload_peer(struct desk *d)
{
    (void)d;
    return upload_from(&sender);
}

static int ask(struct desk *d, const char *what)
{
    uint8_t body[1024];
    char target[64];
    size_t len = 0;

    assert_int_equal(authority_request_encode(&request, body, sizeof(body), &len), 0);
    snprintf(target, sizeof(target), "/v1/authority/%s", what);
    terminal_send(&d->b, "POST", target, (struct slice){body, len}, &answer);
    return told();
}

static int ask_right(struct desk *d)
{
    request = (struct authority_request){.coupon = central_act_coupon, .request_id = {4}};
    return ask(d, "right");
}

static int ask_credit(struct desk *d)
{
    request = (struct authority_request){
        .member = DESK_MEMBER, .owner = {OWNER_BRAND, d->f.brand}, .amount_minor = 200, .request_id = {5}};
    return ask(d, "credit");
}

static void with_strict_coupon(struct desk *d)
{
    central_act_coupon = desk_issue(d, MODE_STRICT);
}

static void with_ticket(struct desk *d)
{
    make_ticket(&d->f, d->f.shops[1], &ticket);
    terminal_make(&fresh, &d->f, 9);
}

static int enrol(struct desk *d)
{
    (void)d;
    terminal_ask_enrol(&fresh, &ticket, &answer);
    return told();
}

static void with_waiting_terminal(struct desk *d)
{
    with_ticket(d);
    assert_int_equal(enrol(d), 0);
}

static int confirm(struct desk *d)
{
    char digits[7], args[32];

    crypto_confirm_code(fresh.pair.public_key, digits);
    snprintf(args, sizeof(args), "{\"code\":\"%s\"}", digits);
    return central_act_command(d, "confirm", args);
}

/* ---- a central that was restored: nobody is told what its terminals' word changed, so look */

void central_act_with_restored(struct desk *d)
{
    central_act_with_credit(d);
    desk_back_up(d);
    desk_restore(d);
    desk_feed_over(&d->a);
    desk_feed_over(&d->b);
    desk_show_end(d, &d->b);
}

static int show_end(struct desk *d)
{
    struct store_tx tx;
    bool waits = true;
    char target[96];
    int r;

    snprintf(target, sizeof(target), "/v1/feed?store=0&brand=0&wait=0&epoch=%u&seq=%llu",
             store_server_epoch(d->f.central->store), (unsigned long long)d->a.seq);
    terminal_send(&d->a, "GET", target, (struct slice){NULL, 0}, &answer);
    r = told();
    if (r < 0)
        return r;
    r = store_read_begin(d->f.central->store, &tx);
    if (r < 0)
        return r;
    r = settle_waits(&tx, &waits);
    store_read_end(&tx);
    return r < 0 ? r : waits ? -EIO : 0;
}

static int publish_lease(void *arg, struct store_tx *tx)
{
    const struct campaign rules = {
        .id = DESK_CAMPAIGN, .version = 1, .state = CAMPAIGN_LIVE, .mode = MODE_HOME, .value_minor = 500, .lease_h = 2};
    const struct desk *d = arg;
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len = 0;

    assert_int_equal(campaign_encode(&rules, body, sizeof(body), &len), 0);
    return feed_publish_number(tx, (struct feed_target){.brand = d->f.brand}, FEED_CAMPAIGN, rules.id,
                               (struct slice){body, len});
}

static void with_lease(struct desk *d)
{
    assert_int_equal(fixture_write(&d->f, publish_lease, d), 0);
    with_move(d);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked_right);
    (void)desk_record(d, &d->a, &released);
}

static void three_hours_pass(struct desk *d)
{
    sim_clock_advance(&d->f.clock, 3 * INT64_C(3600000));
}

/* Whoever could not look whether one is over looks again with the next tick: look what came of it. */
static int ask_back(struct desk *d)
{
    struct store_tx tx;
    bool due = true;
    int r = central_ask_leases_back(d->f.central);

    if (r == 0)
        r = store_read_begin(d->f.central->store, &tx);
    if (r < 0)
        return r;
    r = rights_leases_due(&tx, &due);
    store_read_end(&tx);
    return r < 0 ? r : due ? -EIO : 0;
}

/* A batch that is brought by hand. */
static int import(struct desk *d)
{
    char text[1400], args[1500];

    base64url_encode(batch.bytes, batch.len, text, sizeof(text));
    snprintf(args, sizeof(args), "{\"batch\":\"%s\"}", text);
    return central_act_command(d, "journal batch", args);
}

#define COUNT(table) "SELECT count(*) FROM " table

const struct central_act central_asks[] = {
    {.name = "batch",
     .prepare = central_act_with_credit,
     .ready = busy_batch,
     .run = upload_a,
     .effect = COUNT("journal")},
    {.name = "batch with a double",
     .lean = true,
     .prepare = with_used_coupon,
     .ready = double_batch,
     .run = upload_b,
     .effect = COUNT("conflict")},
    {.name = "batch with a void",
     .lean = true,
     .prepare = with_used_coupon,
     .ready = void_batch,
     .run = upload_a,
     .effect = COUNT("voided")},
    {.name = "batch with a release",
     .lean = true,
     .prepare = with_move,
     .ready = release_batch,
     .run = upload_a,
     .effect = COUNT("grant_log")},
    {.name = "batch with a share's release",
     .lean = true,
     .prepare = with_share_move,
     .ready = share_release_batch,
     .run = upload_a,
     .effect = "SELECT group_concat(state) FROM transfer"},
    {.name = "batch with a promotion",
     .lean = true,
     .prepare = central_act_with_peer,
     .ready = promotion_batch,
     .run = upload_peer,
     .effect = COUNT("promotion")},
    {.name = "batch by hand",
     .lean = true,
     .prepare = central_act_with_credit,
     .ready = busy_batch,
     .run = import,
     .effect = COUNT("journal")},
    {.name = "lease over",
     .prepare = with_lease,
     .ready = three_hours_pass,
     .run = ask_back,
     .effect = COUNT("transfer")},
    {.name = "right asked for",
     .lean = true,
     .prepare = central_act_with_coupon,
     .run = ask_right,
     .effect = COUNT("transfer")},
    {.name = "right granted at once", .prepare = with_strict_coupon, .run = ask_right, .effect = COUNT("grant_log")},
    {.name = "credit asked for",
     .lean = true,
     .prepare = central_act_with_credit,
     .run = ask_credit,
     .effect = COUNT("transfer")},
    {.name = "enrolment", .prepare = with_ticket, .run = enrol, .effect = COUNT("terminal")},
    {.name = "confirmation",
     .prepare = with_waiting_terminal,
     .run = confirm,
     .effect = "SELECT group_concat(state) FROM terminal"},
    {.name = "settling after a restore",
     .prepare = central_act_with_restored,
     .run = show_end,
     .effect = "SELECT count(*) FROM catch_up WHERE seq > 0"},
};
const size_t central_ask_count = ARRAY_LEN(central_asks);
