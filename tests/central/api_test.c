#include "central/store/journal.h"
#include "domain/cbor.h"
#include "fixture.h"
#include "platform/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct answer answer;
static struct batch batch;

static struct body sign_in(uint32_t clerk)
{
    return (struct body){.kind = RECORD_SIGN_IN, .sign_in = {.clerk = clerk, .method = SIGN_IN_PIN}};
}

static void refused_with(int status, const char *reason)
{
    assert_refused(&answer, status, reason);
}

static struct journal_answer journal_told(int status)
{
    struct journal_answer told;
    assert_int_equal(answer.status, status);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    return told;
}

static void fill(struct fake_terminal *t, unsigned count)
{
    batch_start(&batch);
    for (unsigned i = 0; i < count; i++) {
        struct body body = sign_in(i + 1);
        batch_record(&batch, t, &body);
    }
}

static void nothing_but_its_state_before_the_digits_were_confirmed(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal early;
    struct enrol_ticket ticket;
    char target[64];
    terminal_make(&early, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    terminal_ask_enrol(&early, &ticket, &answer);
    terminal_send(&early, "GET", "/v1/feed?store=0&brand=0", (struct slice){NULL, 0}, &answer);
    refused_with(403, "not_confirmed");
    snprintf(target, sizeof(target), "/v1/enrol/%s", early.key_id);
    terminal_send(&early, "GET", target, (struct slice){NULL, 0}, &answer);
    assert_int_equal(answer.status, 200);
    terminal_send(&w->t, "GET", target, (struct slice){NULL, 0}, &answer);
    refused_with(403, "not_yours");
}

static int run_remove(void *arg, struct store_tx *tx)
{
    return identity_remove(tx, *(uint32_t *)arg, "operator", "stolen");
}

static void a_removed_terminal_is_shut_out(void **state)
{
    struct shop_world *w = *state;
    assert_int_equal(fixture_write(&w->f, run_remove, &w->t.id), 0);
    terminal_send(&w->t, "GET", "/v1/feed?store=0&brand=0", (struct slice){NULL, 0}, &answer);
    refused_with(403, "removed");
}

/* ---- signatures */

static void an_unsigned_request_is_refused(void **state)
{
    struct shop_world *w = *state;
    struct exchange bare = {"GET", "/v1/feed?store=0&brand=0", NULL, "", {NULL, 0}};
    transport_direct(&w->f, &bare, &answer);
    refused_with(401, "missing");
}

static void a_replayed_request_is_refused(void **state)
{
    struct shop_world *w = *state;
    struct signature_headers headers;
    fill(&w->t, 1);
    batch_seal(&batch, &w->t);
    struct slice body = {batch.bytes, batch.len};
    terminal_sign(&w->t, &(struct signature_message){"POST", "/v1/journal", body}, &headers);
    struct exchange exchange = {"POST", "/v1/journal", &headers, "", body};
    transport_direct(&w->f, &exchange, &answer);
    assert_int_equal(answer.status, 200);
    transport_direct(&w->f, &exchange, &answer);
    refused_with(401, "replayed");
}

static void a_request_from_another_time_is_told_the_time(void **state)
{
    struct shop_world *w = *state;
    struct signature_headers headers;
    struct slice none = {NULL, 0};
    terminal_sign(&w->t, &(struct signature_message){"GET", "/v1/feed?store=0&brand=0", none}, &headers);
    sim_clock_advance(&w->f.clock, 301 * 1000);
    struct exchange late = {"GET", "/v1/feed?store=0&brand=0", &headers, "", none};
    transport_direct(&w->f, &late, &answer);
    refused_with(401, "stale");
    assert_int_equal(strtoll(answer.time, NULL, 10), clock_wall_ms(&w->f.clock.base));
}

static void another_terminals_key_signs_nothing(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal thief;
    terminal_make(&thief, &w->f, 9);
    thief.id = w->t.id;
    snprintf(thief.key_id, sizeof(thief.key_id), "t%u", w->t.id);
    terminal_send(&thief, "GET", "/v1/feed?store=0&brand=0", (struct slice){NULL, 0}, &answer);
    refused_with(401, "invalid");
}

static void a_batch_must_be_signed_by_its_terminal(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal other;
    terminal_make(&other, &w->f, 2);
    terminal_enrol(&other, &w->f, w->f.shops[1]);
    fill(&w->t, 1);
    batch_seal(&batch, &other); /* says it is t's, signed by the other */
    terminal_send(&w->t, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    refused_with(401, "batch_signature");
    terminal_send(&other, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    refused_with(403, "not_yours");
}

/* ---- bodies */

static void a_body_over_the_limit_is_refused(void **state)
{
    struct shop_world *w = *state;
    static uint8_t big[BATCH_BYTES_MAX + 1];
    terminal_send(&w->t, "POST", "/v1/journal", (struct slice){big, sizeof(big)}, &answer);
    refused_with(413, "too_large");
}

static void send_packed(struct shop_world *w, struct slice packed)
{
    struct signature_headers headers;
    terminal_sign(&w->t, &(struct signature_message){"POST", "/v1/journal", packed}, &headers);
    struct exchange exchange = {"POST", "/v1/journal", &headers, "zstd", packed};
    transport_direct(&w->f, &exchange, &answer);
}

static void a_compression_bomb_costs_one_buffer(void **state)
{
    struct shop_world *w = *state;
    static uint8_t zeros[64 * 1024 * 1024], packed[64 * 1024];
    struct compress *compress = NULL;
    size_t len = 0;
    assert_int_equal(compress_open(3, &compress), 0);
    assert_int_equal(compress_pack(compress, (struct slice){zeros, sizeof(zeros)}, packed, sizeof(packed), &len), 0);
    compress_close(compress);
    send_packed(w, (struct slice){packed, len});
    refused_with(413, "too_large");
}

static void a_packed_batch_is_the_same_batch(void **state)
{
    struct shop_world *w = *state;
    static uint8_t packed[BATCH_BYTES_MAX];
    struct compress *compress = NULL;
    size_t len = 0;
    fill(&w->t, 100);
    batch_seal(&batch, &w->t);
    assert_int_equal(compress_open(3, &compress), 0);
    assert_int_equal(compress_pack(compress, (struct slice){batch.bytes, batch.len}, packed, sizeof(packed), &len), 0);
    compress_close(compress);
    send_packed(w, (struct slice){packed, len});
    assert_int_equal(journal_told(200).durable_through, 100);
}

static void rubbish_is_malformed_and_changes_nothing(void **state)
{
    struct shop_world *w = *state;
    static const uint8_t rubbish[] = {0x83, 0x01, 0xff, 0x00};
    terminal_send(&w->t, "POST", "/v1/journal", (struct slice){rubbish, sizeof(rubbish)}, &answer);
    refused_with(400, "malformed");
    send_packed(w, (struct slice){rubbish, sizeof(rubbish)});
    refused_with(400, "malformed");
    terminal_send(&w->t, "POST", "/v1/authority/right", (struct slice){rubbish, sizeof(rubbish)}, &answer);
    refused_with(400, "malformed");
    terminal_send(&w->t, "GET", "/v1/feed?store=x&brand=0", (struct slice){NULL, 0}, &answer);
    refused_with(400, "cursor");
    terminal_send(&w->t, "GET", "/v1/nothing", (struct slice){NULL, 0}, &answer);
    refused_with(404, "not_found");
}

/* ---- journal */

static void a_gap_names_the_record_that_is_wanted(void **state)
{
    struct shop_world *w = *state;
    fill(&w->t, 2);
    fill(&w->t, 3); /* the first two never arrive */
    batch_upload(&batch, &w->t, &answer);
    struct journal_answer told = journal_told(200);
    assert_int_equal(told.status, JOURNAL_GAP);
    assert_int_equal(told.expected_seq, 1);
    assert_int_equal(told.durable_through, 0);
}

static void records_sent_twice_are_stored_once(void **state)
{
    struct shop_world *w = *state;
    fill(&w->t, 5);
    batch_upload(&batch, &w->t, &answer);
    batch_upload(&batch, &w->t, &answer);
    struct journal_answer told = journal_told(200);
    assert_int_equal(told.status, JOURNAL_STORED);
    assert_int_equal(told.durable_through, 5);
    assert_int_equal(w->f.central->metrics.duplicates, 5);
    assert_int_equal(w->f.central->metrics.records, 5);
}

static void a_fork_goes_to_quarantine_and_the_journal_stands(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal clone = w->t;
    fill(&w->t, 3);
    batch_upload(&batch, &w->t, &answer);
    clone.nonce = 1000;
    sim_clock_advance(&w->f.clock, 5);
    fill(&clone, 2); /* the same numbers, other records */
    batch_upload(&batch, &clone, &answer);
    struct journal_answer told = journal_told(409);
    assert_int_equal(told.status, JOURNAL_FORK);
    assert_int_equal(told.durable_through, 3);
    fill(&w->t, 1);
    batch_upload(&batch, &w->t, &answer);
    assert_int_equal(journal_told(200).durable_through, 4);
    struct store_tx tx;
    struct journal_finding finding;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(journal_verify_all(&tx, &finding), 0);
    store_read_end(&tx);
}

static void an_unknown_kind_is_kept_verbatim(void **state)
{
    struct shop_world *w = *state;
    static const uint8_t future[] = {0xa1, 0x00, 0x19, 0x12, 0x34};
    batch_start(&batch);
    batch_raw_record(&batch, &w->t, 77, (struct slice){future, sizeof(future)});
    batch_upload(&batch, &w->t, &answer);
    assert_int_equal(journal_told(200).durable_through, 1);
    struct store_tx tx;
    struct journal_entry entry;
    uint8_t body[RECORD_BODY_MAX];
    struct record_id id = {w->t.id, w->t.incarnation, 1};
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(journal_find(&tx, id, body, &entry), 0);
    store_read_end(&tx);
    assert_int_equal(entry.record.kind, 77);
    assert_int_equal(entry.record.body.len, sizeof(future));
    assert_memory_equal(body, future, sizeof(future));
}

static void an_unreadable_body_does_not_hold_up_the_rest(void **state)
{
    struct shop_world *w = *state;
    static const uint8_t broken[] = {0xff};
    batch_start(&batch);
    batch_raw_record(&batch, &w->t, RECORD_REDEMPTION, (struct slice){broken, sizeof(broken)});
    struct body body = sign_in(1);
    batch_record(&batch, &w->t, &body);
    batch_upload(&batch, &w->t, &answer);
    assert_int_equal(journal_told(200).durable_through, 2);
}

static void a_batch_whose_chain_breaks_stores_nothing(void **state)
{
    struct shop_world *w = *state;
    fill(&w->t, 3);
    batch_seal(&batch, &w->t);
    batch.bytes[batch.len - 1] ^= 1; /* the last body's last byte; the head and its signature are whole */
    terminal_send(&w->t, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    refused_with(400, "malformed");
    struct store_tx tx;
    struct journal_marks marks;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(journal_marks_read(&tx, w->t.id, w->t.incarnation, &marks), 0);
    store_read_end(&tx);
    assert_int_equal(marks.durable_through, 0);
}

/* ---- feed */

struct poll {
    struct signature_headers headers;
    struct central_request request;
    struct answer answer;
};

static void take(void *context, const struct central_reply *reply)
{
    struct poll *poll = context;
    poll->answer.status = reply->status;
    poll->answer.len = reply->body.len;
    memcpy(poll->answer.body, reply->body.data, reply->body.len);
}

static void start_poll(struct shop_world *w, struct poll *poll)
{
    static const char target[] = "/v1/feed?store=1000&brand=1000&wait=25";
    poll->answer.status = 0;
    terminal_sign(&w->t, &(struct signature_message){"GET", target, {NULL, 0}}, &poll->headers);
    poll->request = (struct central_request){
        .method = "GET",
        .target = target,
        .content_digest = poll->headers.content_digest,
        .signature_input = poll->headers.signature_input,
        .signature = poll->headers.signature,
        .content_encoding = "",
    };
}

static int run_news(void *arg, struct store_tx *tx)
{
    struct shop_world *w = arg;
    struct shop shop;
    int rc = identity_find_shop(tx, w->f.shops[0], &shop);
    strcpy(shop.address, "Nanjing Road 1");
    return rc < 0 ? rc : identity_update_shop(tx, &shop);
}

static void a_waiting_feed_is_woken_by_news_of_its_store(void **state)
{
    struct shop_world *w = *state;
    static struct poll poll;
    char target[96];
    struct feed_found found;
    terminal_find_in_feed(&w->t, FEED_SETTINGS, &found);
    start_poll(w, &poll);
    snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=25", (unsigned long long)w->t.cursor.store,
             (unsigned long long)w->t.cursor.brand);
    terminal_sign(&w->t, &(struct signature_message){"GET", target, {NULL, 0}}, &poll.headers);
    poll.request.target = target;
    central_handle(w->f.central, &poll.request, take, &poll);
    central_tick(w->f.central);
    assert_int_equal(poll.answer.status, 0);
    assert_int_equal(fixture_write(&w->f, run_news, w), 0);
    central_tick(w->f.central);
    assert_int_equal(poll.answer.status, 200);
    struct feed_page_head head;
    struct feed_page_reader reader;
    assert_int_equal(feed_page_open((struct slice){poll.answer.body, poll.answer.len}, &head, &reader), 0);
    assert_int_equal(reader.left, 1);
}

static void a_feed_without_news_answers_empty_when_its_wait_is_over(void **state)
{
    struct shop_world *w = *state;
    struct feed_found found;
    terminal_find_in_feed(&w->t, FEED_SETTINGS, &found);
    assert_int_equal(found.count, 1);
    char target[96];
    snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=25", (unsigned long long)w->t.cursor.store,
             (unsigned long long)w->t.cursor.brand);
    terminal_send(&w->t, "GET", target, (struct slice){NULL, 0}, &answer); /* lets 30 s pass when it waits */
    assert_int_equal(answer.status, 200);
    struct feed_page_head head;
    struct feed_page_reader reader;
    assert_int_equal(feed_page_open((struct slice){answer.body, answer.len}, &head, &reader), 0);
    assert_int_equal(reader.left, 0);
    assert_int_equal(head.through.store, w->t.cursor.store);
}

static void a_new_terminal_learns_keyset_settings_and_its_peers(void **state)
{
    struct shop_world *w = *state;
    struct feed_found found;
    terminal_find_in_feed(&w->t, FEED_KEYSET, &found);
    struct keyset set;
    assert_int_equal(keyset_open(found.body, found.len, w->f.central->keys.root_public, &set), 0);
    assert_int_equal(set.brand, w->f.brand);
    w->t.cursor = (struct feed_cursor){0, 0};
    terminal_find_in_feed(&w->t, FEED_TERMINAL, &found);
    struct feed_terminal peer;
    assert_int_equal(feed_terminal_decode((struct slice){found.body, found.len}, &peer), 0);
    assert_true(peer.primary);
    assert_memory_equal(peer.public_key, w->t.pair.public_key, PUBLIC_KEY_LEN);
    w->t.cursor = (struct feed_cursor){0, 0};
    terminal_find_in_feed(&w->t, FEED_SETTINGS, &found);
    struct feed_settings settings;
    assert_int_equal(feed_settings_decode((struct slice){found.body, found.len}, &settings), 0);
    assert_int_equal(settings.primary_terminal, w->t.id);
}

/* ---- codes, health */

static void short_codes_cannot_be_guessed_for_long(void **state)
{
    struct shop_world *w = *state;
    struct authority_request ask = {.request_id = {1}};
    strcpy(ask.shortcode, "000000000000");
    struct authority_answer told;
    for (int i = 0; i < 10; i++) {
        terminal_ask(&w->t, "code", &ask, &told);
        assert_int_equal(told.verdict, AUTHORITY_UNKNOWN);
    }
    uint8_t body[256];
    size_t len = 0;
    assert_int_equal(authority_request_encode(&ask, body, sizeof(body), &len), 0);
    terminal_send(&w->t, "POST", "/v1/authority/code", (struct slice){body, len}, &answer);
    refused_with(429, "too_many_codes");
    sim_clock_advance(&w->f.clock, 61 * 1000);
    terminal_ask(&w->t, "code", &ask, &told);
    assert_int_equal(told.verdict, AUTHORITY_UNKNOWN);
}

static void health_metrics_and_description_need_no_key(void **state)
{
    struct shop_world *w = *state;
    struct exchange health = {"GET", "/healthz", NULL, "", {NULL, 0}};
    transport_direct(&w->f, &health, &answer);
    assert_int_equal(answer.status, 200);
    struct exchange metrics = {"GET", "/metrics", NULL, "", {NULL, 0}};
    transport_direct(&w->f, &metrics, &answer);
    answer.body[answer.len] = '\0';
    assert_non_null(strstr((const char *)answer.body, "\ntillside_requests_total "));
    assert_non_null(strstr((const char *)answer.body, "\ntillside_store_bytes "));
    struct exchange described = {"GET", "/openapi.yaml", NULL, "", {NULL, 0}};
    transport_direct(&w->f, &described, &answer);
    assert_memory_equal(answer.body, "openapi: 3", 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_world_setup, shop_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_but_its_state_before_the_digits_were_confirmed),
        CASE(a_removed_terminal_is_shut_out),
        CASE(an_unsigned_request_is_refused),
        CASE(a_replayed_request_is_refused),
        CASE(a_request_from_another_time_is_told_the_time),
        CASE(another_terminals_key_signs_nothing),
        CASE(a_batch_must_be_signed_by_its_terminal),
        CASE(a_body_over_the_limit_is_refused),
        CASE(a_compression_bomb_costs_one_buffer),
        CASE(a_packed_batch_is_the_same_batch),
        CASE(rubbish_is_malformed_and_changes_nothing),
        CASE(a_gap_names_the_record_that_is_wanted),
        CASE(records_sent_twice_are_stored_once),
        CASE(a_fork_goes_to_quarantine_and_the_journal_stands),
        CASE(an_unknown_kind_is_kept_verbatim),
        CASE(an_unreadable_body_does_not_hold_up_the_rest),
        CASE(a_batch_whose_chain_breaks_stores_nothing),
        CASE(a_waiting_feed_is_woken_by_news_of_its_store),
        CASE(a_feed_without_news_answers_empty_when_its_wait_is_over),
        CASE(a_new_terminal_learns_keyset_settings_and_its_peers),
        CASE(short_codes_cannot_be_guessed_for_long),
        CASE(health_metrics_and_description_need_no_key),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
