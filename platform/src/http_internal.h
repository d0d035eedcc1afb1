#ifndef PLATFORM_HTTP_INTERNAL_H
#define PLATFORM_HTTP_INTERNAL_H

/*
 * What the files of the HTTP server share. A request has two holders: the connection (until libmicrohttpd says that it
 * is completed) and, once deferred, whoever will answer it. The last one to let go releases it. The gate outlives the
 * server for the same reason: a late answer must find somebody to ask whether the connection still exists.
 */

#include "http_route.h"

#include "platform/buffer.h"

#include <microhttpd.h>
#include <pthread.h>

/* Guards what passes between the pool's threads and those that answer; all fields by mutex. */
struct http_gate {
    pthread_mutex_t mutex;
    pthread_cond_t idle; /* active fell to zero */
    unsigned holders;    /* the server and every request */
    unsigned active;     /* requests between handler and completion */
    bool closing;
    struct http_request *deferred; /* those whose connection is suspended */
};

struct http_header_node {
    struct http_header_node *next;
    struct http_header header;
};

enum http_progress {
    HTTP_STARTED, /* the request line came */
    HTTP_READING, /* the headers came */
    HTTP_HANDLED, /* the handler ran, or a refusal took its place */
};

struct http_request {
    /* Set by the pool's thread before the handler runs, constant afterwards. */
    struct http_gate *gate;
    const struct http_server_options *options;
    const struct http_route *route; /* NULL: refused */
    struct MHD_Connection *connection;
    struct arena arena;
    struct http_target target;
    struct http_header_node *headers; /* in the order they came */
    struct http_header_node **headers_end;
    const char *method;
    const char *raw_target;
    const char *peer;
    struct buffer body;

    /* The pool's thread only. */
    enum http_progress progress;
    int refusal; /* HTTP status the server itself answers; 0: none */
    const char *refusal_word;
    const char *allow;   /* for a 405 */
    size_t discarded;    /* bytes of a body that nobody wants */
    bool ambiguous;      /* where its body ends cannot be said: the connection ends with the answer */
    bool suspended_once; /* the handler deferred and the connection waits for a resume */
    bool counted;        /* in gate->active */

    /* Guarded by gate->mutex once deferred. */
    unsigned holders;
    bool deferred;
    bool detached; /* deferred, but the server has answered in the holder's place */
    int status;
    struct MHD_Response *response; /* NULL: not answered yet */
    struct http_request *next;
    struct http_request **link; /* what points here in gate->deferred; NULL: not listed */
};

/* A request for a connection that has just sent its request line; NULL when memory is short. */
struct http_request *http_request_open(struct http_gate *gate, const struct http_server_options *options,
                                       const char *raw_target, struct MHD_Connection *connection);

/* The connection lets go of it. */
void http_request_completed(struct http_request *request);

/* Copies headers, finds the route, or sets a refusal. Called once, when the headers are there. */
void http_request_begin(struct http_request *request, const char *method);

/* Takes a piece of the body. False: the client sends far more than anyone wants, drop it. */
bool http_request_take_body(struct http_request *request, const char *data, size_t len);

/* True when the declared body is so large that reading it just to refuse it makes no sense. */
bool http_request_is_hopeless(const struct http_request *request);

/* Puts a refusal of the server's own in place of an answer. */
void http_request_refuse(struct http_request *request);

/* Answers a deferred request 503 in its holder's place; gate->mutex is held. */
void http_request_detach(struct http_request *request);

struct http_gate *http_gate_open(void);
void http_gate_release(struct http_gate *gate); /* one holder less; takes the mutex itself */

#endif
