#include "bundle_maker.h"
#include "wechat_fixture.h"

#include "central/fleet/fleet.h"
#include "central/store/feed.h"
#include "platform/compress.h"
#include "platform/keys.h"
#include "platform/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEVICES  8
#define ROUND_MS 11000

static struct people_fixture f;
static struct key_pair keys[DEVICES + 1]; /* by terminal */
static char bundle_path[96];

/* ---- devices that only speak the protocol */

static int enrol_job(void *arg, struct store_tx *tx)
{
    struct terminal terminal;
    int rc = identity_enrol(tx, arg, &terminal);
    return rc < 0 ? rc : identity_confirm(tx, terminal.id, true, "test");
}

static void enrol(uint32_t terminal, unsigned store)
{
    struct enrol_request request = {.hardware = "TS"};
    struct enrol_ticket ticket;
    uint8_t hash[HASH_LEN], seed[32] = {(uint8_t)terminal};
    char args[64];
    snprintf(args, sizeof(args), "{\"store\":%u,\"role\":\"both\"}", store);
    json_t *answer = admin_do(&f, "enrol-ticket", args);
    const char *text = json_string_value(json_object_get(json_object_get(answer, "result"), "ticket"));
    assert_int_equal(enrol_ticket_decode(text, &ticket), 0);
    json_decref(answer);
    key_pair_from_seed(&keys[terminal], seed);
    crypto_sha256(ticket.secret, sizeof(ticket.secret), hash);
    memcpy(request.secret_id, hash, sizeof(request.secret_id));
    memcpy(request.public_key, keys[terminal].public_key, sizeof(request.public_key));
    enrol_request_seal(&request, ticket.secret);
    assert_int_equal(writer_call(f.central->writer, enrol_job, &request), 0);
}

struct note {
    uint32_t terminal;
    const struct body *body;
};

static int note_job(void *arg, struct store_tx *tx)
{
    const struct note *note = arg;
    static uint64_t hlc;
    uint8_t bytes[RECORD_BODY_MAX];
    struct record record = {.id = {note->terminal, 1, 1}, .hlc = ++hlc, .kind = note->body->kind};
    int rc = body_encode(note->body, bytes, sizeof(bytes), &record.body.len);
    record.body.data = bytes;
    rc = rc ? rc : identity_note_contact(tx, note->terminal);
    return rc ? rc : central_fleet.applied(tx, &record, 1);
}

static void note(uint32_t terminal, const struct body *body)
{
    assert_int_equal(writer_call(f.central->writer, note_job, &(struct note){terminal, body}), 0);
}

static void runs(uint32_t terminal, const char *board, const char *version)
{
    struct body body = {.kind = RECORD_DEVICE_STATUS, .device_status = {.why = STATUS_HOUR}};
    snprintf(body.device_status.board, sizeof(body.device_status.board), "%s", board);
    snprintf(body.device_status.version, sizeof(body.device_status.version), "%s", version);
    note(terminal, &body);
}

/* ---- what central has for them */

static bool order_of(uint32_t terminal, struct fleet_order *out_order)
{
    struct store_tx tx;
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    int rc = fleet_order_newest(&tx, terminal, 0, out_order);
    store_read_end(&tx);
    assert_true(rc == 0 || rc == -ENOENT);
    return rc == 0;
}

static uint32_t ordered(void)
{
    struct fleet_order order;
    uint32_t count = 0;
    for (uint32_t terminal = 1; terminal <= DEVICES; terminal++)
        count += order_of(terminal, &order);
    return count;
}

static bool feed_of(uint32_t terminal, struct feed_order *out_item)
{
    struct fleet_order order;
    struct store_tx tx;
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    char key[24];
    assert_true(order_of(terminal, &order));
    snprintf(key, sizeof(key), "%llu", (unsigned long long)order.id);
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    int rc = feed_find(&tx, (struct feed_target){order.brand, order.store}, FEED_ORDER, key, body, sizeof(body), &len);
    store_read_end(&tx);
    if (rc == 0)
        assert_int_equal(feed_order_decode((struct slice){body, len}, out_item), 0);
    return rc == 0;
}

static void says_step(uint32_t terminal, uint8_t step)
{
    struct fleet_order order;
    assert_true(order_of(terminal, &order));
    struct body body = {.kind = RECORD_ORDER_STEP, .order_step = {order.id, order.what, step, "0.1.0"}};
    note(terminal, &body);
}

