#ifndef DOMAIN_FIELDS_H
#define DOMAIN_FIELDS_H

#include "domain/cbor.h"

/*
 * For those who carry structs over a wire. One table a struct says under which key each member travels; one encoder and
 * one decoder walk it. Keys ascend. A member that is zero or empty is left out, unless it is marked as required: such a
 * one is always written and must be there to be read. Keys that a table does not know are passed over.
 */

enum field_type {
    FIELD_UINT, /* uint8_t..uint64_t, by size */
    FIELD_INT,  /* int64_t */
    FIELD_BOOL,
    FIELD_TEXT,  /* char[size], NUL-terminated */
    FIELD_BYTES, /* uint8_t[size], whole */
    FIELD_LIST,  /* uint32_t[], as many as the uint32_t member at count_offset says */
    FIELD_PAIRS, /* int64_t[][2], none below 0, as many pairs as the uint32_t member at count_offset says */
};

struct field {
    uint8_t key;
    uint8_t type; /* enum field_type */
    bool required;
    uint16_t offset, size;
    uint16_t count_offset; /* FIELD_LIST, FIELD_PAIRS */
};

struct field_table {
    const struct field *fields;
    size_t count;
    size_t size; /* of the struct, at most FIELDS_STRUCT_MAX */
};

#define FIELDS_STRUCT_MAX 1024

#define FIELD_AT(k, t, must, s, m)                                                                                     \
    {                                                                                                                  \
        .key = (k), .type = (t), .required = (must), .offset = offsetof(struct s, m),                                  \
        .size = sizeof(((struct s *)0)->m)                                                                             \
    }
#define FIELD_LIST_AT(k, s, m, c)  FIELD_COUNTED_AT(k, FIELD_LIST, s, m, c)
#define FIELD_PAIRS_AT(k, s, m, c) FIELD_COUNTED_AT(k, FIELD_PAIRS, s, m, c)
#define FIELD_COUNTED_AT(k, t, s, m, c)                                                                                \
    {                                                                                                                  \
        .key = (k), .type = (t), .offset = offsetof(struct s, m), .size = sizeof(((struct s *)0)->m),                  \
        .count_offset = offsetof(struct s, c)                                                                          \
    }
#define FIELD_TABLE(array, s)                                                                                          \
    {                                                                                                                  \
        (array), ARRAY_LEN(array), sizeof(struct s)                                                                    \
    }

/* As one item of a larger whole. fields_read leaves *out zeroed where nothing was said; its content counts only when
 * the reader has no error. */
void fields_write(struct cbor_writer *w, const struct field_table *table, const void *value);
void fields_read(struct cbor_reader *r, const struct field_table *table, void *out);

/* As a message of its own: -ENOSPC, -EINVAL (text that is not UTF-8); -EBADMSG and *out_value untouched. */
MUST_CHECK int fields_encode(const struct field_table *table, const void *value, uint8_t *out, size_t cap,
                             size_t *out_len);
MUST_CHECK int fields_decode(const struct field_table *table, const void *data, size_t len, void *out_value);

#endif
