#ifndef TESTS_SCAN_FUZZ_SCAN_H
#define TESTS_SCAN_FUZZ_SCAN_H

/*
 * The scanner's fuzzers, a layer each, so that the quick ones can run by the million: what the corrected words of a
 * symbol say (fuzz_scan_text), the modules of a symbol (fuzz_scan_modules), a whole frame (fuzz_scan_frame).
 */

#include "fuzz.h"
#include "scan/scan.h"

enum { FRAME_WIDTH_MAX = 192, FRAME_HEIGHT_MAX = 96 }; /* of fuzz_scan_frame */

/* What every code that comes out of the scanner promises. */
static inline void fuzz_check_code(const struct scan_code *code)
{
    MUST(code->text_len > 0 && code->text_len <= SCAN_TEXT_MAX);
    MUST(code->text[code->text_len] == '\0');
    MUST(code->symbology < SCAN_SYMBOLOGY_COUNT);
    MUST(code->quality >= 1 && code->quality <= 100);
}

#endif
