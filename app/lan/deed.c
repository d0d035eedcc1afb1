#include "lan_internal.h"

#include <string.h>

/* Requests of this room at the till: a peer's act, or a pending one of our own after a promotion. */

struct lan_deed *lan_deed_locked(struct lan *lan, uint32_t ticket)
{
    for (int i = 0; i < LAN_DEEDS_MAX; i++)
        if (ticket != 0 && lan->deeds[i].ticket == ticket)
            return &lan->deeds[i];
    return NULL;
}

static struct lan_deed *free_deed_locked(struct lan *lan)
{
    for (int i = 0; i < LAN_DEEDS_MAX; i++)
        if (lan->deeds[i].ticket == 0)
            return &lan->deeds[i];
    return NULL;
}

int lan_deed_submit(struct lan *lan, struct till_request *request, int slot, uint32_t *out_ticket)
{
    struct lan_deed *deed;
    int r = -ENOSPC;

    pthread_mutex_lock(&lan->loops.mutex);
    deed = free_deed_locked(lan);
    if (deed != NULL) {
        memset(deed, 0, sizeof(*deed));
        request->ticket = deed->ticket = LAN_TICKET_MIN | ++lan->next_ticket;
        deed->slot = slot;
        r = 0;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    if (r < 0)
        return r;
    *out_ticket = request->ticket; /* the answer may come before till_submit returns */
    r = till_submit(lan->options.till, request);
    if (r < 0) {
        pthread_mutex_lock(&lan->loops.mutex);
        deed = lan_deed_locked(lan, request->ticket);
        if (deed != NULL)
            deed->ticket = 0;
        pthread_mutex_unlock(&lan->loops.mutex);
    }
    return r;
}

bool lan_answered(struct lan *lan, const struct till_answer *answer)
{
    struct lan_deed *deed;

    if (answer->ticket < LAN_TICKET_MIN)
        return false;
    pthread_mutex_lock(&lan->loops.mutex);
    deed = lan_deed_locked(lan, answer->ticket);
    if (deed != NULL) {
        deed->answer = *answer;
        deed->done = true;
        loops_changed_locked(&lan->loops);
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return true;
}
