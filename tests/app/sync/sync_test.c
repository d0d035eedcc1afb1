#include "fake_central.h"

#include "platform/random.h"

#include <string.h>
#include <time.h>

#define PATIENCE_S 20 /* of a test that hangs; no test waits for it */

/* A shop, its sync and the central it talks to. */
struct line {
    struct shop shop;
    struct fake_central central;
    struct sync *sync;
    struct sim_random random;
    char key_path[128];
    _Atomic bool link;
    pthread_mutex_t mutex;
    pthread_cond_t news;
    uint32_t asked_count, asked_ticket;
    int asked_error;
    struct authority_answer asked_answer;
    uint32_t statuses;
};

static bool link_up(void *context)
{
    return atomic_load(&((struct line *)context)->link);
}

static void on_status(void *context, const struct sync_status *status)
{
    struct line *line = context;

    (void)status;
    pthread_mutex_lock(&line->mutex);
    line->statuses++;
    pthread_cond_broadcast(&line->news);
    pthread_mutex_unlock(&line->mutex);
}

static void on_asked(void *context, uint32_t ticket, int error, const struct authority_answer *answer)
{
    struct line *line = context;

    pthread_mutex_lock(&line->mutex);
    line->asked_count++;
    line->asked_ticket = ticket;
    line->asked_error = error;
    line->asked_answer = *answer;
    pthread_cond_broadcast(&line->news);
    pthread_mutex_unlock(&line->mutex);
}

static void on_append(void *context)
{
    sync_wake(((struct line *)context)->sync);
}

static void start_sync(struct line *line)
{
    const struct sync_options options = {.till = line->shop.till,
                                         .clock = &line->shop.clock.base,
                                         .random = &line->random.base,
                                         .transport = fake_central_transport(&line->central),
                                         .key_path = line->key_path,
                                         .incarnation = {.hardware_serial = "HW-1", .version = "0.1.0"},
                                         .link_up = link_up,
                                         .status_changed = on_status,
                                         .asked = on_asked,
                                         .context = line};

    assert_int_equal(sync_open(&options, &line->sync), 0);
    pthread_mutex_lock(&line->shop.mutex);
    line->shop.append_context = line;
    line->shop.on_append = on_append;
    pthread_mutex_unlock(&line->shop.mutex);
}

static void stop_sync(struct line *line)
{
    pthread_mutex_lock(&line->shop.mutex);
    line->shop.on_append = NULL;
    pthread_mutex_unlock(&line->shop.mutex);
    sync_close(line->sync);
    line->sync = NULL;
}

static int open_line(void **state)
{
    static struct line line;

    memset(&line, 0, sizeof(line));
    shop_init(&line.shop);
    shop_start(&line.shop);
    fake_central_init(&line.central, &line.shop);
    tempdir_path(&line.shop.dir, "key", line.key_path);
    sim_random_init(&line.random, 7);
    atomic_store(&line.link, true);
    pthread_mutex_init(&line.mutex, NULL);
    pthread_cond_init(&line.news, NULL);
    start_sync(&line);
    *state = &line;
    return 0;
}

static int close_line(void **state)
{
    struct line *line = *state;

    stop_sync(line);
    shop_finish(&line->shop);
    fake_central_finish(&line->central);
    pthread_cond_destroy(&line->news);
    pthread_mutex_destroy(&line->mutex);
    return 0;
}

static struct sync_status status_of(struct line *line)
{
    struct sync_status status;

    sync_status_copy(line->sync, &status);
    return status;
}

/* News from the sync, or a moment: not everything that a condition looks at is told. */
static void await_news(struct line *line)
{
    struct timespec moment;

    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_nsec += 2000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&line->mutex);
    pthread_cond_timedwait(&line->news, &line->mutex, &moment);
    pthread_mutex_unlock(&line->mutex);
}

/* Returns when it holds; moves the clock by step_ms a turn where the sync waits for time to pass. */
typedef bool (*condition)(struct line *line);

