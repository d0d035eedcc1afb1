#ifndef CENTRAL_WECHAT_API_H
#define CENTRAL_WECHAT_API_H

/*
 * WeChat's server API (https://developers.weixin.qq.com/doc/offiaccount): one call at a time, with the account's one
 * access token, which is fetched, kept in the books, renewed before its end and, when the platform refuses it, once
 * more. Blocking; not on the writer's or a server's thread. One struct wechat_api belongs to one thread at a time.
 */

#include "central/server.h"
#include "central/store/wechat.h"
#include "central/wechat/errors.h"

#include <jansson.h>

#define WECHAT_API_ERROR_MAX 160

struct wechat_api;

MUST_CHECK int wechat_api_open(struct central *central, struct wechat_api **out_api);
void wechat_api_close(struct wechat_api *api);  /* NULL-safe */
void wechat_api_cancel(struct wechat_api *api); /* any thread: a call under way ends with -ECANCELED */

struct wechat_call {
    const struct wechat_account *account;
    const char *path;   /* "message/custom/send"; a GET's may have a query */
    const json_t *body; /* NULL: a GET */
};

struct wechat_answer {
    const struct wechat_error *error; /* of wechat_error_find */
    int code;                         /* errcode */
    char words[WECHAT_API_ERROR_MAX]; /* for the operator: no token, no secret, no person */
    json_t *body;                     /* the caller's; NULL unless error->act is WECHAT_DONE */
};

/* 0: the platform answered, out_answer says what. -ENOENT: the account has no API; -EAGAIN: another process is fetching
 * the token, or a new one may not be forced yet; else as the HTTP client: nobody knows whether the call arrived. */
MUST_CHECK int wechat_api_call(struct wechat_api *api, const struct wechat_call *call,
                               struct wechat_answer *out_answer);

/* The account's token for calls elsewhere. stale: one that was refused, or NULL. As wechat_api_call. */
MUST_CHECK int wechat_api_token(struct wechat_api *api, const struct wechat_account *account, const char *stale,
                                struct wechat_answer *out_answer, char *out_token, size_t cap);

/* ---- a QR at the operator's word */

struct wechat_ticket_order {
    const char *scene;
    uint32_t expire_s; /* 0: permanent (at most 100,000 an account); else at most 30 days */
};

json_t *wechat_ticket_body(const struct wechat_ticket_order *order); /* of qrcode/create; NULL: no memory */

/* The text of the QR. -ENOENT: no API is configured; -EREMOTEIO: the platform refused, out_error says how; -EDQUOT: the
 * day's quota of QR calls is used; else as wechat_api_call. */
MUST_CHECK int wechat_api_create_qr(struct central *central, const struct wechat_account *account,
                                    const struct wechat_ticket_order *order, char out_url[160],
                                    char out_error[WECHAT_API_ERROR_MAX]);

#endif
