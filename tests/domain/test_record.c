#include "support.h"

#include "domain/cbor.h"

#include <zstd.h>

static uint8_t bodies[TEST_BODIES][RECORD_BODY_MAX];
static struct record records[TEST_BODIES];
static uint8_t buffer[BATCH_BYTES_MAX], wire[BATCH_BYTES_MAX];

/* A journal of one incarnation with one record of each kind. */
static void make_journal(void)
{
    struct body samples[TEST_BODIES];
    test_bodies(samples);
    memset(records, 0, sizeof records);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        struct record *r = &records[i];
        r->version = RECORD_VERSION;
        r->id = (struct record_id){5, 1, i + 1};
        r->hlc = (UINT64_C(1795255200000) << 16) + i;
        r->kind = samples[i].kind;
        assert_int_equal(body_encode(&samples[i], bodies[i], RECORD_BODY_MAX, &r->body.len), 0);
        r->body.data = bodies[i];
        if (i > 0)
            memcpy(r->prev_hash, records[i - 1].hash, HASH_LEN);
        record_seal(r);
    }
}

static size_t make_batch(size_t first, size_t count)
{
    struct batch_writer w;
    size_t len = 0;
    batch_writer_init(&w, buffer, sizeof buffer);
    for (size_t i = first; i < first + count; i++)
        assert_int_equal(batch_add(&w, &records[i]), 0);
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, sizeof wire, &len), 0);
    return len;
}

static int read_batch(const void *data, size_t len, struct batch_reader *reader)
{
    struct record record;
    int rc = batch_open(data, len, reader);
    while (rc >= 0 && (rc = batch_next(reader, &record)) == 1)
        ;
    return rc;
}

static void a_record_vouches_for_every_member(void **state)
{
    (void)state;
    make_journal();
    struct record r = records[3];
    uint8_t body[RECORD_BODY_MAX];
    assert_true(record_check(&r));
    for (int change = 0; change < 9; change++) {
        struct record damaged = r;
        memcpy(body, r.body.data, r.body.len);
        damaged.body.data = body;
        switch (change) {
        case 0:
            damaged.version ^= 1;
            break;
        case 1:
            damaged.id.terminal ^= 1;
            break;
        case 2:
            damaged.id.incarnation ^= 1;
            break;
        case 3:
            damaged.id.seq ^= 1;
            break;
        case 4:
            damaged.hlc ^= 1;
            break;
        case 5:
            damaged.kind ^= 1;
            break;
        case 6:
            damaged.prev_hash[31] ^= 1;
            break;
        case 7:
            damaged.body.len--;
            break;
        case 8:
            body[7] ^= 1;
            break;
        default:
            break;
        }
        assert_false(record_check(&damaged));
    }
}

static void a_batch_gives_back_its_records(void **state)
{
    (void)state;
    struct batch_reader reader;
    struct record record;
    make_journal();
    size_t len = make_batch(0, TEST_BODIES);
    assert_int_equal(batch_open(wire, len, &reader), 0);
    assert_true(batch_verify(&reader, test_key_make(50).public_key));
    assert_false(batch_verify(&reader, test_key_make(51).public_key));
    for (size_t i = 0; i < TEST_BODIES; i++) {
        assert_int_equal(batch_next(&reader, &record), 1);
        assert_true(record_id_equal(record.id, records[i].id));
        assert_true(record.hlc == records[i].hlc && record.kind == records[i].kind);
        assert_memory_equal(record.hash, records[i].hash, HASH_LEN);
        assert_memory_equal(record.body.data, bodies[i], record.body.len);
    }
    assert_int_equal(batch_next(&reader, &record), 0);
    assert_int_equal(batch_next(&reader, &record), 0);
    assert_golden("batch_v6", wire, len);
}

static void replay(const char *name, size_t kinds)
{
    struct batch_reader reader;
    struct record record;
    struct body body, samples[TEST_BODIES];
    test_bodies(samples);
    size_t len = golden_read(name, wire, sizeof wire);
    assert_int_equal(batch_open(wire, len, &reader), 0);
    assert_true(batch_verify(&reader, test_key_make(50).public_key));
    for (size_t i = 0; i < kinds; i++) {
        assert_int_equal(batch_next(&reader, &record), 1);
        assert_int_equal(body_decode(record.kind, record.body, &body), 0);
        assert_memory_equal(&body, &samples[i], sizeof body);
    }
    assert_int_equal(batch_next(&reader, &record), 0);
}

