#include "desk.h"

#include "center.h"
#include "mutants.h"
#include "patience.h"
#include "public.h"
#include "shoppers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ASK_WAIT_S 20

/* ---- who waits */

static struct desk_wish *new_wish(struct terminal *t, const struct till_request *request)
{
    struct shoppers *s = t->world->shoppers;
    for (size_t i = 0; i < SHOPPERS_WISHES; i++) {
        struct desk_wish *wish = &s->wishes[i];
        if (wish->terminal)
            continue;
        *wish = (struct desk_wish){.terminal = t, .ticket = ++s->next_ticket, .request = *request};
        wish->request.ticket = wish->ticket;
        return wish;
    }
    return NULL;
}

static struct desk_wish *find_wish(struct terminal *t, uint32_t ticket)
{
    struct shoppers *s = t->world->shoppers;
    for (size_t i = 0; i < SHOPPERS_WISHES; i++) {
        if (s->wishes[i].terminal == t && s->wishes[i].ticket == ticket)
            return &s->wishes[i];
    }
    return NULL;
}

void desk_forget(struct terminal *terminal)
{
    struct shoppers *s = terminal->world->shoppers;
    for (size_t i = 0; i < SHOPPERS_WISHES; i++) {
        if (s->wishes[i].terminal == terminal)
            s->wishes[i].terminal = NULL;
    }
}

static void submit(struct desk_wish *wish)
{
    struct terminal *t = wish->terminal;
    int rc = terminal_ask(t, &wish->request);
    if (rc == 0)
        return;
    world_trace(t->world, "%s takes no more: %d", t->name, rc);
    wish->terminal = NULL;
}

/* ---- what is acknowledged */

/* The machine in whose journal an act stands; a new one may have acted before anybody asked for its number. */
static const struct terminal *author(struct terminal *t, uint32_t by)
{
    const struct world *world = t->world;
    bool named = terminal_learn_name(t);
    if (by == 0 || (named && by == t->number))
        return t;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        if (terminal_learn_name(world->terminals[i]) && world->terminals[i]->number == by)
            return world->terminals[i];
    }
    world_must(-ENOENT, "an answer of nobody");
    return NULL;
}

static struct ack *add_ack(struct terminal *t, enum ack_kind kind, uint32_t by, uint64_t group)
{
    struct shoppers *s = t->world->shoppers;
    const struct terminal *author_of = author(t, by);
    struct ack *ack = shoppers_add_ack(s);
    t->world->counts.through_primary += author_of != t;
    *ack = (struct ack){.kind = kind,
                        .terminal = t,
                        .terminal_id = author_of->number,
                        .incarnation = author_of->incarnation,
                        .group = group};
    return ack;
}

static bool holds(struct terminal *peer, const struct terminal *author_of, uint64_t group)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;
    if (till_ends(peer->till, ends, &count) < 0)
        return true; /* its disk is ill: nobody can tell */
    for (uint32_t i = 0; i < count; i++) {
        if (ends[i].terminal == author_of->number && ends[i].incarnation == author_of->incarnation)
            return ends[i].through >= group;
    }
    return false;
}

/*
 * The moment it was on the screen: "done" of the primary means that another terminal of the store has the record, or
 * central, unless it went alone. A machine that is off may be the one, so then nobody can tell.
 */
static void check_held(struct terminal *t, uint32_t by, uint64_t group)
{
    struct terminal *of = (struct terminal *)author(t, by);
    struct world *world = t->world;
    struct till_store store;
    struct till_backlog backlog;
    if (!terminal_is_up(of) || of->drive.dead || till_store_read(of->till, &store) < 0 || store.single || store.alone ||
        !store.primary || till_backlog(of->till, &backlog) < 0 || backlog.forked || backlog.durable_through >= group)
        return;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *peer = world->terminals[i];
        if (peer->shop != of->shop || peer == of)
            continue;
        if (peer->clone || peer->lost || peer->number == of->number || !terminal_is_up(peer) || peer->drive.dead ||
            holds(peer, of, group))
            return;
    }
    world_violation(world, "%s said done, %" PRIu32 ".%" PRIu64 ", and no other terminal of its store holds it",
                    t->name, of->number, group);
}

/* As far as central was known to have its journal when the act was decided. A central that was restored since has less,
 * and the terminal may have heard so while the act waited for a peer: then what it knew at its act before counts. */
