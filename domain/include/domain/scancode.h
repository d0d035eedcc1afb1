#ifndef DOMAIN_SCANCODE_H
#define DOMAIN_SCANCODE_H

#include "domain/base.h"

/* What did the camera, the scanner or a hand give us? Own prefixes first, then payment code, URL, EAN; bounded and
 * cleaned. */

enum scancode_kind {
    SCANCODE_EMPTY,     /* nothing printable, or too long */
    SCANCODE_COUPON,    /* TSC1: */
    SCANCODE_MEMBER,    /* TSM1: */
    SCANCODE_BADGE,     /* TSB1: */
    SCANCODE_ENROL,     /* TSE1: */
    SCANCODE_SHORTCODE, /* a coupon's 12 characters, check right */
    SCANCODE_PAYMENT,   /* ^1[0-5]\d{16}$: a payment code, never journaled */
    SCANCODE_URL,       /* http:// or https:// */
    SCANCODE_EAN,       /* EAN-13/8, UPC-A with a right check digit */
    SCANCODE_CARD_LIKE, /* 13–19 digits that pass Luhn and are no EAN: redacted everywhere */
    SCANCODE_UNKNOWN
};

#define SCANCODE_TEXT_MAX 512

/* Printable ASCII and valid UTF-8 without control, bidirectional-override or zero-width characters; surrounding space
 * and an AIM identifier ("]E0") are dropped. -EINVAL when something forbidden is inside, -E2BIG when too long. */
MUST_CHECK int scancode_clean(const char *text, size_t len, char out_text[SCANCODE_TEXT_MAX]);
enum scancode_kind scancode_classify(const char *cleaned);
const char *scancode_kind_name(enum scancode_kind kind);

bool ean_valid(const char *digits); /* 8, 12 or 13 digits, weights 3 and 1 from the right */
/* EAN-8 and UPC-A widened to 13 digits, for lookup. out has 14 bytes. -EINVAL when not valid. */
MUST_CHECK int ean_normalise(const char *digits, char out_ean13[14]);
bool luhn_valid(const char *digits, size_t len);

#endif
