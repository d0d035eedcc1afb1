/*
 * Bytes of strangers on the three ways into the decoder; the first byte chooses: 0 the data of a symbol, 1 its modules,
 * 2 a frame.
 */

#include "../../scan/src/qr_decode.h"
#include "fuzz.h"

#include <string.h>

static struct text_converters *converters;
static struct scan *scan;

static void set_up(void)
{
    struct scan_options options = scan_options_default();

    options.max_width = options.max_height = 256;
    MUST(text_converters_open(&converters) == 0);
    MUST(scan_open(&options, &scan) == 0);
}

static void check_code(const struct scan_code *code)
{
    MUST(code->text_len > 0 && code->text_len <= SCAN_TEXT_MAX);
    MUST(code->text[code->text_len] == '\0');
    MUST(code->symbology < SCAN_SYMBOLOGY_COUNT);
}

static void convert(const struct text_parts *text)
{
    static struct scan_code code;

    code.symbology = SCAN_QR;
    if (text_to_utf8(converters, text, &code) == 0)
        check_code(&code);
}

static void read_segments(const uint8_t *data, size_t size)
{
    static struct qr_content content;

    if (size < 1)
        return;
    int version = 1 + data[0] % QR_VERSION_MAX, len = size - 1 > 2956 ? 2956 : (int)(size - 1);
    if (qr_segments_read(data + 1, len, version, &content) == 0)
        convert(&content.text);
}

static void read_modules(const uint8_t *data, size_t size)
{
    static struct qr_decoder decoder;
    static struct qr_soft soft;
    static struct qr_content content;
    struct qr_reading reading;

    if (size < 1)
        return;
    qr_decoder_init(&decoder);
    soft.version = 1 + data[0] % QR_VERSION_MAX;
    memset(soft.at, 0, sizeof(soft.at));
    memcpy(soft.at, data + 1, size - 1 < sizeof(soft.at) ? size - 1 : sizeof(soft.at));
    if (qr_decode(&decoder, &soft, &content, &reading) == 0)
        convert(&content.text);
}

static void read_frame(const uint8_t *data, size_t size)
{
    static struct scan_result result;

    if (size < 3)
        return;
    int width = 1 + data[0] % 256;
    int height = (int)((size - 1) / (size_t)width);
    struct scan_image image = {data + 1, width, height > 256 ? 256 : height, width};
    if (height < 1)
        return;
    MUST(scan_still(scan, &image, &result) == 0);
    MUST(result.count >= 0 && result.count <= SCAN_CODES_MAX);
    for (int i = 0; i < result.count; i++)
        check_code(&result.codes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!converters)
        set_up();
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        read_segments(data + 1, size - 1);
        break;
    case 1:
        read_modules(data + 1, size - 1);
        break;
    default:
        read_frame(data + 1, size - 1);
        break;
    }
    return 0;
}
