#ifndef DOMAIN_MONEY_H
#define DOMAIN_MONEY_H

#include "domain/base.h"

/* Money is int64_t minor units (fen). Nothing here rounds silently and nothing is floating point. Pure, any thread. */

/* -EOVERFLOW when the sum does not fit. */
MUST_CHECK int money_add(int64_t a, int64_t b, int64_t *out_sum);
MUST_CHECK int money_sub(int64_t a, int64_t b, int64_t *out_difference);

/* amount × permille / 1000, rounded half away from zero. permille 0..1,000,000. */
MUST_CHECK int money_permille(int64_t amount_minor, uint32_t permille, int64_t *out_amount_minor);

/* "1234.05", "-0.50": no currency sign, no grouping. cap ≥ MONEY_TEXT_MAX always fits. Returns the length. */
#define MONEY_TEXT_MAX 24
size_t money_format(int64_t amount_minor, char *out_text, size_t cap);

/* Accepts "12", "12.3", "12.34"; -EINVAL for anything else, -ERANGE above 999,999,999.99. */
MUST_CHECK int money_parse(const char *text, int64_t *out_amount_minor);

#endif
