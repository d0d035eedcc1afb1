/* A device that makes another key: which one stands beside it, and when. */

#include "line.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/keys.h"

static _Atomic bool books_fail;

int __real_till_backlog(struct till *till, struct till_backlog *out_backlog);
int __wrap_till_backlog(struct till *till, struct till_backlog *out_backlog);
int __real_till_enrolment_load(struct till *till, struct till_enrolment *out_enrolment);
int __wrap_till_enrolment_load(struct till *till, struct till_enrolment *out_enrolment);

int __wrap_till_backlog(struct till *till, struct till_backlog *out_backlog)
{
    return atomic_load(&books_fail) ? -EIO : __real_till_backlog(till, out_backlog);
}

int __wrap_till_enrolment_load(struct till *till, struct till_enrolment *out_enrolment)
{
    return atomic_load(&books_fail) ? -EIO : __real_till_enrolment_load(till, out_enrolment);
}

static const char *beside(const struct line *line, const char *suffix, char out_path[160])
{
    snprintf(out_path, 160, "%s%s", line->key_path, suffix);
    return out_path;
}

static bool is_there(const struct line *line, const char *suffix)
{
    char path[160];

    return access(beside(line, suffix, path), F_OK) == 0;
}

static void assert_key(const struct line *line, const char *suffix, const struct key_pair *wanted)
{
    struct key_pair key;
    char path[160];

    assert_int_equal(key_pair_load(&key, beside(line, suffix, path)), 0);
    assert_memory_equal(key.public_key, wanted->public_key, PUBLIC_KEY_LEN);
}

/* At work, then forked: central knows the key and would have another one, whose digits nobody compared yet. */
static void fork_and_scan(struct line *line, struct key_pair *out_original)
{
    line_enrol(line);
    line_until(line, line_all_stored, 0);
    assert_int_equal(key_pair_load(out_original, line->key_path), 0);
    COMMAND(line, line->central.fork = true);
    line_note(line, 1);
    line_until(line, line_is_quarantined, 0);
    COMMAND(line, line->central.knows_key = true; line->central.number = SHOP_TERMINAL + 1;
            line->central.confirmed = false);
    line_scan_ticket(line);
    line_until(line, line_at_confirm, 0);
}

static bool is_anew_at_work(struct line *line)
{
    return line_is_done(line) && !line_is_quarantined(line);
}

static void assert_swapped(struct line *line, const struct key_pair *original, const char *before)
{
    struct key_pair now;

    assert_int_equal(key_pair_load(&now, line->key_path), 0);
    assert_memory_equal(now.public_key, line->central.terminal_key, PUBLIC_KEY_LEN);
    assert_memory_not_equal(now.public_key, original->public_key, PUBLIC_KEY_LEN);
    assert_key(line, before, original);
    assert_false(is_there(line, ".new"));
    assert_false(is_there(line, ".ticket"));
}

static void a_refused_new_key_leaves_the_old_one(void **state)
{
    struct line *line = *state;
    struct key_pair original;

    fork_and_scan(line, &original);
    assert_key(line, "", &original);
    COMMAND(line, line->central.refused = true);
    line_until(line, line_has_failed, 500);
    assert_key(line, "", &original);
    assert_false(is_there(line, ".new"));
    assert_false(is_there(line, ".ticket"));
    assert_false(is_there(line, ".before"));
    line_stop_sync(line);
    line_start_sync(line);
    assert_int_equal(line_status_of(line).enrol, ENROL_STAGE_DONE); /* as it stood */
    assert_true(line_is_quarantined(line));

    COMMAND(line, line->central.refused = false; line->central.confirmed = true;
            memcpy(line->central.terminal_key, original.public_key, PUBLIC_KEY_LEN));
    line_scan_ticket(line);
    line_until(line, is_anew_at_work, 0);
    assert_swapped(line, &original, ".before");
}

static void a_new_key_that_waits_goes_on_after_a_restart(void **state)
{
    struct line *line = *state;
    struct key_pair original;
    char digits[7];

    fork_and_scan(line, &original);
    memcpy(digits, line_status_of(line).digits, sizeof(digits));
    line_stop_sync(line);
    shop_stop(&line->shop);
    shop_start(&line->shop);
    line_start_sync(line);
    assert_int_equal(line_status_of(line).enrol, ENROL_STAGE_CONFIRM);
    assert_string_equal(line_status_of(line).digits, digits);
    assert_key(line, "", &original);
    COMMAND(line, line->central.confirmed = true; line->central.bad_signatures = 0);
    line_until(line, is_anew_at_work, 500);
    line_until(line, line_all_stored, 0);

    assert_swapped(line, &original, ".before");
    assert_int_equal(line->central.bad_signatures, 0);
    assert_int_equal(line->central.enrol_calls, 3);
}

