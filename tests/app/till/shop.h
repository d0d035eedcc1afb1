#ifndef TESTS_APP_TILL_SHOP_H
#define TESTS_APP_TILL_SHOP_H

/*
 * A store for tests: a till with a real database in a folder of its own, a simulated clock, a brand whose keys the
 * test holds, and central's feed as far as the test writes it. Functions assert; one test thread.
 */

#include "cmocka_all.h"
#include "platform/db.h"
#include "tempdir.h"
#include "till/till.h"

#include <pthread.h>
#include <stdatomic.h>

#define SHOP_BRAND       7
#define SHOP_STORE       3
#define SHOP_OTHER_STORE 4
#define SHOP_TERMINAL    11
#define SHOP_STORE_EPOCH 2
#define SHOP_CAMPAIGN    1001 /* 5.00 off, home */
#define SHOP_BUDGET      1002 /* 5.00 off, budget: two of them and 10.00 offline */
#define SHOP_PERCENT     1003 /* 10 % off, from 20.00, once a member */
#define SHOP_STRICT      1004 /* 5.00 off, strict */
#define SHOP_MEMBER      UINT64_C(700001)
#define SHOP_CLERK       21 /* PIN 2468, badge 5 */
#define SHOP_START_MS    INT64_C(1795000000000)
#define SHOP_EXPIRY_S    1800000000u

struct shop {
    struct tempdir dir;
    char path[128], pepper[128];
    const char *vfs, *boot_id;
    uint32_t terminal;    /* 0 = SHOP_TERMINAL */
    uint32_t incarnation; /* 0 = 1 */
    const struct body_incarnation *device;
    struct till_marks marks;
    enum till_mark_news marked; /* the last of */
    uint32_t marked_count;
    bool lan, inline_jobs;     /* as the till's options */
    uint32_t credit_term_days; /* in its settings */
    struct sim_clock clock;
    struct till *till;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    struct till_answer answer;
    bool has_answer;
    uint32_t answer_count;
    bool held; /* the callback waits */
    _Atomic uint32_t greeted, changed, appended;
    void (*on_append)(void *context); /* guarded by mutex; NULL: nobody listens */
    void *append_context;
    struct feed_greeting greeting;
    uint8_t items[FEED_PAGE_BYTES_MAX];
    struct feed_page_writer page;
    struct feed_cursor through;
    uint32_t server_epoch;
    uint64_t nonce;
};

void shop_init(struct shop *shop);     /* files and clock, no till yet */
void shop_start(struct shop *shop);    /* opens the till */
void shop_stop(struct shop *shop);     /* closes it, the files stay */
void shop_finish(struct shop *shop);   /* and removes everything */
int shop_try_enrol(struct shop *shop); /* the till's answer */
void shop_enrol(struct shop *shop);
void shop_trust_time(struct shop *shop);
void shop_give_basics(struct shop *shop); /* settings, keys, campaigns, a clerk and a member */
void shop_open(struct shop *shop);        /* all of the above */

/* The feed: items are collected, then given as one page. */
void shop_item(struct shop *shop, enum feed_kind kind, const void *body, size_t len);
void shop_item_member(struct shop *shop, uint64_t member, const char *pin);
void shop_item_coupon(struct shop *shop, const struct feed_coupon *coupon);
void shop_item_right(struct shop *shop, enum feed_kind kind, const struct feed_right *right);
void shop_item_share(struct shop *shop, enum feed_kind kind, const struct feed_share *share);
void shop_item_settings(struct shop *shop, uint32_t primary_terminal);
size_t shop_page(struct shop *shop, uint8_t *out, size_t cap); /* encodes and empties the collection */
void shop_give(struct shop *shop);

struct till_answer shop_ask(struct shop *shop, const struct till_request *request);
struct till_redeemed shop_redeem(struct shop *shop, const struct till_redeem *redeem, bool online);
struct till_redeemed shop_scan(struct shop *shop, uint32_t campaign, uint64_t serial); /* own coupon, offline */
struct till_sold shop_sell(struct shop *shop, const struct till_sale *sale);
struct till_voided shop_void(struct shop *shop, uint64_t group);

void shop_row_text(const struct feed_coupon *row, char out_text[TOKEN_TEXT_MAX]); /* as central signs it */
void shop_coupon_text(uint32_t campaign, uint64_t serial, uint32_t home_store, char out_text[TOKEN_TEXT_MAX]);
void shop_member_text(struct shop *shop, uint64_t member, bool rotating, char out_text[TOKEN_TEXT_MAX]);
void shop_secret(uint8_t seed, uint8_t out_public[PUBLIC_KEY_LEN], uint8_t out_secret[SECRET_KEY_LEN]);

/* One number by SQL on a connection of its own. */
int64_t shop_query(struct shop *shop, const char *sql);
bool shop_file_contains(const char *path, const void *needle, size_t len);

#endif
