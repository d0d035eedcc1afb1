#include "central/wechat/api.h"

#include "platform/http_client.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 8192
#define TIMEOUT_MS 10000
#define URL_MAX    1024

/* Posts *body* (its reference is taken) and parses the answer; an errcode other than 0 is -EREMOTEIO. */
static int call(struct http_client *client, const char *url, json_t *body, json_t **out_answer,
                char out_error[WECHAT_API_ERROR_MAX])
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text) {
        return -ENOMEM;
    }
    struct http_header header = {"Content-Type", "application/json; charset=utf-8"};
    struct http_client_request request = {.method = "POST",
                                          .url = url,
                                          .headers = &header,
                                          .header_count = 1,
                                          .body = {(const uint8_t *)text, strlen(text)},
                                          .timeout_ms = TIMEOUT_MS};
    struct http_client_response response;
    buffer_init(&response.body, ANSWER_MAX);
    int rc = http_client_perform(client, &request, &response);
    json_t *answer = rc == 0 ? json_loads(buffer_text(&response.body), 0, NULL) : NULL;
    if (rc == 0 && (response.status != 200 || !json_is_object(answer))) {
        snprintf(out_error, WECHAT_API_ERROR_MAX, "answer %d is not what the platform sends", response.status);
        rc = -EREMOTEIO;
    } else if (rc == 0 && json_integer_value(json_object_get(answer, "errcode")) != 0) {
        const char *words = json_string_value(json_object_get(answer, "errmsg"));
        snprintf(out_error, WECHAT_API_ERROR_MAX, "errcode %d: %s",
                 (int)json_integer_value(json_object_get(answer, "errcode")), words ? words : "");
        rc = -EREMOTEIO;
    }
    if (rc == 0) {
        *out_answer = answer;
    } else {
        json_decref(answer);
    }
    buffer_finish(&response.body);
    free(text);
    return rc;
}

static int fetch_token(struct http_client *client, const struct wechat_account *account, char *out_token, size_t cap,
                       char out_error[WECHAT_API_ERROR_MAX])
{
    char url[URL_MAX];
    json_t *answer = NULL;
    snprintf(url, sizeof(url), "%s/cgi-bin/stable_token", account->api);
    json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "grant_type", "client_credential", "appid", account->appid,
                             "secret", account->secret, "force_refresh", 0);
    int rc = call(client, url, body, &answer, out_error);
    const char *token = rc == 0 ? json_string_value(json_object_get(answer, "access_token")) : NULL;
    if (rc == 0 && (!token || strlen(token) >= cap)) {
        snprintf(out_error, WECHAT_API_ERROR_MAX, "no access token in the answer");
        rc = -EREMOTEIO;
    }
    if (rc == 0) {
        memcpy(out_token, token, strlen(token) + 1);
    }
    json_decref(answer);
    return rc;
}

static json_t *order_body(const struct wechat_ticket_order *order)
{
    json_t *scene = json_pack("{s:{s:s}}", "scene", "scene_str", order->scene);
    return order->expire_s ? json_pack("{s:i, s:s, s:o}", "expire_seconds", (int)order->expire_s, "action_name",
                                       "QR_STR_SCENE", "action_info", scene)
                           : json_pack("{s:s, s:o}", "action_name", "QR_LIMIT_STR_SCENE", "action_info", scene);
}

static int create(struct http_client *client, const struct wechat_account *account,
                  const struct wechat_ticket_order *order, char out_url[160], char out_error[WECHAT_API_ERROR_MAX])
{
    char token[600], url[URL_MAX];
    json_t *answer = NULL;
    int rc = fetch_token(client, account, token, sizeof(token), out_error);
    if (rc < 0) {
        return rc;
    }
    snprintf(url, sizeof(url), "%s/cgi-bin/qrcode/create?access_token=%s", account->api, token);
    rc = call(client, url, order_body(order), &answer, out_error);
    const char *text = rc == 0 ? json_string_value(json_object_get(answer, "url")) : NULL;
    if (rc == 0 && (!text || strlen(text) >= 160)) {
        snprintf(out_error, WECHAT_API_ERROR_MAX, "no url in the answer");
        rc = -EREMOTEIO;
    }
    if (rc == 0) {
        memcpy(out_url, text, strlen(text) + 1);
    }
    json_decref(answer);
    return rc;
}

int wechat_api_create_qr(const struct wechat_account *account, const struct wechat_ticket_order *order,
                         char out_url[160], char out_error[WECHAT_API_ERROR_MAX])
{
    struct http_client *client = NULL;
    out_error[0] = '\0';
    if (!account->api[0]) {
        return -ENOENT;
    }
    int rc = http_client_open(&(struct http_client_options){0}, &client);
    if (rc < 0) {
        return rc;
    }
    rc = create(client, account, order, out_url, out_error);
    if (rc < 0 && !out_error[0]) {
        snprintf(out_error, WECHAT_API_ERROR_MAX, "%s", http_client_message(client));
    }
    http_client_close(client);
    return rc;
}
