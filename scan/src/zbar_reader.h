#ifndef SCAN_SRC_ZBAR_READER_H
#define SCAN_SRC_ZBAR_READER_H

/* The one place that talks to zbar, for bars only. Reads a tightly packed grey picture. Owner: one struct scan. */

#include "scan/scan.h"

struct zbar_reader;

struct zbar_hit {
    enum scan_symbology symbology;
    const char *text; /* zbar's, until the next read */
    size_t text_len;
    int lines; /* how many scan lines agreed (1D) */
    struct scan_point low, high;
};

#define ZBAR_HITS_MAX 16

SCAN_MUST_CHECK int zbar_reader_open(struct zbar_reader **out_reader);
void zbar_reader_close(struct zbar_reader *reader);

/* Every step-th line in each direction. The number of hits, 0 when zbar finds nothing or fails. */
int zbar_reader_read(struct zbar_reader *reader, const struct scan_image *packed, int step,
                     struct zbar_hit out_hits[ZBAR_HITS_MAX]);

#endif
