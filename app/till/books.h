#ifndef APP_TILL_BOOKS_H
#define APP_TILL_BOOKS_H

/*
 * The books behind the till: one writing connection and what is kept in memory beside it. Private to app/till. Every
 * function here runs on the till's thread (upload.c says where it does not).
 *
 * A transaction goes books_begin … books_commit, or books_abort at the first error. What a failed transaction changed
 * in memory is brought back from the database.
 */

#include "platform/db.h"
#include "platform/lock.h"
#include "till/till.h"

#include <pthread.h>
#include <stdatomic.h>

/* A journal row's key: the era (one per terminal and incarnation, counted here) above the sequence number. Eras of this
 * terminal are its own; those of the store's other terminals hold copies. */
#define JOURNAL_SEQ_BITS 44

static inline int64_t journal_id(uint32_t era, uint64_t seq)
{
    return (int64_t)((uint64_t)era << JOURNAL_SEQ_BITS | seq);
}

static inline uint32_t journal_era(int64_t id)
{
    return (uint32_t)((uint64_t)id >> JOURNAL_SEQ_BITS);
}

static inline uint64_t journal_seq(int64_t id)
{
    return (uint64_t)id & ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1);
}

/* Where the journal of the present era ends. */
struct journal_head {
    uint64_t seq; /* 0 = no record yet */
    struct hlc hlc;
    uint8_t hash[HASH_LEN];
};

/* Applies records to the projections of db; bodies of voided records are read from source's journal. */
struct projection {
    struct db *db, *source;
    uint32_t store;
    bool guard;       /* an own act is being appended: it must fit what is there */
    bool copy;        /* the record is another terminal's, or of an incarnation that was not on this disk */
    int64_t group_id; /* the last redemption: a sale of the same group posts its campaign's discount */
    uint32_t group_campaign;
};

#define REFUSED_REMEMBERED 32

struct refused_scan {
    uint8_t token_hash[8];
    uint16_t verdict;
    int64_t mono_ms;
};

#define GREETINGS_PENDING 8
#define LATE_MAX          16

/* What decides which items of authority_waiting are due. */
struct waiting_look {
    bool valid;
    uint32_t epoch;
    bool rights, shares; /* can be released */
};

/* How this terminal stands in its store; from feed, journal and config by store_load. */
struct store_role {
    uint32_t others;      /* terminals of the store that the feed names besides this one */
    uint32_t epoch;       /* the store's, the feed's or a later promotion's */
    uint32_t primary;     /* terminal */
    uint32_t since_epoch; /* tokens of this epoch and later are covered by these books */
    bool forked;          /* another history has this terminal's name, or the disk another's: rights are gone */
    bool went_alone;      /* by a manager or by central, not ended yet */
    uint32_t act_epoch;   /* under which the last act that waited for a peer was begun; 0 = not known */
    bool deposed;         /* a promotion over this incarnation is known, later than that act */
    uint64_t deposed_copy_through;
    bool deposed_behind; /* it said that its copy may be behind */
    uint32_t deposed_by;
    uint32_t waiting;         /* feed items in authority_waiting */
    struct waiting_look idle; /* of these none was due under it */
    int64_t follows; /* a primary before, by central's word, whose end is not here yet; 0 = nobody (successor.c) */
    uint32_t follows_since; /* the store epoch of that word */
};

#define PEERS_REMEMBERED LAN_TERMINALS_MAX

struct peer_word { /* what a peer said in this run */
    uint32_t peer;
    bool ends; /* it said how far it holds this era: */
    uint64_t through;
    uint32_t epoch;     /* the store's, as it knows it */
    uint32_t primary;   /* under that epoch */
    bool later;         /* than what is known here: store_load, store_hear */
    uint32_t act_epoch; /* of the act that waits there; 0 = none does */
    int64_t said_mono_ms;
    uint32_t incarnation; /* of its own journal, which is among */
    uint32_t held_count;
    struct lan_end held[LAN_TERMINALS_MAX]; /* what it holds of whose journal, all at one moment */
    bool forgotten;                         /* as an end: it was said before central went back */
    uint64_t lacking;                       /* successor_hear: records of those that are gone, then */
    uint32_t in_vain;                       /* so often nothing of them had come */
};

