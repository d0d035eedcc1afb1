#include "campaign_rig.h"

#include "central/store/journal.h"
#include "central/store/query.h"
#include "central/webhook/address.h"
#include "central/webhook/deliver.h"
#include "central/webhook/event.h"
#include "central/webhook/sign.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A receiver that answers what it is told to, and what central then does over hours and days of virtual time. */

#define HEARD_MAX 64
#define HOUR_MS   INT64_C(3600000)

struct receiver {
    struct http_server *server;
    pthread_mutex_t mutex; /* guards what follows */
    int status, takes_ms;
    bool talks; /* more than anybody wants to hear */
    unsigned requests;
    char delivery[64], signature[256];
    json_t *heard; /* the ids of all events that were answered 2xx, in order */
    json_t *last;  /* the last body */
};

static struct rig rig;
static struct receiver receiver;
static struct webhook_service *service;

static char long_answer[100 * 1024];

static void take(struct http_request *request, void *context)
{
    struct receiver *r = context;
    struct slice body = http_request_body(request);
    json_t *told = json_loadb((const char *)body.data, body.len, 0, NULL);
    size_t i;
    json_t *event;
    pthread_mutex_lock(&r->mutex);
    int status = r->status;
    r->requests++;
    snprintf(r->delivery, sizeof(r->delivery), "%s", http_request_header(request, "Tillside-Delivery"));
    snprintf(r->signature, sizeof(r->signature), "%s", http_request_header(request, "Tillside-Signature"));
    json_array_foreach(json_object_get(told, "events"), i, event)
    {
        if (status < 300) {
            json_array_append(r->heard, json_object_get(event, "id"));
        }
    }
    json_decref(r->last);
    r->last = told;
    pthread_mutex_unlock(&r->mutex);
    sim_clock_advance(&rig.f.clock, r->takes_ms);
    http_request_answer_text(request, status, "text/plain", r->talks ? long_answer : "x");
}

static const struct http_route routes[] = {
    {.method = "POST", .pattern = "/hook", .handler = take, .max_body = 1024 * 1024}};

static int open_all(void **state)
{
    struct http_server_options options = {.routes = routes, .route_count = 1, .context = &receiver};
    (void)state;
    rig_open(&rig, 2);
    receiver = (struct receiver){.status = 204, .heard = json_array()};
    pthread_mutex_init(&receiver.mutex, NULL);
    assert_int_equal(http_server_open(&options, &receiver.server), 0);
    rig.f.central->config.webhooks_anywhere = true;
    assert_int_equal(webhook_open(rig.f.central, &service), 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    webhook_stop(service);
    webhook_close(service);
    http_server_close(receiver.server);
    json_decref(receiver.heard);
    json_decref(receiver.last);
    pthread_mutex_destroy(&receiver.mutex);
    rig_close(&rig);
    return 0;
}

static void add(const char *events, char out_secret[WEBHOOK_SECRET_CAP])
{
    char args[192];
    snprintf(args, sizeof(args), "{\"url\":\"http://127.0.0.1:%u/hook\",\"events\":\"%s\"}",
             http_server_port(receiver.server), events);
    json_t *answer = admin_do(&rig.p, "webhook add", args);
    snprintf(out_secret, WEBHOOK_SECRET_CAP, "%s",
             json_string_value(json_object_get(json_object_get(answer, "result"), "secret")));
    json_decref(answer);
}

static unsigned run(void)
{
    unsigned sent = 0;
    assert_int_equal(webhook_run(service, &sent), 0);
    return sent;
}

static void pass(int64_t ms)
{
    sim_clock_advance(&rig.f.clock, ms);
}

static size_t heard(void)
{
    return json_array_size(receiver.heard);
}

static const char *told(const char *name, size_t index)
{
    const json_t *event = json_array_get(json_object_get(receiver.last, "events"), index);
    const char *text = json_string_value(json_object_get(event, name));
    return text ? text : "";
}

static struct webhook now(uint32_t id)
{
    struct store_tx tx;
    struct webhook webhook;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(webhook_find(&tx, id, &webhook), 0);
    store_read_end(&tx);
    return webhook;
}

static void what_happens_is_told_once_and_in_order(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    rig_member(&rig, 1); /* before anybody listened */
    add("member.joined,sale,void", secret);
    assert_int_equal(run(), 0);
    uint64_t member = rig_member(&rig, 1);
    struct record_id sale = rig_sale(&rig, 1, member, 1990);
    rig_void(&rig, 1, sale, RECORD_SALE);
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 3);
    assert_string_equal(told("event", 0), "member.joined");
    assert_string_equal(told("event", 1), "sale");
    assert_string_equal(told("event", 2), "void");
    assert_string_equal(told("target", 2), told("id", 1));
    char number[24];
    snprintf(number, sizeof(number), "%" PRIu64, member);
    assert_string_equal(told("member", 1), number);
    assert_int_equal(run(), 0);
    assert_int_equal(now(1).delivered, 3);
}

