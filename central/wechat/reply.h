#ifndef CENTRAL_WECHAT_REPLY_H
#define CENTRAL_WECHAT_REPLY_H

#include "central/wechat/message.h"
#include "platform/buffer.h"

/* Appends a passive text reply to message (sender and receiver swapped) to *out_xml; -ENOMEM, -E2BIG. */
MUST_CHECK int wechat_reply_text(const struct wechat_message *message, int64_t now_s, const char *text,
                                 struct buffer *out_xml);

#endif