/* Somebody is about to be promoted over `terminal`, and was told how much of its journal is held here. */
struct fence {
    uint32_t by, terminal; /* 0 = none */
    uint32_t epoch;        /* the store's then: a higher one ends it */
    int64_t until_mono_ms;
};

/* What the open transaction changed of what upload.c keeps, beside the records that it appends to this journal. */
struct touched {
    bool ends, backlog;  /* in a way that has to be read again */
    struct lan_end copy; /* this copy grew; through 0 = none did */
    int64_t first_ms;    /* when the first own record was appended; 0 = none was */
    bool caught_up;      /* central has all of the present era, and has archived this much: */
    uint64_t archived_through;
};

struct mark_state {
    struct till_marks medium;
    void (*told)(void *context, enum till_mark_news news, int error); /* may be NULL */
    void *context;
    bool known;           /* now is what stands outside, or nothing does */
    struct till_mark now; /* zeros: nothing does */
    uint64_t count;       /* what stands in the books, durably */
    uint32_t era;         /* whose that is */
    uint64_t due_seq;     /* written again when the journal is so long */
    int error;            /* of the last attempt */
};

struct books {
    char *path, *vfs, *lock_path; /* owned */
    const struct clock *clock;
    struct mark_state mark;
    char boot_id[40];
    struct lock lock;
    struct db *db; /* NULL after a failure, until reopened */
    struct {       /* how that went */
        uint32_t failures;
        int error;
        int64_t next_mono_ms;
    } reopening;
    bool enrolled;
    struct till_enrolment enrolment; /* also while it waits for confirmation: answer.state */
    uint32_t era;
    struct journal_head head, committed;
    struct projection projection;
    bool has_settings, has_keyset;
    struct feed_settings settings;
    struct keyset keyset;
    struct feed_cursor cursor;
    uint32_t feed_epoch;
    int64_t products, members; /* counted as they come: counting them at start would take longer the more there are */
    struct time_trust trust;
    int64_t trust_kept_mono_ms; /* when it was last written down */
    uint8_t pepper[32];
    bool pepper_made;
    uint64_t durable_through;
    int64_t run_ms, run_mono_ms; /* how long the machine has run with these books, counted through run_mono_ms */
    struct refused_scan refused[REFUSED_REMEMBERED];
    uint32_t refused_next;
    uint32_t unknown_codes; /* typed since unknown_since_mono_ms */
    int64_t unknown_since_mono_ms;
    bool lan;                    /* a lan room serves this till */
    _Atomic uint32_t peers_live; /* set by any thread */
    struct store_role role;
    struct { /* of the feed, as store_read last saw it */
        bool known;
        bool gone; /* some are */
        uint32_t count;
        struct feed_terminal list[LAN_TERMINALS_MAX];
    } others;
    uint64_t unconfirmed_from, unconfirmed_committed; /* 0 = nothing waits for a peer; as on the disk */
    bool awaits_peer;                                 /* the open transaction holds an act that a peer must have */
    struct touched touched;
    bool taken_back; /* what waited is gone: the till's loop says so */
    struct peer_word peers[PEERS_REMEMBERED];
    struct fence fence;
    struct body late[LATE_MAX]; /* sign-ins while an act waits for a peer: appended after it */
    uint32_t late_count;
    bool appended, reference_changed; /* news for the callbacks, taken by the thread's loop */
    struct {                          /* the public pool, as it was looked at last */
        bool changes;                 /* with time: there is something that is public, or will be */
        bool unread;                  /* coupons of an older version are still to be read */
        int64_t looked_mono_ms;
    } public;
    struct feed_greeting greetings[GREETINGS_PENDING];
    uint32_t greeting_count;
    int64_t expire_passed_over; /* shares with nothing to expire among those that look due */
    uint8_t scratch[RECORD_BODY_MAX];
    struct upload *upload; /* its reader must be away while the writer opens */
};