static long seq_of(size_t index)
{
    const char *id = json_string_value(json_array_get(receiver.heard, index));
    return strtol(strrchr(id, '-') + 1, NULL, 10);
}

static void many_come_in_pieces_and_none_is_left_out(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("sale", secret);
    uint64_t member = rig_member(&rig, 1);
    for (int i = 0; i < HEARD_MAX * 2; i++) {
        rig_sale(&rig, 1, member, 100 + i);
    }
    assert_int_equal(run(), 3); /* 50, 50, 28 */
    assert_int_equal(heard(), HEARD_MAX * 2);
    for (size_t i = 1; i < heard(); i++) {
        assert_int_equal(seq_of(i), seq_of(i - 1) + 1);
    }
}

static void a_receiver_that_fails_gets_the_same_delivery_until_it_takes_it(void **state)
{
    char secret[WEBHOOK_SECRET_CAP], first[64];
    (void)state;
    add("sale", secret);
    uint64_t member = rig_member(&rig, 1);
    rig_sale(&rig, 1, member, 100);
    receiver.status = 500;
    assert_int_equal(run(), 1);
    snprintf(first, sizeof(first), "%s", receiver.delivery);
    rig_sale(&rig, 1, member, 200); /* comes behind it, not into it */
    assert_int_equal(run(), 0);     /* not at once */
    pass(1000);
    assert_int_equal(run(), 1);
    assert_string_equal(receiver.delivery, first);
    assert_int_equal(now(1).failures, 2);
    assert_string_equal(now(1).reason, "answered 500");
    receiver.status = 200;
    pass(HOUR_MS);
    assert_int_equal(run(), 2);
    assert_int_equal(heard(), 2);
    assert_int_equal(now(1).failures, 0);
}

static void back_off_grows_to_an_hour_and_never_beyond(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    int64_t last = 0;
    (void)state;
    add("member.joined", secret);
    rig_member(&rig, 1);
    receiver.status = 503;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run(), 1);
        int64_t wait = now(1).due_ms - clock_wall_ms(&rig.f.clock.base);
        assert_true(wait >= (i < 11 ? 500 << i : HOUR_MS / 2) && wait <= HOUR_MS);
        last = wait;
        pass(wait);
    }
    assert_true(last >= HOUR_MS / 2);
}

static void a_receiver_that_is_gone_for_three_days_is_told_no_more(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    rig_member(&rig, 1);
    receiver.status = 500;
    for (int i = 0; i < 200 && now(1).state == WEBHOOK_ON; i++) {
        assert_true(run() <= 1);
        pass(HOUR_MS);
    }
    assert_int_equal(now(1).state, WEBHOOK_DEAD);
    assert_true(now(1).last_ms - now(1).failing_ms >= WEBHOOK_GIVE_UP_MS);
    assert_int_equal(rig.f.central->metrics.webhooks_dead, 1);
    receiver.status = 200;
    pass(24 * HOUR_MS);
    assert_int_equal(run(), 0);
    json_decref(admin_do(&rig.p, "webhook resume", "{\"webhook\":1}"));
    assert_int_equal(run(), 1); /* nothing was lost */
    assert_int_equal(heard(), 1);
}

static void a_receiver_that_says_it_is_gone_is_believed(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    rig_member(&rig, 1);
    receiver.status = 410;
    assert_int_equal(run(), 1);
    assert_int_equal(now(1).state, WEBHOOK_DEAD);
}

static void one_that_fails_holds_up_no_other(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    json_decref(admin_do(&rig.p, "webhook add", "{\"url\":\"http://127.0.0.1:1/nobody\"}"));
    add("member.joined", secret);
    rig_member(&rig, 1);
    assert_int_equal(run(), 2);
    assert_int_equal(heard(), 1);
    assert_int_equal(now(1).failures, 1);
    assert_int_equal(now(1).last_status, 0);
}

