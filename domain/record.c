#include "domain/record.h"

#include "domain/fields.h"

#include <assert.h>
#include <string.h>

#define HEADER_LEN 31

static uint8_t *put(uint8_t *at, uint64_t value, size_t size)
{
    while (size-- > 0)
        *at++ = (uint8_t)(value >> (8 * size));
    return at;
}

static void record_hash(const struct record *record, uint8_t out_hash[HASH_LEN])
{
    uint8_t bytes[HASH_LEN + HEADER_LEN + RECORD_BODY_MAX];
    assert(record->body.len <= RECORD_BODY_MAX);
    memcpy(bytes, record->prev_hash, HASH_LEN);
    uint8_t *at = bytes + HASH_LEN;
    at = put(at, record->version, 1);
    at = put(at, record->id.terminal, 4);
    at = put(at, record->id.incarnation, 4);
    at = put(at, record->id.seq, 8);
    at = put(at, record->hlc, 8);
    at = put(at, record->kind, 2);
    at = put(at, record->body.len, 4);
    assert(at == bytes + HASH_LEN + HEADER_LEN);
    if (record->body.len > 0)
        memcpy(at, record->body.data, record->body.len);
    crypto_sha256(bytes, HASH_LEN + HEADER_LEN + record->body.len, out_hash);
}

void record_seal(struct record *record)
{
    record_hash(record, record->hash);
}

bool record_check(const struct record *record)
{
    uint8_t hash[HASH_LEN];
    if (record->version != RECORD_VERSION || record->body.len > RECORD_BODY_MAX)
        return false;
    record_hash(record, hash);
    return memcmp(hash, record->hash, HASH_LEN) == 0;
}

#define ANSWER(k, must, m) FIELD_AT(k, FIELD_UINT, must, journal_answer, m)
static const struct field answer_fields[] = {
    ANSWER(1, true, status),           ANSWER(2, false, expected_seq),
    ANSWER(3, false, durable_through), ANSWER(4, false, archived_through),
    ANSWER(5, false, server_epoch),    ANSWER(6, false, server_ms),
};
static const struct field_table answer_table = FIELD_TABLE(answer_fields, journal_answer);

int journal_answer_encode(const struct journal_answer *answer, uint8_t *out, size_t cap, size_t *out_len)
{
    return fields_encode(&answer_table, answer, out, cap, out_len);
}

int journal_answer_decode(const void *data, size_t len, struct journal_answer *out_answer)
{
    return fields_decode(&answer_table, data, len, out_answer);
}
