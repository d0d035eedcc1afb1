#ifndef SCAN_SRC_RS_SEARCH_H
#define SCAN_SRC_RS_SEARCH_H

/*
 * The codeword nearest to what was seen when bits are weighed by how sure each is: ordered statistics decoding
 * (Fossorier and Lin, 1995) of the code's binary image. The surest independent bits are believed but for up to three of
 * them, and the others follow. It finds what word by word correction cannot where many words have one doubtful bit.
 * Whether to believe what comes out is for the caller to say: something always does. Pure but for the caller's working
 * memory.
 */

#include "reed_solomon.h"

enum {
    RS_SEARCH_ECC_MAX = 30, /* words: the most a QR block has */
    RS_SEARCH_ROWS = 8 * RS_SEARCH_ECC_MAX,
    RS_SEARCH_LANES = (RS_SEARCH_ROWS + 63) / 64,
    RS_SEARCH_BITS = 8 * 255,
    RS_SEARCH_BAND = 12, /* checks that the third bit must meet */
};

/* One bit for every check of the code. */
struct rs_checks {
    uint64_t at[RS_SEARCH_LANES];
};

/* Working memory, about 110 KB; no need to clear it. */
struct rs_search {
    struct rs_checks columns[RS_SEARCH_BITS], unmet; /* in order; what the word as seen fails */
    uint16_t order[RS_SEARCH_BITS];                  /* bits from the least sure on: 8 * word + bit, highest first */
    uint8_t sure[RS_SEARCH_BITS];                    /* in order */
    uint16_t free[RS_SEARCH_BITS];                   /* places in order that nothing else decides */
    uint16_t key[RS_SEARCH_BITS];                    /* of each free bit: its part in the band */
    uint16_t next[RS_SEARCH_BITS];                   /* the next free bit of the same key */
    uint16_t first[1 << RS_SEARCH_BAND];
    int pivot[RS_SEARCH_ROWS];              /* the place in order that follows from a check, or -1 */
    uint16_t cost[RS_SEARCH_ROWS / 8][256]; /* of checks unmet, eight at a time */
    int bits, free_count, checks, band[RS_SEARCH_BAND];
    int best_cost, best[3], best_count;
};

/* What was seen of a block. */
struct rs_sight {
    const uint8_t *words;
    const uint8_t (*sure)[8]; /* of each bit, highest first: 0..127 */
    const uint8_t *fixed;     /* of each word, the bits that are known and stand in words; NULL: none */
    int len, ecc;             /* len <= 255, ecc <= RS_SEARCH_ECC_MAX */
};

/* Writes the codeword found, len words. False when the known bits leave none. */
bool rs_search_nearest(struct rs_search *search, const struct rs_field *field, const struct rs_sight *sight,
                       uint8_t *out_words);

#endif
