#include "domain/shortcode.h"

#include <assert.h>
#include <string.h>

/*
 * A Reed–Solomon code over GF(32) with two check symbols, generator (x + 1)(x + α): any two wrong symbols leave a
 * remainder, so every single error and every swap is found, at any distance.
 */
#define FIELD_POLYNOMIAL 0x25u /* x^5 + x^2 + 1, α = 2 is primitive */
#define GENERATOR_1      3u    /* 1 + α */
#define GENERATOR_0      2u    /* 1 · α */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned field_multiply(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (unsigned bit = 0; bit < 5; bit++) {
        if (b >> bit & 1)
            product ^= a << bit;
    }
    for (unsigned bit = 9; bit-- > 5;) {
        if (product >> bit & 1)
            product ^= FIELD_POLYNOMIAL << (bit - 5);
    }
    return product;
}

/* The check symbols of 10 symbols; 0 over all 12 of a right code. */
static unsigned remainder_of(const uint8_t *symbols, size_t count)
{
    unsigned high = 0, low = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned feedback = high ^ symbols[i];
        high = low ^ field_multiply(GENERATOR_1, feedback);
        low = field_multiply(GENERATOR_0, feedback);
    }
    return high << 5 | low;
}

void shortcode_from_value(uint64_t value50, char out_code[SHORTCODE_LEN + 1])
{
    assert(value50 >> 50 == 0);
    uint8_t symbols[SHORTCODE_LEN];
    for (size_t i = 0; i < 10; i++)
        symbols[i] = (uint8_t)(value50 >> (45 - 5 * i) & 31);
    unsigned check = remainder_of(symbols, 10);
    symbols[10] = (uint8_t)(check >> 5);
    symbols[11] = (uint8_t)(check & 31);
    for (size_t i = 0; i < SHORTCODE_LEN; i++)
        out_code[i] = alphabet[symbols[i]];
    out_code[SHORTCODE_LEN] = 0;
}

void shortcode_shown(const char code[SHORTCODE_LEN + 1], char out_shown[SHORTCODE_SHOWN_LEN + 1])
{
    for (size_t i = 0; i < SHORTCODE_LEN; i++) {
        if (i == 4 || i == 8)
            *out_shown++ = '-';
        *out_shown++ = code[i];
    }
    *out_shown = 0;
}

static int symbol_of(char typed)
{
    if (typed >= 'a' && typed <= 'z')
        typed = (char)(typed - 'a' + 'A');
    if (typed == 'O')
        typed = '0';
    if (typed == 'I' || typed == 'L')
        typed = '1';
    const char *found = memchr(alphabet, typed, sizeof alphabet - 1);
    return found ? (int)(found - alphabet) : -1;
}

int shortcode_parse(const char *typed, char out_code[SHORTCODE_LEN + 1])
{
    uint8_t symbols[SHORTCODE_LEN];
    size_t count = 0;
    for (; *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        int symbol = symbol_of(*typed);
        if (symbol < 0 || count == SHORTCODE_LEN)
            return -EINVAL;
        symbols[count++] = (uint8_t)symbol;
    }
    if (count != SHORTCODE_LEN)
        return -EINVAL;
    if (remainder_of(symbols, SHORTCODE_LEN) != 0)
        return -EBADMSG;
    for (size_t i = 0; i < SHORTCODE_LEN; i++)
        out_code[i] = alphabet[symbols[i]];
    out_code[SHORTCODE_LEN] = 0;
    return 0;
}
