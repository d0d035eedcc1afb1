#include "central/wechat/callback.h"

#include "central/wechat/envelope.h"
#include "central/wechat/reply.h"
#include "central/wechat/signature.h"
#include "central/wechat/work.h"
#include "platform/log.h"

#include <stdlib.h>
#include <string.h>

#define REPLY_XML_MAX 8192

/* One request on its way: what the account is, how the request came, and for a push what becomes of it. */
struct delivery {
    struct central *central;
    struct wechat_service *service;
    struct http_request *request;
    struct channel_keys keys;
    struct wechat_account account;
    struct envelope_key aes;
    bool encrypted; /* it came in an envelope, so the reply goes in one */
    int64_t now_s;
    struct buffer document; /* decrypted; unused when plain */
    struct wechat_message message;
    struct inbox_sealed entry;
    char reply[WECHAT_REPLY_MAX];
};

static void delivery_free(struct delivery *delivery)
{
    if (delivery) {
        wechat_sealed_finish(&delivery->entry);
        buffer_finish(&delivery->document);
        envelope_key_finish(&delivery->aes);
        channel_keys_finish(&delivery->keys);
        free(delivery);
    }
}

/* Answers with a refusal; always false. */
static bool refuse(const struct delivery *delivery, int status, const char *word)
{
    http_request_answer_error(delivery->request, status, word);
    return false;
}

static bool find_account(struct delivery *delivery)
{
    struct store_tx tx;
    int rc = wechat_work_keys(delivery->central, &delivery->keys);
    rc = rc ? rc : store_read_begin(delivery->central->store, &tx);
    if (rc == 0) {
        rc = wechat_find_account(&tx, &delivery->keys, http_request_path_param(delivery->request, "account"),
                                 &delivery->account);
        store_read_end(&tx);
    }
    if (rc == 0 && delivery->account.mode != WECHAT_PLAIN) {
        rc = envelope_key_parse(delivery->account.aes_key, delivery->account.appid, &delivery->aes);
    }
    if (rc == -ENOENT) {
        return refuse(delivery, 404, "unknown_account");
    }
    if (rc < 0) {
        log_error("wechat", "account cannot be read errno=%d", -rc);
        return refuse(delivery, 503, "try_later");
    }
    return true;
}

static struct delivery *begin(struct http_request *request, struct central *central)
{
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    if (!delivery) {
        http_request_answer_error(request, 503, "try_later");
        return NULL;
    }
    delivery->central = central;
    delivery->service = wechat_service_of(central);
    delivery->request = request;
    delivery->now_s = clock_wall_ms(central->clock) / 1000;
    delivery->encrypted = http_request_query_param(request, "msg_signature") != NULL;
    buffer_init(&delivery->document, WECHAT_BODY_MAX);
    if (!find_account(delivery)) {
        delivery_free(delivery);
        return NULL;
    }
    return delivery;
}

/* encrypted: the base64 text the envelope's signature covers; not read when the request is plain. */
static bool check_query(const struct delivery *delivery, const char *encrypted)
{
    struct http_request *request = delivery->request;
    struct wechat_signature query = {
        .signature = http_request_query_param(request, delivery->encrypted ? "msg_signature" : "signature"),
        .timestamp = http_request_query_param(request, "timestamp"),
        .nonce = http_request_query_param(request, "nonce"),
        .encrypted = delivery->encrypted ? encrypted : NULL};
    if (!wechat_signature_right(delivery->account.token, &query)) {
        return refuse(delivery, 403, "wrong_signature");
    }
    if (!guard_fresh(query.timestamp, delivery->now_s)) {
        log_warn("wechat", "push refused, its time is more than %d s off: check this machine's clock account=%s",
                 GUARD_WINDOW_S, delivery->account.name);
        return refuse(delivery, 403, "old_timestamp");
    }
    return true;
}

/* Opens the envelope into delivery->document once its signature is right. */
static bool open_envelope(struct delivery *delivery, const char *encrypted)
{
    if (delivery->account.mode == WECHAT_PLAIN) {
        return refuse(delivery, 403, "wrong_envelope");
    }
    if (!check_query(delivery, encrypted)) {
        return false;
    }
    int rc = envelope_open(&delivery->aes, encrypted, &delivery->document);
    if (rc == -ENOMEM) {
        return refuse(delivery, 503, "try_later");
    }
    return rc < 0 ? refuse(delivery, 403, "wrong_envelope") : true;
}

/* ---- the URL check */

static void answer_echo(struct delivery *delivery)
{
    const char *echo = http_request_query_param(delivery->request, "echostr");
    echo = echo ? echo : "";
    if (delivery->encrypted) {
        if (!open_envelope(delivery, echo)) {
            return;
        }
        echo = buffer_text(&delivery->document);
    } else if (!check_query(delivery, NULL)) {
        return;
    }
    http_request_answer_text(delivery->request, 200, "text/plain; charset=utf-8", echo);
}

void wechat_callback_verify(struct http_request *request, void *context)
{
    struct delivery *delivery = begin(request, context);
    if (delivery) {
        answer_echo(delivery);
        delivery_free(delivery);
    }
}

