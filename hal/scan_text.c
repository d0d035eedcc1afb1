#include "scan_text.h"

#include <assert.h>
#include <string.h>

#define GROUP_SEPARATOR 0x1D

void scan_text_start(struct scan_text *text)
{
    text->length = 0;
    text->dropped = 0;
    text->overflow = false;
}

static void put(struct scan_text *text, const char *bytes, size_t n)
{
    if (text->length + n >= sizeof(text->bytes)) {
        text->overflow = true;
        return;
    }
    memcpy(text->bytes + text->length, bytes, n);
    text->length += n;
}

void scan_text_add(struct scan_text *text, uint8_t byte)
{
    if (byte == GROUP_SEPARATOR) {
        put(text, "\xE2\x90\x9D", 3);
    } else if (byte < 0x20 || byte == 0x7F) {
        text->dropped++;
    } else {
        put(text, (const char *)&byte, 1);
    }
}

bool scan_text_empty(const struct scan_text *text)
{
    return text->length == 0 && text->dropped == 0 && !text->overflow;
}

/* The length of the well-formed UTF-8 character at bytes, 0 when there is none. C1 controls count as none. */
static size_t utf8_length(const uint8_t *bytes, size_t left)
{
    size_t n = bytes[0] < 0x80 ? 1 : bytes[0] >= 0xC2 && bytes[0] < 0xE0 ? 2 : (bytes[0] & 0xF0) == 0xE0 ? 3 : 4;
    uint32_t code;

    if ((bytes[0] >= 0x80 && bytes[0] < 0xC2) || bytes[0] > 0xF4 || n > left) {
        return 0;
    }
    code = n == 1 ? bytes[0] : bytes[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (bytes[i] & 0x3FU);
    }
    if ((n == 2 && code < 0xA0) || (n == 3 && code < 0x800) || (n == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
        (code >= 0xD800 && code < 0xE000)) {
        return 0;
    }
    return n;
}

size_t scan_text_aim(const char *text, char out_aim[4])
{
    bool letter = text[0] == ']' && ((text[1] >= 'A' && text[1] <= 'Z') || (text[1] >= 'a' && text[1] <= 'z'));
    bool modifier = letter && ((text[2] >= '0' && text[2] <= '9') || (text[2] >= 'A' && text[2] <= 'Z') ||
                               (text[2] >= 'a' && text[2] <= 'z'));

    memset(out_aim, 0, 4);
    if (!modifier) {
        return 0;
    }
    memcpy(out_aim, text, 3);
    return 3;
}

int scan_text_end(struct scan_text *text, int64_t at_ns, struct scanner_text *out_text)
{
    const uint8_t *bytes = (const uint8_t *)text->bytes;
    size_t from;

    assert(text->length < sizeof(text->bytes));
    if (text->overflow) {
        scan_text_start(text);
        return -EMSGSIZE;
    }
    text->bytes[text->length] = '\0';
    if (text->length == 0) {
        scan_text_start(text);
        return -ENODATA;
    }
    from = scan_text_aim(text->bytes, out_text->aim);
    out_text->length = 0;
    out_text->dropped = text->dropped;
    out_text->at_ns = at_ns;
    while (from < text->length) {
        size_t n = utf8_length(bytes + from, text->length - from);

        memcpy(out_text->text + out_text->length, bytes + from, n);
        out_text->length += n;
        out_text->dropped += n ? 0 : 1;
        from += n ? n : 1;
    }
    out_text->text[out_text->length] = '\0';
    scan_text_start(text);
    return out_text->length ? 0 : -ENODATA;
}