static void a_long_answer_is_an_answer(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    memset(long_answer, 'x', sizeof(long_answer) - 1);
    receiver.talks = true;
    receiver.status = 200;
    add("member.joined", secret);
    rig_member(&rig, 1);
    assert_int_equal(run(), 1);
    assert_int_equal(now(1).last_status, 200);
    assert_int_equal(now(1).delivered, 1);
}

static int spoil(void *arg, struct store_tx *tx)
{
    return query_run(store_tx_write(tx), arg, QUERY_NONE);
}

static void one_that_cannot_be_read_fails_by_itself(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    add("member.joined", secret);
    rig_member(&rig, 1);
    assert_int_equal(fixture_write(&rig.f, spoil, "UPDATE webhook SET secret_sealed = x'00' WHERE id = 1"), 0);
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 1);
    assert_int_equal(now(1).failures, 1);
    assert_non_null(strstr(now(1).reason, "cannot be put together"));
    pass(WEBHOOK_GIVE_UP_MS);
    assert_int_equal(run(), 0);
    assert_int_equal(now(1).state, WEBHOOK_DEAD); /* and that is told (settle) */
}

/* As a version before may have left it, that told of what this one does not tell of. */
static void a_delivery_that_has_become_empty_is_passed_over(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("sale", secret);
    uint64_t member = rig_member(&rig, 1);
    assert_int_equal(
        fixture_write(&rig.f, spoil, "UPDATE webhook SET pending_to = (SELECT max(position) FROM journal)"), 0);
    rig_sale(&rig, 1, member, 100);
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 1);
}

static void a_slow_one_takes_a_part_of_the_time_only(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("sale", secret);
    uint64_t member = rig_member(&rig, 1);
    for (int i = 0; i < 60; i++) {
        rig_sale(&rig, 1, member, 100 + i);
    }
    receiver.takes_ms = 5000;
    assert_int_equal(run(), 1); /* taken, and there is more */
    assert_int_equal(heard(), 50);
    pass(19000);
    assert_int_equal(run(), 0);
    pass(1000);
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 60);
}

static void a_clock_that_was_ahead_delays_nobody_for_long(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    rig_member(&rig, 1);
    assert_int_equal(fixture_write(&rig.f, spoil, "UPDATE webhook SET due_ms = 4102444800000"), 0);
    assert_int_equal(run(), 1);
}

static void what_was_told_can_be_told_again_from_anywhere(void **state)
{
    char secret[WEBHOOK_SECRET_CAP], args[64];
    (void)state;
    add("sale", secret);
    uint64_t member = rig_member(&rig, 1);
    rig_sale(&rig, 1, member, 100);
    assert_int_equal(run(), 1);
    uint64_t before = now(1).position;
    pass(24 * HOUR_MS);
    rig_sale(&rig, 1, member, 200);
    rig_sale(&rig, 1, member, 300);
    assert_int_equal(run(), 1);
    snprintf(args, sizeof(args), "{\"webhook\":1,\"from\":%" PRIu64 "}", before);
    json_decref(admin_do(&rig.p, "webhook replay", args));
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 5);
    assert_string_equal(json_string_value(json_array_get(receiver.heard, 1)),
                        json_string_value(json_array_get(receiver.heard, 3)));
    json_decref(admin_do(&rig.p, "webhook replay", "{\"webhook\":1,\"from\":0}"));
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 8);
    json_decref(admin_do(&rig.p, "webhook replay", "{\"webhook\":1,\"since\":-3600}"));
    assert_int_equal(run(), 1);
    assert_int_equal(heard(), 10);
}

static void a_paused_one_hears_it_later(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    json_decref(admin_do(&rig.p, "webhook pause", "{\"webhook\":1}"));
    rig_member(&rig, 1);
    assert_int_equal(run(), 0);
    json_decref(admin_do(&rig.p, "webhook resume", "{\"webhook\":1}"));
    assert_int_equal(run(), 1);
    json_decref(admin_do(&rig.p, "webhook remove", "{\"webhook\":1}"));
    rig_member(&rig, 1);
    assert_int_equal(run(), 0);
    assert_non_null(strstr(admin_refused(&rig.p, "webhook pause", "{\"webhook\":1}"), "no webhook 1"));
}

static unsigned signatures(void)
{
    unsigned count = 0;
    for (const char *at = receiver.signature; (at = strstr(at, ",v1=")); at++) {
        count++;
    }
    return count;
}

