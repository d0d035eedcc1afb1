#include "books.h"

#include "platform/queue.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * The till's thread: takes requests one by one, answers after the commit, then tells the others what changed. Calls of
 * the sync travel on the same queue; their callers wait.
 */

#define CALLS_MAX 16 /* callers that may wait at once, beyond TILL_QUEUE_MAX requests */

enum call_kind {
    CALL_ENROLMENT_STORE,
    CALL_ENROLMENT_LOAD,
    CALL_FEED_APPLY,
    CALL_FEED_CURSOR,
    CALL_MARKS_STORE,
    CALL_TIME_TRUST,
    CALL_REBUILD_COMPARE,
};

/* On its caller's stack; the till's thread fills in result and done. */
struct call {
    enum call_kind kind;
    const struct till_enrolment *enrolment;
    const struct body_incarnation *incarnation;
    const struct journal_answer *answer;
    struct slice page;
    int64_t server_ms;
    struct clock_reading at;
    struct till_enrolment *out_enrolment;
    struct feed_page_head *out_head;
    struct feed_cursor *out_cursor;
    int result;
    bool done; /* guarded by the till's mutex */
};

struct item {
    struct call *call; /* NULL: a request */
    struct till_request request;
};

struct till {
    struct till_options options;
    struct books books; /* the till's thread, once it runs */
    struct queue queue;
    pthread_t thread;
    _Atomic uint32_t waiting; /* requests on the queue */
    pthread_mutex_t mutex;
    pthread_cond_t finished;                  /* a call is done */
    struct till_reference reference, scratch; /* reference: guarded by mutex; scratch: the till's thread */
};

static int run_enrolled(struct books *b, const struct till_request *request, struct till_answer *answer)
{
    switch (request->op) {
    case TILL_REDEEM:
        return redeem_run(b, request, &answer->redeemed);
    case TILL_SALE:
        return sale_run(b, request, &answer->sold);
    case TILL_VOID:
        return voiding_run(b, request, &answer->voided);
    case TILL_SIGN_IN:
        return sign_in_run(b, request, &answer->signed_in);
    case TILL_SIGN_OUT:
        return sign_out_run(b, request);
    case TILL_MEMBER:
        return lookup_member(b, request, &answer->member);
    case TILL_PRICE:
        return lookup_price(b, request, &answer->price);
    case TILL_RECENT:
        return lookup_recent(b, &answer->recent);
    case TILL_NOTE:
        return note_run(b, request, &answer->noted_seq);
    case TILL_ALONE:
    case TILL_PROMOTE:
        answer->store = STORE_SINGLE;
        return 0;
    }
    return -EINVAL;
}

static void handle_request(struct till *till, const struct till_request *request)
{
    struct till_answer answer = {.op = request->op, .ticket = request->ticket};

    answer.error = books_ready(&till->books);
    if (answer.error == 0)
        answer.error = till->books.enrolled ? run_enrolled(&till->books, request, &answer) : -EAGAIN;
    till->options.answered(till->options.context, &answer);
}

static int run_call(struct books *b, struct call *call)
{
    int r = books_ready(b);

    if (r < 0)
        return r;
    switch (call->kind) {
    case CALL_ENROLMENT_STORE:
        return enrolment_store(b, call->enrolment, call->incarnation);
    case CALL_ENROLMENT_LOAD:
        if (b->enrolment.answer.state == 0)
            return -ENOENT;
        *call->out_enrolment = b->enrolment;
        return 0;
    case CALL_FEED_APPLY:
        return b->enrolled ? feed_apply(b, call->page, call->out_head) : -EAGAIN;
    case CALL_FEED_CURSOR:
        *call->out_cursor = b->cursor;
        return 0;
    case CALL_MARKS_STORE:
        return marks_store(b, call->answer);
    case CALL_TIME_TRUST:
        return trust_store(b, call->server_ms, call->at);
    case CALL_REBUILD_COMPARE:
        return rebuild_compare(b);
    }
    return -EINVAL;
}

/* Builds what screens show from the books. False when they cannot be read just now: the old picture stays, and the
 * next request tries again. */
static bool refresh_reference(struct till *till)
{
    if (books_ready(&till->books) < 0 || reference_build(&till->books, &till->scratch) < 0)
        return false;
    pthread_mutex_lock(&till->mutex);
    till->reference = till->scratch;
    pthread_mutex_unlock(&till->mutex);
    return true;
}

static void tell_others(struct till *till)
{
    struct books *b = &till->books;
    const struct till_options *o = &till->options;

    if (b->reference_changed && refresh_reference(till)) {
        b->reference_changed = false;
        if (o->changed != NULL)
            o->changed(o->context);
    }
    for (uint32_t i = 0; i < b->greeting_count; i++) {
        if (o->greeted != NULL)
            o->greeted(o->context, &b->greetings[i]);
    }
    b->greeting_count = 0;
    if (b->appended && o->appended != NULL)
        o->appended(o->context);
    b->appended = false;
}

static void handle_call(struct till *till, struct call *call)
{
    int result = run_call(&till->books, call);

    tell_others(till); /* first, so that the caller finds what it changed */
    pthread_mutex_lock(&till->mutex);
    call->result = result;
    call->done = true;
    pthread_cond_broadcast(&till->finished);
    pthread_mutex_unlock(&till->mutex);
}

