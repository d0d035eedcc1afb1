#ifndef APP_LAN_LAN_H
#define APP_LAN_LAN_H

/*
 * The terminals of one store among themselves: who is there, copies of the journals, acts done by the primary
 * (docs/decisions/2026-11-22-a-store-of-several-terminals.md). Own threads: one that talks (hello every LAN_HELLO_MS,
 * sooner when woken, and copies), one that asks the primary, and the listener's. The books are the till's; this room
 * only carries.
 */

#include "domain/lan.h"
#include "platform/random.h"
#include "sync/sync.h" /* the runner and the transport are the same interfaces */
#include "till/till.h"

struct lan;

#define LAN_HELLO_MS    2000 /* a peer that said nothing for three of these is not live */
#define LAN_PENDING_MAX 8    /* requests without an answer; more are refused: "one moment" */
#define LAN_LIVE_MS     (3 * LAN_HELLO_MS)
#define LAN_TICKET_MIN  0x80000000u /* tickets of this room's own requests to the till; the flow counts from 1 */

enum lan_role { LAN_SINGLE, LAN_PRIMARY, LAN_PEER };

struct lan_pending_view {
    uint8_t request_id[BODY_REQUEST_ID_LEN];
    uint8_t op; /* enum lan_op */
    int64_t since_ms;
    int64_t amount_minor;
};

struct lan_status { /* what staff may see */
    enum lan_role role;
    uint32_t primary;     /* terminal */
    uint32_t peers, live; /* others of the store; those that answered lately */
    bool primary_live;    /* LAN_PEER */
    bool alone;
    bool waiting; /* LAN_PRIMARY: an act waits for a peer to hold it */
    uint32_t pending_count;
    struct lan_pending_view pending[LAN_PENDING_MAX];
    char address[FEED_ADDRESS_MAX]; /* where this one listens; "" = nowhere */
    char error[96];                 /* last failure, for the service screen; "" when fine */
};

struct lan_options {
    struct till *till;
    const struct clock *clock;
    const struct random *random;
    const char *key_path;       /* the terminal's Ed25519 key: TLS identity and signatures */
    const char *listen_address; /* numeric, e.g. "0.0.0.0"; NULL: no listener (lan_handle is called directly) */
    uint16_t listen_port;       /* 0: any free one */
    /* One for each loop: target() is called before each exchange with the peer's url and pin. Both are closed by
     * lan_close. */
    struct sync_transport talk, ask;
    const struct sync_runner *runner; /* NULL: threads of its own. Copied */
    /* Whether central answered lately, and how long ago, for the acts of peers. NULL: never. Any thread. */
    bool (*central)(void *context, uint32_t *out_age_s);
    /* Hands central a packed batch of a terminal that is away; blocks, on the talking thread. NULL: nobody does. */
    int (*relay)(void *context, struct slice packed, struct journal_answer *out_answer);
    /* Called on a thread of this room; must not block. The answer of a request given to lan_submit comes here or by
     * the till's own callback. More than one may come under a ticket: -EINPROGRESS first, the outcome later. A request
     * that was pending before the program started is answered under ticket 0. */
    void (*answered)(void *context, const struct till_answer *answer);
    void (*status_changed)(void *context, const struct lan_status *status);
    void *context;
};

MUST_CHECK int lan_open(const struct lan_options *options, struct lan **out_lan);
void lan_close(struct lan *lan);

/* Any thread, never blocks: the one door for requests of the screens. Goes to the till here, or to the primary when
 * this terminal is a peer and the act is the primary's. Errors as till_submit. */
MUST_CHECK int lan_submit(struct lan *lan, const struct till_request *request);
void lan_wake(struct lan *lan); /* the till appended something, or the feed changed the store's terminals */
void lan_status_copy(struct lan *lan, struct lan_status *out_status);

/* Where the listener is, "192.168.1.20:7443"; "" while there is none. Any thread. */
void lan_address_copy(struct lan *lan, char out_address[FEED_ADDRESS_MAX]);
/* From the till's `answered`, first thing: true when the answer was to one of this room's requests and nobody else's
 * business. Never blocks, never comes back into the till. */
bool lan_answered(struct lan *lan, const struct till_answer *answer);

/*
 * One request of a peer, as the listener got it: verified, done, answered; for the listener and for simulations. Any
 * thread. Blocks until the till has it, an act at most LAN_ACT_WAIT_MS; with a runner not at all: an act that waits for
 * a peer is answered LAN_PENDING, and asked again under the same id. Journals are zstd. response->body needs room for
 * LAN_ANSWER_MAX.
 */
#define LAN_ACT_WAIT_MS 2000
struct lan_request {
    const char *path;
    struct slice body;
    const char *signature_input, *signature, *content_digest; /* header values */
};
void lan_handle(struct lan *lan, const struct lan_request *request, struct sync_response *response);

#endif
