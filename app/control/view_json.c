#include "control/commands.h"

/* The view model as JSON, field by field as view_model.h names them. */

static json_t *verdict(const struct view_verdict *v)
{
    static const char *const tones[] = {"good", "ask", "refuse", "wait"};
    static const char *const subjects[] = {"coupon", "sale",  "void", "member", "badge", "code",
                                           "asking", "asked", "busy", "store",  "credit"};
    static const char *const receipts[] = {"none", "printing", "done", "no_paper", "cover", "no_printer"};
    const char *code = "";
    if (v->subject == SUBJECT_COUPON)
        code = coupon_verdict_name((enum coupon_verdict)v->code);
    else if (v->subject == SUBJECT_SALE)
        code = credit_verdict_name((enum credit_verdict)v->code);
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b, s:b, s:s, s:b, s:s}",
                     "tone", tones[v->tone], "subject", subjects[v->subject], "code", v->code, "code_name", code,
                     "campaign", v->campaign, "gift", v->gift, "discount_minor", (json_int_t)v->discount_minor,
                     "sale_minor", (json_int_t)v->sale_minor, "paid_minor", (json_int_t)v->paid_minor, "credit_minor",
                     (json_int_t)v->credit_minor, "earned_minor", (json_int_t)v->earned_minor, "balance_minor",
                     (json_int_t)v->balance_minor, "when", v->when, "where", v->where, "offline", v->offline ? 1 : 0,
                     "check_only", v->check_only ? 1 : 0, "receipt", receipts[v->receipt], "drawer_open",
                     v->drawer_open ? 1 : 0, "action", intent_name(v->action));
}

static json_t *member(const struct view_member *m)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < m->row_count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:b}", "name", m->rows[i].name, "expiry", m->rows[i].expiry,
                                              "soon", m->rows[i].soon ? 1 : 0));
    static const char *const elsewhere[] = {"nothing", "some", "arrived", "offline"};
    return json_pack("{s:s, s:I, s:I, s:s, s:i, s:o, s:b, s:b, s:s, s:I, s:I}", "tail", m->tail, "credit_minor",
                     (json_int_t)m->credit_minor, "ends_minor", (json_int_t)m->ends_minor, "ends", m->ends,
                     "coupon_count", (int)m->coupon_count, "coupons", rows, "staff", m->staff ? 1 : 0, "can_spend",
                     m->can_spend ? 1 : 0, "elsewhere", elsewhere[m->elsewhere], "elsewhere_minor",
                     (json_int_t)m->elsewhere_minor, "arrived_minor", (json_int_t)m->arrived_minor);
}

static json_t *pool_rows(const struct view_pool *p)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < p->row_count; i++) {
        const struct view_pool_row *row = &p->rows[i];
        json_array_append_new(rows, json_pack("{s:i, s:s, s:i, s:i, s:s, s:s}", "campaign", (int)row->campaign, "name",
                                              row->name, "here", (int)row->here, "elsewhere", (int)row->elsewhere,
                                              "only", row->only, "until", row->until));
    }
    return rows;
}

static json_t *attract(const struct view_attract *a)
{
    json_t *offers = json_array();
    for (uint32_t i = 0; i < a->offer_count; i++)
        json_array_append_new(offers, json_string(a->offers[i].title));
    json_t *answers = json_array();
    for (uint32_t i = 0; i < a->survey.answer_count; i++)
        json_array_append_new(answers, json_string(a->survey.answers[i]));
    return json_pack("{s:s, s:s, s:o, s:i, s:o, s:{s:s, s:o, s:b}}", "follow_url", a->follow_url, "shelf", a->shelf,
                     "offers", offers, "page", (int)a->page_index, "pool", pool_rows(&a->pool), "survey", "question",
                     a->survey.question, "answers", answers, "thanked", a->survey.thanked ? 1 : 0);
}

static json_t *sign_in(const struct view_sign_in *s)
{
    static const char *const states[] = {"enter", "wrong", "locked", "badge_unknown", "checking"};
    json_t *rows = json_array();
    for (uint32_t i = 0; i < s->row_count; i++)
        json_array_append_new(rows, json_pack("{s:i, s:s}", "clerk", (int)s->rows[i].clerk, "name", s->rows[i].name));
    return json_pack("{s:o, s:i, s:i, s:s, s:i, s:i}", "rows", rows, "picked", (int)s->picked, "digits", (int)s->digits,
                     "state", states[s->state], "tries_left", (int)s->tries_left, "locked_s", (int)s->locked_s);
}

