#include "lan_internal.h"

#include "answer.h"

#include <stdio.h>
#include <string.h>

#define RETRY_FIRST_MS 300
#define RETRY_MAX_MS   10000
#define COPY_FIRST_MS  600000
#define CONVERGE_MS    2500 /* how long "busy" and "somebody else is primary" are borne before staff is told */

static bool changes_books(const struct till_request *request)
{
    return request->op == TILL_SALE || request->op == TILL_VOID ||
           (request->op == TILL_REDEEM && !request->redeem.check_only);
}

/* ---- slots */

static void free_slot_locked(struct lan_slot *slot)
{
    explicit_bzero(slot, sizeof(*slot)); /* a PIN may stand in it */
}

static void make_request_id_locked(struct lan *lan, uint8_t id[BODY_REQUEST_ID_LEN])
{
    uint32_t number = (uint32_t)++lan->next_request;

    memcpy(id, lan->boot_id, sizeof(lan->boot_id));
    memcpy(id + 8, &number, 4);
    memcpy(id + 12, &lan->store.terminal, 4);
}

int lan_ask_begin(struct lan *lan, const struct till_request *request)
{
    int r = -ENOSPC;

    pthread_mutex_lock(&lan->loops.mutex);
    for (int i = 0; i < LAN_PENDING_MAX && r < 0; i++) {
        struct lan_slot *slot = &lan->slots[i];
        if (slot->state != SLOT_FREE)
            continue;
        *slot = (struct lan_slot){.state = SLOT_NEW,
                                  .request = *request,
                                  .since_ms = clock_wall_ms(lan->options.clock),
                                  .begun_mono_ms = lan_mono_ms(lan)};
        slot->request.via = 0;
        if (request->op == TILL_VOID && request->voided.terminal == 0) /* "this one's" would be the primary's there */
            slot->request.voided.terminal = lan->store.terminal;
        make_request_id_locked(lan, slot->request.request_id);
        lan_act_of(&slot->request, &slot->act);
        loops_changed_locked(&lan->loops);
        r = 0;
    }
    if (lan->closing)
        r = -ESHUTDOWN;
    pthread_mutex_unlock(&lan->loops.mutex);
    return r;
}

void lan_ask_resume(struct lan *lan)
{
    struct till_pending list[LAN_PENDING_MAX];
    uint32_t count = 0;

    if (till_pending_list(lan->options.till, list, LAN_PENDING_MAX, &count) < 0)
        return;
    for (uint32_t i = 0; i < count && i < LAN_PENDING_MAX; i++) {
        struct lan_slot *slot = &lan->slots[i];
        *slot = (struct lan_slot){.state = SLOT_ASKED,
                                  .act = list[i].act,
                                  .kept = true,
                                  .told = true,
                                  .since_ms = list[i].since_ms,
                                  .begun_mono_ms = lan_mono_ms(lan)};
        memcpy(slot->act.request_id, list[i].request_id, sizeof(slot->act.request_id));
        lan_request_of(&slot->act, &slot->request);
    }
}

/* ---- ends of a request */

static void tell(struct lan *lan, const struct lan_slot *slot, const struct till_answer *answer)
{
    struct till_answer out = *answer;

    out.op = slot->request.op;
    out.ticket = slot->request.ticket;
    if (lan->options.answered != NULL)
        lan->options.answered(lan->options.context, &out);
}

/* The row goes before the answer: what is answered is over. */
static void finish(struct lan *lan, int index, const struct till_answer *answer)
{
    struct lan_slot slot;

    pthread_mutex_lock(&lan->loops.mutex);
    slot = lan->slots[index];
    pthread_mutex_unlock(&lan->loops.mutex);
    if (slot.kept)
        lan_note_failure(lan, "pending", till_pending_drop(lan->options.till, slot.act.request_id), 0);
    pthread_mutex_lock(&lan->loops.mutex);
    free_slot_locked(&lan->slots[index]);
    pthread_mutex_unlock(&lan->loops.mutex);
    tell(lan, &slot, answer);
    explicit_bzero(&slot, sizeof(slot));
    lan_publish(lan);
}

