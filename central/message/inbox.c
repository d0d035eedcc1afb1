#include "central/message/inbox.h"

#include "central/store/outbox.h"
#include "central/store/wechat.h"
#include "central/wechat/message.h"
#include "central/wechat/order.h"
#include "platform/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROUND_MAX 500
#define PAGE_MAX  2000

/* ---- answering */

int inbox_answer(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_answer *answer,
                 struct window_choice *out_choice)
{
    char key[OUTBOX_KEY_MAX];
    struct question question;
    struct message_facts facts;
    uint64_t number = 0;
    int rc = question_find(tx, answer->question, &question);
    if (rc == 0 && question.state != QUESTION_OPEN) {
        rc = -EALREADY;
    }
    rc = rc ? rc : message_facts(tx, question.identity, &facts);
    struct window_choice choice = {0};
    if (rc == 0) {
        choice = window_choose(&facts, MESSAGE_CUSTOMER_SERVICE, tx->now_ms);
        *out_choice = choice;
    }
    if (rc == 0 && choice.answer != WINDOW_OPEN) {
        return -EAGAIN;
    }
    rc = rc ? rc : store_next_number(tx, "answer", &number);
    snprintf(key, sizeof(key), "answer/%" PRIu64 "/%" PRIu64, answer->question, number);
    rc = rc ? rc
            : question_answer_put(tx, keys, question.id,
                                  &(struct question_answer){.key = key, .by = answer->by, .text = answer->text});
    struct wechat_order order = {.account = question.account,
                                 .key = key,
                                 .identity = question.identity,
                                 .expires_ms = tx->now_ms + WECHAT_WINDOW_MS};
    return rc ? rc : wechat_order_text(tx, keys, &order, answer->text);
}

/* ---- searching */

int inbox_words(struct slice message, char out_words[INBOX_WORDS_MAX])
{
    struct wechat_message parsed;
    int rc = wechat_message_parse(message, &parsed);
    if (rc == 0 && wechat_message_kind(&parsed) == WECHAT_TEXT) {
        snprintf(out_words, INBOX_WORDS_MAX, "%s", parsed.content);
    } else if (rc == 0) {
        snprintf(out_words, INBOX_WORDS_MAX, "[%s]", parsed.type);
    }
    return rc;
}

struct searching {
    const struct inbox_search *search;
    struct store_tx *tx;
    inbox_visit visit;
    void *context;
    uint32_t found;
};

#define ENOUGH 1

static int look_into(void *context, uint64_t identity, const struct question_words *words)
{
    struct searching *s = context;
    char text[INBOX_WORDS_MAX];
    struct channel_identity known = {0};
    if (inbox_words(words->words, text) < 0 || !strstr(text, s->search->words)) {
        return 0;
    }
    int rc = wechat_find_identity(s->tx, identity, &known);
    struct inbox_hit hit = {
        .inbox = words->inbox, .identity = identity, .member = known.member, .at_ms = words->at_ms, .words = text};
    rc = rc ? rc : s->visit(s->context, &hit);
    return rc ? rc : ++s->found >= s->search->limit ? ENOUGH : 0;
}

int inbox_search(struct central *central, const struct channel_keys *keys, const struct inbox_search *search,
                 inbox_visit visit, void *context)
{
    struct inbox_page page = {.account = search->account, .since_ms = search->since_ms, .limit = PAGE_MAX};
    struct searching s = {.search = search, .visit = visit, .context = context};
    int rc = 0;
    do {
        struct store_tx tx;
        rc = store_read_begin(central->store, &tx);
        if (rc < 0) {
            return rc;
        }
        s.tx = &tx;
        rc = question_search_page(&tx, keys, &page, look_into, &s, &page.before);
        store_read_end(&tx);
    } while (rc == 0 && page.before != 0);
    return rc == ENOUGH ? 0 : rc;
}

/* ---- the clockwork */

static bool look(struct central *central)
{
    struct store_tx tx;
    bool due = false;
    uint64_t open = 0, late = 0;
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return false;
    }
    rc = question_round_due(&tx, &due);
    rc = rc ? rc : question_count(&tx, &open, &late);
    store_read_end(&tx);
    if (rc == 0) {
        central->metrics.questions_open = open;
        central->metrics.questions_late = late;
    }
    return rc == 0 && due;
}

static int run_round(void *arg, struct store_tx *tx)
{
    return question_go_round(tx, ROUND_MAX, arg);
}

void inbox_tick(struct central *central)
{
    struct question_round round;
    int rc = 0;
    while (rc == 0 && look(central)) {
        rc = writer_call(central->writer, run_round, &round);
        if (rc == 0 && round.late) {
            central->metrics.questions_escalated += round.late;
            log_warn("message",
                     "members have waited a quarter of an hour for an answer questions=%" PRIu64
                     " (question list --late)",
                     round.late);
        }
        if (rc == 0 && round.failed) {
            log_warn("message", "answers did not arrive, their questions are open again questions=%" PRIu64,
                     round.failed);
        }
    }
    if (rc < 0 && rc != -EPIPE) {
        log_error("message", "questions could not be gone through errno=%d", -rc);
    }
}
