#ifndef CENTRAL_API_API_H
#define CENTRAL_API_API_H

/*
 * Inside the terminals' API: one struct api_call per request, from central_handle to api_answer. It belongs to whoever
 * is working on it: the caller's thread, then a writer job or a waiting list. Handlers end in exactly one of
 * api_answer, api_refuse or api_answer_error, which release the call.
 */

#include "central/server.h"
#include "central/store/identity.h"
#include "central/store/journal.h"
#include "domain/authority.h"
#include "domain/feed.h"
#include "platform/signature.h"

enum api_auth {
    API_OPEN,      /* no signature */
    API_ENROLLING, /* signed with a key that may still be waiting */
    API_TERMINAL,  /* signed by a confirmed terminal */
};

struct api_call {
    struct central *central;
    const struct central_request *request;
    central_answer answer;
    void *context;
    struct terminal terminal; /* who signed; unless API_OPEN */
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    char path[128];
    const char *query; /* after '?', or "" */
    uint8_t *unpacked; /* owned; NULL when the body came as it is */
    struct slice body; /* unpacked */
    union {            /* what a handler keeps while it waits */
        struct {
            struct enrol_request request;
            struct terminal terminal;
            struct enrol_answer answer;
        } enrol;
        struct {
            struct batch_reader batch;
            struct terminal of; /* whose journal it is: the sender's, or a peer's of its store */
            struct journal_answer answer;
            struct journal_outcome outcome;
            uint64_t newest_hlc; /* of the records that were new */
        } journal;
        struct {
            struct feed_cursor after;
            int64_t deadline_ms; /* of clock_mono_ms */
        } feed;
        struct {
            struct authority_request request;
            struct authority_answer answer;
            int64_t deadline_ms;
        } authority;
        struct {
            uint64_t order;
        } logs;
    };
};

struct api_route {
    const char *method;
    const char *path; /* a trailing '*' takes any rest */
    enum api_auth auth;
    size_t max_body; /* on the wire */
    void (*handler)(struct api_call *call);
};
extern const struct api_route api_routes[]; /* the core's; parts have more */
extern const size_t api_route_count;

/* 200 with a body of CBOR. */
void api_answer(struct api_call *call, int status, struct slice body);
void api_answer_text(struct api_call *call, int status, const char *content_type, struct slice text);
/* 206 and the bytes of "bytes A-B/TOTAL"; 416 and none. */
void api_answer_part(struct api_call *call, int status, const char *content_range, struct slice bytes);
/* CBOR {0: reason, 1: server ms}. */
void api_refuse(struct api_call *call, int status, const char *reason);
/* What a failed job or a failed read means for the sender: 400 for -EBADMSG, else 503 with Retry-After. */
void api_answer_error(struct api_call *call, int error);

/* Submits a job that ends in done; answers 503 itself when the writer takes no more. */
void api_submit(struct api_call *call, enum writer_lane lane, int (*run)(void *call, struct store_tx *tx),
                void (*done)(void *call, int result));

int64_t api_now_ms(const struct api_call *call); /* wall */
int64_t api_mono_ms(const struct api_call *call);

/* Decimal parameter of the query. False when absent or no number. */
bool api_query_u64(const struct api_call *call, const char *name, uint64_t *out_value);

/* A host and port, "192.168.1.20:7443" or "[fe80::1]:7443". False when absent or anything else. */
bool api_query_address(const struct api_call *call, const char *name, char out_address[FEED_ADDRESS_MAX]);

/* handlers */
void api_enrol(struct api_call *call);
void api_enrol_state(struct api_call *call);
void api_journal(struct api_call *call);
void api_feed(struct api_call *call);
void api_authority_right(struct api_call *call);
void api_authority_credit(struct api_call *call);
void api_authority_code(struct api_call *call);
void api_authority_balance(struct api_call *call);
void api_health(struct api_call *call);
void api_metrics(struct api_call *call);
void api_openapi(struct api_call *call);

/* authenticate.c: fills terminal and key_id. 0, or the status to refuse with and its reason. */
MUST_CHECK int api_authenticate(struct api_call *call, enum api_auth auth, const char **out_reason);

#endif
