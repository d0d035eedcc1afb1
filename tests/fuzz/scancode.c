#include "fuzz.h"
#include "support.h"

#include "domain/scancode.h"

/* Whatever a camera or a keyboard gives: what is let through is short and printable, and every kind has a name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[SCANCODE_TEXT_MAX], ean[14];
    if (scancode_clean((const char *)data, size, text) < 0)
        return 0;
    size_t len = strlen(text);
    MUST(len < SCANCODE_TEXT_MAX && len <= size);
    for (size_t i = 0; i < len; i++)
        MUST((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
    enum scancode_kind kind = scancode_classify(text);
    MUST(scancode_kind_name(kind)[0] != 0);
    MUST((kind == SCANCODE_EMPTY) == (len == 0));
    if (kind == SCANCODE_EAN)
        MUST(ean_normalise(text, ean) == 0 && strlen(ean) == 13 && ean_valid(ean));
    return 0;
}
