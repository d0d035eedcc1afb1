#include "central/store/rights_internal.h"
#include "central/store/rights_lease.h"
#include "central/store/succession.h"

static void conflict_from_row(struct db_stmt *stmt, struct conflict *out_conflict)
{
    *out_conflict = (struct conflict){
        .id = (uint64_t)db_column_int64(stmt, 0),
        .kind = (enum conflict_kind)db_column_int64(stmt, 1),
        .coupon = {(uint32_t)db_column_int64(stmt, 2), (uint64_t)db_column_int64(stmt, 3)},
        .use_no = (uint32_t)db_column_int64(stmt, 4),
        .record = {(uint32_t)db_column_int64(stmt, 5), (uint32_t)db_column_int64(stmt, 6),
                   (uint64_t)db_column_int64(stmt, 7)},
        .canonical = {(uint32_t)db_column_int64(stmt, 8), (uint32_t)db_column_int64(stmt, 9),
                      (uint64_t)db_column_int64(stmt, 10)},
        .store = (uint32_t)db_column_int64(stmt, 11),
        .member = (uint64_t)db_column_int64(stmt, 12),
        .clerk = (uint32_t)db_column_int64(stmt, 13),
        .mode = (uint8_t)db_column_int64(stmt, 14),
        .policy_version = (uint32_t)db_column_int64(stmt, 15),
        .sync_age_s = (uint32_t)db_column_int64(stmt, 16),
        .discount_minor = db_column_int64(stmt, 17),
        .budget_used_minor = db_column_int64(stmt, 18),
        .found_ms = db_column_int64(stmt, 19),
        .displaced = (uint64_t)db_column_int64(stmt, 20),
    };
}

#define CONFLICT_COLUMNS                                                                                               \
    "id, kind, campaign, serial, use_no, terminal, incarnation, seq, c_terminal, c_incarnation, c_seq, store, member," \
    " clerk, mode, policy_version, sync_age_s, discount, budget_used, found_ms, displaced"

/* rc: what finding the row came to. */
static int take_row(int rc, struct db_stmt *stmt, struct conflict *out_conflict)
{
    if (rc == 0) {
        conflict_from_row(stmt, out_conflict);
        db_stmt_close(stmt);
    }
    return rc;
}

int rights_find_conflict(struct store_tx *tx, uint64_t id, struct conflict *out_conflict)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " CONFLICT_COLUMNS " FROM conflict WHERE id = ?1", QUERY(Q_INT(id)),
                         &stmt);
    return take_row(rc, stmt, out_conflict);
}

int rights_list_conflicts(struct store_tx *tx, struct rights_range range, rights_conflict_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " CONFLICT_COLUMNS " FROM conflict WHERE id > ?1 ORDER BY id LIMIT ?2",
                        QUERY(Q_INT(range.after), Q_INT(range.limit)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct conflict conflict;
        conflict_from_row(stmt, &conflict);
        rc = visit(context, &conflict);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int rights_each_conflict(struct store_tx *tx, rights_conflict_visit visit, void *context)
{
    return rights_list_conflicts(tx, (struct rights_range){0, INT64_MAX}, visit, context);
}

static int next_unexplained(struct store_tx *tx, uint32_t store, struct coupon_id only, uint64_t after,
                            struct conflict *out_conflict)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT " CONFLICT_COLUMNS " FROM conflict k WHERE id > ?2 AND campaign != 0 AND kind IN (?3, ?4)"
                    " AND CASE WHEN ?5 != 0 THEN campaign = ?5 AND serial = ?6 ELSE store = ?1"
                    " OR EXISTS (SELECT 1 FROM journal j WHERE j.terminal = k.c_terminal"
                    " AND j.incarnation = k.c_incarnation AND j.seq = k.c_seq AND j.store = ?1) END"
                    " ORDER BY id LIMIT 1",
                    QUERY(Q_INT(store), Q_INT(after), Q_INT(CONFLICT_DOUBLE), Q_INT(CONFLICT_NO_RIGHT),
                          Q_INT(only.campaign), Q_INT(only.serial)),
                    &stmt);
    return take_row(rc, stmt, out_conflict);
}

