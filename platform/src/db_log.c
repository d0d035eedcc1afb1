#include "db_internal.h"

#define PIECE_LEN 16384

/* The write-ahead log's file as SQLite holds it, NULL while it has none open. */
static sqlite3_file *log_file(struct db *db)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods ? file : NULL;
}

static int rewrite(sqlite3_file *file, sqlite3_int64 from, sqlite3_int64 end)
{
    uint8_t piece[PIECE_LEN];
    int code = SQLITE_OK;
    for (sqlite3_int64 at = from; at < end && code == SQLITE_OK; at += PIECE_LEN) {
        int len = end - at < PIECE_LEN ? (int)(end - at) : PIECE_LEN;
        code = file->pMethods->xRead(file, piece, len, at);
        if (code == SQLITE_OK)
            code = file->pMethods->xWrite(file, piece, len, at);
    }
    return code == SQLITE_OK && from < end ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

/*
 * After a sync that failed, here or in a process before us, the kernel takes the log's last pages for written though
 * the medium may not have them: another sync does nothing, and a power cut during or after the checkpoint would lay the
 * older log over the newer database. So every byte is written and synced once more before anything is copied from it.
 * One piece first: while the medium still refuses, that is all that each further opening costs it.
 */
int db_log_settle(struct db *db)
{
    sqlite3_int64 size = 0;
    int error = db_exec(db, "PRAGMA user_version"); /* SQLite opens and recovers the log here, and reads no schema */
    sqlite3_file *file = error ? NULL : log_file(db);
    if (!file)
        return error;
    int code = file->pMethods->xFileSize(file, &size);
    sqlite3_int64 first = size < PIECE_LEN ? size : PIECE_LEN;
    if (code == SQLITE_OK)
        code = rewrite(file, 0, first);
    if (code == SQLITE_OK)
        code = rewrite(file, first, size);
    return db_result(db, code);
}
