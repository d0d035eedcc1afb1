#include "books_check.h"
#include "plain_memory.h"

#include <stdio.h>
#include <string.h>

/*
 * Each I/O of each act fails once each way, for a moment and for good. The answer is done or refused, never a false
 * "done"; refused for a full disk means that nothing happened; afterwards the books open, go on and check out.
 */

struct act {
    const char *name;
    int (*run)(struct day *day);
    uint64_t records; /* that "done" means at least */
    bool blank;       /* on a terminal that is not enrolled */
    bool checkpoint;  /* begun with a full log, so that its commit copies the log into the database */
};

#define VOIDED_GROUP 2 /* the first sale of the template: the incarnation record is 1 */

static struct day day;
static struct disk *disk;
static struct books_checker *checker;
static struct disk_image *enrolled_image, *blank_image;
static struct feed_cursor enrolled_through;
static uint32_t runs, met, done, refused, cut_count, opened, not_opened;
static char trying[96]; /* for messages */

/* A failed sync and then the power too, before anything was told: whole books all the same. */
#define CUTS_MAX 400

static struct {
    struct disk_image *images[CUTS_MAX];
    size_t count;
    struct sim_random random;
} cuts;

static int redeem(struct day *d)
{
    struct till_request request = {.op = TILL_REDEEM, .ticket = 1, .clerk = SHOP_CLERK};

    request.redeem.sale_minor = 3000;
    request.redeem.member = SHOP_MEMBER;
    shop_coupon_text(SHOP_CAMPAIGN, 77, SHOP_STORE, request.redeem.text);
    struct till_answer answer = shop_ask(&d->shop, &request);
    assert_true(answer.error != 0 || answer.redeemed.verdict == COUPON_OK);
    return answer.error;
}

static int spend(struct day *d)
{
    struct till_request request = {
        .op = TILL_SALE, .ticket = 2, .sale = {.gross_minor = 2500, .credit_minor = 40, .member = SHOP_MEMBER}};

    shop_member_text(&d->shop, SHOP_MEMBER, true, request.sale.member_code);
    struct till_answer answer = shop_ask(&d->shop, &request);
    assert_true(answer.error != 0 || answer.sold.verdict == CREDIT_OK);
    return answer.error;
}

static int undo(struct day *d)
{
    struct till_request request = {.op = TILL_VOID, .ticket = 3, .clerk = SHOP_CLERK};

    request.voided.group = VOIDED_GROUP;
    snprintf(request.voided.reason, sizeof(request.voided.reason), "wrong item");
    struct till_answer answer = shop_ask(&d->shop, &request);
    if (answer.error == 0)
        assert_string_equal(void_verdict_name(answer.voided.verdict), void_verdict_name(VOID_OK));
    return answer.error;
}

/* A right that is asked for: its release is appended with the page. */
static int feed(struct day *d)
{
    const struct feed_right right = {.coupon = {SHOP_CAMPAIGN, 5}, .use_no = 1, .transfer = 900};
    static uint8_t page[FEED_PAGE_BYTES_MAX];
    struct feed_page_head head;

    shop_item_right(&d->shop, FEED_RIGHT_REQUEST, &right);
    shop_item_member(&d->shop, SHOP_MEMBER + 9, NULL);
    size_t len = shop_page(&d->shop, page, sizeof(page));
    return till_feed_apply(d->shop.till, (struct slice){page, len}, &head);
}

static int marks(struct day *d)
{
    const struct journal_answer answer = {.status = JOURNAL_STORED, .durable_through = 4, .server_epoch = 1};

    return till_marks_store(d->shop.till, &answer);
}

static int trust(struct day *d)
{
    struct clock_reading at = {clock_wall_ms(&d->shop.clock.base), clock_mono_ms(&d->shop.clock.base)};

    return till_time_trust(d->shop.till, at.wall_ms + 90 * 1000, at);
}

static int enrol(struct day *d)
{
    return shop_try_enrol(&d->shop);
}

