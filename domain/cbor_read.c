#include "domain/cbor.h"

#include "utf8.h"

#include <assert.h>
#include <cbor/streaming.h>
#include <string.h>

#define DEPTH_MAX 16

enum item_type { ITEM_FORBIDDEN, ITEM_UINT, ITEM_NEGATIVE, ITEM_BOOL, ITEM_BYTES, ITEM_TEXT, ITEM_ARRAY, ITEM_MAP };

struct item {
    enum item_type type;
    uint64_t value; /* number, length or count */
    const uint8_t *data;
};

static void on_uint8(void *item, uint8_t value)
{
    *(struct item *)item = (struct item){ITEM_UINT, value, NULL};
}

static void on_uint16(void *item, uint16_t value)
{
    *(struct item *)item = (struct item){ITEM_UINT, value, NULL};
}

static void on_uint32(void *item, uint32_t value)
{
    *(struct item *)item = (struct item){ITEM_UINT, value, NULL};
}

static void on_uint64(void *item, uint64_t value)
{
    *(struct item *)item = (struct item){ITEM_UINT, value, NULL};
}

static void on_negint8(void *item, uint8_t value)
{
    *(struct item *)item = (struct item){ITEM_NEGATIVE, value, NULL};
}

static void on_negint16(void *item, uint16_t value)
{
    *(struct item *)item = (struct item){ITEM_NEGATIVE, value, NULL};
}

static void on_negint32(void *item, uint32_t value)
{
    *(struct item *)item = (struct item){ITEM_NEGATIVE, value, NULL};
}

static void on_negint64(void *item, uint64_t value)
{
    *(struct item *)item = (struct item){ITEM_NEGATIVE, value, NULL};
}

static void on_bytes(void *item, cbor_data data, size_t len)
{
    *(struct item *)item = (struct item){ITEM_BYTES, len, data};
}

static void on_text(void *item, cbor_data data, size_t len)
{
    *(struct item *)item = (struct item){ITEM_TEXT, len, data};
}

static void on_array(void *item, size_t count)
{
    *(struct item *)item = (struct item){ITEM_ARRAY, count, NULL};
}

static void on_map(void *item, size_t pairs)
{
    *(struct item *)item = (struct item){ITEM_MAP, pairs, NULL};
}

static void on_bool(void *item, bool value)
{
    *(struct item *)item = (struct item){ITEM_BOOL, value, NULL};
}

/* What the format forbids goes to libcbor's empty callbacks and leaves the item ITEM_FORBIDDEN. */
static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = cbor_null_byte_string_start_callback,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = cbor_null_string_start_callback,
    .indef_array_start = cbor_null_indef_array_start_callback,
    .array_start = on_array,
    .indef_map_start = cbor_null_indef_map_start_callback,
    .map_start = on_map,
    .tag = cbor_null_tag_callback,
    .float2 = cbor_null_float2_callback,
    .float4 = cbor_null_float4_callback,
    .float8 = cbor_null_float8_callback,
    .undefined = cbor_null_undefined_callback,
    .null = cbor_null_null_callback,
    .boolean = on_bool,
    .indef_break = cbor_null_indef_break_callback,
};

void cbor_reader_init(struct cbor_reader *r, const void *data, size_t len)
{
    assert(data || len == 0);
    *r = (struct cbor_reader){.data = data, .len = len};
}

static size_t shortest_head(const struct item *item)
{
    if (item->type == ITEM_BOOL || item->value < 24)
        return 1;
    if (item->value <= UINT8_MAX)
        return 2;
    if (item->value <= UINT16_MAX)
        return 3;
    return item->value <= UINT32_MAX ? 5 : 9;
}

/* A count that could not be met by the bytes that are left is refused here, so that nobody loops over it. */
static bool item_sane(const struct item *item, size_t read, size_t left)
{
    switch (item->type) {
    case ITEM_FORBIDDEN:
        return false;
    case ITEM_UINT:
    case ITEM_NEGATIVE:
    case ITEM_BOOL:
        return read == shortest_head(item);
    case ITEM_BYTES:
        return read - item->value == shortest_head(item);
    case ITEM_TEXT:
        return read - item->value == shortest_head(item) && utf8_valid(item->data, item->value);
    case ITEM_ARRAY:
        return read == shortest_head(item) && item->value <= left;
    case ITEM_MAP:
        return read == shortest_head(item) && item->value <= left / 2;
    }
    return false;
}

