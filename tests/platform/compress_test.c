#include "cmocka_all.h"
#include "platform/compress.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct compress *compress = NULL;
    int error = compress_open(3, &compress);
    *state = compress;
    return error;
}

static int teardown(void **state)
{
    compress_close(*state);
    return 0;
}

static void what_was_packed_unpacks_the_same_with_contexts_used_again(void **state)
{
    uint8_t text[5000], packed[6000], back[5000];
    size_t packed_len, back_len;
    assert_true(compress_bound(sizeof(text)) <= sizeof(packed));
    for (int round = 1; round <= 3; round++) {
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (uint8_t)(i / 50 * (size_t)round);
        assert_int_equal(compress_pack(*state, (struct slice){text, sizeof(text)}, packed, sizeof(packed), &packed_len),
                         0);
        assert_true(packed_len < 1500);
        assert_int_equal(compress_unpack(*state, (struct slice){packed, packed_len}, back, sizeof(back), &back_len), 0);
        assert_int_equal(back_len, sizeof(text));
        assert_memory_equal(back, text, sizeof(text));
    }
}

static void nothing_packs_and_unpacks_to_nothing(void **state)
{
    uint8_t packed[64], back[1];
    size_t packed_len, back_len = 9;
    assert_int_equal(compress_pack(*state, (struct slice){NULL, 0}, packed, sizeof(packed), &packed_len), 0);
    assert_int_equal(compress_unpack(*state, (struct slice){packed, packed_len}, back, 0, &back_len), 0);
    assert_int_equal(back_len, 0);
}

static void a_bomb_is_refused(void **state)
{
    const size_t bomb_len = 64 << 20;
    uint8_t *zeros = calloc(1, bomb_len);
    uint8_t packed[16384];
    static uint8_t out[1 << 20];
    size_t packed_len, out_len = 77;
    memset(out, 0xEE, sizeof(out));
    assert_non_null(zeros);
    assert_int_equal(compress_pack(*state, (struct slice){zeros, bomb_len}, packed, sizeof(packed), &packed_len), 0);
    free(zeros);
    assert_int_equal(compress_unpack(*state, (struct slice){packed, packed_len}, out, sizeof(out), &out_len), -E2BIG);
    assert_int_equal(out_len, 77);
    assert_int_equal(out[0], 0xEE); /* it says how large it is, so not a byte was unpacked */
}

/*
 * A frame that does not say how large it is: magic, a descriptor without content size, a 1 KiB × 2^n window, then last
 * RLE blocks. RFC 8878, 3.1.1: descriptor 0, window 0x58 (2 MiB); block header = last | RLE << 1 | size << 3, little
 * endian.
 */
static void a_bomb_that_hides_its_size_is_refused_too(void **state)
{
    uint8_t bomb[6 + 64 * 4] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58};
    size_t len = 6;
    uint8_t out[65536];
    size_t out_len = 77;
    for (int i = 0; i < 64; i++) {
        uint32_t header = (i == 63) | 1u << 1 | (uint32_t)(128 << 10) << 3;
        bomb[len++] = (uint8_t)header;
        bomb[len++] = (uint8_t)(header >> 8);
        bomb[len++] = (uint8_t)(header >> 16);
        bomb[len++] = 'A';
    }
    uint8_t *room = malloc(8 << 20);
    assert_non_null(room);
    assert_int_equal(compress_unpack(*state, (struct slice){bomb, len}, room, 8 << 20, &out_len), 0);
    assert_int_equal(out_len, 8 << 20);
    free(room);
    assert_int_equal(compress_unpack(*state, (struct slice){bomb, len}, out, sizeof(out), &out_len), -E2BIG);
}

static void damage_anywhere_never_passes_for_the_original(void **state)
{
    static const char text[] = "a coupon, a member, a coupon, a member, a coupon, a member, 0123456789";
    uint8_t packed[256], damaged[256] = {0}, out[256];
    size_t packed_len, out_len;
    assert_int_equal(
        compress_pack(*state, (struct slice){(const uint8_t *)text, sizeof(text)}, packed, sizeof(packed), &packed_len),
        0);
    for (size_t cut = 0; cut < packed_len; cut++)
        if (compress_unpack(*state, (struct slice){packed, cut}, out, sizeof(out), &out_len) == 0)
            assert_int_equal(out_len, 0); /* an empty input is an empty content */
    memcpy(damaged, packed, packed_len);
    for (size_t i = 0; i < packed_len; i++) {
        for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1)) {
            damaged[i] = packed[i] ^ bit;
            int error = compress_unpack(*state, (struct slice){damaged, packed_len}, out, sizeof(out), &out_len);
            if (!error) { /* a bit without meaning */
                assert_int_equal(out_len, sizeof(text));
                assert_memory_equal(out, text, sizeof(text));
            }
        }
        damaged[i] = packed[i];
    }
}

static void too_little_room_for_packing_is_said(void **state)
{
    uint8_t noise[256], packed[64] = {0};
    size_t packed_len;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(i * i * 31 + i * 7);
    assert_int_equal(compress_pack(*state, (struct slice){noise, sizeof(noise)}, packed, sizeof(packed), &packed_len),
                     -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_unpacks_the_same_with_contexts_used_again),
        cmocka_unit_test(nothing_packs_and_unpacks_to_nothing),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(a_bomb_that_hides_its_size_is_refused_too),
        cmocka_unit_test(damage_anywhere_never_passes_for_the_original),
        cmocka_unit_test(too_little_room_for_packing_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
