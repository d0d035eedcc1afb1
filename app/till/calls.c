#include "till_internal.h"

/* What other rooms ask of the books: it travels on the till's queue, and the caller waits. */

static int run_books(struct books *b, struct call *call)
{
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
    case CALL_STORE_READ:
        return store_read(b, call->out_store);
    case CALL_COPY_STORE:
        return copies_store(b, call->page, call->out_answer);
    case CALL_PEER_HOLDS:
        return confirm_peer_holds(b, call->peer, call->end);
    case CALL_PEER_HELLO:
        return confirm_peer_hello(b, call->hello);
    case CALL_PEER_DEPOSES:
        confirm_peer_deposes(b, call->peer, call->deposes);
        return 0;
    case CALL_CARRIED:
        return copies_carried(b, call->end);
    case CALL_PENDING_PUT:
        return pending_put(b, call->pending);
    case CALL_PENDING_DROP:
        return pending_drop(b, call->request_id);
    case CALL_PENDING_LIST:
        return pending_list(b, call->out_pending, call->cap, call->out_count);
    case CALL_NOTE:
        return note_call(b, call->body);
    case CALL_ORDERS:
        return order_list(b, call->out_orders, call->cap, call->out_count);
    }
    return -EINVAL;
}

/* Somebody waits at the counter for it. */
static bool is_urgent(enum call_kind kind)
{
    return kind == CALL_PENDING_PUT || kind == CALL_PENDING_DROP || kind == CALL_ENROLMENT_STORE;
}

int till_run_call(struct books *b, struct call *call)
{
    int r = is_urgent(call->kind) ? books_ready(b) : books_ready_unhurried(b);

    return r < 0 ? r : run_books(b, call);
}

static int call(struct till *till, struct call *call)
{
    struct item item = {.call = call};
    int r = till_push(till, &item);

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

int till_store_read(struct till *till, struct till_store *out_store)
{
    return call(till, &(struct call){.kind = CALL_STORE_READ, .out_store = out_store});
}

int till_copy_store(struct till *till, struct slice batch, struct journal_answer *out_answer)
{
    return call(till, &(struct call){.kind = CALL_COPY_STORE, .page = batch, .out_answer = out_answer});
}

int till_peer_holds(struct till *till, uint32_t peer, const struct lan_end *end)
{
    return call(till, &(struct call){.kind = CALL_PEER_HOLDS, .peer = peer, .end = end});
}

int till_peer_hello(struct till *till, const struct lan_hello *hello)
{
    return call(till, &(struct call){.kind = CALL_PEER_HELLO, .hello = hello});
}

int till_peer_deposes(struct till *till, uint32_t peer, uint32_t deposes)
{
    return call(till, &(struct call){.kind = CALL_PEER_DEPOSES, .peer = peer, .deposes = deposes});
}

int till_carried(struct till *till, const struct lan_end *end)
{
    return call(till, &(struct call){.kind = CALL_CARRIED, .end = end});
}

int till_pending_put(struct till *till, const struct till_pending *pending)
{
    return call(till, &(struct call){.kind = CALL_PENDING_PUT, .pending = pending});
}

int till_pending_drop(struct till *till, const uint8_t request_id[BODY_REQUEST_ID_LEN])
{
    return call(till, &(struct call){.kind = CALL_PENDING_DROP, .request_id = request_id});
}

int till_pending_list(struct till *till, struct till_pending *out_list, uint32_t cap, uint32_t *out_count)
{
    return call(till,
                &(struct call){.kind = CALL_PENDING_LIST, .out_pending = out_list, .cap = cap, .out_count = out_count});
}

int till_orders(struct till *till, struct feed_order *out_list, uint32_t cap, uint32_t *out_count)
{
    return call(till, &(struct call){.kind = CALL_ORDERS, .out_orders = out_list, .cap = cap, .out_count = out_count});
}

int till_note(struct till *till, const struct body *body)
{
    return call(till, &(struct call){.kind = CALL_NOTE, .body = body});
}
