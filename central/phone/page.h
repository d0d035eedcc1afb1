#ifndef CENTRAL_PHONE_PAGE_H
#define CENTRAL_PHONE_PAGE_H

/*
 * The member page as HTML: everything it shows comes in as a view, everything from outside is escaped. Chinese, made
 * for a phone held in one hand: paper-light ground, one accent, one button. No third-party resource, no cookie.
 */

#include "central/phone/consent.h"
#include "central/store/identity.h"
#include "central/store/people_coupon.h"
#include "platform/buffer.h"

#define PAGE_COUPONS_MAX 24
#define PAGE_SHOPS_MAX   64
#define PAGE_NONCE_CAP   24
#define PAGE_HTML_MAX    (256 * 1024)

struct page_coupon {
    struct coupon coupon;
    struct campaign_entry campaign;
};

struct page_view {
    const char *ticket;
    char nonce[PAGE_NONCE_CAP]; /* of the page's script, for its Content-Security-Policy */
    int64_t now_ms;
    struct brand brand;
    struct shop shop; /* the home store; id 0: nobody knows yet, the shopper chooses from `shops` */
    uint32_t shop_count;
    struct shop shops[PAGE_SHOPS_MAX];
    uint64_t member; /* 0: the page that asks for consent */
    int64_t credit_minor;
    uint32_t coupon_count;
    struct page_coupon coupons[PAGE_COUPONS_MAX];
};

MUST_CHECK int page_write_consent(const struct page_view *view, struct buffer *out_html);
MUST_CHECK int page_write_member(const struct page_view *view, struct buffer *out_html);
/* The link leads nowhere (any more). */
MUST_CHECK int page_write_gone(struct buffer *out_html);

/* What stands on a coupon, in words: "减 10 元", "8.5 折", "赠 …"; "满 50 元可用". Always NUL-terminated. */
void page_benefit(const struct campaign *rules, char *out_text, size_t cap);
void page_condition(const struct campaign *rules, char *out_text, size_t cap);

#endif