/* schema.c */
MUST_CHECK int schema_migrate(struct db *db);

/* config.c: small values by name. */
MUST_CHECK int config_get(struct db *db, const char *key, void *out, size_t cap, size_t *out_len); /* -ENOENT */
MUST_CHECK int config_set(struct db *db, const char *key, const void *data, size_t len);
MUST_CHECK int config_get_int(struct db *db, const char *key, int64_t *out_value); /* 0 when there is none */
MUST_CHECK int config_set_int(struct db *db, const char *key, int64_t value);

/* books.c */
MUST_CHECK int books_open(struct books *b, const struct till_options *options);
void books_close(struct books *b); /* also after a failed open */
/* Opens again after a failure and verifies; 0 when the books can be used. A clerk who waits has it tried at once; what
 * comes by itself, again and again, leaves an ill disk a growing pause and has the last error meanwhile. */
MUST_CHECK int books_ready(struct books *b);
MUST_CHECK int books_ready_unhurried(struct books *b);
MUST_CHECK int books_begin(struct books *b);
/* 0 only when everything since books_begin is on the disk. After an unclear commit the books are opened anew, and what
 * the database then says is the answer. */
MUST_CHECK int books_commit(struct books *b);
void books_abort(struct books *b);
/*
 * Central, or a peer, holds a history under this terminal's name that this disk does not: it went back in time, or
 * another one has its name. A restart must not forget it: only a new enrolment ends it.
 */
MUST_CHECK int books_remember_fork(struct books *b);
/* The open transaction changes eras, marks, or what stands about them in config. */
void books_touch(struct books *b);
/* Everything in memory from the database. */
MUST_CHECK int books_load(struct books *b);
struct clock_reading books_clock(const struct books *b);
struct business_time books_now(const struct books *b);
/* Only the primary of the store holds rights and shares. */
bool books_is_primary(const struct books *b);
/* The feed names no other terminal, or nothing carries between them: none of the rules for several terminals apply. */
bool books_is_single(const struct books *b);
bool books_is_alone(const struct books *b);
/* What consumes authority here, or was asked for by another terminal, counts only once a peer holds it. */
bool books_needs_peer(const struct books *b);
bool books_peer_live(const struct books *b);

/* journal.c: within a transaction; the projections follow at once. -EHOSTDOWN: a peer would have to hold it and none is
 * live, the primary before has not said how much credit it spent, or a peer knows of a later primary; -EBUSY: an act
 * waits for a peer. */
MUST_CHECK int journal_append(struct books *b, const struct body *body, uint64_t *out_seq);
MUST_CHECK int journal_load_head(struct db *db, uint32_t era, struct journal_head *out_head);
MUST_CHECK int journal_insert(struct db *db, uint32_t era, const struct record *record);
/* The body is copied into buffer. -ENOENT, -EUCLEAN when the record's hash is not its own. */
MUST_CHECK int journal_read(struct db *db, int64_t id, uint8_t buffer[RECORD_BODY_MAX], struct record *out_record);
/* Every record from one id through another, in order; what `visit` returns other than 0 ends it. Whether a record's
 * hash is its own is left to the visitor: a batch asks that of every record anyway. */
typedef int (*journal_visit)(void *context, const struct record *record);
MUST_CHECK int journal_walk(struct db *db, int64_t first_id, int64_t last_id, journal_visit visit, void *context);
MUST_CHECK int journal_read_body(struct db *db, int64_t id, struct body *out_body);

