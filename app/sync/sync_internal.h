#ifndef APP_SYNC_SYNC_INTERNAL_H
#define APP_SYNC_SYNC_INTERNAL_H

/* What the loops of the sync share. Private to app/sync. */

#include "platform/compress.h"
#include "platform/signature.h"
#include "sync/sync.h"

#include <pthread.h>

#define SYNC_LOOPS          3 /* upload (with enrolment), feed, ask */
#define SYNC_ASKS_MAX       4
#define SYNC_ONLINE_MS      (60 * 1000)
#define SYNC_TIMEOUT_MS     (15 * 1000) /* beyond what was asked to wait */
#define SYNC_WAIT_S         25
#define SYNC_SMALL_BODY_MAX 2048

enum sync_backoff_of { BACKOFF_UPLOAD, BACKOFF_FEED, SYNC_BACKOFFS };
struct sync_backoff {
    enum sync_backoff_of of;
    uint32_t attempt; /* failures in a row */
};
/*
 * The wait after that many failures; pure. Full jitter: up to 0.5 s doubled with each failure, at most 60 s. What
 * central asks for comes before it, and widens it to as much again within that minute: all whom it sent away hear the
 * same number.
 */
int64_t sync_backoff_ms(uint32_t attempt, int retry_after_s, uint64_t random);

enum ask_state { ASK_FREE, ASK_CALLING, ASK_GRANTED };

struct sync_ask_slot {
    enum ask_state state;
    enum ask_kind kind;
    uint32_t ticket;
    struct authority_request request;
    struct authority_answer answer; /* ASK_GRANTED: waits for its place in the feed */
    int64_t deadline_mono_ms;
};

struct sync {
    struct sync_options options;

    /* Upload loop only. */
    struct compress *compress;
    uint8_t *batch, *packed; /* BATCH_BYTES_MAX; compress_bound of it */
    size_t packed_cap;
    struct till_enrolment pending; /* while it waits for confirmation */
    bool replacing;                /* another enrolment stands until this one is confirmed */
    bool rotated;                  /* `key` is not yet the one at key_path: it waits beside it, as enrol_key.c says */
    bool unread;                   /* the books did not say whether they are enrolled: nothing is proven */

    /* Feed loop only. */
    uint8_t *page; /* FEED_PAGE_BYTES_MAX */

    pthread_mutex_t publish_mutex; /* one publisher at a time, so that the last word is the newest */
    struct sync_status published;  /* guarded by publish_mutex */

    struct loops loops; /* its mutex guards everything below, its condition says that any of it changed */
    bool closing;
    bool link;
    uint64_t wakes;    /* calls of sync_wake */
    uint64_t link_ups; /* times that the network came back */
    struct sync_status status;
    int64_t next_try_mono_ms[SYNC_BACKOFFS]; /* 0 = that loop is not waiting */
    bool contact_ok;
    uint64_t recoveries; /* times that an exchange worked after one that had not */
    int64_t contact_mono_ms;
    int64_t skew_ms; /* central's clock − ours */
    bool enrolled;
    struct till_enrolment enrolment;
    struct key_pair key; /* set before `enrolled`, and only by the upload loop while not enrolled */
    bool ticket_scanned;
    char ticket_text[ENROL_TEXT_MAX];
    struct feed_cursor cursor;
    char lan_address[FEED_ADDRESS_MAX];
    struct sync_ask_slot asks[SYNC_ASKS_MAX];
};

/* sync.c. Functions named _locked want the mutex held. */
int64_t sync_mono_ms(const struct sync *sync);
void sync_publish(struct sync *sync); /* without the mutex */
/* A failure of one loop for the service screen; error 0 clears what that loop said. */
void sync_note_failure(struct sync *sync, const char *what, int error, int http_status);
/* Waits out the back-off, or until the network came back, another loop got through (unless central named the wait), a
 * ticket was scanned or the sync closes. */
void sync_back_off(struct sync *sync, struct sync_backoff *backoff, int retry_after_s);
void sync_random(struct sync *sync, void *out, size_t len);

/* request.c */
struct sync_call {
    const char *method, *path;
    const char *range; /* NULL: the whole */
    struct slice body;
    bool compressed;
    const char *key_id; /* NULL: unsigned */
    int timeout_ms;
};
/* Signs, sends, learns central's time from the answer; a refusal for skew is tried once more with the right time.
 * 0 when an answer came. */
MUST_CHECK int sync_send(struct sync *sync, const struct sync_call *call, struct sync_response *response);
void sync_key_id_terminal(uint32_t terminal, char out_id[SIGNATURE_KEY_ID_MAX + 1]);
void sync_key_id_waiting(const uint8_t public_key[PUBLIC_KEY_LEN], char out_id[SIGNATURE_KEY_ID_MAX + 1]);
/* A status that is no answer to the request, as an error: -EAGAIN try later, -EACCES, -EPROTO. 0 for 200. */
MUST_CHECK int sync_status_error(int http_status);

/* The body of a refusal, {0: reason, 1: central's time}; "" and 0 when there is none. The header's time comes first. */
#define SYNC_REASON_MAX 32
void sync_refusal_read(const struct sync_response *response, char out_reason[SYNC_REASON_MAX], uint64_t *out_server_ms);

/* The loops. */
void *sync_upload_loop(void *sync);
void *sync_feed_loop(void *sync);
void *sync_ask_loop(void *sync);

/* enrol_key.c: another key of the device beside the one at `path`, until central confirmed it. All are -errno of the
 * files; each may be called again after a power cut in the middle. */
MUST_CHECK int enrol_key_keep(const char *path, const struct key_pair *key, const struct enrol_ticket *ticket);
/* The key that waits, or that took its place without the books knowing; -ENOENT: none. */
MUST_CHECK int enrol_key_waiting(const char *path, struct key_pair *out_key, struct enrol_ticket *out_ticket);
MUST_CHECK int enrol_key_swap(const char *path); /* into its place; the one before stays beside it, numbered */
MUST_CHECK int enrol_key_drop(const char *path); /* nothing waits any more */

/* enrol.c, on the upload loop. */
void sync_enrol_resume(struct sync *sync); /* at open: takes up what the till kept */
void sync_enrol_begin(struct sync *sync, const char *ticket_text);
/* Asks whether the digits were confirmed; true while it should be asked again. */
bool sync_enrol_poll(struct sync *sync, struct sync_backoff *backoff);

#endif
