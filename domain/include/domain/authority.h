#ifndef DOMAIN_AUTHORITY_H
#define DOMAIN_AUTHORITY_H

#include "domain/ids.h"

/*
 * POST /v1/authority/right and /v1/authority/credit: "this is held elsewhere, may I have it?" and POST
 * /v1/authority/code: "what is this short code?". Idempotent by request id; central asks the holder through the feed
 * and answers WAITING until the release came in or the wait ran out. The grant itself always comes by the feed: this
 * answer only says whether to expect it.
 *
 * POST /v1/authority/balance, in the same shape: what could be asked for. GRANTED with amount_minor, at once; REFUSED:
 * it is not credit that this store takes.
 */

enum authority_verdict {
    AUTHORITY_GRANTED = 1, /* the grant stands in the feed at `feed_position` */
    AUTHORITY_WAITING = 2, /* the holder has not answered: ask again under the same request id */
    AUTHORITY_USED = 3,    /* already redeemed elsewhere */
    AUTHORITY_REVOKED = 4,
    AUTHORITY_UNKNOWN = 5, /* central does not know it */
    AUTHORITY_REFUSED = 6, /* the campaign does not allow it, or nothing is there to move */
};

#define REQUEST_ID_LEN 16

struct authority_request { /* right, credit and code share one shape; unused fields are zero */
    uint8_t request_id[REQUEST_ID_LEN];
    struct coupon_id coupon;
    uint64_t member;
    struct owner owner;
    int64_t amount_minor;
    char shortcode[16];
    char token[160]; /* the coupon as scanned, when there is one: central checks it itself */
    uint16_t wait_s; /* at most 25 */
};

struct authority_answer {
    uint8_t verdict; /* enum authority_verdict */
    uint64_t feed_position;
    uint64_t transfer;
    struct coupon_id coupon; /* code: which coupon it is */
    uint32_t used_store;     /* AUTHORITY_USED: where */
    int64_t used_ms;         /* and when */
    int64_t amount_minor;    /* balance: what other stores hold for the member */
    uint64_t server_ms;
};

MUST_CHECK int authority_request_encode(const struct authority_request *request, uint8_t *out, size_t cap,
                                        size_t *out_len);
MUST_CHECK int authority_request_decode(const void *data, size_t len, struct authority_request *out_request);
MUST_CHECK int authority_answer_encode(const struct authority_answer *answer, uint8_t *out, size_t cap,
                                       size_t *out_len);
MUST_CHECK int authority_answer_decode(const void *data, size_t len, struct authority_answer *out_answer);

#endif
