#include "central/store/programme.h"

/* What spans brands and leaves the house. Never change a step that was released; add one at the end. */
static const char *const steps[] = {
    "CREATE TABLE programme (id INTEGER PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL) STRICT;"
    "CREATE TABLE programme_brand (brand INTEGER PRIMARY KEY, programme INTEGER NOT NULL, joined_ms INTEGER NOT NULL) "
    "STRICT;"
    "CREATE TABLE settlement (programme INTEGER NOT NULL, month TEXT NOT NULL, end_ms INTEGER NOT NULL, position "
    "INTEGER "
    "NOT NULL, PRIMARY KEY (programme, month)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE settlement_line (programme INTEGER NOT NULL, month TEXT NOT NULL, brand INTEGER NOT NULL, earned "
    "INTEGER NOT NULL, spent INTEGER NOT NULL, PRIMARY KEY (programme, month, brand)) STRICT, WITHOUT ROWID;",

    /* followers who left, by the day they had come, and what winning them cost */
    "CREATE TABLE departure (touchpoint INTEGER NOT NULL, day INTEGER NOT NULL, early INTEGER NOT NULL, late INTEGER "
    "NOT "
    "NULL, later INTEGER NOT NULL, PRIMARY KEY (touchpoint, day)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE touchpoint_cost (id INTEGER PRIMARY KEY, touchpoint INTEGER NOT NULL, day INTEGER NOT NULL, amount "
    "INTEGER NOT NULL, what TEXT NOT NULL) STRICT;",
};

const struct store_schema store_schema_chain = {.part = "chain", .steps = steps, .count = ARRAY_LEN(steps)};
