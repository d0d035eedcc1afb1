#ifndef PLATFORM_HTTP_SERVER_H
#define PLATFORM_HTTP_SERVER_H

/*
 * HTTP/1.1 server (libmicrohttpd, epoll, a small pool of threads) with a router table.
 *
 * A request is read whole, bounded by its route, before its handler runs on one of the pool's threads. The handler
 * either answers before it returns, or defers: then the request belongs to whoever holds it, who answers exactly once,
 * later, from any thread – also after the server was closed, when the answer goes nowhere but the request is released.
 * Everything a request gives out (path, parameters, headers, body, arena) lives until it is answered.
 *
 * The server itself answers 400 (malformed target), 404, 405 with Allow, 413 (over the route's max_body), 500 (arena
 * exhausted), 503 (closing), each with {"error":"<word>"}. HEAD is served by the GET route. The process must ignore
 * SIGPIPE.
 */

#include "domain/base.h"
#include "platform/arena.h"
#include "platform/http_client.h" /* struct http_header */
#include "platform/tls.h"

struct http_server;
struct http_request;

typedef void (*http_handler)(struct http_request *request, void *context);

/*
 * pattern: segments of literal text or {name}, e.g. "/v1/stores/{store}/coupons"; a last segment {name*} takes the rest
 * of the path (for static files; "." and ".." segments never reach a handler). First match in the table wins.
 */
struct http_route {
    const char *method; /* "GET", "POST", "PUT", "PATCH" or "DELETE" */
    const char *pattern;
    http_handler handler;
    size_t max_body; /* bytes; 0: no body allowed */
};

struct http_server_options {
    const char *address;             /* numeric, NULL: "127.0.0.1" */
    uint16_t port;                   /* 0: any free one, see http_server_port */
    unsigned threads;                /* 0: 2 */
    unsigned max_connections;        /* 0: 1024; further ones wait to be accepted */
    unsigned max_connections_per_ip; /* 0: no limit */
    unsigned idle_timeout_s;         /* 0: 30; does not run while a request is deferred */
    size_t arena_max;                /* bytes a request may take, its body apart; 0: 1 MiB */
    const struct tls_identity *tls;  /* NULL: plain; only read while opening */
    const struct http_route *routes; /* must outlive the server */
    size_t route_count;
    void *context; /* handed to every handler */
};

/* -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL (address, certificate), … */
MUST_CHECK int http_server_open(const struct http_server_options *options, struct http_server **out_server);
uint16_t http_server_port(const struct http_server *server);

/* Answers every deferred request and what still comes in 503, gives answers under way up to 2 s to leave, then stops
 * listening. NULL-safe. */
void http_server_close(struct http_server *server);

const char *http_request_method(const struct http_request *request); /* as sent, so "HEAD" on a GET route */
const char *http_request_target(const struct http_request *request); /* raw, as on the wire */
const char *http_request_peer(const struct http_request *request);   /* numeric address */

/* Decoded; NULL when absent. Path parameters are never empty. Header names in any case; the first of several. */
const char *http_request_path_param(const struct http_request *request, const char *name);
const char *http_request_query_param(const struct http_request *request, const char *name);
const char *http_request_header(const struct http_request *request, const char *name);
size_t http_request_header_count(const struct http_request *request, const char *name);
struct slice http_request_body(const struct http_request *request); /* followed by a NUL byte */
struct arena *http_request_arena(struct http_request *request);

/* Everything in it is copied. */
struct http_reply {
    int status;
    const char *content_type; /* NULL: "application/json" */
    struct slice body;
    const struct http_header *headers; /* further ones */
    size_t header_count;
};

/* In the handler, at most once, before it returns. From now on the request may be answered by any thread. */
void http_request_defer(struct http_request *request);

/* Exactly once; the request may not be touched afterwards. */
void http_request_answer(struct http_request *request, const struct http_reply *reply);

/* The usual cases: a body of text, and {"error":"<word>"} (word: lower-case letters and underscores). */
void http_request_answer_text(struct http_request *request, int status, const char *content_type, const char *text);
void http_request_answer_error(struct http_request *request, int status, const char *word);

#endif
