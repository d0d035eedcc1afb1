#include "domain/crypto.h"
#include "domain/device.h"
#include "domain/time.h"

#include <string.h>

#define PLACES 10000

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a character that is no digit; the end and digits stand between the tilde and letters. */
static int rank(char c)
{
    if (c == '\0' || is_digit(c))
        return 0;
    if (c == '~')
        return -1;
    return is_letter(c) ? (unsigned char)c : (unsigned char)c + 256;
}

static int compare_words(const char **a, const char **b)
{
    while (rank(**a) != 0 || rank(**b) != 0) {
        int difference = rank(**a) - rank(**b);
        if (difference != 0)
            return difference;
        (*a)++;
        (*b)++;
    }
    return 0;
}

static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t len_a = strspn(*a, "0123456789"), len_b = strspn(*b, "0123456789");
    int difference = len_a == len_b ? strncmp(*a, *b, len_a) : len_a < len_b ? -1 : 1;
    *a += len_a;
    *b += len_b;
    return difference;
}

int version_compare(const char *a, const char *b)
{
    int difference = 0;
    while (difference == 0 && (*a || *b)) {
        difference = compare_words(&a, &b);
        if (difference == 0)
            difference = compare_numbers(&a, &b);
    }
    return difference;
}

bool version_valid(const char *text)
{
    const char *c = text;
    if (!is_digit(*c))
        return false;
    while (is_digit(*c) || is_letter(*c) || (*c && strchr(".+~-", *c)))
        c++;
    return *c == '\0';
}

uint32_t rollout_place(uint64_t release, uint32_t terminal)
{
    static const char context[] = "tillside roll-out 1";
    uint8_t input[sizeof(context) + 12], hash[HASH_LEN];
    memcpy(input, context, sizeof(context));
    for (size_t i = 0; i < 8; i++)
        input[sizeof(context) + i] = (uint8_t)(release >> (8 * i));
    for (size_t i = 0; i < 4; i++)
        input[sizeof(context) + 8 + i] = (uint8_t)(terminal >> (8 * i));
    crypto_sha256(input, sizeof(input), hash);
    uint32_t number = (uint32_t)hash[0] | (uint32_t)hash[1] << 8 | (uint32_t)hash[2] << 16 | (uint32_t)hash[3] << 24;
    return number % PLACES;
}

bool rollout_window_open(uint32_t from_min, uint32_t to_min, int64_t wall_ms)
{
    struct local_time local = time_local(wall_ms);
    uint32_t minute = (uint32_t)(local.hour * 60 + local.minute);
    if (from_min == to_min)
        return true;
    return from_min < to_min ? minute >= from_min && minute < to_min : minute >= from_min || minute < to_min;
}