/* Each kept journal has one record of every kind that there was when it was written. */
static void old_journals_replay(void **state)
{
    (void)state;
    replay("batch_v1", 18);
    replay("batch_v2", 20);
    replay("batch_v3", 23);
    replay("batch_v4", 24);
    replay("batch_v5", 25);
    replay("batch_v6", 26);
}

static void a_batch_from_the_middle_of_a_chain_works(void **state)
{
    (void)state;
    struct batch_reader reader;
    make_journal();
    size_t len = make_batch(7, 5);
    assert_int_equal(read_batch(wire, len, &reader), 0);
    assert_true(reader.head.first_seq == 8 && reader.head.count == 5);
    assert_memory_equal(reader.chain, records[11].hash, HASH_LEN);
}

static void a_flipped_byte_anywhere_is_found(void **state)
{
    (void)state;
    struct batch_reader reader;
    struct test_key key = test_key_make(50);
    make_journal();
    size_t len = make_batch(2, 6);
    for (size_t i = 0; i < len; i++) {
        wire[i] ^= 0x04;
        int rc = read_batch(wire, len, &reader);
        if (rc == 0 && batch_verify(&reader, key.public_key))
            fail_msg("byte %zu", i);
        wire[i] ^= 0x04;
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(read_batch(wire, cut, &reader), -EBADMSG);
    wire[len] = 0;
    assert_int_equal(read_batch(wire, len + 1, &reader), -EBADMSG);
    assert_int_equal(batch_open(wire, BATCH_BYTES_MAX + 1, &reader), -EBADMSG);
}

static void only_what_follows_is_added(void **state)
{
    (void)state;
    struct batch_writer w;
    size_t len;
    make_journal();
    batch_writer_init(&w, buffer, sizeof buffer);
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, sizeof wire, &len), -EINVAL);
    struct record odd = records[1];
    odd.id.seq = 1; /* the first of an incarnation has nothing before it */
    record_seal(&odd);
    assert_int_equal(batch_add(&w, &odd), -EINVAL);
    odd = records[1];
    odd.id.seq = 0;
    record_seal(&odd);
    assert_int_equal(batch_add(&w, &odd), -EINVAL);
    assert_int_equal(batch_add(&w, &records[1]), 0);
    assert_int_equal(batch_add(&w, &records[1]), -EINVAL);
    assert_int_equal(batch_add(&w, &records[3]), -EINVAL);
    odd = records[2];
    odd.hlc++; /* damaged after it was sealed */
    assert_int_equal(batch_add(&w, &odd), -EINVAL);
    odd = records[2];
    odd.id.incarnation++;
    record_seal(&odd);
    assert_int_equal(batch_add(&w, &odd), -EINVAL);
    assert_int_equal(batch_add(&w, &records[2]), 0);
    assert_int_equal(w.head.count, 2);
}

/* count records, each with a body of len arbitrary bytes: kinds of a later version travel as they are. */
static struct record chain_next(const struct record *before, const uint8_t *body, size_t len)
{
    struct record r = {.version = RECORD_VERSION, .id = {5, 1, 1}, .hlc = 1, .kind = 60000, .body = {body, len}};
    if (before) {
        r.id.seq = before->id.seq + 1;
        memcpy(r.prev_hash, before->hash, HASH_LEN);
    }
    record_seal(&r);
    return r;
}

static size_t fill_batch(struct batch_writer *w, size_t body_len)
{
    static const uint8_t body[RECORD_BODY_MAX];
    struct record r = chain_next(NULL, body, body_len);
    size_t count = 0;
    batch_writer_init(w, buffer, sizeof buffer);
    for (; batch_add(w, &r) == 0; count++)
        r = chain_next(&r, body, body_len);
    assert_int_equal(batch_add(w, &r), -ENOSPC);
    return count;
}

