#include "view/internal.h"

/* What staff sees of the store's other terminals. */

void view_fill_store_state(const struct flow *flow, struct view_status *s)
{
    const struct lan_status *lan = &flow->lan;
    bool away = lan->role == LAN_PEER ? !lan->primary_live : lan->live == 0;
    if (lan->role == LAN_SINGLE)
        return;
    s->store_waiting = lan->pending_count;
    if (lan->alone && lan->role == LAN_PRIMARY)
        s->store = STORE_VIEW_ALONE;
    else if (lan->waiting || lan->pending_count > 0)
        s->store = STORE_VIEW_WAITING;
    else if (away)
        s->store = STORE_VIEW_AWAY;
}

static enum view_pending_what what_of(uint8_t op)
{
    if (op == LAN_REDEEM)
        return PENDING_COUPON;
    if (op == LAN_SALE)
        return PENDING_SALE;
    return op == LAN_VOID ? PENDING_VOID : PENDING_OTHER;
}

void view_fill_store(const struct flow *flow, struct view_store *s)
{
    const struct lan_status *lan = &flow->lan;
    s->primary = lan->role == LAN_PRIMARY;
    s->terminal = flow->reference.terminal;
    s->main_terminal = lan->primary;
    s->others = lan->peers;
    s->live = lan->live;
    s->main_live = s->primary || lan->primary_live;
    s->alone = lan->alone;
    s->waiting = lan->waiting;
    s->ask = flow->store_ask;
    s->busy = flow->pending_ticket != 0;
    for (uint32_t i = 0; i < lan->pending_count && i < VIEW_PENDING_MAX; i++) {
        struct view_pending *row = &s->pending[s->pending_count++];
        int64_t age_ms = flow->now.wall_ms - lan->pending[i].since_ms;
        row->what = what_of(lan->pending[i].op);
        row->amount_minor = lan->pending[i].amount_minor;
        row->age_s = age_ms > 0 ? age_ms / 1000 : 0;
    }
    view_put(s->address, sizeof(s->address), lan->address);
    view_put(s->error, sizeof(s->error), lan->error);
}
