#ifndef DOMAIN_ENROLMENT_H
#define DOMAIN_ENROLMENT_H

#include "domain/crypto.h"

/*
 * Enrolment. The technician's QR (TSE1: + base45 of CBOR, unsigned: a blank device can verify nothing) names central,
 * pins its TLS key and the brand's root, and carries a one-time secret of at most 24 h. The terminal answers with its
 * public key, HMAC(secret, public key ‖ terminal nonce) and a signature by the key itself over the pinned connection,
 * shows the six digits of crypto_confirm_code, and gets nothing more until central confirmed them.
 */

enum terminal_role { ROLE_SHELF = 1, ROLE_COUNTER = 2, ROLE_BOTH = 3 };

#define ENROL_URL_MAX     128
#define ENROL_SECRET_LEN  16
#define ENROL_NONCE_LEN   16
#define ENROL_TEXT_MAX    400
#define ENROL_REQUEST_MAX 320

struct enrol_ticket {
    char url[ENROL_URL_MAX];      /* https://host:port */
    uint8_t server_pin[HASH_LEN]; /* SHA-256 of central's TLS public key (SPKI) */
    uint8_t root_hash[HASH_LEN];  /* SHA-256 of the brand root's public key */
    uint32_t store;
    uint8_t role; /* enum terminal_role */
    uint8_t secret[ENROL_SECRET_LEN];
};

MUST_CHECK int enrol_ticket_encode(const struct enrol_ticket *ticket, char out_text[ENROL_TEXT_MAX]);
/* -EINVAL without the prefix, -EBADMSG when malformed. */
MUST_CHECK int enrol_ticket_decode(const char *text, struct enrol_ticket *out_ticket);

/* POST /v1/enrol: terminal → central. */
struct enrol_request {
    uint8_t secret_id[8]; /* first bytes of SHA-256(secret): finds the ticket without showing it */
    uint8_t public_key[PUBLIC_KEY_LEN];
    uint8_t nonce[ENROL_NONCE_LEN];
    uint8_t mac[HASH_LEN]; /* HMAC-SHA-256(secret, public_key ‖ nonce ‖ hardware) */
    char hardware[64];     /* what the device says it is, shown to the operator */
    /* The terminal whose books it keeps under this brand's root, 0 = none: it may come back as that one, nothing else
     * with a key that central knows. */
    uint32_t terminal, incarnation;
    uint8_t signature[SIGNATURE_LEN]; /* by the key that enrols, over all of the above; zeros: an old version's */
};

enum enrol_state { ENROL_WAITING = 1, ENROL_CONFIRMED = 2, ENROL_REFUSED = 3 };

/* The answer, and that of GET /v1/enrol/{key id} (signed with the new key) while the operator compares the digits. */
struct enrol_answer {
    uint8_t state; /* enum enrol_state */
    uint32_t brand, store, terminal, incarnation;
    uint8_t role;
    uint8_t root_key[PUBLIC_KEY_LEN]; /* must hash to the ticket's root_hash */
    uint64_t server_ms;
};

/* Fills secret_id, mac and signature; secret_key belongs to public_key. */
void enrol_request_seal(struct enrol_request *request, const uint8_t secret[ENROL_SECRET_LEN],
                        const uint8_t secret_key[SECRET_KEY_LEN]);
/* Whether the sender has seen the ticket. */
bool enrol_request_check(const struct enrol_request *request, const uint8_t secret[ENROL_SECRET_LEN]);
/* Whether the sender has the key: a ticket alone enrols, or moves, nobody else's. */
bool enrol_request_is_signed(const struct enrol_request *request);
MUST_CHECK int enrol_request_encode(const struct enrol_request *request, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int enrol_request_decode(const void *data, size_t len, struct enrol_request *out_request);
MUST_CHECK int enrol_answer_encode(const struct enrol_answer *answer, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int enrol_answer_decode(const void *data, size_t len, struct enrol_answer *out_answer);

#endif
