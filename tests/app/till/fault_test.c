#include "shop.h"

#include "fault_vfs.h"
#include "platform/random.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the books do when the disk, the power or the order of things is against them. */

static struct fault_vfs *faults;

/* A VFS whose log fails to sync once: what was written may still be there afterwards. */
#define ONCE_VFS_NAME "sync-fails-once"

static struct {
    sqlite3_vfs vfs, *real;
    sqlite3_io_methods log;
    int (*real_sync)(sqlite3_file *, int);
    bool armed;
} once;

static int once_sync(sqlite3_file *file, int flags)
{
    if (once.armed) {
        once.armed = false;
        return SQLITE_IOERR_FSYNC;
    }
    return once.real_sync(file, flags);
}

static int once_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    int code = once.real->xOpen(once.real, name, file, flags, out_flags);

    (void)vfs;
    if (code == SQLITE_OK && flags & SQLITE_OPEN_WAL) {
        once.log = *file->pMethods;
        once.real_sync = once.log.xSync;
        once.log.xSync = once_sync;
        file->pMethods = &once.log;
    }
    return code;
}

static void once_register(void)
{
    once.real = sqlite3_vfs_find(NULL);
    once.vfs = *once.real;
    once.vfs.zName = ONCE_VFS_NAME;
    once.vfs.xOpen = once_open;
    assert_int_equal(sqlite3_vfs_register(&once.vfs, 0), SQLITE_OK);
}

