#include "shoppers.h"

#include "center.h"
#include "central/store/rights.h"
#include "mutants.h"
#include "patience.h"
#include "public.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_A_STORE 6
#define COUPON_LIFE_S   (30 * 86400)
#define ACKS_LOOKED     400
#define SHOWN_LOOKED    600
#define RETRY_ISSUE_MS  20000
#define QUEUE_MAX       4
#define AHEAD_TRIES     40
#define FETCH_MS        240000
#define QUEUE_MS        60

static void *grow(void *items, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 256;
    void *grown = realloc(items, *cap * size);
    world_must(grown ? 0 : -ENOMEM, "shoppers");
    return grown;
}

void shoppers_open(struct shoppers *shoppers, struct world *world)
{
    *shoppers = (struct shoppers){.world = world};
    world->shoppers = shoppers;
    shoppers->member_count = (size_t)world->options.terminals * MEMBERS_A_STORE;
    shoppers->members = calloc(shoppers->member_count, sizeof(*shoppers->members));
    world_must(shoppers->members ? 0 : -ENOMEM, "members");
    for (size_t i = 0; i < shoppers->member_count; i++)
        shoppers->members[i] = (random_u64(&world->chance.base) >> 1) | 1;
}

void shoppers_close(struct shoppers *shoppers)
{
    fresh_close(&shoppers->fresh);
    free(shoppers->members);
    free(shoppers->coupons);
    free(shoppers->acks);
    free(shoppers->kept);
}

struct ack *shoppers_add_ack(struct shoppers *shoppers)
{
    if (shoppers->ack_count == shoppers->ack_cap)
        shoppers->acks = grow(shoppers->acks, &shoppers->ack_cap, sizeof(*shoppers->acks));
    return &shoppers->acks[shoppers->ack_count++];
}

/* ---- redeeming */

void shoppers_show(struct world *world, size_t place, char out_text[TOKEN_TEXT_MAX])
{
    const struct center *center = world->center;
    struct phone_coupon *coupon = &world->shoppers->coupons[place];
    uint8_t newest = center->coupon_keys[center->key_count - 1].kid;
    if (coupon->kid != newest && world_chance(world, 600))
        coupon->kid = newest; /* the phone has fetched it anew */
    struct coupon_token token = {.brand = (uint16_t)center->brand,
                                 .kid = coupon->kid,
                                 .coupon = coupon->id,
                                 .home_store = coupon->home_store,
                                 .store_epoch = coupon->store_epoch,
                                 .expiry_s = (uint32_t)(WORLD_START_MS / 1000) + COUPON_LIFE_S,
                                 .exclusive_until_s = coupon->public_from_s};
    world_must(token_coupon_sign(&token, center_key_of(center, coupon->kid)->secret_key, out_text), "token");
}

static void show_coupon(struct terminal *t, size_t place, bool check_only)
{
    const struct phone_coupon *coupon = &t->world->shoppers->coupons[place];
    struct till_request request = {.op = TILL_REDEEM};
    shoppers_show(t->world, place, request.redeem.text);
    request.redeem.check_only = check_only;
    request.redeem.member = coupon->member;
    if (world_chance(t->world, 570))
        request.redeem.sale_minor = 1000 + (int64_t)world_below(t->world, 20000);
    fresh_take(&t->world->shoppers->fresh, coupon->home_store, place);
    desk_redeem(t, &request, place);
}

static bool fresh_coupon(struct shoppers *s, uint32_t store, bool own, size_t *out_place)
{
    return own ? fresh_of(&s->fresh, s->world, store, out_place)
               : fresh_elsewhere(&s->fresh, s->world, store, out_place);
}

static void visit_fresh(struct terminal *t, bool own)
{
    size_t place;
    if (fresh_coupon(t->world->shoppers, t->world->center->shops[t->index], own, &place))
        show_coupon(t, place, false);
}

