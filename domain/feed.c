#include "domain/feed.h"

#include "domain/fields.h"

/* The keys of each upsert. Their meaning never changes. */

#define SETTINGS(k, t, must, m) FIELD_AT(k, t, must, feed_settings, m)
static const struct field settings_fields[] = {
    SETTINGS(1, FIELD_UINT, true, brand),
    SETTINGS(2, FIELD_UINT, true, store),
    SETTINGS(3, FIELD_TEXT, false, brand_zh),
    SETTINGS(4, FIELD_TEXT, false, brand_en),
    SETTINGS(5, FIELD_TEXT, false, store_zh),
    SETTINGS(6, FIELD_TEXT, false, store_en),
    SETTINGS(7, FIELD_TEXT, false, address),
    SETTINGS(8, FIELD_TEXT, false, accent),
    SETTINGS(9, FIELD_UINT, false, earn_permille),
    SETTINGS(10, FIELD_UINT, false, credit_owner.scope),
    SETTINGS(11, FIELD_UINT, false, credit_owner.id),
    SETTINGS(12, FIELD_UINT, false, idle_s),
    SETTINGS(13, FIELD_UINT, false, primary_terminal),
    SETTINGS(14, FIELD_UINT, false, store_epoch),
    SETTINGS(15, FIELD_BOOL, false, alone),
    SETTINGS(16, FIELD_UINT, false, credit_term_days),
};

#define PRODUCT(k, t, must, m) FIELD_AT(k, t, must, feed_product, m)
static const struct field product_fields[] = {
    PRODUCT(1, FIELD_TEXT, true, ean),         PRODUCT(2, FIELD_TEXT, false, sku),
    PRODUCT(3, FIELD_TEXT, false, name_zh),    PRODUCT(4, FIELD_TEXT, false, name_en),
    PRODUCT(5, FIELD_INT, false, price_minor), PRODUCT(6, FIELD_INT, false, member_price_minor),
    PRODUCT(7, FIELD_TEXT, false, unit),       PRODUCT(8, FIELD_BOOL, false, gone),
};

#define CLERK(k, t, must, m) FIELD_AT(k, t, must, feed_clerk, m)
static const struct field clerk_fields[] = {
    CLERK(1, FIELD_UINT, true, clerk),      CLERK(2, FIELD_TEXT, false, name),
    CLERK(3, FIELD_UINT, false, role),      CLERK(4, FIELD_BYTES, false, pin_salt),
    CLERK(5, FIELD_BYTES, false, pin_hash), CLERK(6, FIELD_UINT, false, badge_serial),
    CLERK(7, FIELD_BOOL, false, gone),
};

#define TOUCHPOINT(k, t, must, m) FIELD_AT(k, t, must, feed_touchpoint, m)
static const struct field touchpoint_fields[] = {
    TOUCHPOINT(1, FIELD_UINT, true, touchpoint), TOUCHPOINT(2, FIELD_UINT, false, terminal),
    TOUCHPOINT(3, FIELD_UINT, false, clerk),     TOUCHPOINT(4, FIELD_TEXT, false, shelf),
    TOUCHPOINT(5, FIELD_TEXT, false, url),       TOUCHPOINT(6, FIELD_UINT, false, valid_to_s),
    TOUCHPOINT(7, FIELD_BOOL, false, gone),
};

#define MEMBER(k, t, must, m) FIELD_AT(k, t, must, feed_member, m)
static const struct field member_fields[] = {
    MEMBER(1, FIELD_UINT, true, member),      MEMBER(2, FIELD_UINT, false, tier),
    MEMBER(3, FIELD_UINT, false, home_store), MEMBER(4, FIELD_BOOL, false, has_pin),
    MEMBER(5, FIELD_BYTES, false, pin_salt),  MEMBER(6, FIELD_BYTES, false, pin_hash),
    MEMBER(7, FIELD_BOOL, false, gone),       MEMBER(8, FIELD_UINT, false, merged_into),
};

#define COUPON(k, t, must, m) FIELD_AT(k, t, must, feed_coupon, m)
static const struct field coupon_fields[] = {
    COUPON(1, FIELD_UINT, true, coupon.campaign),    COUPON(2, FIELD_UINT, true, coupon.serial),
    COUPON(3, FIELD_TEXT, false, shortcode),         COUPON(4, FIELD_UINT, false, member),
    COUPON(5, FIELD_UINT, false, home_store),        COUPON(6, FIELD_UINT, false, store_epoch),
    COUPON(7, FIELD_UINT, false, valid_from_s),      COUPON(8, FIELD_UINT, false, expiry_s),
    COUPON(9, FIELD_UINT, false, exclusive_until_s), COUPON(10, FIELD_BOOL, false, revoked),
};

#define RIGHT(k, must, m) FIELD_AT(k, FIELD_UINT, must, feed_right, m)
static const struct field right_fields[] = {
    RIGHT(1, true, coupon.campaign), RIGHT(2, true, coupon.serial),  RIGHT(3, false, epoch),
    RIGHT(4, false, use_no),         RIGHT(5, false, transfer),      FIELD_AT(6, FIELD_BOOL, false, feed_right, risk),
    RIGHT(7, false, store_epoch),    RIGHT(8, false, lease_until_s),
};

