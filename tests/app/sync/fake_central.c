#include "fake_central.h"

#include "domain/cbor.h"
#include "platform/compress.h"
#include "platform/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_SEED  99
#define MAX_SKEW_S 300

static const uint8_t secret[ENROL_SECRET_LEN] = "sixteen letters";

void fake_central_init(struct fake_central *central, struct shop *shop)
{
    memset(central, 0, sizeof(*central));
    central->shop = shop;
    central->server_epoch = 1;
    central->ask_verdict = AUTHORITY_UNKNOWN;
    pthread_mutex_init(&central->mutex, NULL);
    pthread_cond_init(&central->changed, NULL);
}

void fake_central_finish(struct fake_central *central)
{
    for (uint32_t i = 0; i < central->page_count; i++)
        free(central->pages[i].bytes);
    pthread_cond_destroy(&central->changed);
    pthread_mutex_destroy(&central->mutex);
}

void fake_central_ticket(struct fake_central *central, char out_text[ENROL_TEXT_MAX])
{
    struct enrol_ticket ticket = {.url = "https://central.example:8443", .store = SHOP_STORE, .role = ROLE_BOTH};
    uint8_t root[PUBLIC_KEY_LEN], root_secret[SECRET_KEY_LEN];

    if (central->ticket_store != 0)
        ticket.store = central->ticket_store;
    shop_secret(central->ticket_of_another ? ROOT_SEED - 1 : ROOT_SEED, root, root_secret);
    crypto_sha256(root, sizeof(root), ticket.root_hash);
    memcpy(ticket.secret, secret, sizeof(secret));
    assert_int_equal(enrol_ticket_encode(&ticket, out_text), 0);
}

void fake_central_publish(struct fake_central *central)
{
    pthread_mutex_lock(&central->mutex);
    uint32_t i = central->page_count;
    assert_true(i < FAKE_PAGES_MAX);
    central->pages[i].bytes = malloc(FEED_PAGE_BYTES_MAX);
    central->pages[i].through = central->shop->through.store;
    central->pages[i].len = shop_page(central->shop, central->pages[i].bytes, FEED_PAGE_BYTES_MAX);
    central->page_count++;
    pthread_cond_broadcast(&central->changed);
    pthread_mutex_unlock(&central->mutex);
}

static int64_t now_ms(const struct fake_central *central)
{
    return clock_wall_ms(&central->shop->clock.base) + central->clock_offset_ms;
}

static int lookup(void *context, const char *key_id, uint8_t out_key[KEY_PUBLIC_LEN])
{
    struct fake_central *central = context;

    if (!central->has_key || (key_id[0] != 't' && key_id[0] != 'k'))
        return -ENOENT;
    memcpy(out_key, central->terminal_key, KEY_PUBLIC_LEN);
    return 0;
}

static enum signature_verdict check(struct fake_central *central, const struct sync_request *request)
{
    const struct signature_message message = {request->method, request->path, request->body};
    const struct signature_policy policy = {.now_s = now_ms(central) / 1000,
                                            .max_skew_s = MAX_SKEW_S,
                                            .tag = "tillside",
                                            .lookup = lookup,
                                            .context = central};
    struct signature_headers headers = {.signature = ""};
    struct signature_params params;
    enum signature_verdict verdict;

    if (request->signature == NULL)
        return SIGNATURE_MISSING;
    snprintf(headers.content_digest, sizeof(headers.content_digest), "%s", request->content_digest);
    snprintf(headers.signature_input, sizeof(headers.signature_input), "%s", request->signature_input);
    snprintf(headers.signature, sizeof(headers.signature), "%s", request->signature);
    assert_int_equal(signature_verify(&message, &headers, &policy, &params, &verdict), 0);
    return verdict;
}

static void refuse(struct fake_central *central, int status, const char *reason, struct sync_response *response)
{
    struct cbor_writer w;

    response->status = status;
    response->server_ms = 0; /* only the body says it, so that it is read */
    cbor_writer_init(&w, response->body, response->cap);
    cbor_write_map(&w, 2);
    cbor_write_uint(&w, 0);
    cbor_write_text(&w, reason);
    cbor_write_uint(&w, 1);
    cbor_write_uint(&w, (uint64_t)now_ms(central));
    assert_int_equal(cbor_writer_finish(&w, &response->len), 0);
}

static void refuse_signature(struct fake_central *central, enum signature_verdict verdict,
                             struct sync_response *response)
{
    if (verdict == SIGNATURE_STALE)
        central->stale_refusals++;
    else
        central->bad_signatures++;
    refuse(central, 401, signature_verdict_name(verdict), response);
}

