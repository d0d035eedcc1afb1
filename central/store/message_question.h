#ifndef CENTRAL_STORE_MESSAGE_QUESTION_H
#define CENTRAL_STORE_MESSAGE_QUESTION_H

/*
 * What members ask. A message that no automatic reply answers opens a question of its sender, or belongs to the one
 * that is open; it stays open until an answer has left, and is late after a quarter of an hour. The messages themselves
 * stand sealed in the inbox, from the question's first one on; answers are sealed too.
 */

#include "central/store/message.h"
#include "central/store/wechat_keys.h"

#define QUESTION_LATE_MS INT64_C(900000)
#define QUESTION_BY_MAX  48

enum question_state { QUESTION_OPEN = 0, QUESTION_ANSWERED = 1, QUESTION_LEFT = 2, QUESTION_CLOSED = 3 };

struct question {
    uint64_t id, identity, inbox; /* identity 0: has left; inbox: its first message */
    uint64_t member;              /* 0: has not joined */
    char account[MESSAGE_ACCOUNT_MAX];
    enum question_state state;
    int64_t opened_ms, due_ms, escalated_ms; /* escalated 0: was never late */
    int64_t written_ms;                      /* the sender's last message */
    bool asked_again;                        /* something came after the answer was given */
    char assigned[QUESTION_BY_MAX];
    char answer_key[64]; /* of the outbox, while an answer is under way; else "" */
    int64_t answer_ms, ended_ms;
    char ended_by[QUESTION_BY_MAX], reason[120]; /* reason: why the last answer did not arrive, or it was closed */
};

/* The sender wrote: opens one unless one is open. Changes *person, which the caller saves. */
MUST_CHECK int question_note(struct store_tx *tx, const char *account, uint64_t inbox, struct message_person *person);
MUST_CHECK int question_find(struct store_tx *tx, uint64_t id, struct question *out_question); /* -ENOENT */

struct question_filter {
    int state;            /* enum question_state; < 0: any */
    bool late;            /* only those that were not answered in time and still are not */
    const char *assigned; /* NULL: anybody's */
    uint32_t limit;
};
typedef int (*question_visit)(void *context, const struct question *question);
/* In order of due time. */
MUST_CHECK int question_each(struct store_tx *tx, const struct question_filter *filter, question_visit visit,
                             void *context);

MUST_CHECK int question_assign(struct store_tx *tx, uint64_t id, const char *who);
struct question_answer {
    const char *key; /* of its order in the outbox */
    const char *by, *text;
};
/* An answer is under way. -EALREADY: the question is not open, or another one is. */
MUST_CHECK int question_answer_put(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                                   const struct question_answer *answer);
/* Nothing to answer, says who. -EALREADY: it is not open. */
MUST_CHECK int question_close(struct store_tx *tx, uint64_t id, const char *by, const char *why);

/* What became of answers: the question is answered, or open again with the reason. Questions whose quarter of an hour
 * is over are late from then on. At most limit of each. */
struct question_round {
    uint64_t answered, failed, late;
};
MUST_CHECK int question_go_round(struct store_tx *tx, uint32_t limit, struct question_round *out_round);
MUST_CHECK int question_count(struct store_tx *tx, uint64_t *out_open, uint64_t *out_late);
/* Whether a round would find something; for a snapshot. */
MUST_CHECK int question_round_due(struct store_tx *tx, bool *out_due);

/* ---- words, opened for whoever may read them */
struct question_words {
    uint64_t inbox; /* 0: an answer */
    int64_t at_ms;
    const char *by;     /* of an answer; "" */
    struct slice words; /* a message: the document as it came */
};
typedef int (*question_words_visit)(void *context, const struct question_words *words);
MUST_CHECK int question_each_message(struct store_tx *tx, const struct channel_keys *keys,
                                     const struct question *question, question_words_visit visit, void *context);
MUST_CHECK int question_each_answer(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                                    question_words_visit visit, void *context);

/* A page of the inbox from message `before` backwards (0: from the newest), not older than since_ms; the number to go
 * on from, 0: that was all. */
struct inbox_page {
    const char *account;
    uint64_t before;
    int64_t since_ms;
    uint32_t limit;
};
typedef int (*inbox_words_visit)(void *context, uint64_t identity, const struct question_words *words);
MUST_CHECK int question_search_page(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_page *page,
                                    inbox_words_visit visit, void *context, uint64_t *out_before);

#endif
