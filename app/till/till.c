#include "till_internal.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * The till's thread: takes requests one by one, answers after the commit, then tells the others what changed. Calls of
 * the sync travel on the same queue; their callers wait.
 */

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
        return alone_run(b, request, &answer->store);
    case TILL_PROMOTE:
        return promote_run(b, request, &answer->store);
    }
    return -EINVAL;
}

/* What was done already under the request's id is not done again, nor what may have been, elsewhere. */
static int run_once(struct books *b, const struct till_request *request, struct till_answer *answer)
{
    int64_t record;
    int r = again_answer(b, request, answer, &record);

    if (r == -ENOENT && successor_may_lack(b, request))
        return -EAGAIN;
    return r == -ENOENT ? run_enrolled(b, request, answer) : r;
}

void till_handle_request(struct till *till, const struct till_request *request)
{
    struct books *b = &till->books;
    struct till_answer answer = {.op = request->op, .ticket = request->ticket};

    answer.error = books_ready(b);
    if (answer.error == 0 && hold_request(till, request))
        return;
    bool waited = b->unconfirmed_from != 0;
    if (answer.error == 0)
        answer.error = b->enrolled ? run_once(b, request, &answer) : -EAGAIN;
    if (answer.error == 0 && !waited && b->unconfirmed_from != 0)
        hold_answer(till, &answer);
    else
        till->options.answered(till->options.context, &answer);
}

/* Builds what screens show from the books. False when they cannot be read just now: the old picture stays, and the
 * next request tries again. */
static bool refresh_reference(struct till *till)
{
    if (books_ready_unhurried(&till->books) < 0 || reference_build(&till->books, &till->scratch) < 0)
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
    int result = till_run_call(&till->books, call);

    hold_settle(till);
    tell_others(till); /* first, so that the caller finds what it changed */
    pthread_mutex_lock(&till->mutex);
    call->result = result;
    call->done = true;
    pthread_cond_broadcast(&till->finished);
    pthread_mutex_unlock(&till->mutex);
}

/* What has ended goes when nobody waits for an answer. A disk that fails is tried again at the next look. */
static void expire_tick(struct till *till)
{
    struct books *b = &till->books;
    int64_t now_ms = clock_mono_ms(till->options.clock);
    bool more = false;

    if (now_ms < till->expire_due_mono_ms || till->hold.held || books_ready_unhurried(b) < 0)
        return;
    if (expire_run(b, &more) < 0)
        more = false;
    till->expire_due_mono_ms = now_ms + (more ? EXPIRE_MORE_MS : EXPIRE_LOOK_MS);
    tell_others(till);
    mark_follow(b);
}

/* A disk that fails is tried again at the next turn. */
static void public_tick(struct till *till)
{
    struct books *b = &till->books;

    if (!b->public.unread || till->hold.held || books_ready_unhurried(b) < 0 || public_read_more(b) < 0)
        return;
    b->reference_changed |= !b->public.unread;
    tell_others(till);
}

static void tick(struct till *till)
{
    if (hold_tick(till))
        tell_others(till);
}

static void handle_item(struct till *till, const struct item *item)
{
    if (item->call != NULL) {
        handle_call(till, item->call);
    } else {
        atomic_fetch_sub(&till->waiting, 1);
        till_handle_request(till, &item->request);
        hold_settle(till);
        tell_others(till);
    }
    tick(till);
    mark_follow(&till->books); /* nobody waits for it */
}

/* Coupons become public, and end, without anything being said of it. */
static void look_at_pool(struct till *till)
{
    if (public_due_ms(&till->books) != 0)
        return;
    till->books.public.looked_mono_ms = clock_mono_ms(till->options.clock); /* also if it cannot be read now */
    till->books.reference_changed = true;
    tell_others(till);
}

static int timeout_ms(const struct till *till)
{
    int hold = hold_timeout_ms(till), look = public_due_ms(&till->books);
    int sooner = till->books.public.unread ? READ_MORE_MS : EXPIRE_MORE_MS;

    if (hold >= 0 && hold < sooner)
        sooner = hold;
    return look >= 0 && look < sooner ? look : sooner;
}

static void *till_main(void *argument)
{
    struct till *till = argument;
    struct item item;
    int r;

    while ((r = queue_pop(&till->queue, timeout_ms(till), &item)) != -EPIPE) {
        if (r == 0)
            handle_item(till, &item);
        else
            tick(till);
        if (atomic_load(&till->waiting) == 0) { /* also between the calls of other rooms, which never cease */
            expire_tick(till);
            public_tick(till);
        }
        look_at_pool(till);
    }
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
    till->boot_count = till->books.mark.now.boot_count;
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
    mark_stop(&till->books);
    books_close(&till->books);
    pthread_cond_destroy(&till->finished);
    pthread_mutex_destroy(&till->mutex);
    explicit_bzero(till, sizeof(*till));
    free(till);
}

uint64_t till_boot_count(const struct till *till)
{
    return till->boot_count;
}

int till_push(struct till *till, const struct item *item)
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
        r = till_push(till, &item);
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

void till_tick(struct till *till)
{
    if (!till->options.inline_jobs)
        return;
    tick(till);
    expire_tick(till);
    public_tick(till);
}

void till_peers_live(struct till *till, uint32_t count)
{
    atomic_store(&till->books.peers_live, count);
}

int till_backlog(struct till *till, struct till_backlog *out_backlog)
{
    return upload_backlog(till->books.upload, out_backlog);
}

int till_next_batch(struct till *till, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap, size_t *out_len)
{
    return upload_next_batch(till->books.upload, secret, out, cap, out_len);
}

int till_ends(struct till *till, struct lan_end out_ends[LAN_TERMINALS_MAX], uint32_t *out_count)
{
    return upload_ends(till->books.upload, out_ends, out_count);
}

int till_copy_next(struct till *till, const struct lan_end *after, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out,
                   size_t cap, size_t *out_len)
{
    return upload_copy_next(till->books.upload, after, secret, (struct slice){out, cap}, out_len);
}
