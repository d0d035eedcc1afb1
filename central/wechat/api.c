#include "central/wechat/api.h"

#include "central/store/outbox.h"
#include "central/store/wechat_token.h"
#include "central/wechat/service.h"
#include "platform/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX    (4 * 1024 * 1024) /* 10,000 openids */
#define TIMEOUT_MS    10000
#define URL_MAX       1024
#define EARLY_MS      INT64_C(300000) /* a token is renewed this long before its end */
#define CLAIM_MS      INT64_C(15000)  /* longer than one call may take */
#define FORCE_GAP_MS  INT64_C(30000)  /* the platform's rule for force_refresh */
#define FORCE_API     "force_refresh"
#define FORCE_PER_DAY 20
#define TOKEN_LIFE_S  7200

struct wechat_api {
    struct central *central;
    struct http_client *client;
};

int wechat_api_open(struct central *central, struct wechat_api **out_api)
{
    struct wechat_api *api = calloc(1, sizeof(*api));
    if (!api) {
        return -ENOMEM;
    }
    api->central = central;
    int rc = http_client_open(&(struct http_client_options){0}, &api->client);
    if (rc < 0) {
        free(api);
        return rc;
    }
    *out_api = api;
    return 0;
}

void wechat_api_close(struct wechat_api *api)
{
    if (api) {
        http_client_close(api->client);
        free(api);
    }
}

void wechat_api_cancel(struct wechat_api *api)
{
    http_client_cancel(api->client);
}

/* ---- one exchange */

static void set_code(struct wechat_answer *answer, int code, const char *words)
{
    answer->code = code;
    answer->error = wechat_error_find(code);
    snprintf(answer->words, sizeof(answer->words), "errcode %d: %s (%.60s)", code, answer->error->reason,
             words ? words : "");
}

/* What the platform said. Anything that is not its JSON is trouble on the way: it is busy. */
static void read_answer(const struct http_client_response *response, struct wechat_answer *answer)
{
    json_t *body = json_loads(buffer_text(&response->body), 0, NULL);
    if (response->status != 200 || !json_is_object(body)) {
        set_code(answer, -1, "");
        snprintf(answer->words, sizeof(answer->words), "answer %d is not what the platform sends", response->status);
    } else {
        set_code(answer, (int)json_integer_value(json_object_get(body, "errcode")),
                 json_string_value(json_object_get(body, "errmsg")));
    }
    if (answer->error->act == WECHAT_DONE) {
        answer->body = json_incref(body);
    }
    json_decref(body);
}

static int exchange(struct wechat_api *api, const char *url, const json_t *body, struct wechat_answer *out_answer)
{
    /* Raw UTF-8: the platform shows escapes as they are. */
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (body && !text) {
        return -ENOMEM;
    }
    struct http_header header = {"Content-Type", "application/json; charset=utf-8"};
    struct http_client_request request = {.method = body ? "POST" : "GET",
                                          .url = url,
                                          .headers = &header,
                                          .header_count = 1,
                                          .body = {(const uint8_t *)text, body ? strlen(text) : 0},
                                          .timeout_ms = TIMEOUT_MS};
    struct http_client_response response;
    buffer_init(&response.body, ANSWER_MAX);
    int rc = http_client_perform(api->client, &request, &response);
    *out_answer = (struct wechat_answer){0};
    if (rc == 0) {
        read_answer(&response, out_answer);
    } else {
        snprintf(out_answer->words, sizeof(out_answer->words), "no answer: %s", strerror(-rc));
    }
    buffer_finish(&response.body);
    free(text);
    return rc;
}

/* ---- the token */

struct token_job {
    struct wechat_api *api;
    const struct wechat_account *account;
    const char *stale; /* refused by the platform; NULL: none */
    struct channel_keys keys;
    struct wechat_token token;
};

static int run_claim(void *arg, struct store_tx *tx)
{
    struct token_job *job = arg;
    return wechat_token_claim(tx, job->account->name, CLAIM_MS);
}

static int run_save(void *arg, struct store_tx *tx)
{
    struct token_job *job = arg;
    return wechat_token_save(tx, &job->keys, job->account->name, &job->token);
}

