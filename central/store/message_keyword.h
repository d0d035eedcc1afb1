#ifndef CENTRAL_STORE_MESSAGE_KEYWORD_H
#define CENTRAL_STORE_MESSAGE_KEYWORD_H

/*
 * Automatic replies. A word that a member writes, or the event of a follow ("@follow") or of a menu entry
 * ("@menu/KEY"), is answered with a text; texts have versions that stay, with who wrote them and when; who got which is
 * kept, so that a wrong one can be put right (docs/messages.md). Switches count from the next push on: they are read in
 * the transaction that answers it.
 */

#include "central/store/message.h"

#define KEYWORD_WORD_MAX    65
#define KEYWORD_TEXT_MAX    1500
#define KEYWORD_BY_MAX      48
#define KEYWORD_STALE_DAYS  30 /* not looked at for longer: stale */
#define KEYWORD_FOLLOW      "@follow"
#define KEYWORD_MENU_PREFIX "@menu/"

struct keyword {
    uint64_t id;
    char account[MESSAGE_ACCOUNT_MAX], word[KEYWORD_WORD_MAX];
    bool exact; /* the whole message is the word; else it stands in it */
    bool off;
    char off_by[KEYWORD_BY_MAX], off_why[160];
    uint32_t version;
    char text[KEYWORD_TEXT_MAX + 1]; /* of that version */
    int64_t looked_ms, valid_to_ms;  /* valid_to 0: no end; later it is not sent */
};

/* A new one, or a new version of the account's reply to that word, which is looked at with it. -E2BIG. */
MUST_CHECK int keyword_set(struct store_tx *tx, const struct keyword *keyword, const char *by, uint64_t *out_id);
MUST_CHECK int keyword_find(struct store_tx *tx, uint64_t id, struct keyword *out_keyword); /* -ENOENT */
typedef int (*keyword_visit)(void *context, const struct keyword *keyword);
/* account "": of all. */
MUST_CHECK int keyword_each(struct store_tx *tx, const char *account, keyword_visit visit, void *context);
/* off, with who and why; on again with off false. */
MUST_CHECK int keyword_switch(struct store_tx *tx, const struct keyword *keyword);
MUST_CHECK int keyword_looked(struct store_tx *tx, uint64_t id);
/* "" or why somebody should look at it. */
const char *keyword_stale(const struct keyword *keyword, int64_t now_ms);
MUST_CHECK int keyword_count_stale(struct store_tx *tx, uint64_t *out_count);

struct keyword_version {
    uint32_t version;
    char text[KEYWORD_TEXT_MAX + 1], made_by[KEYWORD_BY_MAX];
    int64_t made_ms;
    uint64_t sent;
};
typedef int (*keyword_version_visit)(void *context, const struct keyword_version *version);
MUST_CHECK int keyword_each_version(struct store_tx *tx, uint64_t id, keyword_version_visit visit, void *context);

/* ---- answering */

struct keyword_ask {
    const char *account, *text; /* text: what was written, or the event's word */
    bool event;
};
/* The reply that answers it: the word itself before one that holds it, the longer word before the shorter. -ENOENT:
 * none, or they are switched off. */
MUST_CHECK int keyword_match(struct store_tx *tx, const struct keyword_ask *ask, struct keyword *out_keyword);
MUST_CHECK int keyword_note_sent(struct store_tx *tx, const struct keyword *keyword, uint64_t identity);

/* ---- the affected */

struct keyword_range {
    uint64_t keyword;
    uint32_t version;       /* 0: any */
    int64_t from_ms, to_ms; /* to 0: now */
};
/* Each once, with the latest they got. */
typedef int (*keyword_affected_visit)(void *context, uint64_t identity, uint32_t version, int64_t at_ms);
MUST_CHECK int keyword_each_affected(struct store_tx *tx, const struct keyword_range *range,
                                     keyword_affected_visit visit, void *context);

#endif
