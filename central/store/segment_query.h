#ifndef CENTRAL_STORE_SEGMENT_QUERY_H
#define CENTRAL_STORE_SEGMENT_QUERY_H

/*
 * What an operator writes to choose members, as a tree. Pure: no books, no clock. docs/members.md describes the words.
 *
 *   either  = both {"or" both}            both = one {"and" one}            one = ["not"] condition | "(" either ")"
 *   condition = "tag" NAME {"," NAME} | "tier" TIER {"," TIER} | "store" N {"," N} | "segment" N {"," N}
 *             | ("joined"|"visited"|"bought"|"redeemed"|"acted") ("before"|"after") (YYYY-MM-DD | Nd)
 *             | ("visited"|"bought"|"redeemed"|"acted") "never"
 *             | ("purchases"|"redemptions"|"spent"|"hour") ("<"|"<="|"="|">="|">") NUMBER
 */

#include "domain/base.h"

#define SEGMENT_TEXT_MAX  512
#define SEGMENT_NODES_MAX 64
#define SEGMENT_DEPTH_MAX 16
#define TAG_NAME_MAX      49 /* 16 Chinese characters */

enum segment_op {
    SEGMENT_AND,
    SEGMENT_OR,
    SEGMENT_NOT,
    SEGMENT_TAG,
    SEGMENT_TIER,    /* value: enum member_tier */
    SEGMENT_STORE,   /* value: home store */
    SEGMENT_SEGMENT, /* value: another one */
    SEGMENT_TIME,
    SEGMENT_NEVER,
    SEGMENT_NUMBER,
};
enum segment_moment { SEGMENT_JOINED, SEGMENT_VISITED, SEGMENT_BOUGHT, SEGMENT_REDEEMED, SEGMENT_ACTED };
enum segment_amount { SEGMENT_PURCHASES, SEGMENT_REDEMPTIONS, SEGMENT_SPENT, SEGMENT_HOUR };
enum segment_compare { SEGMENT_LESS, SEGMENT_AT_MOST, SEGMENT_EQUAL, SEGMENT_AT_LEAST, SEGMENT_MORE };

/* A member's activity, as it stands in the feed. Whoever is erased has none. */
enum member_tier { TIER_NONE = 0, TIER_NEW = 1, TIER_KEEP = 2, TIER_ACTIVATE = 3, TIER_GONE = 4 };
const char *tier_name(enum member_tier tier);                            /* "new", "keep", "activate", "gone", "" */
MUST_CHECK int tier_parse(const char *name, enum member_tier *out_tier); /* -EINVAL */

struct segment_node {
    uint8_t op;          /* enum segment_op */
    uint8_t field;       /* enum segment_moment or segment_amount */
    uint8_t compare;     /* enum segment_compare; of a moment LESS = before, MORE = after */
    bool ago;            /* of a moment: value is a distance back from now */
    uint8_t left, right; /* nodes; NOT has only left */
    int64_t value;       /* number, fen, Unix milliseconds */
    char tag[TAG_NAME_MAX];
};

struct segment_query {
    struct segment_node nodes[SEGMENT_NODES_MAX];
    uint8_t count;
    uint8_t root;
};

struct segment_fault {
    size_t at;        /* byte of the text */
    const char *what; /* a static sentence */
};

/* -EINVAL with the first fault, -E2BIG (too many conditions, or nested too deep; fault too). */
MUST_CHECK int segment_parse(const char *text, struct segment_query *out_query, struct segment_fault *out_fault);

#endif