static void says_end(uint32_t terminal, uint8_t outcome, const char *reason)
{
    struct fleet_order order;
    assert_true(order_of(terminal, &order));
    struct body body = {.kind = RECORD_ORDER_DONE, .order_done = {order.id, order.what, outcome, "0.1.0", ""}};
    snprintf(body.order_done.reason, sizeof(body.order_done.reason), "%s", reason);
    note(terminal, &body);
}

static void a_round(void)
{
    sim_clock_advance(&f.clock, ROUND_MS);
    central_tick(f.central);
}

static void say(const char *command, const char *args)
{
    json_decref(admin_do(&f, command, args));
}

static void add_release(const char *version)
{
    char args[160];
    bundle_make(bundle_path, &(struct bundle_wish){.version = version, .payload = 2500000});
    snprintf(args, sizeof(args), "{\"path\":\"%s\"}", bundle_path);
    say("release register", args);
}

static void assert_state(const char *field, const char *wanted)
{
    json_t *answer = admin_do(&f, "release list", "");
    const json_t *row = json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, field)), wanted);
    json_decref(answer);
}

static int open_fleet(void **state)
{
    (void)state;
    people_open(&f, false);
    say("store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}");
    say("store add", "{\"zh\":\"东门店\",\"en\":\"East\"}");
    for (uint32_t terminal = 1; terminal <= DEVICES; terminal++) {
        enrol(terminal, terminal <= 4 ? 1 : 2);
        runs(terminal, "rk3399", "0.1.0");
    }
    snprintf(bundle_path, sizeof(bundle_path), "%s/bundle.raucb", f.dir);
    return 0;
}

static int close_fleet(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

/* ---- who gets it */

static void nobody_is_asked_before_the_roll_out_begins(void **state)
{
    (void)state;
    add_release("0.2.0");
    a_round();
    assert_int_equal(ordered(), 0);
    say("release roll", "{\"release\":1}");
    a_round();
    assert_int_equal(ordered(), DEVICES);
}

static void an_order_says_what_is_to_be_fetched_and_when_it_may_restart(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"window\":\"02:00-05:30\"}");
    a_round();
    assert_true(feed_of(3, &item));
    assert_int_equal(item.terminal, 3);
    assert_int_equal(item.what, ORDER_UPDATE);
    assert_string_equal(item.compatible, "tillside-rk3399");
    assert_string_equal(item.version, "0.2.0");
    assert_true(item.size > 2500000);
    assert_int_equal(item.from_min, 120);
    assert_int_equal(item.to_min, 330);
    assert_false(item.held);
    assert_int_equal(item.expires_s, (clock_wall_ms(&f.clock.base) + FLEET_ORDER_LIFE_MS) / 1000);
}

static void the_canary_goes_first_and_the_rings_follow(void **state)
{
    struct fleet_order order;
    (void)state;
    add_release("0.2.0");
    say("fleet ring", "{\"ring\":\"canary\",\"terminal\":2}");
    say("fleet ring", "{\"ring\":\"early\",\"store\":1}");
    say("release roll", "{\"release\":1,\"ring\":\"canary\"}");
    a_round();
    assert_int_equal(ordered(), 1);
    assert_true(order_of(2, &order));
    say("release roll", "{\"release\":1,\"ring\":\"early\"}");
    a_round();
    assert_int_equal(ordered(), 4);
    say("release roll", "{\"release\":1}");
    a_round();
    assert_int_equal(ordered(), DEVICES);
}

static void a_wider_percentage_keeps_what_the_narrower_one_took(void **state)
{
    struct fleet_order order;
    char args[64];
    (void)state;
    add_release("0.2.0");
    for (uint32_t percent = 10; percent <= 100; percent += 30) {
        snprintf(args, sizeof(args), "{\"release\":1,\"percent\":%u}", percent);
        say("release roll", args);
        a_round();
        for (uint32_t terminal = 1; terminal <= DEVICES; terminal++)
            assert_int_equal(order_of(terminal, &order), rollout_place(1, terminal) < percent * 100);
    }
}

static void only_devices_of_its_board_below_its_version_are_asked(void **state)
{
    struct fleet_order order;
    (void)state;
    runs(1, "qemu-arm64", "0.1.0");
    runs(2, "rk3399", "0.2.0");
    runs(3, "rk3399", "0.10.0");
    runs(4, "rk3399", "0.2.0~rc1");
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"store\":1}");
    a_round();
    assert_int_equal(ordered(), 1);
    assert_true(order_of(4, &order));
}

