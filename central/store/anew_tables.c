#include "central/store/anew_tables.h"
#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 64
#define SQL_MAX     2048

/* ---- facts */

struct columns {
    char names[1024]; /* with commas */
    char places[COLUMNS_MAX * 4];
    int count;
};

static int columns_of(struct db *db, const char *table, struct columns *out)
{
    struct db_stmt *stmt = NULL;
    *out = (struct columns){.count = 0};
    int rc = query_open(db, "SELECT name FROM pragma_table_info(?1) ORDER BY cid", QUERY(Q_TEXT(table)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW && out->count < COLUMNS_MAX) {
        size_t names = strlen(out->names), places = strlen(out->places);
        const char *comma = out->count > 0 ? ", " : "";
        out->count++;
        snprintf(out->names + names, sizeof(out->names) - names, "%s%s", comma, db_column_text(stmt, 0));
        snprintf(out->places + places, sizeof(out->places) - places, "%s?", out->count > 1 ? "," : "");
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

static void bind_column(struct db_stmt *to, struct db_stmt *from, int column)
{
    struct slice blob;
    if (db_column_is_null(from, column)) {
        db_bind_null(to, column + 1);
    } else if (db_column_is_int64(from, column)) {
        db_bind_int64(to, column + 1, db_column_int64(from, column));
    } else if (db_column_is_blob(from, column)) {
        blob = db_column_blob(from, column);
        db_bind_blob(to, column + 1, blob.data, blob.len);
    } else {
        db_bind_text(to, column + 1, db_column_text(from, column));
    }
}

static int copy_rows(struct db_stmt *from, struct db_stmt *to, int count)
{
    int rc;
    while ((rc = db_stmt_step(from)) == DB_ROW) {
        for (int i = 0; i < count; i++)
            bind_column(to, from, i);
        rc = db_stmt_run(to);
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int copy_table(struct db *books, struct db *scratch, const char *table)
{
    struct db_stmt *from = NULL, *to = NULL;
    struct columns columns;
    char sql[SQL_MAX];
    int rc = columns_of(scratch, table, &columns);
    snprintf(sql, sizeof(sql), "SELECT %s FROM %s", columns.names, table);
    if (rc == 0)
        rc = query_open(books, sql, QUERY_NONE, &from);
    snprintf(sql, sizeof(sql), "INSERT INTO %s (%s) VALUES (%s)", table, columns.names, columns.places);
    if (rc == 0)
        rc = query_open(scratch, sql, QUERY_NONE, &to);
    if (rc == 0)
        rc = copy_rows(from, to, columns.count);
    db_stmt_close(from);
    db_stmt_close(to);
    return rc;
}

int anew_copy_facts(struct db *books, struct db *scratch)
{
    static const char *const tables[] = {"brand", "shop", "terminal", "record_problem"};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables) && rc == 0; i++)
        rc = copy_table(books, scratch, tables[i]);
    return rc;
}

/* ---- projections */

/* Columns of the key first. Sums that came to nothing may stand as a row or not. */
static const struct table {
    const char *name;
    int key, columns;
    bool rights; /* only of books that were never restored */
    const char *sql;
} tables[] = {
    {"coupon", 2, 4, false, "SELECT campaign, serial, uses, revoked FROM coupon ORDER BY campaign, serial"},
    {"redemption", 3, 12, false,
     "SELECT campaign, serial, use_no, terminal, incarnation, seq, store, member, discount, offline, business_ms,"
     " voided FROM redemption ORDER BY campaign, serial, use_no"},
    {"conflict", 1, 18, false,
     "SELECT id, campaign, serial, use_no, terminal, incarnation, seq, c_terminal, c_incarnation, c_seq, store, member,"
     " clerk, mode, policy_version, discount, found_ms, displaced FROM conflict WHERE campaign != 0 ORDER BY id"},
    {"conflict", 1, 7, false,
     "SELECT id, terminal, incarnation, seq, store, member, discount FROM conflict WHERE campaign = 0 AND split = 0"
     " ORDER BY id"},
    {"voided", 3, 6, false,
     "SELECT terminal, incarnation, seq, by_terminal, by_incarnation, by_seq FROM voided ORDER BY terminal,"
     " incarnation, seq"},
    {"waiting_void", 6, 6, false,
     "SELECT target_terminal, target_incarnation, target_seq, terminal, incarnation, seq FROM waiting_void ORDER BY"
     " target_terminal, target_incarnation, target_seq, terminal, incarnation, seq"},
    {"posting", 4, 7, false,
     "SELECT terminal, incarnation, seq, line, account, unit, amount FROM posting ORDER BY terminal, incarnation, seq,"
     " line"},
    {"balance", 2, 3, false, "SELECT account, unit, amount FROM balance WHERE amount != 0 ORDER BY account, unit"},
    {"grant_log", 3, 8, true,
     "SELECT campaign, serial, epoch, store, use_no, transfer, risk, granted_ms FROM grant_log ORDER BY campaign,"
     " serial, epoch"},
    {"share", 4, 5, true,
     "SELECT member, scope, owner, store, amount FROM share WHERE amount != 0 ORDER BY member, scope, owner, store"},
    {"coupon", 2, 6, true,
     "SELECT campaign, serial, right_epoch, right_store, lost, next_use_no FROM coupon ORDER BY campaign, serial"},
    {"redemption", 3, 4, true,
     "SELECT campaign, serial, use_no, rightful FROM redemption ORDER BY campaign, serial, use_no"},
    {"conflict", 1, 2, true, "SELECT id, budget_used FROM conflict WHERE campaign != 0 ORDER BY id"},
};

static int rows_compare(struct db_stmt *a, struct db_stmt *b, const struct table *table, bool *out_first)
{
    int order = 0;
    *out_first = true;
    for (int i = 0; i < table->columns && order == 0; i++) {
        order = strcmp(db_column_text(a, i), db_column_text(b, i));
        if (order != 0 && i < table->key) /* another row: the one that comes first has no partner */
            *out_first = db_column_is_int64(a, i) ? db_column_int64(a, i) < db_column_int64(b, i) : order < 0;
    }
    return order;
}

static int name_row(struct db_stmt *row, const struct table *table, struct anew_finding *finding)
{
    size_t len = 0;
    snprintf(finding->table, sizeof(finding->table), "%s", table->name);
    for (int i = 0; i < table->key && len < sizeof(finding->where); i++)
        len += (size_t)snprintf(finding->where + len, sizeof(finding->where) - len, "%s%s", i ? "." : "",
                                db_column_text(row, i));
    return -EUCLEAN;
}

static int compare_rows(struct db_stmt *running, struct db_stmt *anew, const struct table *table,
                        struct anew_finding *finding)
{
    for (;;) {
        bool first = true;
        int a = db_stmt_step(running), b = db_stmt_step(anew);
        if (a < 0 || b < 0)
            return a < 0 ? a : b;
        if (a == DB_DONE && b == DB_DONE)
            return 0;
        if (a != b)
            return name_row(a == DB_ROW ? running : anew, table, finding);
        if (rows_compare(running, anew, table, &first) != 0)
            return name_row(first ? running : anew, table, finding);
    }
}

static int compare_table(struct db *books, struct db *scratch, const struct table *table, struct anew_finding *finding)
{
    struct db_stmt *running = NULL, *anew = NULL;
    int rc = query_open(books, table->sql, QUERY_NONE, &running);
    if (rc == 0)
        rc = query_open(scratch, table->sql, QUERY_NONE, &anew);
    if (rc == 0)
        rc = compare_rows(running, anew, table, finding);
    db_stmt_close(running);
    db_stmt_close(anew);
    return rc;
}

/* That of the present right, unless the coupon ended first. */
static int check_leases(struct db *books, struct anew_finding *finding)
{
    static const struct table leases = {"coupon", 2, 2, true, NULL};
    struct db_stmt *stmt = NULL;
    int rc = query_first(books,
                         "SELECT c.campaign, c.serial FROM coupon c WHERE c.lease_until_s != 0 AND c.lease_until_s IS"
                         " NOT (SELECT g.lease_until_s FROM grant_log g WHERE g.campaign = c.campaign AND g.serial ="
                         " c.serial AND g.epoch = c.right_epoch) LIMIT 1",
                         QUERY_NONE, &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = name_row(stmt, &leases, finding);
    db_stmt_close(stmt);
    return rc;
}

int anew_compare_tables(struct db *books, struct db *scratch, struct anew_finding *finding)
{
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables) && rc == 0; i++) {
        if (finding->rights || !tables[i].rights)
            rc = compare_table(books, scratch, &tables[i], finding);
    }
    return rc < 0 ? rc : check_leases(books, finding);
}
