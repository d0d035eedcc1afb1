#ifndef TESTS_APP_SYNC_FAKE_CENTRAL_H
#define TESTS_APP_SYNC_FAKE_CENTRAL_H

/*
 * Central as the sync sees it, inside the test: checks every signature, keeps the journal, serves the feed with a long
 * poll, and fails on command. Its clock is the shop's plus an offset.
 */

#include "shop.h"
#include "sync/sync.h"

#define FAKE_PAGES_MAX 8

struct fake_central {
    struct shop *shop;
    pthread_mutex_t mutex; /* everything below */
    pthread_cond_t changed;
    uint64_t cancels;
    char url[ENROL_URL_MAX];

    /* Commands. */
    int64_t clock_offset_ms;
    int network_error;  /* every exchange answers this */
    int journal_status; /* HTTP status instead of an answer to the journal; 0 = none */
    int retry_after_s;  /* with it */
    bool lose_answer;   /* of the next journal post, after storing it */
    bool fork;          /* the next journal post is a fork */
    uint64_t archived_through;
    uint32_t server_epoch;
    uint8_t ask_verdict;
    uint64_t ask_position;
    bool confirmed, refused, wrong_root;
    const char *enrol_refusal; /* of every enrolment */
    bool knows_key;            /* enrolments with the key of before are refused for it */
    uint32_t number;           /* of the terminal that enrols; 0 = SHOP_TERMINAL */
    uint32_t ticket_store;     /* of the next tickets; 0 = SHOP_STORE */
    bool ticket_of_another;    /* the next tickets are of a house with another root */
    uint32_t stale_next;       /* as many signed requests are refused as stale */
    bool hold_asks;            /* they wait until this is cleared */

    /* What came. */
    uint8_t terminal_key[PUBLIC_KEY_LEN];
    bool has_key;
    uint32_t claimed_terminal, claimed_incarnation; /* by the last enrolment */
    uint32_t enrol_calls, journal_calls, ask_calls, stale_refusals, bad_signatures;
    uint64_t stored_through; /* contiguous from 1 */
    uint32_t stored_twice;
    uint8_t last_hash[HASH_LEN];
    uint8_t last_request_id[REQUEST_ID_LEN];
    uint16_t last_wait_s;
    uint32_t feed_calls;
    uint32_t shown_epoch; /* of the last feed request that told where the journal ends; 0 = none did */
    uint64_t shown_seq;
    bool shown_early; /* one told more than was stored */

    struct { /* feed pages in order; page i leads from position i - 1 to `through` */
        uint8_t *bytes;
        size_t len;
        uint64_t through;
    } pages[FAKE_PAGES_MAX];
    uint32_t page_count;
};

void fake_central_init(struct fake_central *central, struct shop *shop);
void fake_central_finish(struct fake_central *central);
struct sync_transport fake_central_transport(struct fake_central *central);
/* What the shop collected becomes the next page. */
void fake_central_publish(struct fake_central *central);
void fake_central_ticket(struct fake_central *central, char out_text[ENROL_TEXT_MAX]);

#endif
