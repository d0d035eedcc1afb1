#include "view/internal.h"

void view_put(char *out, size_t cap, const char *text)
{
    size_t len = 0;
    for (; len + 1 < cap && text[len] != '\0'; len++)
        out[len] = text[len];
    while (text[len] != '\0' && len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--; /* never half a character */
    out[len] = '\0';
}

const char *view_localised(const struct flow *flow, const char *zh, const char *en)
{
    if (flow->language == LANGUAGE_EN)
        return en[0] != '\0' ? en : zh;
    return zh[0] != '\0' ? zh : en;
}
