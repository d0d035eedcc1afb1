#ifndef SCAN_SRC_TEXT_H
#define SCAN_SRC_TEXT_H

/* What was written in a QR code, as bytes with their character sets, and as UTF-8. Owner: one struct scan. */

#include "scan/scan.h"

/* Character sets by the ECI number a code gives; besides these two. */
enum {
    TEXT_ECI_NONE = -1, /* bytes without a word about their set */
    TEXT_ECI_SJIS = 20,
    TEXT_ECI_GB = 29, /* GB 18030 */
    TEXT_ECI_UTF8 = 26,
    TEXT_PARTS_MAX = 256,
    TEXT_BYTES_MAX = 7096,
};

struct text_parts {
    uint8_t bytes[TEXT_BYTES_MAX];
    int len;
    struct text_part {
        int eci, start, len;
    } parts[TEXT_PARTS_MAX];
    int count;
};

void text_parts_reset(struct text_parts *parts);

/* -ENOSPC when full; then nothing was added. */
SCAN_MUST_CHECK int text_parts_add(struct text_parts *parts, int eci, const uint8_t *bytes, int len);

struct text_converters;

/* Takes what conversions need; those this machine's C library lacks fall back to Latin-1 later. -ENOMEM. */
SCAN_MUST_CHECK int text_converters_open(struct text_converters **out_converters);
void text_converters_close(struct text_converters *converters);

/*
 * As UTF-8 with a closing NUL. Bytes without an ECI are taken as what they plausibly are: UTF-8, Shift-JIS, GB 18030,
 * else Latin-1 (*out_binary tells that not even this made a text). -EILSEQ when the result would be empty or too long.
 */
SCAN_MUST_CHECK int text_to_utf8(struct text_converters *converters, const struct text_parts *parts,
                                 struct scan_code *out_code);

#endif
