#include "http_fixture.h"

#include "platform/http_signature.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void an_answer_brings_status_body_and_the_wanted_headers(void **state)
{
    struct http_fixture *fixture = *state;
    char url[128];
    struct http_header header = {"X-Test", "seen"};
    snprintf(url, sizeof(url), "%s/echo/1/x/2", fixture->url);
    struct http_client_request request = {
        .method = "GET", .url = url, .headers = &header, .header_count = 1, .timeout_ms = 10000};
    request.wanted[0] = "content-type";
    request.wanted[1] = "X-ECHO";
    request.wanted[2] = "X-Absent";
    request.wanted[3] = "Date";
    assert_int_equal(http_client_perform(fixture->client, &request, &fixture->response), 0);
    assert_int_equal(fixture->response.status, 200);
    assert_string_equal(fixture->response.wanted[0], "text/plain");
    assert_string_equal(fixture->response.wanted[1], "seen");
    assert_string_equal(fixture->response.wanted[2], "");
    assert_true(strlen(fixture->response.wanted[3]) > 20);
}

static void an_answer_over_the_limit_is_cut_off(void **state)
{
    struct http_fixture *fixture = *state;
    buffer_finish(&fixture->response.body);
    buffer_init(&fixture->response.body, 4);
    assert_int_equal(http_fixture_get(fixture, "/hello"), -E2BIG);
    buffer_finish(&fixture->response.body);
    buffer_init(&fixture->response.body, 5);
    assert_int_equal(http_fixture_get(fixture, "/hello"), 0);
}

/* A label longer than the 63 characters that names may have: no name server needs to be asked. */
#define NO_NAME "http://0123456789012345678901234567890123456789012345678901234567890123456789.invalid/"

static void each_failure_has_its_errno(void **state)
{
    struct http_fixture *fixture = *state;
    char closed[64], silent[64];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, so that nobody else gets the port, but not listening */
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(closed, sizeof(closed), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    address.sin_port = 0;
    int silent_fd = socket(AF_INET, SOCK_STREAM, 0); /* accepts into its queue and never answers */
    assert_int_equal(bind(silent_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(silent_fd, 4), 0);
    assert_int_equal(getsockname(silent_fd, (struct sockaddr *)&address, &len), 0);
    snprintf(silent, sizeof(silent), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    const struct {
        const char *url;
        int error;
    } cases[] = {
        {closed, -ECONNREFUSED},          {silent, -ETIMEDOUT},
        {NO_NAME, -EHOSTUNREACH},         {"file:///etc/hostname", -EINVAL},
        {"gopher://127.0.0.1/", -EINVAL}, {"http://[broken/", -EINVAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_client_request request = {.method = "GET", .url = cases[i].url, .timeout_ms = 300};
        if (cases[i].error != -ETIMEDOUT)
            request.timeout_ms = 10000;
        assert_int_equal(http_client_perform(fixture->client, &request, &fixture->response), cases[i].error);
        assert_true(strlen(http_client_message(fixture->client)) > 0);
    }
    close(silent_fd);
    close(fd);
}

/* Answers one request, takes a second one on the same connection, and is gone. */
static void *vanish(void *argument)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    int listening = *(int *)argument, fd = accept(listening, NULL, NULL);
    char request[4096];
    assert_true(fd >= 0);
    assert_true(read(fd, request, sizeof(request)) > 0);
    assert_int_equal(write(fd, answer, sizeof(answer) - 1), sizeof(answer) - 1);
    assert_true(read(fd, request, sizeof(request)) > 0);
    close(listening);
    close(fd);
    return NULL;
}

static void what_was_sent_before_the_server_vanished_is_not_called_refused(void **state)
{
    struct http_fixture *fixture = *state;
    char url[64];
    pthread_t thread;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&thread, NULL, vanish, &fd), 0);
    struct http_client_request request = {.method = "GET", .url = url, .timeout_ms = 10000};
    assert_int_equal(http_client_perform(fixture->client, &request, &fixture->response), 0);
    assert_int_equal(http_client_perform(fixture->client, &request, &fixture->response), -ECONNRESET);
    pthread_join(thread, NULL);
    assert_int_equal(http_client_perform(fixture->client, &request, &fixture->response), -ECONNREFUSED);
}

static void the_environments_proxy_is_not_asked(void **state)
{
    struct http_fixture *fixture = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    int error = http_fixture_get(fixture, "/hello");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    assert_int_equal(error, 0);
}

static int get_pinned(struct http_fixture *fixture, const char *pin)
{
    char url[128];
    snprintf(url, sizeof(url), "%s/hello", fixture->url);
    struct http_client_request request = {.method = "GET", .url = url, .pin = pin, .timeout_ms = 10000};
    return http_client_perform(fixture->client, &request, &fixture->response);
}

static void only_the_pinned_key_is_spoken_to(void **state)
{
    (void)state;
    struct http_fixture fixture;
    struct tls_identity identity, other;
    assert_int_equal(tls_identity_make("central", &identity), 0);
    assert_int_equal(tls_identity_make("central", &other), 0);
    http_fixture_open(&fixture, &identity);
    assert_int_equal(get_pinned(&fixture, identity.pin), 0);
    assert_int_equal(fixture.response.status, 200);
    assert_string_equal(buffer_text(&fixture.response.body), "hello");
    /* Also over a client that holds an open connection made under the right pin. */
    assert_int_equal(get_pinned(&fixture, other.pin), -EKEYREJECTED);
    assert_int_equal(get_pinned(&fixture, NULL), -EKEYREJECTED);
    assert_int_equal(get_pinned(&fixture, identity.pin), 0);
    fixture.url[4] = ':'; /* http: – a pin must not be ignored in silence */
    memmove(fixture.url + 5, fixture.url + 6, strlen(fixture.url + 6) + 1);
    assert_int_equal(get_pinned(&fixture, identity.pin), -EINVAL);
    http_fixture_close(&fixture);
    tls_identity_finish(&identity);
    tls_identity_finish(&other);
}

static void *get_wait(void *argument)
{
    struct http_fixture *fixture = argument;
    return (void *)(intptr_t)http_fixture_get(fixture, "/wait");
}

static void a_deferred_request_is_answered_by_another_thread(void **state)
{
    struct http_fixture *fixture = *state;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, get_wait, fixture), 0);
    struct http_request *request = http_fixture_take(fixture);
    assert_string_equal(http_request_target(request), "/wait");
    http_request_answer_text(request, 200, "text/plain", "at last");
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 0);
    assert_int_equal(fixture->response.status, 200);
    assert_string_equal(buffer_text(&fixture->response.body), "at last");
}

