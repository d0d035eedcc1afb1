#ifndef TESTS_FUZZ_FUZZ_ROW_H
#define TESTS_FUZZ_FUZZ_ROW_H

/*
 * Rows of a database that are not as they were written. Tables and columns are asked from the database itself, so that
 * a new one is fuzzed without being listed; one that the day before left empty gets a row made up from its columns.
 */

#include "fuzz.h"

#define FUZZ_TABLES_MAX  255
#define FUZZ_COLUMNS_MAX 40

struct fuzz_table {
    char name[48];
    uint8_t column_count;
    char columns[FUZZ_COLUMNS_MAX][40];
    bool is_text[FUZZ_COLUMNS_MAX], is_blob[FUZZ_COLUMNS_MAX];
};

struct fuzz_tables {
    size_t count;
    struct fuzz_table tables[FUZZ_TABLES_MAX];
};

/* And a row for every table that has none: numbers 1, texts "1", bytes 0. *out_made (may be NULL): how many. */
void fuzz_tables_read(const char *path, struct fuzz_tables *out_tables, size_t *out_made);
/* Every column of every table once: no seed can be too few for that. */
void fuzz_tables_cut(const struct fuzz_tables *tables, void (*try_input)(const uint8_t *data, size_t size));

/*
 * One change. Input: table, column, row (1 byte each), what is done (1 byte), bytes. False: nothing was changed.
 */
struct fuzz_change {
    const char *table, *column;
};
#define FUZZ_CUT 1 /* what is done: half of the value */
bool fuzz_row_change(const char *path, const struct fuzz_tables *tables, struct slice input,
                     struct fuzz_change *out_change);

#endif
