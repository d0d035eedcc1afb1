#include "http_route.h"

#include <assert.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Percent-decoding of [text, text + len), '+' as a blank in queries; no control characters come out of it. */
static int decode(const char *text, size_t len, bool plus_is_blank, struct arena *arena, const char **out_text)
{
    char *decoded = arena_alloc(arena, len + 1);
    size_t used = 0;
    if (!decoded)
        return -ENOMEM;
    for (size_t i = 0; i < len; i++) {
        int value = (unsigned char)text[i];
        if (value == '%') {
            int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
            int low = high >= 0 ? hex_value(text[i + 2]) : -1;
            if (low < 0)
                return -EBADMSG;
            value = high << 4 | low;
            i += 2;
        } else if (value == '+' && plus_is_blank) {
            value = ' ';
        }
        if (value < 0x20 || value == 0x7F)
            return -EBADMSG;
        decoded[used++] = (char)value;
    }
    *out_text = decoded;
    return 0;
}

static int parse_segments(const char *path, size_t len, struct arena *arena, struct http_target *target)
{
    size_t at = 1; /* behind the first slash */
    for (;;) {
        const char *slash = memchr(path + at, '/', len - at);
        size_t end = slash ? (size_t)(slash - path) : len;
        if (target->segment_count == HTTP_SEGMENTS_MAX)
            return -EBADMSG;
        int error = decode(path + at, end - at, false, arena, &target->segments[target->segment_count++]);
        if (error || !slash)
            return error;
        at = end + 1;
    }
}

static int parse_pair(const char *pair, size_t len, struct arena *arena, struct http_target *target)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;
    size_t value_at = equals ? name_len + 1 : len;
    struct http_param *param = &target->query[target->query_count];
    if (len == 0)
        return 0;
    if (target->query_count == HTTP_QUERY_MAX)
        return -EBADMSG;
    int error = decode(pair, name_len, true, arena, &param->name);
    if (!error)
        error = decode(pair + value_at, len - value_at, true, arena, &param->value);
    if (error)
        return error;
    param->name_len = strlen(param->name);
    target->query_count++;
    return 0;
}

static int parse_query(const char *query, struct arena *arena, struct http_target *target)
{
    for (;;) {
        size_t len = strcspn(query, "&");
        int error = parse_pair(query, len, arena, target);
        if (error || !query[len])
            return error;
        query += len + 1;
    }
}

int http_target_parse(const char *raw, struct arena *arena, struct http_target *out_target)
{
    size_t path_len = strcspn(raw, "?");
    *out_target = (struct http_target){.raw = raw};
    if (raw[0] != '/')
        return -EBADMSG;
    int error = parse_segments(raw, path_len, arena, out_target);
    if (!error && raw[path_len] == '?')
        error = parse_query(raw + path_len + 1, arena, out_target);
    return error;
}

/* The segments from first on as one relative path; NULL when one of them must not reach a file system, or no memory. */
static const char *join_rest(const struct http_target *target, size_t first, struct arena *arena)
{
    size_t len = 1;
    for (size_t i = first; i < target->segment_count; i++) {
        const char *segment = target->segments[i];
        if (strchr(segment, '/') || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return NULL;
        if (!segment[0] && i + 1 < target->segment_count)
            return NULL;
        len += strlen(segment) + 1;
    }
    char *joined = arena_alloc(arena, len);
    size_t used = 0;
    for (size_t i = first; joined && i < target->segment_count; i++) {
        size_t segment_len = strlen(target->segments[i]);
        if (i > first)
            joined[used++] = '/';
        memcpy(joined + used, target->segments[i], segment_len);
        used += segment_len;
    }
    return joined;
}

static void add_param(struct http_target *target, const char *name, size_t name_len, const char *value)
{
    assert(target->path_count < HTTP_PATH_PARAMS_MAX); /* a pattern with too many parts */
    target->path[target->path_count++] = (struct http_param){name, name_len, value};
}

/* Whether pattern fits, with its parameters in target->path. */
static bool match(const char *pattern, struct http_target *target, struct arena *arena)
{
    size_t at = 0;
    target->path_count = 0;
    while (*pattern == '/') {
        const char *part = pattern + 1;
        size_t len = strcspn(part, "/");
        pattern = part + len;
        if (at == target->segment_count)
            return false;
        const char *segment = target->segments[at];
        if (len > 3 && part[0] == '{' && part[len - 2] == '*') {
            const char *rest = join_rest(target, at, arena);
            if (rest)
                add_param(target, part + 1, len - 3, rest);
            return rest != NULL;
        }
        if (len > 2 && part[0] == '{') {
            if (!segment[0])
                return false;
            add_param(target, part + 1, len - 2, segment);
        } else if (strlen(segment) != len || memcmp(segment, part, len) != 0) {
            return false;
        }
        at++;
    }
    return at == target->segment_count;
}

static bool method_fits(const struct http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

const struct http_route *http_route_find(const struct http_server_options *options, const char *method,
                                         struct arena *arena, struct http_target *target)
{
    for (size_t i = 0; i < options->route_count; i++) {
        const struct http_route *route = &options->routes[i];
        if (method_fits(route, method) && match(route->pattern, target, arena))
            return route;
    }
    return NULL;
}

const char *http_route_allowed(const struct http_server_options *options, struct arena *arena,
                               const struct http_target *target)
{
    struct http_target scratch = *target;
    const char *allowed = "";
    for (size_t i = 0; i < options->route_count && allowed; i++) {
        const struct http_route *route = &options->routes[i];
        if (!match(route->pattern, &scratch, arena) || strstr(allowed, route->method))
            continue;
        const char *head = strcmp(route->method, "GET") == 0 ? ", HEAD" : "";
        allowed = arena_printf(arena, "%s%s%s%s", allowed, *allowed ? ", " : "", route->method, head);
    }
    return allowed;
}
