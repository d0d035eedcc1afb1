#include "domain/cbor.h"
#include "domain/record.h"

#include <assert.h>
#include <string.h>

#define HEAD_ITEMS   7
#define HEAD_MAX     128
#define ENVELOPE_MAX (HEAD_MAX + SIGNATURE_LEN + 16) /* everything around the records */
#define SEQ_MAX      (INT64_MAX - BATCH_RECORDS_MAX) /* both stores keep seq as a signed 64-bit number */

void batch_writer_init(struct batch_writer *w, uint8_t *buffer, size_t cap)
{
    *w = (struct batch_writer){.buffer = buffer, .cap = cap < BATCH_BYTES_MAX ? cap : BATCH_BYTES_MAX};
}

static bool is_zero_hash(const uint8_t hash[HASH_LEN])
{
    static const uint8_t zero[HASH_LEN];
    return memcmp(hash, zero, HASH_LEN) == 0;
}

static bool starts_chain(const struct record *record)
{
    return record->id.seq > 0 && record->id.seq <= SEQ_MAX && (record->id.seq == 1) == is_zero_hash(record->prev_hash);
}

static bool follows(const struct batch_head *head, const struct record *record)
{
    return record->id.terminal == head->terminal && record->id.incarnation == head->incarnation &&
           record->id.seq == head->first_seq + head->count && memcmp(record->prev_hash, head->last_hash, HASH_LEN) == 0;
}

int batch_add(struct batch_writer *w, const struct record *record)
{
    struct batch_head *head = &w->head;
    if (!record_check(record) || !(head->count == 0 ? starts_chain(record) : follows(head, record)))
        return -EINVAL;
    if (head->count == BATCH_RECORDS_MAX)
        return -ENOSPC;
    size_t room = w->cap - w->len, len;
    struct cbor_writer out;
    cbor_writer_init(&out, w->buffer + w->len, room > ENVELOPE_MAX ? room - ENVELOPE_MAX : 0);
    cbor_write_array(&out, 3);
    cbor_write_uint(&out, record->hlc);
    cbor_write_uint(&out, record->kind);
    cbor_write_bytes(&out, record->body.data, record->body.len);
    int rc = cbor_writer_finish(&out, &len);
    if (rc < 0)
        return rc;
    if (head->count == 0) {
        head->terminal = record->id.terminal;
        head->incarnation = record->id.incarnation;
        head->first_seq = record->id.seq;
        memcpy(head->prev_hash, record->prev_hash, HASH_LEN);
    }
    memcpy(head->last_hash, record->hash, HASH_LEN);
    head->count++;
    w->len += len;
    return 0;
}

static size_t encode_head(const struct batch_head *head, uint8_t out[HEAD_MAX])
{
    struct cbor_writer w;
    size_t len;
    cbor_writer_init(&w, out, HEAD_MAX);
    cbor_write_array(&w, HEAD_ITEMS);
    cbor_write_uint(&w, RECORD_VERSION);
    cbor_write_uint(&w, head->terminal);
    cbor_write_uint(&w, head->incarnation);
    cbor_write_uint(&w, head->first_seq);
    cbor_write_uint(&w, head->count);
    cbor_write_bytes(&w, head->prev_hash, HASH_LEN);
    cbor_write_bytes(&w, head->last_hash, HASH_LEN);
    int rc = cbor_writer_finish(&w, &len);
    assert(rc == 0);
    return len;
}

int batch_finish_signed(struct batch_writer *w, struct slice head_encoded, const uint8_t signature[SIGNATURE_LEN],
                        struct slice out, size_t *out_len)
{
    struct cbor_writer writer;
    cbor_writer_init(&writer, (uint8_t *)out.data, out.len);
    cbor_write_array(&writer, 3);
    cbor_write_raw(&writer, head_encoded.data, head_encoded.len);
    cbor_write_bytes(&writer, signature, SIGNATURE_LEN);
    cbor_write_array(&writer, w->head.count);
    cbor_write_raw(&writer, w->buffer, w->len);
    return cbor_writer_finish(&writer, out_len);
}

