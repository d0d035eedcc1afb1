#include "central/http.h"
#include "fixture.h"
#include "platform/http_client.h"
#include "platform/http_signature.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The whole way over real TLS, with central's own threads. Only the wall clock is a simulated one. */

struct wire {
    struct fixture f;
    struct central_http http;
    char url[64], pin[TLS_PIN_CAP];
    struct http_client *client;
};

static void transport_tls(void *context, const struct exchange *exchange, struct answer *out_answer)
{
    struct wire *wire = context;
    char url[192];
    snprintf(url, sizeof(url), "%s%s", wire->url, exchange->target);
    struct http_header headers[HTTP_SIGNATURE_HEADERS + 1];
    size_t count = 0;
    if (exchange->headers) {
        http_signature_headers(exchange->headers, headers);
        count = HTTP_SIGNATURE_HEADERS;
    }
    if (exchange->encoding[0])
        headers[count++] = (struct http_header){"Content-Encoding", exchange->encoding};
    struct http_client_request request = {
        .method = exchange->method,
        .url = url,
        .headers = headers,
        .header_count = count,
        .body = exchange->body,
        .pin = wire->pin,
        .timeout_ms = 30000,
        .wanted = {"Tillside-Time"},
    };
    static struct http_client_response response;
    buffer_init(&response.body, ANSWER_CAP);
    assert_int_equal(http_client_perform(wire->client, &request, &response), 0);
    out_answer->status = response.status;
    out_answer->len = response.body.len;
    if (response.body.len > 0)
        memcpy(out_answer->body, response.body.data, response.body.len);
    snprintf(out_answer->time, sizeof(out_answer->time), "%.23s", response.wanted[0]);
    buffer_finish(&response.body);
}

static int setup(void **state)
{
    static struct wire w;
    memset(&w, 0, sizeof(w));
    fixture_open(&w.f);
    fixture_stop(&w.f);
    fixture_start(&w.f, false);
    assert_int_equal(central_http_open(w.f.central, &w.http, NULL), 0);
    snprintf(w.url, sizeof(w.url), "https://127.0.0.1:%u", http_server_port(w.http.terminals));
    snprintf(w.pin, sizeof(w.pin), "%s", w.f.central->tls.pin);
    struct http_client_options options = {0};
    assert_int_equal(http_client_open(&options, &w.client), 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct wire *w = *state;
    http_client_close(w->client);
    central_http_close(&w->http);
    fixture_close(&w->f);
    return 0;
}

static void enrol(struct fake_terminal *t, struct wire *w, uint8_t seed)
{
    terminal_make(t, &w->f, seed);
    t->send = transport_tls;
    t->context = w;
    terminal_enrol(t, &w->f, w->f.shops[seed - 1]);
}

static void a_terminal_enrols_sells_and_reads_its_feed(void **state)
{
    struct wire *w = *state;
    struct fake_terminal t;
    enrol(&t, w, 1);
    struct body sale = {
        .kind = RECORD_SALE,
        .sale = {.group = 1,
                 .clerk = 1,
                 .gross_minor = 1000,
                 .paid_minor = 1000,
                 .tender = TENDER_CASH,
                 .business_ms = START_MS},
    };
    terminal_record(&t, &sale);
    struct feed_found found;
    terminal_find_in_feed(&t, FEED_SETTINGS, &found);
    assert_int_equal(found.count, 1);
}

static void every_answer_tells_centrals_time(void **state)
{
    struct wire *w = *state;
    static struct answer answer;
    char now[24];
    snprintf(now, sizeof(now), "%lld", (long long)clock_wall_ms(&w->f.clock.base));
    struct exchange health = {"GET", "/healthz", NULL, "", {NULL, 0}};
    transport_tls(w, &health, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.time, now);
    struct exchange nowhere = {"GET", "/v2/whatever", NULL, "", {NULL, 0}};
    transport_tls(w, &nowhere, &answer);
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.time, now);
}

static int run_news(void *arg, struct store_tx *tx)
{
    struct wire *w = arg;
    struct shop shop;
    int rc = identity_find_shop(tx, w->f.shops[0], &shop);
    shop.idle_s++;
    return rc < 0 ? rc : identity_update_shop(tx, &shop);
}

static void *wait_for_feed(void *arg)
{
    struct fake_terminal *t = arg;
    static struct answer answer;
    char target[96];
    snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=20", (unsigned long long)t->cursor.store,
             (unsigned long long)t->cursor.brand);
    terminal_send(t, "GET", target, (struct slice){NULL, 0}, &answer);
    struct feed_page_head head;
    struct feed_page_reader reader;
    assert_int_equal(answer.status, 200);
    assert_int_equal(feed_page_open((struct slice){answer.body, answer.len}, &head, &reader), 0);
    assert_int_equal(reader.left, 1);
    return NULL;
}

/* Whether the news comes before, while or after the poll looks, it is answered: the simulated clock never ends its
 * wait. */
static void news_reach_a_long_poll_through_the_wire(void **state)
{
    struct wire *w = *state;
    struct fake_terminal t;
    struct feed_found found;
    enrol(&t, w, 1);
    terminal_find_in_feed(&t, FEED_SETTINGS, &found);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_feed, &t), 0);
    assert_int_equal(fixture_write(&w->f, run_news, w), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void a_wrong_pin_ends_the_connection(void **state)
{
    struct wire *w = *state;
    struct tls_identity other;
    assert_int_equal(tls_identity_make("other", &other), 0);
    char url[96];
    snprintf(url, sizeof(url), "%s/healthz", w->url);
    struct http_client_request request = {.method = "GET", .url = url, .pin = other.pin, .timeout_ms = 10000};
    static struct http_client_response response;
    buffer_init(&response.body, 1024);
    assert_int_equal(http_client_perform(w->client, &request, &response), -EKEYREJECTED);
    buffer_finish(&response.body);
    tls_identity_finish(&other);
}

static void a_busy_port_is_named(void **state)
{
    struct wire *w = *state;
    struct central_http second = {0};
    const struct central_endpoint *which = NULL;
    uint16_t port = w->f.central->config.public_listen.port;
    w->f.central->config.public_listen.port = http_server_port(w->http.public_server);
    assert_int_equal(central_http_open(w->f.central, &second, &which), -EADDRINUSE);
    assert_ptr_equal(which, &w->f.central->config.public_listen);
    w->f.central->config.public_listen.port = port;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_terminal_enrols_sells_and_reads_its_feed),
        CASE(every_answer_tells_centrals_time),
        CASE(news_reach_a_long_poll_through_the_wire),
        CASE(a_wrong_pin_ends_the_connection),
        CASE(a_busy_port_is_named),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