static void one_update_at_a_time_and_the_same_never_twice_by_itself(void **state)
{
    struct fleet_order order, again;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":5}");
    a_round();
    assert_true(order_of(1, &order));
    says_end(1, ORDER_FAILED, "no room");
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id == order.id);
    say("release pause", "{\"release\":1}");
    say("release resume", "{\"release\":1,\"again\":true}");
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id > order.id);
}

/* ---- what comes back */

static void the_fleet_shows_how_far_each_device_is(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    says_step(1, ORDER_DOWNLOADED);
    says_step(1, ORDER_DOWNLOADING); /* a copy of the journal came late */
    says_step(2, ORDER_INSTALLED);
    says_end(3, ORDER_BACK, "it did not stay up");
    json_t *answer = admin_do(&f, "fleet list", "");
    const json_t *rows = json_object_get(json_object_get(answer, "result"), "rows");
    static const char *const wanted[] = {"0.2.0 downloaded", "0.2.0 installed", "0.2.0 back: it did not stay up",
                                         "0.2.0 waiting"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(rows, i), "update")), wanted[i]);
    json_decref(answer);
    assert_false(feed_of(3, &item)); /* an order that ended is nobody's business any more */
    assert_true(feed_of(4, &item));
}

static void a_device_speaks_of_its_own_orders_only(void **state)
{
    struct fleet_order order;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    assert_true(order_of(1, &order));
    struct body body = {.kind = RECORD_ORDER_DONE, .order_done = {order.id, ORDER_UPDATE, ORDER_DONE, "9", ""}};
    note(2, &body);
    body.order_done.order = UINT64_MAX;
    note(1, &body);
    body.order_done.order = order.id;
    body.order_done.outcome = 77;
    note(1, &body);
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0);
}

static void too_many_failures_stop_the_roll_out_by_themselves(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":2}");
    a_round();
    says_end(1, ORDER_BACK, "it did not stay up");
    a_round();
    assert_state("state", "rolling");
    says_end(2, ORDER_REFUSED, "below the floor");
    a_round();
    assert_state("state", "paused");
    assert_state("why", "2 devices refused it, failed, fell back or fell silent");
    assert_true(feed_of(5, &item));
    assert_true(item.held);
    say("release resume", "{\"release\":1}"); /* forgiven */
    a_round();
    assert_state("state", "rolling");
    assert_true(feed_of(5, &item));
    assert_false(item.held);
}

static void a_device_that_fell_silent_after_it_installed_counts_too(void **state)
{
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":1}");
    a_round();
    says_step(1, ORDER_INSTALLED);
    sim_clock_advance(&f.clock, FLEET_STALE_MS / 2);
    for (uint32_t terminal = 2; terminal <= DEVICES; terminal++)
        runs(terminal, "rk3399", "0.1.0");
    a_round();
    assert_state("state", "rolling");
    sim_clock_advance(&f.clock, FLEET_STALE_MS / 2);
    a_round();
    assert_state("state", "paused");
}

static void what_is_withdrawn_is_taken_back_from_whom_it_can_be(void **state)
{
    struct fleet_order order;
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    says_step(1, ORDER_INSTALLED);
    say("release withdraw", "{\"release\":1,\"why\":\"drawers stay shut\"}");
    assert_true(feed_of(2, &item));
    assert_true(item.gone);
    assert_true(order_of(2, &order));
    assert_int_equal(order.outcome, ORDER_OVER);
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0); /* the device will say what it did */
    assert_non_null(admin_refused(&f, "release roll", "{\"release\":1}"));
    a_round();
    assert_state("state", "withdrawn");
}

static void an_order_that_nobody_answers_is_over_one_day(void **state)
{
    struct fleet_order order;
    (void)state;
    say("fleet reboot", "{\"terminal\":1,\"hours\":1}");
    sim_clock_advance(&f.clock, 24 * 3600000);
    a_round();
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0);
    sim_clock_advance(&f.clock, 2 * 3600000);
    a_round();
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, ORDER_OVER);
}

