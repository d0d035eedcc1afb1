#include "run.h"

#include "audit.h"
#include "center.h"
#include "central/store/anew.h"
#include "faults.h"
#include "mutants.h"
#include "shoppers.h"
#include "signed.h"
#include "stores.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACHINES_MAX  256
#define SETTLE_MS     INT64_C(2000) /* what is signed from now on is later than central's start */
#define ENROL_MS      INT64_C(20000)
#define EVENING_MS    (WORLD_TRADING_MS / 8)
#define ROUND_MS      INT64_C(30000)
#define ROUNDS_MAX    40
#define AFTERWARDS_MS INT64_C(90000)
#define DRAIN_MS      INT64_C(600000) /* longer than anything is on its way */

static void run_for(struct world *world, int64_t ms)
{
    int64_t until_ms = world->now_ms + ms;
    while (world_step(world, until_ms))
        faults_bury(world);
}

static void make_folder(struct world *world)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(world->folder, sizeof(world->folder), "%s/tillside-sim-XXXXXX", base);
    world_must(mkdtemp(world->folder) ? 0 : -errno, "a folder");
}

static void check_enrolled(struct world *world)
{
    struct till_store store;
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        bool shared =
            world_shares_store(world, i) || (i + 1 < world->terminal_count && world_shares_store(world, i + 1));
        if (!terminal_learn_name(t) || till_store_read(t->till, &store) < 0 || store.primary_terminal == 0 ||
            store.single == shared)
            world_violation(world, "%s was not enrolled", t->name);
        mutant_on_enrolled(t);
    }
}

static void enrol_all(struct world *world)
{
    char text[ENROL_TEXT_MAX];
    world->healing = true; /* no faults yet */
    run_for(world, SETTLE_MS);
    for (unsigned i = 0; i < world->options.terminals; i++) {
        struct terminal *t = calloc(1, sizeof(*t));
        world_must(t ? 0 : -ENOMEM, "a terminal");
        terminal_init(t, world, i);
        terminal_start(t);
        center_make_ticket(world->center, world->center->shops[i], text);
        sync_enrol(t->sync, text);
    }
    run_for(world, ENROL_MS);
    center_confirm_all(world->center);
    run_for(world, ENROL_MS);
    check_enrolled(world);
    world->healing = false;
}

/* So that what was earned on one day before midnight ends on the next in the midst of everything. */
static void skip_to_evening(struct world *world)
{
    const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000, china_ms = INT64_C(8) * 60 * 60 * 1000;
    int64_t local_ms = (world_wall_ms(world) + china_ms) % day_ms;
    world->skipped_ms += day_ms - WORLD_TRADING_MS / 2 - local_ms;
}

static void trade(struct world *world)
{
    if (world_has_term(world))
        skip_to_evening(world);
    for (unsigned day = 0; day < world->options.days; day++) {
        world_trace(world, "day %u", day + 1);
        shoppers_begin_day(world->shoppers);
        faults_plan_day(world);
        run_for(world, WORLD_TRADING_MS + EVENING_MS);
        world->skipped_ms += WORLD_NIGHT_MS;
    }
}

static bool is_at_work(const struct terminal *t)
{
    struct sync_status status;
    sync_status_copy(t->sync, &status);
    return status.enrol == ENROL_STAGE_DONE;
}

/* Nothing waits to go up any more; what a copied disk forked stays where it is. */
static bool all_up(const struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        const struct terminal *t = world->terminals[i];
        struct sync_status status;
        struct till_backlog backlog;
        if (t->retired)
            continue;
        if (!terminal_is_up(t) || !is_at_work(t) || till_backlog(t->till, &backlog) < 0)
            return false;
        sync_status_copy(t->sync, &status);
        if (backlog.waiting > 0 && !status.quarantined)
            return false;
    }
    return true;
}

static void check_status(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        struct sync_status status;
        if (!terminal_is_up(t))
            continue;
        sync_status_copy(t->sync, &status);
        if (status.quarantined && !world_was_copied(world, t))
            world_violation(world, "%s is in quarantine, and its disk was never copied", t->name);
        int rc = till_rebuild_compare(t->till);
        if (rc < 0)
            world_violation(world, "%s: rebuilt books differ: %s", t->name, strerror(-rc));
    }
}

static void check_center(struct world *world)
{
    struct anew_finding finding;
    struct store_tx tx;
    char path[256];
    if (!world->center->central || store_read_begin(world->center->central->store, &tx) < 0)
        return;
    snprintf(path, sizeof(path), "%s/" CENTRAL_DB_FILE ".anew", world->center->drive.folder);
    int rc = anew_compare(&tx, path, &finding);
    store_read_end(&tx);
    if (rc == -EUCLEAN)
        world_violation(world, "central made anew differs in %s at %s", finding.table, finding.where);
    else if (rc < 0)
        world_violation(world, "central cannot be made anew: %s", strerror(-rc));
}

static void report_stuck(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        struct terminal *t = world->terminals[i];
        struct sync_status status = {.error = ""};
        struct till_backlog backlog = {.waiting = 0};
        if (t->retired)
            continue;
        int rc = terminal_is_up(t) ? till_backlog(t->till, &backlog) : -ENOTCONN;
        if (terminal_is_up(t))
            sync_status_copy(t->sync, &status);
        if (rc < 0 || (backlog.waiting > 0 && !status.quarantined))
            world_violation(world, "%s does not come through: %" PRIu64 " waiting, %d, %s", t->name, backlog.waiting,
                            rc, status.error);
    }
}

static void heal(struct world *world)
{
    faults_heal(world);
    int round = 0;
    do
        run_for(world, ROUND_MS);
    while ((!all_up(world) || !stores_agree(world)) && ++round < ROUNDS_MAX);
    run_for(world, AFTERWARDS_MS);
    if (!all_up(world))
        report_stuck(world);
    if (!stores_agree(world))
        stores_report(world);
    check_status(world);
    check_center(world);
}

static void stop_all(struct world *world)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        terminal_stop(world->terminals[i]);
        world->terminals[i]->retired = true; /* nobody switches it on any more */
    }
    center_stop(world->center);
}

/* What was still on its way: every message is let go of by its event. */
static void drain(struct world *world)
{
    int64_t until_ms = world->now_ms + DRAIN_MS;
    while (world_step(world, until_ms))
        continue;
}

void run_seed(const struct world_options *options, struct world *out_world)
{
    struct world *world = out_world;
    struct center center;
    struct shoppers shoppers;
    signed_forget();
    world_init(world, options);
    make_folder(world);
    world->terminals = calloc(MACHINES_MAX, sizeof(struct terminal *));
    world_must(world->terminals ? 0 : -ENOMEM, "terminals");
    center_open(&center, world);
    shoppers_open(&shoppers, world);
    enrol_all(world);
    trade(world);
    heal(world);
    stop_all(world);
    audit_run(world);
    world->healing = true;
    drain(world);
    for (unsigned i = 0; i < world->terminal_count; i++) {
        terminal_finish(world->terminals[i]);
        free(world->terminals[i]);
    }
    center_close(world->center);
    free(world->terminals);
    shoppers_close(&shoppers);
    drive_remove_folder(world->folder);
    world_finish(world);
}
