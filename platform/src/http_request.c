#include "http_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISCARD_MAX   (64 << 10) /* bytes of an unwanted body that are read, so that the client gets its answer */
#define HEADERS_MAX   64
#define ARENA_DEFAULT (1 << 20)

struct http_request *http_request_open(struct http_gate *gate, const struct http_server_options *options,
                                       const char *raw_target, struct MHD_Connection *connection)
{
    struct http_request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    arena_init(&request->arena, options->arena_max ? options->arena_max : ARENA_DEFAULT);
    request->raw_target = arena_strndup(&request->arena, raw_target, strlen(raw_target));
    if (!request->raw_target) {
        arena_finish(&request->arena);
        free(request);
        return NULL;
    }
    request->gate = gate;
    request->options = options;
    request->connection = connection;
    request->headers_end = &request->headers;
    request->holders = 1;
    pthread_mutex_lock(&gate->mutex);
    gate->holders++;
    pthread_mutex_unlock(&gate->mutex);
    return request;
}

static void request_free(struct http_request *request)
{
    struct http_gate *gate = request->gate;
    if (request->response)
        MHD_destroy_response(request->response);
    buffer_finish(&request->body);
    arena_finish(&request->arena);
    free(request);
    http_gate_release(gate);
}

void http_request_completed(struct http_request *request)
{
    struct http_gate *gate = request->gate;
    pthread_mutex_lock(&gate->mutex);
    if (request->counted && --gate->active == 0)
        pthread_cond_broadcast(&gate->idle);
    bool last = --request->holders == 0;
    pthread_mutex_unlock(&gate->mutex);
    if (last)
        request_free(request);
}

static void refuse(struct http_request *request, int status, const char *word)
{
    if (request->refusal)
        return;
    request->refusal = status;
    request->refusal_word = word;
}

static enum MHD_Result copy_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct http_request *request = context;
    struct http_header_node *node = arena_alloc(&request->arena, sizeof(*node));
    if (!node) {
        refuse(request, 500, "out_of_memory");
        return MHD_NO;
    }
    node->header.name = arena_strndup(&request->arena, name, strlen(name));
    node->header.value = value ? arena_strndup(&request->arena, value, strlen(value)) : "";
    if (!node->header.name || !node->header.value) {
        refuse(request, 500, "out_of_memory");
        return MHD_NO;
    }
    *request->headers_end = node;
    request->headers_end = &node->next;
    return MHD_YES;
}

static void copy_peer(struct http_request *request)
{
    char text[INET6_ADDRSTRLEN] = "";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)info->client_addr)->sin_addr, text, sizeof(text));
    else if (info && info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)info->client_addr)->sin6_addr, text, sizeof(text));
    request->peer = arena_strndup(&request->arena, text, strlen(text));
    if (!request->peer)
        refuse(request, 500, "out_of_memory");
}

static void find_route(struct http_request *request)
{
    int error = http_target_parse(request->raw_target, &request->arena, &request->target);
    if (error) {
        refuse(request, error == -ENOMEM ? 500 : 400, error == -ENOMEM ? "out_of_memory" : "bad_target");
        return;
    }
    request->route = http_route_find(request->options, request->method, &request->arena, &request->target);
    if (request->route)
        return;
    request->allow = http_route_allowed(request->options, &request->arena, &request->target);
    if (request->allow && request->allow[0])
        refuse(request, 405, "method_not_allowed");
    else
        refuse(request, 404, "not_found");
}

/* Two lengths: this server and a proxy before it could disagree on where the next request begins (RFC 9112, 6.3). */
static bool is_ambiguous(const struct http_request *request)
{
    unsigned lengths = 0, codings = 0;
    for (const struct http_header_node *node = request->headers; node; node = node->next) {
        lengths += strcasecmp(node->header.name, "Content-Length") == 0;
        codings += strcasecmp(node->header.name, "Transfer-Encoding") == 0;
    }
    return lengths + codings > 1;
}

void http_request_begin(struct http_request *request, const char *method)
{
    request->method = arena_strndup(&request->arena, method, strlen(method));
    if (!request->method) {
        refuse(request, 500, "out_of_memory");
        return;
    }
    if (MHD_get_connection_values(request->connection, MHD_HEADER_KIND, NULL, NULL) > HEADERS_MAX)
        refuse(request, 400, "too_many_headers");
    else
        MHD_get_connection_values(request->connection, MHD_HEADER_KIND, copy_header, request);
    request->ambiguous = is_ambiguous(request);
    if (request->ambiguous)
        refuse(request, 400, "ambiguous_length");
    copy_peer(request);
    find_route(request);
    buffer_init(&request->body, request->route ? request->route->max_body : 0);
}

bool http_request_is_hopeless(const struct http_request *request)
{
    const char *declared = http_request_header(request, "Content-Length");
    if (!declared || request->ambiguous)
        return request->ambiguous;
    return strtoull(declared, NULL, 10) > (unsigned long long)request->body.max + DISCARD_MAX;
}

bool http_request_take_body(struct http_request *request, const char *data, size_t len)
{
    int error = request->refusal ? -E2BIG : buffer_append(&request->body, data, len);
    if (!error)
        return true;
    refuse(request, error == -E2BIG ? 413 : 500, error == -E2BIG ? "too_large" : "out_of_memory");
    request->discarded += len;
    return request->discarded <= DISCARD_MAX;
}

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_target(const struct http_request *request)
{
    return request->raw_target;
}

