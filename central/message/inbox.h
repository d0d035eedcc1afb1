#ifndef CENTRAL_MESSAGE_INBOX_H
#define CENTRAL_MESSAGE_INBOX_H

/* Answering what members ask: answers leave through the outbox and its door; the clockwork sees what became of them and
 * which questions are late. */

#include "central/server.h"
#include "central/store/message_question.h"

struct inbox_answer {
    uint64_t question;
    const char *by, *text;
};
/* Orders the answer. -ENOENT; -EALREADY: it is not open, or an answer is under way; -EAGAIN: nothing may be sent now,
 * *out_choice says why. */
MUST_CHECK int inbox_answer(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_answer *answer,
                            struct window_choice *out_choice);

/* The words of a message as it came: what was written, or what it is ("[image]"). -EBADMSG. */
#define INBOX_WORDS_MAX 2400
MUST_CHECK int inbox_words(struct slice message, char out_words[INBOX_WORDS_MAX]);

/* Messages that hold the words, newest first; visit gets their text. Opens page after page, each in a snapshot of its
 * own: what is found stands nowhere but in memory. */
struct inbox_search {
    const char *account, *words;
    int64_t since_ms;
    uint32_t limit;
};
struct inbox_hit {
    uint64_t inbox, identity, member;
    int64_t at_ms;
    const char *words;
};
typedef int (*inbox_visit)(void *context, const struct inbox_hit *hit);
MUST_CHECK int inbox_search(struct central *central, const struct channel_keys *keys, const struct inbox_search *search,
                            inbox_visit visit, void *context);

void inbox_tick(struct central *central);

#endif
