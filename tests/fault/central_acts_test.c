#include "central_acts.h"
#include "every_io.h"
#include "plain_memory.h"

#include "central/people.h"
#include "central/store/journal.h"
#include "central/store/records.h"
#include "cmocka_all.h"
#include "platform/buffer.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Every I/O of every act of central fails once each way (every_io.h): the program itself, its API and its commands, on
 * books that lie on a fault disk. Keys and certificates stay in a folder.
 */

static struct desk desk, kept;
static int64_t kept_wall_ms, kept_mono_ms;
static const struct central_act *act;
static struct disk *disk, *left;
static struct store *left_store;
static struct disk_image *books; /* that the act begins with */
static struct every_io_counts counts;
static const char *only; /* this act; NULL: all */
static char path[160];

/* What central keeps beside its books. */
static const char *const beside[] = {"server-epoch", "keys/keyset.bin"};
static struct buffer kept_beside[ARRAY_LEN(beside)];

#define LEFT_PATH "left/central.db"

/* ---- what a cut left */

static int open_left(void *context)
{
    const struct store_schema *schemas[STORE_PARTS_MAX];
    const struct store_options options = {
        .path = LEFT_PATH,
        .clock = &desk.f.clock.base,
        .random = &desk.f.random.base,
        .parts = schemas,
        .part_count = central_part_schemas(central_parts, central_part_count, schemas),
        .readers = 1,
        .vfs = disk_vfs_name(left),
        .create = true,
    };

    (void)context;
    return store_open(&options, &left_store);
}

static void check_left(void *context)
{
    struct journal_finding finding;
    struct rights_totals totals;
    char account[ACCOUNT_MAX], text[128];
    int64_t cny, credit;
    struct store_tx tx;

    (void)context;
    assert_int_equal(store_read_begin(left_store, &tx), 0);
    assert_int_equal(db_check(store_tx_db(&tx), false, text, sizeof(text)), 0);
    assert_int_equal(journal_verify_all(&tx, &finding), 0);
    assert_int_equal(ledger_verify(&tx, account), 0);
    assert_int_equal(rights_shares_verify(&tx, account), 0);
    assert_int_equal(ledger_sums(&tx, &cny, &credit), 0);
    assert_true(cny == 0 && credit == 0);
    assert_int_equal(rights_totals(&tx, &totals), 0);
    assert_int_equal(totals.unexplained, 0);
    store_read_end(&tx);
}

static void close_left(void *context)
{
    (void)context;
    store_close(left_store);
    left_store = NULL;
}

/* ---- the act's books, and the act from their beginning */

static const char *path_beside(size_t i)
{
    static char text[160];

    snprintf(text, sizeof(text), "%s/%s", desk.f.dir, beside[i]);
    return text;
}

static void make_books(void)
{
    memset(&desk, 0, sizeof(desk));
    fixture_open_with(&desk.f, central_parts, central_part_count);
    terminal_make(&desk.a, &desk.f, 1);
    terminal_make(&desk.b, &desk.f, 2);
    terminal_enrol(&desk.a, &desk.f, desk.f.shops[0]);
    terminal_enrol(&desk.b, &desk.f, desk.f.shops[1]);
    if (act->prepare != NULL)
        act->prepare(&desk);
    fixture_stop(&desk.f);
    snprintf(path, sizeof(path), "%s/central.db-wal", desk.f.dir);
    assert_int_not_equal(access(path, F_OK), 0); /* all of it is in the file */
    path[strlen(path) - strlen("-wal")] = '\0';
    struct buffer file;
    buffer_init(&file, 64 * 1024 * 1024);
    assert_int_equal(file_read(path, &file), 0);
    disk_file_put(disk, path, file.data, file.len);
    buffer_finish(&file);
    books = disk_cut(disk, NULL, DISK_LOSE_ALL);
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        buffer_init(&kept_beside[i], 4096);
        assert_int_equal(file_read(path_beside(i), &kept_beside[i]), 0);
    }
    kept = desk;
    kept_wall_ms = clock_wall_ms(&desk.f.clock.base);
    kept_mono_ms = clock_mono_ms(&desk.f.clock.base);
}

