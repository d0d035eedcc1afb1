#include "lan_internal.h"

#include "platform/http_server.h"
#include "platform/tls.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define LISTEN_THREADS 8 /* an act may hold one of them for LAN_ACT_WAIT_MS */

static void on_request(struct http_request *http, void *context)
{
    struct lan *lan = context;
    bool doubled = http_request_header_count(http, "Signature") > 1 ||
                   http_request_header_count(http, "Signature-Input") > 1 ||
                   http_request_header_count(http, "Content-Digest") > 1;
    const struct lan_request request = {.path = http_request_target(http),
                                        .body = http_request_body(http),
                                        .signature_input = http_request_header(http, "Signature-Input"),
                                        .signature = doubled ? NULL : http_request_header(http, "Signature"),
                                        .content_digest = http_request_header(http, "Content-Digest")};
    uint8_t body[LAN_ANSWER_MAX];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    char time[24];

    lan_handle(lan, &request, &response);
    snprintf(time, sizeof(time), "%llu", (unsigned long long)response.server_ms);
    const struct http_header headers[] = {{"Tillside-Time", time}};
    const struct http_reply reply = {.status = response.status,
                                     .content_type = "application/cbor",
                                     .body = {response.body, response.len},
                                     .headers = headers,
                                     .header_count = ARRAY_LEN(headers)};
    http_request_answer(http, &reply);
}

/* Where others find a listener on every address: the first address that is not the machine's own loop. */
static bool find_host(char out[INET_ADDRSTRLEN])
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *i = list; i != NULL && !found; i = i->ifa_next) {
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) != 0 ||
            (i->ifa_flags & IFF_UP) == 0)
            continue;
        const struct sockaddr_in *address = (const void *)i->ifa_addr;
        found = inet_ntop(AF_INET, &address->sin_addr, out, INET_ADDRSTRLEN) != NULL;
    }
    freeifaddrs(list);
    return found;
}

/* Looked at again and again: a device changes networks. */
static void learn_address(struct lan *lan)
{
    char host[INET_ADDRSTRLEN] = "", address[FEED_ADDRESS_MAX] = "";
    const char *listen = lan->options.listen_address;

    if (lan->server != NULL) {
        if (strcmp(listen, "0.0.0.0") == 0 && find_host(host))
            listen = host;
        snprintf(address, sizeof(address), "%s:%u", listen, http_server_port(lan->server));
    }
    pthread_mutex_lock(&lan->loops.mutex);
    memcpy(lan->address, address, sizeof(address));
    pthread_mutex_unlock(&lan->loops.mutex);
}

static int open_server(struct lan *lan, const struct key_pair *key)
{
    static const struct http_route routes[] = {
        {"POST", LAN_PATH_HELLO, on_request, LAN_ACT_MAX},
        {"POST", LAN_PATH_JOURNAL, on_request, BATCH_BYTES_MAX + (BATCH_BYTES_MAX >> 4)},
        {"POST", LAN_PATH_ACT, on_request, LAN_ACT_MAX},
    };
    struct http_server_options options = {.address = lan->options.listen_address,
                                          .port = lan->options.listen_port,
                                          .threads = LISTEN_THREADS,
                                          .max_connections = 64,
                                          .routes = routes,
                                          .route_count = ARRAY_LEN(routes),
                                          .context = lan};
    struct tls_identity identity;
    int r = tls_identity_from_ed25519(key->secret_key, "tillside-terminal", &identity);

    if (r < 0)
        return r;
    options.tls = &identity;
    r = http_server_open(&options, &lan->server);
    tls_identity_finish(&identity);
    return r;
}

/* A port is open only where there is somebody to talk to. */
void lan_listen(struct lan *lan)
{
    struct key_pair key;
    bool wanted;

    if (lan->options.listen_address == NULL)
        return;
    pthread_mutex_lock(&lan->loops.mutex);
    wanted = lan->has_key && lan->store.enrolled && lan->peer_count > 0;
    key = lan->key;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (lan->server != NULL && (!wanted || memcmp(lan->server_key, key.public_key, PUBLIC_KEY_LEN) != 0)) {
        http_server_close(lan->server);
        lan->server = NULL;
    }
    if (lan->server == NULL && wanted) {
        int r = open_server(lan, &key);
        memcpy(lan->server_key, key.public_key, PUBLIC_KEY_LEN);
        lan_note_failure(lan, "listen", r, 0);
    }
    key_pair_finish(&key);
    learn_address(lan);
}
