#include "central/api/api.h"
#include "domain/cbor.h"
#include "platform/compress.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSAL_MAX       256
#define RETRY_BUSY_S      1 /* the writer's queue is full */
#define RETRY_TROUBLE_S   5 /* disk, memory: somebody may have to act */
#define CODE_RETRY_S      60
#define SMALL_BODY_MAX    4096
#define UNPACKED_BODY_MAX BATCH_BYTES_MAX

const struct api_route api_routes[] = {
    {"POST", "/v1/enrol", API_OPEN, SMALL_BODY_MAX, api_enrol},
    {"GET", "/v1/enrol/*", API_ENROLLING, 0, api_enrol_state},
    {"POST", "/v1/journal", API_TERMINAL, BATCH_BYTES_MAX, api_journal},
    {"GET", "/v1/feed", API_TERMINAL, 0, api_feed},
    {"POST", "/v1/authority/right", API_TERMINAL, SMALL_BODY_MAX, api_authority_right},
    {"POST", "/v1/authority/credit", API_TERMINAL, SMALL_BODY_MAX, api_authority_credit},
    {"POST", "/v1/authority/code", API_TERMINAL, SMALL_BODY_MAX, api_authority_code},
    {"POST", "/v1/authority/balance", API_TERMINAL, SMALL_BODY_MAX, api_authority_balance},
    {"GET", "/healthz", API_OPEN, 0, api_health},
    {"GET", "/metrics", API_OPEN, 0, api_metrics},
    {"GET", "/openapi.yaml", API_OPEN, 0, api_openapi},
};
const size_t api_route_count = ARRAY_LEN(api_routes);

int64_t api_now_ms(const struct api_call *call)
{
    return clock_wall_ms(call->central->clock);
}

int64_t api_mono_ms(const struct api_call *call)
{
    return clock_mono_ms(call->central->clock);
}

static void count_answer(struct central_metrics *metrics, int status)
{
    metrics->requests++;
    if (status == 401)
        metrics->refused_401++;
    else if (status >= 400 && status < 500)
        metrics->refused_other++;
    else if (status == 503)
        metrics->busy_503++;
}

static void finish(struct api_call *call, struct central_reply *reply)
{
    count_answer(&call->central->metrics, reply->status);
    reply->server_ms = api_now_ms(call);
    call->answer(call->context, reply);
    free(call->unpacked);
    free(call);
}

void api_answer(struct api_call *call, int status, struct slice body)
{
    struct central_reply reply = {.status = status, .content_type = "application/cbor", .body = body};
    finish(call, &reply);
}

void api_answer_text(struct api_call *call, int status, const char *content_type, struct slice text)
{
    struct central_reply reply = {.status = status, .content_type = content_type, .body = text};
    finish(call, &reply);
}

void api_answer_part(struct api_call *call, int status, const char *content_range, struct slice bytes)
{
    struct central_reply reply = {
        .status = status, .content_type = "application/octet-stream", .content_range = content_range, .body = bytes};
    finish(call, &reply);
}

static void refuse(struct api_call *call, int status, const char *reason, uint32_t retry_after_s)
{
    uint8_t body[REFUSAL_MAX];
    struct cbor_writer w;
    cbor_writer_init(&w, body, sizeof(body));
    cbor_write_map(&w, 2);
    cbor_write_uint(&w, 0);
    cbor_write_text(&w, reason);
    cbor_write_uint(&w, 1);
    cbor_write_uint(&w, (uint64_t)api_now_ms(call));
    size_t len = 0;
    int rc = cbor_writer_finish(&w, &len);
    assert(rc == 0);
    struct central_reply reply = {
        .status = status,
        .content_type = "application/cbor",
        .body = {body, len},
        .retry_after_s = retry_after_s,
    };
    finish(call, &reply);
}

void api_refuse(struct api_call *call, int status, const char *reason)
{
    refuse(call, status, reason, status == 429 ? CODE_RETRY_S : status == 503 ? RETRY_TROUBLE_S : 0);
}

void api_answer_error(struct api_call *call, int error)
{
    if (error == -EBADMSG)
        refuse(call, 400, "malformed", 0);
    else if (error == -EAGAIN)
        refuse(call, 503, "busy", RETRY_BUSY_S);
    else
        refuse(call, 503, error == -ENOSPC ? "disk_full" : "books_unavailable", RETRY_TROUBLE_S);
}

void api_submit(struct api_call *call, enum writer_lane lane, int (*run)(void *call, struct store_tx *tx),
                void (*done)(void *call, int result))
{
    struct writer_job job = {.lane = lane, .run = run, .done = done, .arg = call};
    int rc = writer_submit(call->central->writer, &job);
    if (rc < 0)
        api_answer_error(call, rc);
}

