#ifndef APP_LAN_LAN_INTERNAL_H
#define APP_LAN_LAN_INTERNAL_H

/* What the files of this room share. Private to app/lan. */

#include "lan/lan.h"

#include "platform/compress.h"
#include "platform/http_server.h"
#include "platform/signature.h"

#include <pthread.h>

#define LAN_LOOPS         2 /* talk, ask */
#define LAN_TAG           "tillside"
#define LAN_SKEW_MAX_S    300 /* as central's */
#define LAN_NONCES        256 /* of one peer, within the skew; a flood of more makes it sign again */
#define LAN_DEEDS_MAX     16
#define LAN_HELLO_WAIT_MS 2000
#define LAN_ASK_WAIT_MS   2800 /* staff hears of a primary that is away within 3 s */
#define LAN_COPY_WAIT_MS  5000
#define LAN_PACK_LEVEL    (-1)  /* the network of a store is fast */
#define LAN_REFUSED_MS    60000 /* a journal that a peer could not check is offered again after */
#define LAN_PATH_HELLO    "/v1/lan/hello"
#define LAN_PATH_JOURNAL  "/v1/lan/journal"
#define LAN_PATH_ACT      "/v1/lan/act"

struct lan_peer {
    struct feed_terminal info;
    char address[FEED_ADDRESS_MAX]; /* what it said last, else what the feed knows */
    bool heard;                     /* answered a hello of ours, and nothing failed at once since */
    int64_t heard_mono_ms;
    int64_t next_hello_mono_ms;
    uint32_t failures; /* in a row */
    int64_t skew_ms;   /* its clock − ours */
    uint64_t rounds;   /* hellos that it answered */
    uint32_t end_count;
    struct lan_end ends[LAN_TERMINALS_MAX]; /* what it holds, as far as it said or took it from here */
    uint32_t refused_count;
    struct lan_end refused[LAN_TERMINALS_MAX]; /* journals that it cannot check: until the feed changes, or a while,
                                                  since its own feed may be behind */
    int64_t refused_mono_ms;                   /* when it refused the last of them */
    struct nonce_window window;
    struct nonce_entry entries[LAN_NONCES];
};

/* A request of this terminal's own on its way to the primary. */
enum slot_state {
    SLOT_FREE,
    SLOT_NEW,    /* nothing was sent */
    SLOT_ASKED,  /* it may have been done */
    SLOT_AT_TILL /* this terminal is the primary by now: its own till has it, as a deed */
};
struct lan_slot {
    enum slot_state state;
    struct till_request request; /* SLOT_NEW: for the till here, when the primary is away */
    struct lan_act act;          /* with the PIN, which is kept nowhere else */
    bool kept;                   /* by till_pending_put */
    bool renamed;                /* who was asked, since it was kept */
    bool told;                   /* -EINPROGRESS was answered */
    uint32_t attempts;
    int64_t since_ms, begun_mono_ms, next_try_mono_ms;
};

/* A request of this room's at the till. */
struct lan_deed {
    uint32_t ticket; /* 0 = free */
    bool done;
    struct till_answer answer;
    int slot; /* of this terminal's own request; -1: a peer's, somebody waits for it */
};

struct lan_promotion {
    bool asked;
    struct till_request request;
    int64_t deadline_mono_ms;
    uint64_t rounds[LAN_TERMINALS_MAX]; /* of each peer, when it was asked */
};

/* What hellos say of it: until the promotion is in the books, or came to nothing. */
struct lan_deposing {
    uint32_t terminal, epoch; /* 0 = nobody; the store's epoch before */
    int64_t until_mono_ms;
};

struct lan {
    struct lan_options options;
    int64_t started_s;

    /* Talk loop only. */
    struct compress *pack, *pack_far; /* for peers; for central */
    uint8_t *batch, *packed;          /* BATCH_BYTES_MAX; compress_bound of it */
    size_t packed_cap;
    uint32_t relayed_count;
    struct lan_end relayed[LAN_TERMINALS_MAX]; /* what central is known to have of others' journals */
    int64_t next_relay_mono_ms;
    struct http_server *server;
    uint8_t server_key[PUBLIC_KEY_LEN]; /* whose identity the listener shows */

    pthread_mutex_t unpack_mutex; /* the two below: one copy is taken at a time */
    struct compress *unpack;
    uint8_t *unpacked; /* BATCH_BYTES_MAX */