static void finish_error(struct lan *lan, int index, int error)
{
    const struct till_answer answer = {.error = error};

    finish(lan, index, &answer);
}

/* It may have been done: it stays, and staff hears once that it does. */
static void stay_pending(struct lan *lan, int index, int64_t delay_ms)
{
    const struct till_answer waiting = {.error = -EINPROGRESS};
    struct lan_slot *slot = &lan->slots[index], copy;
    bool first;

    pthread_mutex_lock(&lan->loops.mutex);
    slot->state = SLOT_ASKED;
    first = !slot->told;
    slot->told = true;
    slot->next_try_mono_ms = lan_mono_ms(lan) + delay_ms;
    copy = *slot;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (first)
        tell(lan, &copy, &waiting);
    explicit_bzero(&copy, sizeof(copy));
    lan_publish(lan);
}

static int64_t backoff_ms(struct lan *lan, const struct lan_slot *slot)
{
    int64_t limit = RETRY_FIRST_MS;

    for (uint32_t i = 1; i < slot->attempts && limit < RETRY_MAX_MS; i++)
        limit *= 2;
    limit = limit < RETRY_MAX_MS ? limit : RETRY_MAX_MS;
    return limit / 2 + (int64_t)(lan_random(lan) % (uint64_t)(limit / 2 + 1));
}

/* Nobody else has seen it: the till here decides, and answers by itself. */
static void do_here(struct lan *lan, int index, const struct lan_slot *slot)
{
    struct till_request request = slot->request;
    int r;

    if (slot->kept)
        lan_note_failure(lan, "pending", till_pending_drop(lan->options.till, slot->act.request_id), 0);
    pthread_mutex_lock(&lan->loops.mutex);
    free_slot_locked(&lan->slots[index]);
    pthread_mutex_unlock(&lan->loops.mutex);
    memset(request.request_id, 0, sizeof(request.request_id));
    r = till_submit(lan->options.till, &request);
    explicit_bzero(&request, sizeof(request));
    if (r < 0) {
        const struct till_answer answer = {.error = r == -ENOSPC ? -EAGAIN : r};
        tell(lan, slot, &answer);
    }
}

/*
 * The primary is away and has certainly not seen the request. What consumes nothing that is held once goes on here; a
 * coupon too, since the till here decides what an absent holder leaves it: nothing, or the campaign's budget.
 */
static void do_without(struct lan *lan, int index, const struct lan_slot *slot)
{
    bool here =
        slot->request.op != TILL_VOID && (slot->request.op != TILL_SALE || slot->request.sale.credit_minor == 0);

    if (here)
        do_here(lan, index, slot);
    else
        finish_error(lan, index, -EHOSTDOWN);
}

/* ---- one request to the primary */

/* Before it is sent: from here on a restart asks again instead of deciding. */
static int keep(struct lan *lan, int index, struct lan_slot *slot)
{
    struct till_pending pending = {.since_ms = slot->since_ms, .act = slot->act};
    int r;

    if ((slot->kept && !slot->renamed) || !changes_books(&slot->request))
        return 0;
    memcpy(pending.request_id, slot->act.request_id, sizeof(pending.request_id));
    explicit_bzero(pending.act.pin, sizeof(pending.act.pin));
    r = till_pending_put(lan->options.till, &pending);
    if (r < 0)
        return r;
    slot->kept = true;
    pthread_mutex_lock(&lan->loops.mutex);
    lan->slots[index].kept = true;
    lan->slots[index].renamed = false;
    pthread_mutex_unlock(&lan->loops.mutex);
    return 0;
}

static int exchange(struct lan *lan, uint32_t primary, const struct lan_slot *slot, uint8_t *body, size_t cap,
                    struct lan_answer *out_answer)
{
    struct lan_call call = {
        .transport = &lan->options.ask, .peer = primary, .path = LAN_PATH_ACT, .timeout_ms = LAN_ASK_WAIT_MS};
    struct sync_response response = {.body = body, .cap = cap};
    uint8_t encoded[LAN_ACT_MAX];
    size_t len;
    int r = lan_act_encode(&slot->act, encoded, sizeof(encoded), &len);

