/*
 * A small frame: its width, how it is read, its pixels. As a single picture, which also makes the scanner
 * forget the input before, then as up to three frames of a camera. Time is counted in looks at the clock, so an input
 * does the same in every run and costs little.
 */

#include "fuzz_scan.h"

enum { LOOK_US = 500, BUDGET_STEP_US = 1000 };

static int64_t looks_us(void)
{
    static int64_t now_us;

    now_us += LOOK_US;
    return now_us;
}

static struct scan *opened(void)
{
    static struct scan *scan;

    if (!scan) {
        struct scan_options options = scan_options_default();

        options.max_width = FRAME_WIDTH_MAX;
        options.max_height = FRAME_HEIGHT_MAX;
        options.now_us = looks_us;
        options.still_budget_us = 6 * BUDGET_STEP_US;
        MUST(scan_open(&options, &scan) == 0);
    }
    return scan;
}

static void check(const struct scan_result *result)
{
    MUST(result->count >= 0 && result->count <= SCAN_CODES_MAX);
    for (int i = 0; i < result->count; i++)
        fuzz_check_code(&result->codes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_result result;

    if (size < 3)
        return 0;
    int width = 1 + data[0] % FRAME_WIDTH_MAX, height = (int)((size - 2) / (size_t)width);
    if (height < 1)
        return 0;
    struct scan_image image = {data + 2, width, height > FRAME_HEIGHT_MAX ? FRAME_HEIGHT_MAX : height, width};
    MUST(scan_still(opened(), &image, &result) == 0);
    check(&result);
    for (int frame = 0; frame < (data[1] & 3); frame++) {
        MUST(scan_frame(opened(), &image, (1 + (data[1] >> 2)) * BUDGET_STEP_US, &result) == 0);
        check(&result);
    }
    return 0;
}