/* A screenshot that went round: the same coupon again, here or anywhere. */
static void visit_again(struct terminal *t)
{
    struct shoppers *s = t->world->shoppers;
    size_t span = s->ack_count < SHOWN_LOOKED ? s->ack_count : SHOWN_LOOKED;
    for (int tries = 0; tries < 20 && span > 0; tries++) {
        const struct ack *ack = &s->acks[s->ack_count - 1 - world_below(s->world, span)];
        if (ack->kind != ACK_REDEEMED)
            continue;
        for (size_t i = 0; i < s->coupon_count; i++) {
            if (coupon_id_equal(s->coupons[i].id, ack->coupon)) {
                show_coupon(t, i, false);
                return;
            }
        }
    }
}

/* "Have it sent here, I will come for it tomorrow." */
static void visit_ahead(struct terminal *t)
{
    struct shoppers *s = t->world->shoppers;
    struct till_request request = {.op = TILL_REDEEM, .redeem.check_only = true};
    size_t place = 0;
    bool found = false;
    for (int tries = 0; tries < AHEAD_TRIES && !found; tries++)
        found = fresh_coupon(s, t->shop, false, &place) && s->coupons[place].campaign == CAMPAIGN_OF_LEASE;
    if (!found)
        return;
    shoppers_show(t->world, place, request.redeem.text);
    request.redeem.member = s->coupons[place].member;
    fresh_take(&s->fresh, s->coupons[place].home_store, place);
    desk_order(t, &request, place);
}

void shoppers_keep(struct terminal *terminal, size_t place)
{
    struct shoppers *s = terminal->world->shoppers;
    if (s->kept_count == s->kept_cap)
        s->kept = grow(s->kept, &s->kept_cap, sizeof(*s->kept));
    s->kept[s->kept_count++] = (struct kept_coupon){terminal, place};
}

static void fetch_due(void *argument, uint64_t place)
{
    struct terminal *t = argument;
    if (!t->retired && terminal_is_up(t) && !t->drive.dead && terminal_learn_name(t))
        show_coupon(t, place, false);
}

/* Two friends with one coupon go to two stores at the same moment. */
static void visit_together(struct terminal *t)
{
    struct world *world = t->world;
    size_t place;
    if (!fresh_coupon(world->shoppers, world->center->shops[t->index], world_chance(world, 500), &place))
        return;
    show_coupon(t, place, false);
    struct terminal *other = world->terminals[world_below(world, world->terminal_count)];
    if (other != t && terminal_is_up(other) && !other->drive.dead)
        show_coupon(other, place, false);
}

/* ---- credit */

static void visit_sale(struct terminal *t)
{
    struct shoppers *s = t->world->shoppers;
    struct till_request request = {.op = TILL_SALE};
    struct till_sale *sale = &request.sale;
    bool local = world_chance(t->world, 700);
    size_t member = local ? (size_t)t->index * MEMBERS_A_STORE + world_below(t->world, MEMBERS_A_STORE)
                          : world_below(t->world, s->member_count);
    sale->member = s->members[member];
    sale->gross_minor = 1000 + (int64_t)world_below(t->world, 20000);
    if (world_chance(t->world, 900)) {
        sale->credit_minor = 50 + (int64_t)world_below(t->world, 900);
        desk_set_code(t, sale);
    }
    desk_sale(t, &request);
}

/* ---- voids */

static bool recent_ack(struct terminal *t, size_t *out_place)
{
    const struct shoppers *s = t->world->shoppers;
    size_t span = s->ack_count < ACKS_LOOKED ? s->ack_count : ACKS_LOOKED;
    for (int tries = 0; tries < 60 && span > 0; tries++) {
        size_t place = s->ack_count - 1 - world_below(s->world, span);
        const struct ack *ack = &s->acks[place];
        if (ack->terminal != t || ack->kind == ACK_VOIDED || ack->was_voided)
            continue;
        *out_place = place;
        return true;
    }
    return false;
}

static void visit_void(struct terminal *t)
{
    size_t target;
    if (recent_ack(t, &target))
        desk_void(t, target);
}

