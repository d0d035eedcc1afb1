#ifndef CENTRAL_WECHAT_ENVELOPE_H
#define CENTRAL_WECHAT_ENVELOPE_H

/*
 * Safe mode's envelope (https://developers.weixin.qq.com/doc/offiaccount, "message encryption"): AES-256-CBC, the IV is
 * the key's first half, and inside 16 random bytes, the message's length (4 bytes, big-endian), the message and the
 * AppID, padded as PKCS#7 to blocks of 32 bytes. Pure, any thread.
 */

#include "domain/base.h"
#include "platform/buffer.h"

#define ENVELOPE_KEY_TEXT_LEN 43 /* EncodingAESKey: base64 of 32 bytes without its '=' */
#define ENVELOPE_RANDOM_LEN   16

struct envelope_key {
    uint8_t key[32];
    const char *appid; /* the caller's, as long as the key is used */
};

/* -EBADMSG: not 43 characters of base64. The last character's spare bits may be set: real keys have them. */
MUST_CHECK int envelope_key_parse(const char *text, const char *appid, struct envelope_key *out_key);
void envelope_key_finish(struct envelope_key *key); /* wipes; NULL-safe */

/* Appends the message. -EBADMSG: not base64, not whole blocks, wrong padding, length or AppID; -E2BIG, -ENOMEM. */
MUST_CHECK int envelope_open(const struct envelope_key *key, const char *encrypted, struct buffer *out_message);

/* Appends the base64 text of the sealed message. */
MUST_CHECK int envelope_seal(const struct envelope_key *key, const uint8_t random[ENVELOPE_RANDOM_LEN],
                             struct slice message, struct buffer *out_encrypted);

#endif