const char *http_request_peer(const struct http_request *request)
{
    return request->peer;
}

static const char *find_param(const struct http_param *params, size_t count, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (params[i].name_len == len && memcmp(params[i].name, name, len) == 0)
            return params[i].value;
    return NULL;
}

const char *http_request_path_param(const struct http_request *request, const char *name)
{
    return find_param(request->target.path, request->target.path_count, name);
}

const char *http_request_query_param(const struct http_request *request, const char *name)
{
    return find_param(request->target.query, request->target.query_count, name);
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (const struct http_header_node *node = request->headers; node; node = node->next)
        if (strcasecmp(node->header.name, name) == 0)
            return node->header.value;
    return NULL;
}

size_t http_request_header_count(const struct http_request *request, const char *name)
{
    size_t count = 0;
    for (const struct http_header_node *node = request->headers; node; node = node->next)
        count += strcasecmp(node->header.name, name) == 0;
    return count;
}

struct slice http_request_body(const struct http_request *request)
{
    return (struct slice){(const uint8_t *)buffer_text(&request->body), request->body.len};
}

struct arena *http_request_arena(struct http_request *request)
{
    return &request->arena;
}

static void unlist(struct http_request *request)
{
    if (!request->link)
        return;
    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
    request->link = NULL;
}

/* The last holder frees; the gate's mutex is held on entry and released. */
static void let_go(struct http_request *request)
{
    bool last = --request->holders == 0;
    pthread_mutex_unlock(&request->gate->mutex);
    if (last)
        request_free(request);
}

void http_request_defer(struct http_request *request)
{
    struct http_gate *gate = request->gate;
    assert(!request->deferred && !request->response);
    pthread_mutex_lock(&gate->mutex);
    request->deferred = true;
    request->holders++;
    if (gate->closing) {
        http_request_detach(request);
    } else {
        request->suspended_once = true;
        request->next = gate->deferred;
        request->link = &gate->deferred;
        if (request->next)
            request->next->link = &request->next;
        gate->deferred = request;
        MHD_suspend_connection(request->connection);
    }
    pthread_mutex_unlock(&gate->mutex);
}

static struct MHD_Response *make_response(const struct http_reply *reply)
{
    const char *type = reply->content_type ? reply->content_type : "application/json";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.len, (void *)reply->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return NULL;
    bool sound = MHD_add_response_header(response, "Content-Type", type) == MHD_YES;
    for (size_t i = 0; i < reply->header_count && sound; i++)
        sound = MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value) == MHD_YES;
    if (sound)
        return response;
    MHD_destroy_response(response); /* a line break in a header: better no answer than a forged one */
    return NULL;
}

static const char out_of_memory[] = "{\"error\":\"internal\"}";

static void set_answer(struct http_request *request, int status, struct MHD_Response *response)
{
    request->status = status;
    request->response = response;
    if (response)
        return;
    request->status = 500;
    request->response =
        MHD_create_response_from_buffer(sizeof(out_of_memory) - 1, (void *)out_of_memory, MHD_RESPMEM_PERSISTENT);
    assert(request->response);
}

void http_request_answer(struct http_request *request, const struct http_reply *reply)
{
    assert(reply->status >= 200 && reply->status <= 599);
    struct MHD_Response *response = make_response(reply);
    if (!request->deferred) {
        assert(!request->response);
        set_answer(request, reply->status, response);
        return;
    }
    pthread_mutex_lock(&request->gate->mutex);
    if (request->detached) {
        if (response)
            MHD_destroy_response(response);
    } else {
        assert(!request->response);
        unlist(request);
        set_answer(request, reply->status, response);
        MHD_resume_connection(request->connection);
    }
    let_go(request);
}

void http_request_answer_text(struct http_request *request, int status, const char *content_type, const char *text)
{
    struct http_reply reply = {.status = status, .content_type = content_type};
    reply.body = (struct slice){(const uint8_t *)text, strlen(text)};
    http_request_answer(request, &reply);
}

#define ERROR_BODY_CAP 96

static void error_body(const char *word, char out_text[ERROR_BODY_CAP])
{
    size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
    assert(len > 0 && len < 64 && !word[len]);
    snprintf(out_text, ERROR_BODY_CAP, "{\"error\":\"%s\"}", word);
}

void http_request_answer_error(struct http_request *request, int status, const char *word)
{
    char text[ERROR_BODY_CAP];
    error_body(word, text);
    http_request_answer_text(request, status, NULL, text);
}

void http_request_refuse(struct http_request *request)
{
    char text[ERROR_BODY_CAP];
    struct http_header allow = {"Allow", request->allow};
    struct http_reply reply = {.status = request->refusal, .headers = &allow, .header_count = request->refusal == 405};
    error_body(request->refusal_word, text);
    reply.body = (struct slice){(const uint8_t *)text, strlen(text)};
    http_request_answer(request, &reply);
}

void http_request_detach(struct http_request *request)
{
    static const char text[] = "{\"error\":\"closing\"}";
    struct http_reply reply = {.status = 503, .body = {(const uint8_t *)text, sizeof(text) - 1}};
    unlist(request);
    request->detached = true;
    set_answer(request, reply.status, make_response(&reply));
}