/* ---- a push */

static int write_reply(const struct delivery *delivery, struct buffer *out_xml)
{
    int rc = wechat_reply_text(&delivery->message, delivery->now_s, delivery->reply, out_xml);
    if (rc < 0 || !delivery->encrypted) {
        return rc;
    }
    uint8_t random[ENVELOPE_RANDOM_LEN];
    struct buffer plain = *out_xml;
    struct wechat_seal seal = {.key = &delivery->aes,
                               .token = delivery->account.token,
                               .random = random,
                               .nonce = random_u64(random_real()) >> 16,
                               .now_s = delivery->now_s};
    random_fill(random_real(), random, sizeof(random));
    buffer_init(out_xml, REPLY_XML_MAX);
    rc = wechat_reply_seal(&seal, (struct slice){plain.data, plain.len}, out_xml);
    buffer_finish(&plain);
    return rc;
}

static void answer_reply(const struct delivery *delivery)
{
    struct buffer xml;
    buffer_init(&xml, REPLY_XML_MAX);
    if (delivery->reply[0] && write_reply(delivery, &xml) == 0) {
        http_request_answer_text(delivery->request, 200, "text/xml; charset=utf-8", buffer_text(&xml));
    } else {
        http_request_answer_text(delivery->request, 200, "text/plain", "success");
    }
    buffer_finish(&xml);
}

static struct wechat_push push_of(const struct delivery *delivery)
{
    return (struct wechat_push){.keys = &delivery->keys,
                                .public_url = delivery->central->config.public_url,
                                .account = &delivery->account,
                                .message = &delivery->message,
                                .entry = &delivery->entry};
}

static int run_delivery(void *arg, struct store_tx *tx)
{
    struct delivery *delivery = arg;
    struct wechat_push push = push_of(delivery);
    return wechat_work_take_in(tx, &push, delivery->reply);
}

static void finish_delivery(void *arg, int result)
{
    struct delivery *delivery = arg;
    if (result < 0) {
        log_error("wechat", "push not stored account=%s errno=%d", delivery->account.name, -result);
        http_request_answer_error(delivery->request, 503, "try_later");
    } else {
        answer_reply(delivery);
        if (delivery->entry.state == INBOX_WAITING) {
            wechat_work_wake(delivery->central);
        }
    }
    delivery_free(delivery);
}

/* A plain push: its signature covers the query only, so the query may not carry a second message. */
static bool read_plain(struct delivery *delivery, struct slice body)
{
    char identity[WECHAT_IDENTITY_MAX];
    if (delivery->account.mode == WECHAT_SAFE) {
        return refuse(delivery, 403, "not_encrypted");
    }
    if (!check_query(delivery, NULL)) {
        return false;
    }
    if (wechat_message_parse(body, &delivery->message) < 0) {
        return refuse(delivery, 400, "malformed_message");
    }
    wechat_message_identity(&delivery->message, identity, sizeof(identity));
    if (!guard_admit(delivery->service->guard, http_request_query_param(delivery->request, "signature"), identity,
                     delivery->now_s)) {
        return refuse(delivery, 403, "replayed");
    }
    return true;
}

/* An authentic message that cannot be read is kept as it is, for a version that can. */
static bool read_encrypted(struct delivery *delivery, struct slice body)
{
    char *encrypted = arena_alloc(http_request_arena(delivery->request), body.len + 1);
    if (!encrypted) {
        return refuse(delivery, 503, "try_later");
    }
    int rc = wechat_envelope_parse(body, encrypted, body.len + 1);
    if (rc < 0) {
        return rc == -ENOMEM ? refuse(delivery, 503, "try_later") : refuse(delivery, 400, "malformed_message");
    }
    if (!open_envelope(delivery, encrypted)) {
        return false;
    }
    struct slice document = {delivery->document.data, delivery->document.len};
    if (wechat_message_parse(document, &delivery->message) < 0) {
        delivery->message = (struct wechat_message){0};
    }
    return true;
}

static bool read_push(struct delivery *delivery)
{
    struct slice body = http_request_body(delivery->request), verbatim = body;
    if (delivery->encrypted ? !read_encrypted(delivery, body) : !read_plain(delivery, body)) {
        return false;
    }
    if (delivery->encrypted) {
        verbatim = (struct slice){delivery->document.data, delivery->document.len};
    }
    struct wechat_push push = push_of(delivery);
    if (wechat_work_prepare(&push, verbatim, delivery->central->random, &delivery->entry) < 0) {
        return refuse(delivery, 503, "try_later");
    }
    return true;
}

void wechat_callback_push(struct http_request *request, void *context)
{
    struct delivery *delivery = begin(request, context);
    if (!delivery || !read_push(delivery)) {
        delivery_free(delivery);
        return;
    }
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_delivery, .done = finish_delivery, .arg = delivery};
    http_request_defer(request);
    if (writer_submit(delivery->central->writer, &job) < 0) {
        http_request_answer_error(request, 503, "try_later");
        delivery_free(delivery);
    }
} // NOLINT(clang-analyzer-unix.Malloc): once submitted, finish_delivery frees it
