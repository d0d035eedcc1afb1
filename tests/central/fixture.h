#ifndef TESTS_CENTRAL_FIXTURE_H
#define TESTS_CENTRAL_FIXTURE_H

/* A central in a folder of its own with a clock that stands still, and a terminal that only speaks the protocol. */

#include "central/server.h"
#include "central/store/identity.h"
#include "domain/authority.h"
#include "domain/body.h"
#include "domain/feed.h"
#include "domain/record.h"
#include "platform/keys.h"
#include "platform/signature.h"

#define START_MS INT64_C(1795000000000) /* a day in November 2026 */

struct fixture {
    char dir[64];
    struct sim_clock clock;
    struct sim_random random;
    struct central *central; /* inline: everything happens within the call */
    const struct central_part *const *parts;
    size_t part_count;
    const char *vfs; /* of the books, from the next start on; NULL: the system's */
    uint32_t brand;
    uint32_t shops[2];
};

void fixture_folder(struct fixture *f); /* only the folder, clock and randomness */
void fixture_remove(struct fixture *f);
void fixture_open(struct fixture *f); /* and an initialised central with two stores, open */
/* The same with the program's parts (central_parts), or some of them. */
void fixture_open_with(struct fixture *f, const struct central_part *const *parts, size_t count);
void fixture_open_empty(struct fixture *f, const struct central_part *const *parts, size_t count); /* no stores */
void fixture_close(struct fixture *f);                                                             /* and removed */
void fixture_start(struct fixture *f, bool inline_jobs);               /* opens the books that are there */
MUST_CHECK int fixture_try_start(struct fixture *f, bool inline_jobs); /* central_open's answer */
void fixture_stop(struct fixture *f);

/* Runs one function in a transaction of the open central, or within a snapshot. */
int fixture_write(struct fixture *f, int (*run)(void *arg, struct store_tx *tx), void *arg);

/* The books made anew from their journal are the running ones. */
void fixture_equals_anew(struct fixture *f);

#define ANSWER_CAP (FEED_PAGE_BYTES_MAX + 1024)

struct answer {
    int status; /* 0: not answered yet */
    size_t len;
    char time[24]; /* Tillside-Time */
    uint8_t body[ANSWER_CAP];
};

/* One exchange with central: in-process, or over TLS. headers may be NULL for unsigned requests. */
struct exchange {
    const char *method, *target;
    const struct signature_headers *headers;
    const char *encoding; /* "" or "zstd" */
    struct slice body;
};
typedef void (*transport)(void *context, const struct exchange *exchange, struct answer *out_answer);
void transport_direct(void *fixture, const struct exchange *exchange, struct answer *out_answer);

struct fake_terminal {
    struct fixture *fixture;
    transport send;
    void *context;
    struct key_pair pair;
    uint32_t id, store, incarnation;
    char key_id[24];
    uint64_t seq; /* of the last record made */
    uint8_t last_hash[HASH_LEN];
    struct feed_cursor cursor;
    uint32_t nonce;
    bool has_books;        /* asks to enrol as the terminal that it is */
    bool unsigned_request; /* as versions did that proved the ticket alone */
};

/* Makes its key, enrols with a ticket, is confirmed by the operator and knows its number. */
void terminal_enrol(struct fake_terminal *t, struct fixture *f, uint32_t shop);
/* Only a key and the ticket's request, sent; the answer in *out_answer. */
void terminal_make(struct fake_terminal *t, struct fixture *f, uint8_t seed);
void terminal_ask_enrol(struct fake_terminal *t, const struct enrol_ticket *ticket, struct answer *out_answer);
void make_ticket(struct fixture *f, uint32_t shop, struct enrol_ticket *out_ticket);
void confirm_terminal(struct fixture *f, uint32_t terminal);
/* The operator's yes to one that asked; it knows its number then. */
void terminal_confirm_waiting(struct fake_terminal *t);
/* A refusal, with its reason and central's time. */
void assert_refused(const struct answer *answer, int status, const char *reason);

/* A central and one enrolled terminal of its first store: *state of the tests that are set up so. */
struct shop_world {
    struct fixture f;
    struct fake_terminal t;
};
int shop_world_setup(void **state);
int shop_world_teardown(void **state);

/* Signed. */
void terminal_send(struct fake_terminal *t, const char *method, const char *target, struct slice body,
                   struct answer *out_answer);
/* Signs but does not send. */
void terminal_sign(struct fake_terminal *t, const struct signature_message *message,
                   struct signature_headers *out_headers);

/* Appends a record to the terminal's own chain and to a batch. */
struct batch {
    struct batch_writer writer;
    uint8_t buffer[BATCH_BYTES_MAX];
    uint8_t bytes[BATCH_BYTES_MAX];
    size_t len;
};
void batch_start(struct batch *b);
struct record_id batch_record(struct batch *b, struct fake_terminal *t, const struct body *body);
void batch_raw_record(struct batch *b, struct fake_terminal *t, uint16_t kind, struct slice body);
void batch_seal(struct batch *b, const struct fake_terminal *t);
void batch_upload(struct batch *b, struct fake_terminal *t, struct answer *out_answer);
/* One record, uploaded; the answer must be "stored". */
struct record_id terminal_record(struct fake_terminal *t, const struct body *body);

/* Takes every page of the feed from the cursor on, without waiting. */
typedef void (*feed_visit)(void *context, const struct feed_item *item);
void terminal_read_feed(struct fake_terminal *t, feed_visit visit, void *context);
/* How many items of a kind came, and the body of the last. */
struct feed_found {
    enum feed_kind kind;
    unsigned count;
    uint8_t body[FEED_BODY_MAX];
    size_t len;
    uint64_t position;
};
void terminal_find_in_feed(struct fake_terminal *t, enum feed_kind kind, struct feed_found *out_found);

void terminal_ask(struct fake_terminal *t, const char *what, const struct authority_request *request,
                  struct authority_answer *out_answer);

#endif
