#include "lan_internal.h"

#include <string.h>

/* A terminal that is away cannot upload: the primary has its journal and does, with the signatures that it came with.
 */

#define BATCHES_A_TURN 4 /* an act may wait for the next turn of the loop */
#define RETRY_MS       10000

static struct lan_end *relayed_of(struct lan *lan, const struct lan_end *held)
{
    for (uint32_t i = 0; i < lan->relayed_count; i++)
        if (lan->relayed[i].terminal == held->terminal && lan->relayed[i].incarnation == held->incarnation)
            return &lan->relayed[i];
    if (lan->relayed_count == LAN_TERMINALS_MAX)
        return NULL;
    /* Nothing is known of it yet: the last batch tells, by central's answer, how much is missing. */
    struct lan_end *end = &lan->relayed[lan->relayed_count++];
    *end = *held;
    end->through = held->through > 0 ? held->through - 1 : 0;
    return end;
}

/* 1 there may be more, 0 central has it all. */
static int relay_once(struct lan *lan, const struct lan_end *held, struct lan_end *relayed)
{
    struct journal_answer answer;
    struct key_pair key;
    size_t len = 0, packed;
    int r;

    pthread_mutex_lock(&lan->loops.mutex);
    key = lan->key;
    pthread_mutex_unlock(&lan->loops.mutex);
    r = till_copy_next(lan->options.till, relayed, key.secret_key, lan->batch, BATCH_BYTES_MAX, &len);
    key_pair_finish(&key);
    if (r < 0 || len == 0)
        return r;
    r = compress_pack(lan->pack, (struct slice){lan->batch, len}, lan->packed, lan->packed_cap, &packed);
    if (r == 0)
        r = lan->options.relay(lan->options.context, (struct slice){lan->packed, packed}, &answer);
    if (r < 0)
        return r;
    if (answer.status == JOURNAL_REFUSED || answer.status == JOURNAL_FORK) { /* central knows of it, and says no */
        relayed->through = UINT64_MAX;
        return 0;
    }
    bool moved = answer.durable_through != relayed->through;
    relayed->through = answer.durable_through;
    if (relayed->through >= held->through)
        return 0;
    return moved ? 1 : -EAGAIN;
}

static bool wanted(struct lan *lan, const struct lan_end *held)
{
    const struct lan_peer *peer;
    bool away;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, held->terminal);
    /* One that was never tried may be about to answer. */
    away = peer != NULL && !lan_peer_live_locked(lan, peer) && peer->failures > 0;
    away = away && held->terminal != lan->store.terminal && lan_role_locked(lan) == LAN_PRIMARY && !lan->closing;
    pthread_mutex_unlock(&lan->loops.mutex);
    return away;
}

static int relay_journal(struct lan *lan, const struct lan_end *held)
{
    struct lan_end *relayed = relayed_of(lan, held);
    int r = 1;

    for (int i = 0; i < BATCHES_A_TURN && r == 1 && relayed != NULL && relayed->through < held->through; i++)
        r = relay_once(lan, held, relayed);
    return r < 0 ? r : 0;
}

/* Mostly nobody is away, and how far every journal goes need not be looked up. */
static bool somebody_is_away(struct lan *lan)
{
    bool away = false;

    pthread_mutex_lock(&lan->loops.mutex);
    for (uint32_t i = 0; i < lan->peer_count; i++)
        away |= lan->peers[i].failures > 0 && !lan_peer_live_locked(lan, &lan->peers[i]);
    pthread_mutex_unlock(&lan->loops.mutex);
    return away;
}

void lan_relay(struct lan *lan)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0, age_s;
    int r;

    if (lan->options.relay == NULL || !somebody_is_away(lan) || lan_mono_ms(lan) < lan->next_relay_mono_ms ||
        (lan->options.central != NULL && !lan->options.central(lan->options.context, &age_s)))
        return;
    r = till_ends(lan->options.till, ends, &count);
    for (uint32_t i = 0; i < count && r == 0; i++)
        if (wanted(lan, &ends[i]))
            r = relay_journal(lan, &ends[i]);
    lan_note_failure(lan, "relay", r, 0);
    if (r < 0)
        lan->next_relay_mono_ms = lan_mono_ms(lan) + RETRY_MS;
}
