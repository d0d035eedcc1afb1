#ifndef PLATFORM_UNIXSOCK_H
#define PLATFORM_UNIXSOCK_H

/*
 * Lines over a Unix socket: one request line, one answer line (by convention a JSON object each). For central's admin
 * channel and the terminal's control socket. The socket is 0600 and only the own user or root is served.
 *
 * The server runs one thread of its own; lines of all clients reach the handler there, one after the other, so a
 * handler that waits for another thread makes the others wait, never the program.
 */

#include "domain/base.h"
#include "platform/buffer.h"

struct line_server;
struct line_client;

/*
 * line is NUL-terminated, without its '\n'. Appends the answer to *reply (without '\n'; it must not contain one).
 * 0: the answer is sent; -errno: the client is dropped.
 */
typedef int (*line_handler)(void *context, const char *line, size_t len, struct buffer *reply);

struct line_server_options {
    const char *path;     /* a socket nobody listens on is replaced; -EADDRINUSE when somebody does; -ENAMETOOLONG */
    size_t max_line;      /* bytes; a client that sends more is dropped; 0: 64 KiB */
    size_t max_reply;     /* bytes; 0: 1 MiB */
    unsigned max_clients; /* further ones are closed at once; 0: 8 */
    line_handler handler;
    void *context;
};

MUST_CHECK int line_server_open(const struct line_server_options *options, struct line_server **out_server);
void line_server_close(struct line_server *server); /* waits for a running handler, removes the socket; NULL-safe */

/* -ENOENT, -ECONNREFUSED: nobody there. */
MUST_CHECK int line_client_open(const char *path, struct line_client **out_client);
void line_client_close(struct line_client *client); /* NULL-safe */

/* Sends line (no '\n' in it) and puts the answer, without '\n', into *reply (cleared first). -ETIMEDOUT, -EPIPE,
   -E2BIG. After an error the answer may still be on its way: close the client. */
MUST_CHECK int line_client_call(struct line_client *client, const char *line, int timeout_ms, struct buffer *reply);

#endif
