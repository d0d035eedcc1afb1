#ifndef TESTS_APP_LAN_FAKE_TILL_H
#define TESTS_APP_LAN_FAKE_TILL_H

/*
 * Stands in for the till under the room that talks to other terminals: the calls of till.h that the room uses, over
 * plain arrays. Acts are "done" by rules that a test sets; journals are real batches, so that what crosses the wire is
 * what crosses it in a shop.
 */

#include "lan/lan.h"

#define FAKE_RECORDS  64
#define FAKE_JOURNALS 8
#define FAKE_DONE     32

struct fake_journal {
    uint32_t terminal, incarnation;
    uint64_t through;
    uint8_t hashes[FAKE_RECORDS + 1][HASH_LEN];
};

struct till {
    struct till_store store;
    const struct lan *lan;
    bool (*answered)(void *context, const struct till_answer *answer);
    void *context;
    uint8_t secret[SECRET_KEY_LEN];

    struct fake_journal journals[FAKE_JOURNALS]; /* 0 is its own */
    uint32_t journal_count;
    uint32_t live;            /* as the room said last */
    uint64_t confirmed;       /* of the own journal, by a peer */
    uint32_t submits;         /* requests that came */
    struct till_request last; /* the last of them */
    int act_error;            /* what acts are answered */
    bool silent;              /* no answer comes */
    bool wait_for_peer;       /* acts are -EINPROGRESS until a peer holds them */
    bool refuses_copies;
    uint32_t deposed;       /* as a peer's hello said last */
    struct lan_end carried; /* the journal of a terminal that is gone, as central has it */

    uint32_t done_count; /* acts of others, by request id */
    uint8_t done[FAKE_DONE][BODY_REQUEST_ID_LEN];
    uint64_t done_group[FAKE_DONE];
    uint32_t pending_count;
    struct till_pending pending[LAN_PENDING_MAX];
    int pending_error; /* of till_pending_put */
};

void fake_till_init(struct till *till, uint32_t terminal, const uint8_t secret[SECRET_KEY_LEN]);
void fake_till_append(struct till *till); /* one record of its own */
struct fake_journal *fake_till_journal(struct till *till, uint32_t terminal, uint32_t incarnation);

#endif
