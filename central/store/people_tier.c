#include "central/store/people_activity.h"

#include "central/store/journal.h"
#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>

#define DAYS_MAX 3650

static bool within(int64_t since_ms, uint32_t days, int64_t now_ms)
{
    return since_ms > 0 && now_ms - since_ms < days * TIME_DAY_MS;
}

enum member_tier people_tier_of(const struct tier_rule *rule, int64_t joined_ms, int64_t visited_ms, int64_t now_ms)
{
    int64_t last_ms = visited_ms > joined_ms ? visited_ms : joined_ms;
    if (within(joined_ms, rule->new_days, now_ms)) {
        return TIER_NEW;
    }
    if (within(visited_ms, rule->keep_days, now_ms)) {
        return TIER_KEEP;
    }
    return within(last_ms, rule->gone_days, now_ms) ? TIER_ACTIVATE : TIER_GONE;
}

/* ---- the brand's rule, and how far the day's run is */

struct run {
    struct tier_rule rule;
    int64_t day;
    uint64_t cursor; /* the last member looked at; 0 and the day of today: done */
};

static int read_run(struct store_tx *tx, uint32_t brand, struct run *out_run)
{
    struct db_stmt *stmt = NULL;
    *out_run = (struct run){.rule = TIER_RULE_DEFAULT};
    int rc = query_first(store_tx_db(tx),
                         "SELECT new_days, keep_days, gone_days, day, cursor FROM tier_rule WHERE brand = ?",
                         QUERY(Q_INT(brand)), &stmt);
    if (rc < 0) {
        return rc == -ENOENT ? 0 : rc;
    }
    out_run->rule = (struct tier_rule){.new_days = (uint32_t)db_column_int64(stmt, 0),
                                       .keep_days = (uint32_t)db_column_int64(stmt, 1),
                                       .gone_days = (uint32_t)db_column_int64(stmt, 2)};
    out_run->day = db_column_int64(stmt, 3);
    out_run->cursor = (uint64_t)db_column_int64(stmt, 4);
    db_stmt_close(stmt);
    return 0;
}

static int write_run(struct store_tx *tx, uint32_t brand, const struct run *run)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO tier_rule (brand, new_days, keep_days, gone_days, day, cursor) VALUES (?, ?, ?, ?, "
                     "?, ?) ON CONFLICT (brand) DO UPDATE SET new_days = excluded.new_days, keep_days = "
                     "excluded.keep_days, gone_days = excluded.gone_days, day = excluded.day, cursor = excluded.cursor",
                     QUERY(Q_INT(brand), Q_INT(run->rule.new_days), Q_INT(run->rule.keep_days),
                           Q_INT(run->rule.gone_days), Q_INT(run->day), Q_INT(run->cursor)));
}

