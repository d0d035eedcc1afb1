#include "db_fixture.h"
#include "fault_vfs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static off_t log_size(const struct db_fixture *fixture)
{
    char path[140];
    struct stat status;
    snprintf(path, sizeof(path), "%s-wal", fixture->path);
    return stat(path, &status) == 0 ? status.st_size : -1;
}

static struct db *open_faulty(void **state, int checkpoint_pages)
{
    return db_fixture_open(*state, DB_WRITER, FAULT_VFS_NAME, checkpoint_pages);
}

static void assert_nothing_works(struct db *db)
{
    struct db_stmt *stmt = NULL;
    char finding[8];
    assert_true(db_failed(db));
    assert_int_equal(db_begin(db), -EIO);
    assert_int_equal(db_exec(db, "SELECT 1"), -EIO);
    assert_int_equal(db_stmt_open(db, "SELECT 1", &stmt), -EIO);
    assert_int_equal(db_commit(db), -EIO);
    assert_int_equal(db_savepoint(db, "s"), -EIO);
    assert_int_equal(db_checkpoint(db), -EIO);
    assert_int_equal(db_migrate(db, NULL, 0), -EIO);
    assert_int_equal(db_check(db, true, finding, sizeof(finding)), -EIO);
    db_rollback(db);
}

static void a_commit_whose_sync_fails_ends_the_handle_until_reopened(void **state)
{
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 0);
    struct db_stmt *stmt;
    assert_int_equal(db_fixture_insert(db, "kept"), 0);
    assert_int_equal(db_stmt_open(db, "SELECT 1", &stmt), 0);
    faults->fail_log_sync = true;
    assert_int_equal(db_fixture_insert(db, "unknown"), -EIO);
    faults->fail_log_sync = false;
    assert_nothing_works(db);
    assert_int_equal(db_stmt_step(stmt), -EIO);
    db_stmt_close(stmt);
    db_close(db);

    db = open_faulty(state, 0);
    assert_int_equal(log_size(*state), 0); /* opening moved the doubtful log into the database and emptied it */
    assert_in_range(db_fixture_count(db), 1, 2);
    assert_int_equal(db_fixture_insert(db, "kept"), -EEXIST);
    assert_int_equal(db_fixture_insert(db, "later"), 0);
    db_close(db);
}

static void a_sync_that_fails_in_an_autocommitted_statement_ends_the_handle(void **state)
{
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 0);
    faults->fail_log_sync = true;
    assert_int_equal(db_exec(db, "INSERT INTO item(name) VALUES('x')"), -EIO);
    faults->fail_log_sync = false;
    assert_nothing_works(db);
    db_close(db);
}

static void a_failed_checkpoint_keeps_the_commit_and_ends_the_handle(void **state)
{
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 1);
    faults->fail_database_sync = true;
    assert_int_equal(db_fixture_insert(db, "durable in the log"), 0);
    assert_true(faults->database_syncs > 0);
    faults->fail_database_sync = false;
    assert_nothing_works(db);
    db_close(db);
    db = open_faulty(state, 0);
    assert_int_equal(db_fixture_count(db), 1);
    db_close(db);
}

static void opening_fails_while_the_medium_fails(void **state)
{
    struct db_fixture *fixture = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 1 << 20);
    struct db_options options = {.mode = DB_WRITER, .vfs = FAULT_VFS_NAME};
    assert_int_equal(db_fixture_insert(db, "a"), 0);
    faults->fail_log_sync = true;
    assert_int_equal(db_fixture_insert(db, "b"), -EIO);
    faults->fail_log_sync = false;
    db_close(db);
    faults->fail_database_sync = true;
    assert_int_equal(db_open(fixture->path, &options, &db), -EIO);
    faults->fail_database_sync = false;
    db = open_faulty(state, 0);
    assert_in_range(db_fixture_count(db), 1, 2);
    db_close(db);
}

static void fill_log(struct db *db, int commits)
{
    for (int i = 0; i < commits; i++) {
        char name[16];
        snprintf(name, sizeof(name), "row %d", i);
        assert_int_equal(db_fixture_insert(db, name), 0);
    }
}

static void each_opening_on_a_medium_that_still_fails_writes_little_of_the_log(void **state)
{
    struct db_fixture *fixture = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 1 << 20);
    struct db_options options = {.mode = DB_WRITER, .vfs = FAULT_VFS_NAME};
    fill_log(db, 30);
    faults->fail_log_sync = true;
    assert_int_equal(db_fixture_insert(db, "unknown"), -EIO);
    db_close(db);
    assert_true(log_size(fixture) > 6 * 16384);
    faults->log_bytes = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(db_open(fixture->path, &options, &db), -EIO);
    assert_in_range(faults->log_bytes, 1, 3 * 16384);

    faults->fail_log_sync = false;
    faults->log_bytes = 0;
    off_t doubtful = log_size(fixture);
    db = open_faulty(state, 0);
    assert_true(faults->log_bytes >= doubtful); /* then all of it, once */
    assert_in_range(db_fixture_count(db), 30, 31);
    db_close(db);
}

