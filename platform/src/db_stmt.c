#include "db_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 64 /* compiled statements kept for the next use */

struct db_stmt {
    struct db *db;
    struct db_stmt *next;
    sqlite3_stmt *handle;
    uint64_t used;      /* the connection's count at its last opening */
    const char *source; /* whose text it was at its last opening; may be gone by now */
    const char *text;   /* SQLite's own copy of the SQL */
    size_t text_len;
    bool open;
    int bind_code; /* the first binding that failed, for the next step */
};

static void stmt_free(struct db_stmt *stmt)
{
    sqlite3_finalize(stmt->handle);
    free(stmt);
}

/* Nearly all SQL is a constant: its address says where a statement is kept. */
static struct db_stmt **bucket_of(struct db *db, const char *sql)
{
    uint64_t mixed = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
    return &db->statements[mixed >> 32 & (DB_STMT_BUCKETS - 1)];
}

static void stmt_link_first(struct db_stmt *stmt, struct db_stmt **bucket)
{
    stmt->next = *bucket;
    stmt->used = ++stmt->db->uses;
    *bucket = stmt;
}

static struct db_stmt **find_by_address(struct db_stmt **bucket, const char *sql)
{
    for (struct db_stmt **link = bucket; *link; link = &(*link)->next) {
        if ((*link)->source == sql && !(*link)->open && strcmp((*link)->text, sql) == 0)
            return link;
    }
    return NULL;
}

static struct db_stmt **find_by_text(struct db *db, const char *sql)
{
    size_t len = strlen(sql);
    for (size_t i = 0; i < DB_STMT_BUCKETS; i++) {
        for (struct db_stmt **link = &db->statements[i]; *link; link = &(*link)->next) {
            if (!(*link)->open && (*link)->text_len == len && memcmp((*link)->text, sql, len) == 0)
                return link;
        }
    }
    return NULL;
}

static struct db_stmt *take_idle(struct db *db, const char *sql)
{
    struct db_stmt **link = find_by_address(bucket_of(db, sql), sql);
    if (!link)
        link = find_by_text(db, sql);
    if (!link)
        return NULL;
    struct db_stmt *stmt = *link;
    *link = stmt->next;
    db->idle_count--;
    return stmt;
}

static void drop_oldest_idle(struct db *db)
{
    struct db_stmt **oldest = NULL;
    for (size_t i = 0; i < DB_STMT_BUCKETS; i++) {
        for (struct db_stmt **link = &db->statements[i]; *link; link = &(*link)->next)
            if (!(*link)->open && (!oldest || (*link)->used < (*oldest)->used))
                oldest = link;
    }
    assert(oldest);
    struct db_stmt *stmt = *oldest;
    *oldest = stmt->next;
    db->idle_count--;
    stmt_free(stmt);
}

static int compile(struct db *db, const char *sql, struct db_stmt **out_stmt)
{
    const char *tail = NULL;
    struct db_stmt *stmt = calloc(1, sizeof(*stmt));
    if (!stmt)
        return -ENOMEM;
    stmt->db = db;
    int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, &tail);
    int error = db_result(db, code);
    if (error) {
        free(stmt);
        return error;
    }
    assert(stmt->handle && tail[strspn(tail, " \n\t;")] == '\0'); /* exactly one statement */
    stmt->text = sqlite3_sql(stmt->handle);
    stmt->text_len = strlen(stmt->text);
    *out_stmt = stmt;
    return 0;
}

int db_stmt_open(struct db *db, const char *sql, struct db_stmt **out_stmt)
{
    if (db->failed)
        return -EIO;
    struct db_stmt *stmt = take_idle(db, sql);
    if (!stmt) {
        int error = compile(db, sql, &stmt);
        if (error)
            return error;
    }
    stmt->source = sql;
    stmt->open = true;
    stmt->bind_code = SQLITE_OK;
    stmt_link_first(stmt, bucket_of(db, sql));
    *out_stmt = stmt;
    return 0;
}

void db_stmt_close(struct db_stmt *stmt)
{
    if (!stmt)
        return;
    assert(stmt->open);
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle);
    stmt->open = false;
    if (++stmt->db->idle_count > IDLE_MAX)
        drop_oldest_idle(stmt->db);
}

void db_stmt_close_all(struct db *db)
{
    for (size_t i = 0; i < DB_STMT_BUCKETS; i++) {
        while (db->statements[i]) {
            struct db_stmt *stmt = db->statements[i];
            db->statements[i] = stmt->next;
            stmt_free(stmt);
        }
    }
    db->idle_count = 0;
}

static void note_bind(struct db_stmt *stmt, int code)
{
    assert(code != SQLITE_RANGE && code != SQLITE_MISUSE); /* no such parameter, or bound between two rows */
    if (stmt->bind_code == SQLITE_OK)
        stmt->bind_code = code;
}

void db_bind_int64(struct db_stmt *stmt, int index, int64_t value)
{
    note_bind(stmt, sqlite3_bind_int64(stmt->handle, index, value));
}

void db_bind_text(struct db_stmt *stmt, int index, const char *text)
{
    note_bind(stmt, sqlite3_bind_text(stmt->handle, index, text, -1, SQLITE_TRANSIENT));
}

void db_bind_blob(struct db_stmt *stmt, int index, const void *data, size_t len)
{
    assert(data || len == 0);
    note_bind(stmt, sqlite3_bind_blob64(stmt->handle, index, data ? data : "", len, SQLITE_TRANSIENT));
}

void db_bind_null(struct db_stmt *stmt, int index)
{
    note_bind(stmt, sqlite3_bind_null(stmt->handle, index));
}

int db_stmt_step(struct db_stmt *stmt)
{
    assert(stmt->open);
    if (stmt->db->failed)
        return -EIO;
    int bind_code = stmt->bind_code;
    stmt->bind_code = SQLITE_OK;
    if (bind_code != SQLITE_OK)
        return db_result(stmt->db, bind_code);
    int code = sqlite3_step(stmt->handle);
    if (code == SQLITE_ROW)
        return DB_ROW;
    int error = db_result(stmt->db, code);
    sqlite3_reset(stmt->handle);
    return error ? error : DB_DONE;
}

int db_stmt_run(struct db_stmt *stmt)
{
    int step;
    do
        step = db_stmt_step(stmt);
    while (step == DB_ROW);
    return step;
}

int64_t db_column_int64(struct db_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

const char *db_column_text(struct db_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt->handle, column);
    return text ? (const char *)text : "";
}

struct slice db_column_blob(struct db_stmt *stmt, int column)
{
    const void *data = sqlite3_column_blob(stmt->handle, column);
    return (struct slice){data, data ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0};
}

bool db_column_is_null(struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

bool db_column_is_int64(struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_INTEGER;
}

bool db_column_is_blob(struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_BLOB;
}

int db_run(struct db *db, const char *sql)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, sql, &stmt);
    if (error)
        return error;
    error = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return error;
}