    if (r < 0)
        return r;
    call.body = (struct slice){encoded, len};
    r = lan_send(lan, &call, &response);
    explicit_bzero(encoded, sizeof(encoded));
    if (r < 0)
        return r;
    if (response.status == 401 || response.status == 403 || response.status == 404)
        return -EACCES; /* refused at the door */
    if (response.status != 200)
        return -EAGAIN;
    return lan_answer_decode(response.body, response.len, out_answer);
}

static void on_done(struct lan *lan, int index, const struct lan_slot *slot, uint32_t by,
                    const struct lan_answer *answer)
{
    struct till_answer decoded = {.error = answer->error};

    if (answer->error == 0 && (lan_till_answer_decode(answer->answer.data, answer->answer.len, &decoded) < 0 ||
                               decoded.op != slot->request.op)) {
        /* It is done and nobody here can say what came of it: asked again, and seen by staff, until somebody can. */
        lan_note_failure(lan, "answer", -EBADMSG, 0);
        stay_pending(lan, index, RETRY_MAX_MS);
        return;
    }
    decoded.error = answer->error;
    if (decoded.by == 0) /* else a former primary did it, whose copy the present one has */
        decoded.by = by;
    finish(lan, index, &decoded);
}

/* Nothing happened at whoever was asked, this time. */
static void not_now(struct lan *lan, int index, const struct lan_slot *slot, int error)
{
    if (slot->state == SLOT_ASKED)
        stay_pending(lan, index, backoff_ms(lan, slot));
    else if (lan_mono_ms(lan) - slot->begun_mono_ms > CONVERGE_MS)
        finish_error(lan, index, error);
    else {
        pthread_mutex_lock(&lan->loops.mutex);
        lan->slots[index].next_try_mono_ms = lan_mono_ms(lan) + RETRY_FIRST_MS;
        pthread_mutex_unlock(&lan->loops.mutex);
    }
}

/* Staff hears that it is away before it hears what the till here made of that. */
static void note_away(struct lan *lan, uint32_t primary, int error)
{
    uint64_t random = lan_random(lan);
    struct lan_peer *peer;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, primary);
    if (peer != NULL && lan_never_sent(error))
        lan_peer_failed_locked(lan, peer, error, random);
    pthread_mutex_unlock(&lan->loops.mutex);
    lan_publish(lan);
}

static void on_failed(struct lan *lan, int index, struct lan_slot *slot, uint32_t primary, int error)
{
    bool fresh = slot->state == SLOT_NEW;

    lan_note_failure(lan, "act", error, 0);
    note_away(lan, primary, error);
    if (fresh && lan_never_sent(error))
        do_without(lan, index, slot);
    else if (fresh && (error == -EACCES || !changes_books(&slot->request)))
        finish_error(lan, index, -EHOSTDOWN);
    else
        stay_pending(lan, index, backoff_ms(lan, slot));
}

static void ask_primary(struct lan *lan, int index, struct lan_slot *slot, uint32_t primary)
{
    uint8_t body[LAN_ANSWER_MAX];
    struct lan_answer answer;
    int r = keep(lan, index, slot);

    if (r < 0) {
        finish_error(lan, index, r);
        return;
    }
    slot->attempts++;
    pthread_mutex_lock(&lan->loops.mutex);
    lan->slots[index].attempts = slot->attempts;
    pthread_mutex_unlock(&lan->loops.mutex);
    r = exchange(lan, primary, slot, body, sizeof(body), &answer);
    if (r < 0) {
        on_failed(lan, index, slot, primary, r);
        return;
    }
    lan_note_failure(lan, "act", 0, 0);
    switch ((enum lan_state)answer.state) {
    case LAN_DONE:
        on_done(lan, index, slot, primary, &answer);
        return;
    case LAN_PENDING:
        stay_pending(lan, index, slot->attempts < 4 ? RETRY_FIRST_MS : backoff_ms(lan, slot));
        return;
    case LAN_NOT_PRIMARY:
        lan_wake(lan);
        not_now(lan, index, slot, -EHOSTDOWN);
        return;
    case LAN_BUSY:
        not_now(lan, index, slot, -EAGAIN);
        return;
    }
}

