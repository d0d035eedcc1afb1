#ifndef CENTRAL_WECHAT_SIGNATURE_H
#define CENTRAL_WECHAT_SIGNATURE_H

#include "domain/base.h"

/*
 * WeChat's proof that a push comes from it: SHA-1 in lower hex over the sorted token, timestamp and nonce, in safe mode
 * also over the encrypted message. The plain form covers the query only, never the body: TLS in front of the listener,
 * an unguessable token and the replay guard carry the rest. Pure, any thread.
 */

#define WECHAT_SIGNATURE_CAP 41

struct wechat_signature {                      /* as it came; NULL counts as wrong, but for encrypted */
    const char *signature, *timestamp, *nonce; /* safe mode: the query's msg_signature */
    const char *encrypted;                     /* the base64 text; NULL: the plain form */
};

/* Compared in constant time. */
bool wechat_signature_right(const char *token, const struct wechat_signature *query);

/* What signature has to be; -ENOMEM. query->signature is not read. */
MUST_CHECK int wechat_signature_make(const char *token, const struct wechat_signature *query,
                                     char out_hex[WECHAT_SIGNATURE_CAP]);

#endif
