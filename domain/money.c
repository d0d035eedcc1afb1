#include "domain/money.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define PARSE_MAX_MINOR INT64_C(99999999999)
#define PERMILLE_MAX    1000000u

int money_add(int64_t a, int64_t b, int64_t *out_sum)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return -EOVERFLOW;
    *out_sum = sum;
    return 0;
}

int money_sub(int64_t a, int64_t b, int64_t *out_difference)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return -EOVERFLOW;
    *out_difference = difference;
    return 0;
}

int money_permille(int64_t amount_minor, uint32_t permille, int64_t *out_amount_minor)
{
    assert(permille <= PERMILLE_MAX);
    /* Whole thousands first: the product of the rest always fits, and only the true result can overflow. */
    int64_t whole, rest = amount_minor % 1000 * (int64_t)permille;
    if (__builtin_mul_overflow(amount_minor / 1000, (int64_t)permille, &whole))
        return -EOVERFLOW;
    int64_t rounded = (rest + (rest < 0 ? -500 : 500)) / 1000;
    return money_add(whole, rounded, out_amount_minor);
}

size_t money_format(int64_t amount_minor, char *out_text, size_t cap)
{
    uint64_t size = amount_minor < 0 ? -(uint64_t)amount_minor : (uint64_t)amount_minor;
    int len =
        snprintf(out_text, cap, "%s%" PRIu64 ".%02u", amount_minor < 0 ? "-" : "", size / 100, (unsigned)(size % 100));
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int money_parse(const char *text, int64_t *out_amount_minor)
{
    int64_t value = 0;
    bool too_big = false;
    if (!is_digit(*text))
        return -EINVAL;
    for (; is_digit(*text); text++) {
        value = value * 10 + (*text - '0');
        too_big |= value > PARSE_MAX_MINOR;
        value = too_big ? 0 : value;
    }
    int64_t fen = 0;
    if (*text == '.') {
        text++;
        if (!is_digit(*text))
            return -EINVAL;
        fen = INT64_C(10) * (*text++ - '0');
        if (is_digit(*text))
            fen += *text++ - '0';
    }
    if (*text != 0)
        return -EINVAL;
    value = value * 100 + fen;
    if (too_big || value > PARSE_MAX_MINOR)
        return -ERANGE;
    *out_amount_minor = value;
    return 0;
}
