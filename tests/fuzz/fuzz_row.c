#include "fuzz_row.h"

#include <sqlite3.h>
#include <stdio.h>

static bool has_row(sqlite3 *db, const char *table)
{
    char sql[128];
    sqlite3_stmt *stmt;
    snprintf(sql, sizeof sql, "SELECT 1 FROM \"%s\" LIMIT 1", table);
    MUST(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    bool row = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    return row;
}

static void read_columns(sqlite3 *db, struct fuzz_table *table)
{
    sqlite3_stmt *stmt;
    MUST(sqlite3_prepare_v2(db, "SELECT name, type FROM pragma_table_info(?1)", -1, &stmt, NULL) == SQLITE_OK);
    sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        MUST(table->column_count < FUZZ_COLUMNS_MAX);
        const char *type = (const char *)sqlite3_column_text(stmt, 1);
        uint8_t at = table->column_count++;
        snprintf(table->columns[at], sizeof table->columns[at], "%s", sqlite3_column_text(stmt, 0));
        table->is_text[at] = strcmp(type, "TEXT") == 0;
        table->is_blob[at] = strcmp(type, "BLOB") == 0;
    }
    sqlite3_finalize(stmt);
    MUST(table->column_count > 0);
}

static void make_row(sqlite3 *db, const struct fuzz_table *table)
{
    char sql[2048], columns[900] = "", values[900] = "";
    for (uint8_t i = 0; i < table->column_count; i++) {
        size_t at = strlen(columns), end = strlen(values);
        snprintf(columns + at, sizeof columns - at, "%s\"%s\"", i > 0 ? ", " : "", table->columns[i]);
        snprintf(values + end, sizeof values - end, "%s%s", i > 0 ? ", " : "",
                 table->is_blob[i]   ? "zeroblob(32)"
                 : table->is_text[i] ? "'1'"
                                     : "1");
    }
    snprintf(sql, sizeof sql, "INSERT INTO \"%s\" (%s) VALUES (%s)", table->name, columns, values);
    MUST(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

void fuzz_tables_read(const char *path, struct fuzz_tables *out_tables, size_t *out_made)
{
    static const char all[] =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    sqlite3 *db;
    sqlite3_stmt *stmt;
    size_t made = 0;
    MUST(sqlite3_open(path, &db) == SQLITE_OK);
    MUST(sqlite3_exec(db, "PRAGMA ignore_check_constraints = 1", NULL, NULL, NULL) == SQLITE_OK);
    MUST(sqlite3_prepare_v2(db, all, -1, &stmt, NULL) == SQLITE_OK);
    out_tables->count = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        MUST(out_tables->count < FUZZ_TABLES_MAX);
        struct fuzz_table *table = &out_tables->tables[out_tables->count++];
        *table = (struct fuzz_table){.column_count = 0};
        snprintf(table->name, sizeof table->name, "%s", sqlite3_column_text(stmt, 0));
        read_columns(db, table);
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < out_tables->count; i++) {
        if (has_row(db, out_tables->tables[i].name))
            continue;
        make_row(db, &out_tables->tables[i]);
        made++;
    }
    sqlite3_close(db);
    if (out_made)
        *out_made = made;
}

/* All rows of a table WITHOUT ROWID, since it has none to count by. */
static bool prepare(sqlite3 *db, const char *table, const char *column, const char *value, sqlite3_stmt **out_stmt)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "UPDATE OR IGNORE \"%s\" SET \"%s\" = %s WHERE rowid IN (SELECT rowid FROM \"%s\" LIMIT 1 OFFSET ?1 %% "
             "max(1, (SELECT count(*) FROM \"%s\")))",
             table, column, value, table, table);
    if (sqlite3_prepare_v2(db, sql, -1, out_stmt, NULL) == SQLITE_OK)
        return true;
    *strstr(sql, " WHERE ") = '\0';
    return sqlite3_prepare_v2(db, sql, -1, out_stmt, NULL) == SQLITE_OK;
}

bool fuzz_row_change(const char *path, const struct fuzz_tables *tables, struct slice input,
                     struct fuzz_change *out_change)
{
    static const char *const how[] = {"?2",
                                      "substr(\"%s\", 1, length(\"%s\") / 2)",
                                      "?3",
                                      "-(\"%s\")",
                                      "NULL",
                                      "\"%s\" || ?2",
                                      "?4",
                                      "CAST(\"%s\" || ?2 AS TEXT)",
                                      "+(\"%s\" + ?3)"};
    const struct fuzz_table *table = &tables->tables[fuzz_take(&input) % tables->count];
    const char *column = table->columns[fuzz_take(&input) % table->column_count];
    uint8_t row = fuzz_take(&input);
    char value[160];
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    int64_t number = 0;
    snprintf(value, sizeof value, how[fuzz_take(&input) % ARRAY_LEN(how)], column, column);
    if (input.len > 0)
        memcpy(&number, input.data, input.len < sizeof number ? input.len : sizeof number);
    const char *bytes = input.len > 0 ? (const char *)input.data : "";
    MUST(sqlite3_open(path, &db) == SQLITE_OK);
    MUST(sqlite3_exec(db, "PRAGMA ignore_check_constraints = 1", NULL, NULL, NULL) == SQLITE_OK);
    MUST(prepare(db, table->name, column, value, &stmt));
    sqlite3_bind_int(stmt, 1, row);
    sqlite3_bind_blob(stmt, 2, bytes, (int)input.len, SQLITE_TRANSIENT);
    sqlite3_bind_int64(stmt, 3, number);
    sqlite3_bind_text(stmt, 4, bytes, (int)input.len, SQLITE_TRANSIENT);
    bool changed = sqlite3_step(stmt) == SQLITE_DONE && sqlite3_changes(db) > 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    *out_change = (struct fuzz_change){table->name, column};
    return changed;
}

void fuzz_tables_cut(const struct fuzz_tables *tables, void (*try_input)(const uint8_t *data, size_t size))
{
    for (size_t table = 0; table < tables->count; table++) {
        for (uint8_t column = 0; column < tables->tables[table].column_count; column++) {
            const uint8_t input[] = {(uint8_t)table, column, 0, FUZZ_CUT, 1, 2, 3, 4, 5};
            try_input(input, sizeof input);
        }
    }
}
