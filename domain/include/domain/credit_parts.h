#ifndef DOMAIN_CREDIT_PARTS_H
#define DOMAIN_CREDIT_PARTS_H

#include "domain/fields.h"

/*
 * What of a credit share ends, and when. A share is an amount; its parts say how much of it ends at which moment, and
 * what is in no part never ends. Ends fall on the ends of local days or months, so that a share has few parts.
 * Records say which parts they took or gave: sums of what they say are the same in whatever order journals are read.
 */

#define CREDIT_PARTS_MAX     40
#define CREDIT_TERM_DAYS_MAX 1096
#define CREDIT_BACK_DAYS     1 /* what a void gives back does not end before the day or month after so many days */

struct credit_part {
    int64_t ends_s; /* Unix, exclusive; > 0 */
    int64_t amount_minor;
};

struct credit_parts { /* ends ascending, amounts > 0 */
    uint32_t count;
    struct credit_part items[CREDIT_PARTS_MAX];
};

/* Key k of a struct that has parts. */
// NOLINTNEXTLINE(bugprone-macro-parentheses): m is the name of a member
#define CREDIT_PARTS_AT(k, s, m) FIELD_PAIRS_AT(k, s, m.items, m.count)

/* When credit of business time ends, days after it: with its local day below 31 days, else with its local month. Unix
 * seconds, exclusive; 0 = never: no term, or a time of no calendar. */
int64_t credit_ends_s(int64_t business_ms, uint32_t term_days);

/* Ascending, each above nothing, together at most amount_minor: what a record may say. */
bool credit_parts_sane(const struct credit_parts *parts, int64_t amount_minor);
int64_t credit_parts_sum(const struct credit_parts *parts);
bool credit_parts_equal(const struct credit_parts *a, const struct credit_parts *b);
/* The end under which credit goes into a share with these parts: its own; when they are full the next later one there,
 * or 0 (never), so that nothing ends earlier than it was promised. 0 stays 0. */
int64_t credit_parts_place(const struct credit_parts *parts, int64_t ends_s);
/* Puts an amount in, placed; what never ends leaves no part. */
void credit_parts_add(struct credit_parts *parts, int64_t ends_s, int64_t amount_minor);
/* What goes into a share with these parts, each of it placed. */
struct credit_parts credit_parts_placed(const struct credit_parts *parts, const struct credit_parts *given);

/*
 * The parts of a share from the books, an amount an end. Some may be below nothing: a copy is missing, two terminals
 * let the same credit expire, or a record took more than it can name. The others say as much too much, and together
 * never more ends than all of them say, nor than the share holds: the rest is cut from what ends first.
 */
struct credit_rows {
    struct credit_parts parts; /* that end first, as many as a record can name */
    int64_t beyond_minor;      /* what ends after them */
    int64_t over_minor;        /* still to be cut */
};
/* sum_minor: of all rows; positive_minor: of those above nothing, which are then added, ends ascending. */
void credit_rows_begin(struct credit_rows *rows, int64_t share_minor, int64_t sum_minor, int64_t positive_minor);
void credit_rows_add(struct credit_rows *rows, struct credit_part row);
/* For a taking that may reach what ends after the parts: a record says so under the last end that it can name. That row
 * goes below nothing by as much as later ones then say too much, and reading them cuts what should have been taken. */
void credit_rows_fold(struct credit_rows *rows);

/* Taking an amount of a share, at most what it holds: what ends first goes first, then what never ends. Each adds to
 * *taken, which starts empty. */
void credit_parts_take(struct credit_parts *parts, int64_t amount_minor, struct credit_parts *taken);
/* For the void of an earn: from the part of its own end first (0: from what never ends, of which the share of
 * share_minor has the rest), then as above. */
void credit_parts_take_own(struct credit_parts *parts, struct credit_part own, int64_t share_minor,
                           struct credit_parts *taken);
/* Everything that ends at through_s or before. */
void credit_parts_take_ended(struct credit_parts *parts, int64_t through_s, struct credit_parts *taken);
/* What a void gives back of a spend that had taken `taken`: each part as it was, but none ends before `earliest_s`. */
struct credit_parts credit_parts_back(const struct credit_parts *taken, int64_t earliest_s);

#endif
