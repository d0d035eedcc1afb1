#include "fuzz_file.h"
#include "several.h"

#include "domain/lan.h"
#include "lan/lan.h"
#include "platform/compress.h"
#include "platform/keys.h"
#include "platform/signature.h"

#include <stdio.h>

/*
 * A genuine terminal of the store that says anything, at the door of a primary with real books: what it signs is
 * bytes as they come, or a hello, an act or a batch that says what the input says. Whatever it was, the answer is one
 * of the protocol's, the books fail over none of it, and rebuilt they are the same.
 * Input: messages of kind (1 byte), length (2 bytes), bytes.
 */

enum message {
    RAW_HELLO,
    RAW_ACT,
    RAW_JOURNAL,
    PACKED_JOURNAL, /* the bytes as zstd */
    HELLO,          /* of this store and terminal, with what the bytes say besides */
    RECORDS,        /* of its own chain: kind (2 bytes), length (2 bytes), body, and on */
    STRANGE_HEAD,   /* the same under a head of the input's: terminal, incarnation (1 byte each), first seq (8) */
    RAW_PATH,
    MESSAGES,
};

#define PEER          1 /* of struct several */
#define MESSAGES_MAX  16
#define REOPEN_EVERY  16
#define REBUILD_EVERY 4

static struct several several;
static struct shop *shop;
static struct fuzz_file books;
static struct key_pair own, peer;
static struct sim_random randomness;
static struct compress *packer;
static struct till *till;
static struct lan *lan;
static char key_path[128];

static struct {
    uint32_t incarnation;
    uint64_t seq;
    uint8_t hash[HASH_LEN];
} chain; /* of the peer's journal, as far as the books took it */

/* ---- the door: no loops, no network */

static int no_loop(void *self, void *(*loop)(void *argument), void *argument)
{
    (void)self;
    (void)loop;
    (void)argument;
    return 0;
}

static void no_wait(void *self, int64_t until)
{
    (void)self;
    (void)until;
}

static void nothing(void *self)
{
    (void)self;
}

static int no_exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    (void)self;
    (void)request;
    (void)response;
    return -ECONNREFUSED;
}

static void no_target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    (void)self;
    (void)url;
    (void)pin;
}

static const struct sync_runner_ops runner_ops = {no_loop, no_wait, nothing, nothing};
static const struct sync_transport_ops transport_ops = {no_exchange, no_target, nothing, nothing};

static void on_answer(void *context, const struct till_answer *answer)
{
    (void)context;
    if (lan != NULL)
        (void)lan_answered(lan, answer);
}

static void on_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

static void close_door(void)
{
    struct lan *closing = lan;
    lan = NULL;
    lan_close(closing);
    till_close(till);
    till = NULL;
}

static void open_door(void)
{
    const struct sync_runner runner = {&runner_ops, NULL};
    const struct till_options options = {.path = shop->path,
                                         .pepper_path = shop->pepper,
                                         .clock = &shop->clock.base,
                                         .boot_id = shop->boot_id,
                                         .lan = true,
                                         .inline_jobs = true,
                                         .answered = on_answer,
                                         .changed = nothing,
                                         .greeted = on_greeting,
                                         .appended = nothing};
    fuzz_file_restore(&books);
    MUST(till_open(&options, &till) == 0);
    struct clock_reading at = {clock_wall_ms(&shop->clock.base), clock_mono_ms(&shop->clock.base)};
    MUST(till_time_trust(till, at.wall_ms, at) == 0);
    till_peers_live(till, 2);
    const struct lan_options door = {.till = till,
                                     .clock = &shop->clock.base,
                                     .random = &randomness.base,
                                     .key_path = key_path,
                                     .talk = {&transport_ops, NULL},
                                     .ask = {&transport_ops, NULL},
                                     .runner = &runner,
                                     .answered = on_answer};
    MUST(lan_open(&door, &lan) == 0);
    memset(&chain, 0, sizeof chain);
    chain.incarnation = 1;
}

static void close_all(void)
{
    close_door();
    compress_close(packer);
    fuzz_file_drop(&books);
    shop_finish(shop);
    for (uint32_t i = 1; i < several.count; i++)
        shop_finish(&several.shops[i]);
}

/* A primary of three, with a sale and a redemption that a peer holds. */
static void open_once(void)
{
    if (books.data != NULL)
        return;
    const struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 2500, .member = SHOP_MEMBER}};
    several_init(&several, 3);
    shop = &several.shops[0];
    several_begin(&several, 0);
    MUST(several_ask(&several, 0, sale).error == 0);
    shop_stop(shop);
    fuzz_file_keep_db(&books, shop->path);
    sim_random_init(&randomness, 5);
    key_pair_make(&own, &randomness.base);
    several_secret(PEER, peer.public_key, peer.secret_key);
    tempdir_path(&shop->dir, "key", key_path);
    MUST(key_pair_save(&own, key_path) == 0 && compress_open(1, &packer) == 0);
    open_door();
    atexit(close_all);
}

/* ---- what is sent */

static void send(const char *path, struct slice body, struct sync_response *out_response)
{
    static uint8_t answer[LAN_ANSWER_MAX];
    static uint64_t nonce;
    struct signature_headers headers;
    struct signature_params params = {.tag = "tillside"};
    const struct signature_message message = {"POST", path, body};
    *out_response = (struct sync_response){.body = answer, .cap = sizeof answer};
    sim_clock_advance(&shop->clock, 2000); /* the window of nonces moves on */
    params.created_s = clock_wall_ms(&shop->clock.base) / 1000;
    snprintf(params.nonce, sizeof params.nonce, "nonce-%llu", (unsigned long long)++nonce);
    snprintf(params.key_id, sizeof params.key_id, "t%u", several_terminal(PEER));
    if (signature_sign(&message, &params, &peer, &headers) < 0)
        return; /* no path that HTTP could carry */
    const struct lan_request request = {path, body, headers.signature_input, headers.signature, headers.content_digest};
    lan_handle(lan, &request, out_response);
    MUST(out_response->status == 200 || out_response->status == 400 || out_response->status == 403 ||
         out_response->status == 404 || out_response->status == 409);
    MUST(out_response->len > 0 && out_response->len <= sizeof answer);
}

