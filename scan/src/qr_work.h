#ifndef SCAN_SRC_QR_WORK_H
#define SCAN_SRC_QR_WORK_H

/* What the passes (qr_reader.c) and the rescue (rescue.c) of the QR engine share: its memory and the last step. */

#include "boxes.h"
#include "learn.h"
#include "qr_reader.h"
#include "sampler.h"
#include "triples.h"

enum {
    SEEN_MAX = 4, /* fits kept for the rescue */
    DOUBTFUL_QUALITY = 85,
    SMALL_SIDE = 400, /* pictures up to that are also tried at twice their size */
    DOUBLED_MAX = 2 * (SMALL_SIDE + PLANE_BORDER),
    SIZES_MAX = 3,
};

struct qr_reader {
    struct qr_decoder decoder;
    struct sampler sampler;
    struct qr_soft soft;
    struct qr_content content;
    struct learn learn;
    struct learn_sum sum;     /* unread frames laid over each other */
    struct learn_sheet model; /* what was decided on them */
    struct fit_pattern pattern;
    struct candidate_list candidates;
    struct finder_list finders;
    struct triple_list triples;
    struct fit seen[SEEN_MAX];
    int seen_count;
    struct fit tracked; /* what was seen last, in frame tracked_at; version 0: nothing */
    unsigned tracked_at;
    struct binary binary;
    struct boxes boxes;
    uint8_t *halves, *doubled; /* the picture at half, quarter, eighth size; at twice its size */
    uint8_t *smooth;           /* one of them, softened */
    unsigned frames;           /* read so far: which costly pass is due */
    struct text_converters *converters;
};

/* Decides on what the sampler has taken and decodes; adds the code to result. */
bool qr_work_decode(struct qr_reader *reader, const struct fit *fit, const struct decision *decision,
                    struct scan_result *result);

/* The same on modules decided already, in reader->soft. */
bool qr_work_decode_soft(struct qr_reader *reader, const struct fit *fit, struct scan_result *result);

/* As that, with the search bit by bit: some milliseconds, where there is hope. */
bool qr_work_decode_thoroughly(struct qr_reader *reader, const struct fit *fit, struct scan_result *result);

/* Everything on a symbol that was seen but not read, while time is left. */
bool rescue_read(struct qr_reader *reader, const struct plane *plane, const struct fit *seen,
                 const struct budget *budget, struct scan_result *result);

/*
 * The quickest of it, and together with the frames before: seen is fitted better, and is worth a rescue when true comes
 * back with nothing added.
 */
bool rescue_read_learned(struct qr_reader *reader, const struct plane *plane, struct fit *seen, bool gathered,
                         struct scan_result *result);

#endif