static void until(struct line *line, condition holds, int64_t step_ms)
{
    time_t begun = time(NULL);

    while (!holds(line)) {
        assert_true(time(NULL) - begun < PATIENCE_S);
        await_news(line);
        if (step_ms > 0) {
            sim_clock_advance(&line->shop.clock, step_ms);
            sync_wake(line->sync);
        }
    }
}

static bool at_confirm(struct line *line)
{
    return status_of(line).enrol == ENROL_STAGE_CONFIRM;
}

static bool is_done(struct line *line)
{
    return status_of(line).enrol == ENROL_STAGE_DONE;
}

static bool has_failed(struct line *line)
{
    return status_of(line).enrol == ENROL_STAGE_FAILED;
}

static uint64_t stored(struct line *line)
{
    uint64_t through;

    pthread_mutex_lock(&line->central.mutex);
    through = line->central.stored_through;
    pthread_mutex_unlock(&line->central.mutex);
    return through;
}

static bool all_stored(struct line *line)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(line->shop.till, &backlog), 0);
    return backlog.last_seq > 0 && backlog.waiting == 0 && stored(line) == backlog.last_seq &&
           status_of(line).waiting == 0;
}

static bool is_online(struct line *line)
{
    return status_of(line).online;
}

static bool is_offline(struct line *line)
{
    return !status_of(line).online;
}

static bool is_quarantined(struct line *line)
{
    return status_of(line).quarantined;
}

static bool waits_to_retry(struct line *line)
{
    struct sync_status status = status_of(line);

    return status.next_try_mono_ms != 0 && status.waiting > 0;
}

static bool was_asked(struct line *line)
{
    bool asked;

    pthread_mutex_lock(&line->mutex);
    asked = line->asked_count > 0;
    pthread_mutex_unlock(&line->mutex);
    return asked;
}

static bool has_no_error(struct line *line)
{
    return status_of(line).error[0] == '\0';
}

static bool was_called(struct line *line)
{
    bool called;

    pthread_mutex_lock(&line->central.mutex);
    called = line->central.ask_calls > 0;
    pthread_mutex_unlock(&line->central.mutex);
    return called;
}

static bool sees_settings(struct line *line)
{
    struct till_reference reference;

    till_reference_copy(line->shop.till, &reference);
    return reference.settings.store == SHOP_STORE;
}

#define COMMAND(line, ...)                                                                                             \
    do {                                                                                                               \
        pthread_mutex_lock(&(line)->central.mutex);                                                                    \
        __VA_ARGS__;                                                                                                   \
        pthread_cond_broadcast(&(line)->central.changed);                                                              \
        pthread_mutex_unlock(&(line)->central.mutex);                                                                  \
    } while (0)

static void scan_ticket(struct line *line)
{
    char ticket[ENROL_TEXT_MAX];

    fake_central_ticket(&line->central, ticket);
    sync_enrol(line->sync, ticket);
}

static void enrol(struct line *line)
{
    COMMAND(line, line->central.confirmed = true);
    scan_ticket(line);
    until(line, is_done, 0);
}

static void set_link(struct line *line, bool up)
{
    atomic_store(&line->link, up);
    sync_wake(line->sync);
}

static void note(struct line *line, int count)
{
    struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = RECORD_QR_SHOWN}};

    for (int i = 0; i < count; i++)
        assert_int_equal(shop_ask(&line->shop, &request).error, 0);
}

static void a_technicians_qr_enrols_after_the_digits_were_confirmed(void **state)
{
    struct line *line = *state;

    assert_int_equal(status_of(line).enrol, ENROL_STAGE_NONE);
    scan_ticket(line);
    until(line, at_confirm, 0);
    struct sync_status waiting = status_of(line);
    char digits[7];
    COMMAND(line, crypto_confirm_code(line->central.terminal_key, digits); line->central.confirmed = true);
    until(line, is_done, 500);
    until(line, all_stored, 0);

    assert_string_equal(waiting.digits, digits);
    assert_false(waiting.online);
    assert_string_equal(line->central.url, "https://central.example:8443");
    assert_int_equal(line->central.enrol_calls, 1);
    assert_int_equal(line->central.bad_signatures, 0);
    assert_int_equal(stored(line), 1); /* the incarnation */
}

