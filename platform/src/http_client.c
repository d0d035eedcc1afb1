#include "platform/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT_MS_DEFAULT 5000

struct http_client {
    CURLM *multi;
    CURL *easy;
    char *user_agent;
    char *proxy;
    bool (*may_connect)(const struct sockaddr *address);
    bool kept_out; /* of the request that runs: an address was not allowed */
    atomic_bool cancelled;
    char message[CURL_ERROR_SIZE];
};

/* One exchange under way. */
struct transfer {
    const struct http_client_request *request;
    struct http_client_response *response;
    int body_error;
};

int http_client_open(const struct http_client_options *options, struct http_client **out_client)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) /* counted and safe from any thread since 7.84 */
        return -ENOMEM;
    struct http_client *client = calloc(1, sizeof(*client));
    if (!client) {
        curl_global_cleanup();
        return -ENOMEM;
    }
    client->user_agent = strdup(options->user_agent ? options->user_agent : "tillside/" TILLSIDE_VERSION);
    client->proxy = strdup(options->proxy ? options->proxy : "");
    client->may_connect = options->may_connect;
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (!client->user_agent || !client->proxy || !client->multi || !client->easy) {
        http_client_close(client);
        return -ENOMEM;
    }
    *out_client = client;
    return 0;
}

void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    free(client->proxy);
    free(client->user_agent);
    free(client);
    curl_global_cleanup();
}

void http_client_cancel(struct http_client *client)
{
    atomic_store(&client->cancelled, true);
    curl_multi_wakeup(client->multi);
}

const char *http_client_message(const struct http_client *client)
{
    return client->message;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    transfer->body_error = buffer_append(&transfer->response->body, data, size * count);
    return transfer->body_error ? 0 : size * count;
}

static void keep_header(struct transfer *transfer, const char *line, size_t name_len, size_t len)
{
    const char *value = line + name_len + 1;
    size_t value_len = len - name_len - 1;
    while (value_len > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        value_len--;
    }
    while (value_len > 0 && strchr(" \t\r\n", value[value_len - 1]))
        value_len--;
    for (size_t i = 0; i < HTTP_WANTED_MAX; i++) {
        const char *wanted = transfer->request->wanted[i];
        if (!wanted || strlen(wanted) != name_len || strncasecmp(wanted, line, name_len) != 0)
            continue;
        if (value_len < HTTP_WANTED_VALUE_CAP) {
            memcpy(transfer->response->wanted[i], value, value_len);
            transfer->response->wanted[i][value_len] = '\0';
        }
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    const char *colon = memchr(line, ':', len);
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) /* what came with an interim answer does not count */
        memset(transfer->response->wanted, 0, sizeof(transfer->response->wanted));
    else if (colon)
        keep_header(transfer, line, (size_t)(colon - line), len);
    return len;
}

static int append_header(struct curl_slist **headers, const char *name, const char *value)
{
    char *line = NULL;
    /* libcurl wants "Name;" for an empty value; "Name:" means none at all. */
    if (asprintf(&line, *value ? "%s: %s" : "%s;", name, value) < 0)
        return -ENOMEM;
    struct curl_slist *grown = curl_slist_append(*headers, line);
    free(line);
    if (!grown)
        return -ENOMEM;
    *headers = grown;
    return 0;
}

/* The caller's headers, and none of those that libcurl would add to them. */
static int make_headers(const struct http_client_request *request, struct curl_slist **out_headers)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    int error = headers ? 0 : -ENOMEM;
    bool typed = false;
    for (size_t i = 0; i < request->header_count && !error; i++) {
        typed = typed || strcasecmp(request->headers[i].name, "Content-Type") == 0;
        error = append_header(&headers, request->headers[i].name, request->headers[i].value);
    }
    if (!error && !typed) {
        struct curl_slist *grown = curl_slist_append(headers, "Content-Type:");
        headers = grown ? grown : headers;
        error = grown ? 0 : -ENOMEM;
    }
    if (error)
        curl_slist_free_all(headers);
    else
        *out_headers = headers;
    return error;
}

static void set_method(CURL *easy, const struct http_client_request *request)
{
    if (strcmp(request->method, "GET") == 0)
        return;
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data ? (const char *)request->body.data : "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_security(CURL *easy, const struct http_client_request *request)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!request->pin)
        return;
    /* The pin names the one key that counts; a self-signed certificate has no authority to ask. */
    curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, request->pin);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