#define SHARE(k, t, must, m) FIELD_AT(k, t, must, feed_share, m)
static const struct field share_fields[] = {
    SHARE(1, FIELD_UINT, true, member),    SHARE(2, FIELD_UINT, true, owner.scope),
    SHARE(3, FIELD_UINT, true, owner.id),  SHARE(4, FIELD_INT, false, amount_minor),
    SHARE(5, FIELD_UINT, false, transfer), CREDIT_PARTS_AT(6, feed_share, parts),
};

#define GREETING(k, must, m) FIELD_AT(k, FIELD_UINT, must, feed_greeting, m)
static const struct field greeting_fields[] = {
    GREETING(1, true, greeting),        GREETING(2, false, touchpoint), GREETING(3, false, member),
    GREETING(4, false, issued_coupons), GREETING(5, false, made_s),
};

#define TERMINAL(k, t, must, m) FIELD_AT(k, t, must, feed_terminal, m)
static const struct field terminal_fields[] = {
    TERMINAL(1, FIELD_UINT, true, terminal), TERMINAL(2, FIELD_UINT, false, role),
    TERMINAL(3, FIELD_BOOL, false, primary), TERMINAL(4, FIELD_BYTES, false, public_key),
    TERMINAL(5, FIELD_BOOL, false, gone),    TERMINAL(6, FIELD_TEXT, false, lan_address),
};

#define OFFER(k, t, must, m) FIELD_AT(k, t, must, feed_offer, m)
static const struct field offer_fields[] = {
    OFFER(1, FIELD_UINT, true, offer),    OFFER(2, FIELD_TEXT, false, title_zh), OFFER(3, FIELD_TEXT, false, title_en),
    OFFER(4, FIELD_TEXT, false, text_zh), OFFER(5, FIELD_TEXT, false, text_en),  OFFER(6, FIELD_TEXT, false, ean),
    OFFER(7, FIELD_TEXT, false, tint),    OFFER(8, FIELD_UINT, false, order),    OFFER(9, FIELD_BOOL, false, gone),
};

#define POOL(k, t, must, m) FIELD_AT(k, t, must, feed_pool, m)
static const struct field pool_fields[] = {
    POOL(1, FIELD_UINT, true, campaign), POOL(2, FIELD_TEXT, false, name_zh),   POOL(3, FIELD_TEXT, false, name_en),
    POOL(4, FIELD_UINT, false, here),    POOL(5, FIELD_UINT, false, elsewhere), POOL(6, FIELD_UINT, false, until_s),
    POOL(7, FIELD_BOOL, false, gone),    POOL(8, FIELD_TEXT, false, only_zh),   POOL(9, FIELD_TEXT, false, only_en),
};

#define SURVEY(k, t, must, m) FIELD_AT(k, t, must, feed_survey, m)
static const struct field survey_fields[] = {
    SURVEY(1, FIELD_UINT, true, survey),          SURVEY(2, FIELD_TEXT, false, question_zh),
    SURVEY(3, FIELD_TEXT, false, question_en),    SURVEY(4, FIELD_TEXT, false, answers_zh[0]),
    SURVEY(5, FIELD_TEXT, false, answers_zh[1]),  SURVEY(6, FIELD_TEXT, false, answers_zh[2]),
    SURVEY(7, FIELD_TEXT, false, answers_zh[3]),  SURVEY(8, FIELD_TEXT, false, answers_en[0]),
    SURVEY(9, FIELD_TEXT, false, answers_en[1]),  SURVEY(10, FIELD_TEXT, false, answers_en[2]),
    SURVEY(11, FIELD_TEXT, false, answers_en[3]), SURVEY(12, FIELD_BOOL, false, gone),
};

static const struct field show_end_fields[] = {FIELD_AT(1, FIELD_UINT, true, feed_show_end, question)};

#define ORDER(k, t, must, m) FIELD_AT(k, t, must, feed_order, m)
static const struct field order_fields[] = {
    ORDER(1, FIELD_UINT, true, order),     ORDER(2, FIELD_UINT, true, terminal),
    ORDER(3, FIELD_UINT, true, what),      ORDER(4, FIELD_UINT, false, expires_s),
    ORDER(5, FIELD_BOOL, false, held),     ORDER(6, FIELD_BOOL, false, gone),
    ORDER(7, FIELD_UINT, false, release),  ORDER(8, FIELD_TEXT, false, compatible),
    ORDER(9, FIELD_TEXT, false, version),  ORDER(10, FIELD_UINT, false, size),
    ORDER(11, FIELD_BYTES, false, sha256), ORDER(12, FIELD_UINT, false, from_min),
    ORDER(13, FIELD_UINT, false, to_min),
};

#define CODEC(name)                                                                                                    \
    static const struct field_table name##_table = FIELD_TABLE(name##_fields, feed_##name);                            \
    int feed_##name##_encode(const struct feed_##name *value, uint8_t *out, size_t cap, size_t *out_len)               \
    {                                                                                                                  \
        return fields_encode(&name##_table, value, out, cap < FEED_BODY_MAX ? cap : FEED_BODY_MAX, out_len);           \
    }                                                                                                                  \
    int feed_##name##_decode(struct slice body, struct feed_##name *out_value)                                         \
    {                                                                                                                  \
        return fields_decode(&name##_table, body.data, body.len, out_value);                                           \
    }

CODEC(settings)
CODEC(product)
CODEC(clerk)
CODEC(touchpoint)
CODEC(member)
CODEC(coupon)
CODEC(right)
CODEC(share)
CODEC(greeting)
CODEC(terminal)
CODEC(offer)
CODEC(pool)
CODEC(survey)
CODEC(show_end)
CODEC(order)
