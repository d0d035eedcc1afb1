#ifndef PLATFORM_ENCODING_H
#define PLATFORM_ENCODING_H

/*
 * Bytes as text. Encoders write a final NUL and assert that cap suffices. Decoders are strict (no blanks, no missing or
 * superfluous padding, no other alphabet): -EBADMSG, or -ENOSPC when cap is too small.
 */

#include "domain/base.h"

#define HEX_CAP(len)       ((len)*2 + 1)
#define BASE64URL_CAP(len) (((len)*4 + 2) / 3 + 1)     /* RFC 4648 §5, without padding */
#define BASE64_CAP(len)    ((((len) + 2) / 3) * 4 + 1) /* RFC 4648 §4, with padding */

void hex_encode(const void *data, size_t len, char *out_text, size_t cap); /* lower case */
MUST_CHECK int hex_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len);

void base64url_encode(const void *data, size_t len, char *out_text, size_t cap);
MUST_CHECK int base64url_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len);

void base64_encode(const void *data, size_t len, char *out_text, size_t cap);
MUST_CHECK int base64_decode(const char *text, size_t text_len, uint8_t *out_data, size_t cap, size_t *out_len);

#endif
