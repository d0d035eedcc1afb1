#include "public.h"

#include "center.h"
#include "central/store/query.h"
#include "central/store/rights_internal.h"

#include <inttypes.h>

#define PUBLIC_PERMILLE 300
#define SOON_MS         60000
#define TRIES_MAX       40

uint32_t public_choose_moment(struct world *world)
{
    int64_t in_ms = SOON_MS + (int64_t)world_below(world, (uint64_t)WORLD_TRADING_MS);
    return world_chance(world, PUBLIC_PERMILLE) ? (uint32_t)((world_wall_ms(world) + in_ms) / 1000) : 0;
}

void public_visit(struct terminal *t)
{
    static const uint32_t places[] = {CAMPAIGN_OF_HOME, CAMPAIGN_OF_HOME, CAMPAIGN_OF_FALLBACK, CAMPAIGN_OF_BUDGET};
    struct shoppers *s = t->world->shoppers;
    struct till_request request = {.op = TILL_REDEEM};
    request.redeem.pool = CENTER_CAMPAIGN_FIRST + places[world_below(t->world, ARRAY_LEN(places))];
    if (world_chance(t->world, 500))
        request.redeem.member = s->members[world_below(t->world, s->member_count)];
    if (world_chance(t->world, 570))
        request.redeem.sale_minor = 1000 + (int64_t)world_below(t->world, 20000);
    desk_redeem(t, &request, 0);
}

static struct phone_coupon *phone_of(struct shoppers *s, struct coupon_id id, size_t *out_place)
{
    for (size_t i = s->coupon_count; i-- > 0;) {
        if (coupon_id_equal(s->coupons[i].id, id)) {
            *out_place = i;
            return &s->coupons[i];
        }
    }
    world_must(-ENOENT, "a coupon of nobody");
    return NULL;
}

void public_given(struct terminal *t, const struct till_redeemed *r)
{
    struct world *world = t->world;
    size_t place = 0;
    struct phone_coupon *coupon = phone_of(world->shoppers, r->coupon, &place);
    world->counts.given++;
    world->counts.given_offline += r->offline;
    if (coupon->public_from_s == 0 || world_wall_ms(world) < (int64_t)coupon->public_from_s * 1000)
        world_violation(world, "%s gave %" PRIu32 "-%" PRIu64 " away before its moment", t->name, r->coupon.campaign,
                        r->coupon.serial);
    fresh_take(&world->shoppers->fresh, coupon->home_store, place);
}

struct claim_order {
    struct world *world;
    struct phone_coupon *coupon;
    uint64_t member;
    uint32_t shop;
    bool done;
};

/* What central does with a claim, as far as rights go: the coupon is the claimer's alone, and its holder is asked. */
static int claim_at_center(void *argument, struct store_tx *tx)
{
    struct claim_order *order = argument;
    struct coupon coupon;
    struct authority_request request = {.coupon = order->coupon->id};
    struct authority_answer answer;
    int rc = rights_find_coupon(tx, order->coupon->id, &coupon);
    if (rc < 0 || coupon.uses > 0 || coupon.revoked || coupon.right_store == 0 || coupon.right_store == order->shop)
        return rc == -ENOENT ? 0 : rc;
    coupon.member = order->member;
    coupon.exclusive_until_s = coupon.expiry_s;
    rc = query_run(store_tx_write(tx),
                   "UPDATE coupon SET member = ?, exclusive_until_s = ? WHERE campaign = ? AND serial = ?",
                   QUERY(Q_INT(coupon.member), Q_INT(coupon.exclusive_until_s), Q_INT(coupon.id.campaign),
                         Q_INT(coupon.id.serial)));
    rc = rc < 0 ? rc : coupon_publish(tx, &coupon, coupon.right_store, NULL);
    rc = rc < 0 ? rc : coupon_publish(tx, &coupon, order->shop, NULL);
    const struct rights_asker asker = {.store = order->shop, .brand = coupon.brand};
    random_fill(&order->world->chance.base, request.request_id, sizeof(request.request_id));
    rc = rc < 0 ? rc : rights_ask_right(tx, &asker, &request, &answer);
    order->done = rc == 0;
    return rc;
}

static bool may_be_claimed(const struct world *world, const struct phone_coupon *coupon, uint32_t shop)
{
    return coupon->campaign == CAMPAIGN_OF_HOME && coupon->home_store != shop && coupon->public_from_s != 0 &&
           !coupon->claimed && !coupon->written_off && world_wall_ms(world) >= (int64_t)coupon->public_from_s * 1000;
}

void public_claim(struct terminal *t)
{
    struct world *world = t->world;
    struct shoppers *s = world->shoppers;
    struct claim_order order = {.world = world, .shop = t->shop};
    size_t place = 0;
    for (int tries = 0; tries < TRIES_MAX && order.coupon == NULL; tries++) {
        if (fresh_elsewhere(&s->fresh, world, t->shop, &place) && may_be_claimed(world, &s->coupons[place], t->shop))
            order.coupon = &s->coupons[place];
    }
    order.member = s->members[world_below(world, s->member_count)];
    if (!order.coupon || center_write(world->center, claim_at_center, &order) < 0 || !order.done)
        return;
    order.coupon->claimed = true;
    order.coupon->member = order.member;
    world->counts.claims++;
    world_trace(world, "%" PRIu32 "-%" PRIu64 " of store %" PRIu32 " is claimed for store %" PRIu32,
                order.coupon->id.campaign, order.coupon->id.serial, order.coupon->home_store, t->shop);
    shoppers_show_later(s, place, t->shop);
}