static int any_risk_grant(struct store_tx *tx, struct coupon_id id, bool *out_any)
{
    int64_t any = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT count(*) FROM grant_log WHERE campaign = ?1 AND serial = ?2 AND risk = 1",
                     QUERY(Q_INT(id.campaign), Q_INT(id.serial)), &any);
    if (rc == 0)
        *out_any = any > 0;
    return rc;
}

int conflict_is_explained(struct store_tx *tx, const struct conflict *conflict, bool *out_explained)
{
    int rc = any_risk_grant(tx, conflict->coupon, out_explained);
    if (rc < 0 || *out_explained)
        return rc;
    return succession_explains_double(tx, conflict->record, conflict->canonical, out_explained);
}

int conflicts_explain_late(struct store_tx *tx, uint32_t store, const struct coupon_id *only)
{
    const struct coupon_id coupon = only ? *only : (struct coupon_id){0};
    struct conflict conflict = {.id = 0};
    int rc;
    while ((rc = next_unexplained(tx, store, coupon, conflict.id, &conflict)) == 0) {
        bool explained = false;
        rc = conflict_is_explained(tx, &conflict, &explained);
        if (rc == 0 && explained)
            rc = query_run(store_tx_write(tx), "UPDATE conflict SET kind = ?2 WHERE id = ?1",
                           QUERY(Q_INT(conflict.id), Q_INT(CONFLICT_WRITE_OFF)));
        if (rc < 0)
            return rc;
    }
    return rc == -ENOENT ? 0 : rc;
}

int rights_list_write_offs(struct store_tx *tx, struct rights_range range, rights_write_off_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT g.campaign, g.serial, g.epoch, g.store, g.granted_ms, g.transfer, EXISTS (SELECT 1 FROM"
                        " redemption r WHERE r.campaign = g.campaign AND r.serial = g.serial AND r.voided = 0),"
                        " (SELECT count(*) FROM conflict k WHERE k.campaign = g.campaign AND k.serial = g.serial)"
                        " FROM grant_log g WHERE g.risk = 1 AND g.transfer > ?1 ORDER BY g.transfer LIMIT ?2",
                        QUERY(Q_INT(range.after), Q_INT(range.limit)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        const struct write_off write_off = {
            .coupon = {(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)},
            .epoch = (uint32_t)db_column_int64(stmt, 2),
            .store = (uint32_t)db_column_int64(stmt, 3),
            .granted_ms = db_column_int64(stmt, 4),
            .transfer = (uint64_t)db_column_int64(stmt, 5),
            .used = db_column_int64(stmt, 6) != 0,
            .conflicts = (uint64_t)db_column_int64(stmt, 7),
        };
        rc = visit(context, &write_off);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int rights_totals(struct store_tx *tx, struct rights_totals *out_totals)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT (SELECT count(*) FROM journal WHERE kind = ?1), (SELECT count(*) FROM redemption),"
                         " (SELECT count(*) FROM conflict WHERE campaign != 0),"
                         " (SELECT count(*) FROM grant_log WHERE risk = 1),"
                         " (SELECT count(*) FROM record_problem WHERE kind = ?1),"
                         " (SELECT count(*) FROM conflict WHERE campaign = 0)",
                         QUERY(Q_INT(RECORD_REDEMPTION)), &stmt);
    if (rc < 0)
        return rc;
    struct rights_totals totals = {
        .records = (uint64_t)db_column_int64(stmt, 0),
        .canonical = (uint64_t)db_column_int64(stmt, 1),
        .conflicts = (uint64_t)db_column_int64(stmt, 2),
        .write_offs = (uint64_t)db_column_int64(stmt, 3),
        .problems = (uint64_t)db_column_int64(stmt, 4),
        .credit_conflicts = (uint64_t)db_column_int64(stmt, 5),
    };
    db_stmt_close(stmt);
    totals.unexplained = (int64_t)(totals.records - totals.canonical - totals.conflicts - totals.problems);
    rc = rights_leases_over(tx, &totals.leases_over);
    if (rc == 0)
        *out_totals = totals;
    return rc;
}

int record_note_problem(struct store_tx *tx, struct record_id id, uint16_t kind, const char *reason)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR IGNORE INTO record_problem (terminal, incarnation, seq, kind, reason)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq), Q_INT(kind), Q_TEXT(reason)));
}
