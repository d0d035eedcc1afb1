#ifndef TESTS_SIM_DESK_H
#define TESTS_SIM_DESK_H

/*
 * The desk at a terminal: what is asked for there, what its screen said, and what a clerk then does. Keeps the account
 * of what was said to be done; the auditor holds the books against it.
 */

#include "terminal.h"

enum ack_kind { ACK_REDEEMED, ACK_SOLD, ACK_VOIDED };

/* "Done", as somebody saw it on a screen. */
struct ack {
    enum ack_kind kind;
    const struct terminal *terminal;   /* whose screen */
    uint32_t terminal_id, incarnation; /* whose journal */
    uint64_t group;                    /* of the act; voided: of the act that was voided */
    struct coupon_id coupon;
    uint64_t member;
    int64_t discount_minor, paid_minor, earned_minor, credit_minor;
    bool was_voided;
    uint64_t durable; /* redeemed offline: what of the journal the terminal knew central to have */
};

/* What somebody waits for: an answer of the terminal, or central's word. */
struct desk_wish {
    struct terminal *terminal; /* NULL: free */
    uint32_t ticket;
    struct till_request request;
    size_t coupon;  /* redeem: its place among the phones */
    size_t target;  /* void: which ack */
    bool asked;     /* central was */
    bool ordered;   /* redeem: only to have the right here, for another day */
    unsigned tries; /* how often somebody came for it in vain */
};

void desk_redeem(struct terminal *terminal, struct till_request *request, size_t coupon);
/* Has the coupon's right sent here, and redeems nothing. */
void desk_order(struct terminal *terminal, struct till_request *request, size_t coupon);
void desk_sale(struct terminal *terminal, struct till_request *request);
/* What a wish came to nothing for, once more, with what the phone shows by now. */
void desk_try_again(struct terminal *terminal, const struct desk_wish *wish);
void desk_void(struct terminal *terminal, size_t target);
/* A manager's act: TILL_ALONE, TILL_PROMOTE; its answer goes to the trace. */
void desk_manage(struct terminal *terminal, struct till_request *request);

/* From a terminal: an answer was shown, central said something, or it died and who waited there has gone. */
void desk_answered(struct terminal *terminal, const struct till_answer *answer);
void desk_on_asked(struct terminal *terminal, uint32_t ticket, int error, const struct authority_answer *answer);
void desk_forget(struct terminal *terminal);

/* A fresh code of the member's phone. */
void desk_set_code(struct terminal *terminal, struct till_sale *sale);

#endif
