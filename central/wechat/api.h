#ifndef CENTRAL_WECHAT_API_H
#define CENTRAL_WECHAT_API_H

/* The two calls of WeChat's server API that a follow QR needs: stable_token and qrcode/create. Blocking; not on the
 * writer's or a server's thread. The token is asked for each time (the platform gives the same one while it is valid).
 */

#include "central/store/wechat.h"

struct wechat_ticket_order {
    const char *scene;
    uint32_t expire_s; /* 0: permanent (at most 100,000 an account); else at most 30 days */
};

#define WECHAT_API_ERROR_MAX 160

/* The text of the QR. -ENOENT: no API is configured; -EREMOTEIO: the platform refused, out_error says how; else as the
 * HTTP client. */
MUST_CHECK int wechat_api_create_qr(const struct wechat_account *account, const struct wechat_ticket_order *order,
                                    char out_url[160], char out_error[WECHAT_API_ERROR_MAX]);

#endif
