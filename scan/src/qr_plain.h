#ifndef SCAN_SRC_QR_PLAIN_H
#define SCAN_SRC_QR_PLAIN_H

/*
 * What is known of a message before it is read, if it is one segment of digits, letters or bytes: its mode, its count,
 * the bits that end it and all the padding. Which count it is follows from what was seen of them. Pure.
 */

#include "qr_decode.h"

enum { QR_PLAIN_MAX = 108 }; /* data words of the largest symbol of one block, 5-L */

/* Where fixed has ones, the bits of a data word are those of words. */
struct qr_plain {
    uint8_t words[QR_PLAIN_MAX], fixed[QR_PLAIN_MAX];
};

/* Data words as they were seen, and of each bit, highest first, how sure it is. */
struct qr_plain_sight {
    const struct qr_decoder *decoder;
    const uint8_t *words;
    const uint8_t (*sure)[8];
    int len, version;
};

/* The likeliest such message. False when none of them leaves padding that agrees with what was seen. */
bool qr_plain_guess(const struct qr_plain_sight *sight, struct qr_plain *out_plain);

#endif
