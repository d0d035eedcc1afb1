#ifndef CENTRAL_STORE_EXPORT_H
#define CENTRAL_STORE_EXPORT_H

/*
 * What an integrator takes out of central, in pieces of a bounded size: tables with columns that stay as they are
 * (docs/export.md). Rows come in order of a cursor that stands in each row: whoever stopped somewhere goes on after it.
 * No name of a person is in any of them; members are their random numbers.
 */

#include "central/store/store.h"

#define EXPORT_COLUMNS_MAX 16 /* the NULL included */

struct export_table {
    const char *name;
    const char *columns[EXPORT_COLUMNS_MAX]; /* the first is "cursor"; NULL after the last */
    const char *types;                       /* a letter a column: n number, t text, k kind of record */
    const char *sql;                         /* ?1 after, ?2 since, ?3 limit */
};

/* NULL when there is none of that name. */
const struct export_table *export_find(const char *name);

struct export_range {
    int64_t after;    /* a row's cursor; 0 = from the first */
    int64_t since_ms; /* joined or arrived at central since then */
    int64_t limit;
};

/* A value of a row. The text lives during the visit. */
struct export_value {
    int64_t number;
    const char *text; /* NULL: it is the number */
};
typedef int (*export_visit)(void *context, const struct export_value *values, size_t count);
MUST_CHECK int export_rows(struct store_tx *tx, const struct export_table *table, const struct export_range *range,
                           export_visit visit, void *context);

#endif
