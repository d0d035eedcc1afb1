#include "central/doctor/doctor.h"
#include "central/store/journal.h"
#include "central/store/terminal_clock.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A terminal whose clock is wrong is refused nothing for it, and an operator is told. */

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

static struct batch batch;
static struct answer answer;

/* One record of a clock that many minutes ahead of central's, or behind it, at the moment it comes. */
static void record_ahead(struct shop_world *w, int64_t minutes)
{
    struct body body = {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = 3, .method = SIGN_IN_PIN}};
    sim_clock_advance(&w->f.clock, 1000);
    int64_t now_ms = clock_wall_ms(&w->f.clock.base);
    sim_clock_set_wall(&w->f.clock, now_ms + minutes * MINUTE_MS);
    batch_start(&batch);
    batch_record(&batch, &w->t, &body);
    sim_clock_set_wall(&w->f.clock, now_ms);
    batch_upload(&batch, &w->t, &answer);
    assert_int_equal(answer.status, 200);
}

static struct terminal_clock clock_of(struct shop_world *w)
{
    struct terminal_clock clock;
    struct store_tx tx;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(terminal_clock_find(&tx, w->t.id, &clock), 0);
    store_read_end(&tx);
    return clock;
}

static bool is_off(struct shop_world *w)
{
    struct terminal_clock clock = clock_of(w);
    return terminal_clock_is_off(&clock, clock_wall_ms(&w->f.clock.base));
}

static uint64_t durable(struct shop_world *w)
{
    struct journal_marks marks;
    struct store_tx tx;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(journal_marks_read(&tx, w->t.id, w->t.incarnation, &marks), 0);
    store_read_end(&tx);
    return marks.durable_through;
}

static void a_record_six_minutes_ahead_is_stored_and_flagged(void **state)
{
    struct shop_world *w = *state;
    char words[TERMINAL_CLOCK_WORDS];
    record_ahead(w, 6);
    assert_int_equal(durable(w), 1);
    assert_true(is_off(w));
    struct terminal_clock clock = clock_of(w);
    assert_int_equal(clock.lead.ms, 6 * MINUTE_MS);
    assert_int_equal(clock.lead.at_ms, clock_wall_ms(&w->f.clock.base));
    terminal_clock_words(&clock, clock.lead.at_ms, words);
    assert_non_null(strstr(words, "its records were 6 min ahead ("));
}

static void four_minutes_ahead_are_not(void **state)
{
    struct shop_world *w = *state;
    record_ahead(w, 4);
    assert_int_equal(durable(w), 1);
    assert_false(is_off(w));
}

static void an_offline_record_days_old_says_nothing_of_its_clock(void **state)
{
    struct shop_world *w = *state;
    record_ahead(w, -5 * 24 * 60);
    assert_int_equal(durable(w), 1);
    assert_false(is_off(w));
    assert_int_equal(clock_of(w).lead.at_ms, 0); /* nothing was written */
}

/* An order stamp never goes back: what comes right after the correction is still ahead. */
static void the_flag_goes_when_the_time_has_caught_up(void **state)
{
    struct shop_world *w = *state;
    record_ahead(w, 90);
    assert_true(is_off(w));
    sim_clock_advance(&w->f.clock, 80 * MINUTE_MS);
    record_ahead(w, 10);
    assert_true(is_off(w));
    sim_clock_advance(&w->f.clock, 10 * MINUTE_MS);
    record_ahead(w, 0);
    assert_false(is_off(w));
}

static void a_backlog_does_not_vouch_for_the_clock(void **state)
{
    struct shop_world *w = *state;
    record_ahead(w, 90);
    record_ahead(w, -30);
    assert_true(is_off(w));
    sim_clock_advance(&w->f.clock, 7 * DAY_MS);
    assert_false(is_off(w)); /* nor does anything for ever */
}

static void what_hardly_moves_is_not_written_again(void **state)
{
    struct shop_world *w = *state;
    record_ahead(w, 10);
    int64_t at_ms = clock_of(w).lead.at_ms;
    record_ahead(w, 12); /* within the hour */
    assert_int_equal(clock_of(w).lead.at_ms, at_ms);
    sim_clock_advance(&w->f.clock, 60 * MINUTE_MS);
    record_ahead(w, 11); /* and no more than a minute */
    assert_int_equal(clock_of(w).lead.at_ms, at_ms);
    record_ahead(w, 12);
    assert_int_equal(clock_of(w).lead.ms, 12 * MINUTE_MS);
    sim_clock_advance(&w->f.clock, DAY_MS);
    at_ms = clock_of(w).lead.at_ms;
    record_ahead(w, 12);
    assert_true(clock_of(w).lead.at_ms > at_ms);
}

static void only_the_limit_and_what_moves_beyond_it_is_news(void **state)
{
    const struct terminal_clock_measure below = {4 * MINUTE_MS, DAY_MS}, above = {-6 * MINUTE_MS, DAY_MS};
    (void)state;
    assert_true(terminal_clock_is_news(&below, TERMINAL_CLOCK_LIMIT_MS + 1, DAY_MS)); /* however little, at once */
    assert_true(terminal_clock_is_news(&above, 0, DAY_MS));
    assert_false(terminal_clock_is_news(&below, 0, 9 * DAY_MS));
    assert_false(terminal_clock_is_news(&above, -8 * MINUTE_MS, DAY_MS + 59 * MINUTE_MS));
    assert_true(terminal_clock_is_news(&above, -8 * MINUTE_MS, DAY_MS + 60 * MINUTE_MS));
    assert_false(terminal_clock_is_news(&above, -7 * MINUTE_MS, DAY_MS + 60 * MINUTE_MS));
}

