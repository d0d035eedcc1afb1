#include "fixture.h"

#include "central/store/anew.h"
#include "domain/cbor.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void fixture_folder(struct fixture *f)
{
    *f = (struct fixture){0};
    strcpy(f->dir, "/tmp/tillside-central-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    sim_clock_init(&f->clock, START_MS);
    sim_random_init(&f->random, 7);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void fixture_remove(struct fixture *f)
{
    nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct central_config config_of(const struct fixture *f)
{
    struct central_config config;
    central_config_defaults(&config);
    strcpy(config.data, f->dir);
    config.listen.port = 0;
    config.public_listen.port = 0;
    config.backup_hours = 0;
    assert_int_equal(central_config_complete(&config), 0);
    return config;
}

int fixture_try_start(struct fixture *f, bool inline_jobs)
{
    struct central_options options = {
        .config = config_of(f),
        .clock = &f->clock.base,
        .random = &f->random.base,
        .parts = f->parts,
        .part_count = f->part_count,
        .inline_jobs = inline_jobs,
        .vfs = f->vfs,
    };
    int rc = central_open(&options, &f->central, NULL);
    sim_clock_advance(&f->clock, 2000); /* what is signed from now on is later than the start */
    return rc;
}

void fixture_start(struct fixture *f, bool inline_jobs)
{
    assert_int_equal(fixture_try_start(f, inline_jobs), 0);
}

void fixture_stop(struct fixture *f)
{
    central_close(f->central);
    f->central = NULL;
}

void fixture_equals_anew(struct fixture *f)
{
    struct anew_finding finding = {.table = ""};
    struct store_tx tx;
    char path[96];
    snprintf(path, sizeof(path), "%s/anew.db", f->dir);
    assert_int_equal(store_read_begin(f->central->store, &tx), 0);
    int rc = anew_compare(&tx, path, &finding);
    store_read_end(&tx);
    if (rc != 0)
        fail_msg("made anew: %s, %s at %s", strerror(-rc), finding.table, finding.where);
}

int fixture_write(struct fixture *f, int (*run)(void *arg, struct store_tx *tx), void *arg)
{
    return writer_call(f->central->writer, run, arg);
}

static int add_shop(void *arg, struct store_tx *tx)
{
    struct fixture *f = arg;
    struct shop shop = {.brand = f->brand, .earn_permille = 50, .idle_s = 60, .store_epoch = 1};
    strcpy(shop.name_zh, "东门店");
    int rc = identity_add_shop(tx, &shop, &f->shops[0]);
    strcpy(shop.name_zh, "西门店");
    return rc < 0 ? rc : identity_add_shop(tx, &shop, &f->shops[1]);
}

void fixture_open_empty(struct fixture *f, const struct central_part *const *parts, size_t count)
{
    fixture_folder(f);
    f->parts = parts;
    f->part_count = count;
    struct central_init_options init = {
        .config = config_of(f),
        .brand_zh = "晨光",
        .brand_en = "Dawn",
        .clock = &f->clock.base,
        .random = &f->random.base,
        .parts = f->parts,
        .part_count = f->part_count,
    };
    assert_int_equal(central_init_data(&init), 0);
    fixture_start(f, true);
    f->brand = f->central->brand;
}

void fixture_open_with(struct fixture *f, const struct central_part *const *parts, size_t count)
{
    fixture_open_empty(f, parts, count);
    assert_int_equal(fixture_write(f, add_shop, f), 0);
}

void fixture_open(struct fixture *f)
{
    fixture_open_with(f, NULL, 0);
}

void fixture_close(struct fixture *f)
{
    fixture_stop(f);
    fixture_remove(f);
}

static void take_reply(void *context, const struct central_reply *reply)
{
    struct answer *answer = context;
    assert_int_equal(answer->status, 0); /* exactly once */
    assert_true(reply->body.len <= sizeof(answer->body));
    answer->status = reply->status;
    answer->len = reply->body.len;
    if (reply->body.len > 0)
        memcpy(answer->body, reply->body.data, reply->body.len);
    snprintf(answer->time, sizeof(answer->time), "%lld", (long long)reply->server_ms);
}

void transport_direct(void *context, const struct exchange *exchange, struct answer *out_answer)
{
    struct fixture *f = context;
    static const struct signature_headers none;
    const struct signature_headers *headers = exchange->headers ? exchange->headers : &none;
    struct central_request request = {
        .method = exchange->method,
        .target = exchange->target,
        .content_digest = headers->content_digest,
        .signature_input = headers->signature_input,
        .signature = headers->signature,
        .content_encoding = exchange->encoding,
        .body = exchange->body,
    };
    out_answer->status = 0;
    central_handle(f->central, &request, take_reply, out_answer);
    if (out_answer->status == 0) { /* it waits: let its time pass */
        sim_clock_advance(&f->clock, 30000);
        central_tick(f->central);
    }
    assert_int_not_equal(out_answer->status, 0);
}

void terminal_make(struct fake_terminal *t, struct fixture *f, uint8_t seed)
{
    uint8_t bytes[32];
    memset(bytes, seed, sizeof(bytes));
    *t = (struct fake_terminal){.fixture = f, .send = transport_direct, .context = f};
    key_pair_from_seed(&t->pair, bytes);
    identity_key_id_waiting(t->pair.public_key, t->key_id);
}

struct ticket_order {
    uint32_t shop;
    struct enrol_ticket ticket;
};

static int order_ticket(void *arg, struct store_tx *tx)
{
    struct ticket_order *order = arg;
    return identity_make_ticket(tx, order->shop, ROLE_BOTH, 3600, &order->ticket);
}

void make_ticket(struct fixture *f, uint32_t shop, struct enrol_ticket *out_ticket)
{
    struct ticket_order order = {.shop = shop};
    assert_int_equal(central_fill_ticket(f->central, &order.ticket), 0);
    assert_int_equal(fixture_write(f, order_ticket, &order), 0);
    *out_ticket = order.ticket;
}

static int run_confirm(void *arg, struct store_tx *tx)
{
    return identity_confirm(tx, *(uint32_t *)arg, true, "operator");
}

void confirm_terminal(struct fixture *f, uint32_t terminal)
{
    assert_int_equal(fixture_write(f, run_confirm, &terminal), 0);
}

void terminal_ask_enrol(struct fake_terminal *t, const struct enrol_ticket *ticket, struct answer *out_answer)
{
    struct enrol_request request = {.hardware = "bench"};
    uint8_t body[512];
    size_t len = 0;
    memcpy(request.public_key, t->pair.public_key, PUBLIC_KEY_LEN);
    memset(request.nonce, 9, sizeof(request.nonce));
    if (t->has_books) {
        request.terminal = t->id;
        request.incarnation = t->incarnation;
    }
    enrol_request_seal(&request, ticket->secret, t->pair.secret_key);
    if (t->unsigned_request)
        memset(request.signature, 0, sizeof(request.signature));
    assert_int_equal(enrol_request_encode(&request, body, sizeof(body), &len), 0);
    struct exchange exchange = {"POST", "/v1/enrol", NULL, "", {body, len}};
    t->send(t->context, &exchange, out_answer);
}

static int find_waiting(void *arg, struct store_tx *tx)
{
    struct fake_terminal *t = arg;
    char digits[7];
    struct terminal found;
    crypto_confirm_code(t->pair.public_key, digits);
    int rc = identity_find_by_digits(tx, digits, &found);
    t->id = found.id;
    return rc;
}

void terminal_confirm_waiting(struct fake_terminal *t)
{
    static struct answer answer;
    char target[64];
    assert_int_equal(fixture_write(t->fixture, find_waiting, t), 0);
    confirm_terminal(t->fixture, t->id);
    snprintf(target, sizeof(target), "/v1/enrol/%s", t->key_id);
    terminal_send(t, "GET", target, (struct slice){NULL, 0}, &answer);
    assert_int_equal(answer.status, 200);
    struct enrol_answer told;
    assert_int_equal(enrol_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.state, ENROL_CONFIRMED);
    assert_int_equal(told.terminal, t->id);
    t->store = told.store;
    t->incarnation = told.incarnation;
    snprintf(t->key_id, sizeof(t->key_id), "t%u", t->id);
}

void terminal_enrol(struct fake_terminal *t, struct fixture *f, uint32_t shop)
{
    static struct answer answer;
    struct enrol_ticket ticket;
    make_ticket(f, shop, &ticket);
    terminal_ask_enrol(t, &ticket, &answer);
    assert_int_equal(answer.status, 200);
    terminal_confirm_waiting(t);
    assert_int_equal(t->store, shop);
}

void assert_refused(const struct answer *answer, int status, const char *reason)
{
    struct cbor_reader r;
    char text[64];
    assert_int_equal(answer->status, status);
    cbor_reader_init(&r, answer->body, answer->len);
    assert_int_equal(cbor_read_map(&r), 2);
    assert_int_equal(cbor_read_uint(&r), 0);
    cbor_read_text_into(&r, text, sizeof(text));
    assert_string_equal(text, reason);
    assert_int_equal(cbor_read_uint(&r), 1);
    assert_true(cbor_read_uint(&r) >= (uint64_t)START_MS);
    assert_int_equal(cbor_reader_finish(&r), 0);
}

void terminal_sign(struct fake_terminal *t, const struct signature_message *message,
                   struct signature_headers *out_headers)
{
    struct signature_params params = {.created_s = clock_wall_ms(&t->fixture->clock.base) / 1000, .tag = "tillside"};
    snprintf(params.nonce, sizeof(params.nonce), "nonce-%u-%u", t->id, ++t->nonce);
    snprintf(params.key_id, sizeof(params.key_id), "%s", t->key_id);
    assert_int_equal(signature_sign(message, &params, &t->pair, out_headers), 0);
}

void terminal_send(struct fake_terminal *t, const char *method, const char *target, struct slice body,
                   struct answer *out_answer)
{
    struct signature_headers headers;
    terminal_sign(t, &(struct signature_message){method, target, body}, &headers);
    struct exchange exchange = {method, target, &headers, "", body};
    t->send(t->context, &exchange, out_answer);
}

void batch_start(struct batch *b)
{
    batch_writer_init(&b->writer, b->buffer, sizeof(b->buffer));
    b->len = 0;
}

void batch_raw_record(struct batch *b, struct fake_terminal *t, uint16_t kind, struct slice body)
{
    struct record record = {
        .version = RECORD_VERSION,
        .id = {t->id, t->incarnation, t->seq + 1},
        .hlc = (uint64_t)clock_wall_ms(&t->fixture->clock.base) << 16 | (t->seq & 0xffff),
        .kind = kind,
        .body = body,
    };
    memcpy(record.prev_hash, t->last_hash, HASH_LEN);
    record_seal(&record);
    assert_int_equal(batch_add(&b->writer, &record), 0);
    t->seq++;
    memcpy(t->last_hash, record.hash, HASH_LEN);
}

struct record_id batch_record(struct batch *b, struct fake_terminal *t, const struct body *body)
{
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len = 0;
    assert_int_equal(body_encode(body, bytes, sizeof(bytes), &len), 0);
    batch_raw_record(b, t, body->kind, (struct slice){bytes, len});
    return (struct record_id){t->id, t->incarnation, t->seq};
}

void batch_seal(struct batch *b, const struct fake_terminal *t)
{
    assert_int_equal(batch_finish(&b->writer, t->pair.secret_key, b->bytes, sizeof(b->bytes), &b->len), 0);
}

void batch_upload(struct batch *b, struct fake_terminal *t, struct answer *out_answer)
{
    batch_seal(b, t);
    terminal_send(t, "POST", "/v1/journal", (struct slice){b->bytes, b->len}, out_answer);
}

struct record_id terminal_record(struct fake_terminal *t, const struct body *body)
{
    static struct batch batch;
    static struct answer answer;
    struct journal_answer told;
    batch_start(&batch);
    struct record_id id = batch_record(&batch, t, body);
    batch_upload(&batch, t, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.status, JOURNAL_STORED);
    assert_int_equal(told.durable_through, t->seq);
    return id;
}

void terminal_read_feed(struct fake_terminal *t, feed_visit visit, void *context)
{
    static struct answer answer;
    struct feed_page_head head = {.more = true};
    while (head.more) {
        char target[96];
        snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=0", (unsigned long long)t->cursor.store,
                 (unsigned long long)t->cursor.brand);
        terminal_send(t, "GET", target, (struct slice){NULL, 0}, &answer);
        assert_int_equal(answer.status, 200);
        struct feed_page_reader reader;
        struct feed_item item;
        assert_int_equal(feed_page_open((struct slice){answer.body, answer.len}, &head, &reader), 0);
        int rc;
        while ((rc = feed_page_next(&reader, &item)) == 1)
            visit(context, &item);
        assert_int_equal(rc, 0);
        t->cursor = head.through;
    }
}

static void keep_last(void *context, const struct feed_item *item)
{
    struct feed_found *found = context;
    if (item->kind != (uint16_t)found->kind)
        return;
    found->count++;
    found->len = item->body.len;
    found->position = item->position;
    memcpy(found->body, item->body.data, item->body.len);
}

void terminal_find_in_feed(struct fake_terminal *t, enum feed_kind kind, struct feed_found *out_found)
{
    *out_found = (struct feed_found){.kind = kind};
    terminal_read_feed(t, keep_last, out_found);
}

void terminal_ask(struct fake_terminal *t, const char *what, const struct authority_request *request,
                  struct authority_answer *out_answer)
{
    static struct answer answer;
    uint8_t body[1024];
    char target[64];
    size_t len = 0;
    assert_int_equal(authority_request_encode(request, body, sizeof(body), &len), 0);
    snprintf(target, sizeof(target), "/v1/authority/%s", what);
    terminal_send(t, "POST", target, (struct slice){body, len}, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(authority_answer_decode(answer.body, answer.len, out_answer), 0);
}

int shop_world_setup(void **state)
{
    static struct shop_world w;
    fixture_open(&w.f);
    terminal_make(&w.t, &w.f, 1);
    terminal_enrol(&w.t, &w.f, w.f.shops[0]);
    *state = &w;
    return 0;
}

int shop_world_teardown(void **state)
{
    struct shop_world *w = *state;
    fixture_close(&w->f);
    return 0;
}
