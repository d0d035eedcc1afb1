#include "utf8.h"

size_t utf8_next(const uint8_t *text, size_t len, uint32_t *out_point)
{
    if (len == 0)
        return 0;
    uint8_t first = text[0];
    if (first < 0x80) {
        *out_point = first;
        return 1;
    }
    size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || len < need)
        return 0;
    uint32_t point = first & (0x7fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3f);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[need] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *out_point = point;
    return need;
}

bool utf8_valid(const uint8_t *text, size_t len)
{
    uint32_t point;
    for (size_t pos = 0; pos < len;) {
        size_t step = utf8_next(text + pos, len - pos, &point);
        if (step == 0)
            return false;
        pos += step;
    }
    return true;
}