static int run_unclaim(void *arg, struct store_tx *tx)
{
    struct token_job *job = arg;
    return wechat_token_unclaim(tx, job->account->name);
}

static int run_count_force(void *arg, struct store_tx *tx)
{
    struct token_job *job = arg;
    uint32_t used = 0, limit = 0;
    int rc = outbox_quota_used(tx, job->account->name, FORCE_API, &used, &limit);
    rc = rc == -ENOENT ? outbox_set_quota(tx, job->account->name, FORCE_API, FORCE_PER_DAY) : rc;
    return rc ? rc : outbox_count_call(tx, job->account->name, FORCE_API);
}

static int64_t now_ms(const struct wechat_api *api)
{
    return clock_wall_ms(api->central->clock);
}

static int fetch(struct token_job *job, bool force, struct wechat_answer *out_answer)
{
    char url[URL_MAX];
    snprintf(url, sizeof(url), "%s/cgi-bin/stable_token", job->account->api);
    json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "grant_type", "client_credential", "appid", job->account->appid,
                             "secret", job->account->secret, "force_refresh", (int)force);
    int rc = body ? exchange(job->api, url, body, out_answer) : -ENOMEM;
    json_decref(body);
    if (rc < 0 || out_answer->error->act != WECHAT_DONE) {
        return rc;
    }
    const char *text = json_string_value(json_object_get(out_answer->body, "access_token"));
    json_int_t life_s = json_integer_value(json_object_get(out_answer->body, "expires_in"));
    if (!text || strlen(text) >= sizeof(job->token.text) || life_s <= 0) {
        set_code(out_answer, -1, "no access token in the answer");
    } else {
        memcpy(job->token.text, text, strlen(text) + 1);
        job->token.expires_ms = now_ms(job->api) + (life_s < TOKEN_LIFE_S ? life_s : TOKEN_LIFE_S) * 1000;
    }
    json_decref(out_answer->body);
    out_answer->body = NULL;
    return 0;
}

/* The platform still gives what it refuses: it is made to give another, as often as its rules allow. */
static int force(struct token_job *job, struct wechat_answer *out_answer)
{
    if (now_ms(job->api) - job->token.forced_ms < FORCE_GAP_MS) {
        return -EAGAIN;
    }
    int rc = writer_call(job->api->central->writer, run_count_force, job);
    if (rc < 0) {
        return rc == -EDQUOT ? -EAGAIN : rc;
    }
    job->token.forced_ms = now_ms(job->api);
    return fetch(job, true, out_answer);
}

static int renew(struct token_job *job, struct wechat_answer *out_answer)
{
    struct writer *writer = job->api->central->writer;
    int rc = writer_call(writer, run_claim, job);
    if (rc < 0) {
        return rc == -EBUSY ? -EAGAIN : rc;
    }
    rc = fetch(job, false, out_answer);
    if (rc == 0 && out_answer->error->act == WECHAT_DONE && job->stale && strcmp(job->token.text, job->stale) == 0) {
        rc = force(job, out_answer);
    }
    if (rc == 0 && out_answer->error->act == WECHAT_DONE) {
        return writer_call(writer, run_save, job);
    }
    int ended = writer_call(writer, run_unclaim, job);
    return rc ? rc : ended;
}

static int read_token(struct token_job *job)
{
    struct store_tx tx;
    int rc = store_read_begin(job->api->central->store, &tx);
    if (rc == 0) {
        rc = wechat_token_read(&tx, &job->keys, job->account->name, &job->token);
        store_read_end(&tx);
    }
    return rc;
}

int wechat_api_token(struct wechat_api *api, const struct wechat_account *account, const char *stale,
                     struct wechat_answer *out_answer, char *out_token, size_t cap)
{
    struct token_job job = {.api = api, .account = account, .stale = stale};
    *out_answer = (struct wechat_answer){.error = wechat_error_find(0)};
    int rc = wechat_work_keys(api->central, &job.keys);
    rc = rc ? rc : read_token(&job);
    int64_t left_ms = rc == 0 ? job.token.expires_ms - now_ms(api) : 0;
    bool usable = left_ms > 0 && !(stale && strcmp(job.token.text, stale) == 0);
    rc = rc == -ENOENT ? 0 : rc;
    if (rc == 0 && (!usable || left_ms < EARLY_MS)) {
        rc = renew(&job, out_answer);
        rc = rc == -EAGAIN && usable ? 0 : rc; /* somebody else renews it; this one still works */
    }
    if (rc == 0 && out_answer->error->act == WECHAT_DONE) {
        snprintf(out_token, cap, "%s", job.token.text);
    }
    channel_keys_finish(&job.keys);
    return rc;
}

