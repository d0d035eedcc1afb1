#ifndef CENTRAL_WECHAT_CALLBACK_H
#define CENTRAL_WECHAT_CALLBACK_H

/* GET and POST /wechat/{account} on the public listener, plain mode. context: struct central. A push is acknowledged
 * only after it is on disk; when it cannot be stored the answer is 503, so that WeChat sends it again. */

#include "platform/http_server.h"

void wechat_callback_verify(struct http_request *request, void *context);
void wechat_callback_push(struct http_request *request, void *context);

#endif
