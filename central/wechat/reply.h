#ifndef CENTRAL_WECHAT_REPLY_H
#define CENTRAL_WECHAT_REPLY_H

#include "central/wechat/envelope.h"
#include "central/wechat/message.h"
#include "platform/buffer.h"

/* Appends a passive text reply to message (sender and receiver swapped) to *out_xml; -ENOMEM, -E2BIG. */
MUST_CHECK int wechat_reply_text(const struct wechat_message *message, int64_t now_s, const char *text,
                                 struct buffer *out_xml);

/* What a reply to an encrypted push is wrapped in. */
struct wechat_seal {
    const struct envelope_key *key;
    const char *token;
    const uint8_t *random; /* ENVELOPE_RANDOM_LEN fresh bytes */
    uint64_t nonce;
    int64_t now_s;
};
/* Appends the sealed form of reply to *out_xml; -ENOMEM, -E2BIG. */
MUST_CHECK int wechat_reply_seal(const struct wechat_seal *seal, struct slice reply, struct buffer *out_xml);

#endif
