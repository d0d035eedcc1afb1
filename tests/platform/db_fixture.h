#ifndef TESTS_PLATFORM_DB_FIXTURE_H
#define TESTS_PLATFORM_DB_FIXTURE_H

/* A database in a folder of its own, with one table: item(id INTEGER PRIMARY KEY, name TEXT UNIQUE). */

#include "cmocka_all.h"
#include "platform/db.h"
#include "tempdir.h"

struct db_fixture {
    struct tempdir dir;
    char path[128];
};

int db_fixture_setup(void **state);
int db_fixture_teardown(void **state);

struct db *db_fixture_open(const struct db_fixture *fixture, enum db_mode mode, const char *vfs, int checkpoint_pages);

/* 0 or -errno of one insert in a transaction of its own. */
int db_fixture_insert(struct db *db, const char *name);

/* How many rows the table has, or -errno. */
int64_t db_fixture_count(struct db *db);

#endif
