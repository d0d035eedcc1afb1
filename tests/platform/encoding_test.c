#include "cmocka_all.h"
#include "platform/encoding.h"

#include <string.h>

typedef int (*decoder)(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len);

static void known_bytes_become_known_text(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xFB, 0xEF, 0xFF, 0x00};
    char hex[HEX_CAP(4)], url[BASE64URL_CAP(4)], base64[BASE64_CAP(4)];
    hex_encode(bytes, 4, hex, sizeof(hex));
    base64url_encode(bytes, 4, url, sizeof(url));
    base64_encode(bytes, 4, base64, sizeof(base64));
    assert_string_equal(hex, "fbefff00");
    assert_string_equal(url, "--__AA");
    assert_string_equal(base64, "++//AA==");
}

static void every_length_survives_the_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[64], back[64];
    char text[129];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + 5);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        size_t back_len = 99;
        hex_encode(bytes, len, text, HEX_CAP(len));
        assert_int_equal(hex_decode(text, strlen(text), back, len, &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(bytes, back, len);
        base64url_encode(bytes, len, text, BASE64URL_CAP(len));
        assert_int_equal(base64url_decode(text, strlen(text), back, len, &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(bytes, back, len);
        base64_encode(bytes, len, text, BASE64_CAP(len));
        assert_int_equal(base64_decode(text, strlen(text), back, len, &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(bytes, back, len);
    }
}

static void what_is_not_exactly_right_is_refused(void **state)
{
    (void)state;
    static const struct {
        decoder decode;
        const char *text;
        size_t len;
    } bad[] = {
        {hex_decode, "abc", 3},         {hex_decode, "zz", 2},          {hex_decode, "a b1", 4},
        {hex_decode, "a\0", 2},         {base64url_decode, "A", 1},     {base64url_decode, "AA==", 4},
        {base64url_decode, "++//", 4},  {base64url_decode, "AB", 2},    {base64url_decode, "AA\n", 3},
        {base64url_decode, "AA\0A", 4}, {base64_decode, "AA", 2},       {base64_decode, "AA=", 3},
        {base64_decode, "--__", 4},     {base64_decode, "AA==AA==", 8}, {base64_decode, "A===", 4},
        {base64_decode, "AB==", 4},     {base64_decode, " AAA", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t out[16];
        size_t len = 77;
        assert_int_equal(bad[i].decode(bad[i].text, bad[i].len, out, sizeof(out), &len), -EBADMSG);
        assert_int_equal(len, 77);
    }
}

static void too_little_room_is_told_apart_from_damage(void **state)
{
    (void)state;
    uint8_t out[2];
    size_t len;
    assert_int_equal(hex_decode("aabbcc", 6, out, sizeof(out), &len), -ENOSPC);
    assert_int_equal(base64url_decode("AAAA", 4, out, sizeof(out), &len), -ENOSPC);
    assert_int_equal(base64_decode("AAAA", 4, out, sizeof(out), &len), -ENOSPC);
    assert_int_equal(base64_decode("AAA=", 4, out, sizeof(out), &len), 0);
    assert_int_equal(len, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes_become_known_text),
        cmocka_unit_test(every_length_survives_the_round_trip),
        cmocka_unit_test(what_is_not_exactly_right_is_refused),
        cmocka_unit_test(too_little_room_is_told_apart_from_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