static void a_refusal_after_a_restart_leaves_the_old_key(void **state)
{
    struct line *line = *state;
    struct key_pair original;

    fork_and_scan(line, &original);
    line_stop_sync(line);
    line_start_sync(line);
    COMMAND(line, line->central.refused = true);
    line_until(line, line_has_failed, 500);

    assert_key(line, "", &original);
    assert_false(is_there(line, ".ticket"));
    assert_true(line_is_quarantined(line));
}

/* The power went between the key and the books. */
static void a_key_in_its_place_before_the_books_knew_is_asked_for_again(void **state)
{
    struct line *line = *state;
    struct key_pair original;
    char fresh[160], before[160];

    fork_and_scan(line, &original);
    line_stop_sync(line);
    assert_int_equal(link(line->key_path, beside(line, ".before", before)), 0);
    assert_int_equal(rename(beside(line, ".new", fresh), line->key_path), 0);
    COMMAND(line, line->central.confirmed = true);
    line_start_sync(line);
    line_until(line, is_anew_at_work, 500);

    assert_swapped(line, &original, ".before");
    assert_false(is_there(line, ".before.2"));
}

static void a_key_of_before_is_never_overwritten(void **state)
{
    struct line *line = *state;
    struct key_pair first, original;
    char before[160];

    key_pair_make(&first, &line->random.base);
    assert_int_equal(key_pair_save(&first, beside(line, ".before", before)), 0);
    fork_and_scan(line, &original);
    COMMAND(line, line->central.confirmed = true);
    line_until(line, is_anew_at_work, 500);

    assert_key(line, ".before", &first);
    assert_swapped(line, &original, ".before.2");
}

static void books_that_do_not_answer_prove_no_fork(void **state)
{
    struct line *line = *state;
    struct key_pair original;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    assert_int_equal(key_pair_load(&original, line->key_path), 0);
    COMMAND(line, line->central.knows_key = true);
    atomic_store(&books_fail, true);
    line_scan_ticket(line);
    line_until(line, line_has_failed, 0);
    atomic_store(&books_fail, false);
    assert_int_equal(line_status_of(line).enrol_error, ENROL_BOOKS);
    assert_int_equal(line->central.enrol_calls, 1);
    assert_key(line, "", &original);
    assert_false(is_there(line, ".new"));
    line_note(line, 1);
    line_until(line, line_all_stored, 0);
}

static void books_that_could_not_be_read_at_the_start_are_read_before_a_ticket(void **state)
{
    struct line *line = *state;
    struct key_pair original;

    line_enrol(line);
    line_until(line, line_all_stored, 0);
    assert_int_equal(key_pair_load(&original, line->key_path), 0);
    line_stop_sync(line);
    atomic_store(&books_fail, true);
    line_start_sync(line);
    line_scan_ticket(line);
    line_until(line, line_has_failed, 0);
    assert_int_equal(line_status_of(line).enrol_error, ENROL_BOOKS);
    atomic_store(&books_fail, false);
    line_scan_ticket(line);
    line_until(line, line_is_done, 0);

    assert_int_equal(line->central.enrol_calls, 2);
    assert_int_equal(line->central.claimed_terminal, SHOP_TERMINAL);
    assert_key(line, "", &original);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(a_refused_new_key_leaves_the_old_one),
        WITH_LINE(a_new_key_that_waits_goes_on_after_a_restart),
        WITH_LINE(a_refusal_after_a_restart_leaves_the_old_key),
        WITH_LINE(a_key_in_its_place_before_the_books_knew_is_asked_for_again),
        WITH_LINE(a_key_of_before_is_never_overwritten),
        WITH_LINE(books_that_do_not_answer_prove_no_fork),
        WITH_LINE(books_that_could_not_be_read_at_the_start_are_read_before_a_ticket),
    };

    return cmocka_run_group_tests_name("sync_enrol_key", tests, NULL, NULL);
}