static uint64_t known_durable(struct terminal *t, const struct ack *ack)
{
    const struct shoppers *s = t->world->shoppers;
    struct till_backlog backlog;
    if (till_backlog(t->till, &backlog) < 0)
        return 0;
    for (size_t i = (size_t)(ack - s->acks); i-- > 0;) {
        const struct ack *before = &s->acks[i];
        if (before->terminal != t || before->durable == 0 || before->incarnation != ack->incarnation)
            continue;
        return before->durable > backlog.durable_through ? before->durable : backlog.durable_through;
    }
    return backlog.durable_through;
}

static void ack_redeemed(struct terminal *t, uint32_t by, const struct till_redeemed *r)
{
    struct ack *ack = add_ack(t, ACK_REDEEMED, by, r->group);
    struct world_counts *counts = &t->world->counts;
    ack->coupon = r->coupon;
    ack->member = r->member;
    ack->discount_minor = r->discount_minor;
    ack->paid_minor = r->paid_minor;
    ack->earned_minor = r->earned_minor;
    bool own = ack->terminal_id == t->number && terminal_is_up(t);
    ack->durable = r->offline && own ? known_durable(t, ack) : 0;
    counts->redemptions++;
    counts->offline += r->offline;
    counts->credit_moves += r->earned_minor > 0;
    counts->credit_offline += r->earned_minor > 0 && r->offline;
    check_held(t, by, r->group);
    world_trace(t->world, "%s done: redeemed %" PRIu32 "-%" PRIu64 " as %" PRIu32 ".%" PRIu64 "%s", t->name,
                r->coupon.campaign, r->coupon.serial, ack->terminal_id, r->group, r->offline ? ", offline" : "");
}

static void ack_sold(struct terminal *t, uint32_t by, const struct till_sold *sold, bool offline)
{
    struct ack *ack = add_ack(t, ACK_SOLD, by, sold->group);
    struct world_counts *counts = &t->world->counts;
    ack->member = sold->member;
    ack->paid_minor = sold->paid_minor;
    ack->earned_minor = sold->earned_minor;
    ack->credit_minor = sold->credit_minor;
    unsigned moves = (sold->earned_minor > 0) + (sold->credit_minor > 0);
    counts->spends += sold->credit_minor > 0;
    if (sold->earned_minor > 0)
        mutant_on_sold(t, sold->member);
    counts->credit_moves += moves;
    counts->credit_offline += offline ? moves : 0;
    if (sold->credit_minor > 0)
        check_held(t, by, sold->group);
    world_trace(t->world, "%s done: sold %" PRId64 " as %" PRIu32 ".%" PRIu64 ", credit %" PRId64, t->name,
                sold->gross_minor, ack->terminal_id, sold->group, sold->credit_minor);
}

static void ack_voided(struct terminal *t, size_t target)
{
    struct ack *voided = &t->world->shoppers->acks[target];
    voided->was_voided = true;
    const struct ack copy = *voided;
    struct ack *done = add_ack(t, ACK_VOIDED, copy.terminal_id, copy.group);
    done->coupon = copy.coupon;
    done->member = copy.member;
    t->world->counts.voids++;
    mutant_on_void(t);
    world_trace(t->world, "%s done: voided %" PRIu32 ".%" PRIu64, t->name, copy.terminal_id, copy.group);
}

/* ---- asking central through the terminal */

static void ask_central(const struct desk_wish *wish, enum ask_kind kind, struct authority_request *authority)
{
    struct terminal *t = wish->terminal;
    struct desk_wish *ask = new_wish(t, &wish->request);
    if (!ask)
        return;
    ask->coupon = wish->coupon;
    ask->tries = wish->tries;
    ask->ordered = wish->ordered;
    ask->asked = true;
    random_fill(&t->world->chance.base, authority->request_id, sizeof(authority->request_id));
    authority->wait_s = ASK_WAIT_S;
    int rc = sync_ask(t->sync, kind, ask->ticket, authority);
    world_trace(t->world, "%s asks central, ticket %" PRIu32 ": %d", t->name, ask->ticket, rc);
    if (rc < 0)
        ask->terminal = NULL;
}

static void ask_for_right(const struct desk_wish *wish)
{
    struct terminal *t = wish->terminal;
    struct authority_request authority = {.coupon = t->world->shoppers->coupons[wish->coupon].id};
    memcpy(authority.token, wish->request.redeem.text, strnlen(wish->request.redeem.text, sizeof(authority.token) - 1));
    mutant_on_ask(t, authority.coupon);
    ask_central(wish, ASK_RIGHT, &authority);
}

static void ask_for_credit(const struct desk_wish *wish)
{
    struct terminal *t = wish->terminal;
    struct authority_request authority = {.member = wish->request.sale.member,
                                          .owner = {OWNER_BRAND, t->world->center->brand},
                                          .amount_minor = wish->request.sale.credit_minor};
    mutant_on_ask_credit(t, &authority);
    ask_central(wish, ASK_CREDIT, &authority);
}

