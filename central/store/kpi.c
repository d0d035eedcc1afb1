#include "central/store/kpi.h"

#include "central/store/journal.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define WEEK_MS    (7 * TIME_DAY_MS)
#define WEEKS_MAX  53
#define YEAR_MIN   2000
#define YEAR_MAX   9998
#define QUARTER_MS "900000" /* an answer in time: mission F8 */

/* ---- weeks */

/* Monday 00:00 of the first week of a year: the one that has January 4 in it. */
static int first_monday(int year, int64_t *out_ms)
{
    char day[24];
    int64_t fourth_s = 0;
    snprintf(day, sizeof(day), "%04d-01-04", year);
    if (time_parse_day(day, &fourth_s) < 0) {
        return -EINVAL;
    }
    *out_ms = fourth_s * 1000 - time_local(fourth_s * 1000).weekday * TIME_DAY_MS;
    return 0;
}

int kpi_week_parse(const char *text, struct kpi_week *out_week)
{
    unsigned year = 0, number = 0;
    int used = 0;
    int64_t first_ms = 0, next_ms = 0;
    if (sscanf(text, "%4u-W%2u%n", &year, &number, &used) != 2 || used != 8 || text[8] ||
        strspn(text, "0123456789-W") != 8 || year < YEAR_MIN || year > YEAR_MAX || number < 1 || number > WEEKS_MAX ||
        first_monday((int)year, &first_ms) < 0 || first_monday((int)year + 1, &next_ms) < 0) {
        return -EINVAL;
    }
    struct kpi_week week = {.start_ms = first_ms + (int64_t)(number - 1) * WEEK_MS};
    week.end_ms = week.start_ms + WEEK_MS;
    if (week.start_ms >= next_ms) {
        return -EINVAL;
    }
    snprintf(week.text, sizeof(week.text), "%04u-W%02u", year, number);
    *out_week = week;
    return 0;
}

/* A week belongs to the year of its Thursday. */
void kpi_week_at(int64_t at_ms, int weeks, struct kpi_week *out_week)
{
    int64_t thursday_ms = at_ms + weeks * WEEK_MS + (3 - time_local(at_ms).weekday) * TIME_DAY_MS, first_ms = 0;
    unsigned year = (unsigned)time_local(thursday_ms).year;
    struct kpi_week week = {.start_ms = 0};
    if (year >= YEAR_MIN && year <= YEAR_MAX && first_monday((int)year, &first_ms) == 0) {
        unsigned number = (unsigned)((thursday_ms - first_ms) / WEEK_MS) % WEEKS_MAX;
        week.start_ms = first_ms + number * WEEK_MS;
        week.end_ms = week.start_ms + WEEK_MS;
        snprintf(week.text, sizeof(week.text), "%04u-W%02u", year, number + 1);
    }
    *out_week = week;
}

/* ---- figures. ?1 start, ?2 end in ms, ?3 a position before the first record that can be of the week. */

#define IN_WEEK    "j.position > ?3 AND j.hlc >= (?1 << 16) AND j.hlc < (?2 << 16)"
#define DAYS(days) days " >= (?1 / 1000 + 28800) / 86400 AND " days " < (?2 / 1000 + 28800) / 86400 AND ?3 >= 0"
#define MOMENT(ms) ms " >= ?1 AND " ms " < ?2 AND ?3 >= 0"
#define RECORDS    "journal AS j WHERE " IN_WEEK " AND "
#define REDEEMED                                                                                                       \
    "journal AS j CROSS JOIN redemption AS r USING (terminal, incarnation, seq) WHERE " IN_WEEK " AND j.kind = 4 "
#define POSTED "journal AS j CROSS JOIN posting AS p USING (terminal, incarnation, seq) WHERE " IN_WEEK " AND "
#define NOT_VOIDED                                                                                                     \
    "NOT EXISTS (SELECT 1 FROM voided AS v WHERE v.terminal = j.terminal AND v.incarnation = j.incarnation AND v.seq " \
    "= j.seq) "
