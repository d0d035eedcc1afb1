#ifndef APP_TILL_TILL_H
#define APP_TILL_TILL_H

/*
 * The till keeps the store's books. Its thread is the only one that holds the writing connection: requests come in
 * through a bounded queue, are decided and committed (WAL, FULL) in one transaction each, and answered by a callback
 * after the commit. Whatever must follow a commit (receipt, drawer, "done") follows the answer and nothing else.
 */

#include "domain/authority.h"
#include "domain/coupon.h"
#include "domain/credit.h"
#include "domain/enrolment.h"
#include "domain/feed.h"
#include "domain/lan.h"
#include "domain/scancode.h"
#include "platform/clock.h"

struct till;

#define TILL_QUEUE_MAX      64 /* full: till_submit answers -ENOSPC and nothing happened; the flow says "one moment" */
#define TILL_RECENT_MAX     8
#define TILL_COUPONS_MAX    6
#define TILL_OFFERS_MAX     8
#define TILL_POOLS_MAX      4
#define TILL_CLERKS_MAX     12
#define TILL_POOL_COUNT_MAX 500 /* so many rows are looked at; there may be more */

enum till_op {
    TILL_REDEEM,  /* a coupon by scanned text or typed short code, with the sale it belongs to when stated */
    TILL_SALE,    /* a sale without a coupon: earns credit for the member, may be paid with credit */
    TILL_VOID,    /* one act (group) with all its records */
    TILL_SIGN_IN, /* by PIN or badge */
    TILL_SIGN_OUT,
    TILL_MEMBER, /* who is this card, what do they have */
    TILL_PRICE,  /* by EAN */
    TILL_RECENT, /* acts that can be voided, newest first */
    TILL_NOTE,   /* append a record that moves nothing: receipt, drawer, QR shown, greeted, scan refused, date confirmed
                  */
    TILL_ALONE,  /* the primary answers without a peer from now on, or no longer; a manager's act */
    TILL_PROMOTE, /* this terminal becomes the store's primary; a manager's act */
};

struct till_redeem {
    char text[SCANCODE_TEXT_MAX]; /* as scanned, cleaned; a short code when typed */
    bool typed;
    uint32_t pool;      /* instead of a text: one of this campaign's that anybody may have now; 0 = no */
    int64_t sale_minor; /* 0 = not entered */
    uint64_t member;    /* identified at the counter; 0 = nobody */
    bool date_confirmed;
    bool central_agreed; /* an authority answer GRANTED came for this very coupon */
    bool check_only;     /* decide and tell, change nothing: a shopper's own look, nobody is signed in */
    bool central_asked;  /* central was asked and could not help: do not offer to ask again */
};

struct till_sale {
    int64_t gross_minor;
    int64_t credit_minor;                /* to be paid with credit; needs member and code or PIN */
    uint64_t member;                     /* 0 = none */
    char member_code[SCANCODE_TEXT_MAX]; /* the rotating code as scanned, or "" */
    char pin[PIN_MAX + 1];               /* the member's PIN, or "" */
};

struct till_void {
    uint64_t group;
    uint32_t terminal; /* whose journal the group stands in; 0 = this one's */
    char reason[REASON_MAX];
};

struct till_alone {
    bool on;
    char reason[REASON_MAX];
};

struct till_promote {
    bool old_is_off;     /* the manager confirmed that the old primary is switched off; else refused */
    bool others_reached; /* every other peer could be asked for its copies: else it may be behind */
};

struct till_sign_in {
    uint32_t clerk; /* with pin */
    char pin[PIN_MAX + 1];
    char badge[SCANCODE_TEXT_MAX]; /* or the badge as scanned */
};

struct till_request {
    enum till_op op;
    uint32_t ticket;                         /* the flow's number; comes back with the answer */
    uint32_t clerk;                          /* who is signed in; 0 = nobody */
    bool online;                             /* central answered lately, as the sync says */
    uint32_t sync_age_s;                     /* UINT32_MAX = never */
    uint32_t via;                            /* the terminal of the store that asks; 0 = this one */
    uint8_t request_id[BODY_REQUEST_ID_LEN]; /* with via: an act that was done under it gives the same answer again */
    uint32_t asked_terminal, asked_epoch;    /* with via: as lan_act. -EAGAIN as long as who was asked may have done it
                                                and its journal is not here */
    union {
        struct till_redeem redeem;
        struct till_sale sale;
        struct till_void voided;
        struct till_sign_in sign_in;
        struct till_alone alone;
        struct till_promote promote;
        char text[SCANCODE_TEXT_MAX]; /* TILL_MEMBER: card or code; TILL_PRICE: EAN-13 */
        struct body note;
    };
};