static json_t *counter(const struct view_counter *c)
{
    return json_pack("{s:I, s:i, s:b, s:s, s:b, s:s, s:I}", "sale_minor", (json_int_t)c->sale_minor, "pool_here",
                     (int)c->pool_here, "member_set", c->member_set ? 1 : 0, "member_tail", c->member_tail, "has_last",
                     c->has_last ? 1 : 0, "last_title", c->last_title, "last_paid_minor",
                     (json_int_t)c->last_paid_minor);
}

static json_t *amount(const struct view_amount *a)
{
    static const char *const purposes[] = {"sale", "coupon_sale", "spend", "member_pin"};
    return json_pack("{s:s, s:I, s:s, s:I, s:b}", "purpose", purposes[a->purpose], "amount_minor",
                     (json_int_t)a->amount_minor, "campaign", a->campaign, "limit_minor", (json_int_t)a->limit_minor,
                     "too_much", a->too_much ? 1 : 0);
}

static json_t *voids(const struct view_void *v)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < v->row_count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:I, s:I, s:b}", "title", v->rows[i].title, "clock",
                                              v->rows[i].clock, "clerk", v->rows[i].clerk, "discount_minor",
                                              (json_int_t)v->rows[i].discount_minor, "paid_minor",
                                              (json_int_t)v->rows[i].paid_minor, "voided", v->rows[i].voided ? 1 : 0));
    return json_pack("{s:b, s:o, s:i}", "loading", v->loading ? 1 : 0, "rows", rows, "picked", (int)v->picked);
}

static json_t *enrolment(const struct view_enrolment *e)
{
    static const char *const stages[] = {"none", "calling", "confirm", "done", "failed"};
    return json_pack("{s:s, s:i, s:s, s:b, s:b}", "stage", stages[e->stage], "error", e->error, "digits", e->digits,
                     "camera_ok", e->camera_ok ? 1 : 0, "network_ok", e->network_ok ? 1 : 0);
}

static json_t *service(const struct view_service *s)
{
    static const char *const sticks[] = {"",       "installed", "none",        "empty", "no_newer", "refused",
                                         "failed", "busy",      "not_allowed", "saved", "nothing",  "not_saved"};
    json_t *devices = json_object();
    for (int i = 0; i < HAL_DEVICE_COUNT; i++)
        json_object_set_new(devices, hal_device_name((enum hal_device)i),
                            json_pack("{s:b, s:b, s:s}", "ok", s->devices[i].ok ? 1 : 0, "testing",
                                      s->devices[i].testing ? 1 : 0, "reason", s->devices[i].reason));
    return json_pack("{s:o, s:s, s:s, s:s, s:I, s:s, s:i, s:I, s:I, s:s, s:i, s:i}", "devices", devices, "stick",
                     s->stick_reading ? "reading" : sticks[s->stick], "stick_reason", s->stick_reason, "stick_file",
                     s->stick_file, "stick_records", (json_int_t)s->stick_records, "version", s->version, "terminal",
                     (int)s->terminal, "last_seq", (json_int_t)s->last_seq, "durable_through",
                     (json_int_t)s->durable_through, "sync_error", s->sync_error, "products", (int)s->products,
                     "members", (int)s->members);
}

static json_t *reset(const struct view_reset *r)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:b, s:b, s:s}", "terminal", (int)r->terminal, "unsent", (int)r->unsent,
                     "given_up", (int)r->given_up, "hold_s", (int)r->hold_s, "stick_reading", r->stick_reading ? 1 : 0,
                     "under_way", r->under_way ? 1 : 0, "reason", r->reason);
}

static json_t *store(const struct view_store *s)
{
    static const char *const asks[] = {"nothing", "alone", "together", "promote"};
    static const char *const whats[] = {"coupon", "sale", "void", "other"};
    json_t *pending = json_array();
    for (uint32_t i = 0; i < s->pending_count; i++)
        json_array_append_new(pending, json_pack("{s:s, s:I, s:I}", "what", whats[s->pending[i].what], "amount_minor",
                                                 (json_int_t)s->pending[i].amount_minor, "age_s",
                                                 (json_int_t)s->pending[i].age_s));
    return json_pack("{s:b, s:i, s:i, s:i, s:i, s:b, s:b, s:b, s:s, s:b, s:o, s:s}", "primary", s->primary ? 1 : 0,
                     "terminal", (int)s->terminal, "main_terminal", (int)s->main_terminal, "others", (int)s->others,
                     "live", (int)s->live, "main_live", s->main_live ? 1 : 0, "alone", s->alone ? 1 : 0, "waiting",
                     s->waiting ? 1 : 0, "ask", asks[s->ask], "busy", s->busy ? 1 : 0, "pending", pending, "error",
                     s->error);
}

