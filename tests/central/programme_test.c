#include "campaign_rig.h"

#include "central/store/programme.h"
#include "domain/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A month is added up in snapshots and closed in one transaction: what comes in between is in it all the same. */

static struct rig rig;
static struct programme_month month;

static int open_programme(void **state)
{
    struct local_time now;
    char text[16];
    (void)state;
    rig_open(&rig, 1);
    json_decref(admin_do(&rig.p, "programme add", "{\"zh\":\"同城\",\"en\":\"Town\"}"));
    json_decref(admin_do(&rig.p, "programme join", "{\"programme\":1,\"brand\":1}"));
    now = time_local(clock_wall_ms(&rig.f.clock.base));
    snprintf(text, sizeof(text), "%04d-%02d", now.year, now.month);
    assert_int_equal(programme_month_parse(text, &month), 0);
    return 0;
}

static int close_programme(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void earn(uint64_t member, int64_t amount_minor)
{
    struct fake_terminal *t = &rig.terminals[0];
    struct body body = {.kind = RECORD_CREDIT_EARN,
                        .credit = {.group = t->seq + 1,
                                   .member = member,
                                   .owner = {OWNER_PROGRAMME, 1},
                                   .amount_minor = amount_minor,
                                   .clerk = 1,
                                   .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(t, &body);
}

static int add_up(struct programme_sums *sums)
{
    struct store_tx tx;
    bool more = true;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    int rc = programme_add_up(&tx, 1, &month, sums, &more);
    store_read_end(&tx);
    assert_true(rc < 0 || !more);
    return rc;
}

static int settle(void *arg, struct store_tx *tx)
{
    return programme_settle(tx, 1, &month, arg);
}

static int keep(void *context, const struct programme_line *line)
{
    *(struct programme_line *)context = *line;
    return 0;
}

static struct programme_line settled(void)
{
    struct programme_line line = {.brand = 0};
    struct store_tx tx;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(programme_statement(&tx, 1, &month, keep, &line), 0);
    store_read_end(&tx);
    return line;
}

static void what_comes_between_adding_up_and_closing_is_in_it(void **state)
{
    struct programme_sums sums = {.begun = false};
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    earn(member, 500);
    assert_int_equal(add_up(&sums), -EAGAIN); /* the month is not over */
    struct programme_line open = settled();
    assert_int_equal(open.earned_minor, 500);
    struct programme_month this_month = month;
    this_month.end_ms = clock_wall_ms(&rig.f.clock.base) + 60000;
    month = this_month;
    rig_pass(&rig, RIG_HOUR_MS);
    sums = (struct programme_sums){.begun = false};
    assert_int_equal(add_up(&sums), 0);
    assert_int_equal(sums.lines[0].earned_minor, 500);
    assert_int_equal(add_up(&sums), 0); /* once more adds nothing twice */
    assert_int_equal(sums.lines[0].earned_minor, 500);
    earn(member, 70); /* made after the month's end: the next one's */
    assert_int_equal(fixture_write(&rig.f, settle, &sums), 0);
    assert_int_equal(settled().earned_minor, 500);
    assert_int_equal(fixture_write(&rig.f, settle, &sums), -EEXIST);
}

static void it_is_the_same_with_and_without_adding_up_before(void **state)
{
    struct programme_sums none = {.begun = false}, sums = none;
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    earn(member, 500);
    rig_pass(&rig, 1000);
    month.end_ms = clock_wall_ms(&rig.f.clock.base) + RIG_HOUR_MS;
    earn(member, 30);
    assert_int_equal(add_up(&sums), -EAGAIN);
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    assert_int_equal(add_up(&sums), 0);
    assert_int_equal(sums.lines[0].earned_minor, 530);
    assert_int_equal(fixture_write(&rig.f, settle, &none), 0);
    assert_int_equal(settled().earned_minor, 530);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_programme, close_programme)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_between_adding_up_and_closing_is_in_it),
        TEST(it_is_the_same_with_and_without_adding_up_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