static void orders_by_hand_are_few_and_for_devices_that_exist(void **state)
{
    (void)state;
    assert_non_null(admin_refused(&f, "fleet reboot", "{\"terminal\":99}"));
    assert_non_null(admin_refused(&f, "fleet reboot", "{\"terminal\":1,\"hours\":0}"));
    for (int i = 0; i < FLEET_ORDERS_OPEN_MAX; i++)
        say("fleet ask-logs", "{\"terminal\":1}");
    assert_non_null(admin_refused(&f, "fleet ask-logs", "{\"terminal\":1}"));
    assert_non_null(admin_refused(&f, "fleet ring", "{\"ring\":\"canary\"}"));
    assert_non_null(admin_refused(&f, "fleet ring", "{\"ring\":\"late\",\"terminal\":1}"));
    assert_non_null(admin_refused(&f, "release roll", "{\"release\":1}"));
}

/* ---- over the wire */

struct reply {
    int status;
    char content_range[64];
    uint8_t body[RELEASE_PART_MAX];
    size_t len;
};

static void take(void *context, const struct central_reply *reply)
{
    struct reply *out = context;
    out->status = reply->status;
    out->len = reply->body.len;
    assert_true(reply->body.len <= sizeof(out->body));
    if (reply->body.len > 0)
        memcpy(out->body, reply->body.data, reply->body.len);
    snprintf(out->content_range, sizeof(out->content_range), "%s", reply->content_range ? reply->content_range : "");
}

static struct reply *send(uint32_t terminal, const struct central_request *wish)
{
    static struct reply reply;
    static unsigned nonce;
    struct signature_headers headers;
    struct signature_params params = {.created_s = clock_wall_ms(&f.clock.base) / 1000, .tag = "tillside"};
    struct central_request request = *wish;
    snprintf(params.nonce, sizeof(params.nonce), "nonce-%08u", ++nonce);
    snprintf(params.key_id, sizeof(params.key_id), "t%u", terminal);
    assert_int_equal(signature_sign(&(struct signature_message){wish->method, wish->target, wish->body}, &params,
                                    &keys[terminal], &headers),
                     0);
    request.content_digest = headers.content_digest;
    request.signature_input = headers.signature_input;
    request.signature = headers.signature;
    if (!request.content_encoding)
        request.content_encoding = "";
    reply.status = 0;
    central_handle(f.central, &request, take, &reply);
    return &reply;
}

static struct reply *fetch(uint32_t terminal, const char *target, const char *range)
{
    return send(terminal, &(struct central_request){.method = "GET", .target = target, .range = range});
}

static void begin_download(void)
{
    sim_clock_advance(&f.clock, 3000); /* what is signed now is later than the start */
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"store\":1}");
    a_round();
}

static void a_file_comes_whole_by_parts_whatever_their_size(void **state)
{
    static uint8_t whole[3000000];
    static const size_t steps[] = {RELEASE_PART_MAX, 65536, 999983};
    struct feed_order item;
    uint8_t hash[HASH_LEN];
    char range[48], wanted[64];
    (void)state;
    begin_download();
    assert_true(feed_of(1, &item));
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        for (size_t at = 0; at < item.size;) {
            snprintf(range, sizeof(range), "bytes=%zu-%zu", at, at + steps[i] - 1);
            const struct reply *part = fetch(1, "/v1/release/1", range);
            assert_int_equal(part->status, 206);
            size_t left = item.size - at, due = left < steps[i] ? left : steps[i];
            snprintf(wanted, sizeof(wanted), "bytes %zu-%zu/%zu", at, at + due - 1, (size_t)item.size);
            assert_string_equal(part->content_range, wanted);
            assert_int_equal(part->len, due);
            memcpy(whole + at, part->body, part->len);
            at += part->len;
        }
        crypto_sha256(whole, item.size, hash);
        assert_memory_equal(hash, item.sha256, HASH_LEN);
        memset(whole, 0, sizeof(whole));
    }
}

static void strange_ranges_are_refused_and_large_ones_cut(void **state)
{
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"", 400},
        {"bytes=-5", 400},
        {"bytes=5-4", 400},
        {"bytes=0-1,3-4", 400},
        {"items=0-1", 400},
        {"bytes=x-1", 400},
        {"bytes=0-1x", 400},
        {"bytes=99999999999999999999-", 400},
        {"bytes=", 400},
        {"bytes=--1", 400},
        {"bytes=99999999-", 416},
        {"bytes=0-", 206},
        {"bytes=5-5", 206},
        {"bytes= 1-2", 400},
        {"bytes=2000000-99999999999", 206},
    };
    (void)state;
    begin_download();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct reply *part = fetch(1, "/v1/release/1", rows[i].text);
        if (part->status != rows[i].status)
            fail_msg("%s: %d", rows[i].text, part->status);
    }
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=0-")->len, RELEASE_PART_MAX);
    assert_int_equal(fetch(1, "/v1/release/1", NULL)->status, 400);
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=99999999-")->status, 416);
    assert_memory_equal(fetch(1, "/v1/release/1", "bytes=99999999-")->content_range, "bytes */", 8);
}

