#ifndef TESTS_SIM_SHOPPERS_H
#define TESTS_SIM_SHOPPERS_H

/*
 * The people: members with coupons and credit who come to the stores, and clerks who void. Keeps its own account of
 * what a terminal said was done; the auditor holds the books against it.
 */

#include "terminal.h"

enum ack_kind { ACK_REDEEMED, ACK_SOLD, ACK_VOIDED };

/* "Done", as somebody saw it on a screen. */
struct ack {
    enum ack_kind kind;
    const struct terminal *terminal;
    uint32_t terminal_id, incarnation;
    uint64_t group; /* of the act; voided: of the act that was voided */
    struct coupon_id coupon;
    uint64_t member;
    int64_t discount_minor, paid_minor, earned_minor, credit_minor;
    bool was_voided;
    uint64_t durable; /* redeemed: what of the journal the terminal knew central to have */
};

struct phone_coupon {
    struct coupon_id id;
    uint32_t home_store;
    unsigned campaign; /* enum center_campaign */
    uint64_t member;
    unsigned shown; /* times */
    bool written_off;
};

#define SHOPPERS_ASKS 64

/* What waits for central's word. */
struct shopper_ask {
    struct terminal *terminal; /* NULL: free */
    uint32_t ticket;
    struct till_request request;
    size_t coupon;
    bool credit;
};

struct shoppers {
    struct world *world;
    uint64_t *members;
    size_t member_count;
    struct phone_coupon *coupons;
    size_t coupon_count, coupon_cap;
    struct ack *acks;
    size_t ack_count, ack_cap;
    struct shopper_ask asks[SHOPPERS_ASKS];
    uint32_t next_ticket;
    uint64_t nonce;
};

void shoppers_open(struct shoppers *shoppers, struct world *world);
void shoppers_close(struct shoppers *shoppers);
/* Central gives out coupons for the day, and every store gets its visits until the end of trading. */
void shoppers_begin_day(struct shoppers *shoppers);
/* A terminal that came in between gets visits too. */
void shoppers_visit(struct terminal *terminal, int64_t until_ms);
/* A coupon of a home campaign that nobody has shown, whose home is another store. */
bool shoppers_find_fresh(struct shoppers *shoppers, uint32_t other_store, size_t *out_place);
/* Somebody shows it at a store within a minute or two. */
void shoppers_show_later(struct shoppers *shoppers, size_t place, uint32_t store);

/* From a terminal's sync. */
void shoppers_on_asked(struct terminal *terminal, uint32_t ticket, int error, const struct authority_answer *answer);
/* The terminal died: who waited there has gone. */
void shoppers_forget(struct terminal *terminal);

#endif
