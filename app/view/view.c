#include "view/view.h"

#include "domain/shortcode.h"
#include "view/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ACCENT 0x1F7A5C

static void put_localised(const struct flow *flow, char *out, const char *zh, const char *en)
{
    view_put(out, VIEW_TEXT_MAX, view_localised(flow, zh, en));
}

static uint32_t colour(const char *text, uint32_t fallback)
{
    if (text[0] != '#' || strlen(text) != 7)
        return fallback;
    return (uint32_t)strtoul(text + 1, NULL, 16);
}

static int64_t now_ms(const struct flow *flow)
{
    return flow->now.wall_ms;
}

static void clock_text(int64_t wall_ms, char out[8])
{
    struct local_time t = time_local(wall_ms);
    snprintf(out, 8, "%02d:%02d", t.hour % 24, t.minute % 60);
}

static const char *clerk_name(const struct flow *flow, uint32_t clerk)
{
    for (uint32_t i = 0; i < flow->reference.clerk_count; i++)
        if (flow->reference.clerks[i].clerk == clerk)
            return flow->reference.clerks[i].name;
    return "";
}

static void tail(uint64_t member, char out[5])
{
    if (member != 0)
        member_id_tail(member, out);
}

static void fill_status(const struct flow *flow, struct view_status *s)
{
    /* Books that cannot be read do not say; "not enrolled" would send the technician the wrong way. */
    s->enrolled = flow->reference.enrolled || flow->screen == SCREEN_OUT_OF_SERVICE;
    s->online = flow->sync.online;
    s->waiting = (uint32_t)flow->sync.waiting;
    if (flow->sync.waiting > 0 && flow->sync.oldest_ms > 0 && now_ms(flow) > flow->sync.oldest_ms)
        s->oldest_age_s = (now_ms(flow) - flow->sync.oldest_ms) / 60000 * 60;
    s->last_contact_age_s = -1;
    if (flow->sync.last_contact_ms > 0) {
        int64_t age_ms = now_ms(flow) - flow->sync.last_contact_ms;
        s->last_contact_age_s = age_ms > 0 ? age_ms / 60000 * 60 : 0;
    }
    clock_text(now_ms(flow), s->clock);
    time_format_day(now_ms(flow), s->date, sizeof(s->date));
    view_put(s->clerk, sizeof(s->clerk), flow->clerk.name);
    memcpy(s->device_down, flow->device_down, sizeof(s->device_down));
    view_fill_store_state(flow, s);
}

/* What the clerk confirms is the till's date, which need not be the one of the machine's clock. */
static void fill_date_to_confirm(const struct flow *flow, struct view_status *s)
{
    const struct till_redeemed *r = &flow->verdict.answer.redeemed;
    bool unsure = flow->screen == SCREEN_VERDICT && flow->verdict.subject == SUBJECT_COUPON &&
                  flow->verdict.code == COUPON_DATE_UNSURE;
    if (!unsure)
        return;
    time_format_day(r->business_ms, s->date, sizeof(s->date));
    clock_text(r->business_ms, s->clock);
    s->date_unsure = true;
}

static void fill_brand(const struct flow *flow, struct view_brand *b)
{
    const struct feed_settings *settings = &flow->reference.settings;
    put_localised(flow, b->name, settings->brand_zh, settings->brand_en);
    put_localised(flow, b->store, settings->store_zh, settings->store_en);
    b->accent = colour(settings->accent, DEFAULT_ACCENT);
}

static void fill_offer(const struct flow *flow, uint32_t i, struct view_offer *o)
{
    const struct feed_offer *offer = &flow->reference.offers[i];
    put_localised(flow, o->title, offer->title_zh, offer->title_en);
    put_localised(flow, o->text, offer->text_zh, offer->text_en);
    o->price_minor = flow->reference.offer_price_minor[i];
    o->member_price_minor = flow->reference.offer_member_price_minor[i];
    o->tint = colour(offer->tint, DEFAULT_ACCENT);
}

static void fill_pool_row(const struct flow *flow, const struct till_pool *pool, struct view_pool_row *row)
{
    put_localised(flow, row->name, pool->name_zh, pool->name_en);
    row->campaign = pool->campaign;
    row->here = pool->here;
    row->elsewhere = flow->sync.online ? pool->elsewhere : 0;
    put_localised(flow, row->only, pool->only_zh, pool->only_en);
    uint32_t until_s = pool->here_until_s;
    if (row->here == 0 || (row->elsewhere > 0 && pool->elsewhere_until_s > until_s))
        until_s = pool->elsewhere_until_s;
    time_format_day((int64_t)until_s * 1000, row->until, sizeof(row->until));
}

