#ifndef CENTRAL_PHONE_CODES_H
#define CENTRAL_PHONE_CODES_H

/* The texts that our QR codes say, signed with the brand's newest keys. A coupon's text follows from its row: it can be
 * made again at any time and is always the same. */

#include "central/brand_keys.h"
#include "central/store/people_clerk.h"
#include "central/store/rights.h"
#include "domain/token.h"

MUST_CHECK int codes_coupon(const struct brand_keys *keys, const struct coupon *coupon, char out_text[TOKEN_TEXT_MAX]);
/* A card identifies; it never spends. */
MUST_CHECK int codes_member_card(const struct brand_keys *keys, uint64_t member, uint32_t now_s,
                                 char out_text[TOKEN_TEXT_MAX]);
/* Good for MEMBER_CODE_LIFE_S and for one spending. nonce: random, not 0. */
struct member_code {
    uint64_t member;
    uint64_t nonce;
    uint32_t now_s;
};
MUST_CHECK int codes_member_code(const struct brand_keys *keys, const struct member_code *code,
                                 char out_text[TOKEN_TEXT_MAX]);
MUST_CHECK int codes_badge(const struct brand_keys *keys, const struct clerk *clerk, char out_text[TOKEN_TEXT_MAX]);

#endif
