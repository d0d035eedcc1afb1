#include "platform/encoding.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void hex_encode(const void *data, size_t len, char *out_text, size_t cap)
{
    assert(cap >= HEX_CAP(len));
    sodium_bin2hex(out_text, cap, data, len);
}

static int hex_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hex_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len)
{
    if (text_len % 2 != 0)
        return -EBADMSG;
    for (size_t i = 0; i < text_len; i++)
        if (hex_nibble(text[i]) < 0)
            return -EBADMSG;
    if (text_len / 2 > cap)
        return -ENOSPC;
    for (size_t i = 0; i < text_len / 2; i++)
        out_data[i] = (uint8_t)((unsigned)hex_nibble(text[2 * i]) << 4 | (unsigned)hex_nibble(text[2 * i + 1]));
    *out_len = text_len / 2;
    return 0;
}

/* libsodium is strict, but has one answer for too little room and for a damaged text: the room is checked first. */
static int base64_decode_variant(struct slice text, int variant, uint8_t *out_data, size_t cap, size_t *out_len)
{
    size_t len = 0;
    size_t need = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
    if (text.len % 4 == 1)
        return -EBADMSG;
    for (size_t i = text.len; i > 0 && text.len - i < 2 && text.data[i - 1] == '='; i--)
        need--;
    if (need > cap)
        return -ENOSPC;
    if (sodium_base642bin(out_data, cap, (const char *)text.data, text.len, NULL, &len, NULL, variant) != 0)
        return -EBADMSG;
    *out_len = len;
    return 0;
}

void base64url_encode(const void *data, size_t len, char *out_text, size_t cap)
{
    assert(cap >= BASE64URL_CAP(len));
    sodium_bin2base64(out_text, cap, data, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int base64url_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len)
{
    struct slice slice = {(const uint8_t *)text, text_len};
    return base64_decode_variant(slice, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out_data, cap, out_len);
}

void base64_encode(const void *data, size_t len, char *out_text, size_t cap)
{
    assert(cap >= BASE64_CAP(len));
    sodium_bin2base64(out_text, cap, data, len, sodium_base64_VARIANT_ORIGINAL);
}

int base64_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len)
{
    struct slice slice = {(const uint8_t *)text, text_len};
    return base64_decode_variant(slice, sodium_base64_VARIANT_ORIGINAL, out_data, cap, out_len);
}
