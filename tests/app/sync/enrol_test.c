#include "line.h"

#include <string.h>
#include <time.h>

static void a_technicians_qr_enrols_after_the_digits_were_confirmed(void **state)
{
    struct line *line = *state;

    assert_int_equal(line_status_of(line).enrol, ENROL_STAGE_NONE);
    line_scan_ticket(line);
    line_until(line, line_at_confirm, 0);
    struct sync_status waiting = line_status_of(line);
    char digits[7];
    COMMAND(line, crypto_confirm_code(line->central.terminal_key, digits); line->central.confirmed = true);
    line_until(line, line_is_done, 500);
    line_until(line, line_all_stored, 0);

    assert_string_equal(waiting.digits, digits);
    assert_false(waiting.online);
    assert_string_equal(line->central.url, "https://central.example:8443");
    assert_int_equal(line->central.enrol_calls, 1);
    assert_int_equal(line->central.bad_signatures, 0);
    assert_int_equal(line_stored(line), 1); /* the incarnation */
}

static void a_half_finished_enrolment_resumes_after_a_restart(void **state)
{
    struct line *line = *state;

    line_scan_ticket(line);
    line_until(line, line_at_confirm, 0);
    char digits[7];
    memcpy(digits, line_status_of(line).digits, sizeof(digits));
    line_stop_sync(line);
    shop_stop(&line->shop);
    shop_start(&line->shop);
    line_start_sync(line);
    line_until(line, line_at_confirm, 0);
    assert_string_equal(line_status_of(line).digits, digits);
    COMMAND(line, line->central.confirmed = true);
    line_until(line, line_is_done, 500);

    assert_int_equal(line->central.enrol_calls, 1);
}

static void a_central_that_just_started_ends_no_enrolment(void **state)
{
    struct line *line = *state;

    line_scan_ticket(line);
    line_until(line, line_at_confirm, 0);
    COMMAND(line, line->central.stale_next = 4; line->central.confirmed = true);
    line_until(line, line_is_done, 500);

    assert_int_equal(line->central.stale_refusals, 4);
    assert_int_equal(line->central.enrol_calls, 1);
}

static void every_way_to_fail_enrolling_has_its_reason(void **state)
{
    struct line *line = *state;

    sync_enrol(line->sync, "TSE1:NONSENSE");
    line_until(line, line_has_failed, 0);
    assert_int_equal(line_status_of(line).enrol_error, ENROL_BAD_QR);
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
        line_scan_ticket(line);
        while (!line_has_failed(line) || line_status_of(line).enrol_error != ways[i].error) {
            assert_true(time(NULL) - begun < 20);
            line_await_news(line);
        }
    }
    COMMAND(line, line->central.refused = false);
    line_enrol(line); /* the QR can be shown again */
}

static void a_terminal_that_wakes_up_in_1970_still_gets_through(void **state)
{
    struct line *line = *state;

    sim_clock_set_wall(&line->shop.clock, 1000);
    COMMAND(line, line->central.clock_offset_ms = SHOP_START_MS);
    line_scan_ticket(line);
    line_until(line, line_at_confirm, 0);
    COMMAND(line, line->central.confirmed = true);
    line_until(line, line_is_done, 500);
    line_until(line, line_all_stored, 0);

    assert_true(line_status_of(line).last_contact_ms >= SHOP_START_MS);
}

static void a_refused_new_enrolment_leaves_the_old_one_at_work(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.refused = true);
    line_scan_ticket(line);
    line_until(line, line_has_failed, 0);
    COMMAND(line, line->central.refused = false);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);
    line_stop_sync(line);
    line_start_sync(line);

    assert_int_equal(line_status_of(line).enrol, ENROL_STAGE_DONE);
    assert_int_equal(line_stored(line), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(a_technicians_qr_enrols_after_the_digits_were_confirmed),
        WITH_LINE(a_half_finished_enrolment_resumes_after_a_restart),
        WITH_LINE(a_central_that_just_started_ends_no_enrolment),
        WITH_LINE(every_way_to_fail_enrolling_has_its_reason),
        WITH_LINE(a_terminal_that_wakes_up_in_1970_still_gets_through),
        WITH_LINE(a_refused_new_enrolment_leaves_the_old_one_at_work),
    };

    return cmocka_run_group_tests_name("sync_enrol", tests, NULL, NULL);
}
