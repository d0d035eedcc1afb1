#include "faults.h"

#include "center.h"
#include "losses.h"
#include "shoppers.h"
#include "stores.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS      INT64_C(60000)
#define SPELL_MS_MIN   (MINUTE_MS / 2)
#define SPELL_MS_SPAN  (3 * MINUTE_MS / 2)
#define DOWN_MS_MAX    (2 * MINUTE_MS)
#define TEN_YEARS_MS   (INT64_C(3653) * 24 * 60 * MINUTE_MS)
#define WRITES_MAX     40
#define CENTRAL_WRITES 200

static int64_t some_time(struct world *world)
{
    return world->now_ms + (int64_t)world_below(world, WORLD_TRADING_MS);
}

/* ---- partitions: half of the time, in spells */

static void set_line(struct terminal *t, bool link, bool reach)
{
    t->line.link = link;
    t->line.reach = reach;
    world_trace(t->world, "%s %s", t->name, !link ? "has no link" : !reach ? "reaches nobody" : "is connected");
    if (terminal_is_up(t))
        sync_wake(t->sync);
}

static void turn_line(void *argument, uint64_t day_end_ms)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    if (!world_has(world, FAULT_PARTITION) || t->retired)
        return;
    bool whole = t->line.link && t->line.reach;
    if (world->now_ms >= (int64_t)day_end_ms) {
        set_line(t, true, true);
        return;
    }
    if (whole) {
        world->counts.faults[FAULT_PARTITION]++;
        set_line(t, world_chance(world, 500), false);
    } else {
        set_line(t, true, true);
    }
    int64_t span_ms = whole ? 2 * SPELL_MS_SPAN : SPELL_MS_SPAN; /* it is whole now: a spell without begins */
    int64_t spell_ms = SPELL_MS_MIN + (int64_t)world_below(world, (uint64_t)span_ms);
    world_at(world, world->now_ms + spell_ms, turn_line, t, day_end_ms);
}

/* ---- crashes */

static void crash_terminal(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    (void)token;
    if (!world_has(t->world, FAULT_CRASH) || !terminal_is_up(t) || t->retired)
        return;
    t->world->counts.faults[FAULT_CRASH]++;
    if (world_chance(t->world, 300))
        terminal_crash(t, DOWN_MS_MAX);
    else
        t->drive.dies_in = 1 + (uint32_t)world_below(t->world, WRITES_MAX);
}

static void crash_center(void *argument, uint64_t token)
{
    struct center *center = argument;
    (void)token;
    if (!world_has(center->world, FAULT_CENTRAL) || !center->central)
        return;
    center->world->counts.faults[FAULT_CENTRAL]++;
    if (world_chance(center->world, 300))
        center_crash(center);
    else
        center->drive.dies_in = 1 + (uint32_t)world_below(center->world, CENTRAL_WRITES);
}

void faults_bury(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        if (t->drive.dead && t->till)
            terminal_crash(t, DOWN_MS_MAX);
    }
    if (world->center->drive.dead && world->center->central)
        center_crash(world->center);
}

/* ---- clocks */

static void mend_clock(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    (void)token;
    t->wall_offset_ms = (int64_t)world_below(t->world, 4000) - 2000;
    world_trace(t->world, "%s has the right time", t->name);
}

static void break_clock(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    (void)token;
    if (!world_has(world, FAULT_CLOCK))
        return;
    world->counts.faults[FAULT_CLOCK]++;
    t->wall_offset_ms = (int64_t)world_below(world, TEN_YEARS_MS) * (world_chance(world, 500) ? 1 : -1);
    world_trace(world, "%s has a clock that is %" PRId64 " ms off", t->name, t->wall_offset_ms);
    if (world_chance(world, 700))
        world_at(world, world->now_ms + (int64_t)world_below(world, 5 * MINUTE_MS), mend_clock, t, 0);
}

static void mend_center_clock(void *argument, uint64_t token)
{
    struct center *center = argument;
    (void)token;
    center->wall_offset_ms = 0;
    world_trace(center->world, "central has the right time");
}