static void fill_pool(const struct flow *flow, struct view_pool *p)
{
    for (uint32_t i = 0; i < flow->reference.pool_count && i < VIEW_POOL_MAX; i++) {
        if (flow_shows_pool(flow, &flow->reference.pools[i]))
            fill_pool_row(flow, &flow->reference.pools[i], &p->rows[p->row_count++]);
    }
}

static void fill_survey(const struct flow *flow, struct view_survey *s)
{
    const struct feed_survey *survey = &flow->reference.survey;
    if (survey->survey == 0)
        return;
    put_localised(flow, s->question, survey->question_zh, survey->question_en);
    for (uint32_t i = 0; i < SURVEY_ANSWERS_MAX && i < VIEW_ANSWERS_MAX && survey->answers_zh[i][0] != '\0'; i++)
        put_localised(flow, s->answers[s->answer_count++], survey->answers_zh[i], survey->answers_en[i]);
    s->thanked = flow->survey_thanked;
}

static void fill_attract(const struct flow *flow, struct view_attract *a)
{
    const struct feed_touchpoint *touchpoint = &flow->reference.touchpoint;
    bool ended = touchpoint->valid_to_s != 0 && now_ms(flow) / 1000 > touchpoint->valid_to_s;
    if (!ended)
        view_put(a->follow_url, sizeof(a->follow_url), touchpoint->url);
    view_put(a->shelf, sizeof(a->shelf), touchpoint->shelf);
    a->offer_count = flow->reference.offer_count;
    a->page_index = flow->page_index;
    for (uint32_t i = 0; i < a->offer_count && i < VIEW_OFFERS_MAX; i++)
        fill_offer(flow, i, &a->offers[i]);
    fill_pool(flow, &a->pool);
    fill_survey(flow, &a->survey);
    a->staff_button = true;
    a->scan_button = true;
}

static void fill_member(const struct flow *flow, struct view_member *m)
{
    const struct till_member *member = &flow->member;
    tail(member->member, m->tail);
    m->credit_minor = member->share_minor;
    m->ends_minor = member->ends_first.amount_minor;
    if (m->ends_minor > 0) /* its last day: the end is the moment after it */
        time_format_day((member->ends_first.ends_s - 1) * 1000, m->ends, sizeof(m->ends));
    m->coupon_count = member->coupon_count;
    for (uint32_t i = 0; i < member->coupon_count && i < TILL_COUPONS_MAX; i++) {
        struct view_coupon_row *row = &m->rows[m->row_count++];
        put_localised(flow, row->name, member->coupons[i].name_zh, member->coupons[i].name_en);
        time_format_day((int64_t)member->coupons[i].expiry_s * 1000, row->expiry, sizeof(row->expiry));
        row->soon = member->coupons[i].soon;
    }
    m->staff = flow->clerk.id != 0;
    if (m->staff) {
        m->elsewhere = flow->elsewhere.state;
        m->elsewhere_minor = flow->elsewhere.minor;
        m->arrived_minor = flow->elsewhere.arrived_minor;
    }
    m->can_spend = m->staff && member->share_minor > 0 && (flow->shopper.can_spend || flow->shopper.has_pin);
}

static void fill_price(const struct flow *flow, struct view_price *p)
{
    p->found = flow->price.found;
    if (!p->found)
        return;
    const struct feed_product *product = &flow->price.product;
    put_localised(flow, p->name, product->name_zh, product->name_en);
    view_put(p->unit, sizeof(p->unit), product->unit);
    view_put(p->ean, sizeof(p->ean), product->ean);
    p->price_minor = product->price_minor;
    p->member_price_minor = product->member_price_minor;
}

static void fill_sign_in(const struct flow *flow, struct view_sign_in *s)
{
    for (uint32_t i = 0; i < flow->reference.clerk_count && i < VIEW_ROWS_MAX; i++) {
        s->rows[i].clerk = flow->reference.clerks[i].clerk;
        view_put(s->rows[i].name, VIEW_TEXT_MAX, flow->reference.clerks[i].name);
        s->row_count++;
    }
    s->picked = flow->picked_clerk;
    s->digits = (uint32_t)strlen(flow->typed);
    s->state = flow->pin_state;
    s->tries_left = flow->tries_left;
    int64_t left_ms = flow->locked_until_mono_ms - flow->now.mono_ms;
    if (s->state == PIN_VIEW_LOCKED && left_ms > 0)
        s->locked_s = (uint32_t)((left_ms + 999) / 1000);
}

