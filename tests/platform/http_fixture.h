#ifndef TESTS_PLATFORM_HTTP_FIXTURE_H
#define TESTS_PLATFORM_HTTP_FIXTURE_H

/* A server on a free loopback port with a route for each behaviour, and a client. */

#include "cmocka_all.h"
#include "platform/http_client.h"
#include "platform/http_server.h"

#include <pthread.h>

/* Requests that /wait deferred and nobody has answered yet. */
struct http_waiting {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct http_request *requests[64];
    size_t count;
};

struct http_fixture {
    struct http_server *server;
    struct http_client *client;
    struct http_waiting waiting;
    struct http_client_response response;
    char url[64]; /* "http://127.0.0.1:12345" */
};

/* tls NULL: plain. */
void http_fixture_open(struct http_fixture *fixture, const struct tls_identity *tls);
void http_fixture_close(struct http_fixture *fixture);

int http_fixture_setup(void **state); /* plain */
int http_fixture_teardown(void **state);

/* Takes a deferred request, waiting for one to arrive. */
struct http_request *http_fixture_take(struct http_fixture *fixture);

/* GETs or POSTs path with the fixture's client into fixture->response; 0 or -errno. */
int http_fixture_get(struct http_fixture *fixture, const char *path);
int http_fixture_post(struct http_fixture *fixture, const char *path, const void *body, size_t len);

/* Sends bytes over a connection of its own and returns all that comes back until the server closes it. */
const char *http_fixture_raw(struct http_fixture *fixture, const void *bytes, size_t len, char *out, size_t cap);

/* Sends bytes and resets the connection, as a client does that was pulled from the network. */
void http_fixture_slam(struct http_fixture *fixture, const void *bytes, size_t len);

#endif
