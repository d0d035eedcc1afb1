#ifndef DOMAIN_TOKEN_H
#define DOMAIN_TOKEN_H

#include "domain/ids.h"
#include "domain/keyset.h"

/*
 * What our QR codes contain: a prefix, then base45 of a compact big-endian payload and an Ed25519 signature over
 * prefix ‖ payload. A coupon is 145 characters: QR version 6 at level M, 8 at Q, alphanumeric mode.
 *
 *   TSC1:  brand u16 · kid u8 · campaign u32 · serial u40 · home store u24 · store epoch u16 · valid from u32 · expiry
 * u32 · exclusive until u32                                                                             (29 bytes + 64)
 *   TSM1:  brand u16 · kid u8 · kind u8 · member u64 · issued u32 · nonce u64                               (24 bytes +
 * 64) TSB1:  brand u16 · kid u8 · store u24 · clerk u32 · badge serial u32 · expiry u32                       (18 bytes
 * + 64)
 */

#define TOKEN_COUPON_PREFIX "TSC1:"
#define TOKEN_MEMBER_PREFIX "TSM1:"
#define TOKEN_BADGE_PREFIX  "TSB1:"
#define TOKEN_ENROL_PREFIX  "TSE1:"
#define TOKEN_TEXT_MAX      160

struct coupon_token {
    uint16_t brand;
    uint8_t kid;
    struct coupon_id coupon;
    uint32_t home_store; /* < 2^24 */
    uint16_t store_epoch;
    uint32_t valid_from_s, expiry_s, exclusive_until_s; /* Unix; exclusive_until 0 = never released to the public */
};

enum member_token_kind { MEMBER_CARD_STATIC = 1, MEMBER_CODE_ROTATING = 2 };

struct member_token {
    uint16_t brand;
    uint8_t kid;
    uint8_t kind; /* enum member_token_kind */
    uint64_t member;
    uint32_t issued_s;
    uint64_t nonce; /* single use in the primary's journal; 0 on a static card */
};

#define MEMBER_CODE_LIFE_S 300

struct badge_token {
    uint16_t brand;
    uint8_t kid;
    uint32_t store;
    uint32_t clerk;
    uint32_t badge_serial;
    uint32_t expiry_s;
};

enum token_status {
    TOKEN_GOOD,
    TOKEN_MALFORMED,   /* our prefix, but not decodable */
    TOKEN_OTHER_BRAND, /* says another brand than the keyset's */
    TOKEN_KEY_UNKNOWN, /* needs connection */
    TOKEN_FORGED,      /* signature or purpose wrong */
    TOKEN_KEY_REVOKED, /* genuine, but only what stands in the store's own table passes */
};

MUST_CHECK int token_coupon_sign(const struct coupon_token *token, const uint8_t secret[SECRET_KEY_LEN],
                                 char out_text[TOKEN_TEXT_MAX]);
MUST_CHECK int token_member_sign(const struct member_token *token, const uint8_t secret[SECRET_KEY_LEN],
                                 char out_text[TOKEN_TEXT_MAX]);
MUST_CHECK int token_badge_sign(const struct badge_token *token, const uint8_t secret[SECRET_KEY_LEN],
                                char out_text[TOKEN_TEXT_MAX]);

/* Parse and check against the keyset. *out_token is filled for every status but TOKEN_MALFORMED. */
enum token_status token_coupon_open(const char *text, const struct keyset *set, struct coupon_token *out_token);
enum token_status token_member_open(const char *text, const struct keyset *set, struct member_token *out_token);
enum token_status token_badge_open(const char *text, const struct keyset *set, struct badge_token *out_token);

#endif
