#include "central/admin/command.h"
#include "central/message/door.h"
#include "central/message/inbox.h"
#include "central/wechat/service.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define LIST_LIMIT   200
#define SEARCH_LIMIT 100
#define SEARCH_DAYS  30

static const char *state_of(const struct question *question)
{
    switch (question->state) {
    case QUESTION_OPEN:
        return question->answer_key[0] ? "answer under way" : question->escalated_ms ? "late" : "open";
    case QUESTION_ANSWERED:
        return "answered";
    case QUESTION_LEFT:
        return "left";
    case QUESTION_CLOSED:
        return "closed";
    }
    return "?";
}

static json_t *question_row(const struct question *question)
{
    return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s}", "question", (json_int_t)question->id, "account",
                     question->account, "state", state_of(question), "member", (json_int_t)question->member,
                     "opened_ms", (json_int_t)question->opened_ms, "due_ms", (json_int_t)question->due_ms, "assigned",
                     question->assigned, "by", question->ended_by, "reason", question->reason);
}

static int add_question(void *context, const struct question *question)
{
    admin_add_row(context, question_row(question));
    return 0;
}

static int cmd_list(struct admin_call *call, struct store_tx *tx)
{
    uint64_t open = 0, late = 0;
    struct question_filter filter = {.state = admin_given(call, "all") ? -1 : QUESTION_OPEN,
                                     .late = admin_given(call, "late"),
                                     .assigned =
                                         admin_given(call, "assigned") ? admin_text(call, "assigned", "") : NULL,
                                     .limit = (uint32_t)admin_rows(call, LIST_LIMIT)};
    int rc = question_count(tx, &open, &late);
    admin_set(call, "open", json_integer((json_int_t)open));
    admin_set(call, "late", json_integer((json_int_t)late));
    return rc ? rc : question_each(tx, &filter, add_question, call);
}

/* ---- one of them, opened */

static int add_message(void *context, const struct question_words *words)
{
    char text[INBOX_WORDS_MAX] = "(cannot be read)";
    int rc = inbox_words(words->words, text);
    (void)rc; /* kept all the same, and shown as such */
    admin_add_row(context,
                  json_pack("{s:I, s:s, s:s}", "at_ms", (json_int_t)words->at_ms, "from", "member", "words", text));
    return 0;
}

static int add_answer(void *context, const struct question_words *words)
{
    char from[64];
    snprintf(from, sizeof(from), "answer by %s", words->by);
    admin_add_row(context, json_pack("{s:I, s:s, s:s%}", "at_ms", (json_int_t)words->at_ms, "from", from, "words",
                                     (const char *)words->words.data, words->words.len));
    return 0;
}

static int cmd_show(struct admin_call *call, struct store_tx *tx)
{
    struct question question;
    struct channel_keys keys;
    int rc = question_find(tx, (uint64_t)admin_number(call, "question", 0), &question);
    rc = rc ? rc : wechat_work_keys(call->central, &keys);
    if (rc < 0) {
        return rc;
    }
    json_t *row = question_row(&question);
    json_object_update(call->result, row);
    json_decref(row);
    rc = question_each_message(tx, &keys, &question, add_message, call);
    rc = rc ? rc : question_each_answer(tx, &keys, question.id, add_answer, call);
    channel_keys_finish(&keys);
    return rc;
}

static int cmd_assign(struct admin_call *call, struct store_tx *tx)
{
    char who[QUESTION_BY_MAX];
    int rc = admin_copy_text(call, "who", who, sizeof(who));
    rc = rc ? rc : question_assign(tx, (uint64_t)admin_number(call, "question", 0), who);
    return rc == -EALREADY ? admin_refuse(call, rc, "it is not open any more") : rc;
}

static int cmd_answer(struct admin_call *call, struct store_tx *tx)
{
    char by[QUESTION_BY_MAX] = "operator";
    struct channel_keys keys;
    struct window_choice choice = {0};
    struct inbox_answer answer = {
        .question = (uint64_t)admin_number(call, "question", 0), .by = by, .text = admin_text(call, "text", "")};
    if (!answer.text[0]) {
        return admin_refuse(call, -EINVAL, "an answer needs words");
    }
    int rc = admin_copy_text(call, "by", by, sizeof(by));
    rc = rc ? rc : wechat_work_keys(call->central, &keys);
    if (rc < 0) {
        return rc;
    }
    rc = inbox_answer(tx, &keys, &answer, &choice);
    channel_keys_finish(&keys);
    if (rc == -EAGAIN) {
        return admin_refuse(call, rc, "%s", message_door_words(choice.answer));
    }
    return rc == -EALREADY ? admin_refuse(call, rc, "it is not open any more, or an answer is under way") : rc;
}

static int cmd_close(struct admin_call *call, struct store_tx *tx)
{
    int rc = question_close(tx, (uint64_t)admin_number(call, "question", 0), admin_text(call, "by", "operator"),
                            admin_text(call, "why", ""));
    return rc == -EALREADY ? admin_refuse(call, rc, "it is not open any more") : rc;
}

static int add_hit(void *context, const struct inbox_hit *hit)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:I, s:s}", "message", (json_int_t)hit->inbox, "member",
                                     (json_int_t)hit->member, "at_ms", (json_int_t)hit->at_ms, "words", hit->words));
    return 0;
}

static int cmd_search(struct admin_call *call)
{
    struct channel_keys keys;
    int64_t days = admin_given(call, "days") ? admin_u32(call, "days") : SEARCH_DAYS;
    struct inbox_search search = {.account = admin_text(call, "account", ""),
                                  .words = admin_text(call, "words", ""),
                                  .since_ms = clock_wall_ms(call->central->clock) - days * TIME_DAY_MS,
                                  .limit = (uint32_t)admin_rows(call, SEARCH_LIMIT)};
    if (!search.words[0]) {
        return admin_refuse(call, -EINVAL, "words to look for are missing");
    }
    int rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : inbox_search(call->central, &keys, &search, add_hit, call);
    channel_keys_finish(&keys);
    return rc;
}

static const struct admin_command commands[] = {
    {.name = "question list",
     .args = "--all:b --late:b --assigned:t --limit:n",
     .help = "members' questions that are open, the oldest first; --late: for more than a quarter of an hour",
     .read = cmd_list,
     .rows = true},
    {.name = "question show",
     .args = "QUESTION:n",
     .help = "what was written and answered",
     .read = cmd_show,
     .rows = true},
    {.name = "question assign", .args = "QUESTION:n WHO:t", .help = "who sees to it", .write = cmd_assign},
    {.name = "question answer",
     .args = "QUESTION:n TEXT:t --by:t",
     .help = "within the reply window; the question is answered when it has left",
     .write = cmd_answer},
    {.name = "question close", .args = "QUESTION:n --why!:t --by:t", .help = "nothing to answer", .write = cmd_close},
    {.name = "question search",
     .args = "ACCOUNT:t WORDS:t --days:n --limit:n",
     .help = "messages that hold the words, newest first (30 days)",
     .run = cmd_search,
     .rows = true},
};

const struct admin_group admin_question = {commands, ARRAY_LEN(commands)};
