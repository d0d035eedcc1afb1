#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/*
 * A terminal's records on their way to central, and somebody between them: before every genuine batch each hostile
 * request is sent. All are refused, none changes anything, and in the end central has every event once.
 */

#define BATCHES 8
#define RECORDS 5
#define YEAR_S  INT64_C(31536000)

struct world {
    struct fixture f;
    struct fake_terminal t, other, waiting, removed;
    struct batch batches[BATCHES];
};

/* A request as it was signed, to be changed. */
struct hostile {
    struct exchange exchange;
    struct signature_headers headers;
    char method[8], target[64];
};

static struct world w;
static struct answer answer;

static struct slice body_of(unsigned batch)
{
    return (struct slice){w.batches[batch].bytes, w.batches[batch].len};
}

struct signing {
    struct fake_terminal *by;
    int64_t age_s;
    const char *tag, *target, *nonce;
};

static struct hostile sign(const struct signing *how, struct slice body)
{
    static unsigned number;
    struct hostile h = {.method = "POST"};
    struct signature_params params = {.created_s = clock_wall_ms(&w.f.clock.base) / 1000 - how->age_s};
    snprintf(h.target, sizeof(h.target), "/v1/journal");
    snprintf(params.tag, sizeof(params.tag), "%s", how->tag ? how->tag : "tillside");
    snprintf(params.key_id, sizeof(params.key_id), "%s", how->by->key_id);
    snprintf(params.nonce, sizeof(params.nonce), "%s-%u", how->nonce ? how->nonce : "hostile", ++number);
    const struct signature_message message = {"POST", how->target ? how->target : h.target, body};
    assert_int_equal(signature_sign(&message, &params, &how->by->pair, &h.headers), 0);
    h.exchange = (struct exchange){.encoding = "", .body = body};
    return h;
}

static void send(struct hostile *h)
{
    h->exchange.method = h->method;
    h->exchange.target = h->target;
    h->exchange.headers = &h->headers;
    transport_direct(&w.f, &h->exchange, &answer);
}

static uint64_t durable(void)
{
    struct store_tx tx;
    struct journal_marks marks;
    assert_int_equal(store_read_begin(w.f.central->store, &tx), 0);
    assert_int_equal(journal_marks_read(&tx, w.t.id, w.t.incarnation, &marks), 0);
    store_read_end(&tx);
    return marks.durable_through;
}

static void refused(struct hostile h, int status)
{
    uint64_t before = durable();
    send(&h);
    if (answer.status != status)
        fail_msg("%s, signed by %s: answered %d, not %d", h.target, h.headers.signature_input, answer.status, status);
    assert_int_equal(durable(), before);
}

static void signed_wrongly(unsigned batch)
{
    struct slice body = body_of(batch);
    static uint8_t other_body[BATCH_BYTES_MAX];
    struct hostile h = sign(&(struct signing){.by = &w.other}, body);
    refused(h, 403); /* a genuine terminal of another store */
    h = sign(&(struct signing){.by = &w.waiting}, body);
    refused(h, 403);
    h = sign(&(struct signing){.by = &w.removed}, body);
    refused(h, 403);
    struct fake_terminal forger = w.other;
    snprintf(forger.key_id, sizeof(forger.key_id), "%s", w.t.key_id);
    refused(sign(&(struct signing){.by = &forger}, body), 401); /* the right name, another key */
    snprintf(forger.key_id, sizeof(forger.key_id), "t999999");
    refused(sign(&(struct signing){.by = &forger}, body), 401);
    refused(sign(&(struct signing){.by = &w.t, .tag = "other"}, body), 401);
    refused(sign(&(struct signing){.by = &w.t, .target = "/v1/feed"}, body), 401); /* made for another route */
    memcpy(other_body, body.data, body.len);
    other_body[body.len / 2] ^= 1;
    h = sign(&(struct signing){.by = &w.t}, body);
    h.exchange.body.data = other_body;
    refused(h, 401); /* changed on its way */
}

static void signed_at_another_time(unsigned batch)
{
    static const int64_t ages_s[] = {301, 3600, YEAR_S, 10 * YEAR_S, -301, -3600, -10 * YEAR_S};
    for (size_t i = 0; i < ARRAY_LEN(ages_s); i++)
        refused(sign(&(struct signing){.by = &w.t, .age_s = ages_s[i]}, body_of(batch)), 401);
}