/* ---- this terminal became the primary, or the only one, meanwhile */

static void ask_here(struct lan *lan, int index, const struct lan_slot *slot)
{
    struct till_request request = slot->request;
    uint32_t ticket, self;
    int r;

    pthread_mutex_lock(&lan->loops.mutex);
    self = lan->store.terminal;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (slot->state == SLOT_NEW) {
        do_here(lan, index, slot);
        return;
    }
    request.via = self; /* its copy knows what the old primary did under this id */
    request.asked_terminal = slot->act.asked_terminal;
    request.asked_epoch = slot->act.asked_epoch;
    pthread_mutex_lock(&lan->loops.mutex);
    lan->slots[index].state = SLOT_AT_TILL;
    pthread_mutex_unlock(&lan->loops.mutex);
    r = lan_deed_submit(lan, &request, index, &ticket);
    explicit_bzero(&request, sizeof(request));
    if (r < 0)
        stay_pending(lan, index, RETRY_FIRST_MS);
}

static bool deed_done_locked(const struct lan *lan)
{
    bool done = false;

    for (int i = 0; i < LAN_DEEDS_MAX; i++)
        done |= lan->deeds[i].ticket != 0 && lan->deeds[i].done && lan->deeds[i].slot >= 0;
    return done;
}

/* The till answered a request of this room's own. */
static void take_deed(struct lan *lan)
{
    struct till_answer answer;
    int index = -1;

    pthread_mutex_lock(&lan->loops.mutex);
    for (int i = 0; i < LAN_DEEDS_MAX && index < 0; i++) {
        struct lan_deed *deed = &lan->deeds[i];
        if (deed->ticket == 0 || !deed->done || deed->slot < 0)
            continue;
        index = deed->slot;
        answer = deed->answer;
        deed->done = false;
        if (answer.error != -EINPROGRESS)
            deed->ticket = 0;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    if (index < 0)
        return;
    if (answer.error == -EAGAIN || answer.error == -EBUSY || answer.error == -EHOSTDOWN)
        stay_pending(lan, index, RETRY_MAX_MS);
    else if (answer.error != -EINPROGRESS)
        finish(lan, index, &answer);
}

/* ---- the loop */

/* Fresh ones first, then whoever is due; -1 when nobody is, and until when. */
static int choose_locked(struct lan *lan, int64_t *out_until)
{
    int64_t now = lan_mono_ms(lan);
    int chosen = -1;

    *out_until = INT64_MAX;
    for (int i = 0; i < LAN_PENDING_MAX; i++) {
        const struct lan_slot *slot = &lan->slots[i];
        if (slot->state == SLOT_FREE || slot->state == SLOT_AT_TILL)
            continue;
        if (slot->next_try_mono_ms > now) {
            *out_until = slot->next_try_mono_ms < *out_until ? slot->next_try_mono_ms : *out_until;
            continue;
        }
        if (chosen < 0 || (slot->state == SLOT_NEW && lan->slots[chosen].state != SLOT_NEW))
            chosen = i;
    }
    return chosen;
}

/* Of the journals of those that are gone: whether `less` lacks some that `more` has. */
static bool lacks_locked(struct lan *lan, const struct lan_end *less, uint32_t count, const struct lan_end *more)
{
    bool gone = more->terminal != lan->store.terminal && lan_peer_locked(lan, more->terminal) == NULL;

    return gone && more->through > lan_held_through(less, count, more);
}

/* A peer whose copies are to go first, as far as it was heard; what one holds that was never heard is not known. */
static bool knows_more_locked(struct lan *lan, const struct lan_peer *peer, const struct lan_end *ends, uint32_t count)
{
    bool more = peer->rounds == 0 && peer->failures == 0;

    for (uint32_t i = 0; i < peer->end_count && lan_peer_live_locked(lan, peer); i++)
        more |= lacks_locked(lan, ends, count, &peer->ends[i]);
    return more;
}

static bool may_be_told_locked(const struct lan *lan, const struct lan_slot *slot)
{
    int64_t since = slot->begun_mono_ms > lan->primary_mono_ms ? slot->begun_mono_ms : lan->primary_mono_ms;

    return slot->state == SLOT_ASKED && lan_mono_ms(lan) - since <= COPY_FIRST_MS;
}

/*
 * The primary, this terminal or another, does not hold yet what is held in the store of one that is gone, which may
 * have been asked first and have done it: the copy goes before the question. A machine in place of a lost one has none
 * of its journal at first.
 */
static bool knows_less(struct lan *lan, uint32_t primary, const struct lan_slot *slot)
{
    struct lan_end own[LAN_TERMINALS_MAX];
    uint32_t own_count = 0;
    bool unread = till_ends(lan->options.till, own, &own_count) < 0;

    pthread_mutex_lock(&lan->loops.mutex);
    const struct lan_peer *other = lan_peer_locked(lan, primary);
    const struct lan_end *ends = other != NULL ? other->ends : own;
    uint32_t count = other != NULL ? other->end_count : own_count;
    bool less = unread;
    for (uint32_t i = 0; i < own_count && other != NULL; i++)
        less |= lacks_locked(lan, ends, count, &own[i]);
    for (uint32_t i = 0; i < lan->peer_count; i++)
        less |= &lan->peers[i] != other && knows_more_locked(lan, &lan->peers[i], ends, count);
    less = less && may_be_told_locked(lan, slot);
    pthread_mutex_unlock(&lan->loops.mutex);
    return less;
}

/* From when it was sent it stays with whoever was asked first and may have done it. */
static void name_asked_locked(const struct lan *lan, struct lan_slot *slot)
{
    if (slot->state != SLOT_NEW || !changes_books(&slot->request))
        return;
    slot->renamed |=
        slot->act.asked_terminal != lan->store.primary_terminal || slot->act.asked_epoch != lan->store.store_epoch;
    slot->act.asked_terminal = lan->store.primary_terminal;
    slot->act.asked_epoch = lan->store.store_epoch;
}

static void serve(struct lan *lan, int index)
{
    struct lan_slot slot;
    enum lan_role role;
    uint32_t primary;
    const struct lan_peer *peer;
    bool live, untried;

    pthread_mutex_lock(&lan->loops.mutex);
    name_asked_locked(lan, &lan->slots[index]);
    slot = lan->slots[index];
    role = lan_role_locked(lan);
    primary = lan->store.primary_terminal;
    peer = lan_peer_locked(lan, primary);
    live = peer != NULL && lan_peer_live_locked(lan, peer);
    untried = peer != NULL && peer->rounds == 0 && peer->failures == 0;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (knows_less(lan, primary, &slot))
        stay_pending(lan, index, RETRY_FIRST_MS);
    else if (role != LAN_PEER)
        ask_here(lan, index, &slot);
    else if (slot.state == SLOT_NEW && untried && lan_mono_ms(lan) - slot.begun_mono_ms < CONVERGE_MS)
        not_now(lan, index, &slot, -EHOSTDOWN); /* just started: the first hello is under way */
    else if (slot.state == SLOT_NEW && !live)
        do_without(lan, index, &slot);
    else
        ask_primary(lan, index, &slot, primary);
    explicit_bzero(&slot, sizeof(slot));
}

void *lan_ask_loop(void *argument)
{
    struct lan *lan = argument;
    int64_t until;

    pthread_mutex_lock(&lan->loops.mutex);
    while (!lan->closing) {
        int index = choose_locked(lan, &until);
        if (index < 0 && !deed_done_locked(lan)) {
            loops_wait_locked(&lan->loops, until);
            continue;
        }
        pthread_mutex_unlock(&lan->loops.mutex);
        take_deed(lan);
        if (index >= 0)
            serve(lan, index);
        pthread_mutex_lock(&lan->loops.mutex);
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return NULL;
}
