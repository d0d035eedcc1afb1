/* The corrected words of a symbol, whose version the first byte tells: taken apart, brought into UTF-8, cleaned and
 * told apart as the flow does it. */

#include "../../scan/src/qr_segments.h"
#include "../../scan/src/qr_tables.h"
#include "domain/scancode.h"
#include "fuzz_scan.h"

static bool is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint8_t first = (uint8_t)text[i++];
        int more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : -1;

        if (more < 0 || first > 0xf4)
            return false;
        for (; more > 0; more--, i++)
            if (i >= len || ((uint8_t)text[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void classify(const struct scan_code *code)
{
    char cleaned[SCANCODE_TEXT_MAX];

    if (scancode_clean(code->text, code->text_len, cleaned) < 0)
        return;
    for (const char *at = cleaned; *at; at++)
        MUST((uint8_t)*at >= ' ' && *at != 0x7f);
    enum scancode_kind kind = scancode_classify(cleaned);
    MUST(kind <= SCANCODE_UNKNOWN && (kind == SCANCODE_EMPTY) == (cleaned[0] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text_converters *converters;
    static struct qr_content content;
    static struct scan_code code;

    if (!converters)
        MUST(text_converters_open(&converters) == 0);
    if (size < 1)
        return 0;
    int version = 1 + data[0] % QR_VERSION_MAX, len = size - 1 > 2956 ? 2956 : (int)(size - 1);
    if (qr_segments_read(data + 1, len, version, &content) != 0)
        return 0;
    code = (struct scan_code){.symbology = SCAN_QR, .quality = 100};
    if (text_to_utf8(converters, &content.text, &code) != 0)
        return 0;
    fuzz_check_code(&code);
    MUST(is_utf8(code.text, code.text_len));
    classify(&code);
    return 0;
}
