#include "acts.h"
#include "doctor/chain.h"
#include "every_io.h"
#include "plain_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every I/O of every act of the till fails once each way (every_io.h). */

/* What of a shop is in memory only. */
struct moment {
    int64_t wall_ms, mono_ms;
    struct feed_cursor through;
    uint32_t server_epoch, incarnation, credit_term_days;
    uint64_t nonce;
};

static struct several s;
static const struct act *act;
static struct disk *disks[2], *left;
static struct disk_image *images[2], *nothing; /* the books that the act begins with */
static struct moment moments[2];
static struct tempdir left_dir;
static char left_path[128]; /* its own folder: a till holds a lock there */
static struct till *left_till;
static struct every_io_counts counts;

/* ---- what a cut left, opened by a till of its own */

static void unheard(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static int open_left(void *context)
{
    const struct shop *shop = &s.shops[act->at];
    const struct till_options options = {.path = left_path,
                                         .vfs = disk_vfs_name(left),
                                         .pepper_path = shop->pepper,
                                         .clock = &shop->clock.base,
                                         .boot_id = shop->boot_id,
                                         .lan = true,
                                         .inline_jobs = true,
                                         .answered = unheard};

    (void)context;
    return till_open(&options, &left_till);
}

static void check_left(void *context)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(left)};
    struct chain_finding finding;
    char text[128];
    struct db *db;

    (void)context;
    assert_int_equal(db_open(left_path, &options, &db), 0);
    assert_int_equal(db_check(db, false, text, sizeof(text)), 0);
    assert_int_equal(chain_read(db, NULL, NULL, &finding), 0);
    db_close(db);
    assert_int_equal(till_rebuild_compare(left_till), 0);
}

static void close_left(void *context)
{
    (void)context;
    till_close(left_till);
    left_till = NULL;
}

/* ---- the act's books, and the act from their beginning */

static void keep_moment(struct shop *shop, struct moment *m)
{
    *m = (struct moment){.wall_ms = clock_wall_ms(&shop->clock.base),
                         .mono_ms = clock_mono_ms(&shop->clock.base),
                         .through = shop->through,
                         .server_epoch = shop->server_epoch,
                         .incarnation = shop->incarnation,
                         .credit_term_days = shop->credit_term_days,
                         .nonce = shop->nonce};
}

static void take_up_moment(struct shop *shop, const struct moment *m)
{
    atomic_store(&shop->clock.wall_ms, m->wall_ms);
    atomic_store(&shop->clock.mono_ms, m->mono_ms);
    shop->through = m->through;
    shop->server_epoch = m->server_epoch;
    shop->incarnation = m->incarnation;
    shop->credit_term_days = m->credit_term_days;
    shop->nonce = m->nonce;
    feed_page_init(&shop->page, shop->items, sizeof(shop->items), shop->through);
    shop->has_answer = false;
}

static void stop_all(void *context)
{
    (void)context;
    for (uint32_t i = 0; i < s.count; i++)
        shop_stop(&s.shops[i]);
}

static void make_books(void)
{
    several_init(&s, act->terminals);
    for (uint32_t i = 0; i < s.count; i++) {
        disk_load(disks[i], nothing);
        s.shops[i].vfs = disk_vfs_name(disks[i]);
        if (act->blank)
            shop_start(&s.shops[i]);
        else
            several_begin(&s, i);
    }
    if (act->prepare != NULL)
        act->prepare(&s);
    stop_all(NULL);
    for (uint32_t i = 0; i < s.count; i++) {
        images[i] = disk_cut(disks[i], NULL, DISK_LOSE_ALL);
        keep_moment(&s.shops[i], &moments[i]);
    }
}

static void drop_books(void)
{
    for (uint32_t i = 0; i < s.count; i++) {
        disk_image_close(images[i]);
        shop_finish(&s.shops[i]);
    }
}

static void begin(void *context)
{
    (void)context;
    for (uint32_t i = 0; i < s.count; i++) {
        disk_load(disks[i], images[i]);
        take_up_moment(&s.shops[i], &moments[i]);
        shop_start(&s.shops[i]);
        till_peers_live(s.shops[i].till, s.count - 1);
    }
    if (act->ready != NULL)
        act->ready(&s);
}

static int run(void *context)
{
    (void)context;
    return act->run(&s);
}

static int again(void *context)
{
    (void)context;
    for (uint32_t i = 0; i < s.count; i++)
        sim_clock_advance(&s.shops[i].clock, 10000); /* what is not a clerk's leaves an ill disk a pause */
    return act->again != NULL ? act->again(&s) : act->run(&s);
}

static void try_act(const struct act *which)
{
    act = which;
    make_books();
    every_io_try(&(struct every_io){.name = act->name,
                                    .states = act->states,
                                    .lean = act->lean,
                                    .effect = act->effect,
                                    .disk = disks[act->at],
                                    .path = s.shops[act->at].path,
                                    .left = left,
                                    .left_path = left_path,
                                    .begin = begin,
                                    .run = run,
                                    .again = again,
                                    .end = stop_all,
                                    .open_left = open_left,
                                    .check_left = check_left,
                                    .close_left = close_left},
                 &counts);
    drop_books();
}

static void each_io_of_each_act_of_a_single_terminal_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < acts_of_one_count; i++)
        try_act(&acts_of_one[i]);
}

static void each_io_of_each_act_between_terminals_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < acts_of_two_count; i++)
        try_act(&acts_of_two[i]);
}

static void enough_was_tried(void **state)
{
    (void)state;
    print_message("%u acts; %u I/Os failed in %u runs: %u done all the same, %u refused (%u of them stood after all);"
                  " %u power cuts; %u different books read from end to end\n",
                  counts.acts, counts.met, counts.runs, counts.done, counts.refused, counts.stood, counts.cuts,
                  counts.whole);
    assert_true(counts.acts >= 42 && counts.met >= 2500 && counts.cuts >= 15000 && counts.done > 0 && counts.stood > 0);
}

static int open_disks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++)
        disk_open(&disks[i]);
    disk_open(&left);
    nothing = disk_cut(left, NULL, DISK_LOSE_ALL);
    tempdir_open(&left_dir);
    tempdir_path(&left_dir, "till.db", left_path);
    return 0;
}

static int close_disks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++)
        disk_close(disks[i]);
    disk_close(left);
    disk_image_close(nothing);
    tempdir_close(&left_dir);
    every_io_forget_schema();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_io_of_each_act_of_a_single_terminal_may_fail),
        cmocka_unit_test(each_io_of_each_act_between_terminals_may_fail),
        cmocka_unit_test(enough_was_tried),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_acts", tests, open_disks, close_disks);
}
