#include "support.h"

#include "domain/cbor.h"

struct bytes_case {
    const char *name;
    const uint8_t data[24];
    size_t len;
};

static void integers_take_their_shortest_form(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        uint8_t bytes[9];
        size_t len;
    } rows[] = {
        {0, {0x00}, 1},
        {23, {0x17}, 1},
        {24, {0x18, 24}, 2},
        {255, {0x18, 255}, 2},
        {256, {0x19, 1, 0}, 3},
        {65535, {0x19, 255, 255}, 3},
        {65536, {0x1a, 0, 1, 0, 0}, 5},
        {UINT32_MAX, {0x1a, 255, 255, 255, 255}, 5},
        {INT64_C(1) << 32, {0x1b, 0, 0, 0, 1, 0, 0, 0, 0}, 9},
        {INT64_MAX, {0x1b, 127, 255, 255, 255, 255, 255, 255, 255}, 9},
        {-1, {0x20}, 1},
        {-24, {0x37}, 1},
        {-25, {0x38, 24}, 2},
        {INT64_MIN, {0x3b, 127, 255, 255, 255, 255, 255, 255, 255}, 9},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t buffer[16];
        struct cbor_writer w;
        size_t len = 0;
        cbor_writer_init(&w, buffer, sizeof buffer);
        cbor_write_int(&w, rows[i].value);
        assert_int_equal(cbor_writer_finish(&w, &len), 0);
        assert_int_equal(len, rows[i].len);
        assert_memory_equal(buffer, rows[i].bytes, len);
        struct cbor_reader r;
        cbor_reader_init(&r, buffer, len);
        assert_int_equal(cbor_read_int(&r), rows[i].value);
        assert_int_equal(cbor_reader_finish(&r), 0);
    }
}

static size_t write_everything(uint8_t *buffer, size_t cap, int *out_rc)
{
    struct cbor_writer w;
    size_t len = 0;
    cbor_writer_init(&w, buffer, cap);
    cbor_write_array(&w, 6);
    cbor_write_uint(&w, UINT64_MAX);
    cbor_write_bool(&w, true);
    cbor_write_bytes(&w, "\x01\x02\x03", 3);
    cbor_write_text(&w, "柜台");
    cbor_write_map(&w, 1);
    cbor_write_uint(&w, 5);
    cbor_write_bool(&w, false);
    cbor_write_raw(&w, "\x80", 1);
    *out_rc = cbor_writer_finish(&w, &len);
    return len;
}

static void every_type_comes_back(void **state)
{
    (void)state;
    uint8_t buffer[64], fixed[3];
    char text[8];
    int rc;
    size_t len = write_everything(buffer, sizeof buffer, &rc);
    assert_int_equal(rc, 0);
    struct cbor_reader r;
    cbor_reader_init(&r, buffer, len);
    assert_int_equal(cbor_read_array(&r), 6);
    assert_true(cbor_read_uint(&r) == UINT64_MAX);
    assert_true(cbor_read_bool(&r));
    cbor_read_fixed(&r, fixed, sizeof fixed);
    assert_memory_equal(fixed, "\x01\x02\x03", 3);
    cbor_read_text_into(&r, text, sizeof text);
    assert_string_equal(text, "柜台");
    struct cbor_map map = cbor_map_begin(&r);
    uint32_t key = 0;
    assert_true(cbor_map_next(&r, &map, &key));
    assert_int_equal(key, 5);
    assert_false(cbor_read_bool(&r));
    assert_false(cbor_map_next(&r, &map, &key));
    assert_int_equal(cbor_read_array(&r), 0);
    assert_true(cbor_reader_at_end(&r));
    assert_int_equal(cbor_reader_finish(&r), 0);
}

static void a_full_buffer_is_reported_at_every_length(void **state)
{
    (void)state;
    uint8_t buffer[64];
    int rc;
    size_t whole = write_everything(buffer, sizeof buffer, &rc);
    for (size_t cap = 0; cap < whole; cap++) {
        write_everything(cap == 0 ? NULL : buffer, cap, &rc);
        assert_int_equal(rc, -ENOSPC);
    }
    write_everything(buffer, whole, &rc);
    assert_int_equal(rc, 0);
}