/* ---- the day */

static void visit(struct terminal *t)
{
    uint64_t what = world_below(t->world, 1000);
    mutant_on_visit(t);
    if (t->world->options.offline && world_chance(t->world, 410))
        visit_sale(t);
    else if (what < 45)
        public_visit(t);
    else if (what < 65)
        public_claim(t);
    else if (what < 755)
        visit_fresh(t, true);
    else if (what < 790)
        visit_fresh(t, false);
    else if (what < 805)
        visit_ahead(t);
    else if (what < 838)
        visit_again(t);
    else if (what < 868)
        visit_together(t);
    else if (what < 964)
        visit_sale(t);
    else
        visit_void(t);
}

/* "Out of service", says the screen of one whose disk was copied: most people go to another counter, or home. */
static struct terminal *choose_counter(struct terminal *t)
{
    struct till_backlog backlog;
    if (!terminal_is_up(t) || t->clone || t->drive.dead || till_backlog(t->till, &backlog) < 0 || !backlog.forked ||
        world_chance(t->world, 200))
        return t;
    struct terminal *other = patience_counter(t);
    return other == t ? NULL : other;
}

static void visit_next(void *argument, uint64_t day_end_ms)
{
    struct terminal *t = choose_counter(argument);
    if (!t)
        return;
    if (!t->retired && terminal_is_up(t) && !t->drive.dead && terminal_learn_name(t))
        visit(t);
    else
        patience_wait(t, visit_next, day_end_ms);
}

static void visit_due(void *argument, uint64_t day_end_ms)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    if (t->retired || world->now_ms >= (int64_t)day_end_ms)
        return;
    uint64_t queue = 1 + world_below(world, QUEUE_MAX); /* one after the other, within a moment */
    for (uint64_t i = 0; i < queue; i++)
        world_at(world, world->now_ms + (int64_t)i * QUEUE_MS, visit_next, t, day_end_ms);
    int64_t mean_ms = WORLD_TRADING_MS * (QUEUE_MAX + 1) / 2 / world->options.visits;
    world_at(world, world->now_ms + 1 + (int64_t)world_below(world, (uint64_t)mean_ms * 2), visit_due, t, day_end_ms);
}

struct issue {
    struct shoppers *shoppers;
    unsigned store;
};

static unsigned pick_campaign(struct world *world)
{
    uint64_t of = world_below(world, 100);
    if (of < 45)
        return CAMPAIGN_OF_HOME;
    if (of < 55)
        return CAMPAIGN_OF_LEASE;
    if (of < 75)
        return CAMPAIGN_OF_FALLBACK;
    return of < 82 ? CAMPAIGN_OF_STRICT : CAMPAIGN_OF_BUDGET;
}

static int issue_one(struct shoppers *s, struct store_tx *tx, uint32_t shop, uint16_t store_epoch)
{
    static const enum campaign_mode modes[CENTER_CAMPAIGNS] = {MODE_HOME, MODE_HOME, MODE_STRICT, MODE_BUDGET,
                                                               MODE_HOME};
    struct phone_coupon phone = {.home_store = shop,
                                 .store_epoch = store_epoch,
                                 .campaign = pick_campaign(s->world),
                                 .kid = s->world->center->coupon_keys[s->world->center->key_count - 1].kid};
    if (world_chance(s->world, 700))
        phone.member = s->members[world_below(s->world, s->member_count)];
    if (phone.member != 0)
        phone.public_from_s = public_choose_moment(s->world);
    struct coupon coupon = {.id = {CENTER_CAMPAIGN_FIRST + phone.campaign, 0},
                            .brand = s->world->center->brand,
                            .member = phone.member,
                            .home_store = shop,
                            .store_epoch = store_epoch,
                            .expiry_s = (uint32_t)(WORLD_START_MS / 1000) + COUPON_LIFE_S,
                            .exclusive_until_s = phone.public_from_s};
    int rc = rights_issue_coupon(tx, &coupon, modes[phone.campaign], &phone.id);
    if (rc < 0)
        return rc;
    if (s->coupon_count == s->coupon_cap)
        s->coupons = grow(s->coupons, &s->coupon_cap, sizeof(*s->coupons));
    fresh_add(&s->fresh, shop, s->coupon_count);
    s->coupons[s->coupon_count++] = phone;
    return 0;
}

