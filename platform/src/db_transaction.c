#include "db_internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SAVEPOINT_NAME_MAX 40

int db_begin(struct db *db)
{
    return db_run(db, db->mode == DB_WRITER ? "BEGIN IMMEDIATE" : "BEGIN");
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

int db_commit(struct db *db)
{
    if (db->failed) {
        db_rollback(db);
        return -EIO;
    }
    if (!db_in_transaction(db))
        return -ESTALE;
    int error = db_run(db, "COMMIT");
    if (error)
        db_rollback(db);
    return error;
}

/* Past the failed mark on purpose: undoing is always allowed, and what it answers changes nothing. */
void db_rollback(struct db *db)
{
    if (db_in_transaction(db))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int savepoint_run(struct db *db, const char *verb, const char *name)
{
    char sql[SAVEPOINT_NAME_MAX + 32];
    size_t len = strlen(name);
    assert(len > 0 && len <= SAVEPOINT_NAME_MAX && !isdigit((unsigned char)name[0]));
    for (size_t i = 0; i < len; i++)
        assert(isalnum((unsigned char)name[i]) || name[i] == '_');
    if (!db->failed && !db_in_transaction(db))
        return -ESTALE;
    snprintf(sql, sizeof(sql), "%s %s", verb, name);
    return db_run(db, sql);
}

int db_savepoint(struct db *db, const char *name)
{
    return savepoint_run(db, "SAVEPOINT", name);
}

int db_savepoint_release(struct db *db, const char *name)
{
    return savepoint_run(db, "RELEASE", name);
}

int db_savepoint_rollback(struct db *db, const char *name)
{
    int error = savepoint_run(db, "ROLLBACK TO", name);
    return error ? error : savepoint_run(db, "RELEASE", name);
}