#define FUNNEL(column)                                                                                                 \
    "SELECT coalesce(t.store, 0), sum(d." column "), 0 FROM touchpoint_day AS d LEFT JOIN touchpoint AS t ON t.id = "  \
    "d.touchpoint WHERE " DAYS("d.day") " GROUP BY 1"
#define ARM(held, outcome)                                                                                             \
    "SELECT campaign, sum(" outcome "), count(*) FROM campaign_arm WHERE held = " held                                 \
    " AND since_ms < ?2 AND ?1 < ?2 AND ?3 >= 0 GROUP BY campaign"

static const struct figure {
    const char *kpi, *scope, *unit, *sql;
} figures[] = {
    {"qr_shown", "store", "count", FUNNEL("shown")},
    {"follows", "store", "count", FUNNEL("follows")},
    {"unfollows", "store", "count", FUNNEL("unfollows")},
    {"joins", "store", "count", FUNNEL("joins")},
    {"members_joined", "store", "count", "SELECT j.store, count(*), 0 FROM " RECORDS "j.kind = 101 GROUP BY j.store"},
    {"members_left", "chain", "count",
     "SELECT 0, count(*), 0 FROM consent AS c WHERE c.version = '' AND c.given = 0 AND " MOMENT(
         "c.at_ms") " AND (SELECT merged_into FROM member WHERE id = c.member) = 0"},
    {"active_members", "tier", "count",
     "SELECT m.tier, count(*), (SELECT count(*) FROM member AS o WHERE o.erased = 0 AND o.tier = m.tier) FROM "
     "member_activity AS a JOIN member AS m ON m.id = a.member WHERE m.erased = 0 AND a.visited_ms >= ?1 AND EXISTS "
     "(SELECT 1 FROM member_record AS r CROSS JOIN journal AS j USING (terminal, incarnation, seq) WHERE r.member IN "
     "(SELECT a.member UNION ALL SELECT f.id FROM member AS f WHERE f.merged_into = a.member AND f.merged_into != 0) "
     "AND j.kind IN (4, 5) AND " IN_WEEK ") GROUP BY m.tier"},
    {"acquisition_cost", "store", "minor",
     "SELECT t.store, sum(cost), sum(joins) FROM (SELECT c.touchpoint AS touchpoint, c.amount AS cost, 0 AS joins FROM "
     "touchpoint_cost AS c WHERE " DAYS(
         "c.day") " UNION ALL SELECT d.touchpoint, 0, d.joins FROM touchpoint_day AS d "
                  "WHERE " DAYS("d.day") ") AS x JOIN touchpoint AS t ON t.id = x.touchpoint GROUP BY t.store"},

    {"sales", "store", "count",
     "SELECT j.store, count(*), 0 FROM " RECORDS "j.kind = 5 AND " NOT_VOIDED "GROUP BY j.store"},
    {"gross_sales", "store", "minor",
     "SELECT j.store, -sum(p.amount), 0 FROM " POSTED
     "j.kind IN (5, 8) AND p.unit = 1 AND p.account = 'sales/s' || j.store GROUP BY j.store"},
    {"credit_earned", "store", "minor",
     "SELECT j.store, -sum(p.amount), 0 FROM " POSTED
     "j.kind IN (6, 8) AND p.unit = 2 AND substr(p.account, 1, 7) = 'issued/' GROUP BY j.store"},
    {"credit_spent", "store", "minor",
     "SELECT j.store, sum(p.amount), 0 FROM " POSTED
     "j.kind IN (7, 8) AND p.unit = 2 AND p.account = 'tender/credit/s' || j.store GROUP BY j.store"},
    {"redemptions", "store", "count", "SELECT r.store, count(*), 0 FROM " REDEEMED "AND r.voided = 0 GROUP BY r.store"},
    {"redemptions_voided", "store", "count",
     "SELECT r.store, count(*) FILTER (WHERE r.voided = 1), count(*) FROM " REDEEMED "GROUP BY r.store"},
    {"discount_given", "store", "minor",
     "SELECT r.store, sum(r.discount), 0 FROM " REDEEMED "AND r.voided = 0 GROUP BY r.store"},
    {"offline_share", "store", "count",
     "SELECT r.store, sum(r.offline), count(*) FROM " REDEEMED "AND r.voided = 0 GROUP BY r.store"},
    {"redemptions_of_campaign", "campaign", "count",
     "SELECT r.campaign, count(*), 0 FROM " REDEEMED "AND r.voided = 0 GROUP BY r.campaign"},
    {"conflicts", "store", "count",
     "SELECT store, count(*), 0 FROM conflict WHERE " MOMENT("found_ms") " GROUP BY store"},
    {"conflict_cost", "store", "minor",
     "SELECT store, sum(discount), 0 FROM conflict WHERE " MOMENT("found_ms") " GROUP BY store"},
    {"scans_refused", "store", "count", "SELECT j.store, count(*), 0 FROM " RECORDS "j.kind = 13 GROUP BY j.store"},

    {"coupons_issued", "campaign", "count",
     "SELECT campaign, count(*), 0 FROM coupon WHERE " MOMENT("issued_ms") " GROUP BY campaign"},
    {"use_rate", "campaign", "count",
     "SELECT c.campaign, sum(EXISTS (SELECT 1 FROM redemption AS r WHERE r.campaign = c.campaign AND r.serial = "
     "c.serial "
     "AND r.voided = 0 AND r.business_ms < ?2)), count(*) FROM coupon AS c WHERE c.issued_ms < ?2 AND c.revoked = 0 "
     "AND "
     "?1 < ?2 AND ?3 >= 0 GROUP BY c.campaign"},
    {"used_in_treated", "campaign", "count", ARM("0", "used")},
    {"used_in_holdout", "campaign", "count", ARM("1", "used")},
    {"bought_in_treated", "campaign", "count", ARM("0", "bought")},
    {"bought_in_holdout", "campaign", "count", ARM("1", "bought")},
    {"unmet_demand", "campaign", "count",
     "SELECT campaign, count(*), sum(asked) FROM campaign_unmet WHERE " MOMENT("last_ms") " GROUP BY campaign"},

    {"messages_sent", "chain", "count", "SELECT 0, count(*), 0 FROM message_ledger WHERE " MOMENT("at_ms")},
    {"answered_in_time", "chain", "count",
     "SELECT 0, count(*) FILTER (WHERE answer_ms != 0 AND answer_ms - opened_ms <= " QUARTER_MS
     "), count(*) FROM question WHERE " MOMENT("opened_ms")},
};

size_t kpi_count(void)
{
    return ARRAY_LEN(figures);
}

int kpi_each(struct store_tx *tx, size_t index, const struct kpi_week *week, kpi_visit visit, void *context)
{
    const struct figure *figure = &figures[index];
    struct db_stmt *stmt = NULL;
    uint64_t position = 0;
    /* A record's own time may be a day ahead of its arrival, never more. */
    int rc = journal_before(tx, week->start_ms - HLC_MAX_LEAD_MS, &position);
    rc = rc ? rc
            : query_open(store_tx_db(tx), figure->sql,
                         QUERY(Q_INT(week->start_ms), Q_INT(week->end_ms), Q_INT(position)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct kpi_row row = {.kpi = figure->kpi,
                              .scope = figure->scope,
                              .unit = figure->unit,
                              .id = (uint32_t)db_column_int64(stmt, 0),
                              .value = db_column_int64(stmt, 1),
                              .base = db_column_int64(stmt, 2)};
        bool empty = row.value == 0 && row.base == 0;
        rc = empty ? 0 : visit(context, &row);
    }
    db_stmt_close(stmt);
    return rc;
}
