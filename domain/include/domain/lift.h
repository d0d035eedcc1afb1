#ifndef DOMAIN_LIFT_H
#define DOMAIN_LIFT_H

#include "domain/base.h"

/*
 * Did a rule do anything? Two arms of one campaign: those it was applied to, and the holdout. Use rate of each with its
 * 95 % interval (Wilson's score interval, 1927), and their difference with Newcombe's hybrid interval (Statistics in
 * Medicine 17, 1998, method 10), which stays honest for small arms and for rates near 0.
 */

struct lift_arm {
    uint32_t members; /* in this arm */
    uint32_t used;    /* of them, at least once; ≤ members */
};

struct lift_interval {
    double value, low, high; /* a share, 0..1; of the difference −1..1 */
};

struct lift {
    struct lift_interval treated, holdout;
    struct lift_interval difference; /* treated − holdout */
    bool measured;                   /* both arms have members; else only what there is */
    bool proven;                     /* the interval of the difference leaves out 0 */
};

struct lift lift_measure(struct lift_arm treated, struct lift_arm holdout);

/* Which arm: the same for a member and campaign wherever and whenever it is asked. permille of members are held out. */
bool lift_held_out(uint32_t campaign, uint64_t member, uint32_t permille);

#endif