static void a_writer_opens_on_its_log_where_the_disk_has_no_room_for_the_copy(void **state)
{
    struct db_fixture *fixture = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 1 << 20);
    fill_log(db, 30);
    faults->fail_log_sync = true;
    assert_int_equal(db_fixture_insert(db, "unknown"), -EIO);
    faults->fail_log_sync = false;
    db_close(db);

    faults->fail_database_write = true;
    db = open_faulty(state, 0);
    assert_in_range(db_fixture_count(db), 30, 31);
    assert_int_equal(db_fixture_insert(db, "while the log has room"), 0);
    faults->fail_log_write = true;
    assert_int_equal(db_fixture_insert(db, "refused"), -ENOSPC);
    db_close(db);
    faults->fail_log_write = faults->fail_database_write = false;
    db = open_faulty(state, 0);
    assert_int_equal(log_size(fixture), 0);
    assert_in_range(db_fixture_count(db), 31, 32);
    db_close(db);
}

static void a_full_disk_refuses_the_transaction_and_leaves_the_handle_usable(void **state)
{
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 0);
    assert_int_equal(db_fixture_insert(db, "before"), 0);
    faults->fail_log_write = true;
    assert_int_equal(db_fixture_insert(db, "refused"), -ENOSPC);
    assert_false(db_failed(db));
    assert_false(db_in_transaction(db));
    assert_int_equal(db_fixture_count(db), 1);
    faults->fail_log_write = false;
    assert_int_equal(db_fixture_insert(db, "after"), 0);
    assert_int_equal(db_fixture_count(db), 2);
    db_close(db);
}

static void the_writer_checkpoints_when_the_log_has_grown(void **state)
{
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *db = open_faulty(state, 10);
    char name[16];
    int before = faults->database_syncs;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(db_fixture_insert(db, name), 0);
    }
    assert_true(faults->database_syncs > before);
    assert_true(log_size(*state) < (off_t)20 * 4200);
    db_close(db);
}

static void readers_never_checkpoint(void **state)
{
    struct db_fixture *fixture = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    struct db *writer = open_faulty(state, 1 << 20);
    char name[16];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(db_fixture_insert(writer, name), 0);
    }
    off_t before = log_size(fixture);
    int syncs = faults->database_syncs;
    struct db *reader = db_fixture_open(fixture, DB_READER, FAULT_VFS_NAME, 1);
    assert_int_equal(db_fixture_count(reader), 40);
    db_close(reader);
    assert_int_equal(log_size(fixture), before);
    assert_int_equal(faults->database_syncs, syncs);
    db_close(writer);
}

/* A child that dies without closing leaves a log; the reader that comes and goes alone must leave it too. */
static void the_last_reader_leaves_a_dead_writers_log_alone(void **state)
{
    struct db_fixture *fixture = *state;
    pid_t child = fork();
    if (child == 0) {
        struct db *db = db_fixture_open(fixture, DB_WRITER, NULL, 1 << 20);
        _exit(db_fixture_insert(db, "from the dead") == 0 ? 7 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    off_t before = log_size(fixture);
    assert_true(before > 0);
    struct db *reader = db_fixture_open(fixture, DB_READER, NULL, 0);
    assert_int_equal(db_fixture_count(reader), 1);
    db_close(reader);
    assert_int_equal(log_size(fixture), before);
    struct db *writer = db_fixture_open(fixture, DB_WRITER, NULL, 0);
    assert_int_equal(log_size(fixture), 0);
    assert_int_equal(db_fixture_count(writer), 1);
    db_close(writer);
}

static void a_writer_cannot_open_over_a_readers_old_snapshot(void **state)
{
    struct db_fixture *fixture = *state;
    struct db_options options = {.mode = DB_WRITER, .busy_timeout_ms = 1};
    struct db *writer = db_fixture_open(fixture, DB_WRITER, NULL, 1 << 20);
    struct db *reader = db_fixture_open(fixture, DB_READER, NULL, 0);
    struct db *second = NULL;
    assert_int_equal(db_fixture_insert(writer, "a"), 0);
    assert_int_equal(db_begin(reader), 0);
    assert_int_equal(db_fixture_count(reader), 1);
    assert_int_equal(db_fixture_insert(writer, "b"), 0);
    db_close(writer);
    assert_int_equal(db_open(fixture->path, &options, &second), -EBUSY);
    db_rollback(reader);
    assert_int_equal(db_open(fixture->path, &options, &second), 0);
    assert_int_equal(db_fixture_count(second), 2);
    db_close(reader);
    db_close(second);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, db_fixture_setup, db_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(a_commit_whose_sync_fails_ends_the_handle_until_reopened),
        WITH_DB(a_sync_that_fails_in_an_autocommitted_statement_ends_the_handle),
        WITH_DB(a_failed_checkpoint_keeps_the_commit_and_ends_the_handle),
        WITH_DB(opening_fails_while_the_medium_fails),
        WITH_DB(each_opening_on_a_medium_that_still_fails_writes_little_of_the_log),
        WITH_DB(a_writer_opens_on_its_log_where_the_disk_has_no_room_for_the_copy),
        WITH_DB(a_full_disk_refuses_the_transaction_and_leaves_the_handle_usable),
        WITH_DB(the_writer_checkpoints_when_the_log_has_grown),
        WITH_DB(readers_never_checkpoint),
        WITH_DB(the_last_reader_leaves_a_dead_writers_log_alone),
        WITH_DB(a_writer_cannot_open_over_a_readers_old_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
