#include "wire.h"

#include "coroutine.h"
#include "lan/lan.h"
#include "mutants.h"
#include "platform/signature.h"
#include "platform/tls.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LATENCY_MS_MIN   1
#define LATENCY_MS_SPAN  4
#define DELAY_MS_MAX     6000
#define TWICE_MS_MAX     60000
#define OVERTAKEN_MS_MAX 800

/* One request on its way; kept by whoever still has to do with it. */
struct wire_message {
    struct world *world;
    struct wire *wire; /* NULL: nobody waits for its answer any more */
    struct terminal *to;
    struct coroutine *caller;
    unsigned keepers;
    uint64_t number;
    char path[64];
    char content_digest[SIGNATURE_DIGEST_CAP], signature_input[SIGNATURE_INPUT_CAP], signature[SIGNATURE_VALUE_CAP];
    uint8_t *body;
    size_t len;
    bool done;
    int outcome, status; /* outcome 0: an answer came */
    uint64_t server_ms;
    uint8_t *answer;
    size_t answer_len;
};

static void release(struct wire_message *m)
{
    if (--m->keepers > 0)
        return;
    free(m->answer);
    free(m->body);
    free(m);
}

static uint8_t *copy_bytes(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    world_must(copy ? 0 : -ENOMEM, "message");
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

static void set_header(char *out, size_t cap, const char *value)
{
    int len = snprintf(out, cap, "%s", value ? value : "");
    world_must((size_t)len < cap ? 0 : -ENAMETOOLONG, "header");
}

static void run_later(struct wire_message *m, int64_t delay_ms, world_run run, uint64_t token)
{
    m->keepers++;
    world_at(m->world, m->world->now_ms + delay_ms, run, m, token);
}

void wire_address(const struct terminal *terminal, char out_address[WIRE_ADDRESS_MAX])
{
    snprintf(out_address, WIRE_ADDRESS_MAX, "10.0.0.%s:7443", terminal->name + 1);
}

/* The machine at an address, if it is in the same store's network. */
static struct terminal *find_machine(const struct wire *wire)
{
    const struct world *world = wire->terminal->world;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        char address[WIRE_ADDRESS_MAX];
        if (t->shop != wire->terminal->shop)
            continue;
        wire_address(t, address);
        if (strcmp(wire->url + strlen("https://"), address) == 0)
            return t;
    }
    return NULL;
}

static bool shows_pin(const struct terminal *to, const uint8_t pin[HASH_LEN])
{
    uint8_t shown[HASH_LEN];
    if (!to->has_key)
        return false;
    tls_ed25519_pin(to->public_key, shown);
    return memcmp(shown, pin, HASH_LEN) == 0;
}

/* ---- the way back */

/* Called by the scheduler or by a cancel, never from within a coroutine. */
static void finish(struct wire_message *m, int outcome)
{
    if (m->done)
        return;
    m->done = true;
    m->outcome = outcome;
    if (m->wire)
        coroutine_resume(m->caller);
}

static void break_off(void *argument, uint64_t token)
{
    struct wire_message *m = argument;
    finish(m, -(int)token);
    release(m);
}

static bool apart(const struct wire_message *m)
{
    return !m->to->plugged || !m->wire->terminal->plugged;
}

static void arrive_back(void *argument, uint64_t token)
{
    struct wire_message *m = argument;
    (void)token;
    if (m->wire && !apart(m))
        finish(m, 0);
    release(m);
}

static int64_t latency_ms(struct world *world)
{
    int64_t latency = LATENCY_MS_MIN + (int64_t)world_below(world, LATENCY_MS_SPAN);
    if (world_strikes(world, FAULT_LAN_DELAY, 5))
        latency += (int64_t)world_below(world, DELAY_MS_MAX);
    return latency;
}

static void answer(struct wire_message *m, const struct sync_response *response)
{
    if (!m->wire || m->done || m->answer)
        return;
    m->status = response->status;
    m->server_ms = response->server_ms;
    m->answer = copy_bytes(response->body, response->len);
    m->answer_len = response->len;
    if (!world_strikes(m->world, FAULT_LAN_DROP, 8))
        run_later(m, latency_ms(m->world), arrive_back, 0);
}

/* ---- the way there */

static void hand_over(struct wire_message *m)
{
    uint8_t body[LAN_ANSWER_MAX];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct lan_request request = {m->path, {m->body, m->len}, m->signature_input, m->signature, m->content_digest};
    struct terminal *to = m->to;
    if (!terminal_is_up(to) || to->drive.dead) {
        if (m->wire && to->till == NULL && !to->switched_off)
            run_later(m, LATENCY_MS_MIN, break_off, ECONNREFUSED);
        return;
    }
    if (!mutant_on_copy(to, m->path, (struct slice){m->body, m->len}, &response))
        lan_handle(to->lan, &request, &response);
    if (!to->drive.dead) /* else its answer never leaves it */
        answer(m, &response);
}