/* projection.c */
MUST_CHECK int projection_apply(struct projection *p, int64_t id, const struct body *body);
/* Which record did what was asked under this id; -ENOENT. */
MUST_CHECK int request_find(struct db *db, const uint8_t request_id[BODY_REQUEST_ID_LEN], int64_t *out_record);
MUST_CHECK int balance_get(struct db *db, const char *account, int64_t *out_amount_minor); /* credit; 0 when unknown */
MUST_CHECK int share_get(struct db *db, uint64_t member, struct owner owner, int64_t *out_amount_minor);

/* expire.c */
/* What of a share ends. */
MUST_CHECK int share_parts(struct db *db, uint64_t member, struct owner owner, struct credit_rows *out_rows);
/* Business time, but not what a clock says that fell behind central's last word: nothing ends the sooner for it. */
int64_t expire_not_before_ms(const struct books *b);
/* By a clock that is sure, or by central's last word. */
bool expire_has_ended(const struct books *b, int64_t ends_s);
/* The share without what has surely ended. */
MUST_CHECK int expire_spendable(struct books *b, uint64_t member, struct owner owner, int64_t *out_amount_minor);
/* And what of that ends first; amount 0 = nothing. */
MUST_CHECK int expire_next(struct books *b, uint64_t member, struct owner owner, struct credit_part *out_part);
/* In a transaction, before anything of the share is spent or released: what has surely ended leaves it. */
MUST_CHECK int expire_share(struct books *b, uint64_t member, struct owner owner, struct business_time now);
/* Some shares, in a transaction of its own; nothing where this terminal may not release any either. */
MUST_CHECK int expire_run(struct books *b, bool *out_more);
/* Whether what waits for a peer is nothing but credit that ended, of which nobody waits to be told. */
MUST_CHECK int expire_waits(struct books *b, bool *out_waits);

/* coupon_facts.c: what the books know of one coupon. */
struct coupon_use { /* the last one */
    bool found, voided;
    uint32_t use_no, epoch;
    int64_t record; /* journal id */
    int64_t business_ms;
};
enum held_state { HELD_NONE = 0, HELD_HERE = 1, HELD_RELEASED = 2 };
struct held_right {
    enum held_state state;
    uint32_t epoch, use_no;
    uint32_t store_epoch;   /* under which it was granted; 0 = its record does not say */
    uint32_t lease_until_s; /* from then on nothing new is redeemed with it; 0 = none */
};
MUST_CHECK int coupon_last_use(struct db *db, struct coupon_id coupon, struct coupon_use *out_use);
MUST_CHECK int coupon_held_right(struct db *db, struct coupon_id coupon, struct held_right *out_right);
MUST_CHECK int coupon_row(struct db *db, struct coupon_id coupon, struct feed_coupon *out_row);       /* -ENOENT */
MUST_CHECK int coupon_row_by_code(struct db *db, const char *shortcode, struct feed_coupon *out_row); /* -ENOENT */
MUST_CHECK int coupon_campaign(struct db *db, uint32_t campaign, struct campaign *out_campaign);      /* -ENOENT */
MUST_CHECK int coupon_member_uses(struct db *db, uint32_t campaign, uint64_t member,
                                  uint32_t *out_uses); /* not voided */

/* public.c: coupons that anybody may have now. */
#define PUBLIC_LOOK_MS 10000 /* while nothing else happens, the pool is counted this often */
/* From when on anybody may have it; 0 = never. */
uint32_t public_from_s(const struct feed_coupon *coupon);
/* In a transaction. Used ones are passed over without being read; what the books say of them decides all the same. */
MUST_CHECK int public_mark(struct db *db, struct coupon_id coupon, bool used);
MUST_CHECK int public_forget_uses(struct db *db);                         /* before a rebuild */
MUST_CHECK int public_note_right(struct db *db, struct coupon_id coupon); /* it was granted or released */
/* Of the coupons that an older version stored, the next ones; public.unread says whether there are any. */
MUST_CHECK int public_read_more(struct books *b);
/* The first to end of this campaign's that may be given away here now, whoever takes it. -ENOENT. */
MUST_CHECK int public_first(struct books *b, uint32_t campaign, struct feed_coupon *out_row);
MUST_CHECK int public_load(struct books *b, struct till_reference *out);
int public_due_ms(const struct books *b); /* until it is to be counted again; -1 = not before something happens */

