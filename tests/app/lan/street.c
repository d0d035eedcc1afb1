#include "street.h"

#include "../../sim/coroutine.h"
#include "platform/compress.h"
#include "platform/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the runner */

static int start_loop(void *self, void *(*run)(void *), void *argument)
{
    struct house *house = self;
    struct house_loop *loop = &house->loops[house->loop_count++];

    loop->waiting = true;
    loop->kicked = true;
    loop->until = INT64_MAX;
    return coroutine_open(run, argument, &loop->coroutine);
}

static void wait_loop(void *self, int64_t until)
{
    struct house *house = self;

    for (uint32_t i = 0; i < house->loop_count; i++) {
        if (house->loops[i].coroutine != coroutine_current())
            continue;
        house->loops[i].until = until;
        house->loops[i].waiting = true;
    }
    coroutine_yield();
}

static void kick_loops(void *self)
{
    struct house *house = self;

    for (uint32_t i = 0; i < house->loop_count; i++)
        house->loops[i].kicked = true;
}

static void join_loops(void *self)
{
    struct house *house = self;

    for (uint32_t i = 0; i < house->loop_count; i++) {
        while (!coroutine_done(house->loops[i].coroutine))
            coroutine_resume(house->loops[i].coroutine);
        coroutine_close(house->loops[i].coroutine);
    }
    house->loop_count = 0;
}

/* ---- the wire */

static struct house *find_target(struct house *from)
{
    uint8_t pin[HASH_LEN];

    for (uint32_t i = 0; i < from->street->count; i++) {
        struct house *house = &from->street->houses[i];
        char url[64];
        snprintf(url, sizeof(url), "https://10.0.0.%u:7443", house->terminal);
        if (strcmp(url, from->target) != 0)
            continue;
        tls_ed25519_pin(house->key.public_key, pin);
        return memcmp(pin, from->pin, HASH_LEN) == 0 ? house : NULL;
    }
    return NULL;
}

static void remember(struct street *street, const struct sync_request *request)
{
    snprintf(street->seen_input, sizeof(street->seen_input), "%s", request->signature_input);
    snprintf(street->seen_signature, sizeof(street->seen_signature), "%s", request->signature);
    snprintf(street->seen_digest, sizeof(street->seen_digest), "%s", request->content_digest);
    snprintf(street->seen_path, sizeof(street->seen_path), "%s", request->path);
    street->seen_len = request->body.len < sizeof(street->seen_body) ? request->body.len : 0;
    memcpy(street->seen_body, request->body.data, street->seen_len);
}

static int exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    struct house *from = self, *to = find_target(from);
    struct lan_request arrived = {request->path, request->body, request->signature_input, request->signature,
                                  request->content_digest};
    bool meant = to != NULL && (to->only == NULL || strcmp(to->only, request->path) == 0);

    if (to == NULL)
        return -EKEYREJECTED;
    if (to->lan == NULL || (meant && to->wire == WIRE_REFUSED) || from->wire == WIRE_REFUSED)
        return -ECONNREFUSED;
    if (meant && to->wire == WIRE_LOST)
        return -ETIMEDOUT;
    remember(from->street, request);
    to->requests++;
    lan_handle(to->lan, &arrived, response);
    to->last_status = (uint32_t)response->status;
    return meant && to->wire == WIRE_ANSWER_LOST ? -ETIMEDOUT : 0;
}

static void set_target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    struct house *house = self;

    snprintf(house->target, sizeof(house->target), "%s", url);
    memcpy(house->pin, pin, HASH_LEN);
}

static void no_cancel(void *self)
{
    (void)self;
}

static const struct sync_transport_ops wire_ops = {exchange, set_target, no_cancel, no_cancel};
static const struct sync_runner_ops runner_ops = {start_loop, wait_loop, kick_loops, join_loops};

/* ---- houses */

static void keep_answer(void *context, const struct till_answer *answer)
{
    struct house *house = context;

    assert(house->answer_count < ANSWERS_MAX);
    house->answers[house->answer_count++] = *answer;
}

/* Central: takes what follows what it has, says where it stands otherwise. */
static int to_central(void *context, struct slice packed, struct journal_answer *out_answer)
{
    static uint8_t bytes[BATCH_BYTES_MAX];
    struct house *house = context;
    struct compress *compress;
    struct batch_reader reader;
    size_t len;
    int r = compress_open(3, &compress);

    assert(r == 0);
    r = compress_unpack(compress, packed, bytes, sizeof(bytes), &len);
    compress_close(compress);
    if (r == 0)
        r = batch_open(bytes, len, &reader);
    if (r < 0)
        return r;
    house->relay_count++;
    house->relay_answer.status = JOURNAL_GAP;
    if (reader.head.first_seq <= house->relay_answer.durable_through + 1) {
        house->relay_answer.status = JOURNAL_STORED;
        house->relay_answer.durable_through = reader.head.first_seq + reader.head.count - 1;
    }
    *out_answer = house->relay_answer;
    return 0;
}