static void answer_enrol(struct fake_central *central, struct sync_response *response)
{
    struct enrol_answer answer = {.state = central->refused     ? ENROL_REFUSED
                                           : central->confirmed ? ENROL_CONFIRMED
                                                                : ENROL_WAITING,
                                  .brand = SHOP_BRAND,
                                  .store = SHOP_STORE,
                                  .terminal = central->number != 0 ? central->number : SHOP_TERMINAL,
                                  .incarnation = 1,
                                  .role = ROLE_BOTH,
                                  .server_ms = (uint64_t)now_ms(central)};
    uint8_t root_secret[SECRET_KEY_LEN];

    shop_secret(central->wrong_root ? ROOT_SEED - 1 : ROOT_SEED, answer.root_key, root_secret);
    response->status = 200;
    assert_int_equal(enrol_answer_encode(&answer, response->body, response->cap, &response->len), 0);
}

static void post_enrol(struct fake_central *central, const struct sync_request *request, struct sync_response *response)
{
    struct enrol_request enrol;

    assert_int_equal(enrol_request_decode(request->body.data, request->body.len, &enrol), 0);
    assert_true(enrol_request_check(&enrol, secret));
    assert_true(enrol_request_is_signed(&enrol));
    central->enrol_calls++;
    central->claimed_terminal = enrol.terminal;
    central->claimed_incarnation = enrol.incarnation;
    bool same_key = central->has_key && memcmp(central->terminal_key, enrol.public_key, PUBLIC_KEY_LEN) == 0;
    if (central->enrol_refusal != NULL || (central->knows_key && same_key)) {
        refuse(central, 403, central->enrol_refusal != NULL ? central->enrol_refusal : "key_known", response);
        return;
    }
    if (!same_key) {
        central->stored_through = 0;
        memset(central->last_hash, 0, HASH_LEN);
    }
    memcpy(central->terminal_key, enrol.public_key, PUBLIC_KEY_LEN);
    central->has_key = true;
    answer_enrol(central, response);
}

/* Verifies and keeps one batch; the answer's status. */
static enum journal_status keep_batch(struct fake_central *central, const uint8_t *bytes, size_t len)
{
    struct batch_reader reader;
    struct record record;
    int r;

    assert_int_equal(batch_open(bytes, len, &reader), 0);
    assert_true(batch_verify(&reader, central->terminal_key));
    if (central->fork) {
        central->fork = false;
        return JOURNAL_FORK;
    }
    if (reader.head.first_seq > central->stored_through + 1)
        return JOURNAL_GAP;
    while ((r = batch_next(&reader, &record)) == 1) {
        if (record.id.seq <= central->stored_through) {
            central->stored_twice++;
            continue;
        }
        assert_memory_equal(record.prev_hash, central->last_hash, HASH_LEN);
        memcpy(central->last_hash, record.hash, HASH_LEN);
        central->stored_through = record.id.seq;
    }
    assert_int_equal(r, 0);
    return JOURNAL_STORED;
}

static int post_journal(struct fake_central *central, const struct sync_request *request,
                        struct sync_response *response)
{
    uint8_t *bytes = malloc(BATCH_BYTES_MAX);
    struct compress *compress;
    struct journal_answer answer = {.server_epoch = central->server_epoch, .server_ms = (uint64_t)now_ms(central)};
    size_t len;
    bool lost = central->lose_answer;

    central->journal_calls++;
    if (central->journal_status != 0) {
        response->status = central->journal_status;
        response->retry_after_s = central->retry_after_s;
        free(bytes);
        return 0;
    }
    assert_true(request->compressed);
    assert_int_equal(compress_open(3, &compress), 0);
    assert_int_equal(compress_unpack(compress, request->body, bytes, BATCH_BYTES_MAX, &len), 0);
    compress_close(compress);
    answer.status = (uint8_t)keep_batch(central, bytes, len);
    free(bytes);
    answer.expected_seq = central->stored_through + 1;
    answer.durable_through = central->stored_through;
    answer.archived_through = central->archived_through;
    response->status = answer.status == JOURNAL_FORK ? 409 : 200;
    assert_int_equal(journal_answer_encode(&answer, response->body, response->cap, &response->len), 0);
    central->lose_answer = false;
    return lost ? -ECONNRESET : 0;
}

static void empty_page(struct fake_central *central, uint64_t after, struct sync_response *response)
{
    struct feed_page_writer writer;
    struct feed_page_head head = {
        .through = {after, 0}, .server_epoch = central->server_epoch, .server_ms = (uint64_t)now_ms(central)};
    uint8_t none[16];

    feed_page_init(&writer, none, sizeof(none), head.through);
    assert_int_equal(feed_page_finish(&writer, &head, response->body, response->cap, &response->len), 0);
}

