#include "stores.h"

#include "center.h"
#include "desk.h"
#include "terminal.h"

#include <inttypes.h>
#include <string.h>

#define MINUTE_MS     INT64_C(60000)
#define NOTICED_MS    INT64_C(5000) /* until somebody does something about it, at the soonest */
#define LOOK_AGAIN_MS INT64_C(8000)
#define STORE_MAX     8 /* machines, copies included */

struct store {
    uint32_t shop;
    unsigned count;
    struct terminal *machines[STORE_MAX];
};

/* The machines of a store that somebody could stand at. */
static struct store find_store(const struct world *world, uint32_t shop)
{
    struct store store = {.shop = shop};
    for (unsigned i = 0; i < world->terminal_count && store.count < STORE_MAX; i++) {
        struct terminal *t = world->terminals[i];
        if (t->shop == shop && !t->clone && !t->retired && t->number != 0)
            store.machines[store.count++] = t;
    }
    return store;
}

static bool can_tell(const struct terminal *t)
{
    return terminal_is_up(t) && !t->drive.dead;
}

/* As the machine that knows most has it; NULL: nobody can tell, or it is none of those there are. */
static struct terminal *primary_of(const struct store *store)
{
    uint32_t epoch = 0, primary = 0;
    for (unsigned i = 0; i < store->count; i++) {
        struct till_store books;
        if (!can_tell(store->machines[i]) || till_store_read(store->machines[i]->till, &books) < 0 ||
            books.store_epoch < epoch)
            continue;
        epoch = books.store_epoch;
        primary = books.primary_terminal;
    }
    for (unsigned i = 0; i < store->count; i++) {
        if (store->machines[i]->number == primary)
            return store->machines[i];
    }
    return NULL;
}

static struct terminal *some_other(struct world *world, const struct store *store, const struct terminal *one)
{
    unsigned first = (unsigned)world_below(world, store->count);
    for (unsigned i = 0; i < store->count; i++) {
        struct terminal *t = store->machines[(first + i) % store->count];
        if (t != one && can_tell(t))
            return t;
    }
    return NULL;
}

/* ---- the store's network: mostly whole */

static void plug(struct terminal *t, bool in)
{
    if (t->plugged != in)
        world_trace(t->world, "%s is %s its store's network", t->name, in ? "in" : "off");
    t->plugged = in;
    if (terminal_is_up(t))
        lan_wake(t->lan);
}

static void turn_plug(void *argument, uint64_t day_end_ms)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    if (!world_has(world, FAULT_LAN_PARTITION) || t->retired)
        return;
    if (world->now_ms >= (int64_t)day_end_ms) {
        plug(t, true);
        return;
    }
    world->counts.faults[FAULT_LAN_PARTITION] += t->plugged;
    plug(t, !t->plugged);
    int64_t spell_ms = t->plugged ? MINUTE_MS + (int64_t)world_below(world, 7 * MINUTE_MS)
                                  : MINUTE_MS / 6 + (int64_t)world_below(world, MINUTE_MS / 2);
    world_at(world, world->now_ms + spell_ms, turn_plug, t, day_end_ms);
}

/* ---- a manager's acts */

static void go_alone(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    struct till_request request = {.op = TILL_ALONE, .alone = {.on = true, .reason = "nobody else is here"}};
    (void)token;
    if (can_tell(t) && !t->retired)
        desk_manage(t, &request);
}

static void switch_on(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    (void)token;
    t->switched_off = false;
    terminal_start(t);
}

static void switch_off(struct terminal *t, int64_t for_ms)
{
    world_trace(t->world, "%s is switched off", t->name);
    t->switched_off = true;
    terminal_crash(t, 1);
    world_at(t->world, t->world->now_ms + for_ms, switch_on, t, 0);
}

/* Stands at another machine, tells it that the old primary is off, and looks again until it is the primary. */
static void promote(void *argument, uint64_t tries)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    struct store store = find_store(world, t->shop);
    struct till_request request = {.op = TILL_PROMOTE, .promote = {.old_is_off = true}};
    const struct terminal *primary = primary_of(&store);
    if (primary == t) {
        if (store.count == 2 && world_chance(world, 800))
            go_alone(t, 0);
        return;
    }
    bool off = primary && (primary->switched_off || primary->retired);
    if (!off || tries == 0 || !world_has(world, FAULT_PROMOTE))
        return;
    if (can_tell(t))
        desk_manage(t, &request);
    world_at(world, world->now_ms + LOOK_AGAIN_MS, promote, t, tries - 1);
}

