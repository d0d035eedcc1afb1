#include "central/phone/form.h"

#include <string.h>

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(struct slice raw, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int c = raw.data[i] == '+' ? ' ' : raw.data[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_value(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_value(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return -EINVAL;
            }
            c = high << 4 | low;
            i += 2;
        }
        if (c == 0) {
            return -EINVAL;
        }
        if (len + 1 >= cap) {
            return -ENOSPC;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return 0;
}

int form_field(struct slice form, const char *name, char *out_value, size_t cap)
{
    size_t name_len = strlen(name), pos = 0;
    while (pos < form.len) {
        const uint8_t *pair = form.data + pos;
        const uint8_t *end = memchr(pair, '&', form.len - pos);
        size_t len = end ? (size_t)(end - pair) : form.len - pos;
        if (len > name_len && memcmp(pair, name, name_len) == 0 && pair[name_len] == '=') {
            return decode((struct slice){pair + name_len + 1, len - name_len - 1}, out_value, cap);
        }
        pos += len + 1;
    }
    return -ENOENT;
}
