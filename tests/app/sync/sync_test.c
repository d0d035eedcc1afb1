#include "line.h"

#include <string.h>

static void what_is_appended_goes_up_at_once_and_once(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    line_note(line, 3);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line_stored(line), 4);
    assert_int_equal(line->central.stored_twice, 0);
    assert_true(line_is_online(line));
}

static void a_long_backlog_goes_up_in_batches(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    line_set_link(line, false);
    line_note(line, 1100);
    assert_false(line_is_online(line));
    assert_int_equal(line_stored(line), 1);
    COMMAND(line, line->central.journal_calls = 0);
    line_set_link(line, true);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line_stored(line), 1101);
    assert_int_equal(line->central.journal_calls, 3);
}

static void a_lost_answer_is_sent_again_without_harm(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.lose_answer = true);
    line_note(line, 2);
    line_until(line, line_all_stored, 100);

    assert_int_equal(line_stored(line), 3);
    assert_true(line->central.stored_twice > 0);
}

static void a_gap_makes_it_go_back(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_note(line, 5);
    line_until(line, line_all_stored, 0);
    /* Central lost its memory without saying so. */
    COMMAND(line, line->central.stored_through = 0; memset(line->central.last_hash, 0, HASH_LEN));
    line_note(line, 1);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line_stored(line), 7);
}

static void a_new_server_epoch_brings_back_what_was_not_archived(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_note(line, 5);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.server_epoch = 2; line->central.stored_through = 0;
            memset(line->central.last_hash, 0, HASH_LEN));
    line_note(line, 1);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line_stored(line), 7);
}

static void a_fork_stops_the_upload_and_raises_the_alarm(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.fork = true; line->central.journal_calls = 0);
    line_note(line, 1);
    line_until(line, line_is_quarantined, 0);
    line_note(line, 3);

    assert_int_equal(line->central.journal_calls, 1);
    assert_int_equal(line_stored(line), 1);
}

static void a_wrong_clock_is_corrected_and_the_request_signed_again(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.clock_offset_ms = 3600 * 1000);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);

    assert_true(line->central.stale_refusals > 0);
    assert_int_equal(line->central.bad_signatures, 0);
}

static void cutting_the_link_shows_at_once_and_mending_it_too(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_is_online, 0);
    line_set_link(line, false);
    assert_false(line_status_of(line).online);
    assert_false(line_status_of(line).link);
    line_note(line, 2);
    line_set_link(line, true);
    line_until(line, line_all_stored, 0);
    line_until(line, line_is_online, 0);
}

static void a_failed_exchange_shows_as_offline(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    line_until(line, line_is_online, 0);
    COMMAND(line, line->central.network_error = -ECONNREFUSED);
    line_note(line, 1);
    line_until(line, line_is_offline, 0);
    line_until(line, line_waits_to_retry, 0);
    struct sync_status broken = line_status_of(line);
    COMMAND(line, line->central.network_error = 0);
    line_until(line, line_all_stored, 1000);

    assert_int_equal(broken.waiting, 1);
    assert_non_null(strstr(broken.error, "ECONNREFUSED"));
    line_until(line, line_has_no_error, 0); /* one loop getting through wakes the others */
}

/* A whole exchange with central: whatever another loop was about to do, it had the time to. */
static void round_trip(struct line *line)
{
    struct authority_request request = {.wait_s = 1};

    line->asked_count = 0;
    assert_int_equal(sync_ask(line->sync, ASK_CODE, 1, &request), 0);
    line_until(line, line_was_asked, 0);
}

static void central_asking_for_patience_gets_it(void **state)
{
    struct line *line = *state;
    uint32_t calls, after;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.journal_status = 503; line->central.retry_after_s = 40);
    line_note(line, 1);
    line_until(line, line_waits_to_retry, 0);
    int64_t wait_ms = line_status_of(line).next_try_mono_ms - clock_mono_ms(&line->shop.clock.base);
    COMMAND(line, calls = line->central.journal_calls);
    line_note(line, 2); /* an append does not cut the pause short */
    sim_clock_advance(&line->shop.clock, 39 * 1000);
    sync_wake(line->sync);
    round_trip(line);
    round_trip(line);
    COMMAND(line, after = line->central.journal_calls; line->central.journal_status = 0);
    line_until(line, line_all_stored, 1000);

    assert_true(wait_ms >= 40 * 1000 && wait_ms <= 80 * 1000);
    assert_int_equal(calls, 1 + 1); /* the incarnation, then the refused one */
    assert_int_equal(after, calls);
}

static void news_come_down_while_waiting(void **state)
{
    struct line *line = *state;
    struct feed_cursor cursor;

    line_enrol(line);
    line_until(line, line_is_online, 0);
    shop_item_settings(&line->shop, SHOP_TERMINAL);
    fake_central_publish(&line->central);
    line_until(line, line_sees_settings, 0);

    assert_int_equal(till_feed_cursor(line->shop.till, &cursor), 0);
    assert_int_equal(cursor.store, 1);
}

static bool end_is_shown(struct line *line)
{
    bool shown;

    COMMAND(line, shown = line->central.shown_seq == line->central.stored_through && line->central.shown_epoch != 0);
    return shown;
}

static bool feed_was_asked(struct line *line)
{
    bool asked;

    COMMAND(line, asked = line->central.feed_calls > 0);
    return asked;
}

/* A central that was restored waits to hear it from everybody. */
static void the_end_of_the_journal_is_told_once_all_of_it_is_up(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_note(line, 3);
    line_until(line, line_all_stored, 0);
    shop_item_settings(&line->shop, SHOP_TERMINAL);
    fake_central_publish(&line->central);
    line_until(line, end_is_shown, 0);
    assert_int_equal(line->central.shown_seq, 4);
    assert_int_equal(line->central.shown_epoch, line->central.server_epoch);

    COMMAND(line, line->central.journal_status = 503);
    line_set_link(line, false);
    line_note(line, 2);
    COMMAND(line, line->central.feed_calls = 0);
    line_set_link(line, true);
    line_until(line, feed_was_asked, 0);
    assert_false(line->central.shown_early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(what_is_appended_goes_up_at_once_and_once),
        WITH_LINE(a_long_backlog_goes_up_in_batches),
        WITH_LINE(a_lost_answer_is_sent_again_without_harm),
        WITH_LINE(the_end_of_the_journal_is_told_once_all_of_it_is_up),
        WITH_LINE(a_gap_makes_it_go_back),
        WITH_LINE(a_new_server_epoch_brings_back_what_was_not_archived),
        WITH_LINE(a_fork_stops_the_upload_and_raises_the_alarm),
        WITH_LINE(a_wrong_clock_is_corrected_and_the_request_signed_again),
        WITH_LINE(cutting_the_link_shows_at_once_and_mending_it_too),
        WITH_LINE(a_failed_exchange_shows_as_offline),
        WITH_LINE(central_asking_for_patience_gets_it),
        WITH_LINE(news_come_down_while_waiting),
    };

    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
