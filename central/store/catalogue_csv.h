#ifndef CENTRAL_STORE_CATALOGUE_CSV_H
#define CENTRAL_STORE_CATALOGUE_CSV_H

#include "domain/feed.h"

/*
 * Products as CSV (RFC 4180, UTF-8 with or without a byte order mark, any line ends). The first row names the columns,
 * in any order: ean, name_zh and price are required; sku, name_en, member_price, unit may be there; others are passed
 * over. Pure; nothing is allocated: fields are unquoted in place.
 */

enum csv_column { CSV_EAN, CSV_SKU, CSV_NAME_ZH, CSV_NAME_EN, CSV_PRICE, CSV_MEMBER_PRICE, CSV_UNIT, CSV_FIELDS };

#define CSV_COLUMNS_MAX 32

struct csv_reader {
    char *text; /* the caller's copy of the file; is changed */
    size_t len, pos;
    uint32_t line;                   /* of the row that comes next, from 1 */
    int8_t columns[CSV_COLUMNS_MAX]; /* enum csv_column at each place, -1: passed over */
    uint32_t column_count;
};

struct csv_row {
    uint32_t line;                  /* where it begins */
    const char *fields[CSV_FIELDS]; /* "" when the column is not there */
    const char *fault;              /* NULL, or what is wrong with the row itself */
};

/* Reads the header. NULL, or a sentence on what is wrong with the file as a whole. text[len] must be NUL. */
const char *catalogue_csv_open(char *text, size_t len, struct csv_reader *out_reader);
/* The next row that is not blank; false at the end. */
bool catalogue_csv_next(struct csv_reader *reader, struct csv_row *out_row);

/* Checks the fields and fills the product: NULL, or what is wrong. */
const char *catalogue_csv_product(const char *const fields[CSV_FIELDS], struct feed_product *out_product);

#endif
