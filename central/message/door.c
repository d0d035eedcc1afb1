#include "central/message/door.h"

#include "central/store/message.h"
#include "central/wechat/order.h"

#include <stdio.h>
#include <string.h>

bool message_door_guards(const struct outbox_item *item)
{
    return strcmp(item->api, ORDER_API_CUSTOM) == 0 || strcmp(item->api, ORDER_API_MASS) == 0;
}

const char *message_door_words(enum window_answer answer)
{
    switch (answer) {
    case WINDOW_OPEN:
        return "may be sent now";
    case WINDOW_SHUT:
        return "no reply window is open: only after the member acts";
    case WINDOW_USED_UP:
        return "the reply window's messages are used up";
    case WINDOW_MONTH_FULL:
        return "has had the month's mass messages";
    case WINDOW_LEFT:
        return "does not follow any more";
    }
    return "?";
}

static void stay(struct outbox_outcome *outcome, const char *words)
{
    outcome->verdict = OUTBOX_NEVER;
    snprintf(outcome->reason, sizeof(outcome->reason), "%s", words);
}

static int admit_one(struct store_tx *tx, const struct outbox_item *item, struct outbox_outcome *outcome)
{
    struct window_choice choice;
    struct message_passing passing = {item->id, item->lane, MESSAGE_CUSTOMER_SERVICE};
    int rc = message_let_pass(tx, &passing, &choice);
    if (rc == -ENOENT) {
        stay(outcome, message_door_words(WINDOW_LEFT));
    } else if (rc == 0 && choice.answer != WINDOW_OPEN) {
        stay(outcome, message_door_words(choice.answer));
    }
    return rc == -ENOENT ? 0 : rc;
}

static int admit_list(struct store_tx *tx, const struct outbox_item *item, const json_t *order,
                      struct outbox_outcome *outcome)
{
    size_t i, open = 0;
    json_t *id;
    json_array_foreach(json_object_get(json_object_get(order, ORDER_LIST), "ids"), i, id)
    {
        struct window_choice choice;
        struct message_passing passing = {item->id, (uint64_t)json_integer_value(id), MESSAGE_MASS};
        int rc = message_let_pass(tx, &passing, &choice);
        if (rc < 0 && rc != -ENOENT) {
            return rc;
        }
        open += rc == 0 && choice.answer == WINDOW_OPEN;
    }
    if (open < WECHAT_MASS_MIN) {
        stay(outcome, "fewer than two of its people may get a mass message this month");
    }
    return 0;
}

static int admit_hour(struct store_tx *tx, const struct outbox_item *item, struct outbox_outcome *outcome)
{
    struct message_account account;
    int rc = message_account_find(tx, item->account, &account);
    int64_t next_ms = rc == 0 ? activity_next_ms(&account.quiet, -1, tx->now_ms) : 0;
    if (rc == 0 && next_ms != tx->now_ms) {
        stay(outcome, "waits for the end of the quiet hours");
        outcome->verdict = OUTBOX_NOT_YET;
        outcome->until_ms = next_ms;
    }
    return rc;
}

int message_door_admit(struct store_tx *tx, const struct outbox_item *item, const json_t *order,
                       struct outbox_outcome *out_outcome)
{
    struct outbox_outcome outcome = {.verdict = OUTBOX_DONE};
    int rc = message_take_back(tx, item->id); /* counted before a restart cut it off: looked at anew */
    if (rc == 0 && json_is_true(json_object_get(order, ORDER_UNASKED))) {
        rc = admit_hour(tx, item, &outcome);
    }
    if (rc == 0 && outcome.verdict == OUTBOX_DONE) {
        bool mass = strcmp(item->api, ORDER_API_MASS) == 0;
        rc = mass ? admit_list(tx, item, order, &outcome) : admit_one(tx, item, &outcome);
    }
    if (rc == 0) {
        *out_outcome = outcome;
    }
    return rc;
}