static int open_shop(void **state)
{
    static struct shop shop;

    faults = fault_vfs_reset();
    shop_open(&shop);
    shop_stop(&shop);
    shop.vfs = FAULT_VFS_NAME;
    shop_start(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    fault_vfs_reset();
    shop_finish(*state);
    return 0;
}

static struct till_answer try_scan(struct shop *shop, uint64_t serial)
{
    struct till_request request = {.op = TILL_REDEEM, .ticket = 5, .clerk = SHOP_CLERK};

    shop_coupon_text(SHOP_CAMPAIGN, serial, SHOP_STORE, request.redeem.text);
    return shop_ask(shop, &request);
}

static void a_full_disk_is_said_and_nothing_happened(void **state)
{
    struct shop *shop = *state;
    struct till_request sale = {.op = TILL_SALE, .ticket = 6, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};

    faults->fail_log_write = true;
    struct till_answer full = try_scan(shop, 1);
    struct till_answer sold = shop_ask(shop, &sale);
    faults->fail_log_write = false;
    struct till_answer after = try_scan(shop, 1);

    assert_int_equal(full.error, -ENOSPC);
    assert_int_equal(sold.error, -ENOSPC);
    assert_int_equal(after.error, 0);
    assert_int_equal(after.redeemed.verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind IN (4, 5, 6)"), 1);
    assert_int_equal(shop_query(shop, "SELECT max(seq) - count(*) FROM journal"), 0); /* no number was used up */
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void a_failed_sync_never_ends_in_a_false_answer(void **state)
{
    struct shop *shop = *state;

    faults->fail_log_sync = true;
    struct till_answer broken = try_scan(shop, 1);
    faults->fail_log_sync = false;
    struct till_answer again = try_scan(shop, 1);
    struct till_answer other = try_scan(shop, 2);

    /* While the books cannot be opened again nobody knows; afterwards there is one redemption, whoever made it. */
    assert_int_equal(broken.error, -EIO);
    assert_int_equal(again.error, 0);
    assert_true(again.redeemed.verdict == COUPON_OK || again.redeemed.verdict == COUPON_ALREADY_USED);
    assert_int_equal(other.redeemed.verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption"), 2);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* The log's file shows it all the same, and central or a peer would know of a redemption that the next power cut takes
 * away. */
static void nobody_is_told_of_what_the_medium_may_not_have(void **state)
{
    struct shop *shop = *state;
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct till_backlog backlog;
    uint32_t count;
    uint64_t before;

    assert_int_equal(till_ends(shop->till, ends, &count), 0);
    before = ends[0].through;
    faults->fail_log_sync = true;
    assert_int_equal(try_scan(shop, 1).error, -EIO);
    assert_int_equal(till_ends(shop->till, ends, &count), -EIO);
    assert_int_equal(till_backlog(shop->till, &backlog), -EIO);
    faults->fail_log_sync = false;
    assert_int_equal(try_scan(shop, 2).error, 0);
    assert_int_equal(till_ends(shop->till, ends, &count), 0);
    assert_true(ends[0].through > before);
}

/* Rooms that come by themselves leave an ill disk alone for a while; a clerk does not wait. */
static void a_scan_opens_the_books_at_once_and_others_after_a_pause(void **state)
{
    struct shop *shop = *state;
    struct till_store store;

    faults->fail_log_sync = true;
    assert_int_equal(try_scan(shop, 1).error, -EIO);
    long written = faults->log_bytes;
    for (int i = 0; i < 10; i++)
        assert_int_equal(till_store_read(shop->till, &store), -EIO);
    assert_int_equal(faults->log_bytes, written);
    sim_clock_advance(&shop->clock, 1000);
    assert_int_equal(till_store_read(shop->till, &store), -EIO);
    assert_true(faults->log_bytes > written);

    faults->fail_log_sync = false;
    assert_int_equal(till_store_read(shop->till, &store), -EIO);
    assert_int_equal(try_scan(shop, 2).redeemed.verdict, COUPON_OK);
    assert_int_equal(till_store_read(shop->till, &store), 0);

    faults->fail_log_sync = true;
    assert_int_equal(try_scan(shop, 3).error, -EIO);
    faults->fail_log_sync = false;
    sim_clock_advance(&shop->clock, 1000); /* once open, the pause begins small again */
    assert_int_equal(till_store_read(shop->till, &store), 0);
}

static void a_commit_whose_fate_was_unclear_is_answered_by_what_the_disk_says(void **state)
{
    struct shop *shop = *state;

    once_register();
    shop_stop(shop);
    shop->vfs = ONCE_VFS_NAME;
    shop_start(shop);
    assert_int_equal(try_scan(shop, 3).redeemed.verdict, COUPON_OK); /* the log has its header now */
    once.armed = true;
    struct till_answer unclear = try_scan(shop, 1);

    assert_false(once.armed);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption"), 2);
    assert_int_equal(unclear.error, 0);
    assert_int_equal(unclear.redeemed.verdict, COUPON_OK);
    assert_int_equal(try_scan(shop, 1).redeemed.verdict, COUPON_ALREADY_USED);
    assert_int_equal(try_scan(shop, 2).redeemed.verdict, COUPON_OK);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* One random act of a busy day. */
static void random_act(struct shop *shop, struct random *random, uint64_t *groups, uint32_t *group_count)
{
    uint64_t choice = random_below(random, 100), serial = 1 + random_below(random, 400);
    uint64_t member = SHOP_MEMBER + random_below(random, 3);
    uint64_t group = 0;

    if (choice < 40) {
        struct till_redeem redeem = {.member = random_below(random, 2) ? member : 0,
                                     .sale_minor = (int64_t)random_below(random, 2) * 3000};
        uint32_t campaign = SHOP_CAMPAIGN + (uint32_t)random_below(random, 3);
        shop_coupon_text(campaign, serial, random_below(random, 4) ? SHOP_STORE : SHOP_OTHER_STORE, redeem.text);
        group = shop_redeem(shop, &redeem, false).group;
    } else if (choice < 70) {
        struct till_sale sale = {.gross_minor = 1 + (int64_t)random_below(random, 9000), .member = member};
        if (random_below(random, 2)) {
            sale.credit_minor = 1 + (int64_t)random_below(random, (uint64_t)sale.gross_minor);
            shop_member_text(shop, member, true, sale.member_code);
        }
        group = shop_sell(shop, &sale).group;
    } else if (choice < 85 && *group_count > 0) {
        shop_void(shop, groups[random_below(random, *group_count)]);
    } else if (choice < 90) {
        struct feed_right right = {.coupon = {SHOP_CAMPAIGN, serial},
                                   .epoch = (uint32_t)random_below(random, 3),
                                   .use_no = 1 + (uint32_t)random_below(random, 3),
                                   .transfer = random_u64(random) >> 1};
        shop_item_right(shop, random_below(random, 2) ? FEED_RIGHT_GRANT : FEED_RIGHT_REQUEST, &right);
        shop_give(shop);
    } else {
        struct feed_share share = {.member = member,
                                   .owner = {OWNER_STORE, SHOP_STORE},
                                   .amount_minor = (int64_t)random_below(random, 500),
                                   .transfer = random_u64(random) >> 1};
        shop_item_share(shop, random_below(random, 2) ? FEED_SHARE_GRANT : FEED_SHARE_REQUEST, &share);
        shop_give(shop);
    }
    if (group != 0)
        groups[(*group_count)++] = group;
}

static void a_rebuild_equals_the_running_books_after_a_random_day(void **state)
{
    struct shop *shop = *state;
    struct sim_random random;
    static uint64_t groups[2000];
    uint32_t group_count = 0;

    sim_random_init(&random, 20261121);
    for (int i = 0; i < 2000; i++) {
        random_act(shop, &random.base, groups, &group_count);
        sim_clock_advance(&shop->clock, 1000);
        if (i % 100 == 0) /* or the clock becomes too unsure for codes */
            shop_trust_time(shop);
    }

    assert_int_equal(till_rebuild_compare(shop->till), 0);
    assert_true(group_count > 500);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM (SELECT sum(amount_minor) AS s FROM balance GROUP BY unit)"
                                      " WHERE s <> 0"),
                     0);
    assert_true(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 8") > 100);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share WHERE amount_minor < 0"), 0);
}

static void a_changed_projection_is_noticed_by_the_rebuild(void **state)
{
    struct shop *shop = *state;
    const struct db_options writer = {.mode = DB_WRITER};
    struct db *db;

    shop_sell(shop, &(struct till_sale){.gross_minor = 1000, .member = SHOP_MEMBER});
    shop_stop(shop);
    assert_int_equal(db_open(shop->path, &writer, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE share SET amount_minor = amount_minor + 1"), 0);
    db_close(db);
    shop_start(shop);

    assert_int_equal(till_rebuild_compare(shop->till), -EUCLEAN);
}

/* The child redeems and says so through a pipe, only after the till answered, until it is killed. */
static void run_child(struct shop *shop, int out)
{
    shop_start(shop);
    shop_trust_time(shop);
    for (uint64_t serial = 1;; serial++) {
        struct till_redeem redeem = {.sale_minor = 2500, .member = SHOP_MEMBER};
        shop_coupon_text(SHOP_CAMPAIGN, serial, SHOP_STORE, redeem.text);
        struct till_redeemed done = shop_redeem(shop, &redeem, false);
        if (done.verdict != COUPON_OK || write(out, &serial, sizeof(serial)) != sizeof(serial))
            _exit(1);
    }
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    struct shop *shop = *state;
    uint64_t last = 0, serial;
    int ends[2], status;

    shop_stop(shop);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(shop, ends[1]);
    close(ends[1]);
    while (last < 150 && read(ends[0], &serial, sizeof(serial)) == sizeof(serial))
        last = serial;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    while (read(ends[0], &serial, sizeof(serial)) == sizeof(serial))
        last = serial;
    close(ends[0]);
    assert_true(WIFSIGNALED(status) && last >= 150);
    shop_start(shop);

    assert_true(shop_query(shop, "SELECT count(*) FROM redemption") >= (int64_t)last);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 4"),
                     shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 6")); /* whole groups only */
    assert_int_equal(till_rebuild_compare(shop->till), 0);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, last).verdict, COUPON_ALREADY_USED);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_full_disk_is_said_and_nothing_happened),
        WITH_SHOP(a_failed_sync_never_ends_in_a_false_answer),
        WITH_SHOP(nobody_is_told_of_what_the_medium_may_not_have),
        WITH_SHOP(a_scan_opens_the_books_at_once_and_others_after_a_pause),
        WITH_SHOP(a_commit_whose_fate_was_unclear_is_answered_by_what_the_disk_says),
        WITH_SHOP(a_rebuild_equals_the_running_books_after_a_random_day),
        WITH_SHOP(a_changed_projection_is_noticed_by_the_rebuild),
        WITH_SHOP(what_was_acknowledged_survives_a_kill),
    };

    return cmocka_run_group_tests_name("till_fault", tests, NULL, NULL);
}