static struct item next_item(struct cbor_reader *r)
{
    struct item item = {ITEM_FORBIDDEN, 0, NULL};
    if (r->error)
        return item;
    if (r->pos < r->len) {
        struct cbor_decoder_result result = cbor_stream_decode(r->data + r->pos, r->len - r->pos, &callbacks, &item);
        if (result.status == CBOR_DECODER_FINISHED && item_sane(&item, result.read, r->len - r->pos - result.read)) {
            r->pos += result.read;
            return item;
        }
    }
    r->error = -EBADMSG;
    return (struct item){ITEM_FORBIDDEN, 0, NULL};
}

static struct item expect_item(struct cbor_reader *r, enum item_type type)
{
    struct item item = next_item(r);
    if (!r->error && item.type == type)
        return item;
    r->error = -EBADMSG;
    return (struct item){ITEM_FORBIDDEN, 0, NULL};
}

uint64_t cbor_read_uint(struct cbor_reader *r)
{
    return expect_item(r, ITEM_UINT).value;
}

uint32_t cbor_read_u32(struct cbor_reader *r)
{
    uint64_t value = cbor_read_uint(r);
    if (value <= UINT32_MAX)
        return (uint32_t)value;
    r->error = -EBADMSG;
    return 0;
}

int64_t cbor_read_int(struct cbor_reader *r)
{
    struct item item = next_item(r);
    if (!r->error && item.value <= INT64_MAX) {
        if (item.type == ITEM_UINT)
            return (int64_t)item.value;
        if (item.type == ITEM_NEGATIVE)
            return -1 - (int64_t)item.value;
    }
    r->error = -EBADMSG;
    return 0;
}

bool cbor_read_bool(struct cbor_reader *r)
{
    return expect_item(r, ITEM_BOOL).value != 0;
}

struct slice cbor_read_bytes(struct cbor_reader *r)
{
    struct item item = expect_item(r, ITEM_BYTES);
    return (struct slice){item.data, item.value};
}

void cbor_read_fixed(struct cbor_reader *r, void *out, size_t len)
{
    struct slice bytes = cbor_read_bytes(r);
    if (r->error)
        return;
    if (bytes.len != len)
        r->error = -EBADMSG;
    else
        memcpy(out, bytes.data, len);
}

struct slice cbor_read_text(struct cbor_reader *r)
{
    struct item item = expect_item(r, ITEM_TEXT);
    return (struct slice){item.data, item.value};
}

void cbor_read_text_into(struct cbor_reader *r, char *out, size_t cap)
{
    struct slice text = cbor_read_text(r);
    if (r->error)
        return;
    if (text.len >= cap || memchr(text.data, 0, text.len)) {
        r->error = -EBADMSG;
        return;
    }
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
}

size_t cbor_read_array(struct cbor_reader *r)
{
    return expect_item(r, ITEM_ARRAY).value;
}

size_t cbor_read_map(struct cbor_reader *r)
{
    return expect_item(r, ITEM_MAP).value;
}

struct slice cbor_read_raw(struct cbor_reader *r)
{
    size_t start = r->pos;
    uint64_t left[DEPTH_MAX + 1] = {1};
    size_t depth = 0;
    while (!r->error) {
        while (left[depth] == 0) {
            if (depth == 0)
                return (struct slice){r->data + start, r->pos - start};
            depth--;
        }
        left[depth]--;
        struct item item = next_item(r);
        if (item.type != ITEM_ARRAY && item.type != ITEM_MAP)
            continue;
        if (depth == DEPTH_MAX)
            r->error = -EBADMSG;
        else
            left[++depth] = item.type == ITEM_MAP ? item.value * 2 : item.value;
    }
    return (struct slice){NULL, 0};
}

bool cbor_reader_at_end(const struct cbor_reader *r)
{
    return r->pos == r->len;
}

int cbor_reader_finish(const struct cbor_reader *r)
{
    if (r->error)
        return r->error;
    return cbor_reader_at_end(r) ? 0 : -EBADMSG;
}

struct cbor_map cbor_map_begin(struct cbor_reader *r)
{
    return (struct cbor_map){.left = cbor_read_map(r), .last_key = -1};
}

bool cbor_map_next(struct cbor_reader *r, struct cbor_map *map, uint32_t *out_key)
{
    if (r->error || map->left == 0)
        return false;
    uint32_t key = cbor_read_u32(r);
    if (r->error)
        return false;
    if ((int64_t)key <= map->last_key) {
        r->error = -EBADMSG;
        return false;
    }
    map->left--;
    map->last_key = key;
    *out_key = key;
    return true;
}
