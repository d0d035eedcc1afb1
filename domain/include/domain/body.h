#ifndef DOMAIN_BODY_H
#define DOMAIN_BODY_H

#include "domain/credit_parts.h"
#include "domain/device.h"
#include "domain/record.h"

/*
 * What journal records say, kind by kind. One struct a kind; body_encode/body_decode turn it into deterministic CBOR (a
 * map with ascending integer keys; optional fields are left out when zero) and back. Numbers of kinds and keys never
 * change meaning.
 */

enum record_kind {
    /* terminal */
    RECORD_INCARNATION = 1,
    RECORD_SIGN_IN = 2,
    RECORD_SIGN_OUT = 3,
    RECORD_REDEMPTION = 4,
    RECORD_SALE = 5,
    RECORD_CREDIT_EARN = 6,
    RECORD_CREDIT_SPEND = 7,
    RECORD_VOID = 8,
    RECORD_RIGHT_GRANTED = 9,   /* a later epoch that central granted was taken into the books */
    RECORD_RIGHT_RELEASED = 10, /* given up towards central, before it was told */
    RECORD_SHARE_GRANTED = 11,
    RECORD_SHARE_RELEASED = 12,
    RECORD_SCAN_REFUSED = 13,
    RECORD_RECEIPT = 14, /* outcome of a print */
    RECORD_DRAWER_KICK = 15,
    RECORD_QR_SHOWN = 16, /* touchpoint exposure, for the funnel */
    RECORD_DATE_CONFIRMED = 17,
    RECORD_GREETED = 18, /* a greeting was on the screen */
    RECORD_REPLACED_ENROLMENT = 19,
    RECORD_PROMOTION = 20,      /* this terminal is the store's primary from here on */
    RECORD_ALONE = 21,          /* the primary answers without a peer, or no longer */
    RECORD_CREDIT_EXPIRED = 22, /* of a share: what had ended, by whoever holds it */
    RECORD_SELF_TEST = 24,
    RECORD_DEVICE_STATUS = 25,  /* at boot, when something changed, else once an hour */
    RECORD_ORDER_DONE = 26,     /* what came of an update, reboot or log request of central's */
    RECORD_ORDER_STEP = 30,     /* how far an update is */
    RECORD_SURVEY_ANSWER = 113, /* one tap on a screen */
    /* central (terminal 0) */
    RECORD_MEMBER_JOINED = 101,
    RECORD_COUPON_ISSUED = 102,
    RECORD_COUPON_REVOKED = 103,
    RECORD_TERMINAL_ENROLLED = 104,
    RECORD_TRANSFER = 105, /* a right or share moved: released here, granted there */
    RECORD_CONFLICT = 106,
    RECORD_ATTRIBUTION = 107,   /* a correction, with its reason */
    RECORD_ADMIN = 108,         /* any other act of an operator: who, what, why */
    RECORD_ACQUISITION = 109,   /* a clerk's credit for a member won: pending, vested, forfeited */
    RECORD_MEMBER_TAGGED = 110, /* number: the tag; what: tagged, untagged; who: empty = the member */
    RECORD_MEMBER_MERGED = 111, /* number: the member that was absorbed; amount: credit that moved with it */
    RECORD_CONSENT = 112,       /* key: the text's version; what: given, withdrawn */
    RECORD_SURVEYED = 114,      /* number: the survey; use number: the answer, given on the member page or by hand */
    RECORD_PROGRAMME = 120,     /* made, joined by a brand, a brand's month settled */
    RECORD_FOLLOW = 123,        /* number: the touchpoint, 0 unknown; what: followed, unfollowed. Nobody is named */
    RECORD_WEBHOOK = 124, /* number: the webhook; what: added, paused, resumed, dead, replayed, new secret, removed */
};

enum campaign_mode { MODE_STRICT = 1, MODE_HOME = 2, MODE_BUDGET = 3 };

#define REASON_MAX          96
#define BODY_REQUEST_ID_LEN 16 /* all zero = none */

