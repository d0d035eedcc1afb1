#include "platform/buffer.h"
#include "platform/file.h"
#include "shop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The mark that a device keeps outside the data partition, and books that are set back under it. */

struct place {
    bool there;
    struct till_mark mark;
    int read_error, write_error;
    bool off; /* the power is: nothing is written any more, and nobody hears of it */
    uint32_t writes;
};

struct copy { /* of the data partition */
    struct buffer books, log;
};

static struct place place;

static int place_read(void *context, struct till_mark *out_mark)
{
    struct place *p = context;

    if (p->read_error != 0)
        return p->read_error;
    if (!p->there)
        return -ENOENT;
    *out_mark = p->mark;
    return 0;
}

static int place_write(void *context, const struct till_mark *mark)
{
    struct place *p = context;

    if (p->write_error != 0)
        return p->write_error;
    if (!p->off) {
        p->there = true;
        p->mark = *mark;
        p->writes++;
    }
    return 0;
}

static int open_shop(void **state)
{
    static struct shop shop;

    memset(&place, 0, sizeof(place));
    memset(&shop, 0, sizeof(shop));
    shop_init(&shop);
    shop.inline_jobs = true; /* what is written after the answer stands before the next line */
    shop.marks = (struct till_marks){place_read, place_write, &place};
    shop_start(&shop);
    shop_enrol(&shop);
    shop_trust_time(&shop);
    shop_give_basics(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void start_again(struct shop *shop)
{
    shop_start(shop);
    shop_trust_time(shop);
}

static void restart(struct shop *shop)
{
    shop_stop(shop);
    start_again(shop);
}

/* The books are whole, as a commit leaves them; what the end of the program would have written is not. */
static void crash(struct shop *shop)
{
    place.off = true;
    shop_stop(shop);
    place.off = false;
}

static bool forked(struct shop *shop)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    return backlog.forked;
}

static void copy_one(const char *path, const char *end, struct buffer *out)
{
    char name[160];
    int r;

    buffer_init(out, 64 << 20);
    snprintf(name, sizeof(name), "%s%s", path, end);
    r = file_read(name, out);
    assert_true(r == 0 || r == -ENOENT);
}

static void put_one(const char *path, const char *end, struct buffer *from)
{
    char name[160];

    snprintf(name, sizeof(name), "%s%s", path, end);
    unlink(name);
    if (from->len > 0)
        assert_int_equal(file_write_atomic(name, from->data, from->len, 0600), 0);
    buffer_finish(from);
}

/* While nothing writes. */
static void take_copy(struct shop *shop, struct copy *out_copy)
{
    copy_one(shop->path, "", &out_copy->books);
    copy_one(shop->path, "-wal", &out_copy->log);
}

static void put_copy(struct shop *shop, struct copy *copy)
{
    char name[160];

    snprintf(name, sizeof(name), "%s-shm", shop->path);
    unlink(name);
    put_one(shop->path, "", &copy->books);
    put_one(shop->path, "-wal", &copy->log);
}

static void sell(struct shop *shop, int sales)
{
    for (int i = 0; i < sales; i++)
        shop_sell(shop, &(struct till_sale){.gross_minor = 9000, .member = SHOP_MEMBER});
}

static void assert_holds_nothing(struct shop *shop)
{
    struct till_sale spend = {.gross_minor = 500, .credit_minor = 50, .member = SHOP_MEMBER, .pin = "1357"};

    assert_true(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(shop_sell(shop, &spend).verdict, CREDIT_NOT_ENOUGH);
}

static void starts_are_counted_and_the_books_go_on(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(till_boot_count(shop->till), 1);
    for (uint64_t i = 2; i < 6; i++) {
        sell(shop, 1);
        restart(shop);
        assert_int_equal(till_boot_count(shop->till), i);
        assert_true(place.mark.boot_count == i && place.mark.books_count == i);
        assert_int_equal(place.mark.last_seq, shop_query(shop, "SELECT max(seq) FROM journal"));
        assert_true(place.mark.terminal == SHOP_TERMINAL && place.mark.incarnation == 1);
    }

    assert_false(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    assert_int_equal(shop->marked_count, 0);
}

static void an_older_copy_of_the_books_is_found(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    sell(shop, 1);
    shop_stop(shop);
    take_copy(shop, &copy);
    start_again(shop);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    shop_stop(shop);
    put_copy(shop, &copy);
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_holds_nothing(shop);
    restart(shop);
    assert_holds_nothing(shop);
    shop->incarnation = 2; /* only a new enrolment ends it; the rights come with central's snapshot */
    shop_enrol(shop);
    assert_false(forked(shop));
    assert_true(place.mark.incarnation == 2 && place.mark.books_count == place.mark.boot_count);
    restart(shop);
    assert_false(forked(shop));
    assert_int_equal(shop->marked_count, 1);
}

/* Nothing was written outside after the start: the counter alone tells. */
static void an_older_copy_is_found_after_a_crash_too(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    shop_stop(shop);
    take_copy(shop, &copy);
    start_again(shop);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    crash(shop);
    put_copy(shop, &copy);
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_holds_nothing(shop);
}

/* Of the same start by its counter: the journal's end tells. */
static void a_journal_whose_end_is_gone_is_found(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    shop_stop(shop);
    take_copy(shop, &copy);
    place.write_error = -ENOSPC; /* neither side counts this start */
    start_again(shop);
    place.write_error = 0;
    sell(shop, 40); /* more than the records between two marks */
    assert_true(place.mark.last_seq > (uint64_t)64);
    crash(shop);
    put_copy(shop, &copy);
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_holds_nothing(shop);
}

static void the_right_books_put_back_are_the_right_ones(void **state)
{
    struct shop *shop = *state;
    struct copy old, newest;

    shop_stop(shop);
    take_copy(shop, &old);
    start_again(shop);
    sell(shop, 2);
    shop_stop(shop);
    take_copy(shop, &newest);
    put_copy(shop, &old);
    start_again(shop);
    restart(shop);
    assert_true(forked(shop));
    shop_stop(shop);
    put_copy(shop, &newest);
    start_again(shop);

    assert_false(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
}

static void a_mark_that_went_back_under_the_books_is_found(void **state)
{
    struct shop *shop = *state;
    struct till_mark mark;

    shop_stop(shop);
    mark = place.mark;
    start_again(shop);
    restart(shop);
    shop_stop(shop);
    place.mark = mark;
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_holds_nothing(shop);
}

/* The stated limit: central and the peers find it (a fork). */
static void a_whole_disk_that_went_back_is_not_found_here(void **state)
{
    struct shop *shop = *state;
    struct till_mark mark;
    struct copy copy;

    shop_stop(shop);
    take_copy(shop, &copy);
    mark = place.mark;
    start_again(shop);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    shop_stop(shop);
    put_copy(shop, &copy);
    place.mark = mark;
    start_again(shop);

    assert_false(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
}

static void a_mark_that_was_taken_away_is_missed(void **state)
{
    struct shop *shop = *state;

    shop_stop(shop);
    place.there = false;
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_MARK_MISSING);
    assert_holds_nothing(shop);
    restart(shop); /* there is a new one now */
    assert_holds_nothing(shop);
}

static void a_damaged_mark_is_not_passed_over(void **state)
{
    struct shop *shop = *state;

    shop_stop(shop);
    place.read_error = -EBADMSG;
    start_again(shop);
    assert_int_equal(shop->marked, TILL_BOOKS_MARK_DAMAGED);
    assert_holds_nothing(shop);

    place.read_error = 0;
    shop->incarnation = 2;
    shop_enrol(shop);
    restart(shop);
    assert_false(forked(shop));
}

static void forget_count(const struct shop *shop)
{
    const struct db_options options = {.mode = DB_WRITER};
    struct db *db;

    assert_int_equal(db_open(shop->path, &options, &db), 0);
    assert_int_equal(db_exec(db, "DELETE FROM config WHERE key = 'mark_count'"), 0);
    db_close(db);
}

static void books_kept_without_a_mark_take_the_first_one(void **state)
{
    static const int first[] = {0, -EBADMSG};

    for (size_t i = 0; i < 2; i++) {
        struct shop *shop = *state;
        struct copy copy;

        shop_stop(shop);
        assert_int_equal(unlink(shop->path), 0);
        memset(&place, 0, sizeof(place));
        shop->marks.read = NULL; /* the version before */
        shop->terminal = 20 + (uint32_t)i;
        start_again(shop);
        shop_enrol(shop);
        shop_stop(shop);
        forget_count(shop);
        take_copy(shop, &copy);
        shop->marks.read = place_read;
        shop->marked_count = 0;
        place.read_error = first[i];
        start_again(shop);
        place.read_error = 0;
        assert_false(forked(shop));
        restart(shop);
        assert_false(forked(shop));
        assert_int_equal(shop->marked_count, 0);
        shop_stop(shop);
        put_copy(shop, &copy); /* of before the update */
        start_again(shop);
        assert_true(forked(shop));
    }
}

static void a_mark_that_cannot_be_read_stops_nobody(void **state)
{
    struct shop *shop = *state;

    shop_stop(shop);
    place.read_error = -EIO;
    start_again(shop);
    assert_int_equal(shop->marked, TILL_MARK_FAILS);
    assert_int_equal(till_boot_count(shop->till), 0);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    sell(shop, 40);
    assert_int_equal(shop->marked_count, 1);
    shop_stop(shop);
    place.read_error = 0;
    start_again(shop);

    assert_false(forked(shop));
    assert_int_equal(till_boot_count(shop->till), 2);
}

static void a_full_place_stops_nobody_and_is_tried_again(void **state)
{
    struct shop *shop = *state;

    shop_stop(shop);
    place.write_error = -ENOSPC;
    start_again(shop);
    assert_int_equal(shop->marked, TILL_MARK_FAILS);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    sell(shop, 70);
    assert_int_equal(shop->marked_count, 1); /* said once */
    place.write_error = 0;
    sell(shop, 40);
    assert_int_equal(shop->marked, TILL_MARK_WORKS);
    place.write_error = -EROFS;
    restart(shop);
    assert_false(forked(shop));
    place.write_error = 0;
    restart(shop);

    assert_false(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_OK);
}

static void an_enrolment_while_nobody_can_read_the_mark_takes_it_later(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    restart(shop);
    shop_stop(shop);
    place.read_error = -ENODEV;
    start_again(shop);
    shop->incarnation = 2;
    shop_enrol(shop);
    sell(shop, 1);
    shop_stop(shop);
    take_copy(shop, &copy);
    place.read_error = 0;
    start_again(shop);
    assert_false(forked(shop));
    restart(shop);
    assert_false(forked(shop));
    assert_int_equal(place.mark.incarnation, 2);
    shop_stop(shop);
    put_copy(shop, &copy); /* what this leaves open: of the time without a mark */
    start_again(shop);
    assert_false(forked(shop));
}

/* Copied while the program ran: no start lies between the copy and the new enrolment. */
static void an_image_of_before_a_new_enrolment_in_the_same_run_is_found(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    sell(shop, 3);
    take_copy(shop, &copy);
    shop->incarnation = 2;
    shop_enrol(shop);
    assert_int_equal(place.mark.incarnation, 2);
    crash(shop);
    put_copy(shop, &copy);
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_true(forked(shop));
}

static void after_a_factory_reset_the_mark_goes_on_and_the_books_of_before_are_found(void **state)
{
    struct shop *shop = *state;
    struct copy copy;

    sell(shop, 10);
    shop_stop(shop);
    take_copy(shop, &copy);
    assert_int_equal(unlink(shop->path), 0);
    shop->terminal = 12;
    start_again(shop);
    restart(shop);
    place.off = true;
    shop_enrol(shop);
    crash(shop);
    assert_true(place.mark.terminal == SHOP_TERMINAL && place.mark.last_seq > 10); /* of before: not compared */
    start_again(shop);
    assert_false(forked(shop));
    assert_true(place.mark.terminal == 12 && place.mark.last_seq < 10);
    assert_int_equal(shop->marked_count, 0);
    shop_stop(shop);
    put_copy(shop, &copy);
    start_again(shop);

    assert_int_equal(shop->marked, TILL_BOOKS_SET_BACK);
    assert_true(forked(shop));
}

static void flash_is_spared(void **state)
{
    struct shop *shop = *state;
    uint32_t before;
    int64_t records;

    restart(shop);
    before = place.writes;
    records = shop_query(shop, "SELECT count(*) FROM journal");
    sell(shop, 100);
    records = shop_query(shop, "SELECT count(*) FROM journal") - records;

    assert_true(place.writes - before <= records / 64 && place.writes > before);
    before = place.writes;
    restart(shop);
    assert_true(place.writes - before <= 3); /* one at the stop, two at the start */
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(starts_are_counted_and_the_books_go_on),
        WITH_SHOP(an_older_copy_of_the_books_is_found),
        WITH_SHOP(an_older_copy_is_found_after_a_crash_too),
        WITH_SHOP(a_journal_whose_end_is_gone_is_found),
        WITH_SHOP(the_right_books_put_back_are_the_right_ones),
        WITH_SHOP(a_mark_that_went_back_under_the_books_is_found),
        WITH_SHOP(a_whole_disk_that_went_back_is_not_found_here),
        WITH_SHOP(a_mark_that_was_taken_away_is_missed),
        WITH_SHOP(a_damaged_mark_is_not_passed_over),
        WITH_SHOP(books_kept_without_a_mark_take_the_first_one),
        WITH_SHOP(a_mark_that_cannot_be_read_stops_nobody),
        WITH_SHOP(a_full_place_stops_nobody_and_is_tried_again),
        WITH_SHOP(an_enrolment_while_nobody_can_read_the_mark_takes_it_later),
        WITH_SHOP(an_image_of_before_a_new_enrolment_in_the_same_run_is_found),
        WITH_SHOP(after_a_factory_reset_the_mark_goes_on_and_the_books_of_before_are_found),
        WITH_SHOP(flash_is_spared),
    };

    return cmocka_run_group_tests_name("till_mark", tests, NULL, NULL);
}
