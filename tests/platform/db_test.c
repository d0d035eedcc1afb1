#include "db_fixture.h"

#include "platform/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct db *open_writer(void **state)
{
    return db_fixture_open(*state, DB_WRITER, NULL, 0);
}

static void values_of_every_kind_come_back_as_they_went_in(void **state)
{
    struct db *db = open_writer(state);
    struct db_stmt *stmt;
    assert_int_equal(db_exec(db, "CREATE TABLE kinds(a, b, c, d, e, f)"), 0);
    assert_int_equal(db_stmt_open(db, "INSERT INTO kinds VALUES(?,?,?,?,?,?)", &stmt), 0);
    db_bind_int64(stmt, 1, INT64_MIN);
    db_bind_text(stmt, 2, "券");
    db_bind_blob(stmt, 3, "a\0b", 3);
    db_bind_null(stmt, 4);
    db_bind_blob(stmt, 5, NULL, 0);
    db_bind_text(stmt, 6, NULL);
    assert_int_equal(db_stmt_run(stmt), 0);
    db_stmt_close(stmt);
    assert_int_equal(db_changes(db), 1);
    assert_int_equal(db_last_rowid(db), 1);

    assert_int_equal(db_stmt_open(db, "SELECT * FROM kinds", &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    assert_int_equal(db_column_int64(stmt, 0), INT64_MIN);
    assert_string_equal(db_column_text(stmt, 1), "券");
    struct slice blob = db_column_blob(stmt, 2);
    assert_int_equal(blob.len, 3);
    assert_memory_equal(blob.data, "a\0b", 3);
    assert_true(db_column_is_null(stmt, 3));
    assert_string_equal(db_column_text(stmt, 3), "");
    assert_false(db_column_is_null(stmt, 4));
    assert_int_equal(db_column_blob(stmt, 4).len, 0);
    assert_true(db_column_is_null(stmt, 5));
    assert_int_equal(db_stmt_step(stmt), DB_DONE);
    db_stmt_close(stmt);
    db_close(db);
}

static void each_broken_constraint_has_its_errno(void **state)
{
    struct db *db = open_writer(state);
    static const struct {
        const char *sql;
        int error;
    } cases[] = {
        {"INSERT INTO parent VALUES(1)", -EEXIST},      {"INSERT INTO child VALUES('a', 1)", -EEXIST},
        {"INSERT INTO child VALUES('b', 2)", -EINVAL},  /* no such parent */
        {"INSERT INTO child VALUES(NULL, 1)", -EINVAL}, /* NOT NULL */
        {"INSERT INTO child VALUES('', 1)", -EINVAL},   /* CHECK */
        {"INSERT INTO nowhere VALUES(1)", -EPROTO},     {"SELECT \"not a column\" FROM parent", -EPROTO},
    };
    assert_int_equal(db_exec(db, "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
                                 "CREATE TABLE child(name TEXT NOT NULL UNIQUE CHECK(name <> ''),"
                                 " parent REFERENCES parent(id));"
                                 "INSERT INTO parent VALUES(1); INSERT INTO child VALUES('a', 1)"),
                     0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(db_exec(db, cases[i].sql), cases[i].error);
        assert_true(strlen(db_message(db)) > 5);
    }
    assert_false(db_failed(db));
    db_close(db);
}

static void a_reader_sees_commits_and_cannot_write(void **state)
{
    struct db *writer = open_writer(state);
    struct db *reader = db_fixture_open(*state, DB_READER, NULL, 0);
    assert_int_equal(db_fixture_insert(writer, "a"), 0);
    assert_int_equal(db_fixture_count(reader), 1);
    assert_int_equal(db_begin(reader), 0);
    assert_int_equal(db_fixture_count(reader), 1);
    assert_int_equal(db_fixture_insert(writer, "b"), 0);
    assert_int_equal(db_fixture_count(reader), 1); /* its snapshot */
    assert_int_equal(db_commit(reader), 0);
    assert_int_equal(db_fixture_count(reader), 2);
    assert_int_equal(db_fixture_insert(reader, "c"), -EROFS);
    assert_false(db_failed(reader));
    db_close(reader);
    db_close(writer);
}

static void a_writer_counts_its_opening_and_its_commits(void **state)
{
    atomic_ullong commits = 0;
    struct db_options options = {.mode = DB_WRITER, .commits = &commits};
    struct db *writer = open_writer(state);
    db_close(writer);
    assert_int_equal(db_open(((const struct db_fixture *)*state)->path, &options, &writer), 0);
    unsigned long long opened = commits;
    assert_true(opened > 0);
    assert_int_equal(db_begin(writer), 0);
    assert_int_equal(db_exec(writer, "INSERT INTO item(name) VALUES('a')"), 0);
    assert_int_equal(commits, opened); /* not yet */
    assert_int_equal(db_commit(writer), 0);
    assert_int_equal(commits, opened + 1);
    assert_int_equal(db_begin(writer), 0);
    assert_int_equal(db_exec(writer, "INSERT INTO item(name) VALUES('b')"), 0);
    db_rollback(writer);
    assert_int_equal(commits, opened + 1);
    assert_int_equal(db_exec(writer, "INSERT INTO item(name) VALUES('c')"), 0); /* a transaction of its own */
    assert_int_equal(commits, opened + 2);
    db_close(writer);
}

static void a_statement_is_found_by_its_text_wherever_it_stands(void **state)
{
    struct db *db = open_writer(state);
    char sql[32] = "SELECT 1";
    for (int number = 1; number <= 3; number++) {
        struct db_stmt *stmt = NULL;
        snprintf(sql, sizeof(sql), "SELECT %d", number); /* another text at the same address */
        assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
        assert_int_equal(db_stmt_step(stmt), DB_ROW);
        assert_int_equal(db_column_int64(stmt, 0), number);
        db_stmt_close(stmt);
    }
    db_close(db);
}

static void a_database_that_is_not_there_is_only_made_by_a_writer(void **state)
{
    struct db_fixture *fixture = *state;
    struct db *db = NULL;
    struct db_options reader = {.mode = DB_READER}, writer = {.mode = DB_WRITER};
    assert_int_equal(db_open(fixture->path, &reader, &db), -ENOENT);
    assert_int_equal(db_open("/nonexistent/folder/books.db", &writer, &db), -ENOENT);
    assert_null(db);
}

static void a_second_writer_is_told_busy(void **state)
{
    struct db *first = open_writer(state);
    struct db *second = open_writer(state);
    assert_int_equal(db_begin(first), 0);
    assert_int_equal(db_begin(second), -EBUSY);
    assert_int_equal(db_commit(first), 0);
    assert_int_equal(db_begin(second), 0);
    db_rollback(second);
    db_close(second);
    db_close(first);
}

static void one_refused_request_leaves_its_neighbours_in_the_group(void **state)
{
    struct db *db = open_writer(state);
    static const struct {
        const char *name;
        int error;
    } requests[] = {{"a", 0}, {"b", 0}, {"a", -EEXIST}, {"c", 0}};
    assert_int_equal(db_savepoint(db, "request"), -ESTALE);
    assert_int_equal(db_begin(db), 0);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct db_stmt *stmt;
        assert_int_equal(db_savepoint(db, "request"), 0);
        assert_int_equal(db_exec(db, "INSERT INTO item(name) VALUES('also ' || (SELECT count(*) FROM item))"), 0);
        assert_int_equal(db_stmt_open(db, "INSERT INTO item(name) VALUES(?)", &stmt), 0);
        db_bind_text(stmt, 1, requests[i].name);
        assert_int_equal(db_stmt_run(stmt), requests[i].error);
        db_stmt_close(stmt);
        assert_int_equal(requests[i].error ? db_savepoint_rollback(db, "request") : db_savepoint_release(db, "request"),
                         0);
    }
    assert_int_equal(db_savepoint_release(db, "request"), -EPROTO); /* each was ended */
    assert_int_equal(db_commit(db), 0);
    assert_int_equal(db_fixture_count(db), 6);
    assert_int_equal(db_commit(db), -ESTALE);
    db_rollback(db);
    db_close(db);
}

static void a_rolled_back_transaction_leaves_nothing(void **state)
{
    struct db *db = open_writer(state);
    assert_int_equal(db_begin(db), 0);
    assert_true(db_in_transaction(db));
    assert_int_equal(db_exec(db, "INSERT INTO item(name) VALUES('x')"), 0);
    db_rollback(db);
    assert_false(db_in_transaction(db));
    assert_int_equal(db_fixture_count(db), 0);
    db_close(db);
}

static void the_same_statement_may_be_open_twice(void **state)
{
    struct db *db = open_writer(state);
    struct db_stmt *outer, *inner;
    assert_int_equal(db_exec(db, "INSERT INTO item(name) VALUES('a'),('b'),('c')"), 0);
    assert_int_equal(db_stmt_open(db, "SELECT id FROM item ORDER BY id", &outer), 0);
    for (int64_t id = 1; id <= 3; id++) {
        assert_int_equal(db_stmt_step(outer), DB_ROW);
        assert_int_equal(db_column_int64(outer, 0), id);
        assert_int_equal(db_stmt_open(db, "SELECT id FROM item ORDER BY id", &inner), 0);
        assert_int_equal(db_stmt_step(inner), DB_ROW);
        assert_int_equal(db_column_int64(inner, 0), 1);
        db_stmt_close(inner);
    }
    db_stmt_close(outer);
    db_close(db);
}

static void a_statement_from_the_cache_has_no_old_bindings(void **state)
{
    struct db *db = open_writer(state);
    struct db_stmt *stmt;
    assert_int_equal(db_stmt_open(db, "SELECT ?1", &stmt), 0);
    db_bind_int64(stmt, 1, 42);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    db_stmt_close(stmt);
    assert_int_equal(db_stmt_open(db, "SELECT ?1", &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    assert_true(db_column_is_null(stmt, 0));
    db_stmt_close(stmt);
    for (int i = 0; i < 300; i++) {
        char sql[40];
        snprintf(sql, sizeof(sql), "SELECT %d", i);
        assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
        assert_int_equal(db_stmt_step(stmt), DB_ROW);
        assert_int_equal(db_column_int64(stmt, 0), i);
        db_stmt_close(stmt);
    }
    db_close(db);
}

static void migration_runs_each_step_once_and_whole(void **state)
{
    struct db *db = open_writer(state);
    static const char first[] = "CREATE TABLE a(x); INSERT INTO a VALUES(1)";
    static const char second[] = "CREATE TABLE b(x); INSERT INTO a VALUES(2)";
    static const char *const good[] = {first, second};
    static const char *const broken[] = {first, second, "CREATE TABLE c(x); INSERT INTO nowhere VALUES(1)"};
    static const char *const repaired[] = {first, second, "CREATE TABLE c(x)"};
    assert_int_equal(db_migrate(db, good, 1), 0);
    assert_int_equal(db_migrate(db, good, 2), 0);
    assert_int_equal(db_migrate(db, good, 2), 0);
    assert_int_equal(db_migrate(db, broken, 3), -EPROTO);
    assert_int_equal(db_migrate(db, repaired, 3), 0); /* the broken step left no table c behind */
    assert_int_equal(db_migrate(db, good, 2), -ENOTSUP);
    assert_int_equal(db_exec(db, "INSERT INTO item(name) SELECT x FROM a"), 0);
    assert_int_equal(db_fixture_count(db), 2);
    db_close(db);
}

static void a_sound_database_passes_and_a_dangling_row_is_named(void **state)
{
    struct db *db = open_writer(state);
    char finding[200] = "";
    assert_int_equal(db_check(db, false, finding, sizeof(finding)), 0);
    assert_int_equal(db_exec(db, "CREATE TABLE child(parent REFERENCES item(id)); PRAGMA foreign_keys=OFF;"
                                 "INSERT INTO child VALUES(99)"),
                     0);
    assert_int_equal(db_check(db, true, finding, sizeof(finding)), 0);
    assert_int_equal(db_check(db, false, finding, sizeof(finding)), -EUCLEAN);
    assert_non_null(strstr(finding, "child"));
    db_close(db);
}

static void damage_is_found_and_called_by_its_name(void **state)
{
    struct db_fixture *fixture = *state;
    struct db *db = open_writer(state);
    struct db_options options = {.mode = DB_WRITER};
    struct buffer file;
    char finding[200] = "";
    for (int i = 0; i < 500; i++) {
        char name[40];
        snprintf(name, sizeof(name), "a name that takes some room %d", i);
        assert_int_equal(db_fixture_insert(db, name), 0);
    }
    db_close(db);
    buffer_init(&file, 1 << 20);
    assert_int_equal(file_read(fixture->path, &file), 0);
    memset(file.data + (size_t)3 * 4096 + 8, 0xFF, 2000);
    assert_int_equal(file_write_atomic(fixture->path, file.data, file.len, 0600), 0);
    assert_int_equal(db_open(fixture->path, &options, &db), 0);
    assert_int_equal(db_check(db, false, finding, sizeof(finding)), -EUCLEAN);
    assert_true(strlen(finding) > 5);
    db_close(db);

    memset(file.data, 'x', 100);
    assert_int_equal(file_write_atomic(fixture->path, file.data, file.len, 0600), 0);
    assert_int_equal(db_open(fixture->path, &options, &db), -EUCLEAN);
    options.mode = DB_READER;
    assert_int_equal(db_open(fixture->path, &options, &db), -EUCLEAN);
    buffer_finish(&file);
}

static void the_version_verdict_knows_the_fix_and_its_backports(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum db_version_verdict verdict;
    } cases[] = {
        {3040001, DB_VERSION_WAL_RESET_BUG}, {3044005, DB_VERSION_WAL_RESET_BUG}, {3044006, DB_VERSION_SOUND},
        {3045000, DB_VERSION_WAL_RESET_BUG}, {3050006, DB_VERSION_WAL_RESET_BUG}, {3050007, DB_VERSION_SOUND},
        {3051000, DB_VERSION_WAL_RESET_BUG}, {3051002, DB_VERSION_WAL_RESET_BUG}, {3051003, DB_VERSION_SOUND},
        {3053000, DB_VERSION_SOUND},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(db_version_verdict(cases[i].number), cases[i].verdict);
    assert_true(db_version_number() >= 3040000);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, db_fixture_setup, db_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(values_of_every_kind_come_back_as_they_went_in),
        WITH_DB(each_broken_constraint_has_its_errno),
        WITH_DB(a_reader_sees_commits_and_cannot_write),
        WITH_DB(a_writer_counts_its_opening_and_its_commits),
        WITH_DB(a_statement_is_found_by_its_text_wherever_it_stands),
        WITH_DB(a_database_that_is_not_there_is_only_made_by_a_writer),
        WITH_DB(a_second_writer_is_told_busy),
        WITH_DB(one_refused_request_leaves_its_neighbours_in_the_group),
        WITH_DB(a_rolled_back_transaction_leaves_nothing),
        WITH_DB(the_same_statement_may_be_open_twice),
        WITH_DB(a_statement_from_the_cache_has_no_old_bindings),
        WITH_DB(migration_runs_each_step_once_and_whole),
        WITH_DB(a_sound_database_passes_and_a_dangling_row_is_named),
        WITH_DB(damage_is_found_and_called_by_its_name),
        cmocka_unit_test(the_version_verdict_knows_the_fix_and_its_backports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