/* redeem.c: where the right of this coupon is. of_store: the store's primary may be another terminal. */
enum right_state redeem_right(const struct books *b, const struct feed_coupon *row, const struct coupon_use *use,
                              const struct held_right *held, bool of_store);
/* redeem.c, sale.c, voiding.c, sign_in.c, lookup.c, note.c: one request each; the return is the answer's error. */
MUST_CHECK int redeem_run(struct books *b, const struct till_request *request, struct till_redeemed *out_redeemed);
MUST_CHECK int sale_run(struct books *b, const struct till_request *request, struct till_sold *out_sold);
MUST_CHECK int voiding_run(struct books *b, const struct till_request *request, struct till_voided *out_voided);
MUST_CHECK int sign_in_run(struct books *b, const struct till_request *request, struct till_signed_in *out_signed_in);
MUST_CHECK int sign_out_run(struct books *b, const struct till_request *request);
MUST_CHECK int lookup_member(struct books *b, const struct till_request *request, struct till_member *out_member);
MUST_CHECK int lookup_price(struct books *b, const struct till_request *request, struct till_price *out_price);
MUST_CHECK int lookup_recent(struct books *b, struct till_recent *out_recent);
MUST_CHECK int note_call(struct books *b, const struct body *body);
MUST_CHECK int note_run(struct books *b, const struct till_request *request, uint64_t *out_seq);

/* The sale that follows a redemption, or stands alone, and what it earns: appended to the open transaction. */
struct sale_act {
    uint64_t group; /* 0 = the sale itself begins it */
    uint32_t clerk;
    uint64_t member; /* 0 = unknown: nothing is earned */
    int64_t gross_minor, discount_minor, credit_minor;
    uint8_t auth; /* of the credit */
    uint64_t nonce;
    int64_t business_ms;
    uint32_t via;              /* a sale that stands alone: who asked for it */
    const uint8_t *request_id; /* NULL = none */
};
struct sale_result {
    uint64_t group;
    int64_t paid_minor, earned_minor;
};
MUST_CHECK int sale_append(struct books *b, const struct sale_act *act, struct sale_result *out_result);

/* act.c: the records of one act, in order. */
#define ACT_RECORDS_MAX 4
struct act {
    uint32_t count;
    uint64_t seq[ACT_RECORDS_MAX];
    struct body bodies[ACT_RECORDS_MAX];
    bool voided;
};
/* id: the journal id of its first record. -ENOENT: no act begins there. */
MUST_CHECK int act_load(struct books *b, int64_t id, struct act *out_act);
/* The era in which a terminal's groups stand: 0 = this terminal's, else its newest incarnation. -ENOENT. */
MUST_CHECK int act_era(struct books *b, uint32_t terminal, uint32_t *out_era);
const struct body *act_find(const struct act *act, uint16_t kind); /* NULL when it has none */
void voiding_describe(const struct act *act, struct till_voided *out_voided);