int batch_finish(struct batch_writer *w, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                 size_t *out_len)
{
    if (w->head.count == 0)
        return -EINVAL;
    uint8_t head[HEAD_MAX], signature[SIGNATURE_LEN];
    size_t head_len = encode_head(&w->head, head);
    crypto_sign_message(secret, head, head_len, signature);
    return batch_finish_signed(w, (struct slice){head, head_len}, signature, (struct slice){out, cap}, out_len);
}

static void read_head(struct cbor_reader *r, struct batch_head *head)
{
    if (cbor_read_array(r) != HEAD_ITEMS || cbor_read_uint(r) != RECORD_VERSION)
        r->error = -EBADMSG;
    head->terminal = cbor_read_u32(r);
    head->incarnation = cbor_read_u32(r);
    head->first_seq = cbor_read_uint(r);
    head->count = cbor_read_u32(r);
    cbor_read_fixed(r, head->prev_hash, HASH_LEN);
    cbor_read_fixed(r, head->last_hash, HASH_LEN);
    if (head->count == 0 || head->count > BATCH_RECORDS_MAX || head->first_seq == 0 || head->first_seq > SEQ_MAX ||
        (head->first_seq == 1) != is_zero_hash(head->prev_hash))
        r->error = -EBADMSG;
}

int batch_open(const void *data, size_t len, struct batch_reader *out_reader)
{
    if (len > BATCH_BYTES_MAX)
        return -EBADMSG;
    struct batch_reader reader = {0};
    struct cbor_reader r;
    cbor_reader_init(&r, data, len);
    if (cbor_read_array(&r) != 3)
        return -EBADMSG;
    size_t head_start = r.pos;
    read_head(&r, &reader.head);
    reader.head_encoded = (struct slice){r.data + head_start, r.pos - head_start};
    cbor_read_fixed(&r, reader.signature, SIGNATURE_LEN);
    if (cbor_read_array(&r) != reader.head.count || r.error)
        return -EBADMSG;
    reader.records = (struct slice){r.data + r.pos, r.len - r.pos};
    memcpy(reader.chain, reader.head.prev_hash, HASH_LEN);
    *out_reader = reader;
    return 0;
}

int batch_head_decode(struct slice head_encoded, struct batch_head *out_head)
{
    struct batch_head head = {0};
    struct cbor_reader r;
    cbor_reader_init(&r, head_encoded.data, head_encoded.len);
    read_head(&r, &head);
    int rc = cbor_reader_finish(&r);
    if (rc == 0)
        *out_head = head;
    return rc;
}

bool batch_verify(const struct batch_reader *r, const uint8_t key[PUBLIC_KEY_LEN])
{
    return crypto_verify(key, r->head_encoded.data, r->head_encoded.len, r->signature);
}

static int batch_end(const struct batch_reader *r)
{
    bool whole = r->pos == r->records.len && memcmp(r->chain, r->head.last_hash, HASH_LEN) == 0;
    return whole ? 0 : -EBADMSG;
}

int batch_next(struct batch_reader *r, struct record *out_record)
{
    if (r->read == r->head.count)
        return batch_end(r);
    struct cbor_reader in;
    cbor_reader_init(&in, r->records.data + r->pos, r->records.len - r->pos);
    if (cbor_read_array(&in) != 3)
        return -EBADMSG;
    struct record record = {
        .version = RECORD_VERSION,
        .id = {r->head.terminal, r->head.incarnation, r->head.first_seq + r->read},
        .hlc = cbor_read_uint(&in),
    };
    uint32_t kind = cbor_read_u32(&in);
    record.body = cbor_read_bytes(&in);
    if (in.error || kind > UINT16_MAX || record.body.len > RECORD_BODY_MAX)
        return -EBADMSG;
    record.kind = (uint16_t)kind;
    memcpy(record.prev_hash, r->chain, HASH_LEN);
    record_seal(&record);
    memcpy(r->chain, record.hash, HASH_LEN);
    r->pos += in.pos;
    r->read++;
    *out_record = record;
    return 1;
}