/* libcurl asks for a socket when it knows the address: a name cannot lead elsewhere afterwards. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_client *client = context;
    (void)purpose;
    if (!client->may_connect(&address->addr)) {
        client->kept_out = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_up(struct http_client *client, struct transfer *transfer, struct curl_slist *headers)
{
    const struct http_client_request *request = transfer->request;
    CURL *easy = client->easy;
    int connect_ms = request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS_DEFAULT;
    curl_easy_reset(easy);
    client->message[0] = '\0';
    client->kept_out = false;
    if (client->may_connect) {
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, client);
    }
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->message);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
    curl_easy_setopt(easy, CURLOPT_PROXY, client->proxy);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* cancelling does not wait for a name server */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    set_method(easy, request);
    set_security(easy, request);
}

static int connect_errno(CURL *easy)
{
    long os_errno = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
    switch (os_errno) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
        return -EHOSTUNREACH;
    case ETIMEDOUT:
        return -ETIMEDOUT;
    default:
        return -ECONNREFUSED;
    }
}

/* On a kept connection that dies without a word libcurl tries once more on a new one; what then fails to connect was
 * sent all the same, and may have been done. */
static bool was_sent(CURL *easy)
{
    long bytes = 0;
    return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0;
}

static bool is_connecting(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_SSL_PINNEDPUBKEYNOTMATCH || code == CURLE_PEER_FAILED_VERIFICATION;
}

/* The one place where libcurl's codes become -errno. */
static int errno_of(CURLcode code, CURL *easy, const struct transfer *transfer)
{
    if (is_connecting(code) && was_sent(easy))
        return -ECONNRESET;
    switch ((int)code) {
    case CURLE_OK:
        return 0;
    case CURLE_WRITE_ERROR:
        return transfer->body_error ? transfer->body_error : -EPROTO;
    case CURLE_COULDNT_CONNECT:
        return connect_errno(easy);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return -EHOSTUNREACH;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_PEER_FAILED_VERIFICATION:
        return -EKEYREJECTED;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return -ECONNRESET;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return -EINVAL;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    default:
        return -EPROTO;
    }
}

static CURLcode finished_code(CURLM *multi)
{
    int left;
    for (CURLMsg *message = curl_multi_info_read(multi, &left); message; message = curl_multi_info_read(multi, &left))
        if (message->msg == CURLMSG_DONE)
            return message->data.result;
    return CURLE_FAILED_INIT;
}

static int run(struct http_client *client, struct transfer *transfer)
{
    int running = 1;
    if (curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        return -ENOMEM;
    int error = 0;
    while (running && !error) {
        if (atomic_exchange(&client->cancelled, false))
            error = -ECANCELED;
        else if (curl_multi_perform(client->multi, &running) != CURLM_OK ||
                 (running && curl_multi_poll(client->multi, NULL, 0, 1000, NULL) != CURLM_OK))
            error = -EPROTO;
    }
    if (!error) {
        CURLcode code = finished_code(client->multi);
        error = errno_of(code, client->easy, transfer);
        error = error == -ECONNREFUSED && client->kept_out ? -EACCES : error;
        if (!client->message[0])
            snprintf(client->message, sizeof(client->message), "%s", curl_easy_strerror(code));
    }
    curl_multi_remove_handle(client->multi, client->easy);
    return error;
}

int http_client_perform(struct http_client *client, const struct http_client_request *request,
                        struct http_client_response *response)
{
    assert(request->timeout_ms > 0);
    struct transfer transfer = {.request = request, .response = response};
    struct curl_slist *headers = NULL;
    long status = 0;
    /* A pin that plain HTTP would silently ignore. */
    if (request->pin && strncasecmp(request->url, "https://", 8) != 0)
        return -EINVAL;
    buffer_clear(&response->body);
    memset(response->wanted, 0, sizeof(response->wanted));
    int error = make_headers(request, &headers);
    if (error)
        return error;
    set_up(client, &transfer, headers);
    error = run(client, &transfer);
    if (!error || error == -E2BIG) {
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
        response->status = (int)status;
    }
    curl_easy_setopt(client->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    return error;
}
