#include "net.h"

#include "center.h"
#include "coroutine.h"
#include "platform/signature.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LATENCY_MS_MIN   5
#define LATENCY_MS_SPAN  60
#define DELAY_MS_MAX     20000
#define TWICE_MS_MAX     240000
#define OVERTAKEN_MS_MAX 4000

/* One request on its way; kept by whoever still has to do with it. */
struct message {
    struct world *world;
    struct line *line; /* NULL: nobody waits for its answer any more */
    struct coroutine *caller;
    unsigned keepers;
    uint64_t number;
    char method[8], path[160];
    char content_digest[SIGNATURE_DIGEST_CAP], signature_input[SIGNATURE_INPUT_CAP], signature[SIGNATURE_VALUE_CAP];
    bool compressed;
    uint8_t *body;
    size_t len;
    struct central_request request; /* while central works on it */
    bool done;
    int outcome; /* 0 when an answer came */
    int status;
    uint64_t server_ms;
    int retry_after_s;
    uint8_t *answer;
    size_t answer_len;
};

static void release(struct message *m)
{
    if (--m->keepers > 0)
        return;
    free(m->answer);
    free(m->body);
    free(m);
}

static uint8_t *copy_bytes(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    world_must(copy ? 0 : -ENOMEM, "message");
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

static void set_header(char *out, size_t cap, const char *value)
{
    int len = snprintf(out, cap, "%s", value ? value : "");
    world_must((size_t)len < cap ? 0 : -ENAMETOOLONG, "header");
}

static struct message *make_message(struct line *line, const struct sync_request *request)
{
    struct message *m = calloc(1, sizeof(*m));
    world_must(m ? 0 : -ENOMEM, "message");
    m->world = line->world;
    m->line = line;
    m->caller = coroutine_current();
    m->keepers = 1;
    m->number = ++line->sent;
    set_header(m->method, sizeof(m->method), request->method);
    set_header(m->path, sizeof(m->path), request->path);
    set_header(m->content_digest, sizeof(m->content_digest), request->content_digest);
    set_header(m->signature_input, sizeof(m->signature_input), request->signature_input);
    set_header(m->signature, sizeof(m->signature), request->signature);
    m->compressed = request->compressed;
    m->body = copy_bytes(request->body.data, request->body.len);
    m->len = request->body.len;
    return m;
}

static void run_later(struct message *m, int64_t delay_ms, world_run run, uint64_t token)
{
    m->keepers++;
    world_at(m->world, m->world->now_ms + delay_ms, run, m, token);
}

/* ---- the way back */

/* Called by the scheduler or by a cancel, never from within a coroutine. */
static void finish(struct message *m, int outcome)
{
    if (m->done)
        return;
    m->done = true;
    m->outcome = outcome;
    if (m->line)
        coroutine_resume(m->caller);
}

static void arrive_back(void *argument, uint64_t token)
{
    struct message *m = argument;
    if (m->line && !m->done && (!m->line->link || !m->line->reach))
        token = 1; /* lost: the terminal waits until its time is over */
    if (token == 0)
        finish(m, 0);
    release(m);
}

static void break_off(void *argument, uint64_t token)
{
    struct message *m = argument;
    finish(m, -(int)token);
    release(m);
}

static int64_t latency_ms(struct world *world)
{
    int64_t latency = LATENCY_MS_MIN + (int64_t)world_below(world, LATENCY_MS_SPAN);
    if (world_strikes(world, FAULT_DELAY, 20))
        latency += (int64_t)world_below(world, DELAY_MS_MAX);
    return latency;
}

static void on_answer(void *context, const struct central_reply *reply)
{
    struct message *m = context;
    struct world *world = m->world;
    bool heard = m->line && !m->done && !world->center->dying;
    if (heard && !m->answer) {
        m->status = reply->status;
        m->server_ms = (uint64_t)reply->server_ms;
        m->retry_after_s = (int)reply->retry_after_s;
        m->answer = copy_bytes(reply->body.data, reply->body.len);
        m->answer_len = reply->body.len;
        world_trace(world, "%s #%" PRIu64 " answered %d, %zu bytes", m->line->name, m->number, m->status,
                    m->answer_len);
        if (world_strikes(world, FAULT_CUT, 15))
            run_later(m, latency_ms(world), break_off, ETIMEDOUT);
        else
            run_later(m, latency_ms(world), arrive_back, 0);
    } else if (m->line && !m->done && world->center->dying) {
        run_later(m, LATENCY_MS_MIN, break_off, ECONNREFUSED);
    }
    release(m);
}

/* ---- the way there */

static void note_arrival(struct message *m)
{
    struct line *line = m->line;
    if (!line)
        return;
    if (m->number < line->arrived_last && world_has(m->world, FAULT_REORDER))
        m->world->counts.faults[FAULT_REORDER]++;
    if (m->number > line->arrived_last)
        line->arrived_last = m->number;
}

static void hand_over(struct message *m)
{
    struct center *center = m->world->center;
    m->request = (struct central_request){
        .method = m->method,
        .target = m->path,
        .content_digest = m->content_digest,
        .signature_input = m->signature_input,
        .signature = m->signature,
        .content_encoding = m->compressed ? "zstd" : "",
        .body = {m->body, m->len},
    };
    m->keepers++; /* until the answer */
    central_handle(center->central, &m->request, on_answer, m);
    center_tell(center);
}

static void arrive(void *argument, uint64_t token)
{
    struct message *m = argument;
    (void)token;
    note_arrival(m);
    if (m->line && (!m->line->link || !m->line->reach))
        world_trace(m->world, "%s #%" PRIu64 " is lost", m->line->name, m->number);
    else if (m->world->center->central)
        hand_over(m);
    else
        run_later(m, LATENCY_MS_MIN, break_off, ECONNREFUSED);
    release(m);
}

static void arrive_twice(void *argument, uint64_t token)
{
    struct message *m = argument;
    (void)token;
    if (m->world->center->central)
        hand_over(m);
    release(m);
}

/* The second copy is a message of its own, whose answer nobody hears. */
static void send_twice(const struct message *m)
{
    struct message *copy = malloc(sizeof(*copy));
    world_must(copy ? 0 : -ENOMEM, "message");
    *copy = *m;
    copy->line = NULL;
    copy->keepers = 0;
    copy->body = copy_bytes(m->body, m->len);
    run_later(copy, (int64_t)world_below(m->world, TWICE_MS_MAX), arrive_twice, 0);
}

static void send_off(struct message *m)
{
    struct world *world = m->world;
    int64_t latency = latency_ms(world);
    if (world_strikes(world, FAULT_DROP, 25)) {
        world_trace(world, "%s #%" PRIu64 " is dropped", m->line->name, m->number);
        return;
    }
    if (world_has(world, FAULT_REORDER) && world_chance(world, 20))
        latency += (int64_t)world_below(world, OVERTAKEN_MS_MAX);
    if (world_strikes(world, FAULT_DUP, 25))
        send_twice(m);
    run_later(m, latency, arrive, 0);
}

/* ---- the sync's side */

static void add_waiting(struct line *line, struct message *m)
{
    for (size_t i = 0; i < ARRAY_LEN(line->waiting); i++) {
        if (!line->waiting[i]) {
            line->waiting[i] = m;
            return;
        }
    }
    world_must(-ENOSPC, "calls of a terminal");
}

static void remove_waiting(struct line *line, const struct message *m)
{
    for (size_t i = 0; i < ARRAY_LEN(line->waiting); i++) {
        if (line->waiting[i] == m)
            line->waiting[i] = NULL;
    }
}

static int take_answer(struct message *m, struct sync_response *response)
{
    if (m->outcome < 0)
        return m->outcome;
    if (m->answer_len > response->cap)
        return -EMSGSIZE;
    response->status = m->status;
    response->server_ms = m->server_ms;
    response->retry_after_s = m->retry_after_s;
    response->len = m->answer_len;
    if (m->answer_len > 0)
        memcpy(response->body, m->answer, m->answer_len);
    return 0;
}

static int exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    struct line *line = self;
    if (line->closed)
        return -ECANCELED;
    if (!line->link)
        return -ENETDOWN;
    struct message *m = make_message(line, request);
    world_trace(line->world, "%s #%" PRIu64 " %s %s, %zu bytes", line->name, m->number, m->method, m->path, m->len);
    add_waiting(line, m);
    send_off(m);
    run_later(m, request->timeout_ms, break_off, ETIMEDOUT);
    while (!m->done && !line->closed)
        coroutine_yield();
    int rc = m->done ? take_answer(m, response) : -ECANCELED;
    remove_waiting(line, m);
    m->line = NULL;
    release(m);
    return rc;
}

static void cancel_one(void *argument, uint64_t token)
{
    struct message *m = argument;
    (void)token;
    finish(m, -ECANCELED);
    release(m);
}

void line_cancel(struct line *line)
{
    for (size_t i = 0; i < ARRAY_LEN(line->waiting); i++) {
        struct message *m = line->waiting[i];
        if (m && !m->done)
            run_later(m, 0, cancel_one, 0);
    }
}

static void cancel(void *self)
{
    line_cancel(self);
}

static void target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    (void)self;
    (void)url;
    (void)pin;
}

static void close_line(void *self)
{
    (void)self;
}

const struct sync_transport_ops line_transport = {
    .exchange = exchange, .target = target, .cancel = cancel, .close = close_line};
