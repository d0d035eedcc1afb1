#include "cmocka_all.h"

#include "platform/encoding.h"
#include "platform/http_server.h"
#include "sync/sync.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The HTTPS transport against a real server on loopback. */

struct place {
    struct tls_identity identity;
    struct http_server *server;
    struct sync_transport transport;
    uint8_t pin[HASH_LEN];
    char url[64];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct http_request *slow; /* deferred: ours to answer */
    uint8_t body[256];
};

static void handle_echo(struct http_request *request, void *context)
{
    const char *encoding = http_request_header(request, "Content-Encoding");
    const char *signature = http_request_header(request, "Signature");
    const struct http_header headers[] = {{"Tillside-Time", "1795000000123"}, {"Retry-After", "7"}};
    bool whole = encoding != NULL && strcmp(encoding, "zstd") == 0 && signature != NULL &&
                 strcmp(signature, "sig=:x:") == 0 && http_request_header(request, "Signature-Input") != NULL &&
                 http_request_header(request, "Content-Digest") != NULL;
    struct http_reply reply = {.status = whole ? 200 : 400,
                               .content_type = "application/cbor",
                               .body = http_request_body(request),
                               .headers = headers,
                               .header_count = 2};

    (void)context;
    http_request_answer(request, &reply);
}

static void handle_slow(struct http_request *request, void *context)
{
    struct place *place = context;

    http_request_defer(request);
    pthread_mutex_lock(&place->mutex);
    place->slow = request;
    pthread_cond_broadcast(&place->changed);
    pthread_mutex_unlock(&place->mutex);
}

static int open_place(void **state)
{
    static const struct http_route routes[] = {{"POST", "/echo", handle_echo, 4096}, {"GET", "/slow", handle_slow, 0}};
    static struct place place;
    struct http_server_options options = {.routes = routes, .route_count = 2, .context = &place};
    const char *base64;
    size_t len;

    memset(&place, 0, sizeof(place));
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&place.mutex, NULL);
    pthread_cond_init(&place.changed, NULL);
    assert_int_equal(tls_identity_make("central", &place.identity), 0);
    base64 = place.identity.pin + strlen("sha256//");
    assert_int_equal(base64_decode(base64, strlen(base64), place.pin, sizeof(place.pin), &len), 0);
    options.tls = &place.identity;
    assert_int_equal(http_server_open(&options, &place.server), 0);
    snprintf(place.url, sizeof(place.url), "https://127.0.0.1:%u", (unsigned)http_server_port(place.server));
    assert_int_equal(sync_transport_https(&place.transport), 0);
    place.transport.ops->target(place.transport.self, place.url, place.pin);
    *state = &place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    place->transport.ops->close(place->transport.self);
    http_server_close(place->server);
    if (place->slow != NULL)
        http_request_answer_error(place->slow, 503, "closing");
    tls_identity_finish(&place->identity);
    return 0;
}

static int exchange(struct place *place, const struct sync_request *request, struct sync_response *out_response)
{
    *out_response = (struct sync_response){.body = place->body, .cap = sizeof(place->body)};
    return place->transport.ops->exchange(place->transport.self, request, out_response);
}

static const struct sync_request echo = {.method = "POST",
                                         .path = "/echo",
                                         .body = {(const uint8_t *)"hello", 5},
                                         .compressed = true,
                                         .signature_input = "sig=()",
                                         .signature = "sig=:x:",
                                         .content_digest = "sha-256=:x:",
                                         .timeout_ms = 10000};

static void body_headers_and_centrals_time_go_through(void **state)
{
    struct place *place = *state;
    struct sync_response response;

    assert_int_equal(exchange(place, &echo, &response), 0);

    assert_int_equal(response.status, 200);
    assert_int_equal(response.len, 5);
    assert_memory_equal(response.body, "hello", 5);
    assert_int_equal(response.server_ms, 1795000000123);
    assert_int_equal(response.retry_after_s, 7);
}

static void another_servers_key_is_refused(void **state)
{
    struct place *place = *state;
    struct sync_response response;

    place->pin[0] ^= 1;
    place->transport.ops->target(place->transport.self, place->url, place->pin);

    assert_int_equal(exchange(place, &echo, &response), -EKEYREJECTED);
}

static void an_answer_too_large_for_the_caller_is_refused(void **state)
{
    struct place *place = *state;
    struct sync_request request = echo;
    struct sync_response response;
    uint8_t large[300] = {0};

    request.body = (struct slice){large, sizeof(large)};

    assert_int_equal(exchange(place, &request, &response), -E2BIG);
}

static void nowhere_to_go_is_an_error(void **state)
{
    struct place *place = *state;
    struct sync_transport transport;
    struct sync_response response = {.body = place->body, .cap = sizeof(place->body)};

    assert_int_equal(sync_transport_https(&transport), 0);
    assert_int_equal(transport.ops->exchange(transport.self, &echo, &response), -EDESTADDRREQ);
    transport.ops->close(transport.self);
}

static void *wait_slowly(void *context)
{
    static const struct sync_request slow = {.method = "GET", .path = "/slow", .timeout_ms = 60000};
    struct place *place = context;
    struct sync_response response;
    int r = exchange(place, &slow, &response);

    return r == -ECANCELED ? place : NULL;
}

static void a_long_poll_ends_when_it_is_cancelled_and_the_next_call_works(void **state)
{
    struct place *place = *state;
    struct sync_response response;
    pthread_t thread;
    void *cancelled;

    assert_int_equal(pthread_create(&thread, NULL, wait_slowly, place), 0);
    pthread_mutex_lock(&place->mutex);
    while (place->slow == NULL)
        pthread_cond_wait(&place->changed, &place->mutex);
    pthread_mutex_unlock(&place->mutex);
    place->transport.ops->cancel(place->transport.self);
    assert_int_equal(pthread_join(thread, &cancelled), 0);

    assert_ptr_equal(cancelled, place);
    assert_int_equal(exchange(place, &echo, &response), 0);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(body_headers_and_centrals_time_go_through),
        WITH_PLACE(another_servers_key_is_refused),
        WITH_PLACE(an_answer_too_large_for_the_caller_is_refused),
        WITH_PLACE(nowhere_to_go_is_an_error),
        WITH_PLACE(a_long_poll_ends_when_it_is_cancelled_and_the_next_call_works),
    };

    return cmocka_run_group_tests_name("sync_https", tests, NULL, NULL);
}
