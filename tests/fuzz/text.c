#include "fuzz.h"

#include "domain/device.h"
#include "domain/shortcode.h"
#include "hal/printer.h"
#include "hal/scan_text.h"
#include "platform/arena.h"
#include "platform/compress.h"
#include "platform/encoding.h"
#include "platform/src/http_route.h"

#define TEXT_MAX 2048

/* The small readers: what a person types, a scanner sends, a printer answers, a header holds. */

static void check_encodings(const char *text, size_t len)
{
    uint8_t bytes[TEXT_MAX];
    char again[2 * TEXT_MAX + 8];
    size_t count;
    if (hex_decode(text, len, bytes, sizeof bytes, &count) == 0) {
        hex_encode(bytes, count, again, sizeof again);
        MUST(strlen(again) == len);
    }
    if (base64_decode(text, len, bytes, sizeof bytes, &count) == 0) {
        base64_encode(bytes, count, again, sizeof again);
        MUST(strlen(again) == len);
    }
    if (base64url_decode(text, len, bytes, sizeof bytes, &count) == 0) {
        base64url_encode(bytes, count, again, sizeof again);
        MUST(strlen(again) == len);
    }
}

static void check_shortcode(const char *text)
{
    char code[SHORTCODE_LEN + 1], shown[SHORTCODE_SHOWN_LEN + 1], again[SHORTCODE_LEN + 1];
    if (shortcode_parse(text, code) != 0)
        return;
    shortcode_shown(code, shown);
    MUST(shortcode_parse(shown, again) == 0 && strcmp(code, again) == 0);
}

static void check_scanner(struct slice input)
{
    struct scan_text text;
    struct scanner_text out;
    scan_text_start(&text);
    for (size_t i = 0; i < input.len; i++)
        scan_text_add(&text, input.data[i]);
    int rc = scan_text_end(&text, 1, &out);
    MUST(rc == 0 || rc == -EMSGSIZE || rc == -ENODATA);
    if (rc != 0)
        return;
    MUST(out.length == strlen(out.text) && out.length > 0 && out.length < SCANNER_TEXT_MAX);
    for (size_t i = 0; i < out.length; i++)
        MUST((uint8_t)out.text[i] >= ' ' && out.text[i] != 0x7f);
}

static void check_printer(struct slice input)
{
    struct printer_status status = {0};
    for (size_t i = 0; i < input.len; i++) {
        struct printer_status before = status;
        int rc = printer_status_add((uint8_t)(1 + i % 4), input.data[i], &status);
        MUST(rc == 0 || (rc == -EPROTO && memcmp(&before, &status, sizeof status) == 0));
    }
}

static void check_compressed(struct slice input)
{
    static struct compress *compress; /* for the whole run */
    static uint8_t unpacked[65536];
    size_t len;
    if (compress == NULL)
        MUST(compress_open(3, &compress) == 0);
    int rc = compress_unpack(compress, input, unpacked, sizeof unpacked, &len);
    MUST(rc == 0 ? len <= sizeof unpacked : rc == -E2BIG || rc == -EBADMSG);
}

/* The sheet that an operator photographs from a device without a network. */
static void check_report(const char *text)
{
    static const uint8_t key[PUBLIC_KEY_LEN] = {1};
    struct device_report report;
    int rc = device_report_decode(text, &report);
    MUST(rc == 0 || rc == -EINVAL || rc == -EBADMSG);
    (void)device_report_verify(text, key);
}

/* Of a request to either listener: what is found in it are texts without control characters. */
static void check_target(const char *text)
{
    struct http_target target;
    struct arena arena;
    arena_init(&arena, 65536);
    int rc = http_target_parse(text, &arena, &target);
    MUST(rc == 0 || rc == -EBADMSG);
    if (rc == 0) {
        MUST(target.segment_count <= HTTP_SEGMENTS_MAX && target.query_count <= HTTP_QUERY_MAX);
        for (size_t i = 0; i < target.segment_count; i++)
            for (const char *c = target.segments[i]; *c != '\0'; c++)
                MUST((uint8_t)*c >= ' ' && *c != 0x7f);
        for (size_t i = 0; i < target.query_count; i++)
            MUST(strlen(target.query[i].value) <= strlen(text));
    }
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {data, size};
    char text[TEXT_MAX];
    fuzz_text(input, text, sizeof text);
    check_encodings(text, strlen(text));
    check_shortcode(text);
    check_scanner(input);
    check_printer(input);
    check_compressed(input);
    check_report(text);
    check_target(text);
    return 0;
}