/* pins.c: guarded PINs of clerks and members; counts and locks in a transaction of its own. */
enum pin_owner { PIN_OF_CLERK = 1, PIN_OF_MEMBER = 2 };
struct pin_check {
    enum pin_owner owner;
    uint64_t who;
    const char *pin;
    const uint8_t *salt;   /* PIN_SALT_LEN */
    const uint8_t *stored; /* PIN_HASH_LEN, peppered */
};
struct pin_result {
    enum pin_verdict verdict;
    uint32_t tries_left;
    int64_t locked_ms;
};
MUST_CHECK int pins_check(struct books *b, const struct pin_check *check, struct pin_result *out_result);
MUST_CHECK int member_row(struct db *db, uint64_t member, struct feed_member *out_row); /* -ENOENT */
/* The number that this one became part of; itself when it did not, or when nobody said so here. */
MUST_CHECK int member_survivor(struct db *db, uint64_t member, uint64_t *out_survivor);
MUST_CHECK int clerk_row(struct db *db, uint32_t clerk, struct feed_clerk *out_row); /* -ENOENT */
/* May be booked to: signed in and still of this store. */
MUST_CHECK int clerk_known(struct books *b, uint32_t clerk, bool *out_known);

/* enrolment.c, feed.c, marks.c, reference.c, rebuild.c */
MUST_CHECK int enrolment_load(struct books *b);
MUST_CHECK int enrolment_store(struct books *b, const struct till_enrolment *enrolment,
                               const struct body_incarnation *incarnation);
MUST_CHECK int feed_load(struct books *b);
MUST_CHECK int feed_apply(struct books *b, struct slice page, struct feed_page_head *out_head);
MUST_CHECK int feed_rewind(struct books *b); /* in a transaction: take everything again */
/* At the opening: what another version could not read and put aside comes again, with everything else. */
MUST_CHECK int feed_ask_again(struct books *b);
MUST_CHECK int feed_forget(struct books *b); /* in a transaction: another store's data must not stay */
MUST_CHECK int marks_load(struct books *b);
MUST_CHECK int marks_store(struct books *b, const struct journal_answer *answer);
/* In a transaction: central was restored, as the feed says. What no backup is known to hold goes up again, also when
 * nothing else waits; the answer to it says how far central really is. */
MUST_CHECK int marks_rewind(struct books *b, uint32_t server_epoch);
MUST_CHECK int trust_load(struct books *b);
MUST_CHECK int trust_store(struct books *b, int64_t server_ms, struct clock_reading at);
MUST_CHECK int reference_build(struct books *b, struct till_reference *out_reference);
MUST_CHECK int rebuild_compare(struct books *b);
MUST_CHECK int rebuild_in_place(struct books *b); /* in a transaction */

/* feed_authority.c: rights and shares that the feed grants or asks for. What cannot be done now waits, in the open
 * transaction. */
MUST_CHECK int feed_authority_item(struct books *b, uint16_t kind, struct slice body);
MUST_CHECK int feed_authority_forget(struct books *b); /* in a transaction: what waits */
/* Takes up what waits, in a transaction of its own, as far as it can be done now. */
MUST_CHECK int feed_authority_take_up(struct books *b);
/* A peer's record says that it was done. */
MUST_CHECK int feed_authority_done(struct books *b, const struct body *body);

/* store.c: the role of this terminal among the others. */
MUST_CHECK int store_load(struct books *b);
MUST_CHECK int store_read(struct books *b, struct till_store *out_store);
/* Are the store's rights that are held under this store epoch this terminal's? The primary's of that very epoch, and of
 * a later one that took them along; who follows without that leaves them to the other one, which may be using them. */
bool store_holds(const struct books *b, uint32_t store_epoch);
bool store_holds_right(const struct books *b, const struct held_right *held); /* of one that is HELD_HERE */
bool store_covers(const struct books *b, uint32_t store_epoch); /* the primary's, whichever terminal that is */
/* In place: whether a peer's word is of a later primary than the one that is known here. */
MUST_CHECK int store_hear(struct books *b, struct peer_word *word);
/* A peer said so just now: the store has gone on, by central's word or by a promotion whose record is not here yet. */
bool store_is_behind(const struct books *b);
/* Primary by its own promotion, which may not stand then: it uses and releases nothing until it knows. */
bool store_is_contested(const struct books *b);
MUST_CHECK int alone_run(struct books *b, const struct till_request *request, enum store_verdict *out_verdict);
/* In a transaction: on or off, with its record. */
MUST_CHECK int alone_set(struct books *b, bool on, uint32_t clerk, const char *reason);
/* In a transaction. Central ordered the primary to go on alone: the journal says so; it ends by itself once the order
 * is lifted. Not before an act that a promotion has undone is taken back. */
