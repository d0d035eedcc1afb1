#include "shop.h"

#include <stdlib.h>

/* The upload side of the books, seen as central sees it. */

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void note(struct shop *shop, int count)
{
    struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = RECORD_QR_SHOWN}};

    for (int i = 0; i < count; i++)
        assert_int_equal(shop_ask(shop, &request).error, 0);
}

/* Opens the next batch as central would: 0 records when nothing waits. */
static struct batch_head next_head(struct shop *shop)
{
    uint8_t *bytes = malloc(BATCH_BYTES_MAX), public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct batch_reader reader = {.head = {.count = 0}};
    struct record record;
    size_t len;
    uint32_t count = 0;
    int r;

    shop_secret(40, public_key, secret);
    assert_int_equal(till_next_batch(shop->till, secret, bytes, BATCH_BYTES_MAX, &len), 0);
    if (len > 0) {
        assert_int_equal(batch_open(bytes, len, &reader), 0);
        assert_true(batch_verify(&reader, public_key));
        while ((r = batch_next(&reader, &record)) == 1)
            count++;
        assert_int_equal(r, 0);
        assert_int_equal(count, reader.head.count);
    }
    free(bytes);
    return reader.head;
}

static int mark(struct shop *shop, struct journal_answer answer)
{
    if (answer.server_epoch == 0)
        answer.server_epoch = 1;
    return till_marks_store(shop->till, &answer);
}

static void batches_go_up_in_order_until_nothing_waits(void **state)
{
    struct shop *shop = *state;
    struct till_backlog backlog;

    note(shop, BATCH_RECORDS_MAX + 20);
    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    assert_int_equal(backlog.waiting, BATCH_RECORDS_MAX + 21);
    assert_int_equal(backlog.oldest_ms, SHOP_START_MS);
    struct batch_head first = next_head(shop);
    assert_int_equal(first.first_seq, 1);
    assert_int_equal(first.count, BATCH_RECORDS_MAX);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = first.count}), 0);
    struct batch_head second = next_head(shop);
    assert_int_equal(second.first_seq, BATCH_RECORDS_MAX + 1);
    assert_int_equal(second.count, 21);
    assert_int_equal(
        mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = first.count + second.count}),
        0);

    assert_int_equal(next_head(shop).count, 0);
    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    assert_int_equal(backlog.waiting, 0);
    assert_int_equal(backlog.oldest_ms, 0);
}

static void a_late_answer_never_lowers_the_mark(void **state)
{
    struct shop *shop = *state;

    note(shop, 10);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 8}), 0);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 3}), 0);

    assert_int_equal(next_head(shop).first_seq, 9);
}

static void a_gap_rewinds_to_what_central_expects(void **state)
{
    struct shop *shop = *state;

    note(shop, 10);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 8}), 0);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_GAP, .expected_seq = 4}), 0);

    assert_int_equal(next_head(shop).first_seq, 4);
}

static void a_restored_central_gets_everything_after_its_backup_again(void **state)
{
    struct shop *shop = *state;

    note(shop, 10);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED,
                                                        .durable_through = 9,
                                                        .archived_through = 5,
                                                        .server_epoch = 1}),
                     0);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED,
                                                        .durable_through = 9,
                                                        .archived_through = 5,
                                                        .server_epoch = 2}),
                     0);

    assert_int_equal(next_head(shop).first_seq, 6);
}

static void a_quiet_store_hears_of_the_restore_by_the_feed(void **state)
{
    struct shop *shop = *state;
    struct feed_page_head head;
    uint8_t *page = malloc(FEED_PAGE_BYTES_MAX);
    struct slice slice = {page, 0};

    note(shop, 10);
    shop_give(shop);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED,
                                                        .durable_through = 11,
                                                        .archived_through = 5,
                                                        .server_epoch = 1}),
                     0);
    assert_int_equal(next_head(shop).count, 0);
    uint32_t appended = atomic_load(&shop->appended);
    shop->server_epoch = 2;
    slice.len = shop_page(shop, page, FEED_PAGE_BYTES_MAX);
    assert_int_equal(till_feed_apply(shop->till, slice, &head), 0);

    assert_int_equal(next_head(shop).first_seq, 6);
    assert_int_equal(atomic_load(&shop->appended), appended + 1); /* the upload is woken */
    free(page);
}

static void central_knowing_more_than_this_disk_is_an_alarm(void **state)
{
    struct shop *shop = *state;

    note(shop, 3);

    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 99}), -ESTALE);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_GAP, .expected_seq = 99}), -ESTALE);
    assert_int_equal(next_head(shop).first_seq, 1);
}