int people_set_tier_rule(struct store_tx *tx, uint32_t brand, const struct tier_rule *rule, const char *who)
{
    char key[64];
    struct run run = {.rule = *rule}; /* of no day: everybody is looked at again */
    if (rule->keep_days == 0 || rule->keep_days >= rule->gone_days || rule->gone_days > DAYS_MAX ||
        rule->new_days > DAYS_MAX) {
        return -ERANGE;
    }
    snprintf(key, sizeof(key), "new %" PRIu32 " keep %" PRIu32 " gone %" PRIu32, rule->new_days, rule->keep_days,
             rule->gone_days);
    struct journal_fact fact = {.key = key, .who = who, .what = "tier rule", .brand = brand};
    int rc = write_run(tx, brand, &run);
    return rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

int people_tier_rule(struct store_tx *tx, uint32_t brand, struct tier_rule *out_rule)
{
    struct run run;
    int rc = read_run(tx, brand, &run);
    if (rc == 0) {
        *out_rule = run.rule;
    }
    return rc;
}

int people_next_tiers(struct store_tx *tx, uint32_t *out_brand)
{
    int64_t brand = 0;
    int rc =
        query_number(store_tx_db(tx),
                     "SELECT b.id FROM brand b LEFT JOIN tier_rule r ON r.brand = b.id WHERE ifnull(r.day, 0) != ? "
                     "OR r.cursor != 0 ORDER BY b.id LIMIT 1",
                     QUERY(Q_INT(time_local_day(tx->now_ms))), &brand);
    if (rc == 0) {
        *out_brand = (uint32_t)brand;
    }
    return rc;
}

/* ---- the run */

/* The next members and what their tier follows from. The day's reckoning is of midnight, so that its second half, after
 * a restart or on another node, agrees with the first. */
struct candidate {
    uint64_t member;
    enum member_tier tier;
};

static int read_candidate(struct db_stmt *stmt, const struct run *run, struct candidate *out)
{
    int64_t now_ms = time_day_start_ms(run->day);
    int64_t joined_ms = db_column_int64(stmt, 2), visited_ms = db_column_int64(stmt, 3);
    out->member = (uint64_t)db_column_int64(stmt, 0);
    out->tier = people_tier_of(&run->rule, joined_ms, visited_ms, now_ms > joined_ms ? now_ms : joined_ms);
    return (enum member_tier)db_column_int64(stmt, 1) != out->tier;
}

static int set_tier(struct store_tx *tx, const struct candidate *candidate)
{
    struct member member;
    int rc = query_run(store_tx_write(tx), "UPDATE member SET tier = ? WHERE id = ?",
                       QUERY(Q_INT(candidate->tier), Q_INT(candidate->member)));
    rc = rc ? rc : people_find_member(tx, candidate->member, &member);
    return rc ? rc : people_publish_member(tx, &member);
}

static int run_some(struct store_tx *tx, uint32_t brand, uint32_t limit, struct run *run)
{
    struct db_stmt *stmt = NULL;
    struct candidate candidate;
    uint32_t seen = 0;
    int rc = query_open(store_tx_db(tx),
                        "SELECT m.id, m.tier, m.joined_ms, ifnull(a.visited_ms, 0) FROM member m LEFT JOIN "
                        "member_activity a ON a.member = m.id WHERE m.id > ? AND m.brand = ? AND m.erased = 0 ORDER BY "
                        "m.id LIMIT ?",
                        QUERY(Q_INT(run->cursor), Q_INT(brand), Q_INT(limit)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = read_candidate(stmt, run, &candidate) ? set_tier(tx, &candidate) : 0;
        run->cursor = candidate.member;
        seen++;
    }
    db_stmt_close(stmt);
    if (seen < limit) {
        run->cursor = 0;
    }
    return rc;
}

int people_run_tiers(struct store_tx *tx, uint32_t brand, uint32_t limit, bool *out_more)
{
    struct run run;
    int rc = read_run(tx, brand, &run);
    if (rc < 0) {
        return rc;
    }
    if (run.day == time_local_day(tx->now_ms) && run.cursor == 0) { /* another node was quicker */
        *out_more = false;
        return 0;
    }
    if (run.day != time_local_day(tx->now_ms)) {
        run.day = time_local_day(tx->now_ms);
        run.cursor = 0;
    }
    rc = run_some(tx, brand, limit, &run);
    rc = rc ? rc : write_run(tx, brand, &run);
    if (rc == 0) {
        *out_more = run.cursor != 0;
    }
    return rc;
}

/* ---- privileges */

static int journal_privilege(struct store_tx *tx, const struct privilege *p, const char *who, const char *what)
{
    struct journal_fact fact = {.key = tier_name(p->tier),
                                .who = who,
                                .what = what,
                                .why = p->name_zh[0] ? p->name_zh : NULL,
                                .brand = p->brand,
                                .number = p->id};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int people_add_privilege(struct store_tx *tx, const struct privilege *privilege, const char *who, uint32_t *out_id)
{
    struct privilege added = *privilege;
    uint64_t number = 0;
    int rc = store_next_number(tx, "privilege", &number);
    added.id = (uint32_t)number;
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "INSERT INTO privilege (id, brand, tier, name_zh, name_en) VALUES (?, ?, ?, ?, ?)",
                        QUERY(Q_INT(added.id), Q_INT(added.brand), Q_INT(added.tier), Q_TEXT(added.name_zh),
                              Q_TEXT(added.name_en)));
    rc = rc ? rc : journal_privilege(tx, &added, who, "privilege added");
    if (rc == 0) {
        *out_id = added.id;
    }
    return rc;
}

int people_remove_privilege(struct store_tx *tx, uint32_t id, const char *who)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT brand, tier FROM privilege WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    struct privilege removed = {
        .id = id, .brand = (uint32_t)db_column_int64(stmt, 0), .tier = (enum member_tier)db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    rc = query_run(store_tx_write(tx), "DELETE FROM privilege WHERE id = ?", QUERY(Q_INT(id)));
    return rc ? rc : journal_privilege(tx, &removed, who, "privilege removed");
}

int people_each_privilege(struct store_tx *tx, uint32_t brand, enum member_tier tier, people_privilege_visit visit,
                          void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT id, brand, tier, name_zh, name_en FROM privilege WHERE brand = ?1 AND (tier = ?2 OR ?2 "
                        "= 0) ORDER BY tier, id",
                        QUERY(Q_INT(brand), Q_INT(tier)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct privilege privilege = {.id = (uint32_t)db_column_int64(stmt, 0),
                                      .brand = (uint32_t)db_column_int64(stmt, 1),
                                      .tier = (enum member_tier)db_column_int64(stmt, 2)};
        query_column_text(stmt, 3, privilege.name_zh, sizeof(privilege.name_zh));
        query_column_text(stmt, 4, privilege.name_en, sizeof(privilege.name_en));
        rc = visit(context, &privilege);
    }
    db_stmt_close(stmt);
    return rc;
}
