#ifndef TESTS_SIM_SHOPPERS_H
#define TESTS_SIM_SHOPPERS_H

/* The people: members with coupons and credit who come to the stores, and clerks who void. */

#include "desk.h"
#include "fresh.h"

struct phone_coupon {
    struct coupon_id id;
    uint32_t home_store;
    uint16_t store_epoch; /* when it was issued */
    unsigned campaign;    /* enum center_campaign */
    uint64_t member;
    bool written_off;
    uint32_t public_from_s; /* anybody's from then on; 0 = never */
    bool claimed;           /* out of the pool, for another store; `member` is who did */
    uint16_t kid;           /* of the key that signed it */
};

/* Sent to a store for somebody who comes for it the next day. */
struct kept_coupon {
    struct terminal *terminal;
    size_t place;
};

#define SHOPPERS_WISHES 1024

struct shoppers {
    struct world *world;
    uint64_t *members;
    size_t member_count;
    struct phone_coupon *coupons;
    size_t coupon_count, coupon_cap;
    struct fresh fresh;
    struct ack *acks;
    size_t ack_count, ack_cap;
    struct kept_coupon *kept;
    size_t kept_count, kept_cap;
    struct desk_wish wishes[SHOPPERS_WISHES];
    uint32_t next_ticket;
    uint64_t nonce;
};

void shoppers_open(struct shoppers *shoppers, struct world *world);
void shoppers_close(struct shoppers *shoppers);
/* Central gives out coupons for the day, and every store gets its visits until the end of trading. */
void shoppers_begin_day(struct shoppers *shoppers);
/* A terminal that came in between gets visits too. */
void shoppers_visit(struct terminal *terminal, int64_t until_ms);
/* Its right came: whoever ordered it shows it there in the first minutes of the next day. */
void shoppers_keep(struct terminal *terminal, size_t place);
/* A coupon of a home campaign that nobody has shown, whose home is another store. */
bool shoppers_find_fresh(struct shoppers *shoppers, uint32_t other_store, size_t *out_place);
/* Somebody shows it at a store within a minute or two. */
void shoppers_show_later(struct shoppers *shoppers, size_t place, uint32_t store);

/* What the phone shows of a coupon, signed with a key that is good as far as the phone knows. */
void shoppers_show(struct world *world, size_t place, char out_text[TOKEN_TEXT_MAX]);

/* A new one, still empty; others may move. */
struct ack *shoppers_add_ack(struct shoppers *shoppers);

#endif
