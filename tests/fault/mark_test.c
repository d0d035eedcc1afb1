#include "day.h"
#include "plain_memory.h"

/*
 * Power cuts around the mark outside the data partition: before and after each of its writes, and at each write, sync,
 * truncation and deletion of the books' disk. Whatever is left of the two, the next start must take the books for those
 * that were here, also when the power goes again and again while it starts.
 */

#define ROUNDS      20
#define CUTS_MAX    1024
#define WRITES_MANY UINT32_MAX

struct outside {
    bool there;
    struct till_mark mark;
    struct life *life;       /* whose cuts are taken; NULL: nobody's */
    uint32_t writes_left;    /* then the power goes, */
    struct disk *disk;       /* of this disk too, */
    struct disk_image *left; /* and this is left of it */
    struct random *random;
};

struct moment {
    struct disk_image *image;
    bool there;
    struct till_mark mark;
};

struct life {
    struct day day;
    struct outside outside;
    struct sim_random random;
    struct moment moments[CUTS_MAX];
    uint32_t count, cuts, found;
};

static void take(struct life *life, enum disk_loss loss)
{
    struct moment *m = &life->moments[life->count];

    assert_true(life->count < CUTS_MAX);
    *m = (struct moment){disk_cut(life->day.disk, &life->random.base, loss), life->outside.there, life->outside.mark};
    life->count++;
}

static void take_all(struct life *life)
{
    take(life, DISK_LOSE_ALL);
    take(life, DISK_LOSE_BY_CHANCE);
    take(life, DISK_LOSE_NOTHING);
}

static void on_disk(void *context, struct disk *disk)
{
    struct life *life = context;

    (void)disk;
    take(life, DISK_LOSE_BY_CHANCE);
}

static int outside_read(void *context, struct till_mark *out_mark)
{
    const struct outside *outside = context;

    if (!outside->there)
        return -ENOENT;
    *out_mark = outside->mark;
    return 0;
}

static int outside_write(void *context, const struct till_mark *mark)
{
    struct outside *outside = context;

    if (outside->life != NULL)
        take_all(outside->life);
    if (outside->writes_left == 0 && outside->left == NULL)
        outside->left = disk_cut(outside->disk, outside->random, DISK_LOSE_BY_CHANCE);
    if (outside->writes_left > 0) {
        outside->there = true;
        outside->mark = *mark;
        outside->writes_left -= outside->writes_left != WRITES_MANY;
    }
    if (outside->life != NULL)
        take_all(outside->life);
    return 0;
}

static bool forked(struct shop *shop)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    return backlog.forked;
}

/* One start; what the power cut in it leaves, when there is one. */
static bool start_once(struct shop *shop, struct outside *outside, uint32_t writes)
{
    bool found;

    outside->writes_left = writes;
    shop_start(shop);
    found = forked(shop);
    shop_stop(shop);
    if (outside->left != NULL) {
        disk_load(outside->disk, outside->left);
        disk_image_close(outside->left);
        outside->left = NULL;
    }
    return found;
}

/* Starts on what is left; the power goes twice more, after so many writes outside, then all is well. */
static void check(struct life *life, const struct moment *m, uint32_t writes)
{
    static struct shop shop;
    struct outside outside = {.there = m->there, .mark = m->mark, .random = &life->random.base};
    struct disk *disk;

    disk_open(&disk);
    disk_load(disk, m->image);
    outside.disk = disk;
    shop_init(&shop);
    shop.vfs = disk_vfs_name(disk);
    shop.inline_jobs = true;
    shop.marks = (struct till_marks){outside_read, outside_write, &outside};
    life->found += start_once(&shop, &outside, writes);
    life->found += start_once(&shop, &outside, writes);
    life->found += start_once(&shop, &outside, WRITES_MANY);
    life->found += start_once(&shop, &outside, WRITES_MANY);
    shop_finish(&shop);
    disk_close(disk);
    life->cuts++;
}

static void check_moments(struct life *life)
{
    for (uint32_t i = 0; i < life->count; i++) {
        check(life, &life->moments[i], (uint32_t)random_below(&life->random.base, 4));
        disk_image_close(life->moments[i].image);
    }
    life->count = 0;
}

static void watch(struct life *life, bool on)
{
    disk_watch_set(life->day.disk, on ? on_disk : NULL, life);
    life->outside.life = on ? life : NULL;
}

static void live(struct life *life, struct disk *disk)
{
    day_open(&life->day, disk, 20261123);
    life->outside.writes_left = WRITES_MANY;
    life->day.shop.inline_jobs = true;
    life->day.shop.marks = (struct till_marks){outside_read, outside_write, &life->outside};
    watch(life, true);
    shop_start(&life->day.shop);
    shop_enrol(&life->day.shop);
    watch(life, false);
    check_moments(life);
    shop_trust_time(&life->day.shop);
    shop_give_basics(&life->day.shop);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t acts = 1 + random_below(&life->random.base, 40);
        for (uint64_t i = 0; i < acts; i++)
            day_act(&life->day);
        watch(life, true);
        day_act(&life->day);
        shop_stop(&life->day.shop);
        shop_start(&life->day.shop);
        watch(life, false);
        check_moments(life);
    }
    assert_false(forked(&life->day.shop));
    day_close(&life->day);
}

static void no_power_cut_makes_the_books_look_set_back(void **state)
{
    static struct life life;
    struct disk *disk;
    (void)state;

    sim_random_init(&life.random, 7);
    disk_open(&disk);
    live(&life, disk);
    disk_close(disk);
    print_message("%u power cuts, %u found set back\n", life.cuts, life.found);

    assert_true(life.cuts > 1000);
    assert_int_equal(life.found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_power_cut_makes_the_books_look_set_back),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_mark", tests, NULL, NULL);
}
