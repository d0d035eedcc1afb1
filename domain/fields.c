#include "domain/fields.h"

#include <assert.h>
#include <string.h>

static uint64_t load_uint(const uint8_t *at, size_t size)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    switch (size) {
    case 8:
        memcpy(&u64, at, 8);
        return u64;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    default:
        assert(size == 1);
        return *at;
    }
}

static bool store_uint(uint8_t *at, size_t size, uint64_t value)
{
    if (size < 8 && value >> (size * 8) != 0)
        return false;
    uint32_t u32 = (uint32_t)value;
    uint16_t u16 = (uint16_t)value;
    switch (size) {
    case 8:
        memcpy(at, &value, 8);
        break;
    case 4:
        memcpy(at, &u32, 4);
        break;
    case 2:
        memcpy(at, &u16, 2);
        break;
    default:
        assert(size == 1);
        *at = (uint8_t)value;
    }
    return true;
}

#define PAIR_LEN (2 * sizeof(int64_t))

static bool is_counted(const struct field *field)
{
    return field->type == FIELD_LIST || field->type == FIELD_PAIRS;
}

static size_t count_max(const struct field *field)
{
    return field->size / (field->type == FIELD_LIST ? sizeof(uint32_t) : PAIR_LEN);
}

static size_t list_count(const struct field *field, const uint8_t *base)
{
    uint64_t count = load_uint(base + field->count_offset, sizeof(uint32_t));
    assert(count <= count_max(field));
    return count;
}

static bool is_present(const struct field *field, const uint8_t *base)
{
    const uint8_t *at = base + field->offset;
    if (field->required)
        return true;
    if (is_counted(field))
        return list_count(field, base) > 0;
    if (field->type == FIELD_TEXT)
        return *at != 0;
    for (size_t i = 0; i < field->size; i++) {
        if (at[i] != 0)
            return true;
    }
    return false;
}

static void write_list(struct cbor_writer *w, const struct field *field, const uint8_t *base)
{
    size_t count = list_count(field, base);
    cbor_write_array(w, count);
    for (size_t i = 0; i < count; i++)
        cbor_write_uint(w, load_uint(base + field->offset + i * sizeof(uint32_t), sizeof(uint32_t)));
}

static void write_pairs(struct cbor_writer *w, const struct field *field, const uint8_t *base)
{
    size_t numbers = 2 * list_count(field, base);
    cbor_write_array(w, numbers);
    for (size_t i = 0; i < numbers; i++) {
        uint64_t number = load_uint(base + field->offset + i * sizeof(int64_t), sizeof(int64_t));
        assert(number <= INT64_MAX);
        cbor_write_uint(w, number);
    }
}

static void write_value(struct cbor_writer *w, const struct field *field, const uint8_t *base)
{
    const uint8_t *at = base + field->offset;
    switch ((enum field_type)field->type) {
    case FIELD_UINT:
        cbor_write_uint(w, load_uint(at, field->size));
        return;
    case FIELD_INT:
        assert(field->size == sizeof(int64_t));
        cbor_write_int(w, (int64_t)load_uint(at, field->size));
        return;
    case FIELD_BOOL:
        cbor_write_bool(w, *at != 0);
        return;
    case FIELD_TEXT:
        assert(memchr(at, 0, field->size));
        cbor_write_text(w, (const char *)at);
        return;
    case FIELD_BYTES:
        cbor_write_bytes(w, at, field->size);
        return;
    case FIELD_LIST:
        write_list(w, field, base);
        return;
    case FIELD_PAIRS:
        write_pairs(w, field, base);
        return;
    }
}

void fields_write(struct cbor_writer *w, const struct field_table *table, const void *value)
{
    size_t pairs = 0;
    for (size_t i = 0; i < table->count; i++)
        pairs += is_present(&table->fields[i], value);
    cbor_write_map(w, pairs);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        assert(i == 0 || field->key > table->fields[i - 1].key);
        if (!is_present(field, value))
            continue;
        cbor_write_uint(w, field->key);
        write_value(w, field, value);
    }
}

static void read_list(struct cbor_reader *r, const struct field *field, uint8_t *base)
{
    size_t count = cbor_read_array(r);
    if (count > count_max(field)) {
        r->error = -EBADMSG;
        return;
    }
    for (size_t i = 0; i < count; i++)
        store_uint(base + field->offset + i * sizeof(uint32_t), sizeof(uint32_t), cbor_read_u32(r));
    store_uint(base + field->count_offset, sizeof(uint32_t), count);
}

static void read_pairs(struct cbor_reader *r, const struct field *field, uint8_t *base)
{
    size_t numbers = cbor_read_array(r);
    if (numbers % 2 != 0 || numbers / 2 > count_max(field)) {
        r->error = -EBADMSG;
        return;
    }
    for (size_t i = 0; i < numbers; i++) {
        uint64_t number = cbor_read_uint(r);
        if (number > INT64_MAX)
            r->error = -EBADMSG;
        store_uint(base + field->offset + i * sizeof(int64_t), sizeof(int64_t), number);
    }
    store_uint(base + field->count_offset, sizeof(uint32_t), numbers / 2);
}

static void read_value(struct cbor_reader *r, const struct field *field, uint8_t *base)
{
    uint8_t *at = base + field->offset;
    switch ((enum field_type)field->type) {
    case FIELD_UINT:
        if (!store_uint(at, field->size, cbor_read_uint(r)))
            r->error = -EBADMSG;
        return;
    case FIELD_INT:
        store_uint(at, field->size, (uint64_t)cbor_read_int(r));
        return;
    case FIELD_BOOL:
        *at = cbor_read_bool(r);
        return;
    case FIELD_TEXT:
        cbor_read_text_into(r, (char *)at, field->size);
        return;
    case FIELD_BYTES:
        cbor_read_fixed(r, at, field->size);
        return;
    case FIELD_LIST:
        read_list(r, field, base);
        return;
    case FIELD_PAIRS:
        read_pairs(r, field, base);
        return;
    }
}

/* Both the table and the map ascend, so one walk meets every key. */
void fields_read(struct cbor_reader *r, const struct field_table *table, void *out)
{
    memset(out, 0, table->size);
    struct cbor_map map = cbor_map_begin(r);
    uint32_t key;
    size_t i = 0;
    bool missing = false;
    while (cbor_map_next(r, &map, &key)) {
        for (; i < table->count && table->fields[i].key < key; i++)
            missing |= table->fields[i].required;
        if (i < table->count && table->fields[i].key == key)
            read_value(r, &table->fields[i++], out);
        else
            (void)cbor_read_raw(r);
    }
    for (; i < table->count; i++)
        missing |= table->fields[i].required;
    if (missing)
        r->error = -EBADMSG;
}

int fields_encode(const struct field_table *table, const void *value, uint8_t *out, size_t cap, size_t *out_len)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out, cap);
    fields_write(&w, table, value);
    return cbor_writer_finish(&w, out_len);
}

int fields_decode(const struct field_table *table, const void *data, size_t len, void *out_value)
{
    _Alignas(max_align_t) uint8_t scratch[FIELDS_STRUCT_MAX];
    assert(table->size <= sizeof scratch);
    struct cbor_reader r;
    cbor_reader_init(&r, data, len);
    fields_read(&r, table, scratch);
    int rc = cbor_reader_finish(&r);
    if (rc == 0)
        memcpy(out_value, scratch, table->size);
    return rc;
}