struct till_redeemed {
    enum coupon_verdict verdict;
    struct coupon_id coupon;
    char campaign_zh[CAMPAIGN_NAME_MAX], campaign_en[CAMPAIGN_NAME_MAX];
    char gift_zh[CAMPAIGN_NAME_MAX], gift_en[CAMPAIGN_NAME_MAX];
    uint8_t discount; /* enum discount_kind */
    int64_t discount_minor, sale_minor, paid_minor, min_spend_minor;
    uint64_t member;
    int64_t earned_minor;
    int64_t balance_minor; /* the member's share here, after */
    uint32_t valid_from_s, expiry_s;
    uint32_t home_store;
    int64_t used_ms;      /* COUPON_ALREADY_USED: when; 0 = unknown */
    bool may_ask_central; /* held elsewhere, strict, or unknown code: central can help when online */
    bool offline;
    uint64_t group; /* COUPON_OK: seq of the act's first record */
    int64_t business_ms;
};

struct till_sold {
    enum credit_verdict verdict;
    uint64_t member;
    int64_t gross_minor, credit_minor, paid_minor, earned_minor, balance_minor;
    uint64_t group;
    int64_t business_ms;
};

enum void_verdict {
    VOID_OK = 0,
    VOID_UNKNOWN = 1, /* no such act here */
    VOID_ALREADY = 2,
    VOID_NOT_ALLOWED = 3, /* nobody signed in */
    VOID_MOVED_ON = 4,    /* the right was redeemed again or has left this store */
};

struct till_voided {
    enum void_verdict verdict;
    uint64_t group; /* that was voided */
    int64_t discount_minor, paid_minor, earned_minor, credit_minor;
};

struct till_signed_in {
    enum pin_verdict verdict;
    bool unknown; /* badge of nobody here, forged, expired or replaced */
    uint32_t clerk;
    uint8_t role;
    char name[FEED_NAME_MAX];
    uint32_t tries_left;
    int64_t locked_ms; /* until the lock ends */
};

struct till_member_coupon {
    char name_zh[CAMPAIGN_NAME_MAX], name_en[CAMPAIGN_NAME_MAX];
    uint32_t expiry_s;
    bool soon; /* expires within 3 days */
};

struct till_member {
    enum token_status token;
    bool known; /* of this store's table */
    uint64_t member;
    bool rotating, fresh; /* a fresh rotating code may spend */
    bool has_pin;
    int64_t share_minor;           /* credit that can be spent here */
    struct credit_part ends_first; /* what of it ends first; 0 = nothing does */
    uint32_t coupon_count;         /* all; the first TILL_COUPONS_MAX below, expiring first */
    struct till_member_coupon coupons[TILL_COUPONS_MAX];
};

struct till_price {
    bool found;
    struct feed_product product;
};

struct till_act { /* a row of the void list */
    uint64_t group;
    uint32_t terminal; /* whose act */
    int64_t business_ms;
    char campaign_zh[CAMPAIGN_NAME_MAX], campaign_en[CAMPAIGN_NAME_MAX]; /* "" for a plain sale */
    int64_t gross_minor, discount_minor, paid_minor, credit_minor, earned_minor;
    uint32_t clerk;
    bool voided;
};

enum store_verdict { /* of TILL_ALONE and TILL_PROMOTE */
                     STORE_OK = 0,
                     STORE_NOT_ALLOWED = 1, /* no manager is signed in */
                     STORE_NOT_PRIMARY = 2, /* alone: this terminal is not the primary */
                     STORE_IS_PRIMARY = 3,  /* promote: it already is */
                     STORE_SINGLE = 4,      /* there is no other terminal */
                     STORE_STILL_ON = 5,    /* promote: the old primary was not confirmed to be off, or answers */
                     STORE_BEHIND = 6,      /* promote: a peer knows of a later primary than this terminal */
};

struct till_recent {
    uint32_t count;
    struct till_act acts[TILL_RECENT_MAX];
};

