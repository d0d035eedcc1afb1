#ifndef SCAN_SRC_QR_DECODE_H
#define SCAN_SRC_QR_DECODE_H

/* From the modules of a symbol, each with how sure it is, to its content. Pure but for the caller's working memory. */

#include "qr_segments.h"
#include "qr_tables.h"
#include "reed_solomon.h"
#include "rs_search.h"

/* at[row * side + column]: > 0 dark, < 0 light, 127 is certain. */
struct qr_soft {
    int version;
    int8_t at[QR_SIDE_MAX * QR_SIDE_MAX];
};

enum { QR_TILTS = 7 }; /* how steep Chernoff's bound is tried */

#define QR_TILT_FIRST 0.006f /* each next is twice as steep */

/* Working memory, about 200 KB; qr_decoder_init once. */
struct qr_decoder {
    struct rs_field field;
    int map_version;
    uint8_t map[QR_SIDE_MAX * QR_SIDE_MAX];
    uint8_t words[QR_CODEWORDS_MAX];
    uint16_t doubt[QR_CODEWORDS_MAX];   /* how many bits of each word may be wrong, in 2000ths */
    uint16_t doubts[128];               /* of one bit, by how sure it is */
    uint8_t sure[QR_CODEWORDS_MAX * 8]; /* of each bit, 0..127 */
    float tilted[QR_TILTS][128];        /* what a bit that is so sure is worth as evidence */
    float worth[128];                   /* what a bit that is so sure tells, in bits */
    uint8_t data[QR_CODEWORDS_MAX];
    struct rs_search search;
};

struct qr_reading {
    enum qr_level level;
    bool mirrored;
    int quality; /* 1..100 */
};

void qr_decoder_init(struct qr_decoder *decoder);

/*
 * 0, or -EILSEQ when this is no symbol that can be told without doubt. Never guesses: the corrected block must be so
 * much nearer to a codeword than chance would have it, see evidence() there.
 */
SCAN_MUST_CHECK int qr_decode(struct qr_decoder *decoder, const struct qr_soft *soft, struct qr_content *out_content,
                              struct qr_reading *out_reading);

/* The same, and blocks that cannot be corrected word by word are searched bit by bit: up to 2 ms a block. */
SCAN_MUST_CHECK int qr_decode_thoroughly(struct qr_decoder *decoder, const struct qr_soft *soft,
                                         struct qr_content *out_content, struct qr_reading *out_reading);

#endif
