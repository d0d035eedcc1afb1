#include "campaign_rig.h"

#include "central/chain/kpi_file.h"
#include "central/store/journal.h"
#include "central/store/kpi.h"
#include "central/store/people_touchpoint.h"
#include "central/store/query.h"
#include "domain/time.h"
#include "platform/file.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The week's figures against counts that are made beside them, from the journal's records and from what was done. */

static struct rig rig;
static struct kpi_week week; /* the one that the books begin in */

static int open_two(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    kpi_week_at(clock_wall_ms(&rig.f.clock.base), 0, &week);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

struct wanted {
    const char *kpi;
    uint32_t id;
    int64_t value, base;
};

static int find_row(void *context, const struct kpi_row *row)
{
    struct wanted *wanted = context;
    if (strcmp(row->kpi, wanted->kpi) == 0 && row->id == wanted->id) {
        wanted->value = row->value;
        wanted->base = row->base;
    }
    return 0;
}

static struct wanted figure(const struct kpi_week *of, const char *kpi, uint32_t id)
{
    struct wanted wanted = {.kpi = kpi, .id = id};
    struct store_tx tx;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    for (size_t i = 0; i < kpi_count(); i++) {
        assert_int_equal(kpi_each(&tx, i, of, find_row, &wanted), 0);
    }
    store_read_end(&tx);
    return wanted;
}

/* ---- beside it: record by record, without the books' tables */

struct beside {
    int64_t sales, gross_minor, redemptions, offline, discount_minor;
    uint64_t members[64];
    size_t member_count;
};

static struct record_id voided[16];
static size_t voided_count;

static bool is_voided(struct record_id id)
{
    bool found = false;
    for (size_t i = 0; i < voided_count; i++) {
        found = found || record_id_equal(voided[i], id);
    }
    return found;
}

static void note_member(struct beside *b, uint64_t member)
{
    for (size_t i = 0; i < b->member_count; i++) {
        if (b->members[i] == member) {
            return;
        }
    }
    b->members[b->member_count++] = member;
}

static int count_record(void *context, const struct journal_entry *entry, uint64_t position)
{
    struct beside *b = context;
    struct body body;
    int64_t at_ms = (int64_t)(entry->record.hlc >> 16);
    (void)position;
    if (at_ms < week.start_ms || at_ms >= week.end_ms || entry->record.id.terminal == 0 ||
        body_decode(entry->record.kind, entry->record.body, &body) < 0) {
        return 0;
    }
    bool counts = !is_voided(entry->record.id);
    if (body.kind == RECORD_SALE) {
        b->sales += counts;
        b->gross_minor += counts ? body.sale.gross_minor : 0;
        note_member(b, body.sale.member);
    }
    if (body.kind == RECORD_REDEMPTION) {
        b->redemptions += counts;
        b->offline += counts && body.redemption.offline;
        b->discount_minor += counts ? body.redemption.discount_minor : 0;
        note_member(b, body.redemption.member);
    }
    return 0;
}

static struct beside count_beside(void)
{
    struct beside beside = {.sales = 0};
    struct store_tx tx;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(journal_each(&tx, 0, count_record, &beside), 0);
    store_read_end(&tx);
    return beside;
}

static int64_t both(const char *kpi)
{
    return figure(&week, kpi, 1).value + figure(&week, kpi, 2).value;
}

static uint32_t by_hand(void)
{
    return rig_campaign(&rig, "after-purchase",
                        "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                        "\"total_limit\":1000,\"budget\":\"100000.00\"}");
}

static void figures_are_what_the_journal_says(void **state)
{
    (void)state;
    uint64_t members[4];
    struct record_id sale, redemption;
    uint32_t campaign = by_hand();
    voided_count = 0;
    for (unsigned i = 0; i < 4; i++) {
        members[i] = rig_member(&rig, 1 + i % 2);
        sale = rig_sale(&rig, 1 + i % 2, members[i], 1000 + 100 * i);
        redemption = rig_redeem(&rig, 1 + i % 2, rig_issue(&rig, campaign, members[i]).coupon.id, members[i]);
    }
    rig_void(&rig, 2, sale, RECORD_SALE);
    rig_void(&rig, 2, redemption, RECORD_REDEMPTION);
    voided[voided_count++] = sale;
    voided[voided_count++] = redemption;
    rig_issue(&rig, campaign, members[0]);
    struct beside beside = count_beside();

    assert_int_equal(beside.sales, 3);
    assert_int_equal(both("sales"), beside.sales);
    assert_int_equal(both("gross_sales"), beside.gross_minor);
    assert_int_equal(both("redemptions"), beside.redemptions);
    assert_int_equal(both("redemptions_voided"), 1);
    assert_int_equal(both("discount_given"), beside.discount_minor);
    assert_int_equal(both("offline_share"), beside.offline);
    assert_int_equal(figure(&week, "offline_share", 1).base, 2);
    assert_int_equal(both("members_joined"), 4);
    int64_t active = 0;
    for (uint32_t tier = 0; tier <= 4; tier++) {
        active += figure(&week, "active_members", tier).value;
    }
    assert_int_equal(active, (int64_t)beside.member_count);
    assert_int_equal(figure(&week, "coupons_issued", campaign).value, 5);
    assert_int_equal(figure(&week, "use_rate", campaign).value, beside.redemptions);
    assert_int_equal(figure(&week, "use_rate", campaign).base, 5);
}

static void each_week_has_its_own(void **state)
{
    struct kpi_week next;
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    rig_sale(&rig, 1, member, 1000);
    rig_pass(&rig, 7 * RIG_DAY_MS);
    rig_sale(&rig, 1, member, 500);
    rig_sale(&rig, 1, member, 200);
    kpi_week_at(clock_wall_ms(&rig.f.clock.base), 0, &next);
    assert_int_equal(next.start_ms, week.end_ms);
    assert_int_equal(figure(&week, "sales", 1).value, 1);
    assert_int_equal(figure(&next, "sales", 1).value, 2);
    assert_int_equal(figure(&next, "gross_sales", 1).value, 700);
    assert_int_equal(figure(&next, "members_joined", 1).value, 0);
}

/* A redemption of a coupon that another terminal redeemed before, with what it cost. */
static void conflicts_and_their_cost_are_told(void **state)
{
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    struct coupon_id coupon = rig_issue(&rig, by_hand(), member).coupon.id;
    rig_redeem(&rig, 1, coupon, member);
    rig_redeem(&rig, 2, coupon, member);
    assert_int_equal(both("conflicts"), 1);
    assert_true(both("conflict_cost") > 0);
    assert_int_equal(both("conflict_cost"), both("discount_given"));
    assert_int_equal(both("redemptions"), 1);
}

static int step(void *arg, struct store_tx *tx)
{
    uint32_t touchpoint = *(uint32_t *)arg;
    int rc = people_count_step(tx, touchpoint, FUNNEL_FOLLOW, 0);
    return rc ? rc : people_count_step(tx, touchpoint, FUNNEL_JOIN, 0);
}

static void a_member_won_has_its_price(void **state)
{
    char args[96];
    (void)state;
    uint32_t touchpoint = rig_touchpoint(&rig, 2, "冷饮柜");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fixture_write(&rig.f, step, &touchpoint), 0);
    }
    snprintf(args, sizeof(args), "{\"touchpoint\":%u,\"amount\":4500,\"what\":\"flyers\"}", touchpoint);
    json_decref(admin_do(&rig.p, "touchpoint cost", args));
    assert_int_equal(figure(&week, "acquisition_cost", 2).value, 4500);
    assert_int_equal(figure(&week, "acquisition_cost", 2).base, 3);
    assert_int_equal(figure(&week, "follows", 2).value, 3);
}