static void note_end(struct fake_central *central, const char *path)
{
    const char *end = strstr(path, "&epoch=");
    central->feed_calls++;
    if (end == NULL)
        return;
    assert_int_equal(sscanf(end, "&epoch=%u&seq=%lu", &central->shown_epoch, &central->shown_seq), 2);
    central->shown_early |= central->shown_seq > central->stored_through;
    pthread_cond_broadcast(&central->changed);
}

static int get_feed(struct fake_central *central, const struct sync_request *request, struct sync_response *response)
{
    uint64_t after = 0, brand = 0, cancels = central->cancels;
    int wait_s = -1;

    assert_int_equal(sscanf(request->path, "/v1/feed?store=%lu&brand=%lu&wait=%d", &after, &brand, &wait_s), 3);
    note_end(central, request->path);
    response->status = 200;
    while (true) {
        for (uint32_t i = 0; i < central->page_count; i++) {
            if (central->pages[i].through <= after)
                continue;
            memcpy(response->body, central->pages[i].bytes, central->pages[i].len);
            response->len = central->pages[i].len;
            return 0;
        }
        if (wait_s == 0)
            break;
        if (central->cancels != cancels)
            return -ECANCELED;
        pthread_cond_wait(&central->changed, &central->mutex);
    }
    empty_page(central, after, response);
    return 0;
}

static int post_ask(struct fake_central *central, const struct sync_request *request, struct sync_response *response)
{
    struct authority_request ask;
    struct authority_answer answer = {.server_ms = (uint64_t)now_ms(central)};
    uint64_t cancels = central->cancels;

    assert_int_equal(authority_request_decode(request->body.data, request->body.len, &ask), 0);
    memcpy(central->last_request_id, ask.request_id, REQUEST_ID_LEN);
    central->last_wait_s = ask.wait_s;
    central->ask_calls++;
    pthread_cond_broadcast(&central->changed);
    while (central->hold_asks) {
        if (central->cancels != cancels)
            return -ECANCELED;
        pthread_cond_wait(&central->changed, &central->mutex);
    }
    answer.verdict = central->ask_verdict;
    answer.feed_position = central->ask_position;
    response->status = 200;
    assert_int_equal(authority_answer_encode(&answer, response->body, response->cap, &response->len), 0);
    return 0;
}

static int route(struct fake_central *central, const struct sync_request *request, struct sync_response *response)
{
    enum signature_verdict verdict;

    if (central->network_error != 0)
        return central->network_error;
    response->server_ms = (uint64_t)now_ms(central);
    if (strcmp(request->path, "/v1/enrol") == 0) {
        post_enrol(central, request, response);
        return 0;
    }
    verdict = central->stale_next > 0 ? SIGNATURE_STALE : check(central, request);
    if (central->stale_next > 0)
        central->stale_next--;
    if (verdict != SIGNATURE_VALID) {
        refuse_signature(central, verdict, response);
        return 0;
    }
    if (strncmp(request->path, "/v1/enrol/", 10) == 0) {
        answer_enrol(central, response);
        return 0;
    }
    if (strcmp(request->path, "/v1/journal") == 0)
        return post_journal(central, request, response);
    if (strncmp(request->path, "/v1/authority/", 14) == 0)
        return post_ask(central, request, response);
    return get_feed(central, request, response);
}

static int fake_exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    struct fake_central *central = self;

    pthread_mutex_lock(&central->mutex);
    int r = route(central, request, response);
    pthread_cond_broadcast(&central->changed);
    pthread_mutex_unlock(&central->mutex);
    return r;
}

static void fake_target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    struct fake_central *central = self;

    (void)pin;
    pthread_mutex_lock(&central->mutex);
    snprintf(central->url, sizeof(central->url), "%s", url);
    pthread_mutex_unlock(&central->mutex);
}

static void fake_cancel(void *self)
{
    struct fake_central *central = self;

    pthread_mutex_lock(&central->mutex);
    central->cancels++;
    pthread_cond_broadcast(&central->changed);
    pthread_mutex_unlock(&central->mutex);
}

static void fake_close(void *self)
{
    (void)self;
}

struct sync_transport fake_central_transport(struct fake_central *central)
{
    static const struct sync_transport_ops ops = {fake_exchange, fake_target, fake_cancel, fake_close};

    return (struct sync_transport){&ops, central};
}