/* ---- answers */

static void on_redeemed(struct desk_wish *wish, const struct till_answer *answer)
{
    struct terminal *t = wish->terminal;
    struct till_redeem *redeem = &wish->request.redeem;
    const struct till_redeemed *r = &answer->redeemed;
    if (r->verdict == COUPON_OK && !redeem->check_only) {
        ack_redeemed(t, answer->by, r);
        if (redeem->pool != 0)
            public_given(t, r);
        return;
    }
    world_trace(t->world, "%s says %s", t->name, coupon_verdict_name(r->verdict));
    t->world->counts.refused++;
    t->world->counts.revoked += r->verdict == COUPON_KEY_REVOKED;
    if (!terminal_is_up(t) || t->drive.dead)
        return;
    if (r->verdict == COUPON_DATE_UNSURE && !redeem->date_confirmed) {
        redeem->date_confirmed = true;
        desk_redeem(t, &wish->request, wish->coupon);
    } else if (r->may_ask_central && (!redeem->check_only || wish->ordered) && !wish->asked) {
        ask_for_right(wish);
    } else {
        patience_after_refusal(wish, r->verdict);
    }
}

static void on_sold(struct desk_wish *wish, const struct till_answer *answer)
{
    struct terminal *t = wish->terminal;
    const struct till_sold *sold = &answer->sold;
    if (sold->verdict == CREDIT_OK) {
        ack_sold(t, answer->by, sold, !wish->request.online);
        return;
    }
    world_trace(t->world, "%s says %s", t->name, credit_verdict_name(sold->verdict));
    t->world->counts.refused++;
    if (sold->verdict == CREDIT_NOT_ENOUGH && wish->request.online && !wish->asked && terminal_is_up(t) &&
        !t->drive.dead)
        ask_for_credit(wish);
}

static void on_voided(const struct desk_wish *wish, const struct till_answer *answer)
{
    struct terminal *t = wish->terminal;
    if (answer->voided.verdict == VOID_OK)
        ack_voided(t, wish->target);
    else
        world_trace(t->world, "%s does not void %" PRIu64 ": %s", t->name, wish->request.voided.group,
                    void_verdict_name(answer->voided.verdict));
}

static bool told_early(const struct terminal *t, const struct till_answer *answer)
{
    return t->world->options.mutant == MUTANT_ACK_BEFORE_COMMIT &&
           ((answer->op == TILL_REDEEM && answer->redeemed.group != 0) ||
            (answer->op == TILL_SALE && answer->sold.group != 0));
}

static void on_answer(struct desk_wish *wish, const struct till_answer *answer)
{
    struct terminal *t = wish->terminal;
    if (answer->op == TILL_REDEEM)
        on_redeemed(wish, answer);
    else if (answer->op == TILL_SALE)
        on_sold(wish, answer);
    else if (answer->op == TILL_VOID)
        on_voided(wish, answer);
    else
        world_trace(t->world, "%s: the manager's order: %d", t->name, (int)answer->store);
}

/* What was asked for before the machine started again: the staff sees what came of it. */
static void on_late_answer(struct terminal *t, const struct till_answer *answer)
{
    if (answer->error < 0)
        return;
    if (answer->op == TILL_REDEEM && answer->redeemed.verdict == COUPON_OK)
        ack_redeemed(t, answer->by, &answer->redeemed);
    else if (answer->op == TILL_SALE && answer->sold.verdict == CREDIT_OK)
        ack_sold(t, answer->by, &answer->sold, false);
}

void desk_answered(struct terminal *terminal, const struct till_answer *answer)
{
    struct terminal *t = terminal;
    struct desk_wish *found = find_wish(t, answer->ticket), wish;
    if (answer->ticket == 0) {
        on_late_answer(t, answer);
        return;
    }
    if (!found)
        return;
    if (answer->error == -EINPROGRESS) {
        t->world->counts.pending++;
        world_trace(t->world, "%s: ticket %" PRIu32 " is pending", t->name, answer->ticket);
        return;
    }
    wish = *found;
    found->terminal = NULL;
    if (answer->error < 0 && !told_early(t, answer)) {
        world_trace(t->world, "%s fails: %d", t->name, answer->error);
        patience_after_error(&wish, answer->error);
    } else {
        on_answer(&wish, answer);
    }
}

/* ---- wishes */

void desk_redeem(struct terminal *terminal, struct till_request *request, size_t coupon)
{
    struct desk_wish *wish = new_wish(terminal, request);
    if (!wish)
        return;
    wish->coupon = coupon;
    wish->asked = request->redeem.central_asked;
    submit(wish);
}

