#ifndef CENTRAL_WECHAT_WORK_H
#define CENTRAL_WECHAT_WORK_H

/*
 * What a push is answered with, and what is done about it afterwards. The answer is made in the transaction that stores
 * the push; the work waits in the inbox, is done right after the acknowledgement, and is taken up again after a
 * restart.
 */

#include "central/store/wechat.h"
#include "central/wechat/message.h"
#include "central/wechat/service.h"

#define WECHAT_REPLY_MAX 2048

struct wechat_push {
    const struct channel_keys *keys;
    const char *public_url;
    const struct wechat_account *account;
    const struct wechat_message *message; /* from "" and type "": it could not be read */
    const struct inbox_sealed *entry;
};

/* Seals the push for the inbox; verbatim: the document as it came. Any thread, before the transaction. */
MUST_CHECK int wechat_work_prepare(const struct wechat_push *push, struct slice verbatim, struct random *random,
                                   struct inbox_sealed *out_entry);

/* Stores the push (a repeated one only once) and says what to answer: *out_text is "" for a bare acknowledgement. */
MUST_CHECK int wechat_work_take_in(struct store_tx *tx, const struct wechat_push *push,
                                   char out_text[WECHAT_REPLY_MAX]);

/* Does what waiting messages ask for, at most `limit` of them. Storage errors end it; a message that cannot be
 * worked on is set aside (INBOX_FAILED) and never blocks the next. */
MUST_CHECK int wechat_work_sweep(struct store_tx *tx, const struct channel_keys *keys, unsigned limit,
                                 unsigned *out_done);

/* Sees to it that a sweep runs on central's writer; harmless when nothing waits, one sweep at a time serves all who
 * ask. For after an answer and for the clockwork. */
void wechat_work_wake(struct central *central);

#endif
