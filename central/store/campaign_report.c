#include "central/store/campaign_report.h"

#include "central/store/campaign_internal.h"

int campaign_stand(struct store_tx *tx, uint32_t campaign, struct campaign_stand *out_stand)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), count(*) FILTER "
                         "(WHERE state = 2), count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE released_ms != "
                         "0), count(*) FILTER (WHERE claimed_by != 0), coalesce(sum(committed), 0) FROM campaign_given "
                         "WHERE campaign = ?",
                         QUERY(Q_INT(campaign)), &stmt);
    if (rc == 0) {
        struct campaign_stand stand = {.open = (uint64_t)db_column_int64(stmt, 0),
                                       .used = (uint64_t)db_column_int64(stmt, 1),
                                       .revoked = (uint64_t)db_column_int64(stmt, 2),
                                       .expired = (uint64_t)db_column_int64(stmt, 3),
                                       .released = (uint64_t)db_column_int64(stmt, 4),
                                       .claimed = (uint64_t)db_column_int64(stmt, 5),
                                       .committed_minor = db_column_int64(stmt, 6)};
        stand.given = stand.open + stand.used + stand.expired;
        *out_stand = stand;
        db_stmt_close(stmt);
    }
    return rc;
}

static int read_arm(struct store_tx *tx, uint32_t campaign, bool held, struct campaign_arm_report *out_arm)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT count(*), coalesce(sum(used), 0), coalesce(sum(bought), 0) FROM campaign_arm WHERE "
                         "campaign = ? AND held = ?",
                         QUERY(Q_INT(campaign), Q_INT(held)), &stmt);
    if (rc < 0) {
        return rc;
    }
    struct campaign_arm_report arm = {.members = (uint64_t)db_column_int64(stmt, 0),
                                      .used = (uint64_t)db_column_int64(stmt, 1),
                                      .bought = (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    rc = query_first(store_tx_db(tx),
                     "SELECT count(*), count(*) FILTER (WHERE g.state = 1) FROM campaign_arm AS a JOIN campaign_given "
                     "AS g INDEXED BY campaign_given_member ON g.member = a.member AND g.campaign = a.campaign WHERE "
                     "a.campaign = ? AND a.held = ? AND "
                     "g.member != 0 AND g.state != 2",
                     QUERY(Q_INT(campaign), Q_INT(held)), &stmt);
    if (rc == 0) {
        arm.coupons = (uint64_t)db_column_int64(stmt, 0);
        arm.coupons_used = (uint64_t)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
        *out_arm = arm;
    }
    return rc;
}

static struct lift_arm arm_of(const struct campaign_arm_report *arm, bool by_use)
{
    return (struct lift_arm){(uint32_t)arm->members, (uint32_t)(by_use ? arm->used : arm->bought)};
}

int campaign_report(struct store_tx *tx, uint32_t campaign, struct campaign_report *out_report)
{
    struct campaign_entry entry;
    struct campaign_report report = {.by_use = true};
    int rc = catalogue_find_campaign(tx, campaign, &entry);
    rc = rc ? rc : read_arm(tx, campaign, false, &report.treated);
    rc = rc ? rc : read_arm(tx, campaign, true, &report.holdout);
    if (rc < 0) {
        return rc;
    }
    report.by_use = entry.rules.release != RELEASE_NONE;
    report.lift = lift_measure(arm_of(&report.treated, report.by_use), arm_of(&report.holdout, report.by_use));
    *out_report = report;
    return 0;
}
