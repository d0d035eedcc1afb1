#include "central/demo/demo.h"

#include "domain/base45.h"
#include "domain/token.h"
#include "platform/keys.h"

#include <stdio.h>
#include <string.h>

#define OTHER_BRAND   77
#define TOKEN_BYTES   128
#define SERIAL_OFFSET 7 /* brand, kid, campaign stand before it (token.h) */

int demo_add_picture(struct demo *demo, const char *file, const char *text, const char *expect)
{
    char path[640];
    json_t *files = json_array();
    json_t *pictures = json_pack("[{s:s, s:s}]", "name", file, "text", text);
    snprintf(path, sizeof(path), "%s/%s.png", demo->codes, file);
    int rc = admin_draw_pictures(pictures, &(struct admin_picture_target){.path = path}, files);
    json_decref(pictures);
    json_decref(files);
    json_array_append_new(demo->manifest, json_pack("{s:s+, s:s, s:s, s:s}", "file", file, ".png", "kind", "sample",
                                                    "expect", expect, "text", text));
    if (rc < 0) {
        snprintf(demo->session->error, sizeof(demo->session->error), "%s: %s", path, strerror(-rc));
    }
    return rc < 0 ? ADMIN_FAILED : ADMIN_OK;
}

/* A genuine coupon with another serial under the old signature. */
static int forge(const char *genuine, char out_text[TOKEN_TEXT_MAX])
{
    uint8_t bytes[TOKEN_BYTES];
    size_t len = 0, prefix = strlen(TOKEN_COUPON_PREFIX);
    int rc = base45_decode(genuine + prefix, strlen(genuine) - prefix, bytes, sizeof(bytes), &len);
    if (rc < 0 || len <= SERIAL_OFFSET + 4) {
        return rc < 0 ? rc : -EBADMSG;
    }
    bytes[SERIAL_OFFSET + 4] ^= 0x5A;
    memcpy(out_text, TOKEN_COUPON_PREFIX, prefix + 1);
    return base45_encode(bytes, len, out_text + prefix, TOKEN_TEXT_MAX - prefix);
}

static int sign_other_brand(char out_text[TOKEN_TEXT_MAX])
{
    static const uint8_t seed[32] = "a key that nobody trusts: demo.";
    struct key_pair pair;
    struct coupon_token token = {.brand = OTHER_BRAND,
                                 .kid = 1,
                                 .coupon = {.campaign = 1001, .serial = 1},
                                 .home_store = 1,
                                 .valid_from_s = 1767225600,
                                 .expiry_s = 4102444800};
    key_pair_from_seed(&pair, seed);
    int rc = token_coupon_sign(&token, pair.secret_key, out_text);
    key_pair_finish(&pair);
    return rc;
}

int demo_write_samples(struct demo *demo, const char *coupon_text)
{
    char forged[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    if (forge(coupon_text, forged) < 0 || sign_other_brand(other) < 0) {
        snprintf(demo->session->error, sizeof(demo->session->error), "the sample codes cannot be made");
        return ADMIN_FAILED;
    }
    int code = demo_add_picture(demo, "coupon-forged", forged, "forged");
    code = code ? code : demo_add_picture(demo, "coupon-other-brand", other, "other_brand");
    code = code ? code : demo_add_picture(demo, "coupon-garbage", "TSC1:0000NOTACOUPON$$", "malformed");
    code = code ? code : demo_add_picture(demo, "not-ours", "https://example.com/menu?table=7", "not_ours");
    return code ? code : demo_add_picture(demo, "not-ours-text", "今日特价：苹果 3.98 元/斤", "not_ours");
}
