#ifndef SCAN_SRC_QR_TABLES_H
#define SCAN_SRC_QR_TABLES_H

/* The facts of ISO/IEC 18004 (QR Code Model 2): sizes, blocks, where the function patterns are. */

#include <stdbool.h>
#include <stdint.h>

enum {
    QR_VERSION_MAX = 40,
    QR_SIDE_MAX = 177,
    QR_CODEWORDS_MAX = 3706,
    QR_BLOCKS_MAX = 81,
    QR_BLOCK_MAX = 255,
    QR_ALIGN_AXIS_MAX = 7, /* alignment coordinates on one axis */
};

/* As the two format bits spell them: M is 0. */
enum qr_level { QR_LEVEL_M, QR_LEVEL_L, QR_LEVEL_H, QR_LEVEL_Q };

struct qr_blocks {
    int total;       /* codewords of the symbol */
    int count;       /* blocks */
    int ecc;         /* error correction codewords of every block */
    int short_count; /* that many blocks come first and are one data codeword shorter */
    int short_data;  /* data codewords of a short block */
};

static inline int qr_side(int version)
{
    return 17 + 4 * version;
}

struct qr_blocks qr_blocks_of(int version, enum qr_level level);

/* Centres of alignment patterns on one axis, ascending; returns how many (0 for version 1). */
int qr_align_axis(int version, int out_axis[QR_ALIGN_AXIS_MAX]);

/* 1 in out_map (side * side, row by row) where a module is no data: patterns, format, version. */
void qr_function_map(int version, uint8_t *out_map);

bool qr_mask_bit(int mask, int row, int column);

/* The 15 format bits with their mask pattern, for the 5 bits level * 8 + mask. */
uint32_t qr_format_word(int five_bits);

/* The 18 version bits; version 7..40. */
uint32_t qr_version_word(int version);

#endif
