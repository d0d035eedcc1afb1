#include "upload_internal.h"

#include <string.h>

/*
 * Where the journals end and what central lacks is asked for at every turn of the talk with peers and with central. The
 * writer says what its commit changed of that, so that it is read from the disk only where it does not say it.
 */

static void grow_end(struct upload *upload, const struct lan_end *grown)
{
    for (uint32_t i = 0; i < upload->end_count; i++) {
        struct lan_end *end = &upload->ends[i];
        if (end->terminal != grown->terminal || end->incarnation != grown->incarnation)
            continue;
        end->through = grown->through;
        memcpy(end->hash, grown->hash, HASH_LEN);
    }
}

static void follow_ends(struct upload *upload, const struct upload_step *step)
{
    if (step->done->ends || upload->held_back)
        return;
    grow_end(upload, &step->own);
    if (step->done->copy.through != 0)
        grow_end(upload, &step->done->copy);
    upload->ends_mark = step->now;
}

/* Of an older journal that goes up first nothing changed. */
static void follow_backlog(struct upload *upload, const struct upload_step *step)
{
    const struct present present = {.era = step->era, .unconfirmed_from = step->unconfirmed_from};
    const struct upload_era era = {.era = step->era, .last_seq = step->own.through};
    struct till_backlog *backlog = &upload->backlog;

    if (step->done->backlog)
        return;
    upload->backlog_mark = step->now;
    if (upload->lacking.era != step->era)
        return;
    if (step->done->caught_up) {
        backlog->durable_through = step->own.through;
        backlog->archived_through = step->done->archived_through;
        upload->lacking.next_ms = 0;
    } else if (backlog->last_seq == backlog->durable_through) {
        upload->lacking.next_ms = step->done->first_ms;
    }
    backlog->last_seq = step->own.through;
    backlog->waiting = upload_waiting_of(upload_ready_through(&present, &era), backlog->durable_through);
    backlog->oldest_ms = backlog->waiting > 0 ? upload->lacking.next_ms : 0;
}

void upload_follow(struct upload *upload, const struct upload_step *step)
{
    if (step->now == step->before || step->before == 0 || pthread_mutex_trylock(&upload->mutex) != 0)
        return; /* the writer waits for nobody: what is kept is read again */
    if (upload->ends_mark == step->before)
        follow_ends(upload, step);
    if (upload->backlog_mark == step->before)
        follow_backlog(upload, step);
    pthread_mutex_unlock(&upload->mutex);
}

static bool same_end(const struct lan_end *a, const struct lan_end *b)
{
    return a->terminal == b->terminal && a->incarnation == b->incarnation && a->from == b->from &&
           a->through == b->through && memcmp(a->hash, b->hash, HASH_LEN) == 0;
}

static int compare_ends(struct upload *upload)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;
    bool same;
    int r = upload->ends_mark == atomic_load(&upload->commits) ? upload_read_ends(upload, ends, &count) : -ESTALE;

    if (r < 0)
        return r == -ESTALE ? 0 : r;
    same = count == upload->end_count;
    for (uint32_t i = 0; i < count && same; i++)
        same = same_end(&ends[i], &upload->ends[i]);
    return same ? 0 : -EUCLEAN;
}

static int compare_backlog(struct upload *upload)
{
    const struct till_backlog *kept = &upload->backlog;
    struct till_backlog read = {0};
    struct lacking lacking = {0};
    int r =
        upload->backlog_mark == atomic_load(&upload->commits) ? upload_read_backlog(upload, &read, &lacking) : -ESTALE;

    if (r < 0)
        return r == -ESTALE || r == -ENOENT ? 0 : r;
    return lacking.era == upload->lacking.era && lacking.next_ms == upload->lacking.next_ms &&
                   read.last_seq == kept->last_seq && read.durable_through == kept->durable_through &&
                   read.archived_through == kept->archived_through && read.waiting == kept->waiting &&
                   read.carried == kept->carried && read.stranded == kept->stranded && read.forked == kept->forked &&
                   read.oldest_ms == kept->oldest_ms
               ? 0
               : -EUCLEAN;
}

int upload_compare(struct upload *upload)
{
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = upload_reader(upload);
    if (r == 0)
        r = compare_ends(upload);
    if (r == 0)
        r = compare_backlog(upload);
    return upload_done(upload, r);
}
