#include "central/store/journal.h"
#include "central/store/query.h"
#include "domain/cbor.h"

#include <string.h>

/* Keys of a fact's map; they never change meaning. */
enum fact_key {
    FACT_KEY,
    FACT_WHO,
    FACT_WHAT,
    FACT_WHY,
    FACT_BRAND,
    FACT_STORE,
    FACT_TERMINAL,
    FACT_MEMBER,
    FACT_CAMPAIGN,
    FACT_SERIAL,
    FACT_EPOCH,
    FACT_USE_NO,
    FACT_TRANSFER,
    FACT_NUMBER,
    FACT_AMOUNT,
    FACT_EVIDENCE_A,
    FACT_EVIDENCE_B,
};

struct fact_fields {
    const char *texts[4]; /* from FACT_KEY */
    uint64_t numbers[10]; /* from FACT_BRAND */
    int64_t amount;
    const uint8_t *evidence[2]; /* from FACT_EVIDENCE_A */
};

static struct fact_fields fields_of(const struct journal_fact *fact)
{
    return (struct fact_fields){
        .texts = {fact->key, fact->who, fact->what, fact->why},
        .numbers = {fact->brand, fact->store, fact->terminal, fact->member, fact->coupon.campaign, fact->coupon.serial,
                    fact->epoch, fact->use_no, fact->transfer, fact->number},
        .amount = fact->amount_minor,
        .evidence = {fact->evidence_a, fact->evidence_b},
    };
}

static size_t count_fields(const struct fact_fields *fields)
{
    size_t count = fields->amount != 0;
    for (size_t i = 0; i < ARRAY_LEN(fields->texts); i++)
        count += fields->texts[i] != NULL;
    for (size_t i = 0; i < ARRAY_LEN(fields->numbers); i++)
        count += fields->numbers[i] != 0;
    for (size_t i = 0; i < ARRAY_LEN(fields->evidence); i++)
        count += fields->evidence[i] != NULL;
    return count;
}

static int fact_encode(const struct journal_fact *fact, uint8_t *out, size_t cap, size_t *out_len)
{
    struct fact_fields fields = fields_of(fact);
    struct cbor_writer w;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, count_fields(&fields));
    for (size_t i = 0; i < ARRAY_LEN(fields.texts); i++) {
        if (fields.texts[i]) {
            cbor_write_uint(&w, FACT_KEY + i);
            cbor_write_text(&w, fields.texts[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(fields.numbers); i++) {
        if (fields.numbers[i]) {
            cbor_write_uint(&w, FACT_BRAND + i);
            cbor_write_uint(&w, fields.numbers[i]);
        }
    }
    if (fields.amount) {
        cbor_write_uint(&w, FACT_AMOUNT);
        cbor_write_int(&w, fields.amount);
    }
    for (size_t i = 0; i < ARRAY_LEN(fields.evidence); i++) {
        if (fields.evidence[i]) {
            cbor_write_uint(&w, FACT_EVIDENCE_A + i);
            cbor_write_bytes(&w, fields.evidence[i], HASH_LEN);
        }
    }
    return cbor_writer_finish(&w, out_len);
}

/* After everything central has said so far, and not before the clock. */
static int next_hlc(struct store_tx *tx, struct record_id last, uint64_t *out_hlc)
{
    uint64_t hlc = (uint64_t)tx->now_ms << 16;
    int64_t before = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT hlc FROM journal WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                     QUERY(Q_INT(last.terminal), Q_INT(last.incarnation), Q_INT(last.seq)), &before);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_hlc = hlc > (uint64_t)before ? hlc : (uint64_t)before + 1;
    return 0;
}

int journal_append_central(struct store_tx *tx, enum record_kind kind, const struct journal_fact *fact)
{
    uint8_t body[RECORD_BODY_MAX];
    size_t body_len = 0;
    if (tx->replay)
        return tx->replay->take(tx->replay, (uint16_t)kind);
    int rc = fact_encode(fact, body, sizeof(body), &body_len);
    if (rc < 0)
        return rc == -ENOSPC ? -E2BIG : rc;
    uint32_t incarnation = store_server_epoch(tx->store);
    struct journal_marks marks;
    rc = journal_marks_read(tx, 0, incarnation, &marks);
    if (rc < 0)
        return rc;
    struct record record = {
        .version = RECORD_VERSION,
        .id = {0, incarnation, marks.durable_through + 1},
        .kind = (uint16_t)kind,
        .body = {body, body_len},
    };
    memcpy(record.prev_hash, marks.last_hash, HASH_LEN);
    rc = next_hlc(tx, (struct record_id){0, incarnation, marks.durable_through}, &record.hlc);
    if (rc < 0)
        return rc;
    record_seal(&record);
    return journal_store_record(tx, &record, fact->store);
}

struct text_pool {
    char *texts;
    size_t cap, used;
};

static const char *pool_add(struct text_pool *pool, struct slice text)
{
    if (pool->cap - pool->used < text.len + 1)
        return NULL;
    char *copy = pool->texts + pool->used;
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    pool->used += text.len + 1;
    return copy;
}

static int read_text(struct cbor_reader *r, struct text_pool *pool, const char **out_text)
{
    struct slice text = cbor_read_text(r);
    if (r->error)
        return -EBADMSG;
    const char *copy = pool_add(pool, text);
    if (!copy)
        return -ENOSPC;
    *out_text = copy;
    return 0;
}

static int read_field(struct cbor_reader *r, uint32_t key, struct text_pool *pool, struct fact_fields *fields)
{
    if (key <= FACT_WHY)
        return read_text(r, pool, &fields->texts[key]);
    if (key <= FACT_NUMBER)
        fields->numbers[key - FACT_BRAND] = cbor_read_uint(r);
    else if (key == FACT_AMOUNT)
        fields->amount = cbor_read_int(r);
    else if (key <= FACT_EVIDENCE_B) {
        struct slice hash = cbor_read_bytes(r);
        if (!r->error && hash.len != HASH_LEN)
            return -EBADMSG;
        fields->evidence[key - FACT_EVIDENCE_A] = hash.data;
    } else {
        (void)cbor_read_raw(r);
    }
    return r->error ? -EBADMSG : 0;
}

int journal_fact_decode(struct slice body, struct journal_fact *out_fact, char *texts, size_t cap)
{
    struct fact_fields f = {0};
    struct text_pool pool = {texts, cap, 0};
    struct cbor_reader r;
    cbor_reader_init(&r, body.data, body.len);
    struct cbor_map map = cbor_map_begin(&r);
    uint32_t key;
    while (cbor_map_next(&r, &map, &key)) {
        int rc = read_field(&r, key, &pool, &f);
        if (rc < 0)
            return rc;
    }
    int rc = cbor_reader_finish(&r);
    if (rc < 0)
        return rc;
    *out_fact = (struct journal_fact){
        .key = f.texts[0],
        .who = f.texts[1],
        .what = f.texts[2],
        .why = f.texts[3],
        .brand = (uint32_t)f.numbers[0],
        .store = (uint32_t)f.numbers[1],
        .terminal = (uint32_t)f.numbers[2],
        .member = f.numbers[3],
        .coupon = {(uint32_t)f.numbers[4], f.numbers[5]},
        .epoch = (uint32_t)f.numbers[6],
        .use_no = (uint32_t)f.numbers[7],
        .transfer = f.numbers[8],
        .number = f.numbers[9],
        .amount_minor = f.amount,
        .evidence_a = f.evidence[0],
        .evidence_b = f.evidence[1],
    };
    return 0;
}
