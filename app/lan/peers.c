#include "lan_internal.h"

#include <stdio.h>
#include <string.h>

#define DOUBLINGS_MAX 3 /* a dead peer is tried every 16 s at the least */

struct lan_peer *lan_peer_locked(struct lan *lan, uint32_t terminal)
{
    for (uint32_t i = 0; i < lan->peer_count; i++)
        if (lan->peers[i].info.terminal == terminal)
            return &lan->peers[i];
    return NULL;
}

bool lan_peer_live_locked(const struct lan *lan, const struct lan_peer *peer)
{
    return peer->heard && lan_mono_ms(lan) - peer->heard_mono_ms < LAN_LIVE_MS;
}

uint32_t lan_live_locked(const struct lan *lan)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < lan->peer_count; i++)
        live += lan_peer_live_locked(lan, &lan->peers[i]);
    return live;
}

static void peer_begin(struct lan *lan, struct lan_peer *peer, const struct feed_terminal *info)
{
    memset(peer, 0, sizeof(*peer));
    peer->info = *info;
    snprintf(peer->address, sizeof(peer->address), "%s", info->lan_address);
    nonce_window_init(&peer->window, peer->entries, LAN_NONCES, lan->started_s);
}

/* The window points into its own peer. */
static void peer_move(struct lan_peer *to, const struct lan_peer *from)
{
    *to = *from;
    to->window.entries = to->entries;
}

static const struct feed_terminal *find(const struct till_store *store, uint32_t terminal)
{
    for (uint32_t i = 0; i < store->terminal_count; i++)
        if (store->terminals[i].terminal == terminal)
            return &store->terminals[i];
    return NULL;
}

static void drop_gone_locked(struct lan *lan)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < lan->peer_count; i++) {
        if (find(&lan->store, lan->peers[i].info.terminal) == NULL)
            continue;
        if (kept != i)
            peer_move(&lan->peers[kept], &lan->peers[i]);
        kept++;
    }
    lan->peer_count = kept;
}

void lan_peers_fit_locked(struct lan *lan)
{
    drop_gone_locked(lan);
    for (uint32_t i = 0; i < lan->store.terminal_count; i++) {
        const struct feed_terminal *info = &lan->store.terminals[i];
        struct lan_peer *peer = lan_peer_locked(lan, info->terminal);
        if (peer == NULL) {
            peer_begin(lan, &lan->peers[lan->peer_count++], info);
            continue;
        }
        if (memcmp(peer->info.public_key, info->public_key, PUBLIC_KEY_LEN) != 0) {
            peer_begin(lan, peer, info); /* enrolled anew: nothing of the old one holds */
            continue;
        }
        /* What the feed says anew counts; what it repeats does not undo what the peer said itself. */
        if (strcmp(peer->info.lan_address, info->lan_address) != 0 && info->lan_address[0] != '\0') {
            snprintf(peer->address, sizeof(peer->address), "%s", info->lan_address);
            peer->next_hello_mono_ms = 0;
        }
        peer->info = *info;
    }
}

void lan_peer_heard_locked(struct lan *lan, struct lan_peer *peer)
{
    peer->heard = true;
    peer->heard_mono_ms = lan_mono_ms(lan);
    peer->failures = 0;
    peer->rounds++;
    peer->next_hello_mono_ms = peer->heard_mono_ms + LAN_HELLO_MS;
}

void lan_peer_failed_locked(struct lan *lan, struct lan_peer *peer, int error, uint64_t random)
{
    uint32_t doublings = peer->failures < DOUBLINGS_MAX ? peer->failures : DOUBLINGS_MAX;
    int64_t delay_ms = (int64_t)LAN_HELLO_MS << doublings;

    if (lan_never_sent(error))
        peer->heard = false; /* it does not even listen */
    peer->failures++;
    if (lan_peer_live_locked(lan, peer))
        delay_ms = LAN_HELLO_MS;
    peer->next_hello_mono_ms = lan_mono_ms(lan) + delay_ms / 2 + (int64_t)(random % (uint64_t)delay_ms / 2);
}

struct lan_end *lan_peer_end_locked(struct lan_peer *peer, uint32_t terminal, uint32_t incarnation)
{
    for (uint32_t i = 0; i < peer->end_count; i++)
        if (peer->ends[i].terminal == terminal && peer->ends[i].incarnation == incarnation)
            return &peer->ends[i];
    return NULL;
}