static void who_has_no_order_gets_no_file(void **state)
{
    (void)state;
    begin_download();
    assert_int_equal(fetch(5, "/v1/release/1", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/2", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/1x", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/0", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/../1", "bytes=0-9")->status, 404);
    assert_int_equal(fetch(1, "/v1/release/4294967297", "bytes=0-9")->status, 404);
    says_end(1, ORDER_DONE, "");
    assert_int_equal(fetch(1, "/v1/release/1", "bytes=0-9")->status, 404);
    say("release withdraw", "{\"release\":1}");
    assert_int_equal(fetch(2, "/v1/release/1", "bytes=0-9")->status, 404);
}

static struct reply *send_logs(uint32_t terminal, uint64_t order, const char *text)
{
    char target[64];
    uint8_t packed[1024];
    size_t len = 0;
    struct compress *compress = NULL;
    snprintf(target, sizeof(target), "/v1/logs?order=%llu", (unsigned long long)order);
    assert_int_equal(compress_open(3, &compress), 0);
    assert_int_equal(
        compress_pack(compress, (struct slice){(const uint8_t *)text, strlen(text)}, packed, sizeof(packed), &len), 0);
    compress_close(compress);
    return send(terminal, &(struct central_request){
                              .method = "POST", .target = target, .content_encoding = "zstd", .body = {packed, len}});
}

static void logs_are_taken_for_an_order_and_read_again(void **state)
{
    struct fleet_order order;
    (void)state;
    sim_clock_advance(&f.clock, 3000);
    assert_non_null(admin_refused(&f, "fleet read-log", "{\"terminal\":1}"));
    for (int i = 0; i < FLEET_LOGS_MAX + 2; i++) {
        char text[64];
        say("fleet ask-logs", "{\"terminal\":1}");
        assert_true(order_of(1, &order));
        snprintf(text, sizeof(text), "line of log %d\x1b[31m\nand more\n", i);
        assert_int_equal(send_logs(1, order.id, text)->status, 200);
        says_end(1, ORDER_DONE, "");
    }
    assert_int_equal(send_logs(1, order.id, "twice")->status, 200); /* its answer was lost */
    assert_int_equal(send_logs(2, order.id, "of another")->status, 404);
    assert_int_equal(send_logs(1, 7, "never asked")->status, 404);
    json_t *answer = admin_do(&f, "fleet read-log", "{\"terminal\":1}");
    assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "result"), "log")),
                        "line of log 6.[31m\nand more\n");
    json_decref(answer);
}

/* ---- bundles */

static const char *refusal_of(const struct bundle_wish *wish, bool with_authorities)
{
    json_t *args = json_pack("{s:s}", "path", bundle_path);
    static const char *said;
    if (wish)
        bundle_make(bundle_path, wish);
    if (with_authorities)
        json_object_set_new(args, "ca", json_string(bundle_authorities()));
    char *text = json_dumps(args, 0);
    said = admin_refused(&f, "release register", text);
    free(text);
    json_decref(args);
    assert_non_null(said);
    return said;
}

static void a_bundle_says_itself_what_it_is(void **state)
{
    char args[2048];
    (void)state;
    bundle_make(bundle_path, &(struct bundle_wish){.compatible = "tillside-qemu-arm64", .version = "1.2.3~rc1"});
    json_t *with = json_pack("{s:s, s:s}", "path", bundle_path, "ca", bundle_authorities());
    char *text = json_dumps(with, 0);
    snprintf(args, sizeof(args), "%s", text);
    free(text);
    json_decref(with);
    json_t *answer = admin_do(&f, "release register", args);
    const json_t *result = json_object_get(answer, "result");
    assert_string_equal(json_string_value(json_object_get(result, "board")), "tillside-qemu-arm64");
    assert_string_equal(json_string_value(json_object_get(result, "version")), "1.2.3~rc1");
    assert_string_equal(json_string_value(json_object_get(result, "signature")), "checked");
    json_decref(answer);
    assert_non_null(strstr(refusal_of(NULL, true), "already"));
}

