#ifndef CENTRAL_STORE_PEOPLE_MERGE_H
#define CENTRAL_STORE_PEOPLE_MERGE_H

/*
 * Two members that are one person. The one that is absorbed keeps its number for what is behind it (ledger, journals,
 * consent log, what it did); everything that is still to happen belongs to the survivor: openids, phone and card, tags,
 * coupons with the limits they count against, credit (merge_credit.h). Stores hear of it by FEED_MEMBER; what a till
 * that has not heard yet says of the absorbed number counts for the survivor. It can be undone.
 */

#include "central/store/people_member.h"

#define MERGE_EVIDENCE_MAX 160

struct merge_order {
    uint64_t survivor, absorbed;
    const char *who;      /* an operator; NULL: the member, on the page */
    const char *evidence; /* why both are one person; never a name or a number of theirs */
};
/*
 * -ENOENT: one is unknown; -EPERM: one was erased or absorbed before; -EINVAL: the same twice; -EXDEV: of two brands
 * that no programme joins. Journals RECORD_MEMBER_MERGED.
 */
MUST_CHECK int people_merge(struct store_tx *tx, const struct merge_order *order, uint64_t *out_merge);
/* Whether it could be, by the same errors; changes nothing. */
MUST_CHECK int people_merge_check(struct store_tx *tx, const struct merge_order *order);

/*
 * They were two after all. Openids, phone, card, tags, coupons, places in campaigns and the credit that is still there
 * go back. What the survivor used meanwhile is used; what switched off being chosen stays off. -ENOENT; -EALREADY:
 * undone before; -EPERM: one was erased since; -EBUSY: the survivor was absorbed itself, that merge is undone first.
 */
MUST_CHECK int people_unmerge(struct store_tx *tx, uint64_t merge, const char *who, const char *why);

struct merge_row {
    uint64_t id, survivor, absorbed;
    int64_t at_ms, undone_ms; /* 0: it stands */
    char who[32], evidence[MERGE_EVIDENCE_MAX];
};
typedef int (*people_merge_visit)(void *context, const struct merge_row *row);
/* member 0: all; newest first, at most limit. */
MUST_CHECK int people_each_merge(struct store_tx *tx, uint64_t member, uint32_t limit, people_merge_visit visit,
                                 void *context);

/* Under which number this one goes on: itself unless it was absorbed. Unknown numbers are left alone. */
MUST_CHECK int people_survivor(struct store_tx *tx, uint64_t member, uint64_t *out_survivor);

/* The numbers that became part of this one, oldest first; for what covers all of a person. */
typedef int (*people_former_visit)(void *context, uint64_t member);
MUST_CHECK int people_each_former(struct store_tx *tx, uint64_t member, people_former_visit visit, void *context);

/* ---- on the page: who holds both pages says so on both, and the first one confirms it */

#define MERGE_OFFER_MS (10 * 60 * INT64_C(1000))
#define MERGE_CODE_CAP 16

struct merge_offer {
    char code[MERGE_CODE_CAP]; /* "": none */
    uint64_t other;            /* the member whose page gave the code back; 0: nobody yet */
};
/* A code for this page to be typed on the other one; one that was given before is void. */
MUST_CHECK int people_merge_offer(struct store_tx *tx, uint64_t identity);
/* What stands for this page now. */
MUST_CHECK int people_merge_find_offer(struct store_tx *tx, uint64_t identity, struct merge_offer *out_offer);
/*
 * The other page gives the code, once. -ENOENT: no such code, or too late; -EINVAL: its own; -EXDEV, -EPERM as
 * people_merge.
 */
MUST_CHECK int people_merge_accept(struct store_tx *tx, uint64_t identity, const char *code);
/* The first page says yes: whoever joined first survives. yes = false: forgotten. -ENOENT: nothing to say yes to. */
MUST_CHECK int people_merge_confirm(struct store_tx *tx, uint64_t identity, bool yes);

#endif
