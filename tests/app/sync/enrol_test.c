#include "line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "platform/keys.h"

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
        const char *refusal;
        bool wrong_root, refused;
        enum enrol_error error;
    } ways[] = {
        {.network_error = -EHOSTUNREACH, .error = ENROL_NO_NETWORK},
        {.network_error = -EKEYREJECTED, .error = ENROL_NOT_CENTRAL},
        {.refusal = "ticket_over", .error = ENROL_EXPIRED},
        {.refusal = "ticket_used", .error = ENROL_EXPIRED},
        {.refusal = "key_proof_wrong", .error = ENROL_REJECTED},
        {.refusal = "key_elsewhere", .error = ENROL_ELSEWHERE},
        {.refusal = "terminal_removed", .error = ENROL_REMOVED},
        {.wrong_root = true, .error = ENROL_NOT_CENTRAL},
        {.refused = true, .error = ENROL_REJECTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        time_t begun = time(NULL);
        COMMAND(line, line->central.network_error = ways[i].network_error;
                line->central.enrol_refusal = ways[i].refusal; line->central.wrong_root = ways[i].wrong_root;
                line->central.refused = ways[i].refused);
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

static bool was_asked_twice_and_done(struct line *line)
{
    pthread_mutex_lock(&line->central.mutex);
    uint32_t calls = line->central.enrol_calls;
    pthread_mutex_unlock(&line->central.mutex);
    return calls >= 2 && line_is_done(line);
}

static void who_is_at_work_is_confirmed_anew_and_goes_on(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_note(line, 2);
    line_until(line, line_all_stored, 0);
    line_scan_ticket(line);
    line_until(line, was_asked_twice_and_done, 0);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line->central.claimed_terminal, SHOP_TERMINAL);
    assert_int_equal(line->central.claimed_incarnation, 1);
    assert_int_equal(line_stored(line), 4); /* the incarnation began once */
    assert_int_equal(line->central.stored_twice, 0);
}

static bool is_anew_at_work(struct line *line)
{
    return was_asked_twice_and_done(line) && !line_is_quarantined(line);
}

static void a_history_that_forked_is_left_with_its_key(void **state)
{
    struct line *line = *state;
    char before[160];

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.fork = true);
    line_note(line, 1);
    line_until(line, line_is_quarantined, 0);
    COMMAND(line, line->central.knows_key = true; line->central.number = SHOP_TERMINAL + 1);
    line_scan_ticket(line);
    line_until(line, is_anew_at_work, 0);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);
    snprintf(before, sizeof(before), "%s.before", line->key_path);

    assert_int_equal(line->central.claimed_terminal, 0);
    assert_int_equal(line->central.bad_signatures, 0);
    assert_int_equal(line_stored(line), 2); /* an incarnation and a note, of another journal */
    assert_int_equal(unlink(before), 0);
}

static void a_blank_device_with_a_key_of_before_makes_another(void **state)
{
    struct line *line = *state;
    struct key_pair left_behind;
    char before[160];

    assert_int_equal(key_pair_load_or_make(&left_behind, line->key_path, &line->random.base, NULL), 0);
    COMMAND(line, memcpy(line->central.terminal_key, left_behind.public_key, PUBLIC_KEY_LEN);
            line->central.has_key = true; line->central.knows_key = true);
    line_enrol(line);
    line_until(line, line_all_stored, 0);
    line_stop_sync(line);
    line_start_sync(line);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);
    snprintf(before, sizeof(before), "%s.before", line->key_path);

    assert_int_equal(line->central.bad_signatures, 0);
    assert_int_equal(line_stored(line), 2);
    assert_int_equal(unlink(before), 0);
}

static bool failed_for_nonsense(struct line *line)
{
    return line_has_failed(line) && line_status_of(line).enrol_error == ENROL_BAD_QR;
}

static bool failed_for_elsewhere(struct line *line)
{
    return line_has_failed(line) && line_status_of(line).enrol_error == ENROL_ELSEWHERE;
}

static void a_code_for_another_store_moves_nobody(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.ticket_store = SHOP_STORE + 1);
    line_scan_ticket(line);
    line_until(line, line_has_failed, 0);
    assert_int_equal(line_status_of(line).enrol_error, ENROL_ELSEWHERE);
    line_note(line, 1);
    line_until(line, line_all_stored, 0);

    assert_int_equal(line->central.enrol_calls, 1);
    assert_int_equal(line_stored(line), 2);
}

static void a_code_of_another_house_moves_nobody_forked_or_not(void **state)
{
    struct line *line = *state;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    COMMAND(line, line->central.ticket_of_another = true);
    line_scan_ticket(line);
    line_until(line, line_has_failed, 0);
    assert_int_equal(line_status_of(line).enrol_error, ENROL_ELSEWHERE);
    COMMAND(line, line->central.fork = true);
    line_note(line, 1);
    line_until(line, line_is_quarantined, 0);
    sync_enrol(line->sync, "TSE1:NONSENSE");
    line_until(line, failed_for_nonsense, 0);
    line_scan_ticket(line);
    line_until(line, failed_for_elsewhere, 0);

    assert_int_equal(line->central.enrol_calls, 1);
    assert_int_equal(line_stored(line), 1);
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
        WITH_LINE(who_is_at_work_is_confirmed_anew_and_goes_on),
        WITH_LINE(a_history_that_forked_is_left_with_its_key),
        WITH_LINE(a_blank_device_with_a_key_of_before_makes_another),
        WITH_LINE(a_code_for_another_store_moves_nobody),
        WITH_LINE(a_code_of_another_house_moves_nobody_forked_or_not),
    };

    return cmocka_run_group_tests_name("sync_enrol", tests, NULL, NULL);
}
