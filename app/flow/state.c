#include "flow/state.h"

/* What every part of the flow does with its state: go to a screen, ask the till, add an effect. */

struct effect *effect_add(struct effects *effects, enum effect_kind kind)
{
    assert(effects->count < EFFECTS_MAX);
    struct effect *effect = &effects->items[effects->count++];
    memset(effect, 0, sizeof(*effect));
    effect->kind = kind;
    return effect;
}

/* The follow QR's time on the screen is a fact for the funnel; it is counted whenever attract is left. */
void flow_count_exposure(struct flow *flow)
{
    if (flow->screen == SCREEN_ATTRACT && flow->reference.touchpoint.url[0] != '\0') {
        int64_t shown_ms = flow->now.mono_ms - flow->exposure_from_mono_ms;
        flow->exposure_due_s += shown_ms > 0 ? (uint32_t)(shown_ms / 1000) : 0;
    }
    flow->exposure_from_mono_ms = flow->now.mono_ms;
}

void flow_go(struct flow *flow, enum screen screen, int64_t for_ms)
{
    flow_count_exposure(flow);
    flow->screen = screen;
    flow->deadline_mono_ms = for_ms > 0 ? flow->now.mono_ms + for_ms : 0;
    if (screen == SCREEN_ATTRACT)
        flow_turn_page(flow, flow->page_index);
}

bool flow_shows_pool(const struct flow *flow, const struct till_pool *pool)
{
    return pool->here > 0 || (flow->sync.online && pool->elsewhere > 0);
}

bool flow_has_pool(const struct flow *flow)
{
    bool any = false;
    for (uint32_t i = 0; i < flow->reference.pool_count; i++)
        any |= flow_shows_pool(flow, &flow->reference.pools[i]);
    return any;
}

uint32_t flow_pages(const struct flow *flow)
{
    return flow->reference.offer_count + flow_has_pool(flow) + (flow->reference.survey.survey != 0);
}

void flow_turn_page(struct flow *flow, uint32_t page)
{
    flow->page_index = page;
    flow->page_due_mono_ms = flow->now.mono_ms + PAGE_MS;
    flow->survey_thanked = false;
}

bool flow_staffed(const struct flow *flow)
{
    return flow->clerk.id != 0;
}

void flow_home(struct flow *flow)
{
    flow->pending_ticket = 0;
    flow->store_ask = STORE_ASK_NOTHING;
    if (flow->out_of_service)
        flow_go(flow, SCREEN_OUT_OF_SERVICE, 0);
    else if (!flow->reference.enrolled)
        flow_go(flow, SCREEN_ENROLMENT, 0);
    else if (flow_staffed(flow))
        flow_go(flow, SCREEN_COUNTER, COUNTER_MS);
    else
        flow_go(flow, SCREEN_ATTRACT, 0);
}

void flow_stop_serving(struct flow *flow, enum view_outage outage)
{
    flow->outage = outage;
    flow->out_of_service = true;
    memset(&flow->clerk, 0, sizeof(flow->clerk));
    flow_home(flow);
}

void flow_signal(struct effects *effects, enum view_tone tone)
{
    static const enum sound_cue cues[] = {
        [TONE_GOOD] = SOUND_OK, [TONE_ASK] = SOUND_WARN, [TONE_REFUSE] = SOUND_REFUSE, [TONE_WAIT] = SOUND_KEY};
    effect_add(effects, EFFECT_SOUND)->sound = cues[tone];
}

uint32_t flow_sync_age_s(const struct flow *flow)
{
    if (flow->sync.last_contact_ms == 0)
        return UINT32_MAX;
    int64_t age_ms = flow->now.wall_ms - flow->sync.last_contact_ms;
    return age_ms > 0 ? (uint32_t)(age_ms / 1000) : 0;
}

static void submit(struct flow *flow, struct effects *effects, struct till_request *request)
{
    request->clerk = flow->clerk.id;
    request->online = flow->sync.online;
    request->sync_age_s = flow_sync_age_s(flow);
    effect_add(effects, EFFECT_TILL)->till = *request;
}

void flow_ask_till(struct flow *flow, struct effects *effects, struct till_request *request)
{
    flow->pending_ticket = ++flow->next_ticket;
    request->ticket = flow->pending_ticket;
    submit(flow, effects, request);
}

void flow_note(struct flow *flow, struct effects *effects, const struct body *body)
{
    struct till_request request = {.op = TILL_NOTE, .note = *body};
    submit(flow, effects, &request);
}

void flow_clear_entry(struct flow *flow)
{
    memset(flow->typed, 0, sizeof(flow->typed));
    flow->typed_wrong = false;
}

bool flow_nobody_there(const struct flow *flow)
{
    bool quiet =
        flow->screen == SCREEN_ATTRACT || flow->screen == SCREEN_ENROLMENT || flow->screen == SCREEN_OUT_OF_SERVICE;
    return quiet && flow->clerk.id == 0 && flow->pending_ticket == 0;
}
