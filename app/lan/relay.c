#include "lan_internal.h"

#include <string.h>

/*
 * A terminal that is away cannot upload: the primary has its journal and does, with the signatures that it came with.
 * One that is gone never will: whoever holds its journal sees to it that central has it as far, and shows central no
 * end of its own before (app/sync/feed.c).
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
    r = compress_pack(lan->pack_far, (struct slice){lan->batch, len}, lan->packed, lan->packed_cap, &packed);
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

enum wish { WISH_NONE, WISH_AWAY, WISH_GONE };

static enum wish wish_locked(struct lan *lan, const struct lan_end *held)
{
    const struct lan_peer *peer = lan_peer_locked(lan, held->terminal);

    if (held->terminal == lan->store.terminal || lan->closing)
        return WISH_NONE;
    if (peer == NULL)
        return lan->store.carries ? WISH_GONE : WISH_NONE;
    /* One that was never tried may be about to answer. */
    return !lan_peer_live_locked(lan, peer) && peer->failures > 0 && lan_role_locked(lan) == LAN_PRIMARY ? WISH_AWAY
                                                                                                         : WISH_NONE;
}

static enum wish wish_of(struct lan *lan, const struct lan_end *held)
{
    enum wish wish;

    pthread_mutex_lock(&lan->loops.mutex);
    wish = wish_locked(lan, held);
    pthread_mutex_unlock(&lan->loops.mutex);
    return wish;
}

/* 1: there is more, at the next turn. */
static int relay_journal(struct lan *lan, const struct lan_end *held, enum wish wish)
{
    struct lan_end *relayed = relayed_of(lan, held);
    int r = 1;

    if (relayed == NULL)
        return 0;
    if (wish == WISH_GONE && relayed->through >= held->through) /* central may have been restored since: ask anew */
        relayed->through = held->through - 1;
    for (int i = 0; i < BATCHES_A_TURN && r == 1 && relayed->through < held->through; i++)
        r = relay_once(lan, held, relayed);
    if (r == -EACCES && wish == WISH_GONE) { /* central does not know it, or not as one of this store */
        relayed->through = held->through;
        r = 0;
    }
    if (r < 0 || relayed->through < held->through)
        return r;
    return wish == WISH_GONE ? till_carried(lan->options.till, held) : 0;
}

/* Mostly nobody is away or gone, and how far every journal goes need not be looked up. */
static bool somebody_is_missing(struct lan *lan)
{
    bool missing;

    pthread_mutex_lock(&lan->loops.mutex);
    missing = lan->store.carries;
    for (uint32_t i = 0; i < lan->peer_count; i++)
        missing |= lan->peers[i].failures > 0 && !lan_peer_live_locked(lan, &lan->peers[i]);
    pthread_mutex_unlock(&lan->loops.mutex);
    return missing;
}

/* A journal that does not come through does not hold up the next. */
bool lan_relay(struct lan *lan)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0, age_s;
    bool more = false;
    int r;

    if (lan->options.relay == NULL || !somebody_is_missing(lan) || lan_mono_ms(lan) < lan->next_relay_mono_ms ||
        (lan->options.central != NULL && !lan->options.central(lan->options.context, &age_s)))
        return false;
    r = till_ends(lan->options.till, ends, &count);
    for (uint32_t i = 0; i < count; i++) {
        enum wish wish = wish_of(lan, &ends[i]);
        int error = wish != WISH_NONE && ends[i].through > 0 ? relay_journal(lan, &ends[i], wish) : 0;
        more |= error > 0;
        r = r < 0 || error > 0 ? r : error;
    }
    lan_note_failure(lan, "relay", r, 0);
    if (r < 0)
        lan->next_relay_mono_ms = lan_mono_ms(lan) + RETRY_MS;
    return more && r == 0;
}
