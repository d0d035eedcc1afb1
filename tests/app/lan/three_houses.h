#ifndef TEST_THREE_HOUSES_H
#define TEST_THREE_HOUSES_H

/* A street for one test: terminal 1 is the primary, 2 and 3 are peers. */

#include "street.h"

extern struct street *street;
extern struct house *primary, *peer, *third;

/* cmocka's set-up and tear-down; *state: how many terminals the street has. */
int open_houses(void **state);
int close_houses(void **state);

/* Asks the primary under ticket 7, while it is heard like this. */
void peer_redeems_over(enum wire wire);

extern uint32_t two_houses, three_houses;
#define TWO(name)   cmocka_unit_test_prestate_setup_teardown(name, open_houses, close_houses, &two_houses)
#define THREE(name) cmocka_unit_test_prestate_setup_teardown(name, open_houses, close_houses, &three_houses)

#endif
