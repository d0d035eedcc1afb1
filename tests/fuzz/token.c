#include "fuzz.h"
#include "support.h"

#include "domain/token.h"

/* Whoever is not let in by his key must not be let in; who is, must have exactly this text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512], again[TOKEN_TEXT_MAX];
    struct keyset set = test_keyset();
    struct coupon_token coupon;
    struct member_token member;
    struct badge_token badge;
    size = size < sizeof text ? size : sizeof text - 1;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = 0;
    if (token_coupon_open(text, &set, &coupon) == TOKEN_GOOD)
        MUST(token_coupon_sign(&coupon, test_key_make(1).secret, again) == 0 && strcmp(text, again) == 0);
    if (token_member_open(text, &set, &member) == TOKEN_GOOD)
        MUST(token_member_sign(&member, test_key_make(2).secret, again) == 0 && strcmp(text, again) == 0);
    if (token_badge_open(text, &set, &badge) == TOKEN_GOOD)
        MUST(token_badge_sign(&badge, test_key_make(3).secret, again) == 0 && strcmp(text, again) == 0);
    return 0;
}