static void drop_books(void)
{
    disk_image_close(books);
    for (size_t i = 0; i < ARRAY_LEN(beside); i++)
        buffer_finish(&kept_beside[i]);
    fixture_remove(&desk.f);
}

static void begin(void *context)
{
    (void)context;
    for (size_t i = 0; i < ARRAY_LEN(beside); i++)
        assert_int_equal(file_write_atomic(path_beside(i), kept_beside[i].data, kept_beside[i].len, 0600), 0);
    disk_load(disk, books);
    desk.a = kept.a;
    desk.b = kept.b;
    atomic_store(&desk.f.clock.wall_ms, kept_wall_ms);
    atomic_store(&desk.f.clock.mono_ms, kept_mono_ms);
    sim_random_init(&desk.f.random, 11);
    desk.f.vfs = disk_vfs_name(disk);
    fixture_start(&desk.f, true);
    if (act->ready != NULL)
        act->ready(&desk);
}

static int run(void *context)
{
    (void)context;
    return act->run != NULL ? act->run(&desk) : central_act_command(&desk, act->command, act->args);
}

static int run_nothing(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

/* What is there already may be refused the second time; what there is is looked at. */
static int again(void *context)
{
    sim_clock_advance(&desk.f.clock, 10000);
    assert_int_equal(fixture_write(&desk.f, run_nothing, NULL),
                     0); /* as the clockwork does: it opens books that failed */
    if (act->settled != NULL)
        act->settled(&desk);
    int r = run(context);
    if (act->settled != NULL)
        act->settled(&desk);
    return r == -EPERM ? 0 : r;
}

static void end(void *context)
{
    (void)context;
    fixture_stop(&desk.f);
}

static void try_act(const struct central_act *which, bool lean)
{
    if (only != NULL && strcmp(only, which->name) != 0)
        return;
    act = which;
    make_books();
    every_io_try(&(struct every_io){.name = act->name,
                                    .states = act->states != 0 ? act->states : 2,
                                    .lean = act->lean || lean,
                                    .effect = act->effect,
                                    .disk = disk,
                                    .path = path,
                                    .left = left,
                                    .left_path = LEFT_PATH,
                                    .begin = begin,
                                    .run = run,
                                    .again = again,
                                    .end = end,
                                    .open_left = open_left,
                                    .check_left = check_left,
                                    .close_left = close_left},
                 &counts);
    drop_books();
}

static void enough_was_tried(uint32_t acts, uint32_t met, uint32_t cuts)
{
    print_message("%u acts; %u I/Os failed in %u runs: %u done all the same, %u refused (%u of them stood after all);"
                  " %u power cuts; %u different books read from end to end\n",
                  counts.acts, counts.met, counts.runs, counts.done, counts.refused, counts.stood, counts.cuts,
                  counts.whole);
    assert_true(only != NULL || (counts.acts >= acts && counts.met >= met && counts.cuts >= cuts));
}

static void each_io_of_what_terminals_ask_for_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < central_ask_count; i++)
        try_act(&central_asks[i], false);
    enough_was_tried(14, 800, 4000);
}

static void each_io_of_what_operators_command_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < central_command_count; i++)
        try_act(&central_commands[i], true);
    enough_was_tried(23, 800, 3000);
}

static int open_disks(void **state)
{
    (void)state;
    disk_open(&disk);
    disk_open(&left);
    return 0;
}

static int close_disks(void **state)
{
    (void)state;
    disk_close(disk);
    disk_close(left);
    every_io_forget_schema();
    return 0;
}

/* "commands" is the second half; an act's name after "asks" or "commands" runs that one alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest asks[] = {cmocka_unit_test(each_io_of_what_terminals_ask_for_may_fail)};
    const struct CMUnitTest commands[] = {cmocka_unit_test(each_io_of_what_operators_command_may_fail)};

    plain_memory_use();
    only = argc > 2 ? argv[2] : NULL;
    if (argc > 1 && strcmp(argv[1], "commands") == 0)
        return cmocka_run_group_tests_name("fault_central_commands", commands, open_disks, close_disks);
    return cmocka_run_group_tests_name("fault_central_acts", asks, open_disks, close_disks);
}
