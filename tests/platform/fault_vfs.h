#ifndef TESTS_PLATFORM_FAULT_VFS_H
#define TESTS_PLATFORM_FAULT_VFS_H

/* SQLite's own VFS with faults on command, registered under FAULT_VFS_NAME. One test thread. */

#include <stdbool.h>

#define FAULT_VFS_NAME "fault"

struct fault_vfs {
    bool fail_log_sync;       /* syncs of the -wal file answer an input/output error */
    bool fail_database_sync;  /* and those of the database itself */
    bool fail_log_write;      /* writes to the -wal file answer "disk full" */
    bool fail_database_write; /* and those to the database itself */
    long log_bytes;           /* written to the -wal file */
    int database_syncs;       /* syncs of the database that were asked for */
};

/* Registers it once and clears all faults. */
struct fault_vfs *fault_vfs_reset(void);

#endif