static void handle_item(struct till *till, const struct item *item)
{
    if (item->call != NULL) {
        handle_call(till, item->call);
    } else {
        atomic_fetch_sub(&till->waiting, 1);
        handle_request(till, &item->request);
        tell_others(till);
    }
}

static void *till_main(void *argument)
{
    struct till *till = argument;
    struct item item;

    while (queue_pop(&till->queue, -1, &item) == 0)
        handle_item(till, &item);
    return NULL;
}

static int start(struct till *till)
{
    const struct queue_options options = {.item_size = sizeof(struct item), .capacity = TILL_QUEUE_MAX + CALLS_MAX};
    int r;

    till->books.reference_changed = !refresh_reference(till);
    if (till->options.inline_jobs)
        return 0;
    r = queue_init(&till->queue, &options);
    if (r < 0)
        return r;
    r = -pthread_create(&till->thread, NULL, till_main, till);
    if (r < 0)
        queue_finish(&till->queue);
    return r;
}

int till_open(const struct till_options *options, struct till **out_till)
{
    struct till *till = calloc(1, sizeof(*till));
    int r;

    assert(options->answered != NULL);
    if (till == NULL)
        return -ENOMEM;
    till->options = *options;
    pthread_mutex_init(&till->mutex, NULL);
    pthread_cond_init(&till->finished, NULL);
    r = books_open(&till->books, options);
    if (r < 0)
        goto fail;
    r = start(till);
    if (r < 0)
        goto fail_books;
    *out_till = till;
    return 0;
fail_books:
    books_close(&till->books);
fail:
    pthread_cond_destroy(&till->finished);
    pthread_mutex_destroy(&till->mutex);
    free(till);
    return r;
}

void till_close(struct till *till)
{
    if (till == NULL)
        return;
    if (!till->options.inline_jobs) {
        queue_close(&till->queue);
        pthread_join(till->thread, NULL);
        queue_finish(&till->queue);
    }
    books_close(&till->books);
    pthread_cond_destroy(&till->finished);
    pthread_mutex_destroy(&till->mutex);
    explicit_bzero(till, sizeof(*till));
    free(till);
}

static int push(struct till *till, const struct item *item)
{
    int r;

    if (till->options.inline_jobs) {
        handle_item(till, item);
        return 0;
    }
    r = queue_push(&till->queue, item);
    return r == -EPIPE ? -ESHUTDOWN : r;
}

int till_submit(struct till *till, const struct till_request *request)
{
    struct item item = {.request = *request};
    int r;

    if (atomic_fetch_add(&till->waiting, 1) >= TILL_QUEUE_MAX)
        r = -ENOSPC;
    else
        r = push(till, &item);
    if (r < 0)
        atomic_fetch_sub(&till->waiting, 1);
    return r;
}

void till_reference_copy(struct till *till, struct till_reference *out_reference)
{
    pthread_mutex_lock(&till->mutex);
    *out_reference = till->reference;
    pthread_mutex_unlock(&till->mutex);
}

static int call(struct till *till, struct call *call)
{
    struct item item = {.call = call};
    int r = push(till, &item);

    pthread_mutex_lock(&till->mutex);
    while (r == 0 && !call->done)
        pthread_cond_wait(&till->finished, &till->mutex);
    pthread_mutex_unlock(&till->mutex);
    return r < 0 ? r : call->result;
}

int till_enrolment_store(struct till *till, const struct till_enrolment *enrolment,
                         const struct body_incarnation *incarnation)
{
    return call(till, &(struct call){.kind = CALL_ENROLMENT_STORE, .enrolment = enrolment, .incarnation = incarnation});
}

int till_enrolment_load(struct till *till, struct till_enrolment *out_enrolment)
{
    return call(till, &(struct call){.kind = CALL_ENROLMENT_LOAD, .out_enrolment = out_enrolment});
}

int till_feed_apply(struct till *till, struct slice page, struct feed_page_head *out_head)
{
    return call(till, &(struct call){.kind = CALL_FEED_APPLY, .page = page, .out_head = out_head});
}

int till_feed_cursor(struct till *till, struct feed_cursor *out_cursor)
{
    return call(till, &(struct call){.kind = CALL_FEED_CURSOR, .out_cursor = out_cursor});
}

int till_marks_store(struct till *till, const struct journal_answer *answer)
{
    return call(till, &(struct call){.kind = CALL_MARKS_STORE, .answer = answer});
}

int till_time_trust(struct till *till, int64_t server_ms, struct clock_reading at)
{
    return call(till, &(struct call){.kind = CALL_TIME_TRUST, .server_ms = server_ms, .at = at});
}

int till_rebuild_compare(struct till *till)
{
    return call(till, &(struct call){.kind = CALL_REBUILD_COMPARE});
}

int till_backlog(struct till *till, struct till_backlog *out_backlog)
{
    return upload_backlog(till->books.upload, out_backlog);
}

int till_next_batch(struct till *till, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap, size_t *out_len)
{
    return upload_next_batch(till->books.upload, secret, out, cap, out_len);
}