uint64_t lan_held_through(const struct lan_end *ends, uint32_t count, const struct lan_end *of)
{
    for (uint32_t i = 0; i < count; i++)
        if (ends[i].terminal == of->terminal && ends[i].incarnation == of->incarnation)
            return ends[i].through;
    return 0;
}

void lan_peer_took_locked(struct lan_peer *peer, const struct lan_end *end)
{
    struct lan_end *known = lan_peer_end_locked(peer, end->terminal, end->incarnation);

    if (known == NULL && peer->end_count < LAN_TERMINALS_MAX)
        known = &peer->ends[peer->end_count++];
    if (known != NULL)
        *known = *end;
}

void lan_peer_refused_locked(struct lan *lan, struct lan_peer *peer, const struct lan_end *end)
{
    if (lan_mono_ms(lan) - peer->refused_mono_ms >= LAN_REFUSED_MS)
        peer->refused_count = 0;
    if (peer->refused_count < LAN_TERMINALS_MAX)
        peer->refused[peer->refused_count++] = *end;
    peer->refused_mono_ms = lan_mono_ms(lan);
}

bool lan_peer_refuses_locked(const struct lan *lan, const struct lan_peer *peer, const struct lan_end *end)
{
    bool refuses = false;

    if (lan_mono_ms(lan) - peer->refused_mono_ms >= LAN_REFUSED_MS)
        return false;
    for (uint32_t i = 0; i < peer->refused_count; i++)
        refuses |= peer->refused[i].terminal == end->terminal && peer->refused[i].incarnation == end->incarnation;
    return refuses;
}

/* A listener on every address says no host: the one that the feed or an earlier hello named stays. */
static void learn_address_locked(struct lan_peer *peer, const char *said)
{
    if (said[0] == '\0' || said[0] == ':' || strncmp(said, "0.0.0.0", 7) == 0)
        return;
    for (const char *c = said; *c != '\0'; c++)
        if ((*c < '0' || *c > '9') && (*c < 'a' || *c > 'z') && (*c < 'A' || *c > 'Z') && strchr(".:-[]", *c) == NULL)
            return;
    snprintf(peer->address, sizeof(peer->address), "%s", said);
}

int lan_hello_take(struct lan *lan, const struct lan_hello *hello)
{
    struct lan_end mine;
    bool holds = false;
    struct lan_peer *peer;
    int r = -EPROTO;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, hello->terminal);
    if (peer != NULL && hello->store == lan->store.store) {
        learn_address_locked(peer, hello->lan_address);
        peer->end_count = hello->end_count;
        memcpy(peer->ends, hello->ends, sizeof(peer->ends));
        for (uint32_t i = 0; i < hello->end_count; i++) {
            if (hello->ends[i].terminal != lan->store.terminal || hello->ends[i].incarnation != lan->store.incarnation)
                continue;
            mine = hello->ends[i];
            holds = true;
        }
        r = 0;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    if (r == 0)
        r = till_peer_hello(lan->options.till, hello);
    if (r == 0)
        r = till_peer_deposes(lan->options.till, hello->terminal, hello->deposes);
    if (r == 0 && holds) {
        r = till_peer_holds(lan->options.till, hello->terminal, &mine);
        lan_note_failure(lan, "holds", r, 0);
    }
    return r;
}

int lan_hello_make(struct lan *lan, struct lan_hello *out_hello)
{
    struct lan_hello hello = {0};
    int r;

    /* The epoch before the ends: who says that it knows of a promotion offers no act that the promotion undoes. */
    pthread_mutex_lock(&lan->loops.mutex);
    hello.store_epoch = lan->store.store_epoch;
    hello.primary = lan->store.primary_terminal;
    hello.act_epoch = lan->store.act_epoch;
    pthread_mutex_unlock(&lan->loops.mutex);
    r = till_ends(lan->options.till, hello.ends, &hello.end_count);
    if (r < 0)
        return r;
    pthread_mutex_lock(&lan->loops.mutex);
    hello.terminal = lan->store.terminal;
    hello.incarnation = lan->store.incarnation;
    hello.store = lan->store.store;
    hello.alone = lan->store.alone;
    if (lan->deposing.epoch == lan->store.store_epoch && lan_mono_ms(lan) < lan->deposing.until_mono_ms)
        hello.deposes = lan->deposing.terminal;
    memcpy(hello.lan_address, lan->address, sizeof(hello.lan_address));
    pthread_mutex_unlock(&lan->loops.mutex);
    hello.now_ms = (uint64_t)clock_wall_ms(lan->options.clock);
    *out_hello = hello;
    return 0;
}
