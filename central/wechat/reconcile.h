#ifndef CENTRAL_WECHAT_RECONCILE_H
#define CENTRAL_WECHAT_RECONCILE_H

/*
 * What the pushes did not say. EventKey may be missing although somebody came by a QR, and a push that nobody took
 * within four tries is lost: the platform's own list of followers knows both.
 */

#include "central/server.h"
#include "central/store/wechat.h"

#include <jansson.h>

/* Takes user/info/batchget's answer: who came by a QR gets its touchpoint (and a member won without one is corrected,
 * by a record with its reason), who does not follow any more is forgotten. */
MUST_CHECK int reconcile_people(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                                const json_t *answer);

struct reconcile_result {
    uint64_t followers, found; /* the platform's list; of these, unknown to us until now */
    char error[160];           /* of a refusal */
};
/* Goes through the account's list of followers; for those whose push never came their identity is made and the question
 * by which QR they came is ordered. Blocking, for admin. -EREMOTEIO: the platform refused. */
MUST_CHECK int reconcile_followers(struct central *central, const char *account, struct reconcile_result *out_result);

#endif
