#include "losses.h"

#include "center.h"
#include "central/store/journal.h"
#include "central/store/rights.h"
#include "desk.h"
#include "shoppers.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdlib.h>

#define LOOK_AGAIN_MS 15000
#define ARRIVES_MS    5000 /* the new machine, at the soonest */

/* ---- write-offs */

struct write_off_order {
    struct coupon_id coupon;
    uint32_t store;
};

static int write_off(void *argument, struct store_tx *tx)
{
    const struct write_off_order *order = argument;
    return rights_write_off(tx, order->coupon, order->store, "operator", "the terminal will not come back");
}

void losses_write_off(struct world *world)
{
    size_t place;
    unsigned to = (unsigned)world_below(world, world->options.terminals);
    uint32_t store = world->center->shops[to];
    if (!shoppers_find_fresh(world->shoppers, store, &place))
        return;
    struct phone_coupon *coupon = &world->shoppers->coupons[place];
    struct write_off_order order = {coupon->id, store};
    if (center_write(world->center, write_off, &order) < 0)
        return;
    coupon->written_off = true;
    world->counts.faults[FAULT_WRITE_OFF]++;
    world_trace(world, "%" PRIu32 "-%" PRIu64 " is written off and given to store %u", coupon->id.campaign,
                coupon->id.serial, to + 1);
    shoppers_show_later(world->shoppers, place, coupon->home_store);
    shoppers_show_later(world->shoppers, place, store);
}

/* ---- a blank disk */

static bool is_enrolled(struct terminal *t)
{
    struct sync_status status;
    sync_status_copy(t->sync, &status);
    return status.enrol == ENROL_STAGE_DONE;
}

/* The older of the two backups that may be restored is to have it too. */
static void back_up_newcomer(void *argument, uint64_t left)
{
    struct center *center = argument;
    if (center_back_up(center) && --left == 0)
        center->newcomers--;
    else
        world_at(center->world, center->world->now_ms + 1000, back_up_newcomer, center, left);
}

/* Until it is through: a new code on the screen when the last one came to nothing, and the operator's yes. */
static void enrol_on(void *argument, uint64_t replaced)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    char text[ENROL_TEXT_MAX];
    if (t->retired) { /* lost as well by now */
        world->center->newcomers--;
        return;
    }
    if (terminal_is_up(t) && is_enrolled(t)) {
        world_trace(world, "%s is at work", t->name);
        back_up_newcomer(world->center, 2);
        return;
    }
    if (terminal_is_up(t)) {
        struct sync_status status;
        sync_status_copy(t->sync, &status);
        bool asks = status.enrol == ENROL_STAGE_NONE || status.enrol == ENROL_STAGE_FAILED;
        if (asks && center_make_successor(world->center, world->center->shops[t->index], (uint32_t)replaced, text) == 0)
            sync_enrol(t->sync, text);
        else if (status.enrol == ENROL_STAGE_CONFIRM && world->center->central)
            center_confirm_all(world->center);
    }
    world_at(world, world->now_ms + LOOK_AGAIN_MS, enrol_on, t, replaced);
}

static bool note_journal(struct terminal *t)
{
    struct till_backlog backlog;
    struct till_reference *reference = malloc(sizeof(*reference));
    world_must(reference ? 0 : -ENOMEM, "reference");
    int rc = till_backlog(t->till, &backlog);
    till_reference_copy(t->till, reference);
    t->number = reference->terminal;
    t->incarnation = reference->incarnation;
    t->durable = backlog.durable_through;
    bool enrolled = reference->enrolled;
    free(reference);
    return rc == 0 && enrolled;
}

static int look(struct terminal *t, struct store_tx *tx)
{
    struct journal_marks marks;
    int rc = journal_marks_read(tx, t->number, t->incarnation, &marks);
    if (rc == 0 && marks.durable_through < t->durable)
        t->durable = marks.durable_through;
    return rc;
}

static void look_again(void *argument, uint64_t unused)
{
    (void)unused;
    losses_look(argument);
}

void losses_look(struct world *world)
{
    struct store_tx tx;
    if (!world->center->central)
        return; /* it looks when it starts again */
    int rc = store_read_begin(world->center->central->store, &tx);
    bool begun = rc == 0;
    for (unsigned i = 0; rc == 0 && i < world->terminal_count; i++)
        if (world->terminals[i]->lost)
            rc = look(world->terminals[i], &tx);
    if (begun)
        store_read_end(&tx);
    if (rc < 0) /* central's disk is ill at this moment */
        world_at(world, world->now_ms + 1000, look_again, world, 0);
}

void losses_replace(struct terminal *terminal, int64_t until_ms)
{
    struct world *world = terminal->world;
    if (!terminal_is_up(terminal) || terminal->drive.dead || terminal->retired || !note_journal(terminal))
        return;
    world->counts.faults[FAULT_REPLACE]++;
    terminal->retired = terminal->lost = true;
    world->center->newcomers++;
    losses_look(world);
    desk_forget(terminal);
    terminal_stop(terminal);
    struct terminal *t = calloc(1, sizeof(*t));
    world_must(t ? 0 : -ENOMEM, "a terminal");
    terminal_init(t, world, terminal->index);
    world_trace(world, "%s is lost with its disk; %s is to take its place", terminal->name, t->name);
    terminal_start(t);
    world_at(world, world->now_ms + ARRIVES_MS, enrol_on, t, terminal->number);
    shoppers_visit(t, until_ms);
}
