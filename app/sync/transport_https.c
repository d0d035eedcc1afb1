#include "sync/sync.h"

#include "platform/encoding.h"
#include "platform/http_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS    5 /* one each for upload, feed, ask and the device's service, and one to spare */
#define PIN_PREFIX "sha256//"

enum wanted { WANTED_TIME, WANTED_RETRY_AFTER };

struct https {
    pthread_mutex_t mutex; /* everything but the clients' own state */
    pthread_cond_t freed;
    struct http_client *clients[CLIENTS];
    bool busy[CLIENTS];
    char url[ENROL_URL_MAX];
    char pin[sizeof(PIN_PREFIX) + BASE64_CAP(HASH_LEN)];
};

static int take_client(struct https *https, const char *path, char *out_url, size_t cap)
{
    int index = -1;

    pthread_mutex_lock(&https->mutex);
    while (index < 0) {
        for (int i = 0; i < CLIENTS && index < 0; i++)
            index = https->busy[i] ? -1 : i;
        if (index < 0)
            pthread_cond_wait(&https->freed, &https->mutex);
    }
    https->busy[index] = true;
    snprintf(out_url, cap, "%s%s", https->url, path);
    pthread_mutex_unlock(&https->mutex);
    return index;
}

static void give_client(struct https *https, int index)
{
    pthread_mutex_lock(&https->mutex);
    https->busy[index] = false;
    pthread_cond_signal(&https->freed);
    pthread_mutex_unlock(&https->mutex);
}

static size_t fill_headers(const struct sync_request *request, struct http_header *headers)
{
    size_t count = 0;

    headers[count++] = (struct http_header){"Accept", "application/cbor"};
    if (request->body.len > 0)
        headers[count++] = (struct http_header){"Content-Type", "application/cbor"};
    if (request->range != NULL)
        headers[count++] = (struct http_header){"Range", request->range};
    if (request->compressed)
        headers[count++] = (struct http_header){"Content-Encoding", "zstd"};
    if (request->signature != NULL) {
        headers[count++] = (struct http_header){"Content-Digest", request->content_digest};
        headers[count++] = (struct http_header){"Signature-Input", request->signature_input};
        headers[count++] = (struct http_header){"Signature", request->signature};
    }
    return count;
}

static void read_response(const struct http_client_response *answer, struct sync_response *response)
{
    long retry_after_s = strtol(answer->wanted[WANTED_RETRY_AFTER], NULL, 10);

    response->status = answer->status;
    response->server_ms = strtoull(answer->wanted[WANTED_TIME], NULL, 10);
    response->retry_after_s = retry_after_s > 0 && retry_after_s <= 3600 ? (int)retry_after_s : 0;
    response->len = answer->body.len;
    if (answer->body.len > 0)
        memcpy(response->body, answer->body.data, answer->body.len);
}

static int https_exchange(void *self, const struct sync_request *request, struct sync_response *response)
{
    struct https *https = self;
    struct http_client_response answer;
    struct http_header headers[7];
    char url[ENROL_URL_MAX + 128];
    int index = take_client(https, request->path, url, sizeof(url));
    struct http_client_request wire = {.method = request->method,
                                       .url = url,
                                       .headers = headers,
                                       .header_count = fill_headers(request, headers),
                                       .body = request->body,
                                       .pin = https->pin,
                                       .timeout_ms = request->timeout_ms,
                                       .wanted = {"Tillside-Time", "Retry-After"}};
    int r = url[0] == '/' ? -EDESTADDRREQ : 0;

    buffer_init(&answer.body, response->cap);
    if (r == 0)
        r = http_client_perform(https->clients[index], &wire, &answer);
    if (r == 0)
        read_response(&answer, response);
    buffer_finish(&answer.body);
    give_client(https, index);
    return r;
}

static void https_target(void *self, const char *url, const uint8_t pin[HASH_LEN])
{
    struct https *https = self;

    pthread_mutex_lock(&https->mutex);
    snprintf(https->url, sizeof(https->url), "%s", url);
    memcpy(https->pin, PIN_PREFIX, sizeof(PIN_PREFIX) - 1);
    base64_encode(pin, HASH_LEN, https->pin + sizeof(PIN_PREFIX) - 1, sizeof(https->pin) - sizeof(PIN_PREFIX) + 1);
    pthread_mutex_unlock(&https->mutex);
}

/* Only those at work: an idle one would refuse its next request instead. */
static void https_cancel(void *self)
{
    struct https *https = self;

    pthread_mutex_lock(&https->mutex);
    for (int i = 0; i < CLIENTS; i++) {
        if (https->busy[i])
            http_client_cancel(https->clients[i]);
    }
    pthread_mutex_unlock(&https->mutex);
}

static void https_close(void *self)
{
    struct https *https = self;

    for (int i = 0; i < CLIENTS; i++)
        http_client_close(https->clients[i]);
    pthread_cond_destroy(&https->freed);
    pthread_mutex_destroy(&https->mutex);
    free(https);
}

int sync_transport_https(struct sync_transport *out_transport)
{
    static const struct sync_transport_ops ops = {https_exchange, https_target, https_cancel, https_close};
    static const struct http_client_options options;
    struct https *https = calloc(1, sizeof(*https));
    int r = 0;

    if (https == NULL)
        return -ENOMEM;
    pthread_mutex_init(&https->mutex, NULL);
    pthread_cond_init(&https->freed, NULL);
    for (int i = 0; i < CLIENTS && r == 0; i++)
        r = http_client_open(&options, &https->clients[i]);
    if (r < 0) {
        https_close(https);
        return r;
    }
    *out_transport = (struct sync_transport){&ops, https};
    return 0;
}
