#ifndef DOMAIN_LAN_H
#define DOMAIN_LAN_H

#include "domain/body.h"
#include "domain/clerk.h"
#include "domain/record.h"
#include "domain/scancode.h"

/*
 * What the terminals of one store say to each other (docs/protocol.md, "Between the terminals of a store"). Bodies are
 * deterministic CBOR maps; requests are signed like those to central.
 *
 *   POST /v1/lan/hello    lan_hello → lan_hello     who is there, who is primary, what each holds of whose journal
 *   POST /v1/lan/journal  batch (record.h) → journal_answer    a copy of the sender's or another terminal's records
 *   POST /v1/lan/act      lan_act → lan_answer      do this at the primary
 */

#define LAN_TERMINALS_MAX 16 /* of a store; more are not looked at */

/* How far somebody's journal goes, as the sender holds it. Its own is among them. */
struct lan_end {
    uint32_t terminal, incarnation;
    uint64_t from; /* the first seq held; 1 = complete */
    uint64_t through;
    uint8_t hash[HASH_LEN]; /* of `through` */
};

struct lan_hello {
    uint32_t terminal, incarnation;
    uint32_t store, store_epoch;
    uint32_t primary; /* as the sender knows it, under store_epoch */
    bool alone;
    char lan_address[64]; /* where the sender listens */
    uint64_t now_ms;      /* its wall clock */
    uint32_t deposes;     /* it asks around before it is promoted over that terminal; 0 = it does not */
    uint32_t act_epoch;   /* the store's under which an act of its own was begun that waits for a peer; 0 = none does */
    uint32_t end_count;
    struct lan_end ends[LAN_TERMINALS_MAX];
};

/* An act to be done by the primary: what of a till's request matters there. */
enum lan_op { LAN_REDEEM = 1, LAN_SALE = 2, LAN_VOID = 3, LAN_MEMBER = 4, LAN_RECENT = 5 };

struct lan_act {
    uint8_t request_id[BODY_REQUEST_ID_LEN];
    uint8_t op; /* enum lan_op */
    uint32_t clerk;
    char text[SCANCODE_TEXT_MAX]; /* redeem: the coupon; member: card or code */
    bool typed, date_confirmed, check_only, central_agreed, central_asked;
    uint32_t pool;        /* redeem: instead of a text one of this campaign's public pool; 0 = no */
    int64_t sale_minor;   /* redeem; sale: gross */
    int64_t credit_minor; /* sale */
    uint64_t member;
    char member_code[SCANCODE_TEXT_MAX]; /* sale */
    char pin[PIN_MAX + 1];               /* sale: inside TLS only, never stored */
    uint64_t group;                      /* void; of terminal `group_terminal` */
    uint32_t group_terminal;
    char reason[REASON_MAX]; /* void */
    /* Who was asked for it first, under which store epoch, and may have done it; 0 = not said, by older ones. */
    uint32_t asked_terminal, asked_epoch;
};

enum lan_state {
    LAN_DONE = 1,        /* the answer stands in `answer` */
    LAN_PENDING = 2,     /* recorded at the primary, no peer has it yet: ask again under the same id */
    LAN_NOT_PRIMARY = 3, /* say hello: somebody else is */
    LAN_BUSY = 4,        /* nothing happened; try again soon */
};

struct lan_answer {
    uint8_t state;       /* enum lan_state */
    int32_t error;       /* of the till's answer, ≤ 0 */
    struct slice answer; /* LAN_DONE: the till's answer, coded by app/lan; points into the decoded bytes */
};

#define LAN_ACT_MAX    4096
#define LAN_ANSWER_MAX 16384

MUST_CHECK int lan_hello_encode(const struct lan_hello *hello, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int lan_hello_decode(const void *data, size_t len, struct lan_hello *out_hello);
MUST_CHECK int lan_act_encode(const struct lan_act *act, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int lan_act_decode(const void *data, size_t len, struct lan_act *out_act);
MUST_CHECK int lan_answer_encode(const struct lan_answer *answer, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int lan_answer_decode(const void *data, size_t len, struct lan_answer *out_answer);

#endif
