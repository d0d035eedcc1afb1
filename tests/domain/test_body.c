#include "support.h"

#include "domain/cbor.h"

static void every_kind_comes_back_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct body samples[TEST_BODIES], out;
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    test_bodies(samples);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        char name[32];
        assert_int_equal(body_encode(&samples[i], bytes, sizeof bytes, &len), 0);
        assert_int_equal(body_decode(samples[i].kind, (struct slice){bytes, len}, &out), 0);
        assert_memory_equal(&out, &samples[i], sizeof out);
        snprintf(name, sizeof name, "body_%s_v1", record_kind_name(samples[i].kind));
        assert_golden(name, bytes, len);
    }
}

/* Since the second version; what older terminals wrote says nothing of it, and is read as ever. */
static void a_grant_says_under_which_store_epoch(void **state)
{
    (void)state;
    struct body body, out;
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    memset(&body, 0, sizeof body);
    body.kind = RECORD_RIGHT_GRANTED;
    body.right = (struct body_right){
        .coupon = {1001, 123456}, .epoch = 3, .use_no = 2, .transfer = 9001, .risk = true, .store_epoch = 7};
    assert_int_equal(body_encode(&body, bytes, sizeof bytes, &len), 0);
    assert_golden("body_right_granted_v2", bytes, len);
    assert_int_equal(body_decode(body.kind, (struct slice){bytes, len}, &out), 0);
    assert_int_equal(out.right.store_epoch, 7);
    len = golden_read("body_right_granted_v1", bytes, sizeof bytes);
    assert_int_equal(body_decode(body.kind, (struct slice){bytes, len}, &out), 0);
    assert_int_equal(out.right.store_epoch, 0);
}

/* Since the third. */
static void a_grant_says_until_when(void **state)
{
    (void)state;
    struct body body, out;
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    memset(&body, 0, sizeof body);
    body.kind = RECORD_RIGHT_GRANTED;
    body.right = (struct body_right){.coupon = {1001, 123456},
                                     .epoch = 3,
                                     .use_no = 2,
                                     .transfer = 9001,
                                     .store_epoch = 7,
                                     .lease_until_s = 1795255200};
    assert_int_equal(body_encode(&body, bytes, sizeof bytes, &len), 0);
    assert_golden("body_right_granted_v3", bytes, len);
    assert_int_equal(body_decode(body.kind, (struct slice){bytes, len}, &out), 0);
    assert_int_equal(out.right.lease_until_s, 1795255200);
    len = golden_read("body_right_granted_v2", bytes, sizeof bytes);
    assert_int_equal(body_decode(body.kind, (struct slice){bytes, len}, &out), 0);
    assert_int_equal(out.right.lease_until_s, 0);
}

/* Since the second version as well: the ends of credit, where a store has a term. */
static void credit_says_when_it_ends(void **state)
{
    (void)state;
    static const struct credit_parts parts = {2, {{1796054400, 700}, {1798732800, 200}}};
    struct body bodies[5], out;
    uint8_t bytes[RECORD_BODY_MAX];
    size_t len;
    char name[40];
    memset(bodies, 0, sizeof bodies);
    bodies[0].kind = RECORD_CREDIT_EARN;
    bodies[0].credit =
        (struct body_credit){.member = 99, .owner = {OWNER_BRAND, 7}, .amount_minor = 900, .ends_s = 1796054400};
    bodies[1].kind = RECORD_CREDIT_SPEND;
    bodies[1].credit =
        (struct body_credit){.member = 99, .owner = {OWNER_BRAND, 7}, .amount_minor = 1000, .parts = parts};
    bodies[2].kind = RECORD_VOID;
    bodies[2].voided = (struct body_void){
        .target = {5, 1, 78}, .target_kind = RECORD_CREDIT_EARN, .parts = parts, .expired_minor = 50};
    bodies[3].kind = RECORD_SHARE_GRANTED;
    bodies[3].share = (struct body_share){99, {OWNER_BRAND, 7}, 2500, 9002, parts};
    bodies[4].kind = RECORD_SHARE_RELEASED;
    bodies[4].share = (struct body_share){99, {OWNER_BRAND, 7}, 2500, 9003, parts};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(body_encode(&bodies[i], bytes, sizeof bytes, &len), 0);
        snprintf(name, sizeof name, "body_%s_v2", record_kind_name(bodies[i].kind));
        assert_golden(name, bytes, len);
        assert_int_equal(body_decode(bodies[i].kind, (struct slice){bytes, len}, &out), 0);
        assert_memory_equal(&out, &bodies[i], sizeof out);
    }
}