static void a_secret_is_changed_with_both_in_force_for_a_while(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    (void)state;
    add("member.joined", secret);
    json_decref(admin_do(&rig.p, "webhook secret", "{\"webhook\":1,\"overlap_hours\":2}"));
    rig_member(&rig, 1);
    assert_int_equal(run(), 1);
    assert_int_equal(signatures(), 2);
    struct webhook_secrets old = {.count = 1};
    char expected[WEBHOOK_SIGNATURE_CAP];
    char *body = json_dumps(receiver.last, JSON_COMPACT);
    snprintf(old.text[0], WEBHOOK_SECRET_CAP, "%s", secret);
    webhook_sign(&old, strtoll(receiver.signature + 2, NULL, 10), receiver.delivery,
                 (struct slice){(const uint8_t *)body, strlen(body)}, expected);
    assert_non_null(strstr(receiver.signature, strstr(expected, "v1=")));
    free(body);
    pass(2 * HOUR_MS);
    rig_member(&rig, 1);
    assert_int_equal(run(), 1);
    assert_int_equal(signatures(), 1);
    assert_null(strstr(receiver.signature, strstr(expected, "v1=")));
}

static void the_mac_is_hmac_sha256(void **state)
{
    struct webhook_secrets secrets = {.text = {"Jefe"}, .count = 1};
    char header[WEBHOOK_SIGNATURE_CAP];
    static const char body[] = "x";
    (void)state;
    webhook_sign(&secrets, 7, "d", (struct slice){(const uint8_t *)body, 1}, header);
    /* printf '7.d.x' | openssl dgst -sha256 -hmac Jefe */
    assert_string_equal(header, "t=7,v1=3a3bdb18f6c4e7323a2d30fdc98c3a8b794da80bdc0d7626cd1366dda383e5b1");
}

static void addresses_inside_the_house_are_not_reached(void **state)
{
    static const char *const inside[] = {"127.0.0.1",   "10.1.2.3",        "172.16.0.1",      "172.31.255.255",
                                         "192.168.1.1", "169.254.169.254", "0.0.0.0",         "100.64.0.1",
                                         "198.18.0.1",  "224.0.0.1",       "255.255.255.255", "192.0.2.1"};
    static const char *const inside6[] = {"::1",
                                          "::",
                                          "fe80::1",
                                          "fc00::1",
                                          "fd12::1",
                                          "ff02::1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:192.168.1.1",
                                          "64:ff9b::7f00:1",
                                          "2002:7f00:1::1",
                                          "2001::1",
                                          "2001:db8::1",
                                          "::127.0.0.1"};
    static const char *const outside[] = {"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "223.5.5.5"};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        assert_int_equal(inet_pton(AF_INET, inside[i], &in.sin_addr), 1);
        assert_false(webhook_address_public((struct sockaddr *)&in));
    }
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        assert_int_equal(inet_pton(AF_INET, outside[i], &in.sin_addr), 1);
        assert_true(webhook_address_public((struct sockaddr *)&in));
    }
    for (size_t i = 0; i < ARRAY_LEN(inside6); i++) {
        assert_int_equal(inet_pton(AF_INET6, inside6[i], &in6.sin6_addr), 1);
        assert_false(webhook_address_public((struct sockaddr *)&in6));
    }
    assert_int_equal(inet_pton(AF_INET6, "2606:4700::1111", &in6.sin6_addr), 1);
    assert_true(webhook_address_public((struct sockaddr *)&in6));
}

/* The address is looked at when the connection is made: a name that leads inside is found out too. */
static void a_webhook_that_leads_inside_is_not_sent(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    struct webhook_service *strict = NULL;
    unsigned sent = 0;
    (void)state;
    add("member.joined", secret);
    rig_member(&rig, 1);
    rig.f.central->config.webhooks_anywhere = false;
    assert_int_equal(webhook_open(rig.f.central, &strict), 0);
    assert_int_equal(webhook_run(strict, &sent), 0);
    assert_int_equal(receiver.requests, 0);
    assert_string_equal(now(1).reason, "its address is inside the house");
    webhook_stop(strict);
    webhook_close(strict);
    assert_non_null(strstr(admin_refused(&rig.p, "webhook add", "{\"url\":\"http://example.com/\"}"), "https"));
    assert_non_null(strstr(admin_refused(&rig.p, "webhook add", "{\"url\":\"https://a:b@example.com/\"}"), "https"));
    assert_non_null(strstr(admin_refused(&rig.p, "webhook add", "{\"url\":\"file:///etc/passwd\"}"), "https"));
    assert_non_null(
        strstr(admin_refused(&rig.p, "webhook add", "{\"url\":\"https://example.com/\",\"events\":\"sale,cookies\"}"),
               "events"));
}

