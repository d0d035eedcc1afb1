#ifndef APP_TILL_PROJECTION_H
#define APP_TILL_PROJECTION_H

/*
 * What the parts of the projections share. Everything here commutes over journals: whatever order copies arrive in, the
 * rows come out the same, and equal to those of a rebuild. Where two records claim the same thing (a use number, a
 * transfer, a request) the one with the smaller key (terminal, incarnation, seq) stands.
 */

#include "books.h"
#include "domain/ledger.h"

/* Integers bound in order; nearly every projection's write is of this shape. */
MUST_CHECK int projection_run(struct db *db, const char *sql, const int64_t *values, int count);

#define RUN(db, sql, ...)                                                                                              \
    projection_run(db, sql, (const int64_t[]){__VA_ARGS__},                                                            \
                   (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))

/* One integer, or none: *out_found says. */
MUST_CHECK int projection_find(struct db *db, const char *sql, int64_t key, int64_t *out_value, bool *out_found);

/* Does record a come before record b? Both are journal ids of these books; 0 comes before all. */
MUST_CHECK int projection_precedes(struct projection *p, int64_t a, int64_t b, bool *out_precedes);

/* sign: 1 applies, -1 takes back. */
MUST_CHECK int projection_post(struct projection *p, const struct body *body, const struct ledger_context *context,
                               int sign);
MUST_CHECK int projection_share_add(struct projection *p, uint64_t member, struct owner owner, int64_t amount_minor);
/* The parts of what moved. sign: 1 to the share, -1 from it; gone: 1 what left it unspent (expired, moved away), which
 * a void may miss, -1 what came back from there; expired: 1 what a record let expire. */
struct part_move {
    uint64_t member;
    struct owner owner;
    int sign, gone, expired;
};
MUST_CHECK int projection_parts_move(struct projection *p, const struct part_move *move,
                                     const struct credit_parts *parts);
MUST_CHECK int projection_member_use_add(struct projection *p, const struct body_redemption *redemption, int64_t uses);
/* The campaign of the redemption that begins the group of `id`; 0 when none does, or it is not held. Nor does one
 * behind `id`, which only a peer says: it is not there yet when the copy comes, and would be in a rebuild. */
MUST_CHECK int projection_group_campaign(struct projection *p, int64_t id, uint64_t group, uint32_t *out_campaign);

/* projection_void.c */
MUST_CHECK int projection_void(struct projection *p, int64_t id, const struct body *body);
/* The record came after the void of it. A void waits on where something of another kind stands in its target's place:
 * another history has the terminal's name. */
MUST_CHECK int projection_void_waiting(struct projection *p, int64_t id, uint16_t kind);

#endif
