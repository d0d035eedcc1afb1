#include "books_check.h"
#include "plain_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Power cuts under the real till: the disk is cut before each write, sync, truncation and deletion of a random day, and
 * after each acknowledgement; what is left is opened by the real till again. TILLSIDE_CUTS and TILLSIDE_SEED change how
 * many, and which.
 */

#define CUTS_DEFAULT 20000
#define DAY_ACTS     300 /* about two rounds of the write-ahead log */
#define CUTS_AT_ONCE 4096

struct cutter {
    struct day day;
    struct sim_random random; /* which writes survive */
    struct books_checker *checker;
    struct disk_image *images[CUTS_AT_ONCE]; /* of the act that is under way */
    size_t count;
    uint32_t cuts, acts, by_state[BOOKS_STATES];
    bool tell;
};

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void cut(void *context, struct disk *disk)
{
    struct cutter *c = context;

    assert_true(c->count < CUTS_AT_ONCE);
    c->images[c->count++] = disk_cut(disk, &c->random.base, DISK_LOSE_BY_CHANCE);
}

static void check_one(struct cutter *c, struct disk_image *image, const struct day_known *at_least,
                      const struct day_known *at_most, const char *act)
{
    enum books_state state = books_check(c->checker, image, at_least, at_most);

    c->cuts++;
    c->by_state[state]++;
    if (state != BOOKS_WHOLE && c->tell)
        print_message("cut %u, act %u (%s): %s\n", c->cuts, c->acts, act, books_state_name(state));
    disk_image_close(image);
}

/* All cuts of the act that has just been acknowledged, then two after it. */
static void check_act(struct cutter *c, const struct day_known *before, const struct day_known *after, const char *act)
{
    for (size_t i = 0; i < c->count; i++)
        check_one(c, c->images[i], before, after, act);
    c->count = 0;
    check_one(c, disk_cut(c->day.disk, &c->random.base, DISK_LOSE_ALL), after, after, act);
    check_one(c, disk_cut(c->day.disk, &c->random.base, DISK_LOSE_BY_CHANCE), after, after, act);
}

static void first_opening(struct cutter *c, struct day_known *out_known)
{
    const struct day_known nothing = {0};

    shop_start(&c->day.shop);
    shop_enrol(&c->day.shop);
    day_known(&c->day, out_known);
    check_act(c, &nothing, out_known, "enrol");
    shop_trust_time(&c->day.shop);
    check_act(c, out_known, out_known, "time");
}

static void live_a_day(struct cutter *c, struct disk *disk, uint64_t seed, uint32_t cuts_wanted)
{
    struct day_known before, after;

    day_open(&c->day, disk, seed);
    books_checker_open(c->day.shop.pepper, &c->checker);
    disk_watch_set(disk, cut, c);
    first_opening(c, &before);
    shop_give_basics(&c->day.shop);
    day_known(&c->day, &after);
    check_act(c, &before, &after, "first feed");
    for (int i = 0; i < DAY_ACTS && c->cuts < cuts_wanted; i++, c->acts++) {
        before = after;
        const char *act = day_act(&c->day);
        disk_watch_set(disk, NULL, NULL);
        day_known(&c->day, &after);
        disk_watch_set(disk, cut, c);
        check_act(c, &before, &after, act);
    }
    disk_watch_set(disk, NULL, NULL);
    day_close(&c->day);
    books_checker_close(c->checker);
}

static void cut_days(struct cutter *c, bool weakened, uint32_t cuts_wanted)
{
    uint64_t seed = from_environment("TILLSIDE_SEED", 20261121);

    for (; c->cuts < cuts_wanted; seed++) {
        struct disk *disk;
        disk_open(&disk);
        disk_weaken_sync(disk, weakened);
        sim_random_init(&c->random, seed);
        live_a_day(c, disk, seed, cuts_wanted);
        disk_close(disk);
    }
    print_message("%u power cuts in %u acts: %u unusable, %u lost, %u invented, %u half, %u damaged\n", c->cuts,
                  c->acts, c->by_state[BOOKS_UNUSABLE], c->by_state[BOOKS_LOST], c->by_state[BOOKS_INVENTED],
                  c->by_state[BOOKS_HALF], c->by_state[BOOKS_DAMAGED]);
}

static void no_power_cut_takes_what_was_acknowledged(void **state)
{
    static struct cutter cutter = {.tell = true};
    (void)state;

    cut_days(&cutter, false, (uint32_t)from_environment("TILLSIDE_CUTS", CUTS_DEFAULT));

    assert_int_equal(cutter.by_state[BOOKS_WHOLE], cutter.cuts);
}

/* The same with synchronous=NORMAL: if this found nothing, the test above would prove nothing. */
static void without_full_sync_the_same_test_finds_losses(void **state)
{
    static struct cutter cutter;
    (void)state;

    cut_days(&cutter, true, 1500);

    assert_true(cutter.by_state[BOOKS_LOST] > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_power_cut_takes_what_was_acknowledged),
        cmocka_unit_test(without_full_sync_the_same_test_finds_losses),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_cut", tests, NULL, NULL);
}
