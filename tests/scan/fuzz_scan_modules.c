/*
 * The modules of a symbol, a byte each from surely light to surely dark; the version is told by the first byte. Where
 * that is 200 or more the blocks are searched bit by bit, too, which takes a hundred times as long.
 */

#include "../../scan/src/qr_decode.h"
#include "fuzz_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct qr_decoder decoder;
    static struct qr_soft soft;
    static struct qr_content content;
    struct qr_reading reading = {.quality = 0};

    if (decoder.field.exp[0] == 0)
        qr_decoder_init(&decoder);
    if (size < 1)
        return 0;
    soft.version = 1 + data[0] % QR_VERSION_MAX;
    size_t modules = (size_t)qr_side(soft.version) * (size_t)qr_side(soft.version);
    size_t told = size - 1 < modules ? size - 1 : modules;
    memcpy(soft.at, data + 1, told);
    memset(soft.at + told, 0, modules - told);
    int error = data[0] >= 200 ? qr_decode_thoroughly(&decoder, &soft, &content, &reading)
                               : qr_decode(&decoder, &soft, &content, &reading);
    if (error)
        return 0;
    MUST(reading.quality >= 1 && reading.quality <= 100);
    MUST(content.text.len >= 0 && content.text.len <= TEXT_BYTES_MAX && content.text.count <= TEXT_PARTS_MAX);
    return 0;
}