static void lose_primary(void *argument, uint64_t shop)
{
    struct world *world = argument;
    struct store store = find_store(world, (uint32_t)shop);
    struct terminal *primary = primary_of(&store);
    if (!world_has(world, FAULT_PROMOTE) || !primary || !can_tell(primary))
        return;
    struct terminal *next = some_other(world, &store, primary);
    if (!next)
        return;
    world->counts.faults[FAULT_PROMOTE]++;
    switch_off(primary, MINUTE_MS + (int64_t)world_below(world, 3 * MINUTE_MS));
    world_at(world, world->now_ms + NOTICED_MS + (int64_t)world_below(world, 30000), promote, next, 5);
}

static void plug_in(void *argument, uint64_t token)
{
    (void)token;
    plug(argument, true);
}

/* The others are out of the network for a while, and the primary goes on by itself; now and then it then dies. */
static void leave_alone(void *argument, uint64_t shop)
{
    struct world *world = argument;
    struct store store = find_store(world, (uint32_t)shop);
    struct terminal *primary = primary_of(&store);
    if (!world_has(world, FAULT_ALONE) || !primary || !can_tell(primary))
        return;
    world->counts.faults[FAULT_ALONE]++;
    int64_t for_ms = MINUTE_MS + (int64_t)world_below(world, 2 * MINUTE_MS);
    for (unsigned i = 0; i < store.count; i++) {
        if (store.machines[i] == primary)
            continue;
        plug(store.machines[i], false);
        world_at(world, world->now_ms + for_ms, plug_in, store.machines[i], 0);
    }
    world_at(world, world->now_ms + NOTICED_MS + (int64_t)world_below(world, 10000), go_alone, primary, 0);
    if (world_chance(world, 400))
        world_at(world, world->now_ms + for_ms - NOTICED_MS, lose_primary, world, shop);
}

/* ---- an operator's acts */

static void hand_over_due(void *argument, uint64_t shop)
{
    struct world *world = argument;
    struct store store = find_store(world, (uint32_t)shop);
    const struct terminal *primary = primary_of(&store), *next = NULL;
    if (!world_has(world, FAULT_HAND_OVER) || !primary)
        return;
    next = some_other(world, &store, primary);
    if (!next || center_hand_over(world->center, store.shop, next->number) < 0)
        return;
    world->counts.faults[FAULT_HAND_OVER]++;
    world_trace(world, "%s is to be the primary instead of %s", next->name, primary->name);
}

static void end_order(void *argument, uint64_t shop)
{
    struct world *world = argument;
    if (center_order_alone(world->center, (uint32_t)shop, false) < 0)
        world_at(world, world->now_ms + LOOK_AGAIN_MS, end_order, world, shop);
}

static void order_alone_due(void *argument, uint64_t shop)
{
    struct world *world = argument;
    if (!world_has(world, FAULT_ALONE_CENTRAL) || center_order_alone(world->center, (uint32_t)shop, true) < 0)
        return;
    world->counts.faults[FAULT_ALONE_CENTRAL]++;
    world_trace(world, "store %" PRIu64 " is ordered to go alone", shop);
    world_at(world, world->now_ms + 2 * MINUTE_MS, end_order, world, shop);
}

/* ---- a day of it */

static void plan(struct world *world, enum fault fault, unsigned permille, world_run run, uint32_t shop)
{
    if (world_has(world, fault) && world_chance(world, permille))
        world_at(world, world->now_ms + (int64_t)world_below(world, WORLD_TRADING_MS), run, world, shop);
}

