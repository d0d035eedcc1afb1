#include <assert.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../backends.h"

struct network_link {
    struct network base;
    int netlink;
    char interface[HAL_NAME_MAX]; /* "" for any but the loopback */
};

static bool counts(const struct network_link *link, const struct ifaddrs *at)
{
    unsigned needed = IFF_UP | IFF_RUNNING;
    bool wanted = link->interface[0] ? strcmp(at->ifa_name, link->interface) == 0 : !(at->ifa_flags & IFF_LOOPBACK);

    return wanted && (at->ifa_flags & needed) == needed && at->ifa_addr &&
           (at->ifa_addr->sa_family == AF_INET || at->ifa_addr->sa_family == AF_INET6);
}

static bool is_link_local(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static void describe(const struct ifaddrs *at, struct network_state *out_state)
{
    socklen_t size = at->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    out_state->up = true;
    snprintf(out_state->interface, sizeof(out_state->interface), "%s", at->ifa_name);
    if (getnameinfo(at->ifa_addr, size, out_state->address, sizeof(out_state->address), NULL, 0, NI_NUMERICHOST) != 0) {
        out_state->address[0] = '\0';
    }
}

/* News only say "look again"; what they say is not worth trusting when the queue overflowed. */
static void forget_news(const struct network_link *link)
{
    char news[4096];
    ssize_t n;

    do {
        n = recv(link->netlink, news, sizeof(news), MSG_DONTWAIT);
    } while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
}

static int link_state(struct network *network, struct network_state *out_state)
{
    struct network_link *link = (struct network_link *)network;
    struct network_state state = {.up = false};
    struct ifaddrs *all;

    forget_news(link);
    if (getifaddrs(&all) < 0) {
        return -errno;
    }
    for (const struct ifaddrs *at = all; at && !state.up; at = at->ifa_next) {
        if (counts(link, at) && !is_link_local(at->ifa_addr)) {
            describe(at, &state);
        }
    }
    freeifaddrs(all);
    *out_state = state;
    return 0;
}

static int link_fd(const struct network *network)
{
    return ((const struct network_link *)network)->netlink;
}

static void link_close(struct network *network)
{
    struct network_link *link = (struct network_link *)network;

    if (link->netlink >= 0) {
        close(link->netlink);
    }
    free(link);
}

static const struct network_ops link_ops = {.state = link_state, .fd = link_fd, .close = link_close};

int network_link_open(const struct network_spec *spec, struct hal_context *context, struct network **out_device)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    struct network_link *link = calloc(1, sizeof(*link));
    int error = 0;

    if (!link) {
        return -ENOMEM;
    }
    link->base.ops = &link_ops;
    snprintf(link->interface, sizeof(link->interface), "%.*s", HAL_NAME_MAX - 1, spec->device);
    link->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (link->netlink < 0 || bind(link->netlink, (struct sockaddr *)&address, sizeof(address)) < 0) {
        error = -errno;
        hal_context_reason(context, "network: no link news from the kernel: %s", strerror(-error));
        link_close(&link->base);
        return error;
    }
    *out_device = &link->base;
    return 0;
}
