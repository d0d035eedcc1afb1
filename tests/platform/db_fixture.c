#include "db_fixture.h"

#include <stdlib.h>

int db_fixture_setup(void **state)
{
    struct db_fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    tempdir_open(&fixture->dir);
    tempdir_path(&fixture->dir, "books.db", fixture->path);
    *state = fixture;
    return 0;
}

int db_fixture_teardown(void **state)
{
    struct db_fixture *fixture = *state;
    tempdir_close(&fixture->dir);
    free(fixture);
    return 0;
}

struct db *db_fixture_open(const struct db_fixture *fixture, enum db_mode mode, const char *vfs, int checkpoint_pages)
{
    struct db *db = NULL;
    struct db_options options = {.mode = mode, .vfs = vfs, .busy_timeout_ms = 20, .checkpoint_pages = checkpoint_pages};
    assert_int_equal(db_open(fixture->path, &options, &db), 0);
    if (mode == DB_WRITER)
        assert_int_equal(db_exec(db, "CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"), 0);
    return db;
}

int db_fixture_insert(struct db *db, const char *name)
{
    struct db_stmt *stmt = NULL;
    int error = db_begin(db);
    if (error)
        return error;
    error = db_stmt_open(db, "INSERT INTO item(name) VALUES(?)", &stmt);
    if (!error) {
        db_bind_text(stmt, 1, name);
        error = db_stmt_run(stmt);
        db_stmt_close(stmt);
    }
    if (!error)
        return db_commit(db);
    db_rollback(db);
    return error;
}

int64_t db_fixture_count(struct db *db)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, "SELECT count(*) FROM item", &stmt);
    if (error)
        return error;
    int step = db_stmt_step(stmt);
    int64_t count = step == DB_ROW ? db_column_int64(stmt, 0) : step;
    db_stmt_close(stmt);
    return count;
}
