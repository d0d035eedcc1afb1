/* Correction up to what the code can bear, refusal beyond. */

#include "../../scan/src/reed_solomon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEN = 44, ECC = 16 };

static struct rs_field field;
static uint32_t seed = 5;

static int below(int limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)limit);
}

/* A code block: the remainder of data * x^ecc by the generator, worked out here the long way. */
static void make_block(uint8_t words[LEN])
{
    uint8_t generator[ECC + 1] = {1}, rest[LEN] = {0};

    for (int i = 0; i < ECC; i++)
        for (int j = i + 1; j > 0; j--)
            generator[j] ^= generator[j - 1] ? field.exp[field.log[generator[j - 1]] + i] : 0;
    for (int i = 0; i < LEN - ECC; i++)
        rest[i] = words[i] = (uint8_t)below(256);
    for (int i = 0; i < LEN - ECC; i++) {
        uint8_t factor = rest[i];

        for (int j = 0; factor && j <= ECC; j++)
            rest[i + j] ^= generator[j] ? field.exp[field.log[generator[j]] + field.log[factor]] : 0;
    }
    memcpy(words + LEN - ECC, rest + LEN - ECC, ECC);
}

/* Damages that many different words; the first erased of them are named in out_erased. */
static void damage(uint8_t words[LEN], int count, int erased, uint8_t out_erased[ECC])
{
    uint8_t hit[LEN] = {0};

    for (int i = 0; i < count;) {
        int at = below(LEN);

        if (hit[at])
            continue;
        hit[at] = 1;
        words[at] ^= (uint8_t)(1 + below(255));
        if (i < erased)
            out_erased[i] = (uint8_t)at;
        i++;
    }
}

static void what_is_within_its_power_is_corrected(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        uint8_t good[LEN], words[LEN], erased[ECC];
        int erasures = below(ECC + 1), errors = below((ECC - erasures) / 2 + 1);
        struct rs_block block = {words, LEN, ECC, erased, erasures};

        make_block(good);
        memcpy(words, good, LEN);
        damage(words, erasures + errors, erasures, erased);
        assert_int_equal(rs_correct(&field, &block), errors);
        assert_memory_equal(words, good, LEN);
    }
}

static void what_is_beyond_it_is_refused_and_left_as_it_was(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        uint8_t good[LEN], words[LEN], before[LEN], erased[ECC];
        struct rs_block block = {words, LEN, ECC, erased, 0};

        make_block(good);
        memcpy(words, good, LEN);
        damage(words, ECC / 2 + 1 + below(8), 0, erased);
        memcpy(before, words, LEN);
        assert_int_equal(rs_correct(&field, &block), -1);
        assert_memory_equal(words, before, LEN);
    }
}

static int set_up(void **state)
{
    (void)state;
    rs_field_init(&field);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_within_its_power_is_corrected),
        cmocka_unit_test(what_is_beyond_it_is_refused_and_left_as_it_was),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