MUST_CHECK int alone_ordered(struct books *b);
MUST_CHECK int promote_run(struct books *b, const struct till_request *request, enum store_verdict *out_verdict);

/* successor.c: whose the store's credit is when central names another primary. */
MUST_CHECK int successor_note(struct books *b, const struct store_role *before); /* in a transaction; loaded anew */
MUST_CHECK int successor_load(struct books *b, struct store_role *role);
MUST_CHECK int successor_hear(struct books *b, struct peer_word *word); /* it just came */
MUST_CHECK int successor_settle(struct books *b); /* after peers' words, copies, central's answers and feed pages */
/* May shares be spent and released here, as far as that depends on the primary before? */
bool successor_holds_shares(const struct books *b);
/* Whether an act that is not in these books may be in those of a primary before, whose end is not here yet. */
bool successor_may_lack(const struct books *b, const struct till_request *request);

/* confirm.c: what waits for a peer. */
MUST_CHECK int confirm_mark(struct books *b);  /* in the act's transaction */
MUST_CHECK int confirm_clear(struct books *b); /* in a transaction */
/* Takes back, by itself, an act that waits and that a promotion has undone. */
MUST_CHECK int confirm_undo(struct books *b);
/* What waits counts from now on, in a transaction of its own, whoever holds it. */
MUST_CHECK int confirm_unheld(struct books *b);
/* A peer says how far it holds this terminal's journal. */
MUST_CHECK int confirm_peer_holds(struct books *b, uint32_t peer, const struct lan_end *end);
MUST_CHECK int confirm_peer_hello(struct books *b, const struct lan_hello *hello);
void confirm_peer_deposes(struct books *b, uint32_t peer, uint32_t deposes);
bool confirm_fences(const struct books *b, uint32_t terminal);
/* Central went back to an earlier store epoch: what peers said so far is no end under that one. */
void confirm_forget_words(struct books *b);
/* Where the peer's own journal ended when it knew that another one is primary since that store epoch; NULL: it did not
 * say so. */
const struct lan_end *confirm_end_of(const struct books *b, uint32_t peer, uint32_t epoch);
/* A promotion over somebody's journal through `through`: `record` is where its own record ends. */
struct promotion_known {
    struct lan_end record;
    uint64_t through;
    uint32_t epoch; /* to which */
    bool past;      /* more of that journal is here than it covers */
};
/* Is the batch what its author stands by since it holds the promotion's record, or was promoted itself to a later epoch
 * (of two that were promoted over each other neither would get the other's)? That the store has another primary it
 * may know from central, which says nothing of a copy; and the batch may have been sent before, with an act that was
 * taken back meanwhile. So it has to end where its author said that the journal ends; not as long as it said nothing,
 * nor while an act that it began before the promotion waits there. */
bool confirm_stands_by(const struct books *b, const struct batch_reader *batch,
                       const struct promotion_known *promotion);
/* An act waits, and another terminal was promoted since it was begun, having asked everybody, over a copy without it.
 */
bool confirm_undone(const struct books *b);
/* In a transaction, when the role changed: an act that will be taken back is not given to a peer any more. */
MUST_CHECK int confirm_hold_back(struct books *b);
/* The act waits no longer, or was never done; after copies, peers' words and feed pages. */
MUST_CHECK int confirm_settle(struct books *b);
/* Appends what had to wait behind the act. */
MUST_CHECK int confirm_late(struct books *b);

/* device.c: are these the books of this device? Another serial or partition means that a disk was copied or moved:
 * remembered like a fork, until the terminal is enrolled anew. */
