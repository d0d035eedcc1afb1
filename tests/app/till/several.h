#ifndef TESTS_APP_TILL_SEVERAL_H
#define TESTS_APP_TILL_SEVERAL_H

/*
 * A store of several terminals for tests: a till each, without threads, and what a LAN would carry between them,
 * carried by hand. Terminal 0 is the primary at first. Functions assert.
 */

#include "shop.h"

#define SEVERAL_MAX     3
#define SEVERAL_MANAGER 22 /* PIN 864200 */

struct several {
    uint32_t count;
    struct shop shops[SEVERAL_MAX]; /* terminals SHOP_TERMINAL, + 1, + 2 */
    uint32_t next_ticket;
};

void several_init(struct several *s, uint32_t count);
void several_open(struct several *s, uint32_t count); /* and starts, enrols and feeds all of them; all peers are live */
void several_begin(struct several *s, uint32_t i);    /* the same of one: after several_init */
void several_finish(struct several *s);
uint32_t several_terminal(uint32_t i);
void several_secret(uint32_t i, uint8_t out_public[PUBLIC_KEY_LEN], uint8_t out_secret[SECRET_KEY_LEN]);

/* The answer to the last request, or .error = 1 when there was none. */
struct till_answer several_ask(struct several *s, uint32_t i, struct till_request request);
struct till_answer several_last(struct several *s, uint32_t i); /* the last that came */
struct till_request several_redeem(uint64_t serial);            /* an own coupon of SHOP_CAMPAIGN, at the primary */
struct till_request several_named(struct till_request request, uint8_t id); /* asked by terminal 1 under this id */
struct till_answer several_alone(struct several *s, uint32_t i, bool on);
struct till_answer several_promote(struct several *s, uint32_t i, bool others_reached);

/* Everything `from` holds goes to `to`, which says so. The first says how many batches went. */
uint32_t several_copy(struct several *s, uint32_t from, uint32_t to); /* without the word back */
int several_word(struct several *s, uint32_t from, uint32_t to);   /* from says to `to` how far it holds its journal */
void several_carry(struct several *s, uint32_t from, uint32_t to); /* both */
void several_meet(struct several *s);                              /* all with all, until nothing is left */

/* What the books say, independent of how their rows are numbered; the caller frees. */
char *several_books(struct several *s, uint32_t i);

/* *state is a street of two or three terminals. */
int several_open_two(void **state);
int several_open_three(void **state);
int several_close_all(void **state);

int64_t several_records(struct several *s, uint32_t i);
void several_live(struct several *s, uint32_t i, uint32_t count); /* so many peers answer */
struct till_store several_store(struct several *s, uint32_t i);
void several_restart(struct several *s, uint32_t i);
/* Central says to terminal i who is primary, since which store epoch. */
void several_primary(struct several *s, uint32_t i, uint32_t primary, uint32_t epoch);
void several_item_gone(struct several *s, uint32_t to, uint32_t gone); /* in the next page */
void several_gone(struct several *s, uint32_t to, uint32_t gone); /* central says to one that another will not come */

#endif
