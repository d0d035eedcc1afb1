#include "lan_internal.h"

#include <string.h>

#define BATCHES_A_TURN 64 /* of one journal to one peer, before others have their turn */

/* ---- hello */

static int hello_once(struct lan *lan, uint32_t terminal, struct lan_hello *out_hello)
{
    uint8_t body[LAN_ACT_MAX], encoded[LAN_ACT_MAX];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct lan_call call = {
        .transport = &lan->options.talk, .peer = terminal, .path = LAN_PATH_HELLO, .timeout_ms = LAN_HELLO_WAIT_MS};
    struct lan_hello mine;
    size_t len;
    int r = lan_hello_make(lan, &mine);

    if (r == 0)
        r = lan_hello_encode(&mine, encoded, sizeof(encoded), &len);
    if (r < 0)
        return r;
    call.body = (struct slice){encoded, len};
    r = lan_send(lan, &call, &response);
    if (r < 0)
        return r;
    if (response.status != 200)
        return response.status >= 500 ? -EAGAIN : -EACCES;
    r = lan_hello_decode(response.body, response.len, out_hello);
    return r == 0 && out_hello->terminal != terminal ? -EBADMSG : r;
}

static void say_hello(struct lan *lan, uint32_t terminal)
{
    uint64_t random = lan_random(lan);
    struct lan_hello hello;
    struct lan_peer *peer;
    int r = hello_once(lan, terminal, &hello);

    if (r == 0)
        r = lan_hello_take(lan, &hello);
    lan_note_failure(lan, "hello", r, 0);
    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    if (peer != NULL && r == 0)
        lan_peer_heard_locked(lan, peer);
    else if (peer != NULL)
        lan_peer_failed_locked(lan, peer, r, random);
    loops_changed_locked(&lan->loops); /* a request may wait to know whether the primary is there */
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- copies */

static int post_copy(struct lan *lan, uint32_t terminal, struct slice batch, struct journal_answer *out_answer)
{
    uint8_t body[512];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct lan_call call = {.transport = &lan->options.talk,
                            .peer = terminal,
                            .path = LAN_PATH_JOURNAL,
                            .compressed = true,
                            .timeout_ms = LAN_COPY_WAIT_MS};
    size_t len;
    int r = compress_pack(lan->pack, batch, lan->packed, lan->packed_cap, &len);

    if (r < 0)
        return r;
    call.body = (struct slice){lan->packed, len};
    r = lan_send(lan, &call, &response);
    if (r < 0)
        return r;
    if (response.status != 200 && response.status != 409)
        return response.status >= 500 ? -EAGAIN : -EACCES;
    return journal_answer_decode(response.body, response.len, out_answer);
}

/* The peer said how far it has the journal now: it is the batch's end, or the next hello tells. */
static int took(struct lan *lan, uint32_t terminal, struct slice batch, const struct journal_answer *answer,
                struct lan_end *end)
{
    struct batch_reader reader;
    struct lan_peer *peer;
    bool own;
    int r = batch_open(batch.data, batch.len, &reader);

    if (r < 0)
        return r;
    if (answer->status == JOURNAL_FORK)
        return -EILSEQ;
    if (answer->status == JOURNAL_REFUSED) {
        pthread_mutex_lock(&lan->loops.mutex);
        peer = lan_peer_locked(lan, terminal);
        if (peer != NULL)
            lan_peer_refused_locked(lan, peer, end);
        pthread_mutex_unlock(&lan->loops.mutex);
        return -EPERM;
    }
    if (answer->status != JOURNAL_STORED || answer->durable_through != reader.head.first_seq + reader.head.count - 1)
        return -EAGAIN;
    end->through = answer->durable_through;
    memcpy(end->hash, reader.head.last_hash, HASH_LEN);
    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    if (peer != NULL)
        lan_peer_took_locked(peer, end);
    own = end->terminal == lan->store.terminal && end->incarnation == lan->store.incarnation;
    pthread_mutex_unlock(&lan->loops.mutex);
    return own ? till_peer_holds(lan->options.till, terminal, end) : 0;
}

/* One batch: 1 there may be more, 0 the peer has all that is here. */
static int copy_once(struct lan *lan, uint32_t terminal, struct lan_end *end)
{
    struct journal_answer answer;
    struct slice batch;
    struct key_pair key;
    size_t len = 0;
    int r;

    pthread_mutex_lock(&lan->loops.mutex);
    key = lan->key;
    pthread_mutex_unlock(&lan->loops.mutex);
    r = till_copy_next(lan->options.till, end, key.secret_key, lan->batch, BATCH_BYTES_MAX, &len);
    key_pair_finish(&key);
    if (r < 0 || len == 0)
        return r;
    batch = (struct slice){lan->batch, len};
    r = post_copy(lan, terminal, batch, &answer);
    if (r == 0)
        r = took(lan, terminal, batch, &answer, end);
    return r < 0 ? r : 1;
}

static int copy_journal(struct lan *lan, uint32_t terminal, const struct lan_end *held)
{
    struct lan_end end = {.terminal = held->terminal, .incarnation = held->incarnation, .from = 1};
    const struct lan_end *known;
    struct lan_peer *peer;
    bool refused;
    int r = 1;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    known = peer != NULL ? lan_peer_end_locked(peer, held->terminal, held->incarnation) : NULL;
    if (known != NULL)
        end = *known;
    refused = peer == NULL || lan_peer_refuses_locked(lan, peer, held);
    pthread_mutex_unlock(&lan->loops.mutex);
    if (refused || held->through <= end.through)
        return 0;
    for (int i = 0; i < BATCHES_A_TURN && r == 1; i++) {
        r = copy_once(lan, terminal, &end);
        if (end.through >= held->through && r == 1)
            r = 0;
    }
    return r < 0 && r != -EPERM ? r : 0;
}

/* Whatever is held here and the peer lacks; its own journal it has itself. */
static void copy_to(struct lan *lan, uint32_t terminal)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct lan_peer *peer;
    uint32_t count = 0;
    int r = till_ends(lan->options.till, ends, &count);

    for (uint32_t i = 0; i < count && r == 0; i++)
        if (ends[i].terminal != terminal)
            r = copy_journal(lan, terminal, &ends[i]);
    lan_note_failure(lan, "copy", r, 0);
    if (r == 0)
        return;
    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    if (peer != NULL && lan_never_sent(r))
        lan_peer_failed_locked(lan, peer, r, 0);
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- the loop */

enum pick { PICK_LIVE, PICK_DUE };

/* Terminal numbers, since the table may change while the network waits. */
static uint32_t pick(struct lan *lan, enum pick what, uint32_t out_terminals[LAN_TERMINALS_MAX])
{
    uint32_t count = 0;
    int64_t now = lan_mono_ms(lan);

    pthread_mutex_lock(&lan->loops.mutex);
    for (uint32_t i = 0; i < lan->peer_count && !lan->closing && lan->has_key; i++) {
        const struct lan_peer *peer = &lan->peers[i];
        if (what == PICK_LIVE ? lan_peer_live_locked(lan, peer) : peer->next_hello_mono_ms <= now)
            out_terminals[count++] = peer->info.terminal;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return count;
}

static void tell_live(struct lan *lan)
{
    uint32_t live;

    pthread_mutex_lock(&lan->loops.mutex);
    live = lan_live_locked(lan);
    pthread_mutex_unlock(&lan->loops.mutex);
    till_peers_live(lan->options.till, live);
}

/* Those that answer come first: an act may wait for them while a dead one costs a whole time-out. */
/* True: there is more to relay, at once; what an act waits for goes first. */
static bool turn(struct lan *lan)
{
    uint32_t terminals[LAN_TERMINALS_MAX], count;

    till_tick(lan->options.till);
    lan_refresh(lan);
    lan_listen(lan);
    tell_live(lan);
    count = pick(lan, PICK_LIVE, terminals);
    for (uint32_t i = 0; i < count; i++)
        copy_to(lan, terminals[i]);
    count = pick(lan, PICK_DUE, terminals);
    for (uint32_t i = 0; i < count; i++) {
        say_hello(lan, terminals[i]);
        tell_live(lan);
    }
    if (count > 0) {
        count = pick(lan, PICK_LIVE, terminals);
        for (uint32_t i = 0; i < count; i++)
            copy_to(lan, terminals[i]);
    }
    lan_refresh(lan);
    lan_promote_step(lan);
    bool more = lan_relay(lan);
    lan_publish(lan);
    return more;
}

static int64_t next_due_locked(const struct lan *lan)
{
    int64_t due = lan_mono_ms(lan) + LAN_HELLO_MS;

    for (uint32_t i = 0; i < lan->peer_count && lan->has_key; i++)
        due = lan->peers[i].next_hello_mono_ms < due ? lan->peers[i].next_hello_mono_ms : due;
    return due;
}

void *lan_talk_loop(void *argument)
{
    struct lan *lan = argument;

    pthread_mutex_lock(&lan->loops.mutex);
    while (!lan->closing) {
        uint64_t wakes = lan->wakes;
        pthread_mutex_unlock(&lan->loops.mutex);
        bool more = turn(lan);
        pthread_mutex_lock(&lan->loops.mutex);
        int64_t until = next_due_locked(lan);
        while (!lan->closing && !more && lan->wakes == wakes && lan_mono_ms(lan) < until)
            loops_wait_locked(&lan->loops, until);
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return NULL;
}
