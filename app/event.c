#include "event.h"

#include "platform/log.h"
#include "platform/queue.h"

static bool is_answer(enum event_kind kind)
{
    switch (kind) {
    case EVENT_TILL:
    case EVENT_REFERENCE:
    case EVENT_ASKED:
    case EVENT_PRINTED:
    case EVENT_DRAWER:
    case EVENT_OUTAGE:
    case EVENT_CHECKED:
    case EVENT_REPORT:
    case EVENT_STICK:
    case EVENT_RESET:
        return true;
    case EVENT_START:
    case EVENT_TICK:
    case EVENT_SCANNED:
    case EVENT_GUIDANCE:
    case EVENT_PICTURE:
    case EVENT_PRESENCE:
    case EVENT_BUTTON:
    case EVENT_INTENT:
    case EVENT_KEY:
    case EVENT_GREETING:
    case EVENT_SYNC:
    case EVENT_LAN:
    case EVENT_DEVICE:
    case EVENT_HEALTH:
        return false;
    }
    return false;
}

void event_push(struct queue *events, const struct clock *clock, struct event *event)
{
    event->at.wall_ms = clock_wall_ms(clock);
    event->at.mono_ms = clock_mono_ms(clock);
    bool room = is_answer(event->kind) || queue_count(events) < EVENT_QUEUE_MAX - EVENT_RESERVED;
    bool dropped = !room || queue_push(events, event) == -ENOSPC;
    if (dropped && event->kind != EVENT_PICTURE && event->kind != EVENT_GUIDANCE) /* the next one is as good */
        log_warn("app", "event queue full, event dropped kind=%d", (int)event->kind);
}
