#ifndef CENTRAL_HTTP_H
#define CENTRAL_HTTP_H

/* The transports of a running central: TLS for terminals, plain HTTP for phones and WeChat. */

#include "central/server.h"

struct central_http {
    struct http_server *terminals;
    struct http_server *public_server;
    struct http_route *public_routes; /* owned: the parts' tables in one */
};

/* Either may fail with -EADDRINUSE and so on; *out_which (may be NULL) says which endpoint it was. */
MUST_CHECK int central_http_open(struct central *central, struct central_http *out_http,
                                 const struct central_endpoint **out_which);
void central_http_close(struct central_http *http); /* before central_close; safe on zeros */

#endif