static size_t write_parts(size_t numbers, uint64_t number, uint8_t *out, size_t cap)
{
    struct cbor_writer w;
    size_t len = 0;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, 5);
    for (uint32_t key = 1; key <= 4; key++) {
        cbor_write_uint(&w, key);
        cbor_write_uint(&w, 1);
    }
    cbor_write_uint(&w, 6);
    cbor_write_array(&w, numbers);
    for (size_t i = 0; i < numbers; i++)
        cbor_write_uint(&w, number);
    assert_int_equal(cbor_writer_finish(&w, &len), 0);
    return len;
}

static void parts_come_in_pairs_and_not_too_many(void **state)
{
    (void)state;
    static const struct {
        size_t numbers;
        uint64_t number;
        int rc;
    } rows[] = {{0, 0, 0},
                {2, 5, 0},
                {1, 5, -EBADMSG},
                {3, 5, -EBADMSG},
                {2 * CREDIT_PARTS_MAX, INT64_MAX, 0},
                {2 * CREDIT_PARTS_MAX + 2, 1, -EBADMSG},
                {2, (uint64_t)INT64_MAX + 1, -EBADMSG}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t bytes[1024];
        struct body out;
        size_t len = write_parts(rows[i].numbers, rows[i].number, bytes, sizeof bytes);
        assert_int_equal(body_decode(RECORD_SHARE_RELEASED, (struct slice){bytes, len}, &out), rows[i].rc);
        if (rows[i].rc == 0)
            assert_int_equal(out.share.parts.count, rows[i].numbers / 2);
    }
}

static void zero_takes_no_room(void **state)
{
    (void)state;
    struct body body, out;
    uint8_t bytes[64];
    size_t len;
    memset(&body, 0, sizeof body);
    body.kind = RECORD_INCARNATION;
    assert_int_equal(body_encode(&body, bytes, sizeof bytes, &len), 0);
    assert_int_equal(len, 1);
    assert_int_equal(body_decode(body.kind, (struct slice){bytes, len}, &out), 0);
    assert_memory_equal(&out, &body, sizeof out);
}

static void every_cut_and_every_small_buffer_is_refused(void **state)
{
    (void)state;
    struct body samples[TEST_BODIES], out;
    uint8_t bytes[RECORD_BODY_MAX], small[RECORD_BODY_MAX];
    size_t len, untouched = 4711;
    test_bodies(samples);
    memset(&out, 0x5a, sizeof out);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        assert_int_equal(body_encode(&samples[i], bytes, sizeof bytes, &len), 0);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(body_decode(samples[i].kind, (struct slice){bytes, cut}, &out), -EBADMSG);
            assert_int_equal(body_encode(&samples[i], small, cut, &untouched), -ENOSPC);
        }
    }
    assert_int_equal(out.kind, 0x5a5a);
    assert_int_equal(untouched, 4711);
}

static void malformed_maps_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int rc;
        uint8_t data[16];
        size_t len;
    } rows[] = {
        {"as it should be", 0, {0xa2, 1, 12, 2, 1}, 5},
        {"an unknown key behind", 0, {0xa3, 1, 12, 2, 1, 9, 0x81, 0x61, 'x'}, 9},
        {"an unknown key before", 0, {0xa2, 0, 0xf5, 1, 12}, 5},
        {"a large unknown key", 0, {0xa2, 1, 12, 0x1a, 255, 255, 255, 255, 0}, 9},
        {"an explicit zero", 0, {0xa2, 1, 12, 2, 0}, 5},
        {"a required key is missing", -EBADMSG, {0xa1, 2, 1}, 3},
        {"nothing at all", -EBADMSG, {0xa0}, 1},
        {"wrong type", -EBADMSG, {0xa1, 1, 0x61, 'x'}, 4},
        {"negative", -EBADMSG, {0xa1, 1, 0x20}, 3},
        {"too large for its member", -EBADMSG, {0xa2, 1, 12, 2, 0x19, 1, 0}, 7},
        {"doubled key", -EBADMSG, {0xa2, 1, 12, 1, 12}, 5},
        {"unordered keys", -EBADMSG, {0xa2, 2, 1, 1, 12}, 5},
        {"bytes behind", -EBADMSG, {0xa1, 1, 12, 0}, 4},
        {"an unknown key with a bad value", -EBADMSG, {0xa2, 1, 12, 9, 0xf6}, 5},
        {"no map", -EBADMSG, {0x81, 0}, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct body out;
        if (body_decode(RECORD_SIGN_IN, (struct slice){rows[i].data, rows[i].len}, &out) != rows[i].rc)
            fail_msg("%s", rows[i].name);
    }
}

