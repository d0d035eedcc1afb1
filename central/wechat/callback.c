#include "central/wechat/callback.h"

#include "central/wechat/reply.h"
#include "central/wechat/signature.h"
#include "central/wechat/work.h"
#include "platform/log.h"

#include <stdlib.h>
#include <string.h>

#define REPLY_XML_MAX 4096

/* The account the path names, if the query's signature was made with its token. Answers the request otherwise. */
static bool find_signed_account(struct http_request *request, struct central *central, struct channel_keys *keys,
                                struct wechat_account *out_account)
{
    struct store_tx tx;
    int rc = wechat_work_keys(central, keys);
    rc = rc ? rc : store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = wechat_find_account(&tx, keys, http_request_path_param(request, "account"), out_account);
        store_read_end(&tx);
    }
    if (rc == -ENOENT) {
        http_request_answer_error(request, 404, "unknown_account");
        return false;
    }
    if (rc < 0) {
        log_error("wechat", "account cannot be read errno=%d", -rc);
        http_request_answer_error(request, 503, "try_later");
        return false;
    }
    struct wechat_signature query = {.signature = http_request_query_param(request, "signature"),
                                     .timestamp = http_request_query_param(request, "timestamp"),
                                     .nonce = http_request_query_param(request, "nonce")};
    if (!wechat_signature_right(out_account->token, &query)) {
        http_request_answer_error(request, 403, "wrong_signature");
        return false;
    }
    return true;
}

void wechat_callback_verify(struct http_request *request, void *context)
{
    struct channel_keys keys;
    struct wechat_account account;
    if (find_signed_account(request, context, &keys, &account)) {
        const char *echo = http_request_query_param(request, "echostr");
        http_request_answer_text(request, 200, "text/plain; charset=utf-8", echo ? echo : "");
    }
    channel_keys_finish(&keys);
}

/* One push on its way through the writer. */
struct delivery {
    struct central *central;
    struct http_request *request;
    struct channel_keys keys;
    struct wechat_account account;
    struct wechat_message message;
    char reply[WECHAT_REPLY_MAX];
};

static void delivery_free(struct delivery *delivery)
{
    if (delivery) {
        channel_keys_finish(&delivery->keys);
        free(delivery);
    }
}

static int run_delivery(void *arg, struct store_tx *tx)
{
    struct delivery *delivery = arg;
    struct wechat_push push = {.keys = &delivery->keys,
                               .public_url = delivery->central->config.public_url,
                               .account = &delivery->account,
                               .message = &delivery->message,
                               .verbatim = http_request_body(delivery->request)};
    return wechat_work_take_in(tx, &push, delivery->reply);
}

static void answer_reply(struct delivery *delivery)
{
    struct buffer xml;
    int64_t now_s = clock_wall_ms(delivery->central->clock) / 1000;
    buffer_init(&xml, REPLY_XML_MAX);
    if (delivery->reply[0] && wechat_reply_text(&delivery->message, now_s, delivery->reply, &xml) == 0) {
        http_request_answer_text(delivery->request, 200, "text/xml; charset=utf-8", buffer_text(&xml));
    } else {
        http_request_answer_text(delivery->request, 200, "text/plain", "success");
    }
    buffer_finish(&xml);
}

static void finish_delivery(void *arg, int result)
{
    struct delivery *delivery = arg;
    if (result < 0) {
        log_error("wechat", "push not stored account=%s errno=%d", delivery->account.name, -result);
        http_request_answer_error(delivery->request, 503, "try_later");
    } else {
        answer_reply(delivery);
        wechat_work_wake(delivery->central);
    }
    delivery_free(delivery);
}

void wechat_callback_push(struct http_request *request, void *context)
{
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    if (!delivery) {
        http_request_answer_error(request, 503, "try_later");
        return;
    }
    delivery->central = context;
    delivery->request = request;
    if (!find_signed_account(request, context, &delivery->keys, &delivery->account)) {
        delivery_free(delivery);
        return;
    }
    if (wechat_message_parse(http_request_body(request), &delivery->message) < 0) {
        http_request_answer_error(request, 400, "malformed_message");
        delivery_free(delivery);
        return;
    }
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_delivery, .done = finish_delivery, .arg = delivery};
    http_request_defer(request);
    if (writer_submit(delivery->central->writer, &job) < 0) {
        http_request_answer_error(request, 503, "try_later");
        delivery_free(delivery);
    }
}