static const struct act acts[] = {
    {"redeem", redeem, 3, false, false}, {"spend", spend, 3, false, false},
    {"void", undo, 2, false, false},     {"feed", feed, 1, false, false},
    {"marks", marks, 0, false, false},   {"time", trust, 0, false, false},
    {"enrol", enrol, 1, true, false},    {"redeem at a checkpoint", redeem, 3, false, true},
};

static void sell_some(int count)
{
    for (int i = 0; i < count; i++)
        shop_sell(&day.shop, &(struct till_sale){.gross_minor = 5000 + i, .member = SHOP_MEMBER});
}

static int make_templates(void **state)
{
    static struct sim_random random;

    (void)state;
    sim_random_init(&random, 1);
    sim_random_init(&cuts.random, 2);
    disk_open(&disk);
    day_open(&day, disk, 1);
    shop_start(&day.shop);
    shop_stop(&day.shop);
    blank_image = disk_cut(disk, &random.base, DISK_LOSE_ALL);
    shop_start(&day.shop);
    shop_enrol(&day.shop);
    shop_trust_time(&day.shop);
    shop_give_basics(&day.shop);
    sell_some(4);
    enrolled_through = day.shop.through;
    shop_stop(&day.shop);
    enrolled_image = disk_cut(disk, &random.base, DISK_LOSE_ALL);
    books_checker_open(day.shop.pepper, &checker);
    return 0;
}

static int drop_templates(void **state)
{
    (void)state;
    print_message("%u I/Os failed in %u runs: %u done all the same, %u refused; %u power cuts meanwhile; %u different "
                  "books checked\n",
                  met, runs, done, refused, cut_count, books_checker_whole(checker));
    books_checker_close(checker);
    disk_image_close(blank_image);
    disk_image_close(enrolled_image);
    day_close(&day);
    disk_close(disk);
    return 0;
}

/* The log is about to be copied into the database: by the next commit or the one after. */
static void fill_log(void)
{
    while (disk_file_size(disk, "till.db-wal") < (1000 - 12) * (4096 + 24))
        sell_some(1);
}

static void begin(const struct act *act)
{
    disk_load(disk, act->blank ? blank_image : enrolled_image);
    day.shop.through = act->blank ? (struct feed_cursor){0} : enrolled_through;
    feed_page_init(&day.shop.page, day.shop.items, sizeof(day.shop.items), day.shop.through);
    shop_start(&day.shop);
    if (act->checkpoint)
        fill_log();
}

static void check_whole(const struct day_known *at_least, const struct day_known *at_most)
{
    struct disk_image *image = disk_cut(disk, NULL, DISK_LOSE_ALL);
    enum books_state state = books_check(checker, image, at_least, at_most);

    disk_image_close(image);
    if (state != BOOKS_WHOLE)
        fail_msg("%s: the books are %s", trying, books_state_name(state));
}

static void cut(void *context, struct disk *at)
{
    (void)context;
    if (cuts.count < CUTS_MAX)
        cuts.images[cuts.count++] = disk_cut(at, &cuts.random.base, DISK_LOSE_BY_CHANCE);
}

static void check_cuts(const struct day_known *before, const struct day_known *after)
{
    for (size_t i = 0; i < cuts.count; i++) {
        enum books_state state = books_check(checker, cuts.images[i], before, after);
        disk_image_close(cuts.images[i]);
        if (state != BOOKS_WHOLE)
            fail_msg("%s, and a power cut: the books are %s", trying, books_state_name(state));
    }
    cut_count += (uint32_t)cuts.count;
    cuts.count = 0;
}

/* What was told holds after a power cut at once, and after going on. */
static void check_after(const struct act *act, int error, const struct day_known *before)
{
    struct day_known after;

    sim_clock_advance(&day.shop.clock, 10000); /* what is not a clerk's leaves an ill disk a pause */
    day_known(&day, &after);
    disk_watch_set(disk, NULL, NULL);
    check_cuts(before, &after);
    check_whole(error == 0 ? &after : before, &after);
    if (error == 0)
        assert_true(after.last_seq >= before->last_seq + act->records);
    if (error == -ENOSPC) /* "nothing happened" */
        assert_memory_equal(&after, before, sizeof(after));
    if (!act->blank)
        sell_some(1);
    day_known(&day, &after);
    check_whole(&after, &after);
}