static size_t write_reason(const char *reason, size_t len, uint8_t *out, size_t cap)
{
    struct cbor_writer w;
    size_t written = 0;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, 1);
    cbor_write_uint(&w, 3);
    cbor_write_raw(&w, (uint8_t[]){0x78, (uint8_t)len}, 2);
    cbor_write_raw(&w, reason, len);
    assert_int_equal(cbor_writer_finish(&w, &written), 0);
    return written;
}

static void texts_must_fit_and_be_utf8(void **state)
{
    (void)state;
    uint8_t bytes[256];
    char reason[REASON_MAX];
    struct body out;
    memset(reason, 'r', sizeof reason);
    size_t len = write_reason(reason, REASON_MAX - 1, bytes, sizeof bytes);
    assert_int_equal(body_decode(RECORD_DRAWER_KICK, (struct slice){bytes, len}, &out), 0);
    assert_int_equal(strlen(out.drawer.reason), REASON_MAX - 1);
    len = write_reason(reason, REASON_MAX, bytes, sizeof bytes);
    assert_int_equal(body_decode(RECORD_DRAWER_KICK, (struct slice){bytes, len}, &out), -EBADMSG);
    reason[30] = (char)0xff;
    len = write_reason(reason, 40, bytes, sizeof bytes);
    assert_int_equal(body_decode(RECORD_DRAWER_KICK, (struct slice){bytes, len}, &out), -EBADMSG);
    reason[30] = 0;
    len = write_reason(reason, 40, bytes, sizeof bytes);
    assert_int_equal(body_decode(RECORD_DRAWER_KICK, (struct slice){bytes, len}, &out), -EBADMSG);
    struct body body = {.kind = RECORD_DRAWER_KICK, .drawer = {.reason = "\xe6\x9f"}};
    assert_int_equal(body_encode(&body, bytes, sizeof bytes, &len), -EINVAL);
}

static void kinds_without_a_struct_are_left_alone(void **state)
{
    (void)state;
    static const uint16_t kinds[] = {0, RECORD_REPLACED_ENROLMENT, RECORD_MEMBER_JOINED, RECORD_ADMIN, 60000};
    static const uint8_t empty[] = {0xa0};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct body body = {.kind = kinds[i]};
        uint8_t bytes[16];
        size_t len;
        assert_int_equal(body_encode(&body, bytes, sizeof bytes, &len), -EINVAL);
        assert_int_equal(body_decode(kinds[i], (struct slice){empty, 1}, &body), -ENOTSUP);
    }
    assert_string_equal(record_kind_name(RECORD_REDEMPTION), "redemption");
    assert_string_equal(record_kind_name(RECORD_ADMIN), "admin");
    assert_string_equal(record_kind_name(60000), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back_and_keeps_its_bytes),
        cmocka_unit_test(a_grant_says_under_which_store_epoch),
        cmocka_unit_test(a_grant_says_until_when),
        cmocka_unit_test(credit_says_when_it_ends),
        cmocka_unit_test(parts_come_in_pairs_and_not_too_many),
        cmocka_unit_test(zero_takes_no_room),
        cmocka_unit_test(every_cut_and_every_small_buffer_is_refused),
        cmocka_unit_test(malformed_maps_are_refused),
        cmocka_unit_test(texts_must_fit_and_be_utf8),
        cmocka_unit_test(kinds_without_a_struct_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
