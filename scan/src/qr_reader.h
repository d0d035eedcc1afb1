#ifndef SCAN_SRC_QR_READER_H
#define SCAN_SRC_QR_READER_H

/* The QR engine: passes over the picture from cheap to costly until something is read. Owner: one struct scan. */

#include "budget.h"
#include "plane.h"
#include "text.h"

struct qr_reader;

SCAN_MUST_CHECK int qr_reader_open(int max_width, int max_height, struct qr_reader **out_reader);
void qr_reader_close(struct qr_reader *reader);

/* Adds codes to result and sets something_seen; returns how many were added. */
int qr_reader_read(struct qr_reader *reader, const struct plane *plane, const struct budget *budget,
                   struct scan_result *result);

#endif