static void break_center_clock(void *argument, uint64_t token)
{
    struct center *center = argument;
    struct world *world = center->world;
    (void)token;
    if (!world_has(world, FAULT_CENTRAL_CLOCK))
        return;
    world->counts.faults[FAULT_CENTRAL_CLOCK]++;
    center->wall_offset_ms = (int64_t)world_below(world, TEN_YEARS_MS) * (world_chance(world, 500) ? 1 : -1);
    world_trace(world, "central has a clock that is %" PRId64 " ms off", center->wall_offset_ms);
    world_at(world, world->now_ms + (int64_t)world_below(world, 2 * MINUTE_MS), mend_center_clock, center, 0);
}

/* ---- disks that fail, and are well again */

static void mend_drive(void *argument, uint64_t fault)
{
    struct drive *drive = argument;
    drive->world->counts.faults[fault] += drive_mend(drive) > 0;
}

static void break_drive(struct drive *drive, enum fault fault)
{
    static const enum disk_io any[] = {DISK_READ, DISK_WRITE,    DISK_SYNC, DISK_READ, DISK_WRITE,
                                       DISK_SYNC, DISK_TRUNCATE, DISK_OPEN, DISK_SIZE, DISK_MAP};
    struct world *world = drive->world;
    enum disk_io io = fault == FAULT_EIO ? any[world_below(world, ARRAY_LEN(any))] : DISK_WRITE;
    enum disk_fault how = fault == FAULT_EIO ? DISK_EIO : fault == FAULT_FULL ? DISK_ENOSPC : DISK_SHORT;
    uint32_t nth = 1 + (uint32_t)world_below(world, WRITES_MAX);
    bool lasting = fault == FAULT_FULL || world_chance(world, 300);
    if (!world_has(world, fault) || drive->dead || drive->sick)
        return;
    drive_break(drive, io, how, nth, lasting);
    world_trace(world, "%s: from the %uth %s on %s%s", strrchr(drive->folder, '/') + 1, nth, disk_io_name(io),
                disk_fault_name(how), lasting ? ", for a while" : "");
    world_at(world, world->now_ms + 5000 + (int64_t)world_below(world, MINUTE_MS), mend_drive, drive, fault);
}

static void break_terminal_drive(void *argument, uint64_t fault)
{
    break_drive(&((struct terminal *)argument)->drive, (enum fault)fault);
}

static void break_center_drive(void *argument, uint64_t fault)
{
    break_drive(&((struct center *)argument)->drive, (enum fault)fault);
}

/* ---- backups and what they are for */

static void back_up(void *argument, uint64_t token)
{
    (void)token;
    (void)center_back_up(argument);
}

static void restore(void *argument, uint64_t token)
{
    struct center *center = argument;
    if (!world_has(center->world, FAULT_RESTORE) || !center->central || !center->backup[0])
        return;
    if (center->newcomers > 0) { /* a central that is older than a terminal does not know it */
        world_at(center->world, center->world->now_ms + MINUTE_MS, restore, center, token);
        return;
    }
    center->world->counts.faults[FAULT_RESTORE] += center_restore(center);
}

/* ---- a copied disk */

static void retire_clone(void *argument, uint64_t token)
{
    struct terminal *clone = argument;
    (void)token;
    clone->retired = true;
    world_trace(clone->world, "%s is taken away", clone->name);
    desk_forget(clone);
    if (clone->till)
        terminal_stop(clone);
}

static void make_clone(void *argument, uint64_t token)
{
    struct terminal *t = argument;
    struct world *world = t->world;
    (void)token;
    if (!world_has(world, FAULT_CLONE) || !terminal_is_up(t) || t->drive.dead)
        return;
    struct terminal *clone = calloc(1, sizeof(*clone));
    world_must(clone ? 0 : -ENOMEM, "clone");
    world->counts.faults[FAULT_CLONE]++;
    terminal_init_clone(clone, t);
    world_trace(world, "%s is a copy of %s", clone->name, t->name);
    terminal_start(clone);
    shoppers_visit(clone, world->now_ms + FAULT_CLONE_MS);
    world_at(world, world->now_ms + FAULT_CLONE_MS, retire_clone, clone, 0);
}

/* ---- an operator's part */

