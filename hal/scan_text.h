#ifndef HAL_SCAN_TEXT_H
#define HAL_SCAN_TEXT_H

/*
 * What a scanner sent, byte for byte, becomes a scanner_text: allow-listed, without its AIM identifier. Pure.
 * Source of the identifiers: ISO/IEC 15424, "]", a code letter, a modifier.
 */

#include "hal/scanner.h"

struct scan_text {
    char bytes[SCANNER_TEXT_MAX];
    size_t length;
    size_t dropped;
    bool overflow;
};

void scan_text_start(struct scan_text *text);

/* One byte of the code; control characters count as dropped, 0x1D becomes U+241D. */
void scan_text_add(struct scan_text *text, uint8_t byte);

/* Whether anything came at all. */
bool scan_text_empty(const struct scan_text *text);

/* Ends the code and starts the next one. -EMSGSIZE it was too long, -ENODATA nothing printable is left. */
MUST_CHECK int scan_text_end(struct scan_text *text, int64_t at_ns, struct scanner_text *out_text);

/* Copies the identifier in front of text ("]Q3") to out_aim, or ""; returns its length, 3 or 0. */
size_t scan_text_aim(const char *text, char out_aim[4]);

#endif
