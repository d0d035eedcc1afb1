#include "lan_internal.h"

#include "platform/encoding.h"
#include "platform/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKEW_WORTH_MS 1000

/* What is needed to reach a peer, copied out so that no lock is held while the network waits. */
struct route {
    char url[sizeof("https://") + FEED_ADDRESS_MAX];
    uint8_t pin[HASH_LEN];
    int64_t skew_ms;
    uint32_t self;
    struct key_pair key;
};

bool lan_never_sent(int error)
{
    return error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETDOWN || error == -ENETUNREACH ||
           error == -EDESTADDRREQ || error == -EKEYREJECTED;
}

static int route_to(struct lan *lan, uint32_t terminal, struct route *out)
{
    struct lan_peer *peer;
    int r = -EDESTADDRREQ;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    if (peer != NULL && peer->address[0] != '\0' && lan->has_key) {
        snprintf(out->url, sizeof(out->url), "https://%s", peer->address);
        tls_ed25519_pin(peer->info.public_key, out->pin);
        out->skew_ms = peer->skew_ms;
        out->self = lan->store.terminal;
        out->key = lan->key;
        r = 0;
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return r;
}

static int sign(struct lan *lan, const struct lan_call *call, const struct route *route,
                struct signature_headers *out_headers)
{
    const struct signature_message message = {"POST", call->path, call->body};
    struct signature_params params = {.created_s = (clock_wall_ms(lan->options.clock) + route->skew_ms) / 1000,
                                      .tag = LAN_TAG};
    uint64_t nonce[2] = {lan_random(lan), lan_random(lan)};

    if (params.created_s < 0)
        params.created_s = 0;
    base64url_encode(nonce, sizeof(nonce), params.nonce, sizeof(params.nonce));
    snprintf(params.key_id, sizeof(params.key_id), "t%u", (unsigned)route->self);
    return signature_sign(&message, &params, &route->key, out_headers);
}

static int send_once(struct lan *lan, const struct lan_call *call, const struct route *route,
                     struct sync_response *response)
{
    const struct sync_transport *transport = call->transport;
    struct signature_headers headers;
    struct sync_request request = {.method = "POST",
                                   .path = call->path,
                                   .body = call->body,
                                   .compressed = call->compressed,
                                   .timeout_ms = call->timeout_ms};
    int r = sign(lan, call, route, &headers);

    if (r < 0)
        return r;
    request.signature_input = headers.signature_input;
    request.signature = headers.signature;
    request.content_digest = headers.content_digest;
    response->status = 0;
    response->server_ms = 0;
    response->retry_after_s = 0;
    response->len = 0;
    transport->ops->target(transport->self, route->url, route->pin);
    return transport->ops->exchange(transport->self, &request, response);
}

/* How far the peer's clock is from ours: it judges signatures by its own. */
static int64_t learn_skew(struct lan *lan, uint32_t terminal, uint64_t server_ms, int64_t known_ms)
{
    int64_t skew_ms = known_ms;
    struct lan_peer *peer;

    if (server_ms == 0 || server_ms > INT64_MAX / 2)
        return known_ms;
    skew_ms = (int64_t)server_ms - clock_wall_ms(lan->options.clock);
    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, terminal);
    if (peer != NULL)
        peer->skew_ms = skew_ms;
    pthread_mutex_unlock(&lan->loops.mutex);
    return skew_ms;
}

int lan_send(struct lan *lan, const struct lan_call *call, struct sync_response *response)
{
    struct route route;
    int r = route_to(lan, call->peer, &route);

    if (r < 0)
        return r;
    r = send_once(lan, call, &route, response);
    if (r == 0) {
        int64_t skew_ms = learn_skew(lan, call->peer, response->server_ms, route.skew_ms);
        bool again = response->status == 401 && llabs(skew_ms - route.skew_ms) > SKEW_WORTH_MS;
        route.skew_ms = skew_ms;
        if (again)
            r = send_once(lan, call, &route, response);
    }
    key_pair_finish(&route.key);
    return r;
}
