#include "domain/scancode.h"

#include "domain/shortcode.h"
#include "domain/token.h"
#include "utf8.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define PREFIX_LEN  5
#define AIM_LEN     3
#define PAYMENT_LEN 18
#define CARD_MIN    13
#define CARD_MAX    19

struct span {
    uint32_t first, last;
};

/* Characters that change how a text looks without being seen, or that a terminal or printer would obey. */
static const struct span forbidden[] =
    {
        {0x0000, 0x001f}, {0x007f, 0x009f}, /* C0, DEL, C1 */
        {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},    {0x17b4, 0x17b5}, {0x180b, 0x180f},
        {0x200b, 0x200f}, {0x2028, 0x202e}, /* zero width, marks, separators, bidirectional embedding and override */
        {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfdd0, 0xfdef},    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
        {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0x10ffff}, /* tags, private use */
};

static bool is_forbidden(uint32_t point)
{
    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
        if (point >= forbidden[i].first && point <= forbidden[i].last)
            return true;
    }
    return (point & 0xfffe) == 0xfffe;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "]E0" and its like: what a scanner puts before the data to name the symbology (ISO/IEC 15424). */
static bool starts_with_aim(const char *text, size_t len)
{
    if (len < AIM_LEN || text[0] != ']')
        return false;
    bool letter = (text[1] >= 'A' && text[1] <= 'Z') || (text[1] >= 'a' && text[1] <= 'z');
    return letter && (is_digit(text[2]) || (text[2] >= 'A' && text[2] <= 'F'));
}

static void trim(const char **text, size_t *len)
{
    for (; *len > 0 && is_space(**text); (*text)++)
        (*len)--;
    while (*len > 0 && is_space((*text)[*len - 1]))
        (*len)--;
}

int scancode_clean(const char *text, size_t len, char out_text[SCANCODE_TEXT_MAX])
{
    trim(&text, &len);
    if (starts_with_aim(text, len)) {
        text += AIM_LEN;
        len -= AIM_LEN;
        trim(&text, &len);
    }
    if (len >= SCANCODE_TEXT_MAX)
        return -E2BIG;
    for (size_t pos = 0; pos < len;) {
        uint32_t point;
        size_t step = utf8_next((const uint8_t *)text + pos, len - pos, &point);
        if (step == 0 || is_forbidden(point))
            return -EINVAL;
        pos += step;
    }
    if (len > 0)
        memmove(out_text, text, len);
    out_text[len] = 0;
    return 0;
}

static bool all_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
    }
    return len > 0;
}

bool ean_valid(const char *digits)
{
    size_t len = strnlen(digits, 14);
    if ((len != 8 && len != 12 && len != 13) || !all_digits(digits, len))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (unsigned)(digits[len - 1 - i] - '0') * (i % 2 == 0 ? 1 : 3);
    return sum % 10 == 0;
}

int ean_normalise(const char *digits, char out_ean13[14])
{
    if (!ean_valid(digits))
        return -EINVAL;
    size_t len = strlen(digits);
    memmove(out_ean13 + (13 - len), digits, len + 1);
    memset(out_ean13, '0', 13 - len);
    return 0;
}

bool luhn_valid(const char *digits, size_t len)
{
    unsigned sum = 0;
    if (!all_digits(digits, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned value = (unsigned)(digits[len - 1 - i] - '0') << (i % 2);
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

static bool is_payment(const char *text, size_t len)
{
    return len == PAYMENT_LEN && all_digits(text, len) && text[0] == '1' && text[1] <= '5';
}

static bool is_url(const char *text)
{
    size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
    return scheme > 0 && text[scheme] != 0;
}

/* Card numbers are also written in groups. */
static bool is_card_like(const char *text)
{
    char digits[CARD_MAX];
    size_t count = 0;
    for (; *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (!is_digit(*text) || count == CARD_MAX)
            return false;
        digits[count++] = *text;
    }
    return count >= CARD_MIN && luhn_valid(digits, count);
}

static enum scancode_kind classify_prefix(const char *text)
{
    static const struct {
        const char *prefix;
        enum scancode_kind kind;
    } ours[] = {
        {TOKEN_COUPON_PREFIX, SCANCODE_COUPON},
        {TOKEN_MEMBER_PREFIX, SCANCODE_MEMBER},
        {TOKEN_BADGE_PREFIX, SCANCODE_BADGE},
        {TOKEN_ENROL_PREFIX, SCANCODE_ENROL},
    };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (strncmp(text, ours[i].prefix, PREFIX_LEN) == 0)
            return ours[i].kind;
    }
    return SCANCODE_UNKNOWN;
}

enum scancode_kind scancode_classify(const char *cleaned)
{
    char shortcode[SHORTCODE_LEN + 1];
    size_t len = strnlen(cleaned, SCANCODE_TEXT_MAX);
    if (len == 0 || len == SCANCODE_TEXT_MAX)
        return SCANCODE_EMPTY;
    enum scancode_kind ours = classify_prefix(cleaned);
    if (ours != SCANCODE_UNKNOWN)
        return ours;
    /* One UPC in a thousand would pass as a short code; a short code of digits alone comes once in a hundred thousand.
     */
    if (!ean_valid(cleaned) && shortcode_parse(cleaned, shortcode) == 0)
        return SCANCODE_SHORTCODE;
    if (is_payment(cleaned, len))
        return SCANCODE_PAYMENT;
    if (is_url(cleaned))
        return SCANCODE_URL;
    if (ean_valid(cleaned))
        return SCANCODE_EAN;
    return is_card_like(cleaned) ? SCANCODE_CARD_LIKE : SCANCODE_UNKNOWN;
}

const char *scancode_kind_name(enum scancode_kind kind)
{
    static const char *const names[] = {
        "empty", "coupon", "member", "badge", "enrol", "shortcode", "payment", "url", "ean", "card_like", "unknown",
    };
    static_assert(ARRAY_LEN(names) == SCANCODE_UNKNOWN + 1, "every kind has a name");
    assert((unsigned)kind < ARRAY_LEN(names));
    return names[kind];
}