static const char *find_parameter(const char *query, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = query; *at; at = strchr(at, '&') + 1) {
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return at + len + 1;
        if (!strchr(at, '&'))
            break;
    }
    return NULL;
}

bool api_query_u64(const struct api_call *call, const char *name, uint64_t *out_value)
{
    const char *text = find_parameter(call->query, name);
    if (!text || *text < '0' || *text > '9')
        return false;
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || (*end != '\0' && *end != '&') || value > INT64_MAX)
        return false;
    *out_value = value;
    return true;
}

bool api_query_address(const struct api_call *call, const char *name, char out_address[FEED_ADDRESS_MAX])
{
    const char *text = find_parameter(call->query, name);
    size_t len = text ? strspn(text, "0123456789abcdefABCDEF.:[]") : 0;
    if (len == 0 || len >= FEED_ADDRESS_MAX || (text[len] != '\0' && text[len] != '&'))
        return false;
    memcpy(out_address, text, len);
    memset(out_address + len, 0, FEED_ADDRESS_MAX - len);
    return strchr(out_address, ':') != NULL;
}

static bool path_matches(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (pattern[len - 1] != '*')
        return strcmp(pattern, path) == 0;
    return strncmp(pattern, path, len - 1) == 0 && path[len - 1] != '\0';
}

static const struct api_route *find_among(const struct api_call *call, const struct api_route *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].method, call->request->method) == 0 && path_matches(table[i].path, call->path))
            return &table[i];
    }
    return NULL;
}

static const struct api_route *find_route(const struct api_call *call)
{
    const struct central *central = call->central;
    const struct api_route *route = find_among(call, api_routes, api_route_count);
    for (size_t i = 0; !route && i < central->part_count; i++)
        route = find_among(call, central->parts[i]->terminal_routes, central->parts[i]->terminal_route_count);
    return route;
}

static bool split_target(struct api_call *call)
{
    const char *target = call->request->target;
    const char *mark = strchr(target, '?');
    size_t len = mark ? (size_t)(mark - target) : strlen(target);
    if (len >= sizeof(call->path))
        return false;
    memcpy(call->path, target, len);
    call->path[len] = '\0';
    call->query = mark ? mark + 1 : "";
    return true;
}

static int take_unpacker(struct central *central, struct compress **out_compress)
{
    *out_compress = atomic_exchange(&central->spare_unpacker, NULL);
    return *out_compress ? 0 : compress_open(1, out_compress);
}

static void give_back_unpacker(struct central *central, struct compress *compress)
{
    compress_close(atomic_exchange(&central->spare_unpacker, compress));
}

/* 0 or the status to refuse with. A bomb costs at most UNPACKED_BODY_MAX bytes of work. */
static int unpack_body(struct api_call *call)
{
    const char *encoding = call->request->content_encoding;
    call->body = call->request->body;
    if (!encoding[0])
        return 0;
    if (strcmp(encoding, "zstd") != 0)
        return 415;
    struct compress *compress = NULL;
    call->unpacked = malloc(UNPACKED_BODY_MAX);
    if (!call->unpacked || take_unpacker(call->central, &compress) < 0)
        return 503;
    size_t len = 0;
    int rc = compress_unpack(compress, call->request->body, call->unpacked, UNPACKED_BODY_MAX, &len);
    give_back_unpacker(call->central, compress);
    call->body = (struct slice){call->unpacked, len};
    return rc == 0 ? 0 : rc == -E2BIG ? 413 : rc == -EBADMSG ? 400 : 503;
}

static const char *body_fault_name(int status)
{
    return status == 413 ? "too_large" : status == 415 ? "encoding" : status == 400 ? "malformed" : "busy";
}

static void dispatch(struct api_call *call)
{
    if (!split_target(call)) {
        api_refuse(call, 404, "not_found");
        return;
    }
    const struct api_route *route = find_route(call);
    if (!route) {
        api_refuse(call, 404, "not_found");
        return;
    }
    if (call->request->body.len > route->max_body) {
        api_refuse(call, 413, "too_large");
        return;
    }
    const char *reason = NULL;
    int status = route->auth == API_OPEN ? 0 : api_authenticate(call, route->auth, &reason);
    if (status == 0) {
        status = unpack_body(call);
        reason = body_fault_name(status);
    }
    if (status != 0)
        api_refuse(call, status, reason);
    else
        route->handler(call);
}

void central_handle(struct central *central, const struct central_request *request, central_answer answer,
                    void *context)
{
    struct api_call *call = calloc(1, sizeof(*call));
    if (!call) {
        struct central_reply reply = {.status = 503,
                                      .content_type = "application/cbor",
                                      .retry_after_s = RETRY_TROUBLE_S,
                                      .server_ms = clock_wall_ms(central->clock)};
        answer(context, &reply);
        return;
    }
    call->central = central;
    call->request = request;
    call->answer = answer;
    call->context = context;
    dispatch(call);
}
