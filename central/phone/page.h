#ifndef CENTRAL_PHONE_PAGE_H
#define CENTRAL_PHONE_PAGE_H

/*
 * The member page as HTML: everything it shows comes in as a view, everything from outside is escaped. Chinese, or
 * English for phones that ask for it; made for a phone held in one hand: paper-light ground, one accent, one button. No
 * third-party resource, no cookie.
 */

#include "central/phone/consent.h"
#include "central/store/campaign_pool.h"
#include "central/store/campaign_survey.h"
#include "central/store/identity.h"
#include "central/store/people_activity.h"
#include "central/store/people_coupon.h"
#include "central/store/people_merge.h"
#include "central/store/people_place.h"
#include "central/store/people_privacy.h"
#include "central/store/people_tag.h"
#include "platform/buffer.h"

#define PAGE_COUPONS_MAX 24
#define PAGE_SHOPS_MAX   64
#define PAGE_TAGS_MAX    24
#define PAGE_OFFERS_MAX  12
#define PAGE_GIVES_MAX   8
#define PAGE_NONCE_CAP   24
#define PAGE_HTML_MAX    (256 * 1024)

struct page_coupon {
    struct coupon coupon;
    struct campaign_entry campaign;
};

struct page_tag {
    struct tag tag;
    bool on; /* the member says so */
};

struct page_view {
    const char *ticket;
    bool old_link; /* its code identifies and no longer spends */
    bool english;
    char nonce[PAGE_NONCE_CAP]; /* of the page's script, for its Content-Security-Policy */
    int64_t now_ms;
    struct brand brand;
    struct shop shop; /* the home store; id 0: nobody knows yet, the shopper chooses from `shops` */
    uint32_t shop_count;
    struct shop shops[PAGE_SHOPS_MAX];
    bool placed[PAGE_SHOPS_MAX]; /* places[i] is known */
    struct place places[PAGE_SHOPS_MAX];
    uint64_t member; /* 0: the page that asks for consent */
    int64_t credit_minor;
    int64_t credit_under_way_minor; /* of numbers that became part of this one, at stores that have not answered */
    struct merge_offer merge;       /* a code for the member's other page, and who gave it back */
    char owner_zh[FEED_NAME_MAX], owner_en[FEED_NAME_MAX]; /* who owes that credit */
    uint32_t give_count;
    struct privilege gives[PAGE_GIVES_MAX]; /* of the member's tier */
    uint32_t tag_count;
    struct page_tag tags[PAGE_TAGS_MAX];
    uint32_t offer_count;
    struct public_offer offers[PAGE_OFFERS_MAX];
    uint32_t lost_count; /* taken out of the pool, and given away by the store that had it before it could move */
    struct public_offer lost[PAGE_OFFERS_MAX];
    struct survey survey;  /* asked of the member now; asked.survey 0: none */
    const char *notice;    /* a word on what was just done, of our own, or NULL */
    bool personal;         /* segments may choose the member */
    bool personal_said;    /* the member said so, or said no */
    struct consent agreed; /* the last notice; version "" when an operator entered the member */
    uint32_t coupon_count;
    struct page_coupon coupons[PAGE_COUPONS_MAX];
};

MUST_CHECK int page_write_consent(const struct page_view *view, struct buffer *out_html);
MUST_CHECK int page_write_member(const struct page_view *view, struct buffer *out_html);
/* What was agreed to, the switch, the export and the end of it. */
MUST_CHECK int page_write_privacy(const struct page_view *view, struct buffer *out_html);
/* The link leads nowhere (any more). */
MUST_CHECK int page_write_gone(bool english, struct buffer *out_html);
/* The form cannot be read: back, and once more. */
MUST_CHECK int page_write_again(bool english, struct buffer *out_html);
/* Everything was erased. */
MUST_CHECK int page_write_erased(bool english, struct buffer *out_html);

/* For page_member.c: the head with the brand and the page's script. */
struct html;
void page_put_merge(struct html *w, const struct page_view *view); /* page_merge.c: two pages of one person */
void page_put_head(struct html *w, const struct page_view *view);
void page_put_notice(struct html *w, const struct consent_text *text);

/* What stands on a coupon, in words: "减 10 元", "8.5 折", "赠 …"; "满 50 元可用". Always NUL-terminated. */
void page_benefit(const struct campaign *rules, char *out_text, size_t cap);
void page_condition(const struct campaign *rules, char *out_text, size_t cap);
/* The same in English: "¥10 off", "15% off", "from ¥50". */
void page_benefit_en(const struct campaign *rules, char *out_text, size_t cap);
void page_condition_en(const struct campaign *rules, char *out_text, size_t cap);

#endif
