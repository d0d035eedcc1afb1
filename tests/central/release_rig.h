#ifndef TESTS_CENTRAL_RELEASE_RIG_H
#define TESTS_CENTRAL_RELEASE_RIG_H

/* A central with eight devices in two stores, all of board rk3399 on 0.1.0, that only speak the protocol. */

#include "wechat_fixture.h"

#include "central/fleet/fleet.h"
#include "platform/keys.h"

#define DEVICES 8

extern struct people_fixture f;
extern struct key_pair keys[DEVICES + 1]; /* by terminal */
extern char bundle_path[96];

int open_fleet(void **state);
int close_fleet(void **state);

/* What a device says: a record, its state, how far its newest order is. */
void note(uint32_t terminal, const struct body *body);
void runs(uint32_t terminal, const char *board, const char *version);
void says_step(uint32_t terminal, uint8_t step);
void says_end(uint32_t terminal, uint8_t outcome, const char *reason);

/* What central has for it: false when there is none. */
bool order_of(uint32_t terminal, struct fleet_order *out_order);
bool feed_of(uint32_t terminal, struct feed_order *out_item);
uint32_t ordered(void); /* how many devices have an order */

void say(const char *command, const char *args);          /* an operator's command, done */
void add_release(const char *version);                    /* of two and a half megabytes */
void a_round(void);                                       /* the roll-out looks again */
void assert_state(const char *field, const char *wanted); /* of the first release */

#endif
