#ifndef TESTS_SIM_CENTER_H
#define TESTS_SIM_CENTER_H

/* Central in the simulation: the real books, writer and handlers, on a disk that can die and an older backup. */

#include "central/server.h"
#include "domain/campaign.h"
#include "drive.h"

/* Campaigns by the place they have here; their numbers are CENTER_CAMPAIGN_FIRST + place. */
enum center_campaign {
    CAMPAIGN_OF_HOME,
    CAMPAIGN_OF_FALLBACK,
    CAMPAIGN_OF_STRICT,
    CAMPAIGN_OF_BUDGET,
    CAMPAIGN_OF_LEASE,
    CENTER_CAMPAIGNS
};
#define CENTER_CAMPAIGN_FIRST 1001
#define CENTER_CLERK          7 /* who is a manager too */
#define CENTER_OFFLINE_COUNT  3
#define CENTER_LEASE_H        3 /* away from home, until the night */
#define CENTER_KEYS_MAX       8

struct center {
    struct world *world;
    struct clock clock;
    int64_t wall_offset_ms;
    struct drive drive;
    struct central *central; /* NULL while it is down */
    bool dying;              /* what it still says, nobody hears */
    uint32_t brand, *shops;  /* the store of each terminal, in order; neighbours may share one */
    char backup[512];        /* the last one, "" = none yet */
    char older[512];         /* the one before */
    unsigned newcomers;      /* enrolled, or about to be, and not in both of them: none is restored meanwhile */
    struct key_pair member_key;
    uint8_t member_kid;
    unsigned key_count; /* of coupons: the last one signs, those before it are revoked */
    struct center_key {
        uint8_t kid;
        struct key_pair pair;
    } coupon_keys[CENTER_KEYS_MAX];
};

/* Initialises and starts it, with a store for every terminal and the campaigns. */
void center_open(struct center *center, struct world *world);
void center_stop(struct center *center);
void center_close(struct center *center); /* stopped before; the books are gone */

/* Starts it on what its disk holds. */
void center_start(struct center *center);
void center_crash(struct center *center); /* and starts it again after a while */
/* Stops, takes the older backup, starts; false: central is down, or has no backup. */
bool center_restore(struct center *center);
bool center_back_up(struct center *center); /* false: it is down, or could not */
/* After anything that central did: those who wait look again. */
void center_tell(struct center *center);

/* A transaction; -ENOTCONN while it is down. */
MUST_CHECK int center_write(struct center *center, int (*run)(void *argument, struct store_tx *tx), void *argument);
/* The epoch of a store, as coupons of its own carry it. */
MUST_CHECK int center_store_epoch(struct store_tx *tx, uint32_t shop, uint16_t *out_epoch);

/* An enrolment ticket for a store as a technician shows it, and the operator's yes to whoever waits. */
void center_make_ticket(struct center *center, uint32_t shop, char out_text[ENROL_TEXT_MAX]);
void center_confirm_all(struct center *center);
/* A ticket for the terminal that takes the place of another one of its store. */
MUST_CHECK int center_make_successor(struct center *center, uint32_t shop, uint32_t replaced,
                                     char out_text[ENROL_TEXT_MAX]);

/* The key that signs coupons was stolen: another one signs from now on, and that one is revoked. False: not now. */
bool center_change_key(struct center *center);
/* What a phone shows: the coupon's token under the key that it was signed with. */
const struct key_pair *center_key_of(const struct center *center, uint8_t kid);

/* An operator's orders to a store: another primary; to go on without a peer, or no longer. */
MUST_CHECK int center_hand_over(struct center *center, uint32_t shop, uint32_t terminal);
MUST_CHECK int center_order_alone(struct center *center, uint32_t shop, bool on);

#endif
