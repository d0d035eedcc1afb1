#ifndef TESTS_FAULT_DAY_H
#define TESTS_FAULT_DAY_H

/* A busy day at the real till on a fault disk: one random act after the other, each acknowledged before the next. */

#include "disk.h"
#include "shop.h"

#define DAY_GROUPS_MAX 4096

struct day {
    struct shop shop;
    struct disk *disk;
    struct sim_random random;
    uint64_t groups[DAY_GROUPS_MAX];
    uint32_t group_count;
};

/* The files are made on the disk; `watch` already sees that. */
void day_open(struct day *day, struct disk *disk, uint64_t seed);
void day_close(struct day *day);
/* redeem, sale, spend, void, rights and shares by the feed, marks, notes, badge, time, restart */
const char *day_act(struct day *day);

/* What somebody was told that the books hold. */
struct day_known {
    uint64_t last_seq, durable_through;
    struct feed_cursor cursor;
    uint8_t hash[HASH_LEN]; /* of last_seq */
};
void day_known(struct day *day, struct day_known *out_known);
/* The hash of one record, read from outside; zeros when there is none. */
void day_hash(struct disk *disk, const char *path, uint64_t seq, uint8_t out_hash[HASH_LEN]);

#endif
