#ifndef CENTRAL_MESSAGE_DOOR_H
#define CENTRAL_MESSAGE_DOOR_H

/*
 * The one door through which messages to a person leave: in the transaction that claims it each message finds its reply
 * window or its place in the month, is counted there, and goes; what the platform did not take is counted off again. A
 * mass message leaves out who has had four this month. Template and subscription messages have no window and pass by.
 */

#include "central/outbox/outbox.h"
#include "domain/window.h"

#include <jansson.h>

bool message_door_guards(const struct outbox_item *item);
/* order: of wechat/order.h. OUTBOX_DONE, or why it stays: NOT_YET (quiet hours), NEVER with the reason. */
MUST_CHECK int message_door_admit(struct store_tx *tx, const struct outbox_item *item, const json_t *order,
                                  struct outbox_outcome *out_outcome);

/* For people: "no reply window is open". */
const char *message_door_words(enum window_answer answer);

#endif
