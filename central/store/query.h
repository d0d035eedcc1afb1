#ifndef CENTRAL_STORE_QUERY_H
#define CENTRAL_STORE_QUERY_H

/*
 * Short forms of db.h's statements for the modules in this folder:
 *   query_run(db, "UPDATE shop SET idle_s = ?1 WHERE id = ?2", QUERY(Q_INT(30), Q_INT(id)));
 */

#include "platform/db.h"

struct query_value {
    char type; /* 'i', 't', 'b' */
    int64_t number;
    const void *data;
    size_t len;
};

#define Q_INT(value)       ((struct query_value){'i', (int64_t)(value), NULL, 0})
#define Q_TEXT(value)      ((struct query_value){'t', 0, (value), 0}) /* NULL binds NULL */
#define Q_BLOB(value, len) ((struct query_value){'b', 0, (value), (len)})

struct query_values {
    const struct query_value *items;
    size_t count;
};

#define QUERY(...)                                                                                                     \
    ((struct query_values){(const struct query_value[]){__VA_ARGS__},                                                  \
                           sizeof((const struct query_value[]){__VA_ARGS__}) / sizeof(struct query_value)})
#define QUERY_NONE ((struct query_values){NULL, 0})

/* Compiled and bound, not yet stepped; the caller closes it. */
MUST_CHECK int query_open(struct db *db, const char *sql, struct query_values values, struct db_stmt **out_stmt);
/* Runs to the end. */
MUST_CHECK int query_run(struct db *db, const char *sql, struct query_values values);
/* The first row, open in *out_stmt for the caller to read and close; -ENOENT when there is none (nothing is open). */
MUST_CHECK int query_first(struct db *db, const char *sql, struct query_values values, struct db_stmt **out_stmt);
/* The first column of the first row; -ENOENT. A change with RETURNING runs to its end. */
MUST_CHECK int query_number(struct db *db, const char *sql, struct query_values values, int64_t *out_number);

/* Column text into a fixed array, cut at its end. */
void query_column_text(struct db_stmt *stmt, int column, char *out, size_t cap);
/* A blob of exactly len; -EUCLEAN otherwise. */
MUST_CHECK int query_column_fixed(struct db_stmt *stmt, int column, void *out, size_t len);

#endif