static void send_packed(struct slice batch, struct sync_response *out_response)
{
    static uint8_t packed[BATCH_BYTES_MAX + 4096];
    size_t len;
    MUST(compress_pack(packer, batch, packed, sizeof packed, &len) == 0);
    send("/v1/lan/journal", (struct slice){packed, len}, out_response);
}

static void send_hello(struct slice bytes)
{
    uint8_t encoded[LAN_ANSWER_MAX];
    struct sync_response response;
    struct lan_hello hello;
    size_t len;
    if (lan_hello_decode(bytes.data, bytes.len, &hello) < 0)
        hello = (struct lan_hello){.end_count = 0};
    hello.terminal = several_terminal(PEER);
    hello.store = SHOP_STORE;
    MUST(lan_hello_encode(&hello, encoded, sizeof encoded, &len) == 0);
    send("/v1/lan/hello", (struct slice){encoded, len}, &response);
    if (response.status == 200)
        MUST(lan_hello_decode(response.body, response.len, &hello) == 0 && hello.terminal == several_terminal(0));
}

static uint64_t take_number(struct slice *input, int bytes)
{
    uint64_t number = 0;
    while (bytes-- > 0)
        number = number << 8 | fuzz_take(input);
    return number;
}

static struct slice take_part(struct slice *input)
{
    size_t want = (size_t)take_number(input, 2);
    struct slice part = {input->data, want < input->len ? want : input->len};
    *input = (struct slice){input->len > 0 ? input->data + part.len : input->data, input->len - part.len};
    return part;
}

/* Writes the records behind *last, which is the last of them then; false: there are none. */
static bool add_records(struct batch_writer *writer, struct record *last, struct slice input)
{
    unsigned count = 0;
    while (input.len > 0) {
        struct record record = {.version = RECORD_VERSION, .id = last->id, .hlc = last->hlc + 1};
        record.kind = (uint16_t)take_number(&input, 2);
        record.body = take_part(&input);
        record.id.seq++;
        memcpy(record.prev_hash, last->hash, HASH_LEN);
        if (record.body.len > RECORD_BODY_MAX)
            break;
        record_seal(&record);
        if (batch_add(writer, &record) < 0)
            break;
        *last = record;
        count++;
    }
    return count > 0;
}

static void send_records(struct slice input, bool strange)
{
    static uint8_t buffer[BATCH_BYTES_MAX], bytes[BATCH_BYTES_MAX];
    struct sync_response response;
    struct journal_answer told;
    struct batch_writer writer;
    struct record last = {.id = {several_terminal(PEER), chain.incarnation, chain.seq},
                          .hlc = (uint64_t)clock_wall_ms(&shop->clock.base) << 16};
    size_t len;
    memcpy(last.hash, chain.hash, HASH_LEN);
    if (strange) {
        last.id.terminal = several_terminal(fuzz_take(&input) % 4);
        last.id.incarnation = fuzz_take(&input);
        last.id.seq = take_number(&input, 8);
    }
    batch_writer_init(&writer, buffer, sizeof buffer);
    if (!add_records(&writer, &last, input) || batch_finish(&writer, peer.secret_key, bytes, sizeof bytes, &len) < 0)
        return;
    send_packed((struct slice){bytes, len}, &response);
    if (strange)
        return;
    MUST(response.status != 400); /* whatever its records say: they are kept as they are */
    MUST(journal_answer_decode(response.body, response.len, &told) == 0);
    if (told.status == JOURNAL_STORED) {
        MUST(told.durable_through >= last.id.seq);
        chain.seq = last.id.seq;
        memcpy(chain.hash, last.hash, HASH_LEN);
    } else {
        chain.incarnation++;
        chain.seq = 0;
        memset(chain.hash, 0, HASH_LEN);
    }
}

static void send_message(uint8_t kind, struct slice bytes)
{
    struct sync_response response;
    char path[64];
    switch ((enum message)(kind % MESSAGES)) {
    case RAW_HELLO:
        send("/v1/lan/hello", bytes, &response);
        break;
    case RAW_ACT:
        send("/v1/lan/act", bytes, &response);
        break;
    case RAW_JOURNAL:
        send("/v1/lan/journal", bytes, &response);
        break;
    case PACKED_JOURNAL:
        send_packed(bytes, &response);
        break;
    case HELLO:
        send_hello(bytes);
        break;
    case RECORDS:
        send_records(bytes, false);
        break;
    case STRANGE_HEAD:
        send_records(bytes, true);
        break;
    case RAW_PATH:
        fuzz_text(fuzz_part(&bytes, '\n'), path, sizeof path);
        send(path, bytes, &response);
        break;
    case MESSAGES:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    struct slice input = {data, size};
    struct till_store store;
    open_once();
    for (int i = 0; i < MESSAGES_MAX && input.len > 0; i++) {
        uint8_t kind = fuzz_take(&input);
        send_message(kind, take_part(&input));
    }
    bool rests = till_store_read(till, &store) == 0 && store.primary;
    if (++runs % REBUILD_EVERY == 0 || !rests)
        MUST(till_rebuild_compare(till) == 0);
    if (runs % REOPEN_EVERY == 0 || !rests) {
        close_door();
        open_door();
    }
    return 0;
}