static void text_that_is_not_utf8_is_not_written(void **state)
{
    (void)state;
    uint8_t buffer[16];
    size_t len = 99;
    struct cbor_writer w;
    cbor_writer_init(&w, buffer, sizeof buffer);
    cbor_write_text(&w, "\xff");
    cbor_write_uint(&w, 1);
    assert_int_equal(cbor_writer_finish(&w, &len), -EINVAL);
    assert_int_equal(len, 99);
}

static void what_the_format_forbids_is_refused(void **state)
{
    (void)state;
    static const struct bytes_case rows[] = {
        {"nothing", {0}, 0},
        {"long zero", {0x18, 0}, 2},
        {"long 23", {0x18, 23}, 2},
        {"long 255", {0x19, 0, 255}, 3},
        {"long 65535", {0x1a, 0, 0, 255, 255}, 5},
        {"long 32 bit", {0x1b, 0, 0, 0, 0, 255, 255, 255, 255}, 9},
        {"long negative", {0x38, 1}, 2},
        {"long bytes", {0x58, 1, 7}, 3},
        {"long text", {0x78, 1, 'a'}, 3},
        {"long array", {0x98, 1, 0}, 3},
        {"long map", {0xb8, 1, 0, 0}, 4},
        {"endless bytes", {0x5f, 0x41, 1, 0xff}, 4},
        {"endless text", {0x7f, 0x61, 'a', 0xff}, 4},
        {"endless array", {0x9f, 0, 0xff}, 3},
        {"endless map", {0xbf, 0, 0, 0xff}, 4},
        {"tag", {0xc1, 0}, 2},
        {"half float", {0xf9, 0, 0}, 3},
        {"float", {0xfa, 0, 0, 0, 0}, 5},
        {"double", {0xfb, 0, 0, 0, 0, 0, 0, 0, 0}, 9},
        {"null", {0xf6}, 1},
        {"undefined", {0xf7}, 1},
        {"break", {0xff}, 1},
        {"simple", {0xe0}, 1},
        {"reserved", {0x1c}, 1},
        {"cut integer", {0x19, 1}, 2},
        {"cut bytes", {0x43, 1, 2}, 3},
        {"endless length", {0x5b, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 10},
        {"array larger than its bytes", {0x84, 0, 0, 0}, 4},
        {"map larger than its bytes", {0xa2, 0, 0, 1}, 4},
        {"huge array", {0x9b, 255, 255, 255, 255, 255, 255, 255, 255}, 9},
        {"stray continuation", {0x61, 0x80}, 2},
        {"overlong slash", {0x62, 0xc0, 0xaf}, 3},
        {"overlong three", {0x63, 0xe0, 0x80, 0xaf}, 4},
        {"surrogate", {0x63, 0xed, 0xa0, 0x80}, 4},
        {"above unicode", {0x64, 0xf4, 0x90, 0x80, 0x80}, 5},
        {"cut character", {0x62, 0xe6, 0x9f}, 3},
        {"tag deep inside", {0x82, 0, 0x81, 0xc0, 0}, 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cbor_reader r;
        cbor_reader_init(&r, rows[i].data, rows[i].len);
        struct slice raw = cbor_read_raw(&r);
        if (r.error != -EBADMSG || raw.len != 0)
            fail_msg("accepted: %s", rows[i].name);
        assert_int_equal(cbor_reader_finish(&r), -EBADMSG);
    }
}

static void a_count_that_cannot_be_met_is_refused_at_once(void **state)
{
    (void)state;
    static const uint8_t array[] = {0x84, 0, 0, 0}, map[] = {0xa2, 0, 0, 1};
    struct cbor_reader r;
    cbor_reader_init(&r, array, sizeof array);
    assert_int_equal(cbor_read_array(&r), 0);
    assert_int_equal(r.error, -EBADMSG);
    cbor_reader_init(&r, map, sizeof map);
    assert_int_equal(cbor_read_map(&r), 0);
    assert_int_equal(r.error, -EBADMSG);
}

static void a_wrong_type_sticks(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x61, 'a', 0x01};
    struct cbor_reader r;
    cbor_reader_init(&r, data, sizeof data);
    assert_int_equal(cbor_read_uint(&r), 0);
    assert_int_equal(cbor_read_uint(&r), 0);
    assert_int_equal(cbor_read_bytes(&r).len, 0);
    assert_int_equal(cbor_reader_finish(&r), -EBADMSG);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const uint8_t big[] = {0x1b, 0, 0, 0, 1, 0, 0, 0, 0}, negative[] = {0x3b, 128, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t text[] = {0x63, 'a', 'b', 'c'}, nul[] = {0x62, 'a', 0}, bytes[] = {0x42, 1, 2};
    char out[3] = "zz";
    uint8_t fixed[3] = {9, 9, 9};
    struct cbor_reader r;
    cbor_reader_init(&r, big, sizeof big);
    assert_int_equal(cbor_read_u32(&r), 0);
    assert_int_equal(r.error, -EBADMSG);
    cbor_reader_init(&r, negative, sizeof negative);
    assert_int_equal(cbor_read_int(&r), 0);
    assert_int_equal(r.error, -EBADMSG);
    cbor_reader_init(&r, text, sizeof text);
    cbor_read_text_into(&r, out, sizeof out);
    assert_int_equal(r.error, -EBADMSG);
    assert_string_equal(out, "zz");
    cbor_reader_init(&r, nul, sizeof nul);
    cbor_read_text_into(&r, out, sizeof out);
    assert_int_equal(r.error, -EBADMSG);
    cbor_reader_init(&r, bytes, sizeof bytes);
    cbor_read_fixed(&r, fixed, sizeof fixed);
    assert_int_equal(r.error, -EBADMSG);
    assert_int_equal(fixed[0], 9);
}

static int walk_map(const uint8_t *data, size_t len)
{
    struct cbor_reader r;
    uint32_t key;
    cbor_reader_init(&r, data, len);
    struct cbor_map map = cbor_map_begin(&r);
    while (cbor_map_next(&r, &map, &key))
        (void)cbor_read_raw(&r);
    return cbor_reader_finish(&r);
}

static void map_keys_ascend_and_are_integers(void **state)
{
    (void)state;
    static const struct {
        int rc;
        uint8_t data[8];
        size_t len;
    } rows[] = {
        {0, {0xa0}, 1},
        {0, {0xa2, 1, 0, 2, 0}, 5},
        {-EBADMSG, {0xa2, 2, 0, 1, 0}, 5},
        {-EBADMSG, {0xa2, 1, 0, 1, 0}, 5},
        {-EBADMSG, {0xa1, 0x20, 0}, 3},
        {-EBADMSG, {0xa1, 0x61, 'a', 0}, 4},
        {-EBADMSG, {0xa1, 1, 0, 0}, 4},
        {-EBADMSG, {0x81, 1}, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(walk_map(rows[i].data, rows[i].len), rows[i].rc);
}

static void depth_ends_at_sixteen(void **state)
{
    (void)state;
    uint8_t data[32];
    struct cbor_reader r;
    memset(data, 0x81, sizeof data);
    data[16] = 0;
    cbor_reader_init(&r, data, 17);
    assert_int_equal(cbor_read_raw(&r).len, 17);
    data[16] = 0x81;
    data[17] = 0;
    cbor_reader_init(&r, data, 18);
    assert_int_equal(cbor_read_raw(&r).len, 0);
    assert_int_equal(r.error, -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_their_shortest_form),
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(a_full_buffer_is_reported_at_every_length),
        cmocka_unit_test(text_that_is_not_utf8_is_not_written),
        cmocka_unit_test(what_the_format_forbids_is_refused),
        cmocka_unit_test(a_count_that_cannot_be_met_is_refused_at_once),
        cmocka_unit_test(a_wrong_type_sticks),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(map_keys_ascend_and_are_integers),
        cmocka_unit_test(depth_ends_at_sixteen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
