#include "lan_internal.h"

#include <string.h>

/* Before a peer becomes the primary it asks the others what they hold of the old primary's journal. */

#define PROMOTE_WAIT_MS 5000
#define DEPOSING_MS     15000

static void answer(struct lan *lan, const struct till_request *request, int error, enum store_verdict verdict)
{
    const struct till_answer out = {
        .op = TILL_PROMOTE, .ticket = request->ticket, .error = error, .store = error == 0 ? verdict : STORE_OK};

    if (lan->options.answered != NULL)
        lan->options.answered(lan->options.context, &out);
}

struct survey {
    bool old_answers;
    bool all_asked;        /* since the manager's word, but the old primary */
    bool has_what_is_held; /* nobody who answered holds more of the old primary's journal */
};

static struct survey survey_locked(const struct lan *lan, const struct lan_end *ends, uint32_t count)
{
    struct survey survey = {.all_asked = true, .has_what_is_held = true};

    for (uint32_t i = 0; i < lan->peer_count; i++) {
        const struct lan_peer *peer = &lan->peers[i];
        bool asked = peer->rounds > lan->promotion.rounds[i];
        if (peer->info.terminal == lan->store.primary_terminal) {
            survey.old_answers = asked;
            continue;
        }
        survey.all_asked = survey.all_asked && asked;
        for (uint32_t e = 0; e < peer->end_count && asked; e++)
            if (peer->ends[e].terminal == lan->store.primary_terminal &&
                peer->ends[e].through > lan_held_through(ends, count, &peer->ends[e]))
                survey.has_what_is_held = false;
    }
    return survey;
}

/* Everybody is asked anew; a change of the table meanwhile only makes "may be behind" more likely. */
static void begin_locked(struct lan *lan)
{
    lan->promotion.deadline_mono_ms = lan_mono_ms(lan) + PROMOTE_WAIT_MS;
    lan->deposing =
        (struct lan_deposing){lan->store.primary_terminal, lan->store.store_epoch, lan_mono_ms(lan) + DEPOSING_MS};
    for (uint32_t i = 0; i < lan->peer_count; i++) {
        lan->promotion.rounds[i] = lan->peers[i].rounds;
        lan->peers[i].next_hello_mono_ms = 0;
    }
    lan->wakes++;
}

/* Without an answer there may be a network failure only: a time-out is what tells "off" as far as it can be told. */
static bool old_tried_locked(struct lan *lan)
{
    const struct lan_peer *old = lan_peer_locked(lan, lan->store.primary_terminal);
    return old == NULL || old->next_hello_mono_ms > lan_mono_ms(lan);
}

void lan_promote_step(struct lan *lan)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct till_request request;
    struct survey survey;
    uint32_t count = 0;
    bool late, begun, decided, asked;
    int r;

    pthread_mutex_lock(&lan->loops.mutex);
    asked = lan->promotion.asked; /* taken back on this thread only */
    pthread_mutex_unlock(&lan->loops.mutex);
    if (!asked)
        return;
    r = till_ends(lan->options.till, ends, &count);
    pthread_mutex_lock(&lan->loops.mutex);
    begun = lan->promotion.deadline_mono_ms != 0;
    if (!begun)
        begin_locked(lan);
    survey = survey_locked(lan, ends, count);
    late = lan_mono_ms(lan) >= lan->promotion.deadline_mono_ms;
    decided = begun && (r < 0 || survey.old_answers || late ||
                        (survey.all_asked && survey.has_what_is_held && old_tried_locked(lan)));
    request = lan->promotion.request;
    if (decided)
        memset(&lan->promotion, 0, sizeof(lan->promotion));
    if (decided && (r < 0 || survey.old_answers))
        lan->deposing.terminal = 0;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (!decided)
        return;
    request.promote.others_reached = survey.all_asked && survey.has_what_is_held;
    if (r == 0 && survey.old_answers) {
        answer(lan, &request, 0, STORE_STILL_ON);
        return;
    }
    if (r == 0)
        r = till_submit(lan->options.till, &request);
    if (r < 0)
        answer(lan, &request, r == -ENOSPC ? -EAGAIN : r, STORE_OK);
}