struct body_incarnation {
    char hardware_serial[64];
    char disk_serial[64];
    char data_uuid[40];
    uint64_t boot_count;
    char version[24];
};

enum sign_in_method { SIGN_IN_PIN = 1, SIGN_IN_BADGE = 2 };

struct body_sign_in { /* also sign-out (method 0) */
    uint32_t clerk;
    uint8_t method;
};

struct body_redemption {
    struct coupon_id coupon;
    uint32_t use_no; /* from 1; a void makes the next one possible */
    uint32_t epoch;  /* of the right that was consumed; 0 = the token itself */
    uint8_t mode;    /* enum campaign_mode */
    uint64_t member; /* 0 = unknown */
    uint32_t clerk;
    int64_t discount_minor;  /* what the store gives */
    int64_t sale_minor;      /* gross, 0 = not stated */
    uint32_t policy_version; /* of the campaign */
    int64_t business_ms;
    int64_t uncertainty_ms;
    uint32_t sync_age_s; /* since the last contact; UINT32_MAX = never */
    bool offline;
    bool typed;            /* by hand, not scanned */
    uint8_t token_hash[8]; /* evidence: first bytes of SHA-256 over the text as scanned */
    uint32_t via;          /* the terminal of the store that asked the primary; 0 = the primary itself */
    uint8_t request_id[BODY_REQUEST_ID_LEN]; /* of that request: the same answer when it is asked again */
    bool to_public; /* from the store's public pool: `member` is who took it, not whose it was; no token was seen */
};

enum tender { TENDER_CASH = 1, TENDER_CREDIT = 2, TENDER_WECHAT = 3 };

struct body_sale {
    uint64_t group; /* seq of the first record of this act: redemption, sale and earn stand or fall together */
    uint32_t clerk;
    uint64_t member;
    int64_t gross_minor;
    int64_t discount_minor;
    int64_t credit_minor; /* paid with credit; its spend record is of the same group */
    int64_t paid_minor;   /* gross − discount − credit, ≥ 0 */
    uint8_t tender;       /* of paid_minor */
    int64_t business_ms;
    uint32_t via; /* as in a redemption; of an act with one, only the redemption carries it */
    uint8_t request_id[BODY_REQUEST_ID_LEN];
};

struct body_credit { /* earn and spend */
    uint64_t group;
    uint64_t member;
    struct owner owner;
    int64_t amount_minor; /* > 0 */
    uint32_t clerk;
    uint8_t auth;   /* spend: enum spend_auth */
    uint64_t nonce; /* of the rotating code that was used */
    int64_t business_ms;
    int64_t receivable_minor;  /* earn: what of it set off an open receivable */
    int64_t ends_s;            /* earn: of what went to the share; 0 = never */
    struct credit_parts parts; /* spend: what it took; the rest was of what never ends */
};

struct body_expired {
    uint64_t member;
    struct owner owner;
    int64_t amount_minor;      /* of the parts together */
    struct credit_parts parts; /* that had ended */
    int64_t business_ms;
};

enum spend_auth { SPEND_BY_CODE = 1, SPEND_BY_PIN = 2 };

struct body_void {
    struct record_id target; /* of this store; voids of voids do not exist */
    uint16_t target_kind;
    uint64_t group;
    uint32_t clerk;
    char reason[REASON_MAX];
    int64_t receivable_minor; /* void of an earn: what had been spent already */
    int64_t business_ms;
    uint32_t via; /* as in a redemption; on the act's first void */
    uint8_t request_id[BODY_REQUEST_ID_LEN];
    struct credit_parts parts; /* of an earn: what it took from the share; of a spend: what it gave back */
    int64_t expired_minor;     /* of an earn: what had expired already, and comes back from there */
};

struct body_right { /* granted, released */
    struct coupon_id coupon;
    uint32_t epoch;         /* granted: the new one; released: the one given up */
    uint32_t use_no;        /* uses so far + 1: where the next holder goes on */
    uint64_t transfer;      /* central's number of the move */
    bool risk;              /* granted: as the grant said, so that a restored central knows it too */
    uint32_t store_epoch;   /* granted: the holder's, as the grant said: whose it is when another terminal follows; 0 =
                               not said, by older books */
    uint32_t lease_until_s; /* granted: as the grant said; 0 = until the coupon ends */
};

