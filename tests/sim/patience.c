#include "patience.h"

#include "shoppers.h"

#include <stdlib.h>

#define TRIES_MAX     4
#define TRIES_AT_HOME 2 /* of what the store itself should be able to say */
#define AGAIN_MS_MIN  5000
#define AGAIN_MS_SPAN 40000

/* Somebody on the way back to a counter. */
struct returning {
    struct terminal *terminal; /* where it was refused */
    struct desk_wish wish;
};

static int64_t in_a_moment(struct world *world)
{
    return world->now_ms + AGAIN_MS_MIN + (int64_t)world_below(world, AGAIN_MS_SPAN);
}

static bool is_open(const struct terminal *t)
{
    return !t->retired && t->number != 0 && terminal_is_up(t) && !t->drive.dead;
}

struct terminal *patience_counter(struct terminal *refused)
{
    struct world *world = refused->world;
    unsigned first = (unsigned)world_below(world, world->terminal_count);
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[(first + i) % world->terminal_count];
        if (t != refused && t->shop == refused->shop && !t->clone && is_open(t))
            return t;
    }
    return is_open(refused) ? refused : NULL;
}

static void come_due(void *argument, uint64_t token)
{
    struct returning *returning = argument;
    struct terminal *t = patience_counter(returning->terminal);
    (void)token;
    if (t)
        desk_try_again(t, &returning->wish);
    free(returning);
}

static void come_again(const struct desk_wish *wish, unsigned tries_max)
{
    struct world *world = wish->terminal->world;
    if (wish->tries >= tries_max || world->healing)
        return;
    struct returning *returning = malloc(sizeof(*returning));
    world_must(returning ? 0 : -ENOMEM, "patience");
    *returning = (struct returning){wish->terminal, *wish};
    returning->wish.tries++;
    world_at(world, in_a_moment(world), come_due, returning, 0);
}

void patience_after_error(const struct desk_wish *wish, int error)
{
    bool passes = error == -EBUSY || error == -EAGAIN || error == -EHOSTDOWN || error == -ENOSPC || error == -EIO;
    bool wanted = wish->request.op == TILL_REDEEM || (wish->request.op == TILL_SALE && error != -EIO);
    if (passes && wanted)
        come_again(wish, TRIES_MAX);
}

void patience_after_refusal(const struct desk_wish *wish, enum coupon_verdict verdict)
{
    const struct phone_coupon *coupon = &wish->terminal->world->shoppers->coupons[wish->coupon];
    bool passes = verdict == COUPON_HELD_ELSEWHERE || verdict == COUPON_NEEDS_CONNECTION ||
                  verdict == COUPON_KEY_UNKNOWN || verdict == COUPON_KEY_REVOKED;
    if (passes && wish->request.redeem.pool == 0 && coupon->home_store == wish->terminal->shop &&
        (verdict != COUPON_HELD_ELSEWHERE || patience_counter(wish->terminal) != wish->terminal))
        come_again(wish, TRIES_AT_HOME);
}

void patience_wait(struct terminal *terminal, world_run run, uint64_t day_end_ms)
{
    struct world *world = terminal->world;
    if (!terminal->clone && !terminal->retired && world->now_ms < (int64_t)day_end_ms)
        world_at(world, in_a_moment(world), run, terminal, day_end_ms);
}
