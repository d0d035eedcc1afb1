#include "desk.h"

struct event desk_event_of(struct desk *d, enum event_kind kind)
{
    struct event event = {.kind = kind, .at = {1770000000000 + d->now_ms, d->now_ms}};
    return event;
}

void desk_step(struct desk *d, struct event *event)
{
    flow_step(&d->flow, event, &d->effects);
}

void desk_open(struct desk *d, bool enrolled)
{
    memset(d, 0, sizeof(*d));
    d->now_ms = 1000;
    struct flow_config config = {.language = LANGUAGE_ZH_CN, .role = ROLE_BOTH, .boot_id = 7};
    flow_init(&d->flow, &config);
    d->flow.sync.link = true;
    d->reference.enrolled = enrolled;
    d->reference.terminal = 3;
    d->reference.clerk_count = 2;
    d->reference.clerks[0].clerk = 11;
    d->reference.clerks[1].clerk = 12;
    strcpy(d->reference.touchpoint.url, "http://example.test/q");
    d->reference.touchpoint.touchpoint = 5;
    struct event event = desk_event_of(d, EVENT_REFERENCE);
    event.reference = &d->reference;
    desk_step(d, &event);
}

void desk_scan(struct desk *d, const char *text)
{
    struct event event = desk_event_of(d, EVENT_SCANNED);
    strcpy(event.scanned.text, text);
    desk_step(d, &event);
}

void desk_touch(struct desk *d, enum intent intent, int64_t argument)
{
    struct event event = desk_event_of(d, EVENT_INTENT);
    event.touched.intent = intent;
    event.touched.argument = argument;
    desk_step(d, &event);
}

void desk_type(struct desk *d, const char *text)
{
    for (; *text != '\0'; text++)
        desk_touch(d, INTENT_KEY, *text);
}

const struct effect *desk_find(const struct desk *d, enum effect_kind kind)
{
    for (uint32_t i = 0; i < d->effects.count; i++)
        if (d->effects.items[i].kind == kind)
            return &d->effects.items[i];
    return NULL;
}

const struct till_request *desk_asked(const struct desk *d, enum till_op op)
{
    for (uint32_t i = 0; i < d->effects.count; i++)
        if (d->effects.items[i].kind == EFFECT_TILL && d->effects.items[i].till.op == op)
            return &d->effects.items[i].till;
    return NULL;
}

struct event desk_answer_to(struct desk *d, enum till_op op)
{
    const struct till_request *request = desk_asked(d, op);
    assert_non_null(request);
    struct event event = desk_event_of(d, EVENT_TILL);
    event.answer.op = op;
    event.answer.ticket = request->ticket;
    return event;
}

void desk_sign_in(struct desk *d)
{
    desk_touch(d, INTENT_STAFF, 0);
    desk_touch(d, INTENT_PICK_CLERK, 11);
    desk_type(d, "2468");
    desk_touch(d, INTENT_OK, 0);
    struct event event = desk_answer_to(d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 11;
    event.answer.signed_in.verdict = PIN_OK;
    desk_step(d, &event);
}

void desk_set_online(struct desk *d, bool online)
{
    struct event event = desk_event_of(d, EVENT_SYNC);
    event.sync.online = online;
    event.sync.last_contact_ms = 1770000000000;
    desk_step(d, &event);
}
