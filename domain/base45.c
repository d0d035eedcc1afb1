#include "domain/base45.h"

#include <string.h>

static const char alphabet[45] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

int base45_encode(const void *data, size_t len, char *out_text, size_t cap)
{
    const uint8_t *bytes = data;
    if (cap == 0 || len > SIZE_MAX / 2 || BASE45_TEXT_LEN(len) > cap - 1)
        return -ENOSPC;
    for (size_t i = 0; i + 1 < len; i += 2) {
        unsigned value = bytes[i] * 256u + bytes[i + 1];
        *out_text++ = alphabet[value % 45];
        *out_text++ = alphabet[value / 45 % 45];
        *out_text++ = alphabet[value / (45 * 45)];
    }
    if (len % 2 != 0) {
        *out_text++ = alphabet[bytes[len - 1] % 45];
        *out_text++ = alphabet[bytes[len - 1] / 45];
    }
    *out_text = 0;
    return 0;
}

/* The value of one group of 2 or 3 characters; more than any group may say when a character is foreign. */
static unsigned group_value(const char *text, size_t count)
{
    unsigned value = 0;
    for (size_t i = count; i-- > 0;) {
        const char *found = memchr(alphabet, text[i], sizeof alphabet);
        if (!found)
            return UINT32_MAX;
        value = value * 45 + (unsigned)(found - alphabet);
    }
    return value;
}

static int check_text(const char *text, size_t len)
{
    if (len % 3 == 1)
        return -EBADMSG;
    for (size_t i = 0; i < len; i += 3) {
        size_t count = len - i < 3 ? 2 : 3;
        if (group_value(text + i, count) > (count == 3 ? UINT16_MAX : UINT8_MAX))
            return -EBADMSG;
    }
    return 0;
}

int base45_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len)
{
    int rc = check_text(text, text_len);
    if (rc < 0)
        return rc;
    size_t len = text_len / 3 * 2 + (text_len % 3 != 0);
    if (len > cap)
        return -ENOSPC;
    for (size_t i = 0; i < text_len; i += 3) {
        size_t count = text_len - i < 3 ? 2 : 3;
        unsigned value = group_value(text + i, count);
        if (count == 3)
            *out_data++ = (uint8_t)(value >> 8);
        *out_data++ = (uint8_t)value;
    }
    *out_len = len;
    return 0;
}
