#ifndef TESTS_FAULT_CENTRAL_ACTS_H
#define TESTS_FAULT_CENTRAL_ACTS_H

/* What central does with its books, act by act: what terminals ask of it and what operators command. Two stores with a
 * terminal each; central without threads. */

#include "desk.h"

struct central_act {
    const char *name;
    uint32_t states;                 /* 0: two, before and after */
    bool lean;                       /* fewer ways to fail, as all commands */
    void (*prepare)(struct desk *d); /* NULL: nothing; goes into the books that it begins with */
    void (*ready)(struct desk *d);   /* NULL: nothing; after each start, writes nothing */
    const char *command, *args;      /* an operator's, as JSON; or */
    int (*run)(struct desk *d);      /* 0 = done; -EIO, -ENOSPC: refused */
    void (*settled)(struct desk *d); /* NULL: nothing; looks, after each answer, once the disk works */
    const char *effect;              /* SQL: one text that the act changes, and changes once only */
};

extern const struct central_act central_asks[], central_commands[];
extern const size_t central_ask_count, central_command_count;

/* What several acts begin with. */
extern struct coupon_id central_act_coupon;
void central_act_with_coupon(struct desk *d);   /* that one, at home in the first store */
void central_act_with_credit(struct desk *d);   /* and some of its member's */
void central_act_with_peer(struct desk *d);     /* and a second terminal in the first store */
void central_act_with_restored(struct desk *d); /* books put back from a backup: one terminal's end is missing */

/* One command as the admin socket brings it. -EPERM: refused as it stands, not for a disk. */
MUST_CHECK int central_act_command(struct desk *d, const char *command, const char *args);

#endif
