#ifndef DOMAIN_CBOR_H
#define DOMAIN_CBOR_H

#include "domain/base.h"

/*
 * Deterministic CBOR (RFC 8949 §4.2) with integer map keys over the caller's buffer; libcbor's streaming functions
 * underneath, no allocation. Errors stick: the first one stays and every later call does nothing, so that callers check
 * once at the end.
 */

struct cbor_writer {
    uint8_t *buffer;
    size_t cap;
    size_t len;
    int error; /* 0, -ENOSPC, -EINVAL (text that is not UTF-8) */
};

void cbor_writer_init(struct cbor_writer *w, uint8_t *buffer, size_t cap);
void cbor_write_uint(struct cbor_writer *w, uint64_t value);
void cbor_write_int(struct cbor_writer *w, int64_t value);
void cbor_write_bool(struct cbor_writer *w, bool value);
void cbor_write_bytes(struct cbor_writer *w, const void *data, size_t len);
void cbor_write_text(struct cbor_writer *w, const char *text); /* NUL-terminated; -EINVAL when not UTF-8 */
void cbor_write_array(struct cbor_writer *w, size_t count);
void cbor_write_map(struct cbor_writer *w, size_t pairs); /* the caller writes keys in ascending order */
void cbor_write_raw(struct cbor_writer *w, const void *encoded, size_t len); /* an item that is already encoded */
MUST_CHECK int cbor_writer_finish(const struct cbor_writer *w, size_t *out_len);

/* Strict: shortest forms only, definite lengths only, no tags, no floats, depth ≤ 16; anything else is -EBADMSG. */
struct cbor_reader {
    const uint8_t *data;
    size_t len;
    size_t pos;
    int error; /* 0, -EBADMSG */
};

void cbor_reader_init(struct cbor_reader *r, const void *data, size_t len);
uint64_t cbor_read_uint(struct cbor_reader *r);
uint32_t cbor_read_u32(struct cbor_reader *r); /* error when it does not fit */
int64_t cbor_read_int(struct cbor_reader *r);
bool cbor_read_bool(struct cbor_reader *r);
struct slice cbor_read_bytes(struct cbor_reader *r);                    /* points into data */
void cbor_read_fixed(struct cbor_reader *r, void *out, size_t len);     /* a byte string of exactly len */
struct slice cbor_read_text(struct cbor_reader *r);                     /* valid UTF-8, points into data */
void cbor_read_text_into(struct cbor_reader *r, char *out, size_t cap); /* NUL-terminated; error when it does not fit */
size_t cbor_read_array(struct cbor_reader *r);
size_t cbor_read_map(struct cbor_reader *r);
/* The next item whole, skipped, as it stands: unknown keys are kept or passed over with this. */
struct slice cbor_read_raw(struct cbor_reader *r);
bool cbor_reader_at_end(const struct cbor_reader *r);
/* 0 when everything was read, nothing is left and nothing was wrong. */
MUST_CHECK int cbor_reader_finish(const struct cbor_reader *r);

/* Maps with integer keys, read in ascending order: true and *out_key while pairs remain. Refuses unordered or doubled
 * keys. */
struct cbor_map {
    size_t left;
    int64_t last_key;
};
struct cbor_map cbor_map_begin(struct cbor_reader *r);
bool cbor_map_next(struct cbor_reader *r, struct cbor_map *map, uint32_t *out_key);

#endif