/* The journal's own order: what comes too early is not stored, and its sender is told what is wanted. */
static void sent_too_early(unsigned batch)
{
    struct journal_answer told;
    uint64_t before = durable();
    for (unsigned later = batch + 1; later < BATCHES; later++) {
        struct hostile h = sign(&(struct signing){.by = &w.t}, body_of(later));
        send(&h);
        assert_int_equal(answer.status, 200);
        assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
        assert_int_equal(told.status, JOURNAL_GAP);
        assert_int_equal(told.expected_seq, before + 1);
        assert_int_equal(durable(), before);
    }
}

static void genuine(unsigned batch, struct hostile *out_sent)
{
    struct journal_answer told;
    *out_sent = sign(&(struct signing){.by = &w.t, .nonce = "genuine"}, body_of(batch));
    send(out_sent);
    assert_int_equal(answer.status, 200);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.status, JOURNAL_STORED);
    assert_int_equal(told.durable_through, (uint64_t)(batch + 1) * RECORDS);
}

static void make_batches(void)
{
    for (unsigned i = 0; i < BATCHES; i++) {
        batch_start(&w.batches[i]);
        for (unsigned j = 0; j < RECORDS; j++) {
            struct body sale = {.kind = RECORD_SALE,
                                .sale = {.group = w.t.seq + 1,
                                         .gross_minor = 1000,
                                         .paid_minor = 1000,
                                         .tender = TENDER_CASH,
                                         .business_ms = START_MS}};
            batch_record(&w.batches[i], &w.t, &sale);
        }
        batch_seal(&w.batches[i], &w.t);
    }
}

static int run_remove(void *arg, struct store_tx *tx)
{
    return identity_remove(tx, *(uint32_t *)arg, "operator", "lost");
}

static int setup(void **state)
{
    struct enrol_ticket ticket;
    (void)state;
    fixture_open(&w.f);
    terminal_make(&w.t, &w.f, 1);
    terminal_enrol(&w.t, &w.f, w.f.shops[0]);
    terminal_make(&w.other, &w.f, 2);
    terminal_enrol(&w.other, &w.f, w.f.shops[1]); /* a peer of the same store may carry its copies */
    terminal_make(&w.removed, &w.f, 3);
    terminal_enrol(&w.removed, &w.f, w.f.shops[0]);
    assert_int_equal(fixture_write(&w.f, run_remove, &w.removed.id), 0);
    terminal_make(&w.waiting, &w.f, 4);
    make_ticket(&w.f, w.f.shops[0], &ticket);
    terminal_ask_enrol(&w.waiting, &ticket, &answer);
    make_batches();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(&w.f);
    return 0;
}

static void check_books(void)
{
    struct store_tx tx;
    struct journal_finding finding;
    char account[ACCOUNT_MAX], tender[ACCOUNT_MAX];
    int64_t cash = 0;
    assert_int_equal(store_read_begin(w.f.central->store, &tx), 0);
    assert_int_equal(journal_verify_all(&tx, &finding), 0);
    assert_int_equal(ledger_verify(&tx, account), 0);
    snprintf(tender, sizeof(tender), "tender/cash/s%u", w.f.shops[0]);
    assert_int_equal(ledger_balance(&tx, tender, UNIT_CNY, &cash), 0);
    store_read_end(&tx);
    assert_int_equal(cash, 1000 * BATCHES * RECORDS);
}

static void whatever_is_sent_between_them_every_event_arrives_once(void **state)
{
    static struct hostile sent[BATCHES];
    (void)state;
    for (unsigned i = 0; i < BATCHES; i++) {
        signed_wrongly(i);
        signed_at_another_time(i);
        sent_too_early(i);
        genuine(i, &sent[i]);
        for (unsigned j = 0; j <= i; j++)
            refused(sent[j], 401); /* word for word, a second time */
    }
    assert_int_equal(durable(), BATCHES * RECORDS);
    check_books();
}

static void after_a_restart_nothing_old_is_new_again(void **state)
{
    static struct hostile sent;
    (void)state;
    genuine(0, &sent);
    fixture_stop(&w.f);
    fixture_start(&w.f, true);
    refused(sent, 401);
    for (unsigned i = 1; i < BATCHES; i++)
        genuine(i, &sent);
    check_books();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(whatever_is_sent_between_them_every_event_arrives_once),
        CASE(after_a_restart_nothing_old_is_new_again),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests_name("chaos_requests", tests, NULL, NULL);
}