/* ---- weeks, and the file */

static void weeks_are_those_of_iso_8601(void **state)
{
    static const struct {
        const char *week, *monday;
    } cases[] = {{"2026-W47", "2026-11-16"}, {"2026-W01", "2025-12-29"}, {"2026-W53", "2026-12-28"},
                 {"2024-W01", "2024-01-01"}, {"2020-W53", "2020-12-28"}, {"2027-W01", "2027-01-04"}};
    struct kpi_week parsed, found;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t monday_s = 0;
        assert_int_equal(kpi_week_parse(cases[i].week, &parsed), 0);
        assert_int_equal(time_parse_day(cases[i].monday, &monday_s), 0);
        assert_int_equal(parsed.start_ms, monday_s * 1000);
        for (int day = 0; day < 7; day++) {
            kpi_week_at(parsed.start_ms + day * RIG_DAY_MS, 0, &found);
            assert_string_equal(found.text, cases[i].week);
        }
        kpi_week_at(parsed.end_ms, -1, &found);
        assert_string_equal(found.text, cases[i].week);
    }
    assert_int_equal(kpi_week_parse("2025-W53", &parsed), -EINVAL); /* that year has 52 */
    assert_int_equal(kpi_week_parse("2026-W00", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("2026-47", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("2026-W471", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("2026-W47x", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("2026-W+7", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("2026-W 7", &parsed), -EINVAL);
    assert_int_equal(kpi_week_parse("-026-W07", &parsed), -EINVAL);
}

static size_t lines_of(const char *ending, const char *words)
{
    char path[STORE_PATH_MAX], name[64];
    struct buffer content;
    size_t count = 0;
    snprintf(name, sizeof(name), KPI_DIR "/%s%s", week.text, ending);
    assert_int_equal(central_config_path(&rig.f.central->config, name, path, sizeof(path)), 0);
    buffer_init(&content, 1024 * 1024);
    if (file_read(path, &content) == 0) {
        for (const char *at = buffer_text(&content); (at = strstr(at, words)); at++) {
            count++;
        }
    }
    buffer_finish(&content);
    return count;
}

static void the_file_comes_by_itself_on_monday(void **state)
{
    (void)state;
    rig_sale(&rig, 1, rig_member(&rig, 1), 1000);
    int64_t to_monday_ms = week.end_ms - clock_wall_ms(&rig.f.clock.base);
    rig_pass(&rig, to_monday_ms + KPI_READY_MS - RIG_HOUR_MS);
    assert_int_equal(lines_of(".csv", "sales,store,1,count,1,0\n"), 0); /* stores may still be sending */
    rig_pass(&rig, RIG_HOUR_MS);
    assert_int_equal(lines_of(".csv", "week,kpi,scope,id,unit,value,base\n"), 1);
    assert_int_equal(lines_of(".csv", ",sales,store,1,count,1,0\n"), 1);
    assert_int_equal(lines_of(".jsonl", "\"kpi\":\"sales\",\"scope\":\"store\",\"id\":1"), 1);
    assert_int_equal(lines_of(".csv", "\n"), lines_of(".jsonl", "\n") + 1);
}

static void an_operator_gets_any_week(void **state)
{
    char args[96];
    (void)state;
    rig_sale(&rig, 1, rig_member(&rig, 1), 1000);
    size_t rows = 0;
    bool more = true;
    for (unsigned after = 0; more; after++) {
        snprintf(args, sizeof(args), "{\"table\":\"kpi\",\"week\":\"%s\",\"after\":%u}", week.text, after);
        json_t *answer = admin_do(&rig.p, "export page", args);
        const json_t *result = json_object_get(answer, "result");
        rows += json_array_size(json_object_get(result, "page"));
        more = json_is_true(json_object_get(result, "more"));
        json_decref(answer);
    }
    assert_true(rows >= 3);
    assert_non_null(strstr(admin_refused(&rig.p, "export page", "{\"table\":\"kpi\"}"), "2026-W47"));
}

/* ---- where in the journal a week begins */

struct arrivals {
    int64_t at_ms[64];
    uint64_t positions[64];
    size_t count;
};

static int keep_arrival(void *context, const struct journal_entry *entry, uint64_t position)
{
    struct arrivals *a = context;
    a->at_ms[a->count] = entry->received_ms;
    a->positions[a->count++] = position;
    return a->count == ARRAY_LEN(a->at_ms) ? 1 : 0;
}

static uint64_t before(int64_t at_ms)
{
    struct store_tx tx;
    uint64_t position = UINT64_MAX;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(journal_before(&tx, at_ms, &position), 0);
    store_read_end(&tx);
    return position;
}

static int edit(void *arg, struct store_tx *tx)
{
    return query_run(store_tx_write(tx), arg, QUERY_NONE);
}

static void the_record_before_a_moment_is_found_by_halves(void **state)
{
    struct arrivals a = {.count = 0};
    struct store_tx tx;
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    for (int i = 0; i < 12; i++) {
        sim_clock_advance(&rig.f.clock, 1000);
        rig_sale(&rig, 1, member, 100);
    }
    assert_int_equal(fixture_write(&rig.f, edit, "UPDATE journal SET position = -position"), 0);
    assert_int_equal(fixture_write(&rig.f, edit, "UPDATE journal SET position = 7 - position * 3"), 0);
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_true(journal_each(&tx, 0, keep_arrival, &a) >= 0);
    store_read_end(&tx);
    assert_true(a.count > 12);
    assert_int_equal(before(a.at_ms[0]), 0);
    for (size_t i = 1; i < a.count; i++) {
        if (a.at_ms[i] > a.at_ms[i - 1]) {
            assert_int_equal(before(a.at_ms[i]), a.positions[i - 1]);
        }
    }
    assert_int_equal(before(INT64_MAX), a.positions[a.count - 1]);
}

/* Central's clock was wrong when a record came: those before it count all the same. */
static void a_record_that_a_wrong_clock_dated_hides_no_other(void **state)
{
    (void)state;
    uint64_t member = rig_member(&rig, 1);
    for (int i = 0; i < 8; i++) {
        rig_sale(&rig, 1, member, 100);
    }
    assert_int_equal(fixture_write(&rig.f, edit,
                                   "UPDATE journal SET received_ms = 0 WHERE position = (SELECT max(position) FROM "
                                   "journal)"),
                     0);
    assert_int_equal(figure(&week, "sales", 1).value, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_two, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(figures_are_what_the_journal_says),
        TEST(each_week_has_its_own),
        TEST(conflicts_and_their_cost_are_told),
        TEST(a_member_won_has_its_price),
        cmocka_unit_test(weeks_are_those_of_iso_8601),
        TEST(the_file_comes_by_itself_on_monday),
        TEST(an_operator_gets_any_week),
        TEST(the_record_before_a_moment_is_found_by_halves),
        TEST(a_record_that_a_wrong_clock_dated_hides_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