static bool central_there(void *context, uint32_t *out_age_s)
{
    *out_age_s = 0;
    return ((struct house *)context)->relays;
}

static bool till_answers(void *context, const struct till_answer *answer)
{
    struct house *house = context;

    if (house->lan != NULL && lan_answered(house->lan, answer))
        return true;
    keep_answer(house, answer);
    return false;
}

void house_start(struct house *house)
{
    const struct sync_runner runner = {&runner_ops, house};
    const struct lan_options options = {.till = &house->till,
                                        .clock = &house->clock.base,
                                        .random = &house->random.base,
                                        .key_path = house->key_path,
                                        .talk = {&wire_ops, house},
                                        .ask = {&wire_ops, house},
                                        .runner = &runner,
                                        .central = central_there,
                                        .relay = to_central,
                                        .answered = keep_answer,
                                        .context = house};
    int r = lan_open(&options, &house->lan);

    assert(r == 0);
}

void house_stop(struct house *house)
{
    struct lan *lan = house->lan;

    house->lan = NULL;
    lan_close(lan);
}

static void know_others(struct street *street, struct house *house)
{
    for (uint32_t i = 0; i < street->count; i++) {
        const struct house *other = &street->houses[i];
        if (other == house)
            continue;
        struct feed_terminal *known = &house->till.store.terminals[house->till.store.terminal_count++];
        known->terminal = other->terminal;
        known->primary = other->terminal == 1;
        memcpy(known->public_key, other->key.public_key, PUBLIC_KEY_LEN);
        snprintf(known->lan_address, sizeof(known->lan_address), "10.0.0.%u:7443", other->terminal);
    }
    house->till.store.single = house->till.store.terminal_count == 0;
}

void street_open(struct street *street, uint32_t count)
{
    memset(street, 0, sizeof(*street));
    street->count = count;
    snprintf(street->folder, sizeof(street->folder), "/tmp/tillside-street-XXXXXX");
    char *made = mkdtemp(street->folder);
    assert(made != NULL);
    for (uint32_t i = 0; i < count; i++) {
        struct house *house = &street->houses[i];
        house->street = street;
        house->terminal = i + 1;
        sim_clock_init(&house->clock, INT64_C(1780000000000));
        sim_random_init(&house->random, i + 1);
        key_pair_make(&house->key, &house->random.base);
        snprintf(house->key_path, sizeof(house->key_path), "%s/%u.key", street->folder, i + 1);
        int r = key_pair_save(&house->key, house->key_path);
        assert(r == 0);
        fake_till_init(&house->till, i + 1, house->key.secret_key);
        house->till.answered = till_answers;
        house->till.context = house;
    }
    for (uint32_t i = 0; i < count; i++)
        know_others(street, &street->houses[i]);
    for (uint32_t i = 0; i < count; i++)
        house_start(&street->houses[i]);
}

void street_close(struct street *street)
{
    for (uint32_t i = 0; i < street->count; i++) {
        if (street->houses[i].lan != NULL)
            house_stop(&street->houses[i]);
        unlink(street->houses[i].key_path);
    }
    rmdir(street->folder);
}

/* true when a loop did something. */
static bool run_due(struct house *house)
{
    bool ran = false;

    for (uint32_t i = 0; i < house->loop_count; i++) {
        struct house_loop *loop = &house->loops[i];
        if (!loop->kicked && clock_mono_ms(&house->clock.base) < loop->until)
            continue;
        loop->kicked = false;
        loop->until = INT64_MAX;
        coroutine_resume(loop->coroutine);
        ran = true;
    }
    return ran;
}

static void settle(struct street *street)
{
    bool ran = true;

    for (int i = 0; i < 1000 && ran; i++) {
        ran = false;
        for (uint32_t h = 0; h < street->count; h++)
            ran |= run_due(&street->houses[h]);
    }
    assert(!ran); /* a loop that never waits */
}

void street_run(struct street *street, int64_t ms)
{
    settle(street);
    for (int64_t gone = 0; gone < ms; gone += 50) {
        for (uint32_t i = 0; i < street->count; i++)
            sim_clock_advance(&street->houses[i].clock, 50);
        settle(street);
    }
}

const struct till_answer *house_answer(const struct house *house, uint32_t ticket)
{
    for (uint32_t i = house->answer_count; i > 0; i--)
        if (house->answers[i - 1].ticket == ticket)
            return &house->answers[i - 1];
    return NULL;
}

int house_redeem(struct house *house, uint32_t ticket)
{
    struct till_request request = {.op = TILL_REDEEM, .ticket = ticket, .clerk = 4};

    snprintf(request.redeem.text, sizeof(request.redeem.text), "TSC1:COUPON");
    return lan_submit(house->lan, &request);
}
