#include "central/webhook/sign.h"

#include "platform/encoding.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void mac(const char *secret, const char *head, struct slice body, char out_hex[HEX_CAP(32)])
{
    crypto_auth_hmacsha256_state state;
    uint8_t digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
    crypto_auth_hmacsha256_update(&state, body.data, body.len);
    crypto_auth_hmacsha256_final(&state, digest);
    hex_encode(digest, sizeof(digest), out_hex, HEX_CAP(32));
}

void webhook_sign(const struct webhook_secrets *secrets, int64_t unix_s, const char *delivery, struct slice body,
                  char out_header[WEBHOOK_SIGNATURE_CAP])
{
    char head[96], hex[HEX_CAP(32)];
    snprintf(head, sizeof(head), "%" PRId64 ".%s.", unix_s, delivery);
    int len = snprintf(out_header, WEBHOOK_SIGNATURE_CAP, "t=%" PRId64, unix_s);
    for (size_t i = 0; i < secrets->count; i++) {
        mac(secrets->text[i], head, body, hex);
        len += snprintf(out_header + len, WEBHOOK_SIGNATURE_CAP - (size_t)len, ",v1=%s", hex);
    }
}
