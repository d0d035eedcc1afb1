#include "domain/device.h"

#include "domain/base45.h"
#include "domain/body.h"
#include "domain/cbor.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_LEN (sizeof(DEVICE_REPORT_PREFIX) - 1)
#define BYTES_MAX  ((DEVICE_REPORT_TEXT_MAX - PREFIX_LEN) / 3 * 2)

static const char context[] = "tillside device report 1";

const char *self_test_item_name(uint32_t item)
{
    static const char *const names[] = {"unknown", "screen",  "touch", "camera", "lamp",    "buttons", "printer",
                                        "drawer",  "network", "clock", "disk",   "storage", "sound"};
    return item < ARRAY_LEN(names) ? names[item] : names[0];
}

const char *self_test_outcome_name(uint32_t outcome)
{
    static const char *const names[] = {"open", "passed", "failed", "skipped", "absent"};
    return outcome < ARRAY_LEN(names) ? names[outcome] : "unknown";
}

bool self_test_all_well(const struct body_self_test *test)
{
    bool passed = false, failed = false;
    for (uint32_t i = 0; i < test->count && i < SELF_TEST_ITEMS; i++) {
        passed |= test->results[i] % 8 == SELF_TEST_PASSED;
        failed |= test->results[i] % 8 == SELF_TEST_FAILED;
    }
    return passed && !failed;
}

const char *order_what_name(uint32_t what)
{
    static const char *const names[] = {"unknown", "update", "reboot", "logs"};
    return what < ARRAY_LEN(names) ? names[what] : names[0];
}

const char *order_outcome_name(uint32_t outcome)
{
    static const char *const names[] = {"unknown", "done", "refused", "failed", "back", "over"};
    return outcome < ARRAY_LEN(names) ? names[outcome] : names[0];
}

const char *order_step_name(uint32_t step)
{
    static const char *const names[] = {"waiting", "downloading", "downloaded", "installed", "booted"};
    return step < ARRAY_LEN(names) ? names[step] : "unknown";
}

const char *device_part_name(uint32_t part)
{
    static const char *const names[DEVICE_PARTS] = {"display", "input",  "camera", "scanner", "gpio",
                                                    "printer", "drawer", "sound",  "network", "storage"};
    return part < DEVICE_PARTS ? names[part] : "unknown";
}

struct packed {
    uint8_t bytes[BYTES_MAX]; /* the context, then what is signed behind it */
    size_t len;
};

#define CONTEXT_LEN (sizeof context - 1)

/* [terminal, incarnation, body] */
static int pack(const struct device_report *report, struct packed *out)
{
    struct body body;
    uint8_t encoded[BYTES_MAX];
    size_t len;
    struct cbor_writer w;
    memset(&body, 0, sizeof body);
    body.kind = RECORD_SELF_TEST;
    body.self_test = report->test;
    int rc = body_encode(&body, encoded, sizeof encoded, &len);
    if (rc < 0)
        return rc;
    memcpy(out->bytes, context, CONTEXT_LEN);
    cbor_writer_init(&w, out->bytes + CONTEXT_LEN, sizeof out->bytes - CONTEXT_LEN);
    cbor_write_array(&w, 3);
    cbor_write_uint(&w, report->terminal);
    cbor_write_uint(&w, report->incarnation);
    cbor_write_bytes(&w, encoded, len);
    rc = cbor_writer_finish(&w, &len);
    out->len = CONTEXT_LEN + len;
    return rc;
}

int device_report_encode(const struct device_report *report, const uint8_t *secret,
                         char out_text[DEVICE_REPORT_TEXT_MAX])
{
    struct packed packed;
    uint8_t bytes[BYTES_MAX], signature[SIGNATURE_LEN];
    char text[DEVICE_REPORT_TEXT_MAX - PREFIX_LEN];
    struct cbor_writer w;
    size_t len;
    int rc = pack(report, &packed);
    if (rc < 0)
        return rc;
    if (secret)
        crypto_sign_message(secret, packed.bytes, packed.len, signature);
    cbor_writer_init(&w, bytes, sizeof bytes);
    cbor_write_array(&w, 2);
    cbor_write_bytes(&w, packed.bytes + CONTEXT_LEN, packed.len - CONTEXT_LEN);
    cbor_write_bytes(&w, signature, secret ? sizeof signature : 0);
    rc = cbor_writer_finish(&w, &len);
    if (rc == 0)
        rc = base45_encode(bytes, len, text, sizeof text);
    if (rc == 0)
        snprintf(out_text, DEVICE_REPORT_TEXT_MAX, "%s%s", DEVICE_REPORT_PREFIX, text);
    return rc;
}

/* A blank is a character of base 45: what a phone's line break puts in is not. */
static int unwrap(const char *text, uint8_t out_bytes[BYTES_MAX], size_t *out_len)
{
    char clean[DEVICE_REPORT_TEXT_MAX];
    size_t n = 0;
    if (strncmp(text, DEVICE_REPORT_PREFIX, PREFIX_LEN) != 0)
        return -EINVAL;
    for (const char *c = text + PREFIX_LEN; *c; c++) {
        if (*c == '\r' || *c == '\n' || *c == '\t')
            continue;
        if (n + 1 >= sizeof clean)
            return -EBADMSG;
        clean[n++] = *c;
    }
    int rc = base45_decode(clean, n, out_bytes, BYTES_MAX, out_len);
    return rc == 0 ? 0 : -EBADMSG;
}

/* The two halves of the outer array, pointing into bytes. */
static int split(const uint8_t *bytes, size_t len, struct slice *out_inner, struct slice *out_signature)
{
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, len);
    bool pair = cbor_read_array(&r) == 2;
    struct slice inner = cbor_read_bytes(&r), signature = cbor_read_bytes(&r);
    if (!pair || cbor_reader_finish(&r) < 0 || (signature.len != 0 && signature.len != SIGNATURE_LEN) ||
        inner.len > BYTES_MAX - CONTEXT_LEN)
        return -EBADMSG;
    *out_inner = inner;
    *out_signature = signature;
    return 0;
}

int device_report_decode(const char *text, struct device_report *out_report)
{
    uint8_t bytes[BYTES_MAX];
    struct slice inner, signature;
    struct device_report report;
    struct body body;
    struct cbor_reader r;
    size_t len;
    int rc = unwrap(text, bytes, &len);
    rc = rc ? rc : split(bytes, len, &inner, &signature);
    if (rc < 0)
        return rc;
    memset(&report, 0, sizeof report);
    cbor_reader_init(&r, inner.data, inner.len);
    bool three = cbor_read_array(&r) == 3;
    report.terminal = cbor_read_u32(&r);
    report.incarnation = cbor_read_u32(&r);
    struct slice encoded = cbor_read_bytes(&r);
    if (!three || cbor_reader_finish(&r) < 0 || body_decode(RECORD_SELF_TEST, encoded, &body) < 0)
        return -EBADMSG;
    report.test = body.self_test;
    report.is_signed = signature.len > 0;
    *out_report = report;
    return 0;
}

bool device_report_verify(const char *text, const uint8_t key[PUBLIC_KEY_LEN])
{
    uint8_t bytes[BYTES_MAX];
    struct packed packed;
    struct slice inner, signature;
    size_t len;
    if (unwrap(text, bytes, &len) < 0 || split(bytes, len, &inner, &signature) < 0 || signature.len == 0)
        return false;
    memcpy(packed.bytes, context, CONTEXT_LEN);
    memcpy(packed.bytes + CONTEXT_LEN, inner.data, inner.len);
    return crypto_verify(key, packed.bytes, CONTEXT_LEN + inner.len, signature.data);
}
