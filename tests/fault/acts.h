#ifndef TESTS_FAULT_ACTS_H
#define TESTS_FAULT_ACTS_H

/*
 * What a till does with its books, act by act, so that each can be done while its disk fails. The store has one
 * terminal or two; its shops' tills run without threads.
 */

#include "several.h"

struct act {
    const char *name;
    uint32_t terminals;                 /* of the store */
    uint32_t at;                        /* whose disk fails */
    uint32_t states;                    /* that are committed on its way, from before it to its end */
    bool blank;                         /* begun before the terminals are enrolled */
    bool lean;                          /* slow by itself (a PIN is hashed): fewer ways to fail */
    void (*prepare)(struct several *s); /* NULL: nothing; goes into the books that it begins with */
    void (*ready)(struct several *s);   /* NULL: nothing; after each start, writes nothing */
    int (*run)(struct several *s);      /* 0 = done; -EIO, -ENOSPC: refused */
    int (*again)(struct several *s);    /* NULL: as run; once the disk works */
    const char *effect;                 /* SQL: one text that the act changes, and changes once only */
};

extern const struct act acts_of_one[], acts_of_two[];
extern const size_t acts_of_one_count, acts_of_two_count;

#define ACT_REQUEST 9 /* the request id of acts that have one */

#endif