static void a_half_finished_enrolment_resumes_after_a_restart(void **state)
{
    struct line *line = *state;

    scan_ticket(line);
    until(line, at_confirm, 0);
    char digits[7];
    memcpy(digits, status_of(line).digits, sizeof(digits));
    stop_sync(line);
    shop_stop(&line->shop);
    shop_start(&line->shop);
    start_sync(line);
    until(line, at_confirm, 0);
    assert_string_equal(status_of(line).digits, digits);
    COMMAND(line, line->central.confirmed = true);
    until(line, is_done, 500);

    assert_int_equal(line->central.enrol_calls, 1);
}

static void every_way_to_fail_enrolling_has_its_reason(void **state)
{
    struct line *line = *state;

    sync_enrol(line->sync, "TSE1:NONSENSE");
    until(line, has_failed, 0);
    assert_int_equal(status_of(line).enrol_error, ENROL_BAD_QR);
    const struct {
        int network_error;
        bool expired, wrong_root, refused;
        enum enrol_error error;
    } ways[] = {
        {.network_error = -EHOSTUNREACH, .error = ENROL_NO_NETWORK},
        {.network_error = -EKEYREJECTED, .error = ENROL_NOT_CENTRAL},
        {.expired = true, .error = ENROL_EXPIRED},
        {.wrong_root = true, .error = ENROL_NOT_CENTRAL},
        {.refused = true, .error = ENROL_REJECTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        time_t begun = time(NULL);
        COMMAND(line, line->central.network_error = ways[i].network_error; line->central.expired = ways[i].expired;
                line->central.wrong_root = ways[i].wrong_root; line->central.refused = ways[i].refused);
        scan_ticket(line);
        while (!has_failed(line) || status_of(line).enrol_error != ways[i].error) {
            assert_true(time(NULL) - begun < PATIENCE_S);
            await_news(line);
        }
    }
    COMMAND(line, line->central.refused = false);
    enrol(line); /* the QR can be shown again */
}

static void what_is_appended_goes_up_at_once_and_once(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    note(line, 3);
    until(line, all_stored, 0);

    assert_int_equal(stored(line), 4);
    assert_int_equal(line->central.stored_twice, 0);
    assert_true(is_online(line));
}

static void a_long_backlog_goes_up_in_batches(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    set_link(line, false);
    note(line, 1100);
    assert_false(is_online(line));
    assert_int_equal(stored(line), 1);
    COMMAND(line, line->central.journal_calls = 0);
    set_link(line, true);
    until(line, all_stored, 0);

    assert_int_equal(stored(line), 1101);
    assert_int_equal(line->central.journal_calls, 3);
}

static void a_lost_answer_is_sent_again_without_harm(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    COMMAND(line, line->central.lose_answer = true);
    note(line, 2);
    until(line, all_stored, 100);

    assert_int_equal(stored(line), 3);
    assert_true(line->central.stored_twice > 0);
}

static void a_gap_makes_it_go_back(void **state)
{
    struct line *line = *state;

    enrol(line);
    note(line, 5);
    until(line, all_stored, 0);
    /* Central lost its memory without saying so. */
    COMMAND(line, line->central.stored_through = 0; memset(line->central.last_hash, 0, HASH_LEN));
    note(line, 1);
    until(line, all_stored, 0);

    assert_int_equal(stored(line), 7);
}

static void a_new_server_epoch_brings_back_what_was_not_archived(void **state)
{
    struct line *line = *state;

    enrol(line);
    note(line, 5);
    until(line, all_stored, 0);
    COMMAND(line, line->central.server_epoch = 2; line->central.stored_through = 0;
            memset(line->central.last_hash, 0, HASH_LEN));
    note(line, 1);
    until(line, all_stored, 0);

    assert_int_equal(stored(line), 7);
}

static void a_fork_stops_the_upload_and_raises_the_alarm(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    COMMAND(line, line->central.fork = true; line->central.journal_calls = 0);
    note(line, 1);
    until(line, is_quarantined, 0);
    note(line, 3);

    assert_int_equal(line->central.journal_calls, 1);
    assert_int_equal(stored(line), 1);
}

static void a_wrong_clock_is_corrected_and_the_request_signed_again(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    COMMAND(line, line->central.clock_offset_ms = 3600 * 1000);
    note(line, 1);
    until(line, all_stored, 0);

    assert_true(line->central.stale_refusals > 0);
    assert_int_equal(line->central.bad_signatures, 0);
}

static void a_terminal_that_wakes_up_in_1970_still_gets_through(void **state)
{
    struct line *line = *state;

    sim_clock_set_wall(&line->shop.clock, 1000);
    COMMAND(line, line->central.clock_offset_ms = SHOP_START_MS);
    scan_ticket(line);
    until(line, at_confirm, 0);
    COMMAND(line, line->central.confirmed = true);
    until(line, is_done, 500);
    until(line, all_stored, 0);

    assert_true(status_of(line).last_contact_ms >= SHOP_START_MS);
}

static void cutting_the_link_shows_at_once_and_mending_it_too(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, is_online, 0);
    set_link(line, false);
    assert_false(status_of(line).online);
    assert_false(status_of(line).link);
    note(line, 2);
    set_link(line, true);
    until(line, all_stored, 0);
    until(line, is_online, 0);
}

