#include "central/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX       BATCH_BYTES_MAX
#define TERMINALS_MAX  4096 /* connections: one a terminal and one that waits */
#define THREADS        4
#define PUBLIC_PER_IP  64 /* a shop's guests share an address */
#define IDLE_TIMEOUT_S 60

static const char *header_or_empty(const struct http_request *request, const char *name)
{
    const char *value = http_request_header(request, name);
    return value ? value : "";
}

static bool is_doubled(const struct http_request *request)
{
    static const char *const single[] = {"Content-Digest", "Signature-Input", "Signature", "Content-Encoding"};
    for (size_t i = 0; i < ARRAY_LEN(single); i++) {
        if (http_request_header_count(request, single[i]) > 1)
            return true;
    }
    return false;
}

static void answer_http(void *context, const struct central_reply *reply)
{
    struct http_request *request = context;
    char time[24], retry[16];
    snprintf(time, sizeof(time), "%" PRId64, reply->server_ms);
    snprintf(retry, sizeof(retry), "%" PRIu32, reply->retry_after_s);
    struct http_header headers[] = {{"Tillside-Time", time}, {NULL, NULL}, {NULL, NULL}};
    size_t count = 1;
    if (reply->retry_after_s)
        headers[count++] = (struct http_header){"Retry-After", retry};
    if (reply->content_range)
        headers[count++] = (struct http_header){"Content-Range", reply->content_range};
    struct http_reply http = {
        .status = reply->status,
        .content_type = reply->content_type,
        .body = reply->body,
        .headers = headers,
        .header_count = count,
    };
    http_request_answer(request, &http);
}

static void pass_to_central(struct http_request *http, void *context)
{
    struct central *central = context;
    struct central_request *request = arena_alloc(http_request_arena(http), sizeof(*request));
    http_request_defer(http);
    if (!request) {
        http_request_answer_error(http, 503, "memory");
        return;
    }
    *request = (struct central_request){
        .method = http_request_method(http),
        .target = http_request_target(http),
        .content_digest = header_or_empty(http, "Content-Digest"),
        .signature_input = header_or_empty(http, "Signature-Input"),
        .signature = header_or_empty(http, "Signature"),
        .content_encoding = header_or_empty(http, "Content-Encoding"),
        .range = header_or_empty(http, "Range"),
        .doubled_header = is_doubled(http),
        .body = http_request_body(http),
    };
    central_handle(central, request, answer_http, http);
}

static const struct http_route terminal_routes[] = {
    {"GET", "/{path*}", pass_to_central, 0},
    {"POST", "/{path*}", pass_to_central, BODY_MAX},
};

static const struct http_route health_route = {"GET", "/healthz", pass_to_central, 0};

static int collect_public_routes(const struct central *central, struct http_route **out_routes, size_t *out_count)
{
    size_t count = 1;
    for (size_t i = 0; i < central->part_count; i++)
        count += central->parts[i]->public_route_count;
    struct http_route *routes = calloc(count, sizeof(*routes));
    if (!routes)
        return -ENOMEM;
    size_t at = 0;
    routes[at++] = health_route;
    for (size_t i = 0; i < central->part_count; i++) {
        const struct central_part *part = central->parts[i];
        for (size_t r = 0; r < part->public_route_count; r++)
            routes[at++] = part->public_routes[r];
    }
    *out_routes = routes;
    *out_count = count;
    return 0;
}

static int open_terminals(struct central *central, struct http_server **out_server)
{
    struct http_server_options options = {
        .address = central->config.listen.address,
        .port = central->config.listen.port,
        .threads = THREADS,
        .max_connections = TERMINALS_MAX,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .tls = &central->tls,
        .routes = terminal_routes,
        .route_count = ARRAY_LEN(terminal_routes),
        .context = central,
    };
    return http_server_open(&options, out_server);
}

static int open_public(struct central *central, struct central_http *http)
{
    size_t count = 0;
    int rc = collect_public_routes(central, &http->public_routes, &count);
    if (rc < 0)
        return rc;
    struct http_server_options options = {
        .address = central->config.public_listen.address,
        .port = central->config.public_listen.port,
        .threads = THREADS,
        .max_connections_per_ip = strcmp(central->config.public_listen.address, "127.0.0.1") == 0 ? 0 : PUBLIC_PER_IP,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .routes = http->public_routes,
        .route_count = count,
        .context = central,
    };
    return http_server_open(&options, &http->public_server);
}

int central_http_open(struct central *central, struct central_http *out_http, const struct central_endpoint **out_which)
{
    struct central_http http = {0};
    const struct central_endpoint *which = &central->config.listen;
    int rc = open_terminals(central, &http.terminals);
    if (rc == 0) {
        which = &central->config.public_listen;
        rc = open_public(central, &http);
    }
    if (rc < 0) {
        if (out_which)
            *out_which = which;
        central_http_close(&http);
        return rc;
    }
    *out_http = http;
    return 0;
}

void central_http_close(struct central_http *http)
{
    http_server_close(http->terminals);
    http_server_close(http->public_server);
    free(http->public_routes);
    *http = (struct central_http){0};
}