struct till_answer {
    enum till_op op;
    uint32_t ticket;
    uint32_t by; /* the terminal that did it and whose journal `group` stands in; 0 = this one */
    /* 0; -ENOSPC disk full, -EUCLEAN books damaged, -EAGAIN no enrolment yet, -EINVAL: nothing happened.
     * -EIO: the disk failed and could not be read again yet; nobody is told "done", and once the books open again they
     * say what happened (a coupon would be ALREADY_USED).
     * -EHOSTDOWN: no other terminal of the store is live and this one is not alone: nothing happened.
     * -EINPROGRESS: recorded, and no peer holds it yet: not done. Another answer with the same ticket follows when one
     * does, when a manager goes alone, or (-EHOSTDOWN) when another terminal was promoted and nobody holds it. Asked
     * again under the same request id meanwhile, the newest ticket gets it.
     * -EBUSY: another act waits for a peer and has done so for 3 s: nothing happened.
     * -EREMOTE: this is for the primary of the store, and this terminal is not it: nothing happened. */
    int error;
    union {
        struct till_redeemed redeemed;
        struct till_sold sold;
        struct till_voided voided;
        struct till_signed_in signed_in;
        struct till_member member;
        struct till_price price;
        struct till_recent recent;
        uint64_t noted_seq;
        enum store_verdict store; /* TILL_ALONE, TILL_PROMOTE */
    };
};

/* Coupons of a campaign that anybody may have now. */
struct till_pool {
    uint32_t campaign;
    char name_zh[CAMPAIGN_NAME_MAX], name_en[CAMPAIGN_NAME_MAX];
    uint32_t here;      /* by the store's own books: good here at once, offline too; at most TILL_POOL_COUNT_MAX */
    uint32_t elsewhere; /* as central said last: only if their holder gives them up */
    uint32_t here_until_s, elsewhere_until_s;            /* the last of these ends then */
    char only_zh[FEED_NAME_MAX], only_en[FEED_NAME_MAX]; /* the store where those elsewhere are; "" = several */
};

/* What screens show besides answers; changes with the feed, and with time. */
struct till_reference {
    bool enrolled;
    uint32_t terminal, incarnation;
    uint8_t role;
    struct feed_settings settings;
    struct feed_touchpoint touchpoint; /* this terminal's own, url "" when none came yet */
    uint32_t offer_count;
    struct feed_offer offers[TILL_OFFERS_MAX];
    int64_t offer_price_minor[TILL_OFFERS_MAX], offer_member_price_minor[TILL_OFFERS_MAX]; /* 0 = none */
    uint32_t pool_count;
    struct till_pool pools[TILL_POOLS_MAX]; /* what ends first comes first; may have ended meanwhile */
    struct feed_survey survey;              /* the newest; 0 = none is asked */
    uint32_t clerk_count;
    struct feed_clerk clerks[TILL_CLERKS_MAX];
    uint32_t products, members; /* counts */
};

/* What stands outside the data partition about these books (mark.c): how far they have come at least. */
struct till_mark {
    uint64_t boot_count;  /* starts; no books have counted further */
    uint64_t books_count; /* and so far they have */
    uint32_t terminal, incarnation;
    uint64_t last_seq; /* durable in the journal of that incarnation */
};

/* Where it is kept. Blocking, on the thread that opens the till, then on the till's. */
struct till_marks {
    int (*read)(void *context, struct till_mark *out_mark);    /* -ENOENT none, -EBADMSG damaged, -ENOTSUP none is kept
                                                                  here, else: cannot be known just now */
    int (*write)(void *context, const struct till_mark *mark); /* durable when it returns 0 */
    void *context;
};

enum till_mark_news {
    TILL_MARK_FAILS,         /* cannot be read or written: books that are set back now are not found */
    TILL_MARK_WORKS,         /* again */
    TILL_BOOKS_OF_ANOTHER,   /* device; this and what follows: out of service until enrolled anew */
    TILL_BOOKS_SET_BACK,     /* older than what stands outside, or newer: not the books that were here */
    TILL_BOOKS_MARK_MISSING, /* they know of a mark */
    TILL_BOOKS_MARK_DAMAGED,
};