static void an_answer_may_overtake_the_handlers_return(void **state)
{
    struct http_fixture *fixture = *state;
    for (int i = 0; i < 200; i++) {
        char body[32];
        snprintf(body, sizeof(body), "number %d", i);
        assert_int_equal(http_fixture_post(fixture, "/later", body, strlen(body)), 0);
        assert_int_equal(fixture->response.status, 200);
        assert_string_equal(buffer_text(&fixture->response.body), body);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void cancelling_ends_a_long_poll_and_only_that(void **state)
{
    struct http_fixture *fixture = *state;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, get_wait, fixture), 0);
    struct http_request *request = http_fixture_take(fixture);
    int64_t before_ms = now_ms();
    http_client_cancel(fixture->client);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, -ECANCELED);
    assert_true(now_ms() - before_ms < 2000); /* the request itself would have taken 10 s */
    assert_int_equal(http_fixture_get(fixture, "/hello"), 0);
    http_request_answer_error(request, 200, "too_late");
}

static void cancelling_before_a_request_cancels_the_next_one(void **state)
{
    struct http_fixture *fixture = *state;
    http_client_cancel(fixture->client);
    assert_int_equal(http_fixture_get(fixture, "/hello"), -ECANCELED);
    assert_int_equal(http_fixture_get(fixture, "/hello"), 0);
}

static void closing_answers_deferred_requests_and_late_answers_do_no_harm(void **state)
{
    struct http_fixture *fixture = *state;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, get_wait, fixture), 0);
    struct http_request *request = http_fixture_take(fixture);
    http_server_close(fixture->server);
    fixture->server = NULL;
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 0);
    assert_int_equal(fixture->response.status, 503);
    assert_string_equal(buffer_text(&fixture->response.body), "{\"error\":\"closing\"}");
    assert_string_equal(http_request_target(request), "/wait"); /* still the holder's */
    http_request_answer_text(request, 200, "text/plain", "nobody hears this");
    assert_int_equal(http_fixture_get(fixture, "/hello"), -ECONNREFUSED);
}

#define CALLERS 8

struct caller {
    struct http_fixture *fixture;
    int wrong;
};

static void *call_many(void *argument)
{
    struct caller *caller = argument;
    struct http_fixture own = {.client = NULL};
    struct http_client_options options = {0};
    memcpy(own.url, caller->fixture->url, sizeof(own.url));
    buffer_init(&own.response.body, 4000);
    if (http_client_open(&options, &own.client))
        return NULL;
    for (int i = 0; i < 50; i++) {
        char body[32];
        snprintf(body, sizeof(body), "%p %d", argument, i);
        int error = http_fixture_post(&own, i % 2 ? "/later" : "/body", body, strlen(body));
        caller->wrong += error || strcmp(buffer_text(&own.response.body), body) != 0;
    }
    http_client_close(own.client);
    buffer_finish(&own.response.body);
    return argument;
}