void stores_plan_day(struct world *world)
{
    uint64_t end_ms = (uint64_t)(world->now_ms + WORLD_TRADING_MS);
    for (unsigned i = 0; i < world->options.terminals; i++) {
        uint32_t shop = world->center->shops[i];
        if (!world_shares_store(world, i) || (i > 1 && world->center->shops[i - 2] == shop))
            continue; /* once a store */
        plan(world, FAULT_PROMOTE, 350, lose_primary, shop);
        plan(world, FAULT_ALONE, 300, leave_alone, shop);
        plan(world, FAULT_HAND_OVER, 200, hand_over_due, shop);
        plan(world, FAULT_ALONE_CENTRAL, 100, order_alone_due, shop);
    }
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        bool shared = world_shares_store(world, t->index) || world_shares_store(world, t->index + 1);
        if (shared && !t->retired && world_has(world, FAULT_LAN_PARTITION))
            world_at(world, world->now_ms + (int64_t)world_below(world, 6 * MINUTE_MS), turn_plug, t, end_ms);
    }
}

void stores_heal(struct world *world)
{
    for (unsigned i = 0; i < world->options.terminals; i++) {
        if (world_shares_store(world, i) && world->options.faults >> FAULT_ALONE_CENTRAL & 1)
            end_order(world, world->center->shops[i]);
    }
    for (unsigned i = 0; i < world->terminal_count; i++) {
        world->terminals[i]->switched_off = false;
        plug(world->terminals[i], true);
    }
}

/* ---- in the end */

static uint64_t held(const struct lan_end *ends, uint32_t count, const struct lan_end *of)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ends[i].terminal == of->terminal && ends[i].incarnation == of->incarnation)
            return ends[i].through;
    }
    return 0;
}

/* A copied disk has two histories under one name: its peers may hold one of them each, and neither takes the other. */
static bool has_one_history(const struct store *store, uint32_t number)
{
    for (unsigned i = 0; i < store->count; i++) {
        const struct terminal *t = store->machines[i];
        if (t->number == number)
            return !world_was_copied(t->world, t);
    }
    return false;
}

/* Everything that a holds of terminals that are there, and were not copied, b holds too. */
static bool covers(const struct store *store, struct terminal *a, struct terminal *b)
{
    struct lan_end here[LAN_TERMINALS_MAX], there[LAN_TERMINALS_MAX];
    uint32_t here_count = 0, there_count = 0;
    if (till_ends(a->till, here, &here_count) < 0 || till_ends(b->till, there, &there_count) < 0)
        return false;
    for (uint32_t i = 0; i < here_count; i++) {
        if (has_one_history(store, here[i].terminal) && held(there, there_count, &here[i]) < here[i].through)
            return false;
    }
    return true;
}

static bool is_out_of_service(struct terminal *t)
{
    struct till_backlog backlog;
    return till_backlog(t->till, &backlog) == 0 && backlog.forked;
}

static bool waits(struct terminal *t)
{
    struct lan_status status;
    struct till_store books;
    lan_status_copy(t->lan, &status);
    return status.pending_count > 0 || till_store_read(t->till, &books) < 0 || books.unconfirmed_from != 0;
}

static bool agrees(struct world *world, struct terminal *t)
{
    struct store store = find_store(world, t->shop);
    if (store.count < 2 || t->clone || t->retired)
        return true;
    if (!can_tell(t))
        return false;
    if (is_out_of_service(t))
        return true;
    bool asks_in_vain = false; /* who was asked may be out of service */
    for (unsigned i = 0; i < store.count; i++) {
        struct terminal *other = store.machines[i];
        if (!can_tell(other))
            return false;
        if (is_out_of_service(other))
            asks_in_vain = true;
        else if (other != t && !covers(&store, t, other))
            return false;
    }
    return asks_in_vain || !waits(t);
}

bool stores_agree(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        if (!agrees(world, world->terminals[i]))
            return false;
    }
    return true;
}

void stores_report(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        struct lan_status status = {.error = ""};
        struct till_store books = {.unconfirmed_from = 0};
        if (agrees(world, t))
            continue;
        if (can_tell(t)) {
            lan_status_copy(t->lan, &status);
            world_must(till_store_read(t->till, &books), "a store's books");
        }
        world_violation(world,
                        "%s and its store do not come together: %" PRIu32 " pending, unconfirmed from %" PRIu64
                        ", %" PRIu32 " of %" PRIu32 " live, %s",
                        t->name, status.pending_count, books.unconfirmed_from, status.live, status.peers, status.error);
    }
}
