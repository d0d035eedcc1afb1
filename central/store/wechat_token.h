#ifndef CENTRAL_STORE_WECHAT_TOKEN_H
#define CENTRAL_STORE_WECHAT_TOKEN_H

/*
 * The one access token of an account, held in the books so that every process uses the same, and the claim that lets
 * exactly one of them fetch the next.
 */

#include "central/store/wechat_keys.h"

#define WECHAT_TOKEN_CAP 600

struct wechat_token {
    char text[WECHAT_TOKEN_CAP];
    int64_t expires_ms;
    int64_t forced_ms; /* when the platform was last made to give a new one; 0: never */
};

/* -ENOENT: none was fetched yet. */
MUST_CHECK int wechat_token_read(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                                 struct wechat_token *out_token);
/* From now for lease_ms nobody else may fetch. -EBUSY: somebody else does. */
MUST_CHECK int wechat_token_claim(struct store_tx *tx, const char *account, int64_t lease_ms);
/* Stores it and ends the claim. */
MUST_CHECK int wechat_token_save(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                                 const struct wechat_token *token);
MUST_CHECK int wechat_token_unclaim(struct store_tx *tx, const char *account);

#endif
