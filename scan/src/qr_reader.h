#ifndef SCAN_SRC_QR_READER_H
#define SCAN_SRC_QR_READER_H

/* The QR engine: passes over the picture from cheap to costly until something is read. Owner: one struct scan. */

#include "budget.h"
#include "plane.h"
#include "text.h"

struct qr_reader;

SCAN_MUST_CHECK int qr_reader_open(int max_width, int max_height, struct qr_reader **out_reader);
void qr_reader_close(struct qr_reader *reader);

/* How much is tried. */
enum qr_effort {
    QR_EFFORT_FRAME, /* the cheap passes, one costlier one in turn, rescue only where something was seen */
    QR_EFFORT_FIRST, /* of a single picture: the cheap passes */
    QR_EFFORT_REST,  /* of the same picture: everything else */
};

struct qr_seen {
    float score; /* how sure it is that a symbol is there: 0 nothing, 1 certain */
    bool inverted;
    float module; /* pixels */
    struct scan_point place[4];
};

/* Adds codes to result; out_seen is what was seen but not read. Returns how many were added. */
int qr_reader_read(struct qr_reader *reader, const struct plane *plane, enum qr_effort effort,
                   const struct budget *budget, struct scan_result *result, struct qr_seen *out_seen);

#endif