static int follow(void *arg, struct store_tx *tx)
{
    (void)arg;
    int rc = people_count_step(tx, 0, FUNNEL_FOLLOW, 0);
    return rc ? rc : people_count_step(tx, 0, FUNNEL_UNFOLLOW, 0);
}

static void all_kinds_are_told_and_none_names_a_person(void **state)
{
    char secret[WEBHOOK_SECRET_CAP], args[160];
    static const char *const wanted[] = {"member.joined",     "campaign.state",      "coupon.issued",
                                         "redemption",        "member.merged",       "member.left",
                                         "touchpoint.follow", "touchpoint.unfollow", "coupon.revoked"};
    (void)state;
    add("all", secret);
    uint64_t member = rig_member(&rig, 1), other = rig_member(&rig, 1);
    uint32_t campaign = rig_campaign(&rig, "after-purchase",
                                     "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                                     "\"total_limit\":1000,\"budget\":\"100000.00\"}");
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"phone\":\"13800138000\"}", member);
    json_decref(admin_do(&rig.p, "member identify", args));
    rig_redeem(&rig, 1, rig_issue(&rig, campaign, member).coupon.id, member);
    rig_issue(&rig, campaign, member);
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"absorbed\":%" PRIu64 ",\"evidence\":\"13800138000\"}",
             member, other);
    json_decref(admin_do(&rig.p, "member merge", args));
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"why\":\"13800138000 asked\"}", member);
    json_decref(admin_do(&rig.p, "member erase", args));
    assert_int_equal(fixture_write(&rig.f, follow, NULL), 0);
    assert_int_equal(run(), 1);
    char *text = json_dumps(receiver.last, JSON_COMPACT);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        snprintf(args, sizeof(args), "\"event\":\"%s\"", wanted[i]);
        assert_non_null(strstr(text, args));
    }
    assert_null(strstr(text, "13800138000"));
    free(text);
}

static void a_test_says_what_the_receiver_answered(void **state)
{
    char secret[WEBHOOK_SECRET_CAP];
    struct webhook_service *own = service;
    int status = 0;
    char reason[WEBHOOK_REASON_MAX];
    (void)state;
    add("sale", secret);
    assert_int_equal(webhook_test(own, 1, &status, reason), 0);
    assert_int_equal(status, 204);
    assert_string_equal(told("event", 0), "test");
    receiver.status = 404;
    assert_int_equal(webhook_test(own, 1, &status, reason), 0);
    assert_string_equal(reason, "answered 404");
    assert_int_equal(webhook_test(own, 2, &status, reason), -ENOENT);
    assert_int_equal(now(1).failures, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happens_is_told_once_and_in_order),
        TEST(many_come_in_pieces_and_none_is_left_out),
        TEST(a_receiver_that_fails_gets_the_same_delivery_until_it_takes_it),
        TEST(back_off_grows_to_an_hour_and_never_beyond),
        TEST(a_receiver_that_is_gone_for_three_days_is_told_no_more),
        TEST(a_receiver_that_says_it_is_gone_is_believed),
        TEST(one_that_fails_holds_up_no_other),
        TEST(a_long_answer_is_an_answer),
        TEST(one_that_cannot_be_read_fails_by_itself),
        TEST(a_delivery_that_has_become_empty_is_passed_over),
        TEST(a_slow_one_takes_a_part_of_the_time_only),
        TEST(a_clock_that_was_ahead_delays_nobody_for_long),
        TEST(what_was_told_can_be_told_again_from_anywhere),
        TEST(a_paused_one_hears_it_later),
        TEST(a_secret_is_changed_with_both_in_force_for_a_while),
        cmocka_unit_test(the_mac_is_hmac_sha256),
        cmocka_unit_test(addresses_inside_the_house_are_not_reached),
        TEST(a_webhook_that_leads_inside_is_not_sent),
        TEST(all_kinds_are_told_and_none_names_a_person),
        TEST(a_test_says_what_the_receiver_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