    pthread_mutex_t publish_mutex; /* one publisher at a time */
    struct lan_status published;   /* guarded by publish_mutex */

    struct loops loops; /* its mutex guards everything below, its condition says that any of it changed */
    bool closing;
    uint64_t wakes;
    struct till_store store; /* as last read */
    int64_t primary_mono_ms; /* since then it names this primary, under this store epoch */
    bool has_key;
    struct key_pair key;
    char address[FEED_ADDRESS_MAX]; /* own */
    uint32_t peer_count;
    struct lan_peer peers[LAN_TERMINALS_MAX];
    struct lan_slot slots[LAN_PENDING_MAX];
    struct lan_deed deeds[LAN_DEEDS_MAX];
    uint32_t next_ticket;
    uint64_t next_request; /* makes request ids unique within this run */
    uint8_t boot_id[8];
    struct lan_promotion promotion;
    struct lan_deposing deposing;
    char error[96];
};

/* lan.c. Functions named _locked want the mutex held. */
int64_t lan_mono_ms(const struct lan *lan);
void lan_note_failure(struct lan *lan, const char *what, int error, int http_status); /* error 0 clears it */
void lan_publish(struct lan *lan);
uint64_t lan_random(struct lan *lan);
enum lan_role lan_role_locked(const struct lan *lan);
/* Reads the books' word on the store again and fits the peers to it. */
void lan_refresh(struct lan *lan);

/* peers.c */
struct lan_peer *lan_peer_locked(struct lan *lan, uint32_t terminal); /* NULL: none of this store */
bool lan_peer_live_locked(const struct lan *lan, const struct lan_peer *peer);
uint32_t lan_live_locked(const struct lan *lan);
void lan_peers_fit_locked(struct lan *lan);
void lan_peer_heard_locked(struct lan *lan, struct lan_peer *peer);
void lan_peer_failed_locked(struct lan *lan, struct lan_peer *peer, int error, uint64_t random);
struct lan_end *lan_peer_end_locked(struct lan_peer *peer, uint32_t terminal, uint32_t incarnation);
uint64_t lan_held_through(const struct lan_end *ends, uint32_t count, const struct lan_end *of); /* 0: nothing of it */
void lan_peer_took_locked(struct lan_peer *peer, const struct lan_end *end);
void lan_peer_refused_locked(struct lan *lan, struct lan_peer *peer, const struct lan_end *end);
bool lan_peer_refuses_locked(const struct lan *lan, const struct lan_peer *peer, const struct lan_end *end);
/* A hello, from whichever side: its address and its ends. -EPROTO: another store's. Comes into the till. */
MUST_CHECK int lan_hello_take(struct lan *lan, const struct lan_hello *hello);
MUST_CHECK int lan_hello_make(struct lan *lan, struct lan_hello *out_hello);

/* request.c: signs and sends; a refusal for skew is tried once more with the peer's time. 0 when an answer came. */
struct lan_call {
    const struct sync_transport *transport;
    uint32_t peer;
    const char *path;
    struct slice body;
    bool compressed;
    int timeout_ms;
};
MUST_CHECK int lan_send(struct lan *lan, const struct lan_call *call, struct sync_response *response);
/* The request cannot have reached the peer. */
bool lan_never_sent(int error);

/* listen.c, talk loop: fits the listener to the key and the store. */
void lan_listen(struct lan *lan);

/* act.c */
bool lan_is_primarys(enum till_op op);
void lan_act_of(const struct till_request *request, struct lan_act *out_act);
void lan_request_of(const struct lan_act *act, struct till_request *out_request);
enum till_op lan_till_op(uint8_t op);

/* ask.c */
void lan_ask_resume(struct lan *lan); /* at open: what was pending */
/* -ENOSPC: too many wait. */
MUST_CHECK int lan_ask_begin(struct lan *lan, const struct till_request *request);
void *lan_ask_loop(void *lan);

/* deed.c: -ENOSPC when too many are under way, or the till's error. */
MUST_CHECK int lan_deed_submit(struct lan *lan, struct till_request *request, int slot, uint32_t *out_ticket);
struct lan_deed *lan_deed_locked(struct lan *lan, uint32_t ticket);

/* talk.c, promote.c */
void *lan_talk_loop(void *lan);
void lan_promote_step(struct lan *lan);
/* relay.c, talk loop: the primary brings central what it holds of terminals that are away. True: there is more. */
bool lan_relay(struct lan *lan);

#endif