static void bundles_that_are_none_are_refused_with_a_reason(void **state)
{
    static const struct {
        struct bundle_wish wish;
        bool checked;
        const char *words;
    } rows[] = {
        {{.other_signer = true}, true, "nobody of those authorities"},
        {{.detached = true}, false, "verity"},
        {{.compatible = "other-board"}, false, "no board"},
        {{.compatible = "tillside-rk3399; rm"}, false, "no board"},
        {{.compatible = "tillside-../../etc"}, false, "no board"},
        {{.version = "latest"}, false, "no version"},
        {{.version = "1.0 beta"}, false, "no version"},
        {{.version = "1.00000000000000000000000"}, false, "too long"},
        {{.manifest = "[bundle]\nformat=verity\n"}, false, "no board"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\n"}, false, "verity"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\ncompatible=tillside-y\n[bundle]\nformat=verity\n"},
         false,
         "no board"},
        {{.manifest = "compatible=tillside-x\nversion=1\n[bundle]\nformat=verity\n"}, false, "no board"},
        {{.manifest = "[update]\ncompatible=tillside-x\nversion=1\n[bundle]\nformat=plain\n"}, false, "verity"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *said = refusal_of(&rows[i].wish, rows[i].checked);
        if (!strstr(said, rows[i].words))
            fail_msg("row %zu: %s", i, said);
    }
    assert_int_equal(row_count(admin_do(&f, "release list", "")), 0);
}

/* A cut is never taken in. A bit turned over may stand where nobody signed it (the payload has hashes of its own, which
 * the device checks); what the manifest says is never another. */
static void a_damaged_bundle_says_nothing_else(void **state)
{
    static char whole[8192], damaged[8192];
    const char *text = bundle_authorities();
    struct slice authorities = {(const uint8_t *)text, strlen(text)};
    unsigned refused = 0;
    (void)state;
    bundle_make(bundle_path, &(struct bundle_wish){.payload = 200});
    FILE *file = fopen(bundle_path, "r");
    size_t len = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    for (size_t i = 0; i < 2 * len; i++) {
        char reason[BUNDLE_REASON_MAX] = "";
        struct bundle_facts facts = {0};
        size_t at = i / 2;
        memcpy(damaged, whole, len);
        damaged[at] ^= 0x40;
        file = fopen(bundle_path, "w+");
        fwrite(damaged, 1, i % 2 ? len : at, file);
        fflush(file);
        int rc = bundle_read(fileno(file), authorities, -1, &facts, reason);
        fclose(file);
        refused += rc < 0;
        assert_true(rc == 0 || reason[0]);
        if (rc == 0 && (i % 2 == 0 || strcmp(facts.compatible, "tillside-rk3399") || strcmp(facts.version, "0.2.0")))
            fail_msg("byte %zu", at);
    }
    assert_true(refused > len + (len - 200) / 2);
}

static void what_is_no_file_is_no_bundle(void **state)
{
    (void)state;
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/dev/zero\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"/nowhere\"}"));
    assert_non_null(admin_refused(&f, "release register", "{\"path\":\"\"}"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fleet, close_fleet)
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_asked_before_the_roll_out_begins),
        TEST(an_order_says_what_is_to_be_fetched_and_when_it_may_restart),
        TEST(the_canary_goes_first_and_the_rings_follow),
        TEST(a_wider_percentage_keeps_what_the_narrower_one_took),
        TEST(only_devices_of_its_board_below_its_version_are_asked),
        TEST(one_update_at_a_time_and_the_same_never_twice_by_itself),
        TEST(the_fleet_shows_how_far_each_device_is),
        TEST(a_device_speaks_of_its_own_orders_only),
        TEST(too_many_failures_stop_the_roll_out_by_themselves),
        TEST(a_device_that_fell_silent_after_it_installed_counts_too),
        TEST(what_is_withdrawn_is_taken_back_from_whom_it_can_be),
        TEST(an_order_that_nobody_answers_is_over_one_day),
        TEST(orders_by_hand_are_few_and_for_devices_that_exist),
        TEST(a_file_comes_whole_by_parts_whatever_their_size),
        TEST(strange_ranges_are_refused_and_large_ones_cut),
        TEST(who_has_no_order_gets_no_file),
        TEST(logs_are_taken_for_an_order_and_read_again),
        TEST(a_bundle_says_itself_what_it_is),
        TEST(bundles_that_are_none_are_refused_with_a_reason),
        TEST(a_damaged_bundle_says_nothing_else),
        TEST(what_is_no_file_is_no_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