struct body_share { /* granted, released */
    uint64_t member;
    struct owner owner;
    int64_t amount_minor; /* ≥ 0; a release may give less than was asked for */
    uint64_t transfer;
    struct credit_parts parts; /* what of it ends */
};

struct body_refused {
    uint16_t verdict;        /* enum coupon_verdict */
    struct coupon_id coupon; /* 0 when it could not be read */
    uint32_t clerk;
    uint8_t token_hash[8];
};

enum receipt_outcome { RECEIPT_PRINTED = 1, RECEIPT_FAILED = 2, RECEIPT_UNKNOWN = 3 };

struct body_receipt {
    uint64_t group;
    uint8_t outcome; /* enum receipt_outcome */
    char reason[REASON_MAX];
    uint32_t terminal; /* whose group; 0 = this one's */
};

struct body_drawer {
    uint64_t group; /* 0 = by hand */
    uint32_t clerk;
    char reason[REASON_MAX];
    uint32_t terminal; /* whose group; 0 = this one's */
};

struct body_qr_shown {
    uint32_t touchpoint;
    uint32_t seconds;
};

struct body_greeted {
    uint64_t greeting; /* central's number */
    uint64_t member;
    uint32_t touchpoint;
};

struct body_date_confirmed {
    uint32_t clerk;
    int64_t wall_ms;
};

/* docs/decisions/2026-11-22-a-store-of-several-terminals.md */
struct body_promotion {
    uint32_t old_terminal, old_incarnation; /* incarnation 0: nothing of its journal is here to tell */
    uint64_t copy_through;                  /* of the old primary's journal, as held here; 0 = nothing */
    uint8_t copy_hash[HASH_LEN];
    bool copy_complete;   /* from the incarnation's first record on */
    uint32_t store_epoch; /* the new one */
    uint32_t clerk;       /* the manager who confirmed that the old one is off; 0 = central's order */
    bool may_be_behind;   /* another peer could not be asked, or the old one may have gone alone */
    int64_t business_ms;
};

struct body_alone {
    bool on;
    uint32_t clerk; /* 0 = central's order, or a peer is back */
    char reason[REASON_MAX];
};

struct body_survey_answer {
    uint32_t survey;
    uint8_t answer;  /* from 1 */
    uint64_t member; /* 0 = nobody was identified */
    int64_t business_ms;
};

/* A decoded body, tagged. RECORD_SIGN_OUT uses sign_in; earn and spend use credit; rights and shares their own. */
struct body {
    uint16_t kind;
    union {
        struct body_incarnation incarnation;
        struct body_sign_in sign_in;
        struct body_redemption redemption;
        struct body_sale sale;
        struct body_credit credit;
        struct body_expired expired;
        struct body_void voided;
        struct body_right right;
        struct body_share share;
        struct body_refused refused;
        struct body_receipt receipt;
        struct body_drawer drawer;
        struct body_qr_shown qr_shown;
        struct body_greeted greeted;
        struct body_date_confirmed date_confirmed;
        struct body_promotion promotion;
        struct body_alone alone;
        struct body_self_test self_test;
        struct body_device_status device_status;
        struct body_order_done order_done;
        struct body_order_step order_step;
        struct body_survey_answer survey_answer;
    };
};

/* Terminal kinds (1..18, 20..22, 24..26, 30, 113). -EINVAL for a kind without a body struct. */
MUST_CHECK int body_encode(const struct body *body, uint8_t *out, size_t cap, size_t *out_len);
/* -ENOTSUP for a kind this version does not know (keep it verbatim), -EBADMSG when malformed. Unknown keys are passed
 * over. */
MUST_CHECK int body_decode(uint16_t kind, struct slice encoded, struct body *out_body);
const char *record_kind_name(uint16_t kind); /* "redemption"; "unknown" */

#endif
