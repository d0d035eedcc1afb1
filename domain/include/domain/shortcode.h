#ifndef DOMAIN_SHORTCODE_H
#define DOMAIN_SHORTCODE_H

#include "domain/base.h"

/*
 * The 12-character code beneath a coupon's QR, for a broken screen: 10 Crockford base32 characters of a random 50-bit
 * value and 2 check characters (any single wrong character and any swap of neighbours is found). Case, spaces and
 * dashes are folded, O reads as 0, I and L as 1.
 */

#define SHORTCODE_LEN       12
#define SHORTCODE_SHOWN_LEN 14 /* "XXXX-XXXX-XXXX" */

void shortcode_from_value(uint64_t value50, char out_code[SHORTCODE_LEN + 1]);
void shortcode_shown(const char code[SHORTCODE_LEN + 1], char out_shown[SHORTCODE_SHOWN_LEN + 1]);
/* Folds what was typed; -EINVAL for wrong length or characters, -EBADMSG for a wrong check. */
MUST_CHECK int shortcode_parse(const char *typed, char out_code[SHORTCODE_LEN + 1]);

#endif
