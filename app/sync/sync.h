#ifndef APP_SYNC_SYNC_H
#define APP_SYNC_SYNC_H

/*
 * The terminal's side of docs/protocol.md: enrolment, journal upload, feed, authority. Three plain loops over blocking
 * calls (upload, feed, ask), each with back-off and jitter; the transport is an interface so that a simulator can stand
 * in.
 */

#include "platform/random.h"
#include "sync/loops.h"
#include "till/till.h"

struct sync;

/* One request and its answer; blocking; the HTTPS one is sync_transport_https(). Signing happens above it. */
struct sync_request {
    const char *method; /* "GET", "POST" */
    const char *path;   /* with query */
    const char *range;  /* "bytes=0-99", NULL = the whole */
    struct slice body;
    bool compressed;                                          /* body is zstd */
    const char *signature_input, *signature, *content_digest; /* header values, NULL on the unsigned first request */
    int timeout_ms;
};
struct sync_response {
    int status;
    uint64_t server_ms; /* Tillside-Time; 0 = absent */
    int retry_after_s;  /* 0 = absent */
    uint8_t *body;      /* the caller's buffer */
    size_t cap, len;
};
struct sync_transport_ops {
    /* 0 when an answer came, whatever its status; -ECONNREFUSED, -ETIMEDOUT, -ENETDOWN, -EKEYREJECTED (pin),
     * -ECANCELED. */
    int (*exchange)(void *self, const struct sync_request *request, struct sync_response *response);
    void (*target)(void *self, const char *url, const uint8_t pin[HASH_LEN]); /* where to; after enrolment or restart */
    void (*cancel)(void *self);                                               /* end running calls soon; any thread */
    void (*close)(void *self);
};
struct sync_transport {
    const struct sync_transport_ops *ops;
    void *self;
};

enum enrol_stage {
    ENROL_STAGE_NONE,    /* waiting for the QR */
    ENROL_STAGE_CALLING, /* talking to central */
    ENROL_STAGE_CONFIRM, /* digits are on the screen, the operator compares */
    ENROL_STAGE_DONE,
    ENROL_STAGE_FAILED, /* error says why; the QR can be shown again */
};
enum enrol_error {
    ENROL_OK,
    ENROL_BAD_QR,
    ENROL_NO_NETWORK,
    ENROL_NOT_CENTRAL /* pin or root hash differ */,
    ENROL_EXPIRED,
    ENROL_REJECTED,
    ENROL_BOOKS,     /* could not be stored */
    ENROL_ELSEWHERE, /* enrolled already, and the code is for another store or place */
    ENROL_REMOVED,   /* head office took this terminal out of service */
};

struct sync_status {
    enum enrol_stage enrol;
    enum enrol_error enrol_error;
    char digits[7];
    bool online;              /* the last exchange worked and is younger than 60 s */
    bool link;                /* the device has a network */
    uint64_t waiting;         /* records central does not have */
    int64_t oldest_ms;        /* business time of the oldest */
    int64_t last_contact_ms;  /* 0 = never */
    int64_t next_try_mono_ms; /* 0 = not waiting */
    bool quarantined;         /* central answered fork: a technician must look */
    char error[96];           /* last failure, for the service screen; "" when fine */
};

struct sync_options {
    struct till *till;
    const struct clock *clock;
    const struct random *random;
    struct sync_transport transport;
    const char *key_path;                /* the terminal's Ed25519 key, made at enrolment, 0600 */
    struct body_incarnation incarnation; /* what this hardware is */
    const struct sync_runner *runner;    /* NULL: threads of its own. Copied */
    bool (*link_up)(void *context);      /* network state of the device */
    /* Called on a sync thread; must not block. */
    void (*status_changed)(void *context, const struct sync_status *status);
    void (*asked)(void *context, uint32_t ticket, int error, const struct authority_answer *answer);
    void *context;
};

MUST_CHECK int sync_open(const struct sync_options *options, struct sync **out_sync);
void sync_close(struct sync *sync);

/* Any thread, never blocks. */
void sync_wake(struct sync *sync);                           /* something was appended, or the network came back */
void sync_enrol(struct sync *sync, const char *ticket_text); /* a scanned TSE1: code */
void sync_status_copy(struct sync *sync, struct sync_status *out_status);
/* Where this terminal listens for the others of its store: central tells them. "" = nowhere. */
void sync_lan_address(struct sync *sync, const char *address);

/* A batch of another terminal of the store, packed with zstd, to central: a copy of one that is away. Any thread but
 * the sync's; blocks. -ENETDOWN, -EAGAIN, -EACCES, -EPROTO. */
MUST_CHECK int sync_relay(struct sync *sync, struct slice packed, struct journal_answer *out_answer);

/* A part of a release's file that an order names, at most cap bytes from offset on; and logs for an order, packed with
 * zstd. Any thread but the sync's; both block. As sync_relay; -ENOENT: central knows of no such order (any more). */
struct sync_part {
    uint32_t release;
    uint64_t offset;
    uint8_t *out;
    size_t cap;
};
MUST_CHECK int sync_fetch(struct sync *sync, const struct sync_part *part, size_t *out_len);
void sync_cancel(struct sync *sync); /* ends all calls under way; the sync's own loops begin theirs anew */
MUST_CHECK int sync_logs(struct sync *sync, uint64_t order, struct slice packed);

enum ask_kind { ASK_RIGHT, ASK_CREDIT, ASK_CODE, ASK_BALANCE };
/* -ENOSPC when four are already under way. `asked` follows; after GRANTED only when the grant has come in by the feed.
 */
MUST_CHECK int sync_ask(struct sync *sync, enum ask_kind kind, uint32_t ticket,
                        const struct authority_request *request);

/* libcurl, pinned TLS. random seeds nothing here. */
MUST_CHECK int sync_transport_https(struct sync_transport *out_transport);

#endif