struct till_options {
    const char *path;        /* the database file */
    const char *vfs;         /* NULL = the system's; fault injection */
    const char *pepper_path; /* 0600, made when missing */
    const struct clock *clock;
    const char *boot_id; /* NULL = the system's; another one voids what was kept of the steady clock */
    const struct body_incarnation *device; /* what this device is now, compared with what it was when it was enrolled;
                                              NULL = not compared. Read by till_open only */
    struct till_marks marks;               /* read NULL: no mark is kept */
    bool lan;         /* a lan room carries between this till and those of its store; without one the store
                         counts as one of a single terminal, whatever the feed says */
    bool inline_jobs; /* no thread: requests and calls are done before they return, on the caller's thread; for
                         simulations. The callbacks below must not come back into the till then */
    /* All are called on the till's thread and must not block. */
    void (*answered)(void *context, const struct till_answer *answer);
    void (*changed)(void *context);                                       /* reference data changed: read it again */
    void (*greeted)(void *context, const struct feed_greeting *greeting); /* a fresh one came by the feed */
    void (*appended)(void *context);                                      /* there is something to upload */
    void (*marked)(void *context, enum till_mark_news news, int error);   /* also from within till_open; may be NULL */
    void *context;
};

/* Opens (and migrates) the books and starts the thread, unless inline. -EUCLEAN damaged, -ENOSPC, -EACCES, -EBUSY
 * another till has them. */
MUST_CHECK int till_open(const struct till_options *options, struct till **out_till);
/* Finishes what is queued, then stops. */
void till_close(struct till *till);

/* Starts of this device, as the mark counts them; 0 = no mark is kept, or it cannot be read. Any thread. */
uint64_t till_boot_count(const struct till *till);

/* Any thread. The answer comes by the callback. -ENOSPC queue full, -ESHUTDOWN closing. */
MUST_CHECK int till_submit(struct till *till, const struct till_request *request);
/* Any thread; a copy. */
void till_reference_copy(struct till *till, struct till_reference *out_reference);

/*
 * For the sync (any thread, blocking until committed).
 */
struct till_enrolment {
    struct enrol_ticket ticket;
    struct enrol_answer answer; /* state says how far it got */
};
/* Kept outside the journal, survives everything but a factory reset. Confirmed: writes the incarnation record first.
 * -EPERM: enrolled, and the answer is of another house (another root); -EEXIST: an incarnation that was left. */
MUST_CHECK int till_enrolment_store(struct till *till, const struct till_enrolment *enrolment,
                                    const struct body_incarnation *incarnation);
MUST_CHECK int till_enrolment_load(struct till *till, struct till_enrolment *out_enrolment); /* -ENOENT */
/* A page of the feed: applied in one transaction with the cursor. Requests for rights and shares append the release
 * here. */
MUST_CHECK int till_feed_apply(struct till *till, struct slice page, struct feed_page_head *out_head);
MUST_CHECK int till_feed_cursor(struct till *till, struct feed_cursor *out_cursor);
/* Marks from central: raises them; a new server epoch rewinds. What no projection needs is pruned once it was below
 * archived_through for 30 days of running, which no wall clock can shorten. */
MUST_CHECK int till_marks_store(struct till *till, const struct journal_answer *answer);
/* Central's clock, for the time rules. */
MUST_CHECK int till_time_trust(struct till *till, int64_t server_ms, struct clock_reading at);

struct till_backlog {
    uint64_t last_seq, durable_through, archived_through;
    uint64_t waiting;  /* records central does not have */
    int64_t oldest_ms; /* HLC time of the oldest of them; 0 = none */
    uint64_t stranded; /* records of terminals that this disk was before, which go up no more: only a file takes them */
    uint32_t carried;  /* journals of terminals that are gone, held here, which central is not known to have */
    bool forked;       /* central or a peer holds another history of this terminal, or these are the books of another
                          device: rights and shares are gone, out of service until enrolled anew */
};
MUST_CHECK int till_backlog(struct till *till, struct till_backlog *out_backlog);
/* Encodes the next batch after durable_through, signed; *out_len 0 when nothing waits. Own read-only connection. */
MUST_CHECK int till_next_batch(struct till *till, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                               size_t *out_len);

/*
 * For the room that talks to the other terminals of the store (any thread, blocking until committed; reads on their own
 * read-only connection). docs/decisions/2026-11-22-a-store-of-several-terminals.md
 */
