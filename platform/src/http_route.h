#ifndef PLATFORM_HTTP_ROUTE_H
#define PLATFORM_HTTP_ROUTE_H

/* From a raw request target to segments, parameters and a route. Everything is kept in the request's arena. */

#include "platform/http_server.h"

#define HTTP_SEGMENTS_MAX    16
#define HTTP_PATH_PARAMS_MAX 8
#define HTTP_QUERY_MAX       32

struct http_param {
    const char *name;
    size_t name_len;
    const char *value; /* decoded */
};

struct http_target {
    const char *raw;
    const char *segments[HTTP_SEGMENTS_MAX]; /* decoded; a trailing slash gives an empty last one */
    size_t segment_count;
    struct http_param query[HTTP_QUERY_MAX];
    size_t query_count;
    struct http_param path[HTTP_PATH_PARAMS_MAX]; /* set by http_route_find */
    size_t path_count;
};

/* -EBADMSG: not an origin-form target, wrong percent-encoding, control characters, too many parts. -ENOMEM: arena. */
MUST_CHECK int http_target_parse(const char *raw, struct arena *arena, struct http_target *out_target);

/* The first route that fits, with target->path set, or NULL. */
const struct http_route *http_route_find(const struct http_server_options *options, const char *method,
                                         struct arena *arena, struct http_target *target);

/* For the Allow header of a 405: the methods whose pattern fits, "" when none does (404); NULL: arena. */
const char *http_route_allowed(const struct http_server_options *options, struct arena *arena,
                               const struct http_target *target);

#endif
