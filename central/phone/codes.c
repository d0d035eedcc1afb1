#include "central/phone/codes.h"

int codes_coupon(const struct brand_keys *keys, const struct coupon *coupon, char out_text[TOKEN_TEXT_MAX])
{
    struct coupon_token token = {.brand = (uint16_t)keys->set.brand,
                                 .kid = keys->coupon_kid,
                                 .coupon = coupon->id,
                                 .home_store = coupon->home_store,
                                 .store_epoch = coupon->store_epoch,
                                 .valid_from_s = coupon->valid_from_s,
                                 .expiry_s = coupon->expiry_s,
                                 .exclusive_until_s = coupon->exclusive_until_s};
    return token_coupon_sign(&token, keys->coupon.secret_key, out_text);
}

static int member_text(const struct brand_keys *keys, struct member_token token, char out_text[TOKEN_TEXT_MAX])
{
    token.brand = (uint16_t)keys->set.brand;
    token.kid = keys->member_kid;
    return token_member_sign(&token, keys->member.secret_key, out_text);
}

int codes_member_card(const struct brand_keys *keys, uint64_t member, uint32_t now_s, char out_text[TOKEN_TEXT_MAX])
{
    struct member_token token = {.kind = MEMBER_CARD_STATIC, .member = member, .issued_s = now_s};
    return member_text(keys, token, out_text);
}

int codes_member_code(const struct brand_keys *keys, const struct member_code *code, char out_text[TOKEN_TEXT_MAX])
{
    struct member_token token = {
        .kind = MEMBER_CODE_ROTATING, .member = code->member, .issued_s = code->now_s, .nonce = code->nonce};
    return member_text(keys, token, out_text);
}

int codes_badge(const struct brand_keys *keys, const struct clerk *clerk, char out_text[TOKEN_TEXT_MAX])
{
    struct badge_token token = {.brand = (uint16_t)keys->set.brand,
                                .kid = keys->badge_kid,
                                .store = clerk->store,
                                .clerk = clerk->id,
                                .badge_serial = clerk->badge_serial,
                                .expiry_s = clerk->badge_expiry_s};
    return token_badge_sign(&token, keys->badge.secret_key, out_text);
}