MUST_CHECK int device_check(struct books *b, const struct body_incarnation *device);

/* mark.c: are they those that were here last? And keeps the mark. What it cannot write it tells and goes on. */
MUST_CHECK int mark_start(struct books *b); /* after device_check */
void mark_follow(struct books *b);          /* after anything that may have been committed */
void mark_stop(struct books *b);            /* before the books are closed */
/* In the transaction that begins an era: it takes the mark as it stands. */
MUST_CHECK int mark_adopt(struct books *b);
void mark_tell(const struct books *b, enum till_mark_news news, int error);

/* copies.c: journals of the store's other terminals. */
MUST_CHECK int copies_store(struct books *b, struct slice batch, struct journal_answer *out_answer);
MUST_CHECK int copies_drop(struct books *b, bool *out_dropped); /* in a transaction */
/* Copies of terminals that are gone, of which central is not known to have the end. */
MUST_CHECK int copies_to_carry(struct db *db, uint32_t *out_count);
MUST_CHECK int copies_carried(struct books *b, const struct lan_end *end);

/* again.c: the answer to a request whose act was done already, from the act. -ENOENT: it was not. */
MUST_CHECK int again_answer(struct books *b, const struct till_request *request, struct till_answer *out_answer,
                            int64_t *out_record);

/* pending.c */
MUST_CHECK int pending_put(struct books *b, const struct till_pending *pending);
MUST_CHECK int pending_drop(struct books *b, const uint8_t request_id[BODY_REQUEST_ID_LEN]);
/* order.c */
MUST_CHECK int order_apply(struct books *b, struct slice body);
MUST_CHECK int order_list(struct books *b, struct feed_order *out_list, uint32_t cap, uint32_t *out_count);

MUST_CHECK int pending_list(struct books *b, struct till_pending *out_list, uint32_t cap, uint32_t *out_count);

/* upload.c: the one part that other threads enter; its own read-only connection behind a mutex. */
MUST_CHECK int upload_open(const char *path, const char *vfs, struct upload **out_upload);
void upload_close(struct upload *upload); /* NULL-safe */
/* While the writer opens, or cannot: after a sync that failed, the log shows records that the medium may not have, and
 * nobody may be told of them. -EIO until the next upload_admit. NULL-safe. */
void upload_release(struct upload *upload);
void upload_admit(struct upload *upload);
atomic_ullong *upload_commits(struct upload *upload); /* for the writer: what was read holds until it counts */
/* The writer, after a commit: what is kept of the moment before it goes along, without reading. */
struct upload_step {
    unsigned long long before, now; /* the counts of commits */
    uint32_t era;                   /* the present one, */
    struct lan_end own;             /* where its journal ends now, */
    uint64_t unconfirmed_from;      /* and what of it waits for a peer */
    const struct touched *done;     /* by the commit */
};
void upload_follow(struct upload *upload, const struct upload_step *step);
/* -EUCLEAN when what is kept is not what stands in the books. */
MUST_CHECK int upload_compare(struct upload *upload);
MUST_CHECK int upload_backlog(struct upload *upload, struct till_backlog *out_backlog);
MUST_CHECK int upload_next_batch(struct upload *upload, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                                 size_t *out_len);
MUST_CHECK int upload_ends(struct upload *upload, struct lan_end out_ends[LAN_TERMINALS_MAX], uint32_t *out_count);
MUST_CHECK int upload_copy_next(struct upload *upload, const struct lan_end *after,
                                const uint8_t secret[SECRET_KEY_LEN], struct slice out, size_t *out_len);
/* The era whose records go up next: the oldest of this terminal with records that central lacks, else the present. */
struct upload_era {
    uint32_t era, terminal, incarnation;
    uint64_t last_seq, durable_through, archived_through, pruned_through;
};
MUST_CHECK int upload_era_find(struct db *db, struct upload_era *out_era); /* -ENOENT before the enrolment */

#endif
