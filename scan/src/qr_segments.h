#ifndef SCAN_SRC_QR_SEGMENTS_H
#define SCAN_SRC_QR_SEGMENTS_H

/* The corrected data codewords of a QR code, taken apart by mode. Pure. */

#include "text.h"

struct qr_content {
    struct text_parts text;
    uint8_t append_index, append_total, append_parity; /* total 0: stands alone */
    bool gs1;
};

/* -EILSEQ for what no writer makes: an unknown mode, a value out of range, an end inside a segment, nothing said at
 * all. */
SCAN_MUST_CHECK int qr_segments_read(const uint8_t *data, int len, int version, struct qr_content *out_content);

#endif