static void a_failed_exchange_shows_as_offline(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    until(line, is_online, 0);
    COMMAND(line, line->central.network_error = -ECONNREFUSED);
    note(line, 1);
    until(line, is_offline, 0);
    until(line, waits_to_retry, 0);
    struct sync_status broken = status_of(line);
    COMMAND(line, line->central.network_error = 0);
    until(line, all_stored, 1000);

    assert_int_equal(broken.waiting, 1);
    assert_non_null(strstr(broken.error, "ECONNREFUSED"));
    until(line, has_no_error, 0); /* one loop getting through wakes the others */
}

static void central_asking_for_patience_gets_it(void **state)
{
    struct line *line = *state;

    enrol(line);
    until(line, all_stored, 0);
    COMMAND(line, line->central.journal_status = 503; line->central.retry_after_s = 40);
    note(line, 1);
    until(line, waits_to_retry, 0);
    int64_t wait_ms = status_of(line).next_try_mono_ms - clock_mono_ms(&line->shop.clock.base);
    uint32_t calls;
    COMMAND(line, line->central.journal_status = 0; calls = line->central.journal_calls);
    sync_wake(line->sync); /* an append does not cut the pause short */
    sim_clock_advance(&line->shop.clock, 39 * 1000);
    sync_wake(line->sync);
    COMMAND(line, assert_int_equal(line->central.journal_calls, calls));
    until(line, all_stored, 1000);

    assert_true(wait_ms >= 40 * 1000 && wait_ms <= 60 * 1000);
}

static void news_come_down_while_waiting(void **state)
{
    struct line *line = *state;
    struct feed_cursor cursor;

    enrol(line);
    until(line, is_online, 0);
    shop_item_settings(&line->shop, SHOP_TERMINAL);
    fake_central_publish(&line->central);
    until(line, sees_settings, 0);

    assert_int_equal(till_feed_cursor(line->shop.till, &cursor), 0);
    assert_int_equal(cursor.store, 1);
}

