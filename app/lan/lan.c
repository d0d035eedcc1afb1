#include "lan_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t lan_mono_ms(const struct lan *lan)
{
    return clock_mono_ms(lan->options.clock);
}

uint64_t lan_random(struct lan *lan)
{
    uint64_t random;

    pthread_mutex_lock(&lan->loops.mutex);
    random_fill((struct random *)lan->options.random, &random, sizeof(random));
    pthread_mutex_unlock(&lan->loops.mutex);
    return random;
}

enum lan_role lan_role_locked(const struct lan *lan)
{
    if (!lan->store.enrolled || lan->store.single)
        return LAN_SINGLE;
    return lan->store.primary ? LAN_PRIMARY : LAN_PEER;
}

void lan_note_failure(struct lan *lan, const char *what, int error, int http_status)
{
    const char *name = error < 0 ? strerrorname_np(-error) : NULL;
    char text[sizeof(lan->error)] = "";

    if (http_status != 0)
        snprintf(text, sizeof(text), "%s: HTTP %d", what, http_status);
    else if (error < 0)
        snprintf(text, sizeof(text), "%s: %s", what, name != NULL ? name : "error");
    pthread_mutex_lock(&lan->loops.mutex);
    if (text[0] != '\0' || strncmp(lan->error, what, strlen(what)) == 0) {
        memset(lan->error, 0, sizeof(lan->error));
        memcpy(lan->error, text, strlen(text));
    }
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- what staff may see */

static void pending_locked(const struct lan *lan, struct lan_status *status)
{
    for (int i = 0; i < LAN_PENDING_MAX; i++) {
        const struct lan_slot *slot = &lan->slots[i];
        if (slot->state == SLOT_FREE || !slot->told)
            continue;
        struct lan_pending_view *view = &status->pending[status->pending_count++];
        memcpy(view->request_id, slot->act.request_id, sizeof(view->request_id));
        view->op = slot->act.op;
        view->since_ms = slot->since_ms;
        view->amount_minor = slot->act.sale_minor;
    }
}

static struct lan_status snapshot_locked(struct lan *lan)
{
    const struct lan_peer *primary = lan_peer_locked(lan, lan->store.primary_terminal);
    struct lan_status status;

    memset(&status, 0, sizeof(status)); /* compared bytewise */
    status.role = lan_role_locked(lan);
    status.primary = lan->store.primary_terminal;
    status.peers = lan->peer_count;
    status.live = lan_live_locked(lan);
    status.primary_live = primary != NULL && lan_peer_live_locked(lan, primary);
    status.alone = lan->store.alone;
    status.waiting = status.role == LAN_PRIMARY && lan->store.unconfirmed_from != 0;
    pending_locked(lan, &status);
    memcpy(status.address, lan->address, sizeof(status.address));
    memcpy(status.error, lan->error, sizeof(status.error));
    return status;
}

void lan_publish(struct lan *lan)
{
    struct lan_status status;

    pthread_mutex_lock(&lan->publish_mutex);
    pthread_mutex_lock(&lan->loops.mutex);
    status = snapshot_locked(lan);
    pthread_mutex_unlock(&lan->loops.mutex);
    if (memcmp(&status, &lan->published, sizeof(status)) != 0) {
        lan->published = status;
        if (lan->options.status_changed != NULL)
            lan->options.status_changed(lan->options.context, &status);
    }
    pthread_mutex_unlock(&lan->publish_mutex);
}

void lan_status_copy(struct lan *lan, struct lan_status *out_status)
{
    pthread_mutex_lock(&lan->loops.mutex);
    *out_status = snapshot_locked(lan);
    pthread_mutex_unlock(&lan->loops.mutex);
}

void lan_address_copy(struct lan *lan, char out_address[FEED_ADDRESS_MAX])
{
    pthread_mutex_lock(&lan->loops.mutex);
    memcpy(out_address, lan->address, FEED_ADDRESS_MAX);
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- the books' word */

/* Enrolled anew means another key; one that cannot be read now is tried at the next turn. */
static void load_key(struct lan *lan, const struct till_store *store)
{
    struct key_pair key;
    bool wanted;

    pthread_mutex_lock(&lan->loops.mutex);
    wanted = store->enrolled &&
             (!lan->has_key || lan->store.terminal != store->terminal || lan->store.incarnation != store->incarnation);
    pthread_mutex_unlock(&lan->loops.mutex);
    if (!wanted)
        return;
    int r = key_pair_load(&key, lan->options.key_path);
    lan_note_failure(lan, "key", r, 0);
    if (r < 0)
        return;
    pthread_mutex_lock(&lan->loops.mutex);
    lan->key = key;
    lan->has_key = true;
    pthread_mutex_unlock(&lan->loops.mutex);
    key_pair_finish(&key);
}

void lan_refresh(struct lan *lan)
{
    struct till_store store;
    int r = till_store_read(lan->options.till, &store);

    lan_note_failure(lan, "store", r, 0);
    if (r < 0)
        return;
    load_key(lan, &store);
    pthread_mutex_lock(&lan->loops.mutex);
    bool turned = lan->store.primary_terminal != store.primary_terminal || lan->store.primary != store.primary ||
                  lan->store.single != store.single;
    bool feed_changed = lan->store.terminal_count != store.terminal_count ||
                        memcmp(lan->store.terminals, store.terminals, sizeof(store.terminals)) != 0;
    if (lan->store.primary_terminal != store.primary_terminal || lan->store.store_epoch != store.store_epoch)
        lan->primary_mono_ms = lan_mono_ms(lan);
    lan->store = store;
    for (uint32_t i = 0; i < lan->peer_count && feed_changed; i++)
        lan->peers[i].refused_count = 0;
    lan_peers_fit_locked(lan);
    if (turned)
        loops_changed_locked(&lan->loops); /* what waits for the primary may go elsewhere now */
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- life */

static int allocate(struct lan *lan)
{
    int r;

    lan->packed_cap = compress_bound(BATCH_BYTES_MAX);
    lan->batch = malloc(BATCH_BYTES_MAX);
    lan->packed = malloc(lan->packed_cap);
    lan->unpacked = malloc(BATCH_BYTES_MAX);
    if (lan->batch == NULL || lan->packed == NULL || lan->unpacked == NULL)
        return -ENOMEM;
    r = compress_open(LAN_PACK_LEVEL, &lan->pack);
    if (r == 0)
        r = compress_open(3, &lan->pack_far);
    return r < 0 ? r : compress_open(LAN_PACK_LEVEL, &lan->unpack);
}

static void release(struct lan *lan)
{
    compress_close(lan->pack);
    compress_close(lan->pack_far);
    compress_close(lan->unpack);
    free(lan->unpacked);
    free(lan->packed);
    free(lan->batch);
    loops_finish(&lan->loops);
    pthread_mutex_destroy(&lan->publish_mutex);
    pthread_mutex_destroy(&lan->unpack_mutex);
    explicit_bzero(lan, sizeof(*lan));
    free(lan);
}

static void cancel_calls(void *context)
{
    struct lan *lan = context;

    lan->options.talk.ops->cancel(lan->options.talk.self);
    lan->options.ask.ops->cancel(lan->options.ask.self);
}

static void stop(struct lan *lan)
{
    pthread_mutex_lock(&lan->loops.mutex);
    lan->closing = true;
    loops_changed_locked(&lan->loops);
    pthread_mutex_unlock(&lan->loops.mutex);
    loops_join(&lan->loops, cancel_calls, lan);
    http_server_close(lan->server);
}

static int start(struct lan *lan)
{
    static void *(*const loops[LAN_LOOPS])(void *) = {lan_talk_loop, lan_ask_loop};

    for (uint32_t i = 0; i < LAN_LOOPS; i++) {
        int r = loops_start(&lan->loops, loops[i], lan);
        if (r < 0) {
            stop(lan);
            return r;
        }
    }
    return 0;
}

int lan_open(const struct lan_options *options, struct lan **out_lan)
{
    struct lan *lan = calloc(1, sizeof(*lan));
    int r;

    assert(options->till != NULL && options->clock != NULL && options->random != NULL && options->key_path != NULL);
    if (lan == NULL)
        return -ENOMEM;
    lan->options = *options;
    loops_init(&lan->loops, options->clock, options->runner);
    lan->options.runner = NULL;
    lan->started_s = clock_wall_ms(options->clock) / 1000;
    random_fill((struct random *)options->random, lan->boot_id, sizeof(lan->boot_id));
    pthread_mutex_init(&lan->publish_mutex, NULL);
    pthread_mutex_init(&lan->unpack_mutex, NULL);
    r = allocate(lan);
    if (r == 0) {
        lan_refresh(lan);
        lan_ask_resume(lan);
        r = start(lan);
    }
    if (r < 0) {
        release(lan);
        return r;
    }
    *out_lan = lan;
    return 0;
}

void lan_close(struct lan *lan)
{
    if (lan == NULL)
        return;
    stop(lan);
    lan->options.talk.ops->close(lan->options.talk.self);
    lan->options.ask.ops->close(lan->options.ask.self);
    release(lan);
}

static int promote(struct lan *lan, const struct till_request *request)
{
    int r = -EAGAIN;

    pthread_mutex_lock(&lan->loops.mutex);
    if (!lan->promotion.asked) {
        lan->promotion = (struct lan_promotion){.asked = true, .request = *request};
        lan->wakes++;
        loops_changed_locked(&lan->loops);
        r = 0;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return r;
}

int lan_submit(struct lan *lan, const struct till_request *request)
{
    enum lan_role role;

    assert(request->ticket < LAN_TICKET_MIN);
    pthread_mutex_lock(&lan->loops.mutex);
    role = lan_role_locked(lan);
    pthread_mutex_unlock(&lan->loops.mutex);
    if (role == LAN_PEER && request->op == TILL_PROMOTE)
        return promote(lan, request);
    if (role == LAN_PEER && lan_is_primarys(request->op))
        return lan_ask_begin(lan, request);
    return till_submit(lan->options.till, request);
}

void lan_wake(struct lan *lan)
{
    pthread_mutex_lock(&lan->loops.mutex);
    lan->wakes++;
    loops_changed_locked(&lan->loops);
    pthread_mutex_unlock(&lan->loops.mutex);
}
