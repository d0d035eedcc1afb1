#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

/*
 * Grey frame in, codes out.
 *
 * A struct scan belongs to one thread at a time; any number of them may run side by side. All of its memory is taken in
 * scan_open; a frame takes none (zbar, where it is asked, keeps small lists of its own). Nothing is logged and
 * nothing is global. What a text means (token, payment code, URL) is not known here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_MUST_CHECK __attribute__((warn_unused_result))

/* 2953 bytes of half-width katakana are the longest text a QR code can hold once it is UTF-8. */
#define SCAN_TEXT_MAX   8896
#define SCAN_CODES_MAX  8
#define SCAN_WIDTH_MAX  4096
#define SCAN_HEIGHT_MAX 4096

/* A frame the caller owns; only read, only during the call. 0 is black. stride in bytes, >= width. */
struct scan_image {
    const uint8_t *grey;
    int width, height, stride;
};

enum scan_symbology {
    SCAN_QR,
    SCAN_EAN13,
    SCAN_EAN8,
    SCAN_UPCA,
    SCAN_UPCE,
    SCAN_CODE128,
    SCAN_CODE39,
    SCAN_ITF,
    SCAN_DATABAR,
    SCAN_DATABAR_EXPANDED,
    SCAN_SYMBOLOGY_COUNT
};

/* "QR-Code", "EAN-13", ...: the names tools print; never NULL. */
const char *scan_symbology_name(enum scan_symbology symbology);

/* In pixels of the frame; the centre of the top left pixel is (0.5, 0.5). */
struct scan_point {
    float x, y;
};

enum scan_code_flag {
    SCAN_FLAG_INVERTED = 1 << 0, /* light on dark */
    SCAN_FLAG_MIRRORED = 1 << 1,
    SCAN_FLAG_APPENDED = 1 << 2, /* one part of several: append_index of append_total, append_parity */
    SCAN_FLAG_GS1 = 1 << 3,      /* FNC1 in first position */
    SCAN_FLAG_BINARY = 1 << 4,   /* no text encoding fits; bytes were taken as Latin-1 */
};

struct scan_code {
    enum scan_symbology symbology;
    unsigned flags;               /* of enum scan_code_flag */
    int quality;                  /* 1..100: what part of the error correction was left; 100 for an untouched code */
    int version;                  /* QR: 1..40; otherwise 0 */
    struct scan_point corners[4]; /* QR: top left, top right, bottom right, bottom left; 1D: an enclosing box */
    uint8_t append_index, append_total, append_parity;
    size_t text_len;              /* bytes of UTF-8, without the closing NUL; never 0 */
    char text[SCAN_TEXT_MAX + 1]; /* may hold control characters, NUL too: mind text_len */
};

/* What would help the shopper most; ordered by precedence. */
enum scan_hint {
    SCAN_HINT_NONE,
    SCAN_HINT_TOO_DARK,
    SCAN_HINT_GLARE,
    SCAN_HINT_TOO_FAR,
    SCAN_HINT_TOO_CLOSE,
    SCAN_HINT_HOLD_STILL,
};

struct scan_guidance {
    enum scan_hint hint;
    int brightness;     /* mean of the frame, 0..255: what scan_lamp_step goes by */
    int glare_permille; /* saturated part of the frame */
};

/* The caller's; filled anew by every call. */
struct scan_result {
    int count;
    bool something_seen;       /* a code is there, read or not */
    struct scan_point seen[4]; /* its place, when something_seen */
    struct scan_guidance guidance;
    struct scan_code codes[SCAN_CODES_MAX];
};

/* Start from scan_options_default(). */
struct scan_options {
    int max_width, max_height; /* greater frames are refused with -EMSGSIZE */
    bool qr;                   /* QR codes */
    bool one_d;                /* EAN, UPC, Code 128, Code 39, ITF, DataBar */
    int64_t still_budget_us;   /* of one scan_still, as scan_frame's; 0: no limit */
    int64_t (*now_us)(void);   /* what the budgets are measured with; never going back, called by the scanning thread */
};

struct scan_options scan_options_default(void); /* 1280x720, everything on, monotonic time */

struct scan;

/* The caller closes. -EINVAL for senseless options, -ENOMEM. */
SCAN_MUST_CHECK int scan_open(const struct scan_options *options, struct scan **out_scan);
void scan_close(struct scan *scan); /* NULL is fine */

/*
 * One camera frame. The cheap pass always runs; costlier stages start only while budget_us is not used up, so a call
 * may overrun by the length of one stage (about 5 ms at 1280x720). budget_us <= 0: no limit. Stages left out are taken
 * up with the next frames. A 1D code is told once two frames agree or one frame proves it by several lines. -EINVAL for
 * a senseless image, -EMSGSIZE for one greater than the options said; then *out_result is untouched.
 */
SCAN_MUST_CHECK int scan_frame(struct scan *scan, const struct scan_image *image, int64_t budget_us,
                               struct scan_result *out_result);

/* A single picture: every stage, within still_budget_us, no memory of earlier frames. Errors as scan_frame. */
SCAN_MUST_CHECK int scan_still(struct scan *scan, const struct scan_image *image, struct scan_result *out_result);

/* ---- idle: has anything moved? --------------------------------------------------------------------------------- */

#define SCAN_MOTION_COLUMNS 32
#define SCAN_MOTION_ROWS    24

/* The caller's memory; all zero is the start. */
struct scan_motion {
    bool primed;
    uint8_t grid[SCAN_MOTION_COLUMNS * SCAN_MOTION_ROWS];
};

/*
 * Whether this frame differs from the one before (the first never does). A change of the light over the whole frame
 * does not count. Some 0.1 ms at 640x480.
 */
bool scan_motion_step(struct scan_motion *motion, const struct scan_image *image);

/* ---- the lamp ------------------------------------------------------------------------------------------------- */

/* The caller's memory; all zero is a lamp that is off. */
struct scan_lamp {
    bool on;
    int frames; /* in a row that speak for the other state */
};

/*
 * Whether a lamp beside the camera should be lit after this frame: on after some dark frames; off after many that are
 * so bright that the lamp cannot be what makes them so.
 */
bool scan_lamp_step(struct scan_lamp *lamp, const struct scan_guidance *guidance);

/* ---- one verdict per code ------------------------------------------------------------------------------------- */

#define SCAN_TRACKER_PLACES 8

/* Caller's memory; scan_tracker_init starts it. */
struct scan_tracker {
    int64_t leave_after_ms;
    struct scan_tracker_place {
        bool used;
        enum scan_symbology symbology;
        uint64_t text_hash;
        size_t text_len;
        struct scan_point centre;
        float radius;
        int64_t last_seen_ms;
        int misses; /* frames since */
    } places[SCAN_TRACKER_PLACES];
};

/*
 * A code has left once it was not seen for leave_after_ms (1000 is a good value) and in 10 frames: time in which no
 * frame was looked at tells nothing.
 */
void scan_tracker_init(struct scan_tracker *tracker, int64_t leave_after_ms);

/*
 * Takes one frame's result. Returns a bit per code of the result that is new; the others were told before and have not
 * left since. An unread code at a known place keeps that place alive. now_ms is the caller's monotonic clock.
 * With every place taken the one unseen longest is given up.
 */
unsigned scan_tracker_step(struct scan_tracker *tracker, const struct scan_result *result, int64_t now_ms);

/* Whether the last frame did not show a code that has not left yet. Who stops looking now takes it for held there. */
bool scan_tracker_unsure(const struct scan_tracker *tracker);

/* Forgets everything: the next sight of any code is new. */
void scan_tracker_forget(struct scan_tracker *tracker);

#endif
