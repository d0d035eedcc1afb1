/* The nearest codeword by how sure each bit is: found where correction by words gives up, and by brute force the
 * nearest. */

#include "../../scan/src/rs_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rs_field field;
static struct rs_search search;
static uint32_t seed = 20261122;

static int prepare(void **state)
{
    (void)state;
    rs_field_init(&field);
    return 0;
}

static uint32_t random_below(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % limit;
}

/* Some codeword: anything whose last words are taken for lost and filled in. */
static void make_codeword(uint8_t *words, int len, int ecc)
{
    uint8_t lost[RS_SEARCH_ECC_MAX];
    struct rs_block block = {words, len, ecc, lost, ecc};

    for (int i = 0; i < len; i++)
        words[i] = (uint8_t)random_below(256);
    for (int i = 0; i < ecc; i++)
        lost[i] = (uint8_t)(len - ecc + i);
    assert_true(rs_correct(&field, &block) >= 0);
}

struct seen {
    uint8_t words[255], sure[255][8];
};

/* So many bits wrong, each in a word of its own and hardly sure, as some that are right are. */
static void see(struct seen *seen, const uint8_t *truth, int len, int wrong)
{
    memcpy(seen->words, truth, (size_t)len);
    for (int i = 0; i < len; i++)
        for (int b = 0; b < 8; b++)
            seen->sure[i][b] = (uint8_t)(random_below(12) ? 60 + random_below(68) : random_below(30));
    for (int k = 0; k < wrong; k++) {
        int word = k * len / wrong, bit = (int)random_below(8);

        seen->words[word] ^= (uint8_t)(0x80 >> bit);
        seen->sure[word][bit] = (uint8_t)random_below(30);
    }
}

static void one_doubtful_bit_in_most_words_is_found(void **state)
{
    static const struct {
        int len, ecc, wrong;
    } blocks[] = {{26, 7, 12}, {26, 17, 20}, {44, 10, 14}, {43, 16, 24}, {134, 26, 40}, {145, 30, 50}};
    uint8_t truth[255], found[255];
    struct seen seen;

    (void)state;
    for (size_t k = 0; k < sizeof(blocks) / sizeof(blocks[0]); k++) {
        for (int trial = 0; trial < 10; trial++) {
            int len = blocks[k].len;
            struct rs_sight sight = {seen.words, seen.sure, NULL, len, blocks[k].ecc};
            struct rs_block block = {found, len, blocks[k].ecc, NULL, 0};

            make_codeword(truth, len, blocks[k].ecc);
            see(&seen, truth, len, blocks[k].wrong);
            memcpy(found, seen.words, (size_t)len);
            assert_int_equal(rs_correct(&field, &block), -1);
            assert_true(rs_search_nearest(&search, &field, &sight, found));
            assert_memory_equal(found, truth, (size_t)len);
        }
    }
}

static int cost_of(const struct seen *seen, const uint8_t *words, int len)
{
    int cost = 0;

    for (int i = 0; i < len; i++)
        for (int b = 0; b < 8; b++)
            cost += (words[i] ^ seen->words[i]) >> (7 - b) & 1 ? seen->sure[i][b] : 0;
    return cost;
}

/* Of noise, two words long: all 256 codewords are looked at. */
static void of_noise_the_nearest_comes_out(void **state)
{
    uint8_t found[2], other[2];
    uint8_t lost[1] = {1};
    struct seen seen;

    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        struct rs_sight sight = {seen.words, seen.sure, NULL, 2, 1};
        struct rs_block block = {other, 2, 1, lost, 1};
        int nearest = 1 << 30;

        for (int i = 0; i < 2; i++) {
            seen.words[i] = (uint8_t)random_below(256);
            for (int b = 0; b < 8; b++)
                seen.sure[i][b] = (uint8_t)random_below(128);
        }
        for (int first = 0; first < 256; first++) {
            other[0] = (uint8_t)first;
            other[1] = 0;
            assert_true(rs_correct(&field, &block) >= 0);
            int cost = cost_of(&seen, other, 2);
            nearest = cost < nearest ? cost : nearest;
        }
        assert_true(rs_search_nearest(&search, &field, &sight, found));
        assert_int_equal(cost_of(&seen, found, 2), nearest);
    }
}

static void known_bits_stay_and_what_they_forbid_is_told(void **state)
{
    uint8_t truth[26], found[26], fixed[26] = {0};
    struct seen seen;
    struct rs_sight sight = {seen.words, seen.sure, fixed, 26, 7};

    (void)state;
    make_codeword(truth, 26, 7);
    see(&seen, truth, 26, 1);
    memcpy(seen.words, truth, 26);
    for (int i = 0; i < 16; i++) {
        fixed[i] = 0xff;
        memset(seen.sure[i], 0, 8); /* and yet they count */
    }
    for (int i = 16; i < 22; i++)
        seen.words[i] = (uint8_t)~truth[i]; /* six words lost */
    memset(seen.sure[16], 0, 6 * 8);
    assert_true(rs_search_nearest(&search, &field, &sight, found));
    assert_memory_equal(found, truth, 26);
    memset(fixed, 0xff, sizeof(fixed));
    assert_false(rs_search_nearest(&search, &field, &sight, found));
    memcpy(seen.words, truth, 26);
    assert_true(rs_search_nearest(&search, &field, &sight, found));
    assert_memory_equal(found, truth, 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_doubtful_bit_in_most_words_is_found),
        cmocka_unit_test(of_noise_the_nearest_comes_out),
        cmocka_unit_test(known_bits_stay_and_what_they_forbid_is_told),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
