#ifndef APP_TILL_TILL_INTERNAL_H
#define APP_TILL_TILL_INTERNAL_H

/* The parts of the till's thread: till.c (loop, requests), calls.c (calls of other rooms), hold.c (answers that wait
 * for a peer). */

#include "books.h"
#include "platform/queue.h"

#define CALLS_MAX      16    /* callers that may wait at once, beyond TILL_QUEUE_MAX requests */
#define HELD_TELL_MS   3000  /* without word of a peer for so long the answer is "pending" */
#define EXPIRE_LOOK_MS 60000 /* how often what has ended is looked for, */
#define EXPIRE_MORE_MS 2000  /* and when there was more than one transaction takes */
#define READ_MORE_MS   20    /* between bits of what is read once */
#define DEFERRED_MAX   16    /* requests behind an act that waits; more are refused */

enum call_kind {
    CALL_ENROLMENT_STORE,
    CALL_ENROLMENT_LOAD,
    CALL_FEED_APPLY,
    CALL_FEED_CURSOR,
    CALL_MARKS_STORE,
    CALL_TIME_TRUST,
    CALL_REBUILD_COMPARE,
    CALL_STORE_READ,
    CALL_COPY_STORE,
    CALL_PEER_HOLDS,
    CALL_PEER_HELLO,
    CALL_PEER_DEPOSES,
    CALL_CARRIED,
    CALL_PENDING_PUT,
    CALL_PENDING_DROP,
    CALL_PENDING_LIST,
    CALL_ORDERS,
    CALL_NOTE,
};

/* On its caller's stack; the till's thread fills in result and done. */
struct call {
    enum call_kind kind;
    const struct till_enrolment *enrolment;
    const struct body_incarnation *incarnation;
    const struct journal_answer *answer;
    struct slice page; /* or batch */
    int64_t server_ms;
    struct clock_reading at;
    uint32_t peer, deposes;
    const struct lan_hello *hello;
    const struct lan_end *end;
    const struct till_pending *pending;
    const uint8_t *request_id;
    uint32_t cap;
    struct till_enrolment *out_enrolment;
    struct feed_page_head *out_head;
    struct feed_cursor *out_cursor;
    struct till_store *out_store;
    struct journal_answer *out_answer;
    struct till_pending *out_pending;
    struct feed_order *out_orders;
    const struct body *body;
    uint32_t *out_count;
    int result;
    bool done; /* guarded by the till's mutex */
};

struct item {
    struct call *call; /* NULL: a request */
    struct till_request request;
};

/* The answer to the act that waits for a peer, and the requests that came after it. The till's thread. */
struct hold {
    bool held, told; /* there is an answer; "pending" was said */
    struct till_answer answer;
    int64_t since_mono_ms;
    struct till_request deferred[DEFERRED_MAX];
    uint32_t first, count;
};

struct till {
    struct till_options options;
    struct books books; /* the till's thread, once it runs */
    struct hold hold;
    struct queue queue;
    pthread_t thread;
    uint64_t boot_count;        /* from till_open on the same */
    _Atomic uint32_t waiting;   /* requests on the queue */
    int64_t expire_due_mono_ms; /* the till's thread */
    pthread_mutex_t mutex;
    pthread_cond_t finished;                  /* a call is done */
    struct till_reference reference, scratch; /* reference: guarded by mutex; scratch: the till's thread */
};

/* till.c */
MUST_CHECK int till_push(struct till *till, const struct item *item);
void till_handle_request(struct till *till, const struct till_request *request);
/* calls.c */
MUST_CHECK int till_run_call(struct books *b, struct call *call);

/* hold.c: true when the request is dealt with, because an act waits for a peer. */
bool hold_request(struct till *till, const struct till_request *request);
/* Keeps the answer of an act that has just begun to wait. */
void hold_answer(struct till *till, const struct till_answer *answer);
/* Tells "pending" when it is time. */
/* True: requests were done meanwhile, of which others have to be told. */
MUST_CHECK bool hold_tick(struct till *till);
/* After anything that may have ended the waiting: the answer, then what was deferred. */
void hold_settle(struct till *till);
int hold_timeout_ms(const struct till *till); /* until the next tick is due; -1 = none */

#endif
