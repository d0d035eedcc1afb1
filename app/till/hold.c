#include "till_internal.h"

#include <string.h>

#define LOOK_MS 200 /* a clock that is not the system's is looked at this often while an answer is held */

static void answer(struct till *till, const struct till_request *request, int error)
{
    struct till_answer answer = {.op = request->op, .ticket = request->ticket, .error = error};

    till->options.answered(till->options.context, &answer);
}

static void refuse_deferred(struct till *till)
{
    struct hold *hold = &till->hold;

    while (hold->count > 0) {
        const struct till_request *request = &hold->deferred[hold->first];
        hold->first = (hold->first + 1) % DEFERRED_MAX;
        hold->count--;
        answer(till, request, -EBUSY);
    }
}

static void tell_pending(struct till *till)
{
    struct hold *hold = &till->hold;
    struct till_answer pending = {.op = hold->answer.op, .ticket = hold->answer.ticket, .error = -EINPROGRESS};

    hold->told = true;
    till->options.answered(till->options.context, &pending);
    refuse_deferred(till);
}

static int64_t left_ms(const struct till *till)
{
    return till->hold.since_mono_ms + HELD_TELL_MS - clock_mono_ms(till->options.clock);
}

/*
 * Of credit that ended nobody waits to be told, so its record keeps nobody waiting for long: it stands then although no
 * peer holds it, as one of a primary that is alone. Where a promotion went past it the same credit may expire twice,
 * which central settles, and the member has it again.
 */
static int end_expiry(struct till *till)
{
    bool waits = false;
    int r = books_ready(&till->books);

    if (r == 0)
        r = expire_waits(&till->books, &waits);
    return r == 0 && waits ? confirm_unheld(&till->books) : r;
}

static bool is_timed(const struct hold *hold)
{
    return hold->held ? !hold->told : hold->count > 0;
}

bool hold_tick(struct till *till)
{
    struct hold *hold = &till->hold;

    if (!is_timed(hold) || left_ms(till) > 0)
        return false;
    if (hold->held) {
        tell_pending(till);
        return false;
    }
    if (end_expiry(till) == 0)
        hold_settle(till);
    if (!hold->held)
        refuse_deferred(till); /* the disk */
    return true;
}

int hold_timeout_ms(const struct till *till)
{
    int64_t left;

    if (!is_timed(&till->hold))
        return -1;
    left = left_ms(till);
    return left <= 0 ? 0 : left < LOOK_MS ? (int)left : LOOK_MS;
}

void hold_answer(struct till *till, const struct till_answer *answer)
{
    struct hold *hold = &till->hold;

    hold->held = true;
    hold->told = false;
    hold->answer = *answer;
    hold->since_mono_ms = clock_mono_ms(till->options.clock);
}

static bool appends(const struct till_request *request)
{
    switch (request->op) {
    case TILL_REDEEM:
        return !request->redeem.check_only;
    case TILL_SALE:
    case TILL_VOID:
    case TILL_NOTE:
    case TILL_PROMOTE:
        return true;
    case TILL_SIGN_IN: /* a manager must be able to come and go alone */
    case TILL_SIGN_OUT:
    case TILL_ALONE:
    case TILL_MEMBER:
    case TILL_PRICE:
    case TILL_RECENT:
        return false;
    }
    return true;
}

/* The very act that waits is asked for again: its answer goes to whoever asked last. */
static bool take_repeat(struct till *till, const struct till_request *request)
{
    struct books *b = &till->books;
    struct till_answer again;
    int64_t record;

    if (again_answer(b, request, &again, &record) < 0 || journal_era(record) != b->era ||
        journal_seq(record) < b->unconfirmed_from)
        return false;
    if (till->hold.held && !till->hold.told)
        tell_pending(till);
    hold_answer(till, &again);
    till->hold.told = true;
    answer(till, request, -EINPROGRESS);
    return true;
}

static void defer(struct hold *hold, const struct till_request *request)
{
    hold->deferred[(hold->first + hold->count++) % DEFERRED_MAX] = *request;
}

/* A peer that answers will have the record in a moment, and what a promotion has undone is about to be taken back. */
static bool is_worth_waiting(const struct till *till)
{
    return till->hold.count < DEFERRED_MAX && (books_peer_live(&till->books) || confirm_undone(&till->books));
}

/* No act is refused that would be done if nothing had ended. True: it comes after the record, which is waited for. */
static bool wait_for_expiry(struct till *till, const struct till_request *request)
{
    struct hold *hold = &till->hold;
    bool waits = false;

    if (hold->held || expire_waits(&till->books, &waits) < 0 || !waits)
        return false;
    if (is_worth_waiting(till)) {
        if (hold->count == 0)
            hold->since_mono_ms = clock_mono_ms(till->options.clock);
        defer(hold, request);
        return true;
    }
    if (end_expiry(till) == 0)
        hold_settle(till);
    return false;
}

bool hold_request(struct till *till, const struct till_request *request)
{
    struct hold *hold = &till->hold;

    if (till->books.unconfirmed_from == 0 || !appends(request))
        return false;
    if (take_repeat(till, request) || wait_for_expiry(till, request))
        return true;
    if (till->books.unconfirmed_from == 0)
        return false;
    if (!hold->held || hold->told || hold->count == DEFERRED_MAX)
        answer(till, request, -EBUSY);
    else
        defer(hold, request);
    return true;
}

static void deliver(struct till *till)
{
    struct hold *hold = &till->hold;
    struct till_answer held = hold->answer;

    if (till->books.taken_back)
        held = (struct till_answer){.op = held.op, .ticket = held.ticket, .error = -EHOSTDOWN};
    hold->held = false;
    till->options.answered(till->options.context, &held);
}

void hold_settle(struct till *till)
{
    struct books *b = &till->books;
    struct hold *hold = &till->hold;

    if (b->db == NULL || b->unconfirmed_from != 0)
        return;
    if (hold->held)
        deliver(till);
    b->taken_back = false;
    if (confirm_late(b) < 0 || feed_authority_take_up(b) < 0)
        return; /* the disk: tried again after the next request */
    while (hold->count > 0 && b->unconfirmed_from == 0) {
        struct till_request next = hold->deferred[hold->first];
        hold->first = (hold->first + 1) % DEFERRED_MAX;
        hold->count--;
        till_handle_request(till, &next);
    }
}
