#ifndef SCAN_SRC_REED_SOLOMON_H
#define SCAN_SRC_REED_SOLOMON_H

/* Reed-Solomon over GF(256), polynomial 0x11d, first root alpha^0, as QR codes use it. Pure; errors and erasures. */

#include <stdbool.h>
#include <stdint.h>

#define RS_ECC_MAX 68

struct rs_field {
    uint8_t exp[512], log[256];
};

void rs_field_init(struct rs_field *field);

/* Codewords in transmission order: data, then ecc of them for correction. */
struct rs_block {
    uint8_t *words;
    int len, ecc;          /* len <= 255, ecc <= 68 */
    const uint8_t *erased; /* positions in words that are not to be trusted */
    int erased_count;      /* <= ecc */
};

/*
 * Corrects in place. Returns how many words outside the erased ones were wrong, or -1 with words untouched when the
 * block cannot be corrected.
 */
int rs_correct(const struct rs_field *field, const struct rs_block *block);

/* In two steps, for who tries several erasures: the first is the same for all of them. False: nothing is wrong. */
bool rs_syndromes(const struct rs_field *field, const struct rs_block *block, uint8_t out[RS_ECC_MAX]);
int rs_correct_known(const struct rs_field *field, const struct rs_block *block, const uint8_t syndrome[RS_ECC_MAX]);

#endif