static void arrive(void *argument, uint64_t token)
{
    struct wire_message *m = argument;
    (void)token;
    if (m->wire && m->number < m->wire->terminal->lan_arrived_last && world_has(m->world, FAULT_LAN_REORDER))
        m->world->counts.faults[FAULT_LAN_REORDER]++;
    if (m->wire && m->number > m->wire->terminal->lan_arrived_last)
        m->wire->terminal->lan_arrived_last = m->number;
    if (m->to->plugged && (!m->wire || m->wire->terminal->plugged))
        hand_over(m);
    release(m);
}

/* The second copy is a message of its own, whose answer nobody hears. */
static void send_twice(const struct wire_message *m)
{
    struct wire_message *copy = malloc(sizeof(*copy));
    world_must(copy ? 0 : -ENOMEM, "message");
    *copy = *m;
    copy->wire = NULL;
    copy->keepers = 0;
    copy->body = copy_bytes(m->body, m->len);
    run_later(copy, (int64_t)world_below(m->world, TWICE_MS_MAX), arrive, 0);
}

static void send_off(struct wire_message *m)
{
    struct world *world = m->world;
    int64_t latency = latency_ms(world);
    if (world_strikes(world, FAULT_LAN_DROP, 8))
        return;
    if (world_strikes(world, FAULT_LAN_DUP, 8))
        send_twice(m);
    if (world_has(world, FAULT_LAN_REORDER) && world_chance(world, 10))
        latency += (int64_t)world_below(world, OVERTAKEN_MS_MAX);
    run_later(m, latency, arrive, 0);
}

static struct wire_message *make_message(struct wire *wire, struct terminal *to, const struct sync_request *request)
{
    struct wire_message *m = calloc(1, sizeof(*m));
    world_must(m ? 0 : -ENOMEM, "message");
    m->world = wire->terminal->world;
    m->wire = wire;
    m->to = to;
    m->caller = coroutine_current();
    m->keepers = 1;
    m->number = ++wire->terminal->lan_sent;
    set_header(m->path, sizeof(m->path), request->path);
    set_header(m->content_digest, sizeof(m->content_digest), request->content_digest);
    set_header(m->signature_input, sizeof(m->signature_input), request->signature_input);
    set_header(m->signature, sizeof(m->signature), request->signature);
    m->body = copy_bytes(request->body.data, request->body.len);
    m->len = request->body.len;
    return m;
}

/* ---- the room's side */

static int take_answer(const struct wire_message *m, struct sync_response *response)
{
    if (m->outcome < 0)
        return m->outcome;
    if (m->answer_len > response->cap)
        return -EMSGSIZE;
    response->status = m->status;
    response->server_ms = m->server_ms;
    response->retry_after_s = 0;
    response->len = m->answer_len;
    if (m->answer_len > 0)
        memcpy(response->body, m->answer, m->answer_len);
    return 0;
}

static int exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    struct wire *wire = self;
    struct terminal *to = find_machine(wire);
    if (wire->terminal->dying)
        return -ECANCELED;
    if (!wire->terminal->plugged)
        return -ENETDOWN;
    if (!to || to == wire->terminal)
        return -EHOSTUNREACH;
    if (terminal_is_up(to) && to->plugged && !shows_pin(to, wire->pin))
        return -EKEYREJECTED;
    struct wire_message *m = make_message(wire, to, request);
    wire->waiting = m;
    send_off(m);
    run_later(m, request->timeout_ms, break_off, ETIMEDOUT);
    while (!m->done && !wire->terminal->dying)
        coroutine_yield();
    int rc = m->done ? take_answer(m, response) : -ECANCELED;
    wire->waiting = NULL;
    m->wire = NULL;
    release(m);
    return rc;
}

static void cancel_one(void *argument, uint64_t token)
{
    struct wire_message *m = argument;
    (void)token;
    finish(m, -ECANCELED);
    release(m);
}

static void cancel(void *self)
{
    struct wire *wire = self;
    if (wire->waiting && !wire->waiting->done)
        run_later(wire->waiting, 0, cancel_one, 0);
}

static void target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    struct wire *wire = self;
    snprintf(wire->url, sizeof(wire->url), "%s", url);
    memcpy(wire->pin, pin, HASH_LEN);
}

static void close_wire(void *self)
{
    (void)self;
}

const struct sync_transport_ops wire_transport = {
    .exchange = exchange, .target = target, .cancel = cancel, .close = close_wire};
