#include "domain/cbor.h"

#include "utf8.h"

#include <assert.h>
#include <cbor/encoding.h>
#include <string.h>

void cbor_writer_init(struct cbor_writer *w, uint8_t *buffer, size_t cap)
{
    assert(buffer || cap == 0);
    *w = (struct cbor_writer){.buffer = buffer, .cap = cap};
}

/* libcbor's encoders answer 0 when the item does not fit; it refuses a NULL buffer by no means, hence the check here.
 */
typedef size_t (*encode_head)(uint64_t value, unsigned char *buffer, size_t cap);

static void write_head(struct cbor_writer *w, encode_head encode, uint64_t value)
{
    if (w->error)
        return;
    size_t written = w->len < w->cap ? encode(value, w->buffer + w->len, w->cap - w->len) : 0;
    if (written == 0)
        w->error = -ENOSPC;
    w->len += written;
}

static size_t encode_bytes(uint64_t value, unsigned char *buffer, size_t cap)
{
    return cbor_encode_bytestring_start((size_t)value, buffer, cap);
}

static size_t encode_text(uint64_t value, unsigned char *buffer, size_t cap)
{
    return cbor_encode_string_start((size_t)value, buffer, cap);
}

static size_t encode_array(uint64_t value, unsigned char *buffer, size_t cap)
{
    return cbor_encode_array_start((size_t)value, buffer, cap);
}

static size_t encode_map(uint64_t value, unsigned char *buffer, size_t cap)
{
    return cbor_encode_map_start((size_t)value, buffer, cap);
}

static size_t encode_bool(uint64_t value, unsigned char *buffer, size_t cap)
{
    return cbor_encode_bool(value != 0, buffer, cap);
}

void cbor_write_uint(struct cbor_writer *w, uint64_t value)
{
    write_head(w, cbor_encode_uint, value);
}

void cbor_write_int(struct cbor_writer *w, int64_t value)
{
    if (value >= 0)
        write_head(w, cbor_encode_uint, (uint64_t)value);
    else
        write_head(w, cbor_encode_negint, ~(uint64_t)value);
}

void cbor_write_bool(struct cbor_writer *w, bool value)
{
    write_head(w, encode_bool, value);
}

void cbor_write_raw(struct cbor_writer *w, const void *encoded, size_t len)
{
    if (w->error || len == 0)
        return;
    if (len > w->cap - w->len) {
        w->error = -ENOSPC;
        return;
    }
    memcpy(w->buffer + w->len, encoded, len);
    w->len += len;
}

void cbor_write_bytes(struct cbor_writer *w, const void *data, size_t len)
{
    write_head(w, encode_bytes, len);
    cbor_write_raw(w, data, len);
}

void cbor_write_text(struct cbor_writer *w, const char *text)
{
    size_t len = strlen(text);
    if (!w->error && !utf8_valid((const uint8_t *)text, len))
        w->error = -EINVAL;
    write_head(w, encode_text, len);
    cbor_write_raw(w, text, len);
}

void cbor_write_array(struct cbor_writer *w, size_t count)
{
    write_head(w, encode_array, count);
}

void cbor_write_map(struct cbor_writer *w, size_t pairs)
{
    write_head(w, encode_map, pairs);
}

int cbor_writer_finish(const struct cbor_writer *w, size_t *out_len)
{
    if (w->error)
        return w->error;
    *out_len = w->len;
    return 0;
}