/* False when the act has no such I/O. */
static bool fail_one(const struct act *act, enum disk_io io, uint32_t nth, enum disk_fault fault, bool lasting)
{
    struct day_known before;

    begin(act);
    day_known(&day, &before);
    snprintf(trying, sizeof(trying), "%s, %s %u%s: %s", act->name, disk_io_name(io), nth, lasting ? " and later" : "",
             disk_fault_name(fault));
    if (io == DISK_SYNC)
        disk_watch_set(disk, cut, NULL);
    disk_faults_clear(disk);
    disk_fail(disk, io, nth, fault, lasting);
    int error = act->run(&day);
    uint32_t failures = disk_failures(disk);
    disk_faults_clear(disk);
    if (error != 0 && error != -EIO && error != -ENOSPC)
        fail_msg("%s: answered %d", trying, error);
    check_after(act, error, &before);
    shop_stop(&day.shop);
    runs++;
    met += failures > 0;
    done += failures > 0 && error == 0;
    refused += error != 0;
    return failures > 0;
}

/* A checkpoint writes a hundred pages alike: some of them are enough. */
static uint32_t step_of(const struct act *act, enum disk_io io, uint32_t nth)
{
    return act->checkpoint && io == DISK_WRITE && nth > 20 ? 16 : 1;
}

static void fail_all(const struct act *act)
{
    for (int io = 0; io < DISK_IO_COUNT; io++) {
        for (int way = 0; way < DISK_FAULT_COUNT * 2; way++) {
            enum disk_fault fault = (enum disk_fault)(way / 2);
            if (io != DISK_WRITE && (fault == DISK_SHORT || act->checkpoint) && way != 0)
                continue;
            for (uint32_t nth = 1; fail_one(act, (enum disk_io)io, nth, fault, way % 2); nth += step_of(act, io, nth))
                ;
        }
    }
}

static void each_io_of_each_act_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        uint32_t before = met;
        fail_all(&acts[i]);
        print_message("  %s: %u\n", acts[i].name, met - before);
        assert_true(met - before > 20);
    }
}

static void unheard(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static int try_open(void)
{
    const struct till_options options = {.path = day.shop.path,
                                         .vfs = disk_vfs_name(disk),
                                         .pepper_path = day.shop.pepper,
                                         .clock = &day.shop.clock.base,
                                         .boot_id = day.shop.boot_id,
                                         .answered = unheard};

    return till_open(&options, &day.shop.till);
}

/* False when opening has no such I/O. */
static bool fail_opening(const struct disk_image *image, const struct day_known *known, enum disk_io io, uint32_t nth)
{
    disk_load(disk, image);
    snprintf(trying, sizeof(trying), "open, %s %u", disk_io_name(io), nth);
    disk_faults_clear(disk);
    disk_fail(disk, io, nth, DISK_EIO, false);
    int error = try_open();
    bool failed = disk_failures(disk) > 0;
    disk_faults_clear(disk);
    if (error == 0)
        shop_stop(&day.shop);
    else if (error != -EIO && error != -ENOENT) /* -EUCLEAN would be a wrong alarm */
        fail_msg("%s: answered %d", trying, error);
    check_whole(known, known);
    opened += failed && error == 0;
    not_opened += error != 0;
    return failed;
}

static void each_io_of_opening_after_a_power_cut_may_fail(void **state)
{
    struct day_known known;

    (void)state;
    begin(&acts[0]);
    sell_some(5);
    day_known(&day, &known);
    struct disk_image *image = disk_cut(disk, NULL, DISK_LOSE_NOTHING);
    shop_stop(&day.shop);
    for (int io = 0; io < DISK_IO_COUNT; io++) {
        for (uint32_t nth = 1; fail_opening(image, &known, (enum disk_io)io, nth); nth++)
            ;
    }
    disk_image_close(image);
    print_message("  opening failed %u times and did not mind %u times\n", not_opened, opened);
    assert_true(not_opened > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_io_of_each_act_may_fail),
        cmocka_unit_test(each_io_of_opening_after_a_power_cut_may_fail),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_io", tests, make_templates, drop_templates);
}
