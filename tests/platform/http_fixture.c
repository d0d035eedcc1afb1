#include "http_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void hello(struct http_request *request, void *context)
{
    (void)context;
    http_request_answer_text(request, 200, "text/plain", "hello");
}

static const char *or_none(const char *text)
{
    return text ? text : "(none)";
}

static void echo(struct http_request *request, void *context)
{
    (void)context;
    char *text =
        arena_printf(http_request_arena(request), "%s %s a=%s b=%s q=%s none=%s from=%s", http_request_method(request),
                     http_request_target(request), http_request_path_param(request, "a"),
                     http_request_path_param(request, "b"), or_none(http_request_query_param(request, "q")),
                     or_none(http_request_query_param(request, "none")), http_request_peer(request));
    struct http_header header = {"X-Echo", or_none(http_request_header(request, "x-test"))};
    struct http_reply reply = {.status = 200,
                               .content_type = "text/plain",
                               .body = {(const uint8_t *)text, strlen(text)},
                               .headers = &header,
                               .header_count = 1};
    http_request_answer(request, &reply);
}

static void body(struct http_request *request, void *context)
{
    (void)context;
    struct http_reply reply = {.status = 201, .content_type = "application/octet-stream"};
    reply.body = http_request_body(request);
    http_request_answer(request, &reply);
}

static void file(struct http_request *request, void *context)
{
    (void)context;
    http_request_answer_text(request, 200, "text/plain", http_request_path_param(request, "path"));
}

static void bad_header(struct http_request *request, void *context)
{
    (void)context;
    struct http_header header = {"Location", "/a\r\nSet-Cookie: forged=1"};
    struct http_reply reply = {.status = 302, .headers = &header, .header_count = 1};
    http_request_answer(request, &reply);
}

static void wait_for_test(struct http_request *request, void *context)
{
    struct http_waiting *waiting = context;
    http_request_defer(request);
    pthread_mutex_lock(&waiting->mutex);
    waiting->requests[waiting->count++ % 64] = request;
    pthread_cond_signal(&waiting->arrived);
    pthread_mutex_unlock(&waiting->mutex);
}

static void *answer_elsewhere(void *argument)
{
    struct http_request *request = argument;
    struct http_reply reply = {.status = 200, .body = http_request_body(request)};
    http_request_answer(request, &reply);
    return NULL;
}

/* Often answered before the handler has even returned. */
static void later(struct http_request *request, void *context)
{
    (void)context;
    pthread_t thread;
    http_request_defer(request);
    int error = pthread_create(&thread, NULL, answer_elsewhere, request);
    if (error)
        abort();
    pthread_detach(thread);
}

static const struct http_route routes[] = {
    {"GET", "/hello", hello, 0},           {"GET", "/echo/{a}/x/{b}", echo, 0}, {"POST", "/body", body, 1000},
    {"GET", "/files/{path*}", file, 0},    {"GET", "/wait", wait_for_test, 0},  {"POST", "/later", later, 1000},
    {"GET", "/bad-header", bad_header, 0}, {"DELETE", "/hello", hello, 0},
};

void http_fixture_open(struct http_fixture *fixture, const struct tls_identity *tls)
{
    memset(fixture, 0, sizeof(*fixture));
    pthread_mutex_init(&fixture->waiting.mutex, NULL);
    pthread_cond_init(&fixture->waiting.arrived, NULL);
    struct http_server_options options = {
        .routes = routes, .route_count = ARRAY_LEN(routes), .tls = tls, .context = &fixture->waiting};
    struct http_client_options client_options = {0};
    assert_int_equal(http_server_open(&options, &fixture->server), 0);
    assert_int_equal(http_client_open(&client_options, &fixture->client), 0);
    buffer_init(&fixture->response.body, 4000);
    snprintf(fixture->url, sizeof(fixture->url), "%s://127.0.0.1:%u", tls ? "https" : "http",
             http_server_port(fixture->server));
}

void http_fixture_close(struct http_fixture *fixture)
{
    http_client_close(fixture->client);
    http_server_close(fixture->server);
    buffer_finish(&fixture->response.body);
    pthread_cond_destroy(&fixture->waiting.arrived);
    pthread_mutex_destroy(&fixture->waiting.mutex);
}

int http_fixture_setup(void **state)
{
    struct http_fixture *fixture = malloc(sizeof(*fixture));
    assert_non_null(fixture);
    http_fixture_open(fixture, NULL);
    *state = fixture;
    return 0;
}

int http_fixture_teardown(void **state)
{
    http_fixture_close(*state);
    free(*state);
    return 0;
}

struct http_request *http_fixture_take(struct http_fixture *fixture)
{
    struct http_waiting *waiting = &fixture->waiting;
    pthread_mutex_lock(&waiting->mutex);
    while (waiting->count == 0)
        pthread_cond_wait(&waiting->arrived, &waiting->mutex);
    struct http_request *request = waiting->requests[--waiting->count];
    pthread_mutex_unlock(&waiting->mutex);
    return request;
}

static int perform(struct http_fixture *fixture, const char *method, const char *path, struct slice sent)
{
    char url[512];
    snprintf(url, sizeof(url), "%s%s", fixture->url, path);
    struct http_client_request request = {.method = method, .url = url, .body = sent, .timeout_ms = 10000};
    return http_client_perform(fixture->client, &request, &fixture->response);
}

int http_fixture_get(struct http_fixture *fixture, const char *path)
{
    return perform(fixture, "GET", path, (struct slice){NULL, 0});
}

int http_fixture_post(struct http_fixture *fixture, const char *path, const void *body, size_t len)
{
    return perform(fixture, "POST", path, (struct slice){body, len});
}

/* A connection of its own over which bytes were sent, as many as the server took. */
static int connect_and_send(struct http_fixture *fixture, const void *bytes, size_t len)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(fixture->server))};
    struct timeval timeout = {.tv_sec = 10};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    for (const char *at = bytes; len > 0;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        at += sent;
        len -= (size_t)sent;
    }
    return fd;
}

const char *http_fixture_raw(struct http_fixture *fixture, const void *bytes, size_t len, char *out, size_t cap)
{
    size_t used = 0;
    int fd = connect_and_send(fixture, bytes, len);
    while (used + 1 < cap) {
        ssize_t got = recv(fd, out + used, cap - used - 1, 0);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    out[used] = '\0';
    close(fd);
    return out;
}

void http_fixture_slam(struct http_fixture *fixture, const void *bytes, size_t len)
{
    struct linger at_once = {.l_onoff = 1};
    int fd = connect_and_send(fixture, bytes, len);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}
