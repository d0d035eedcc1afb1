#ifndef DOMAIN_FEED_H
#define DOMAIN_FEED_H

#include "domain/campaign.h"
#include "domain/clerk.h"
#include "domain/credit_parts.h"
#include "domain/keyset.h"
#include "domain/token.h"

/*
 * Central → store: idempotent upserts in the order of positions (no gaps; position 0 = nothing yet). body =
 * deterministic CBOR map, kept verbatim. Unknown kinds are kept and passed over.
 */

enum feed_kind {
    FEED_SETTINGS = 1,
    FEED_KEYSET = 2,   /* body: keyset_seal bytes */
    FEED_CAMPAIGN = 3, /* body: campaign_encode */
    FEED_PRODUCT = 4,
    FEED_CLERK = 5,
    FEED_TOUCHPOINT = 6,
    FEED_MEMBER = 7,
    FEED_COUPON = 8, /* the store's own table: short code, member, revocation */
    FEED_RIGHT_GRANT = 9,
    FEED_RIGHT_REQUEST = 10, /* central asks the holder to release */
    FEED_SHARE_GRANT = 11,
    FEED_SHARE_REQUEST = 12,
    FEED_GREETING = 13,
    FEED_TERMINAL = 14, /* a terminal of this store: key, role, primary */
    FEED_OFFER = 15,    /* a carousel picture and its text */
    FEED_POOL = 16,     /* coupons of a campaign that anybody may have now */
    FEED_SURVEY = 17,   /* a question to answer with one tap */
    FEED_SHOW_END = 23, /* central asks every terminal of the store to show the end of its journal anew */
    FEED_ORDER = 26,    /* what one device is asked to do: update, restart, send its logs */
};

#define FEED_BODY_MAX    4096
#define FEED_NAME_MAX    96
#define FEED_ADDRESS_MAX 64

struct feed_settings {
    uint32_t brand, store;
    char brand_zh[FEED_NAME_MAX], brand_en[FEED_NAME_MAX];
    char store_zh[FEED_NAME_MAX], store_en[FEED_NAME_MAX];
    char address[FEED_NAME_MAX];
    char accent[8];            /* "#rrggbb" */
    uint32_t earn_permille;    /* credit earned on what was paid */
    struct owner credit_owner; /* who owes the credit earned here */
    uint32_t idle_s;           /* back to attract */
    uint32_t primary_terminal;
    uint32_t store_epoch;
    bool alone;                /* central's order: the primary answers without a peer */
    uint32_t credit_term_days; /* after which credit earned here ends; 0 = never */
};

struct feed_product {
    char ean[14]; /* key */
    char sku[24];
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
    int64_t price_minor;
    int64_t member_price_minor; /* 0 = none */
    char unit[12];              /* "500g" */
    bool gone;
};

struct feed_clerk {
    uint32_t clerk; /* key */
    char name[FEED_NAME_MAX];
    uint8_t role; /* enum clerk_role */
    uint8_t pin_salt[PIN_SALT_LEN];
    uint8_t pin_hash[PIN_HASH_LEN];
    uint32_t badge_serial; /* only this badge counts; 0 = none */
    bool gone;
};

struct feed_touchpoint {
    uint32_t touchpoint; /* key */
    uint32_t terminal;   /* that shows it; 0 = not on a screen */
    uint32_t clerk;      /* whose it is; 0 = none */
    char shelf[FEED_NAME_MAX];
    char url[160];       /* what the follow QR says */
    uint32_t valid_to_s; /* temporary tickets end; 0 = permanent */
    bool gone;
};

struct feed_member {
    uint64_t member; /* key; no name, no phone, no openid */
    uint8_t tier;
    uint32_t home_store;
    bool has_pin;
    uint8_t pin_salt[PIN_SALT_LEN];
    uint8_t pin_hash[PIN_HASH_LEN];
    bool gone;            /* erased: personal flags dropped, the ledger keeps the number */
    uint64_t merged_into; /* with gone: this number's owner is known by that one from now on; 0 = none */
};

struct feed_coupon {
    struct coupon_id coupon; /* key */
    char shortcode[16];
    uint64_t member;
    uint32_t home_store;
    uint16_t store_epoch;
    uint32_t valid_from_s, expiry_s, exclusive_until_s;
    bool revoked;
};

struct feed_right { /* grant, request */
    struct coupon_id coupon;
    uint32_t epoch; /* grant: the new one; request: the one wanted back */
    uint32_t use_no;
    uint64_t transfer;
    bool risk;              /* grant: given anew while an earlier holder may still have used it */
    uint32_t store_epoch;   /* of the store that is given it, or asked: under which it is held there; 0 = not known */
    uint32_t lease_until_s; /* grant: Unix; from then on nothing new is redeemed with it; 0 = until the coupon ends */
};

struct feed_share { /* grant, request */
    uint64_t member;
    struct owner owner;
    int64_t amount_minor;
    uint64_t transfer;
    struct credit_parts parts; /* grant: what of it ends */
};

struct feed_greeting {
    uint64_t greeting; /* key */
    uint32_t touchpoint;
    uint64_t member;
    uint32_t issued_coupons;
    uint32_t made_s; /* stale ones (> 2 min) are not shown */
};

