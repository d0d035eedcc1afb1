#ifndef CENTRAL_WEBHOOK_SIGN_H
#define CENTRAL_WEBHOOK_SIGN_H

/*
 * The header by which a receiver knows a delivery: "t=<Unix seconds>,v1=<hex>[,v1=<hex>]", HMAC-SHA256 (RFC 2104) over
 * "<t>.<delivery id>.<body>" under the secret as it was shown; a second one under the secret before while that counts.
 */

#include "central/store/webhook.h"

#define WEBHOOK_SIGNATURE_CAP 192

void webhook_sign(const struct webhook_secrets *secrets, int64_t unix_s, const char *delivery, struct slice body,
                  char out_header[WEBHOOK_SIGNATURE_CAP]);

#endif