static void a_fork_is_remembered_over_a_restart(void **state)
{
    struct shop *shop = *state;
    struct till_backlog backlog;

    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    assert_false(backlog.forked);
    assert_int_equal(mark(shop, (struct journal_answer){.status = JOURNAL_FORK}), -ESTALE);
    shop_stop(shop);
    shop_start(shop);
    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    assert_true(backlog.forked);
}

static void run_days(struct shop *shop, struct journal_answer answer, int days)
{
    for (int i = 0; i <= days; i++) { /* the first answer of a start only begins to count */
        assert_int_equal(mark(shop, answer), 0);
        if (i < days)
            sim_clock_advance(&shop->clock, INT64_C(86400000));
    }
}

/* Every kind that moves nothing and that nothing is made from. */
static void note_each(struct shop *shop)
{
    static const uint16_t kinds[] = {RECORD_SCAN_REFUSED, RECORD_RECEIPT,        RECORD_DRAWER_KICK,
                                     RECORD_QR_SHOWN,     RECORD_DATE_CONFIRMED, RECORD_GREETED,
                                     RECORD_SELF_TEST,    RECORD_DEVICE_STATUS,  RECORD_ORDER_DONE,
                                     RECORD_ORDER_STEP,   RECORD_SURVEY_ANSWER};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = kinds[i]}};
        assert_int_equal(shop_ask(shop, &request).error, 0);
    }
}

static void old_archived_records_without_value_are_pruned(void **state)
{
    struct shop *shop = *state;

    shop_scan(shop, SHOP_CAMPAIGN, 1);
    note_each(shop);
    note(shop, 130);
    uint64_t last = (uint64_t)shop_query(shop, "SELECT max(seq) FROM journal");
    const struct journal_answer archived = {.status = JOURNAL_STORED, .durable_through = last, .archived_through = 20};
    assert_int_equal(mark(shop, archived), 0);
    run_days(shop, archived, 16);
    shop_stop(shop);
    sim_clock_advance(&shop->clock, 300 * INT64_C(86400000)); /* in a cupboard */
    shop_start(shop);
    run_days(shop, archived, 10);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE seq <= 20"), 20);
    run_days(shop, archived, 5);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE seq <= 20"), 2); /* incarnation, redemption */
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE seq > 20"), last - 20);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
    shop_stop(shop);
    shop_start(shop);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_ALREADY_USED);
}

static void young_records_are_kept_for_an_older_backup(void **state)
{
    struct shop *shop = *state;

    note(shop, 100);
    assert_int_equal(
        mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 100, .archived_through = 20}),
        0);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE seq <= 20"), 20);
    /* Central's clock is years ahead for a minute, and ours follows it. */
    sim_clock_set_wall(&shop->clock, SHOP_START_MS + 1000 * INT64_C(86400000));
    shop_trust_time(shop);
    note(shop, 100);
    assert_int_equal(
        mark(shop, (struct journal_answer){.status = JOURNAL_STORED, .durable_through = 200, .archived_through = 20}),
        0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE seq <= 20"), 20);
}

static void a_clock_that_goes_back_does_not_reorder_records(void **state)
{
    struct shop *shop = *state;

    note(shop, 2);
    sim_clock_set_wall(&shop->clock, 0); /* 1970 */
    note(shop, 2);
    sim_clock_set_wall(&shop->clock, SHOP_START_MS + INT64_C(315360000000)); /* ten years on */
    note(shop, 2);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal a JOIN journal b ON b.id = a.id + 1"
                                      " WHERE b.hlc <= a.hlc"),
                     0);
    assert_int_equal(next_head(shop).count, 7);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(batches_go_up_in_order_until_nothing_waits),
        WITH_SHOP(a_late_answer_never_lowers_the_mark),
        WITH_SHOP(a_gap_rewinds_to_what_central_expects),
        WITH_SHOP(a_restored_central_gets_everything_after_its_backup_again),
        WITH_SHOP(a_quiet_store_hears_of_the_restore_by_the_feed),
        WITH_SHOP(central_knowing_more_than_this_disk_is_an_alarm),
        WITH_SHOP(a_fork_is_remembered_over_a_restart),
        WITH_SHOP(old_archived_records_without_value_are_pruned),
        WITH_SHOP(young_records_are_kept_for_an_older_backup),
        WITH_SHOP(a_clock_that_goes_back_does_not_reorder_records),
    };

    return cmocka_run_group_tests_name("till_journal", tests, NULL, NULL);
}