static json_t *self_test(const struct view_self_test *t)
{
    json_t *outcomes = json_object();
    for (uint32_t i = 1; i <= SELF_TEST_ITEMS; i++)
        json_object_set_new(outcomes, self_test_item_name(i), json_string(self_test_outcome_name(t->outcomes[i])));
    return json_pack("{s:s, s:o, s:i, s:b, s:b, s:s}", "item", t->item ? self_test_item_name(t->item) : "", "outcomes",
                     outcomes, "corners", (int)t->corners, "all_well", t->all_well ? 1 : 0, "kept", t->kept ? 1 : 0,
                     "report", t->report);
}

static json_t *price(const struct view_price *p)
{
    return json_pack("{s:b, s:s, s:s, s:I, s:I}", "found", p->found ? 1 : 0, "name", p->name, "ean", p->ean,
                     "price_minor", (json_int_t)p->price_minor, "member_price_minor",
                     (json_int_t)p->member_price_minor);
}

static json_t *viewfinder(const struct view_viewfinder *v)
{
    static const char *const guides[] = {"show_code", "closer", "farther", "dark", "glare", "hold_still", "reading"};
    return json_pack("{s:b, s:s, s:i}", "camera_ok", v->camera_ok ? 1 : 0, "guidance", guides[v->guidance], "frame_no",
                     (int)v->frame_no);
}

static json_t *outage(const struct view_outage_screen *o)
{
    static const char *const kinds[] = {"books", "disk_full", "font", "fork"};
    return json_pack("{s:s, s:s}", "kind", kinds[o->kind], "detail", o->detail);
}

static json_t *screen(const struct view_model *view)
{
    switch (view->screen) {
    case SCREEN_ATTRACT:
        return attract(&view->attract);
    case SCREEN_GREETING:
        return json_pack("{s:s, s:i, s:b}", "tail", view->greeting.tail, "coupons", (int)view->greeting.coupons,
                         "returning", view->greeting.returning ? 1 : 0);
    case SCREEN_VIEWFINDER:
        return viewfinder(&view->viewfinder);
    case SCREEN_VERDICT:
        return verdict(&view->verdict);
    case SCREEN_MEMBER:
        return member(&view->member);
    case SCREEN_PRICE:
        return price(&view->price);
    case SCREEN_SIGN_IN:
        return sign_in(&view->sign_in);
    case SCREEN_COUNTER:
        return counter(&view->counter);
    case SCREEN_AMOUNT:
        return amount(&view->amount);
    case SCREEN_CODE_ENTRY:
        return json_pack("{s:s, s:b, s:b}", "typed", view->code_entry.typed, "wrong", view->code_entry.wrong ? 1 : 0,
                         "complete", view->code_entry.complete ? 1 : 0);
    case SCREEN_VOID_LIST:
    case SCREEN_VOID_REASON:
        return voids(&view->voids);
    case SCREEN_POOL:
        return json_pack("{s:o}", "rows", pool_rows(&view->pool));
    case SCREEN_ENROLMENT:
        return enrolment(&view->enrolment);
    case SCREEN_SERVICE:
        return service(&view->service);
    case SCREEN_SELF_TEST:
        return self_test(&view->self_test);
    case SCREEN_STORE:
        return store(&view->store);
    case SCREEN_RESET:
        return reset(&view->reset);
    case SCREEN_OUT_OF_SERVICE:
        return outage(&view->outage);
    case SCREEN_STARTING:
    case SCREEN_COUNT:
        break;
    }
    return json_object();
}

static json_t *status(const struct view_status *s)
{
    json_t *down = json_array();
    for (int i = 0; i < HAL_DEVICE_COUNT; i++)
        if (s->device_down[i])
            json_array_append_new(down, json_string(hal_device_name((enum hal_device)i)));
    static const char *const stores[] = {"fine", "away", "waiting", "alone"};
    return json_pack("{s:b, s:b, s:i, s:s, s:s, s:s, s:o, s:s, s:i}", "enrolled", s->enrolled ? 1 : 0, "online",
                     s->online ? 1 : 0, "waiting", (int)s->waiting, "clerk", s->clerk, "clock", s->clock, "date",
                     s->date, "devices_down", down, "store", stores[s->store], "store_waiting", (int)s->store_waiting);
}

json_t *control_view_json(const struct view_model *view)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "screen", screen_name(view->screen), "language",
                     view->language == LANGUAGE_EN ? "en" : "zh_CN", "brand", view->brand.name, "store",
                     view->brand.store, "status", status(&view->status), screen_name(view->screen), screen(view));
}
