#ifndef DOMAIN_BASE45_H
#define DOMAIN_BASE45_H

#include "domain/base.h"

/* Base45 (RFC 9285): bytes in QR alphanumeric mode. */

#define BASE45_TEXT_LEN(n) ((n) / 2 * 3 + (n) % 2 * 2)

/* Writes a NUL-terminated text; -ENOSPC when cap is too small. */
MUST_CHECK int base45_encode(const void *data, size_t len, char *out_text, size_t cap);
/* -EBADMSG for a character, length or value outside RFC 9285; -ENOSPC when cap is too small. */
MUST_CHECK int base45_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len);

#endif
