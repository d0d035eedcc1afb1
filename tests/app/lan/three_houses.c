#include "three_houses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct street *street;
struct house *primary, *peer, *third;
uint32_t two_houses = 2, three_houses = 3;

int open_houses(void **state)
{
    const uint32_t *count = *state;
    street = calloc(1, sizeof(*street));
    street_open(street, *count);
    primary = &street->houses[0];
    peer = &street->houses[1];
    third = &street->houses[2];
    return 0;
}

int close_houses(void **state)
{
    (void)state;
    street_close(street);
    free(street);
    return 0;
}

void peer_redeems_over(enum wire wire)
{
    primary->only = "/v1/lan/act";
    primary->wire = wire;
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 0);
}
