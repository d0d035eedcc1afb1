#ifndef CENTRAL_WECHAT_SIGNATURE_H
#define CENTRAL_WECHAT_SIGNATURE_H

#include "domain/base.h"

/* Plain mode's proof that a push comes from WeChat: SHA-1 (hex) over the sorted token, timestamp and nonce. It covers
 * the query only, never the body: TLS in front of the listener and an unguessable token carry the rest. */

struct wechat_signature { /* of the query; NULL counts as wrong */
    const char *signature, *timestamp, *nonce;
};

bool wechat_signature_right(const char *token, const struct wechat_signature *query);

#endif
