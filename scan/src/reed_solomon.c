#include "reed_solomon.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Polynomials are lowest power first. */
struct poly {
    uint8_t at[RS_ECC_MAX + 2];
    int degree;
};

void rs_field_init(struct rs_field *field)
{
    int value = 1;

    for (int i = 0; i < 255; i++) {
        field->exp[i] = field->exp[i + 255] = (uint8_t)value;
        field->log[value] = (uint8_t)i;
        value <<= 1;
        if (value & 0x100)
            value ^= 0x11d;
    }
    field->exp[510] = field->exp[0];
    field->exp[511] = field->exp[1];
    field->log[0] = 0;
}

static inline uint8_t mul(const struct rs_field *field, uint8_t a, uint8_t b)
{
    return a && b ? field->exp[field->log[a] + field->log[b]] : 0;
}

static inline uint8_t divide(const struct rs_field *field, uint8_t a, uint8_t b)
{
    return a ? field->exp[field->log[a] + 255 - field->log[b]] : 0;
}

bool rs_syndromes(const struct rs_field *field, const struct rs_block *block, uint8_t out[RS_ECC_MAX])
{
    uint8_t any = 0;

    for (int j = 0; j < block->ecc; j++) {
        uint8_t sum = 0;

        for (int i = 0; i < block->len; i++)
            sum = (uint8_t)((sum ? field->exp[field->log[sum] + j] : 0) ^ block->words[i]);
        out[j] = sum;
        any |= sum;
    }
    return any != 0;
}

/* The locator that has every erased position as a root. */
static void erasure_locator(const struct rs_field *field, const struct rs_block *block, struct poly *out)
{
    memset(out, 0, sizeof(*out));
    out->at[0] = 1;
    for (int e = 0; e < block->erased_count; e++) {
        uint8_t x = field->exp[block->len - 1 - block->erased[e]];

        for (int i = ++out->degree; i > 0; i--)
            out->at[i] ^= mul(field, out->at[i - 1], x);
    }
}

/* Berlekamp-Massey, started from the erasures. False when there are more errors than the code can tell. */
static bool find_locator(const struct rs_field *field, const struct rs_block *block, const uint8_t *syndrome,
                         struct poly *locator)
{
    struct poly previous = *locator;
    int length = block->erased_count;

    for (int step = block->erased_count; step < block->ecc; step++) {
        uint8_t gap = 0;

        for (int i = 0; i <= length; i++)
            gap ^= mul(field, locator->at[i], syndrome[step - i]);
        memmove(previous.at + 1, previous.at, sizeof(previous.at) - 1);
        previous.at[0] = 0;
        if (gap == 0)
            continue;
        struct poly before = *locator;
        for (int i = 0; i <= block->ecc; i++)
            locator->at[i] ^= mul(field, gap, previous.at[i]);
        if (2 * length <= step + block->erased_count) {
            length = step + 1 + block->erased_count - length;
            for (int i = 0; i <= block->ecc; i++)
                previous.at[i] = divide(field, before.at[i], gap);
        }
    }
    locator->degree = length;
    return 2 * (length - block->erased_count) + block->erased_count <= block->ecc;
}

static int find_roots(const struct rs_field *field, const struct rs_block *block, const struct poly *locator,
                      uint8_t *out_powers)
{
    int count = 0;

    for (int power = 0; power < block->len; power++) {
        uint8_t sum = 0;

        for (int i = 0; i <= locator->degree; i++)
            if (locator->at[i])
                sum ^= field->exp[(field->log[locator->at[i]] + i * (255 - power)) % 255];
        if (sum == 0) {
            if (count == locator->degree)
                return -1;
            out_powers[count++] = (uint8_t)power;
        }
    }
    return count;
}

/* Forney: the error at x^power, for first root alpha^0. */
static uint8_t magnitude(const struct rs_field *field, const struct poly *locator, const uint8_t *omega, int power)
{
    int inverse = (255 - power) % 255;
    uint8_t top = 0, bottom = 0;

    for (int i = 0; i < locator->degree; i++)
        if (omega[i])
            top ^= field->exp[(field->log[omega[i]] + i * inverse) % 255];
    for (int i = 1; i <= locator->degree; i += 2)
        if (locator->at[i])
            bottom ^= field->exp[(field->log[locator->at[i]] + (i - 1) * inverse) % 255];
    return bottom ? mul(field, field->exp[power], divide(field, top, bottom)) : 0;
}

static bool is_erased(const struct rs_block *block, int position)
{
    for (int i = 0; i < block->erased_count; i++)
        if (block->erased[i] == position)
            return true;
    return false;
}

int rs_correct(const struct rs_field *field, const struct rs_block *block)
{
    uint8_t syndrome[RS_ECC_MAX] = {0};

    return rs_syndromes(field, block, syndrome) ? rs_correct_known(field, block, syndrome) : 0;
}

int rs_correct_known(const struct rs_field *field, const struct rs_block *block, const uint8_t syndrome[RS_ECC_MAX])
{
    uint8_t powers[RS_ECC_MAX + 1], omega[RS_ECC_MAX + 1] = {0}, before[255], after[RS_ECC_MAX];
    struct poly locator;
    int wrong = 0;

    assert(block->len <= 255 && block->ecc <= RS_ECC_MAX && block->ecc < block->len &&
           block->erased_count <= block->ecc);
    erasure_locator(field, block, &locator);
    if (!find_locator(field, block, syndrome, &locator) || find_roots(field, block, &locator, powers) != locator.degree)
        return -1;

    for (int i = 0; i < locator.degree; i++)
        for (int j = 0; j <= i; j++)
            omega[i] ^= mul(field, syndrome[i - j], locator.at[j]);

    memcpy(before, block->words, (size_t)block->len);
    for (int i = 0; i < locator.degree; i++) {
        int position = block->len - 1 - powers[i];

        block->words[position] ^= magnitude(field, &locator, omega, powers[i]);
        wrong += !is_erased(block, position);
    }
    if (rs_syndromes(field, block, after)) {
        memcpy(block->words, before, (size_t)block->len);
        return -1;
    }
    return wrong;
}
