#include "cmocka_all.h"
#include "disk.h"
#include "platform/db.h"

#include <stdio.h>
#include <string.h>

/* The disk itself: what it calls durable, what it loses, how it fails. */

#define PATH "/books.db"

static struct disk *disk;
static struct sim_random chance;

static int open_disk(void **state)
{
    (void)state;
    sim_random_init(&chance, 7);
    disk_open(&disk);
    return 0;
}

static int close_disk(void **state)
{
    (void)state;
    disk_close(disk);
    return 0;
}

static struct db *open_db(void)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct db *db;
    assert_int_equal(db_open(PATH, &options, &db), 0);
    return db;
}

static int64_t number(struct db *db, const char *sql)
{
    struct db_stmt *stmt;
    assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    int64_t value = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return value;
}

static void insert(struct db *db, int value)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "INSERT INTO t VALUES(%d)", value);
    assert_int_equal(db_exec(db, sql), 0);
}

/* The number of rows that a database has after a cut with everything lost that was not synced. */
static int64_t rows_after_cut(struct db *db)
{
    struct disk_image *image = disk_cut(disk, &chance.base, DISK_LOSE_ALL);
    db_close(db);
    disk_load(disk, image);
    disk_image_close(image);
    db = open_db();
    int64_t rows = number(db, "SELECT count(*) FROM t");
    db_close(db);
    return rows;
}

static void a_commit_survives_a_cut(void **state)
{
    struct db *db = open_db();
    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(x)"), 0);
    for (int i = 0; i < 10; i++)
        insert(db, i);

    assert_int_equal(rows_after_cut(db), 10);
}

static void a_weakened_commit_does_not(void **state)
{
    (void)state;
    struct db *db = open_db();
    assert_int_equal(db_exec(db, "CREATE TABLE t(x)"), 0);
    db_close(db);
    disk_weaken_sync(disk, true);
    db = open_db();
    for (int i = 0; i < 10; i++)
        insert(db, i);

    assert_true(rows_after_cut(db) < 10);
}

static void a_failed_sync_dooms_what_it_covered(void **state)
{
    (void)state;
    struct db *db = open_db();
    assert_int_equal(db_exec(db, "CREATE TABLE t(x)"), 0);
    insert(db, 1);
    disk_fail(disk, DISK_SYNC, 1, DISK_EIO, false);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES(2)"), -EIO);
    assert_true(db_failed(db));

    assert_int_equal(rows_after_cut(db), 1);
}

static void each_kind_of_io_fails_at_its_count(void **state)
{
    (void)state;
    struct db *db = open_db();
    assert_int_equal(db_exec(db, "CREATE TABLE t(x)"), 0);
    disk_faults_clear(disk);
    insert(db, 1);
    assert_true(disk_count(disk, DISK_WRITE) >= 2);
    assert_int_equal(disk_count(disk, DISK_SYNC), 1);
    disk_faults_clear(disk);
    disk_fail(disk, DISK_WRITE, 2, DISK_SHORT, false);

    assert_int_equal(db_exec(db, "INSERT INTO t VALUES(2)"), -ENOSPC);
    assert_int_equal(disk_failures(disk), 1);
    insert(db, 3);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
    db_close(db);
}

static void readers_see_a_snapshot_and_hold_back_the_checkpoint(void **state)
{
    const struct db_options reader_options = {.mode = DB_READER, .vfs = disk_vfs_name(disk)};
    struct db *db = open_db(), *reader;
    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(x)"), 0);
    insert(db, 1);
    assert_int_equal(db_open(PATH, &reader_options, &reader), 0);
    assert_int_equal(db_begin(reader), 0);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    insert(db, 2);

    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    db_rollback(reader);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 2);
    assert_int_equal(db_exec(reader, "INSERT INTO t VALUES(3)"), -EROFS);
    db_close(reader);
    assert_int_equal(db_checkpoint(db), 0);
    db_close(db);
}

static void a_flipped_bit_is_found(void **state)
{
    char finding[128];
    struct db *db = open_db();
    (void)state;
    assert_int_equal(db_exec(db, "CREATE TABLE t(x UNIQUE)"), 0);
    for (int i = 0; i < 2000; i++)
        insert(db, i);
    db_close(db);
    uint64_t print = disk_file_print(disk, PATH);
    disk_file_flip(disk, PATH, disk_file_size(disk, PATH) - 5, 0x10);

    assert_true(print != disk_file_print(disk, PATH));
    db = open_db();
    assert_int_equal(db_check(db, false, finding, sizeof(finding)), -EUCLEAN);
    db_close(db);
}

int main(void)
{
#define WITH_DISK(test) cmocka_unit_test_setup_teardown(test, open_disk, close_disk)
    const struct CMUnitTest tests[] = {
        WITH_DISK(a_commit_survives_a_cut),
        WITH_DISK(a_weakened_commit_does_not),
        WITH_DISK(a_failed_sync_dooms_what_it_covered),
        WITH_DISK(each_kind_of_io_fails_at_its_count),
        WITH_DISK(readers_see_a_snapshot_and_hold_back_the_checkpoint),
        WITH_DISK(a_flipped_bit_is_found),
    };

    return cmocka_run_group_tests_name("fault_disk", tests, NULL, NULL);
}