static void a_grant_is_reported_only_when_it_came_by_the_feed(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.request_id = {1, 2, 3}, .coupon = {SHOP_CAMPAIGN, 9}, .wait_s = 20};
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 9}, .epoch = 1, .use_no = 1, .transfer = 4};

    enrol(line);
    shop_item_settings(&line->shop, SHOP_TERMINAL);
    fake_central_publish(&line->central);
    until(line, sees_settings, 0);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_GRANTED; line->central.ask_position = 2);
    assert_int_equal(sync_ask(line->sync, ASK_RIGHT, 31, &request), 0);
    until(line, was_called, 0);
    assert_false(was_asked(line));
    shop_item_right(&line->shop, FEED_RIGHT_GRANT, &grant);
    fake_central_publish(&line->central);
    until(line, was_asked, 0);

    assert_int_equal(line->asked_ticket, 31);
    assert_int_equal(line->asked_error, 0);
    assert_int_equal(line->asked_answer.verdict, AUTHORITY_GRANTED);
    assert_int_equal(line->central.last_wait_s, 20);
    assert_int_equal(shop_query(&line->shop, "SELECT count(*) FROM held_right"), 1);
}

static void a_grant_that_never_comes_times_out(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    enrol(line);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_GRANTED; line->central.ask_position = 99);
    assert_int_equal(sync_ask(line->sync, ASK_CREDIT, 32, &request), 0);
    until(line, was_asked, 1000);

    assert_int_equal(line->asked_error, -ETIMEDOUT);
}

static void an_unanswered_ask_is_repeated_under_its_id_until_its_time_is_up(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.request_id = {9, 9}, .wait_s = 5};

    enrol(line);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_WAITING);
    assert_int_equal(sync_ask(line->sync, ASK_RIGHT, 33, &request), 0);
    until(line, was_asked, 100);

    assert_int_equal(line->asked_error, 0);
    assert_int_equal(line->asked_answer.verdict, AUTHORITY_WAITING);
    assert_true(line->central.ask_calls > 1);
    assert_memory_equal(line->central.last_request_id, request.request_id, REQUEST_ID_LEN);
}

static void asking_offline_fails_at_once(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    enrol(line);
    until(line, is_online, 0);
    set_link(line, false);
    assert_int_equal(sync_ask(line->sync, ASK_CODE, 34, &request), 0);
    until(line, was_asked, 0);

    assert_int_equal(line->asked_error, -ENETDOWN);
}

static void a_fifth_ask_is_refused(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    enrol(line);
    COMMAND(line, line->central.hold_asks = true);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(sync_ask(line->sync, ASK_CODE, i, &request), 0);

    assert_int_equal(sync_ask(line->sync, ASK_CODE, 5, &request), -ENOSPC);
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(a_technicians_qr_enrols_after_the_digits_were_confirmed),
        WITH_LINE(a_half_finished_enrolment_resumes_after_a_restart),
        WITH_LINE(every_way_to_fail_enrolling_has_its_reason),
        WITH_LINE(what_is_appended_goes_up_at_once_and_once),
        WITH_LINE(a_long_backlog_goes_up_in_batches),
        WITH_LINE(a_lost_answer_is_sent_again_without_harm),
        WITH_LINE(a_gap_makes_it_go_back),
        WITH_LINE(a_new_server_epoch_brings_back_what_was_not_archived),
        WITH_LINE(a_fork_stops_the_upload_and_raises_the_alarm),
        WITH_LINE(a_wrong_clock_is_corrected_and_the_request_signed_again),
        WITH_LINE(a_terminal_that_wakes_up_in_1970_still_gets_through),
        WITH_LINE(cutting_the_link_shows_at_once_and_mending_it_too),
        WITH_LINE(a_failed_exchange_shows_as_offline),
        WITH_LINE(central_asking_for_patience_gets_it),
        WITH_LINE(news_come_down_while_waiting),
        WITH_LINE(a_grant_is_reported_only_when_it_came_by_the_feed),
        WITH_LINE(a_grant_that_never_comes_times_out),
        WITH_LINE(an_unanswered_ask_is_repeated_under_its_id_until_its_time_is_up),
        WITH_LINE(asking_offline_fails_at_once),
        WITH_LINE(a_fifth_ask_is_refused),
    };

    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