static void many_callers_at_once_each_get_their_own_answer(void **state)
{
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){*state, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, call_many, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_non_null(done);
        assert_int_equal(callers[i].wrong, 0);
    }
}

struct signed_server {
    struct key_pair pair;
    enum signature_verdict verdict;
    struct http_server *server;
};

static int lookup(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN])
{
    struct signed_server *server = context;
    if (strcmp(key_id, server->pair.id) != 0)
        return -ENOENT;
    memcpy(out_public_key, server->pair.public_key, KEY_PUBLIC_LEN);
    return 0;
}

static void check_signature(struct http_request *request, void *context)
{
    struct signed_server *server = context;
    struct signature_params params;
    struct signature_policy policy = {
        .now_s = 1000000, .max_skew_s = 60, .tag = "t", .lookup = lookup, .context = server};
    int error = http_signature_verify(request, &policy, &params, &server->verdict);
    http_request_answer_error(request, error ? 500 : 200, signature_verdict_name(server->verdict));
}

static void a_signed_request_is_recognised_over_the_wire(void **state)
{
    (void)state;
    static const struct http_route routes[] = {{"POST", "/v1/{what}", check_signature, 100}};
    struct signed_server server = {.verdict = SIGNATURE_MISSING};
    struct http_fixture fixture = {.client = NULL};
    struct http_server_options options = {.routes = routes, .route_count = 1, .context = &server};
    struct http_client_options client_options = {0};
    struct signature_params params = {.created_s = 1000030, .nonce = "abc", .tag = "t"};
    struct signature_message message = {"POST", "/v1/j%2Fx?a=%20+b", {(const uint8_t *)"body", 4}};
    struct signature_headers signed_values;
    struct http_header headers[HTTP_SIGNATURE_HEADERS + 1];
    char url[128];
    key_pair_make(&server.pair, random_real());
    assert_int_equal(http_server_open(&options, &server.server), 0);
    assert_int_equal(http_client_open(&client_options, &fixture.client), 0);
    buffer_init(&fixture.response.body, 1000);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_server_port(server.server), message.target);
    assert_int_equal(signature_sign(&message, &params, &server.pair, &signed_values), 0);
    http_signature_headers(&signed_values, headers);
    struct http_client_request request = {.method = "POST",
                                          .url = url,
                                          .body = message.body,
                                          .headers = headers,
                                          .header_count = HTTP_SIGNATURE_HEADERS,
                                          .timeout_ms = 10000};
    assert_int_equal(http_client_perform(fixture.client, &request, &fixture.response), 0);
    assert_string_equal(buffer_text(&fixture.response.body), "{\"error\":\"valid\"}");

    headers[HTTP_SIGNATURE_HEADERS] = headers[2]; /* a header twice */
    request.header_count++;
    assert_int_equal(http_client_perform(fixture.client, &request, &fixture.response), 0);
    assert_int_equal(server.verdict, SIGNATURE_MALFORMED);
    request.header_count = 1;
    assert_int_equal(http_client_perform(fixture.client, &request, &fixture.response), 0);
    assert_int_equal(server.verdict, SIGNATURE_MISSING);
    request.header_count = HTTP_SIGNATURE_HEADERS;
    request.body.len = 3;
    assert_int_equal(http_client_perform(fixture.client, &request, &fixture.response), 0);
    assert_int_equal(server.verdict, SIGNATURE_DIGEST_MISMATCH);
    http_client_close(fixture.client);
    http_server_close(server.server);
    buffer_finish(&fixture.response.body);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, http_fixture_setup, http_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_answer_brings_status_body_and_the_wanted_headers),
        WITH_SERVER(an_answer_over_the_limit_is_cut_off),
        WITH_SERVER(each_failure_has_its_errno),
        WITH_SERVER(what_was_sent_before_the_server_vanished_is_not_called_refused),
        WITH_SERVER(the_environments_proxy_is_not_asked),
        cmocka_unit_test(only_the_pinned_key_is_spoken_to),
        WITH_SERVER(a_deferred_request_is_answered_by_another_thread),
        WITH_SERVER(an_answer_may_overtake_the_handlers_return),
        WITH_SERVER(cancelling_ends_a_long_poll_and_only_that),
        WITH_SERVER(cancelling_before_a_request_cancels_the_next_one),
        WITH_SERVER(closing_answers_deferred_requests_and_late_answers_do_no_harm),
        WITH_SERVER(many_callers_at_once_each_get_their_own_answer),
        cmocka_unit_test(a_signed_request_is_recognised_over_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