static void replace_due(void *argument, uint64_t day_end_ms)
{
    if (world_has(((struct terminal *)argument)->world, FAULT_REPLACE))
        losses_replace(argument, (int64_t)day_end_ms);
}

static void write_off_due(void *argument, uint64_t token)
{
    (void)token;
    if (world_has(argument, FAULT_WRITE_OFF))
        losses_write_off(argument);
}

static void change_key(void *argument, uint64_t token)
{
    struct world *world = argument;
    (void)token;
    if (world_has(world, FAULT_REVOKE) && center_change_key(world->center))
        world->counts.faults[FAULT_REVOKE]++;
}

/* ---- a day of it */

static void plan_terminal(struct world *world, struct terminal *t)
{
    if (world->options.offline)
        set_line(t, false, false);
    else if (world_has(world, FAULT_PARTITION))
        world_at(world, world->now_ms + (int64_t)world_below(world, SPELL_MS_SPAN), turn_line, t,
                 (uint64_t)(world->now_ms + WORLD_TRADING_MS));
    for (int i = 0; i < 2 && world_has(world, FAULT_CRASH); i++)
        world_at(world, some_time(world), crash_terminal, t, 0);
    if (world_has(world, FAULT_CLOCK))
        world_at(world, some_time(world), break_clock, t, 0);
    for (enum fault fault = FAULT_FULL; fault <= FAULT_SHORT; fault++) {
        if (world_has(world, fault) && world_chance(world, 300))
            world_at(world, some_time(world), break_terminal_drive, t, fault);
    }
}

static void plan_center(struct world *world, struct center *center)
{
    for (int i = 0; i < 2 && world_has(world, FAULT_CENTRAL); i++)
        world_at(world, some_time(world), crash_center, center, 0);
    for (enum fault fault = FAULT_FULL; fault <= FAULT_SHORT; fault++) {
        if (world_has(world, fault))
            world_at(world, some_time(world), break_center_drive, center, fault);
    }
    if (world_has(world, FAULT_CENTRAL_CLOCK) && world_chance(world, 300))
        world_at(world, some_time(world), break_center_clock, center, 0);
}

void faults_plan_day(struct world *world)
{
    struct center *center = world->center;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        if (!world->terminals[i]->retired)
            plan_terminal(world, world->terminals[i]);
    }
    for (int i = 0; i < 2 && world_has(world, FAULT_WRITE_OFF); i++)
        world_at(world, some_time(world), write_off_due, world, 0);
    if (world_has(world, FAULT_REPLACE) && world_chance(world, 150))
        world_at(world, some_time(world), replace_due, world->terminals[world_below(world, world->options.terminals)],
                 (uint64_t)(world->now_ms + WORLD_TRADING_MS));
    if (world_has(world, FAULT_REVOKE) && world_chance(world, 150))
        world_at(world, some_time(world), change_key, world, 0);
    stores_plan_day(world);
    plan_center(world, center);
    world_at(world, some_time(world), back_up, center, 0);
    /* Also after the last customer, when no new record will remind a terminal of its journal. */
    if (world_has(world, FAULT_RESTORE) && world_chance(world, 400))
        world_at(world, world->now_ms + (int64_t)world_below(world, WORLD_TRADING_MS * 5 / 4), restore, center, 0);
    if (world_has(world, FAULT_CLONE) && world_chance(world, 200))
        world_at(world, some_time(world), make_clone, world->terminals[world_below(world, world->options.terminals)],
                 0);
}

void faults_heal(struct world *world)
{
    world->healing = true;
    world_trace(world, "healing");
    world->center->drive.dies_in = 0;
    world->center->wall_offset_ms = 0;
    drive_mend(&world->center->drive);
    stores_heal(world);
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        t->drive.dies_in = 0;
        drive_mend(&t->drive);
        if (t->clone && !t->retired)
            retire_clone(t, 0);
        if (t->lost || t->clone)
            drive_revive(&t->drive); /* it may have died when it was stopped; the auditor reads what is left */
        t->wall_offset_ms = 0;
        set_line(t, true, true);
        if (t->boots > 0)
            terminal_start(t);
    }
    if (!world->center->central)
        center_start(world->center);
}