struct till_store { /* as the books know it now */
    bool enrolled, single, primary, alone;
    bool carries; /* till_backlog.carried is not 0 */
    uint32_t terminal, incarnation, store, store_epoch, primary_terminal;
    uint64_t unconfirmed_from; /* 0 = nothing waits for a peer */
    uint32_t act_epoch;        /* the store's under which what waits was begun; 0 = nothing does */
    uint32_t terminal_count;   /* others of the store, not gone */
    struct feed_terminal terminals[LAN_TERMINALS_MAX];
};
MUST_CHECK int till_store_read(struct till *till, struct till_store *out_store);
/* inline_jobs: has an act that waits for a peer told as pending when its 3 s are over, and credit that has ended leave
 * the books, looked at once a minute. A till with a thread sees to it itself. */
void till_tick(struct till *till);
/* How many peers answered lately; acts that consume authority need one, unless alone. Never blocks. */
void till_peers_live(struct till *till, uint32_t count);
/* Whose journal is held here how far: this terminal's and every copy. */
MUST_CHECK int till_ends(struct till *till, struct lan_end out_ends[LAN_TERMINALS_MAX], uint32_t *out_count);
/* The next batch of (terminal, incarnation) after a seq; *out_len 0 when there is none. Own records are signed with
 * secret; a copy goes on with the very signatures that it came with. Own records that wait for a peer are included. */
MUST_CHECK int till_copy_next(struct till *till, const struct lan_end *after, const uint8_t secret[SECRET_KEY_LEN],
                              uint8_t *out, size_t cap, size_t *out_len);
/* A peer's batch: signature by the key that the feed names (of one that is gone too: its journal goes on), chain, then
 * stored verbatim and projected in one transaction. A promotion in it may depose this terminal. *out_answer as central
 * would say it. */
MUST_CHECK int till_copy_store(struct till *till, struct slice batch, struct journal_answer *out_answer);
/* Central has the journal of a terminal that is gone through end->through, or wants no more of it. */
MUST_CHECK int till_carried(struct till *till, const struct lan_end *end);
/* A peer says how far it holds this terminal's journal: another hash at that seq is a fork, -EILSEQ, and out of
 * service; else what waited for it is confirmed, and answered. */
MUST_CHECK int till_peer_holds(struct till *till, uint32_t peer, const struct lan_end *end);

/* A hello says which store epoch its sender knows, and what it holds of whose journal, its own among them; called for
 * each, before copies go. What a terminal's journal holds beyond the copy that another one was promoted over is taken
 * only as far as it stands by it, holding that promotion's record: JOURNAL_GAP until then. */
MUST_CHECK int till_peer_hello(struct till *till, const struct lan_hello *hello);
/* And whether it asks around before it is promoted over a terminal (0: no): nothing more of that one's journal is taken
 * meanwhile, JOURNAL_GAP, so that what it was told of the copy here stays true. Ends by itself after half a minute. */
MUST_CHECK int till_peer_deposes(struct till *till, uint32_t peer, uint32_t deposes);

struct till_pending { /* a request to the primary whose answer has not come */
    uint8_t request_id[BODY_REQUEST_ID_LEN];
    int64_t since_ms;
    struct lan_act act; /* without the PIN: asked again when it is needed */
};
MUST_CHECK int till_pending_put(struct till *till, const struct till_pending *pending);
MUST_CHECK int till_pending_drop(struct till *till, const uint8_t request_id[BODY_REQUEST_ID_LEN]);
MUST_CHECK int till_pending_list(struct till *till, struct till_pending *out_list, uint32_t cap, uint32_t *out_count);

/* TILL_NOTE for who must know that it stands in the journal before going on. Any thread, blocking until committed;
 * errors of struct till_answer. */
MUST_CHECK int till_note(struct till *till, const struct body *body);
/* What central asked this device to do (domain/feed.h), newest first, those long over left out. Any thread, blocking.
 */
MUST_CHECK int till_orders(struct till *till, struct feed_order *out_list, uint32_t cap, uint32_t *out_count);

/* Rebuilds every projection from journal and feed into a scratch database and compares: 0 equal, -EUCLEAN not. Tests,
 * doctor. */
MUST_CHECK int till_rebuild_compare(struct till *till);

const char *void_verdict_name(enum void_verdict verdict);

#endif
