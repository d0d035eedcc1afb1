#ifndef TESTS_SIM_AUDIT_READ_H
#define TESTS_SIM_AUDIT_READ_H

/* How the auditor comes by what it judges: out of the books on the disks, and from what the simulation itself knows. */

#include "world.h"

#include <sqlite3.h>

/* Anything but success ends the program: the auditor's own tables are in memory. */
void audit_must(sqlite3 *db, int code, const char *what);
void audit_execute(sqlite3 *db, const char *sql);
sqlite3_stmt *audit_prepare(sqlite3 *db, const char *sql); /* the caller finalizes it */
int64_t audit_number(sqlite3 *db, const char *sql);        /* the first column of the first row */
void audit_attach(sqlite3 *db, const char *path, const char *name);
/* False: not books at all, or damaged. Whether indexes say what their tables say is tried in tests/fault after every
 * cut. */
bool audit_readable(const char *path);

/* Fills the auditor's tables; central's books are attached as central. Begins a transaction and leaves it open. */
void audit_read(struct world *world, sqlite3 *db);

#endif
