#include "release_rig.h"

#include "bundle_maker.h"
#include "central/store/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROUND_MS 11000

struct people_fixture f;
struct key_pair keys[DEVICES + 1];
char bundle_path[96];

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
    uint8_t seed[32] = {(uint8_t)terminal};
    char args[64];
    snprintf(args, sizeof(args), "{\"store\":%u,\"role\":\"both\"}", store);
    json_t *answer = admin_do(&f, "enrol-ticket", args);
    const char *text = json_string_value(json_object_get(json_object_get(answer, "result"), "ticket"));
    assert_int_equal(enrol_ticket_decode(text, &ticket), 0);
    json_decref(answer);
    key_pair_from_seed(&keys[terminal], seed);
    memcpy(request.public_key, keys[terminal].public_key, sizeof(request.public_key));
    enrol_request_seal(&request, ticket.secret, keys[terminal].secret_key);
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

void note(uint32_t terminal, const struct body *body)
{
    assert_int_equal(writer_call(f.central->writer, note_job, &(struct note){terminal, body}), 0);
}

void runs(uint32_t terminal, const char *board, const char *version)
{
    struct body body = {.kind = RECORD_DEVICE_STATUS, .device_status = {.why = STATUS_HOUR}};
    snprintf(body.device_status.board, sizeof(body.device_status.board), "%s", board);
    snprintf(body.device_status.version, sizeof(body.device_status.version), "%s", version);
    note(terminal, &body);
}

/* ---- what central has for them */

bool order_of(uint32_t terminal, struct fleet_order *out_order)
{
    struct store_tx tx;
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    int rc = fleet_order_newest(&tx, terminal, 0, out_order);
    store_read_end(&tx);
    assert_true(rc == 0 || rc == -ENOENT);
    return rc == 0;
}

uint32_t ordered(void)
{
    struct fleet_order order;
    uint32_t count = 0;
    for (uint32_t terminal = 1; terminal <= DEVICES; terminal++)
        count += order_of(terminal, &order);
    return count;
}

bool feed_of(uint32_t terminal, struct feed_order *out_item)
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

void says_step(uint32_t terminal, uint8_t step)
{
    struct fleet_order order;
    assert_true(order_of(terminal, &order));
    struct body body = {.kind = RECORD_ORDER_STEP, .order_step = {order.id, order.what, step, "0.1.0"}};
    note(terminal, &body);
}

void says_end(uint32_t terminal, uint8_t outcome, const char *reason)
{
    struct fleet_order order;
    assert_true(order_of(terminal, &order));
    struct body body = {.kind = RECORD_ORDER_DONE, .order_done = {order.id, order.what, outcome, "0.1.0", ""}};
    snprintf(body.order_done.reason, sizeof(body.order_done.reason), "%s", reason);
    note(terminal, &body);
}

void a_round(void)
{
    sim_clock_advance(&f.clock, ROUND_MS);
    central_tick(f.central);
}

void say(const char *command, const char *args)
{
    json_decref(admin_do(&f, command, args));
}

void add_release(const char *version)
{
    char args[160];
    bundle_make(bundle_path, &(struct bundle_wish){.version = version, .payload = 2500000});
    snprintf(args, sizeof(args), "{\"path\":\"%s\"}", bundle_path);
    say("release register", args);
}

void assert_state(const char *field, const char *wanted)
{
    json_t *answer = admin_do(&f, "release list", "");
    const json_t *row = json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0);
    const json_t *value = json_object_get(row, field);
    if (json_is_integer(value))
        assert_int_equal(json_integer_value(value), atoi(wanted));
    else
        assert_string_equal(json_string_value(value), wanted);
    json_decref(answer);
}

int open_fleet(void **state)
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

int close_fleet(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}
