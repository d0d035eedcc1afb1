#ifndef PLATFORM_TLS_H
#define PLATFORM_TLS_H

/*
 * A server's own TLS identity: a key with a self-signed certificate. Nobody checks a name or a date of it:
 * clients pin the key (SPKI SHA-256, the form of RFC 7469). So it is valid from 1970 to 9999-12-31 (RFC 5280 §4.1.2.5:
 * no well-defined end), and neither a terminal that wakes up in 1970 nor one that ran for decades is locked out.
 */

#include "domain/base.h"

#define TLS_PIN_CAP 64 /* "sha256//" and 44 characters of base64, as libcurl wants it */

struct tls_identity {
    char *certificate_pem; /* owned */
    char *key_pem;         /* owned, secret */
    char pin[TLS_PIN_CAP];
};

MUST_CHECK int tls_identity_make(const char *name, struct tls_identity *out_identity);

/*
 * The same made of an Ed25519 key that exists already (a seed, RFC 8032), so that who knows the public key knows the
 * pin: RFC 8410 gives its SPKI. The certificate is made anew each time.
 */
#define TLS_ED25519_LEN 32
MUST_CHECK int tls_identity_from_ed25519(const uint8_t seed[TLS_ED25519_LEN], const char *name,
                                         struct tls_identity *out_identity);
/* SHA-256 of the SPKI, as sync_transport.target wants it. */
void tls_ed25519_pin(const uint8_t public_key[TLS_ED25519_LEN], uint8_t out_pin[TLS_ED25519_LEN]);

/* One file (key and certificate in PEM, 0600), made on first use. -EBADMSG when unreadable, -EPERM when others may read
 * it. */
MUST_CHECK int tls_identity_load_or_make(const char *path, const char *name, struct tls_identity *out_identity);
void tls_identity_finish(struct tls_identity *identity); /* NULL-safe; wipes the key */

/* The pin of the first certificate in a PEM text; -EBADMSG when there is none. */
MUST_CHECK int tls_pin_from_pem(const char *pem, char out_pin[TLS_PIN_CAP]);

#endif
