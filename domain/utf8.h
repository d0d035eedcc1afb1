#ifndef DOMAIN_UTF8_H
#define DOMAIN_UTF8_H

#include "domain/base.h"

/* Private to domain. UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF. */

/* Length of the character at text and its code point; 0 when it is not valid. */
size_t utf8_next(const uint8_t *text, size_t len, uint32_t *out_point);
bool utf8_valid(const uint8_t *text, size_t len);

#endif