struct feed_terminal {
    uint32_t terminal; /* key */
    uint8_t role;
    bool primary;
    uint8_t public_key[PUBLIC_KEY_LEN];
    bool gone;
    char lan_address[FEED_ADDRESS_MAX]; /* where its listener was last: "192.168.1.20:7443"; "" = unknown */
};

struct feed_offer {
    uint32_t offer; /* key */
    char title_zh[FEED_NAME_MAX], title_en[FEED_NAME_MAX];
    char text_zh[FEED_NAME_MAX], text_en[FEED_NAME_MAX];
    char ean[14]; /* of a product, or empty */
    char tint[8]; /* "#rrggbb" */
    uint32_t order;
    bool gone;
};

struct feed_pool {
    uint32_t campaign; /* key */
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
    uint32_t here;                                       /* how many this store holds: good here at once, offline too */
    uint32_t elsewhere;                                  /* and other stores: only if their holder gives them up */
    uint32_t until_s;                                    /* the last of them ends then */
    bool gone;                                           /* there is none any more */
    char only_zh[FEED_NAME_MAX], only_en[FEED_NAME_MAX]; /* the one store that holds those elsewhere; "" = several */
};

#define SURVEY_ANSWERS_MAX 4
#define SURVEY_ANSWER_MAX  48 /* bytes of UTF-8 with NUL */

struct feed_survey {
    uint32_t survey; /* key */
    char question_zh[FEED_NAME_MAX], question_en[FEED_NAME_MAX];
    char answers_zh[SURVEY_ANSWERS_MAX][SURVEY_ANSWER_MAX]; /* "" ends the list */
    char answers_en[SURVEY_ANSWERS_MAX][SURVEY_ANSWER_MAX];
    bool gone;
};

struct feed_show_end {
    uint64_t question; /* counts up: an item is news */
};

struct feed_order {
    uint64_t order;     /* key; central's number, never given twice */
    uint32_t terminal;  /* whom it is for; the store's others pass it by */
    uint8_t what;       /* enum order_what */
    uint32_t expires_s; /* not begun by then: never */
    bool held;          /* update: go no further before the restart; the roll-out is paused */
    bool gone;          /* taken back; what is installed already stays */
    /* of an update */
    uint32_t release; /* GET /v1/release/N */
    char compatible[48];
    char version[24];
    uint64_t size;
    uint8_t sha256[HASH_LEN];
    uint32_t from_min, to_min; /* when it may restart: rollout_window_open */
};

/* Two lanes, each with its own gapless positions: what is the store's own, and what all stores of the brand get. */
enum feed_lane { FEED_LANE_STORE = 0, FEED_LANE_BRAND = 1 };

struct feed_cursor {
    uint64_t store, brand; /* the last position taken in each lane */
};

struct feed_item {
    uint8_t lane; /* enum feed_lane */
    uint64_t position;
    uint16_t kind;
    struct slice body; /* verbatim */
};

/* One decode and one encode per struct; settings, product, … Encoders write at most FEED_BODY_MAX. -EBADMSG when
 * malformed. */
#define FEED_CODEC(name)                                                                                               \
    MUST_CHECK int feed_##name##_encode(const struct feed_##name *value, uint8_t *out, size_t cap, size_t *out_len);   \
    MUST_CHECK int feed_##name##_decode(struct slice body, struct feed_##name *out_value)
FEED_CODEC(settings);
FEED_CODEC(product);
FEED_CODEC(clerk);
FEED_CODEC(touchpoint);
FEED_CODEC(member);
FEED_CODEC(coupon);
FEED_CODEC(right);
FEED_CODEC(share);
FEED_CODEC(greeting);
FEED_CODEC(terminal);
FEED_CODEC(offer);
FEED_CODEC(pool);
FEED_CODEC(survey);
FEED_CODEC(show_end);
FEED_CODEC(order);

/*
 * GET /v1/feed?store=N&brand=M&wait=S[&epoch=E] (docs/protocol.md) answers a page:
 * [through store, through brand, server epoch, server ms, more, [[lane, position, kind, body]…]].
 * `through` is the last position given in each lane (or what was asked with, when there is none); `more`: ask again at
 * once.
 */
#define FEED_PAGE_BYTES_MAX 262144 /* 256 KiB */

struct feed_page_head {
    struct feed_cursor through;
    uint32_t server_epoch;
    uint64_t server_ms;
    bool more;
};

struct feed_page_writer {
    uint8_t *buffer;
    size_t cap, len;
    uint32_t count;
    struct feed_cursor through;
};
void feed_page_init(struct feed_page_writer *w, uint8_t *buffer, size_t cap, struct feed_cursor after);
MUST_CHECK int feed_page_add(struct feed_page_writer *w, const struct feed_item *item); /* -ENOSPC: page is full */
MUST_CHECK int feed_page_finish(const struct feed_page_writer *w, const struct feed_page_head *head, uint8_t *out,
                                size_t cap, size_t *out_len);

struct feed_page_reader {
    struct slice data;
    size_t pos;
    uint32_t left;
};
MUST_CHECK int feed_page_open(struct slice data, struct feed_page_head *out_head, struct feed_page_reader *out_reader);
/* 1 and *out_item (body points into data), 0 at the end, -EBADMSG. */
MUST_CHECK int feed_page_next(struct feed_page_reader *r, struct feed_item *out_item);

#endif
