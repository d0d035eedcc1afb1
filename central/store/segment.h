#ifndef CENTRAL_STORE_SEGMENT_H
#define CENTRAL_STORE_SEGMENT_H

/*
 * Saved choices of members: a text (segment_query.h) that is looked up afresh each time, so a segment has no list of
 * its own. Segments may name others, at most SEGMENT_LEVELS_MAX deep and never in a circle.
 */

#include "central/store/segment_query.h"
#include "central/store/store.h"

#define SEGMENT_NAME_MAX   96
#define SEGMENT_LEVELS_MAX 4

struct segment {
    uint32_t id;
    uint32_t brand;
    char name[SEGMENT_NAME_MAX];
    char text[SEGMENT_TEXT_MAX + 1];
    int64_t changed_ms;
    bool gone;
};

/*
 * id 0: a new one, else the one of that number is changed (-ENOENT). Journaled. Refusals, with their sentence in
 * *out_fault: -EINVAL and -E2BIG as segment_parse, -ENOENT it names a tag or a segment that is not there, -EXDEV it
 * names another brand's segment, -ELOOP too many levels, or a circle.
 */
MUST_CHECK int segment_put(struct store_tx *tx, const struct segment *segment, const char *who, uint32_t *out_id,
                           struct segment_fault *out_fault);
/* -EBUSY: another segment names it. */
MUST_CHECK int segment_remove(struct store_tx *tx, uint32_t id, const char *who);
MUST_CHECK int segment_find(struct store_tx *tx, uint32_t id, struct segment *out_segment);
typedef int (*segment_visit)(void *context, const struct segment *segment);
MUST_CHECK int segment_each(struct store_tx *tx, segment_visit visit, void *context);

/* Who is in it now (tx->now_ms), in order of id, until visit returns non-zero, which is passed on. -ENOENT: no such
 * segment. Erased and absorbed members are in none, nor is who said
 * that nobody shall choose them (CONSENT_PERSONAL). */
typedef int (*segment_member_visit)(void *context, uint64_t member);
MUST_CHECK int segment_each_member(struct store_tx *tx, uint32_t segment, segment_member_visit visit, void *context);
MUST_CHECK int segment_contains(struct store_tx *tx, uint32_t segment, uint64_t member, bool *out_contains);
MUST_CHECK int segment_count(struct store_tx *tx, uint32_t segment, uint64_t *out_count);

#endif
