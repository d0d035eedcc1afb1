#ifndef CENTRAL_WECHAT_CALLBACK_H
#define CENTRAL_WECHAT_CALLBACK_H

/*
 * GET and POST /wechat/{account} on the public listener: the URL check and pushes, plain or in the safe mode's envelope
 * as the account is configured; a reply takes the form of its push. context: struct central. A push is acknowledged
 * only after it is on disk; when it cannot be stored the answer is 503, so that WeChat sends it again. Refused: 404
 * unknown_account, 403 wrong_signature, old_timestamp, replayed, not_encrypted, wrong_envelope, 400 malformed_message.
 */

#include "platform/http_server.h"

void wechat_callback_verify(struct http_request *request, void *context);
void wechat_callback_push(struct http_request *request, void *context);

#endif