/* ---- calls */

static int call_with(struct wechat_api *api, const struct wechat_call *call, const char *token,
                     struct wechat_answer *out_answer)
{
    char url[URL_MAX];
    char joint = strchr(call->path, '?') ? '&' : '?';
    if ((size_t)snprintf(url, sizeof(url), "%s/cgi-bin/%s%caccess_token=%s", call->account->api, call->path, joint,
                         token) >= sizeof(url)) {
        return -E2BIG;
    }
    return exchange(api, url, call->body, out_answer);
}

int wechat_api_call(struct wechat_api *api, const struct wechat_call *call, struct wechat_answer *out_answer)
{
    char token[WECHAT_TOKEN_CAP];
    *out_answer = (struct wechat_answer){.error = wechat_error_find(0)};
    if (!call->account->api[0]) {
        return -ENOENT;
    }
    int rc = wechat_api_token(api, call->account, NULL, out_answer, token, sizeof(token));
    if (rc < 0 || out_answer->error->act != WECHAT_DONE) {
        return rc;
    }
    rc = call_with(api, call, token, out_answer);
    if (rc < 0 || out_answer->error->act != WECHAT_TOKEN) {
        return rc;
    }
    char stale[WECHAT_TOKEN_CAP];
    memcpy(stale, token, sizeof(stale));
    rc = wechat_api_token(api, call->account, stale, out_answer, token, sizeof(token));
    if (rc < 0 || out_answer->error->act != WECHAT_DONE) {
        return rc;
    }
    return call_with(api, call, token, out_answer);
}

/* ---- a QR at the operator's word */

json_t *wechat_ticket_body(const struct wechat_ticket_order *order)
{
    json_t *scene = json_pack("{s:{s:s}}", "scene", "scene_str", order->scene);
    return order->expire_s ? json_pack("{s:i, s:s, s:o}", "expire_seconds", (int)order->expire_s, "action_name",
                                       "QR_STR_SCENE", "action_info", scene)
                           : json_pack("{s:s, s:o}", "action_name", "QR_LIMIT_STR_SCENE", "action_info", scene);
}

static int run_count_qr(void *arg, struct store_tx *tx)
{
    return outbox_count_call(tx, arg, "qrcode");
}

static int create(struct wechat_api *api, const struct wechat_call *call, char out_url[160],
                  char out_error[WECHAT_API_ERROR_MAX])
{
    struct wechat_answer answer;
    int rc = wechat_api_call(api, call, &answer);
    const char *text = rc == 0 ? json_string_value(json_object_get(answer.body, "url")) : NULL;
    snprintf(out_error, WECHAT_API_ERROR_MAX, "%s", answer.words);
    if (rc == 0 && (!text || strlen(text) >= 160)) {
        rc = -EREMOTEIO;
    }
    if (rc == 0) {
        memcpy(out_url, text, strlen(text) + 1);
    }
    json_decref(answer.body);
    return rc;
}

int wechat_api_create_qr(struct central *central, const struct wechat_account *account,
                         const struct wechat_ticket_order *order, char out_url[160],
                         char out_error[WECHAT_API_ERROR_MAX])
{
    struct wechat_api *api = NULL;
    out_error[0] = '\0';
    if (!account->api[0]) {
        return -ENOENT;
    }
    json_t *body = wechat_ticket_body(order);
    int rc = body ? writer_call(central->writer, run_count_qr, (void *)(uintptr_t)account->name) : -ENOMEM;
    rc = rc ? rc : wechat_api_open(central, &api);
    if (rc == 0) {
        rc = create(api, &(struct wechat_call){account, "qrcode/create", body}, out_url, out_error);
    }
    wechat_api_close(api);
    json_decref(body);
    return rc;
}
