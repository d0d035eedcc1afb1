#ifndef CENTRAL_STORE_WECHAT_KEYS_H
#define CENTRAL_STORE_WECHAT_KEYS_H

/*
 * One file of 32 random bytes (DATA/keys/channel.key, 0600, made on first use) protects what names a person: openids
 * and messages are sealed with it (XSalsa20-Poly1305), found again by an HMAC, and member page links carry a MAC of it.
 * Without the file the database says nothing about anybody. Three keys are derived, one a purpose.
 */

#include "central/store/people_touchpoint.h"
#include "domain/crypto.h"
#include "platform/buffer.h"
#include "platform/random.h"

struct channel_keys {
    uint8_t seal[32], index[32], link[32];
};

#define WHO_LEN 16 /* of an HMAC: finds the identity of (account, openid) */

/* -EPERM: others may read the file; -EBADMSG: wrong content. */
MUST_CHECK int channel_keys_load_or_make(const char *path, struct random *random, struct channel_keys *out_keys);
void channel_keys_finish(struct channel_keys *keys); /* wipes; NULL-safe */

void channel_who(const struct channel_keys *keys, const char *account, const char *openid, uint8_t out_who[WHO_LEN]);

/* nonce ‖ box. out has CHANNEL_SEALED_LEN(len) bytes. */
#define CHANNEL_SEALED_LEN(len) ((len) + 40)
void channel_seal(const struct channel_keys *keys, struct random *random, struct slice plain, uint8_t *out_sealed);
/* Appends the plain text; -EBADMSG when it is not ours. */
MUST_CHECK int channel_unseal(const struct channel_keys *keys, struct slice sealed, struct buffer *out_plain);

/* The ticket of a member page: the identity's number, the hour it was made in, and their MAC; nothing in it can be
 * guessed or counted up. -EBADMSG: not ours; -ESTALE: made in an hour before since_ms. */
#define PAGE_TICKET_CAP 40
void channel_ticket_make(const struct channel_keys *keys, uint64_t identity, int64_t now_ms,
                         char out_ticket[PAGE_TICKET_CAP]);
MUST_CHECK int channel_ticket_open(const struct channel_keys *keys, const char *ticket, int64_t since_ms,
                                   uint64_t *out_identity);

#endif
