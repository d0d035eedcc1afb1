#include "central/webhook/address.h"

#include "central/store/webhook.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

bool webhook_url_allowed(const char *url, bool anywhere)
{
    bool secure = strncasecmp(url, "https://", 8) == 0, plain = strncasecmp(url, "http://", 7) == 0;
    if (strlen(url) >= WEBHOOK_URL_MAX || (!secure && !(plain && anywhere))) {
        return false;
    }
    const char *host = url + (secure ? 8 : 7);
    size_t len = strcspn(host, "/?");
    for (const char *c = url; *c; c++) {
        if (*c <= ' ' || *c > '~' || *c == '#' || *c == '\\' || *c == '"') {
            return false;
        }
    }
    return len > 0 && !memchr(host, '@', len);
}

struct block4 {
    uint32_t network;
    unsigned bits;
};

static bool in_block4(uint32_t address, struct block4 block)
{
    uint32_t mask = UINT32_MAX << (32 - block.bits);
    return (address & mask) == block.network;
}

/* IANA's registry of special-purpose addresses, as far as it is not globally reachable, and multicast. */
static bool is_public4(uint32_t address)
{
    static const struct block4 blocks[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
        {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        if (in_block4(address, blocks[i])) {
            return false;
        }
    }
    return true;
}

static uint32_t number4(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only what is given out (2000::/3) and carries no IPv4 address in it; the documentation block is in there. */
static bool is_public6(const uint8_t a[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(a, mapped, sizeof(mapped)) == 0) {
        return is_public4(number4(a + 12));
    }
    if ((a[0] & 0xe0) != 0x20) {
        return false;
    }
    bool relay = a[0] == 0x20 && a[1] == 0x02;                         /* 2002::/16, 6to4 */
    bool special = a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xfe) == 0; /* 2001::/23, Teredo among them */
    bool written = a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8;
    bool written_too = a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0; /* 3fff::/20 */
    return !relay && !special && !written && !written_too;
}

bool webhook_address_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}