static void fill_counter(const struct flow *flow, struct view_counter *c)
{
    c->sale_minor = flow->sale_minor;
    c->member_set = flow->shopper.member != 0;
    tail(flow->shopper.member, c->member_tail);
    c->member_credit_minor = flow->shopper.share_minor;
    for (uint32_t i = 0; i < flow->reference.pool_count; i++)
        c->pool_here += flow->reference.pools[i].here;
    c->has_last = flow->last.group != 0 && !flow->last.voided;
    if (!c->has_last)
        return;
    put_localised(flow, c->last_title, flow->last.campaign_zh, flow->last.campaign_en);
    c->last_paid_minor = flow->last.paid_minor;
    c->last_discount_minor = flow->last.discount_minor;
    clock_text(flow->last.business_ms, c->last_clock);
}

static void fill_amount(const struct flow *flow, struct view_amount *a)
{
    a->purpose = flow->purpose;
    a->too_much = flow->typed_wrong;
    if (flow->purpose == AMOUNT_MEMBER_PIN) {
        a->digits = (uint32_t)strlen(flow->typed);
        return;
    }
    for (const char *c = flow->typed; *c != '\0'; c++)
        a->amount_minor = a->amount_minor * 10 + (*c - '0');
    if (flow->purpose == AMOUNT_SPEND)
        a->limit_minor = flow->shopper.share_minor < flow->sale_minor ? flow->shopper.share_minor : flow->sale_minor;
    if (flow->purpose == AMOUNT_COUPON_SALE) {
        const struct till_redeemed *r = &flow->verdict.answer.redeemed;
        put_localised(flow, a->campaign, r->campaign_zh, r->campaign_en);
        a->min_spend_minor = r->min_spend_minor;
    }
}

static void fill_code_entry(const struct flow *flow, struct view_code_entry *c)
{
    size_t len = strlen(flow->typed), at = 0;
    bool groups = len <= SHORTCODE_LEN;
    for (size_t i = 0; i < len && at + 2 < sizeof(c->typed); i++) {
        if (groups && i > 0 && i % 4 == 0)
            c->typed[at++] = '-';
        c->typed[at++] = flow->typed[i];
    }
    c->wrong = flow->typed_wrong;
    c->complete = len >= 8;
}

static void fill_voids(const struct flow *flow, struct view_void *v)
{
    v->loading = flow->recent_loading;
    v->picked = flow->picked_act;
    for (uint32_t i = 0; i < flow->recent.count && i < ARRAY_LEN(v->rows); i++) {
        const struct till_act *act = &flow->recent.acts[i];
        struct view_act_row *row = &v->rows[v->row_count++];
        put_localised(flow, row->title, act->campaign_zh, act->campaign_en);
        clock_text(act->business_ms, row->clock);
        view_put(row->clerk, sizeof(row->clerk), clerk_name(flow, act->clerk));
        row->discount_minor = act->discount_minor;
        row->paid_minor = act->paid_minor;
        row->credit_minor = act->credit_minor;
        row->voided = act->voided;
    }
}

static void fill_enrolment(const struct flow *flow, struct view_enrolment *e)
{
    e->stage = (uint8_t)flow->sync.enrol;
    e->error = (uint8_t)flow->sync.enrol_error;
    view_put(e->digits, sizeof(e->digits), flow->sync.digits);
    e->camera_ok = !flow->device_down[HAL_CAMERA];
    e->network_ok = flow->sync.link && !flow->device_down[HAL_NETWORK];
}

