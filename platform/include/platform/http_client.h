#ifndef PLATFORM_HTTP_CLIENT_H
#define PLATFORM_HTTP_CLIENT_H

/*
 * Blocking HTTP/1.1 client (libcurl) for worker threads. Connections are kept and reused; redirects are not
 * followed; no proxy unless named, whatever the environment says. An HTTP status, 500 included, is an answer, not
 * an error. Errors: -EACCES (may_connect said no), -ECONNREFUSED, -EHOSTUNREACH (name or route), -EKEYREJECTED (pin or
 * certificate): nothing was sent; -ETIMEDOUT, -ECONNRESET (cut off in the middle: the server may have done it), -E2BIG
 * (answer over the limit; its status is known), -ECANCELED, -EINVAL (URL), -EPROTO, -ENOMEM.
 */

#include "domain/base.h"
#include "platform/buffer.h"

struct http_client;
struct sockaddr;

/* A header of either side. */
struct http_header {
    const char *name;
    const char *value;
};

struct http_client_options {
    const char *user_agent; /* NULL: "tillside/<version>" */
    const char *proxy;      /* NULL: none */
    /* NULL, or: asked for each address that a name or a number leads to, before anything is sent there. */
    bool (*may_connect)(const struct sockaddr *address);
};

#define HTTP_WANTED_MAX       8
#define HTTP_WANTED_VALUE_CAP 256

struct http_client_request {
    const char *method; /* "GET", "POST", … */
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    struct slice body;      /* sent when the method is not GET or HEAD */
    const char *pin;        /* "sha256//…": only this server key is accepted and nothing else of its certificate is
                               checked; NULL: the system's authorities decide */
    int timeout_ms;         /* whole exchange, > 0; a long poll adds its wait */
    int connect_timeout_ms; /* 0: 5000 */
    const char *wanted[HTTP_WANTED_MAX]; /* names of the response headers to keep */
};

/* The caller inits body (its max bounds the answer) and finishes it; it is cleared by each call. */
struct http_client_response {
    int status;
    struct buffer body;
    char wanted[HTTP_WANTED_MAX][HTTP_WANTED_VALUE_CAP]; /* "" when absent; a longer value counts as absent */
};

MUST_CHECK int http_client_open(const struct http_client_options *options, struct http_client **out_client);
void http_client_close(struct http_client *client); /* NULL-safe; not while a request runs */

/* One request at a time. The response is only meaningful on 0, its status on -E2BIG too. */
MUST_CHECK int http_client_perform(struct http_client *client, const struct http_client_request *request,
                                   struct http_client_response *response);

/*
 * From any thread: makes the running request – or, if none runs, the next one – answer -ECANCELED at once. For a
 * shutdown, or when the network changed under a long poll.
 */
void http_client_cancel(struct http_client *client);

/* libcurl's words on the last failure, for the log; the performing thread only. */
const char *http_client_message(const struct http_client *client);

#endif