void desk_order(struct terminal *terminal, struct till_request *request, size_t coupon)
{
    struct desk_wish *wish = new_wish(terminal, request);
    if (!wish)
        return;
    wish->coupon = coupon;
    wish->ordered = true;
    submit(wish);
}

void desk_sale(struct terminal *terminal, struct till_request *request)
{
    struct desk_wish *wish = new_wish(terminal, request);
    if (wish)
        submit(wish);
}

void desk_try_again(struct terminal *terminal, const struct desk_wish *wish)
{
    struct till_request request = wish->request;
    memset(request.request_id, 0, sizeof(request.request_id)); /* as if for the first time */
    if (request.op == TILL_REDEEM && request.redeem.pool == 0)
        shoppers_show(terminal->world, wish->coupon, request.redeem.text);
    else if (request.op == TILL_SALE && request.sale.credit_minor > 0)
        desk_set_code(terminal, &request.sale);
    struct desk_wish *again = new_wish(terminal, &request);
    if (!again)
        return;
    again->coupon = wish->coupon;
    again->asked = wish->asked;
    again->tries = wish->tries;
    submit(again);
}

void desk_void(struct terminal *terminal, size_t target)
{
    const struct ack *ack = &terminal->world->shoppers->acks[target];
    struct till_request request = {.op = TILL_VOID, .voided = {.group = ack->group, .reason = "returned"}};
    request.voided.terminal = ack->terminal_id == terminal->number ? 0 : ack->terminal_id;
    struct desk_wish *wish = new_wish(terminal, &request);
    if (!wish)
        return;
    wish->target = target;
    submit(wish);
}

void desk_manage(struct terminal *terminal, struct till_request *request)
{
    struct desk_wish *wish = new_wish(terminal, request);
    if (!wish)
        return;
    int rc = terminal_ask(terminal, &wish->request);
    world_trace(terminal->world, "%s hears a manager: %d", terminal->name, rc);
    if (rc < 0)
        wish->terminal = NULL;
}

void desk_set_code(struct terminal *terminal, struct till_sale *sale)
{
    const struct center *center = terminal->world->center;
    struct member_token token = {.brand = (uint16_t)center->brand,
                                 .kid = center->member_kid,
                                 .kind = MEMBER_CODE_ROTATING,
                                 .member = sale->member,
                                 .issued_s = (uint32_t)(world_wall_ms(terminal->world) / 1000),
                                 .nonce = ++terminal->world->shoppers->nonce};
    world_must(token_member_sign(&token, center->member_key.secret_key, sale->member_code), "code");
}

/* ---- central's word */

static void go_on(struct desk_wish *found)
{
    struct desk_wish wish = *found;
    struct terminal *t = wish.terminal;
    found->terminal = NULL;
    if (!terminal_is_up(t) || t->drive.dead)
        return;
    t->world->counts.retried++;
    if (wish.ordered) {
        shoppers_keep(t, wish.coupon);
    } else if (wish.request.op == TILL_SALE) {
        desk_set_code(t, &wish.request.sale);
        struct desk_wish *again = new_wish(t, &wish.request);
        if (again) {
            again->asked = true;
            submit(again);
        }
    } else {
        wish.request.redeem.central_asked = wish.request.redeem.central_agreed = true;
        desk_redeem(t, &wish.request, wish.coupon);
    }
}

static void granted(void *argument, uint64_t ticket)
{
    struct shoppers *s = argument;
    for (size_t i = 0; i < SHOPPERS_WISHES; i++) {
        if (s->wishes[i].terminal && s->wishes[i].ticket == ticket) {
            go_on(&s->wishes[i]);
            return;
        }
    }
}

static void give_up_asking(struct desk_wish *found)
{
    struct desk_wish wish = *found;
    found->terminal = NULL;
    if (wish.request.op == TILL_REDEEM)
        patience_after_refusal(&wish, COUPON_HELD_ELSEWHERE);
}

void desk_on_asked(struct terminal *terminal, uint32_t ticket, int error, const struct authority_answer *answer)
{
    struct shoppers *s = terminal->world->shoppers;
    struct desk_wish *wish = find_wish(terminal, ticket);
    bool good = error == 0 && answer->verdict == AUTHORITY_GRANTED;
    world_trace(terminal->world, "%s hears of ticket %" PRIu32 ": %d, %d", terminal->name, ticket, error,
                answer->verdict);
    if (good)
        world_at(terminal->world, terminal->world->now_ms, granted, s, ticket);
    else if (wish)
        give_up_asking(wish);
}