static void a_full_batch_says_so_and_can_still_be_sent(void **state)
{
    (void)state;
    struct batch_writer w;
    struct batch_reader reader;
    size_t len;
    assert_int_equal(fill_batch(&w, 10), BATCH_RECORDS_MAX);
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, sizeof wire, &len), 0);
    assert_int_equal(read_batch(wire, len, &reader), 0);
    assert_int_equal(fill_batch(&w, RECORD_BODY_MAX), 63);
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, sizeof wire, &len), 0);
    assert_true(len <= BATCH_BYTES_MAX);
    assert_int_equal(read_batch(wire, len, &reader), 0);
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, len - 1, &len), -ENOSPC);
}

static uint64_t random_state = 42;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 20) % limit;
}

static void redeem_one(struct batch_writer *w, struct record *last, int64_t now_ms)
{
    uint8_t body[256];
    struct body b = {.kind = RECORD_REDEMPTION};
    b.redemption = (struct body_redemption){
        .coupon = {1001 + (uint32_t)random_below(3), 100000 + random_below(50000)},
        .use_no = 1,
        .mode = MODE_HOME,
        .member = (random_below(UINT32_MAX) << 31) | random_below(UINT32_MAX),
        .clerk = 11 + (uint32_t)random_below(4),
        .discount_minor = 500,
        .sale_minor = 1000 + (int64_t)(random_below(90) * 100),
        .policy_version = 4,
        .business_ms = now_ms,
        .uncertainty_ms = (int64_t)random_below(9),
        .sync_age_s = (uint32_t)random_below(60),
    };
    for (size_t i = 0; i < 8; i++)
        b.redemption.token_hash[i] = (uint8_t)random_below(256);
    struct record r = *last;
    r.kind = RECORD_REDEMPTION;
    r.hlc = (uint64_t)now_ms << 16;
    assert_int_equal(body_encode(&b, body, sizeof body, &r.body.len), 0);
    r.body.data = body;
    record_seal(&r);
    assert_int_equal(batch_add(w, &r), 0);
    memcpy(last->prev_hash, r.hash, HASH_LEN);
    last->id.seq++;
}

/* 8 random bytes of member and 8 of evidence cannot shrink; everything else must. */
static void a_redemption_travels_in_about_45_bytes(void **state)
{
    (void)state;
    static uint8_t packed[BATCH_BYTES_MAX];
    struct batch_writer w;
    size_t len;
    int64_t now = INT64_C(1795255200000);
    struct record last = {.version = RECORD_VERSION, .id = {5, 1, 1}};
    batch_writer_init(&w, buffer, sizeof buffer);
    for (int i = 0; i < 100; i++)
        redeem_one(&w, &last, now += 20000 + (int64_t)random_below(60000));
    assert_int_equal(batch_finish(&w, test_key_make(50).secret, wire, sizeof wire, &len), 0);
    size_t small = ZSTD_compress(packed, sizeof packed, wire, len, 9);
    print_message("100 redemptions: %zu bytes, %zu compressed\n", len, small);
    assert_false(ZSTD_isError(small));
    assert_true(small <= 4800);
}

static void the_journals_answer_comes_back(void **state)
{
    (void)state;
    struct journal_answer answer, out;
    uint8_t bytes[64];
    size_t len;
    memset(&answer, 0, sizeof answer);
    answer.status = JOURNAL_GAP;
    answer.expected_seq = 78;
    answer.durable_through = 77;
    answer.archived_through = 70;
    answer.server_epoch = 2;
    answer.server_ms = 1795255200000;
    assert_int_equal(journal_answer_encode(&answer, bytes, sizeof bytes, &len), 0);
    assert_int_equal(journal_answer_decode(bytes, len, &out), 0);
    assert_memory_equal(&out, &answer, sizeof out);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(journal_answer_decode(bytes, cut, &out), -EBADMSG);
}

static int start(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_vouches_for_every_member),
        cmocka_unit_test(a_batch_gives_back_its_records),
        cmocka_unit_test(old_journals_replay),
        cmocka_unit_test(a_batch_from_the_middle_of_a_chain_works),
        cmocka_unit_test(a_flipped_byte_anywhere_is_found),
        cmocka_unit_test(only_what_follows_is_added),
        cmocka_unit_test(a_full_batch_says_so_and_can_still_be_sent),
        cmocka_unit_test(a_redemption_travels_in_about_45_bytes),
        cmocka_unit_test(the_journals_answer_comes_back),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