static int issue_day(void *argument, struct store_tx *tx)
{
    struct issue *issue = argument;
    uint32_t shop = issue->shoppers->world->center->shops[issue->store];
    uint16_t epoch = 0;
    int rc = center_store_epoch(tx, shop, &epoch);
    unsigned coupons = issue->shoppers->world->options.visits * 9 / 10;
    for (unsigned i = 0; i < coupons && rc == 0; i++)
        rc = issue_one(issue->shoppers, tx, shop, epoch);
    return rc;
}

/* A store's coupons for the day; nobody has them when central failed at it. */
static void issue_due(void *argument, uint64_t store)
{
    struct shoppers *s = argument;
    struct issue issue = {s, (unsigned)store};
    size_t before = s->coupon_count;
    int rc = center_write(s->world->center, issue_day, &issue);
    if (rc == 0) {
        world_trace(s->world, "store %" PRIu64 " has coupons for the day, the last is %" PRIu64, store + 1,
                    s->coupons[s->coupon_count - 1].id.serial);
        return;
    }
    s->coupon_count = before;
    fresh_cut(&s->fresh, before);
    world_at(s->world, s->world->now_ms + RETRY_ISSUE_MS, issue_due, s, store);
}

void shoppers_begin_day(struct shoppers *shoppers)
{
    struct world *world = shoppers->world;
    int64_t end_ms = world->now_ms + WORLD_TRADING_MS;
    for (size_t i = 0; i < shoppers->kept_count; i++)
        world_at(world, world->now_ms + (int64_t)world_below(world, FETCH_MS), fetch_due, shoppers->kept[i].terminal,
                 shoppers->kept[i].place);
    shoppers->kept_count = 0;
    for (unsigned i = 0; i < world->options.terminals; i++) {
        world_at(world, world->now_ms, issue_due, shoppers, i);
        if (!world->terminals[i]->retired)
            world_at(world, world->now_ms + (int64_t)world_below(world, 10000), visit_due, world->terminals[i],
                     (uint64_t)end_ms);
    }
    for (unsigned i = world->options.terminals; i < world->terminal_count; i++)
        world_at(world, world->now_ms + (int64_t)world_below(world, 10000), visit_due, world->terminals[i],
                 (uint64_t)end_ms);
}

void shoppers_visit(struct terminal *clone, int64_t until_ms)
{
    world_at(clone->world, clone->world->now_ms, visit_due, clone, (uint64_t)until_ms);
}

bool shoppers_find_fresh(struct shoppers *shoppers, uint32_t other_store, size_t *out_place)
{
    size_t place;
    if (!fresh_coupon(shoppers, other_store, false, &place) || shoppers->coupons[place].campaign != CAMPAIGN_OF_HOME)
        return false;
    *out_place = place;
    return true;
}

struct later {
    struct shoppers *shoppers;
    size_t place;
    uint32_t store;
};

static void show_due(void *argument, uint64_t token)
{
    struct later *later = argument;
    struct world *world = later->shoppers->world;
    (void)token;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        if (!t->clone && world->center->shops[t->index] == later->store && terminal_is_up(t) && !t->drive.dead) {
            show_coupon(t, later->place, false);
            break;
        }
    }
    free(later);
}

void shoppers_show_later(struct shoppers *shoppers, size_t place, uint32_t store)
{
    struct later *later = malloc(sizeof(*later));
    world_must(later ? 0 : -ENOMEM, "shoppers");
    *later = (struct later){shoppers, place, store};
    world_at(shoppers->world, shoppers->world->now_ms + (int64_t)world_below(shoppers->world, 120000), show_due, later,
             0);
}