static void fill_service(const struct flow *flow, struct view_service *s)
{
    for (int i = 0; i < HAL_DEVICE_COUNT; i++) {
        s->devices[i].ok = !flow->device_down[i];
        s->devices[i].testing = flow->device_testing[i];
        view_put(s->devices[i].reason, VIEW_TEXT_MAX, flow->device_reason[i]);
    }
    memcpy(s->version, flow->health.version, sizeof(s->version));
    memcpy(s->board, flow->health.board, sizeof(s->board));
    memcpy(s->sqlite, flow->health.sqlite, sizeof(s->sqlite));
    s->terminal = flow->reference.terminal;
    s->incarnation = flow->reference.incarnation;
    s->store = flow->reference.settings.store;
    s->last_seq = flow->health.last_seq;
    s->durable_through = flow->health.durable_through;
    s->archived_through = flow->health.archived_through;
    s->products = flow->reference.products;
    s->members = flow->reference.members;
    int64_t next_ms = flow->sync.next_try_mono_ms - flow->now.mono_ms;
    s->next_try_s = flow->sync.next_try_mono_ms != 0 && next_ms > 0 ? next_ms / 1000 : -1;
    view_put(s->sync_error, VIEW_TEXT_MAX, flow->sync.error);
    s->free_mb = flow->health.free_mb;
    s->many = flow->lan.role != LAN_SINGLE;
    s->store_primary = flow->lan.primary;
    s->store_terminals = flow->lan.peers + 1;
    s->store_live = flow->lan.live + 1;
    s->shop = flow->reference.enrolled && !flow->out_of_service;
    s->stick_reading = flow->stick_reading;
    s->stick = (uint8_t)flow->stick.outcome;
    s->stick_logs = flow->stick.logs_written;
    s->stick_records = flow->stick.records;
    view_put(s->stick_file, sizeof(s->stick_file), flow->stick.file);
    view_put(s->stick_version, sizeof(s->stick_version), flow->stick.version);
    view_put(s->stick_reason, sizeof(s->stick_reason), flow->stick.reason);
    memcpy(s->log, flow->health.log, sizeof(s->log));
}

static void fill_greeting(const struct flow *flow, struct view_greeting *g)
{
    tail(flow->greeting.member, g->tail);
    g->coupons = flow->greeting.issued_coupons;
    g->returning = flow->greeting.issued_coupons == 0;
}

static void fill_viewfinder(const struct flow *flow, struct view_viewfinder *v)
{
    v->camera_ok = !flow->device_down[HAL_CAMERA];
    v->guidance = flow->guidance;
    v->frame_no = flow->picture_no;
}

static void fill_screen(const struct flow *flow, struct view_model *view)
{
    switch (flow->screen) {
    case SCREEN_ATTRACT:
        fill_attract(flow, &view->attract);
        break;
    case SCREEN_GREETING:
        fill_greeting(flow, &view->greeting);
        break;
    case SCREEN_VIEWFINDER:
        fill_viewfinder(flow, &view->viewfinder);
        break;
    case SCREEN_VERDICT:
        view_fill_verdict(flow, &view->verdict);
        break;
    case SCREEN_MEMBER:
        fill_member(flow, &view->member);
        break;
    case SCREEN_PRICE:
        fill_price(flow, &view->price);
        break;
    case SCREEN_SIGN_IN:
        fill_sign_in(flow, &view->sign_in);
        break;
    case SCREEN_COUNTER:
        fill_counter(flow, &view->counter);
        break;
    case SCREEN_AMOUNT:
        fill_amount(flow, &view->amount);
        break;
    case SCREEN_CODE_ENTRY:
        fill_code_entry(flow, &view->code_entry);
        break;
    case SCREEN_VOID_LIST:
    case SCREEN_VOID_REASON:
        fill_voids(flow, &view->voids);
        break;
    case SCREEN_POOL:
        fill_pool(flow, &view->pool);
        break;
    case SCREEN_ENROLMENT:
        fill_enrolment(flow, &view->enrolment);
        break;
    case SCREEN_SERVICE:
        fill_service(flow, &view->service);
        break;
    case SCREEN_SELF_TEST:
        view_fill_self_test(flow, &view->self_test);
        break;
    case SCREEN_STORE:
        view_fill_store(flow, &view->store);
        break;
    case SCREEN_RESET:
        view_fill_reset(flow, &view->reset);
        break;
    case SCREEN_OUT_OF_SERVICE:
        view->outage.kind = flow->outage;
        view_put(view->outage.detail, VIEW_TEXT_MAX, flow->outage_detail);
        break;
    case SCREEN_STARTING:
    case SCREEN_COUNT:
        break;
    }
}

void view_make(const struct flow *flow, struct view_model *out_view)
{
    memset(out_view, 0, sizeof(*out_view));
    out_view->screen = flow->screen;
    out_view->language = flow->language;
    fill_brand(flow, &out_view->brand);
    fill_status(flow, &out_view->status);
    fill_date_to_confirm(flow, &out_view->status);
    fill_screen(flow, out_view);
}