/* Its first word after a start, before it was told the time. */
static void say_from(struct shop_world *w, int64_t seconds_behind)
{
    static const char target[] = "/v1/feed?store=0&brand=0";
    struct slice none = {NULL, 0};
    struct signature_headers headers;
    terminal_sign(&w->t, &(struct signature_message){"GET", target, none}, &headers);
    sim_clock_advance(&w->f.clock, seconds_behind * 1000);
    struct exchange late = {"GET", target, &headers, "", none};
    transport_direct(&w->f, &late, &answer);
}

static void a_terminal_that_signs_with_another_time_is_flagged_for_a_week(void **state)
{
    struct shop_world *w = *state;
    say_from(w, 290);
    assert_int_equal(answer.status, 200);
    assert_int_equal(clock_of(w).said.at_ms, 0);
    say_from(w, 420);
    assert_int_equal(answer.status, 401);
    assert_int_equal(clock_of(w).said.ms / MINUTE_MS, -7);
    assert_true(is_off(w));
    record_ahead(w, 0); /* signed with the time that it was told: its own clock is as it was */
    assert_true(is_off(w));
    sim_clock_advance(&w->f.clock, 7 * DAY_MS);
    assert_false(is_off(w));
}

/* Somebody who caught it can send it for ever. */
static void the_same_late_request_is_written_once_an_hour(void **state)
{
    static const char target[] = "/v1/feed?store=0&brand=0";
    struct shop_world *w = *state;
    struct slice none = {NULL, 0};
    struct signature_headers headers;
    terminal_sign(&w->t, &(struct signature_message){"GET", target, none}, &headers);
    struct exchange caught = {"GET", target, &headers, "", none};
    sim_clock_advance(&w->f.clock, 10 * MINUTE_MS);
    transport_direct(&w->f, &caught, &answer);
    int64_t at_ms = clock_of(w).said.at_ms;
    assert_true(at_ms > 0);
    for (int minutes = 0; minutes < 58; minutes += 2) {
        sim_clock_advance(&w->f.clock, 2 * MINUTE_MS);
        transport_direct(&w->f, &caught, &answer);
        assert_int_equal(clock_of(w).said.at_ms, at_ms);
    }
}

static void a_signature_that_is_not_its_own_says_nothing(void **state)
{
    struct shop_world *w = *state;
    struct key_pair own = w->t.pair;
    uint8_t seed[32] = {77};
    key_pair_from_seed(&w->t.pair, seed);
    say_from(w, 420);
    w->t.pair = own;
    assert_int_equal(answer.status, 401);
    assert_int_equal(clock_of(w).said.at_ms, 0);
}

static void assert_metric(struct shop_world *w, const char *line)
{
    struct exchange metrics = {"GET", "/metrics", NULL, "", {NULL, 0}};
    transport_direct(&w->f, &metrics, &answer);
    assert_int_equal(answer.status, 200);
    answer.body[answer.len] = '\0';
    assert_non_null(strstr((const char *)answer.body, line));
}

static void metrics_count_it_and_the_doctor_names_it(void **state)
{
    struct shop_world *w = *state;
    char *said = NULL;
    size_t len;
    assert_metric(w, "\ntillside_terminal_clocks_off 0\n");
    record_ahead(w, 6);
    assert_metric(w, "\ntillside_terminal_clocks_off 1\n");
    struct central_doctor_options options = {
        .config = &w->f.central->config, .now_ms = clock_wall_ms(&w->f.clock.base), .out = open_memstream(&said, &len)};
    assert_int_equal(central_doctor_check(&options), 0);
    fclose(options.out);
    assert_non_null(strstr(said, "clock: OFF at terminal 1: its records were 6 min ahead ("));
    free(said);
}

int main(void)
{
#define IN_SHOP(test) cmocka_unit_test_setup_teardown(test, shop_world_setup, shop_world_teardown)
    const struct CMUnitTest tests[] = {
        IN_SHOP(a_record_six_minutes_ahead_is_stored_and_flagged),
        IN_SHOP(four_minutes_ahead_are_not),
        IN_SHOP(an_offline_record_days_old_says_nothing_of_its_clock),
        IN_SHOP(the_flag_goes_when_the_time_has_caught_up),
        IN_SHOP(a_backlog_does_not_vouch_for_the_clock),
        cmocka_unit_test(only_the_limit_and_what_moves_beyond_it_is_news),
        IN_SHOP(what_hardly_moves_is_not_written_again),
        IN_SHOP(a_terminal_that_signs_with_another_time_is_flagged_for_a_week),
        IN_SHOP(the_same_late_request_is_written_once_an_hour),
        IN_SHOP(a_signature_that_is_not_its_own_says_nothing),
        IN_SHOP(metrics_count_it_and_the_doctor_names_it),
    };
    if (crypto_start() < 0)
        return 1;
    return cmocka_run_group_tests_name("central_clock", tests, NULL, NULL);
}
