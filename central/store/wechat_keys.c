#include "central/store/wechat_keys.h"

#include "platform/encoding.h"
#include "platform/file.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MASTER_LEN      32
#define HOUR_MS         INT64_C(3600000)
#define TICKET_HOUR_LEN 4
#define TICKET_MAC_LEN  16
#define TICKET_LEN      (8 + TICKET_HOUR_LEN + TICKET_MAC_LEN)

static void derive(const uint8_t master[MASTER_LEN], struct channel_keys *out)
{
    crypto_hmac_sha256(master, MASTER_LEN, "tillside channel seal", 21, out->seal);
    crypto_hmac_sha256(master, MASTER_LEN, "tillside channel index", 22, out->index);
    crypto_hmac_sha256(master, MASTER_LEN, "tillside channel link", 21, out->link);
}

static int make(const char *path, struct random *random, uint8_t out_master[MASTER_LEN])
{
    char text[HEX_CAP(MASTER_LEN)];
    random_fill(random, out_master, MASTER_LEN);
    hex_encode(out_master, MASTER_LEN, text, sizeof(text));
    int rc = file_write_atomic(path, text, strlen(text), 0600);
    sodium_memzero(text, sizeof(text));
    return rc;
}

static int load(const char *path, uint8_t out_master[MASTER_LEN])
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return -errno;
    }
    if (status.st_mode & 077) {
        return -EPERM;
    }
    struct buffer text;
    buffer_init(&text, 256);
    int rc = file_read(path, &text);
    size_t len = 0;
    rc = rc ? rc : hex_decode(buffer_text(&text), text.len, out_master, MASTER_LEN, &len);
    if (text.data) {
        sodium_memzero(text.data, text.len);
    }
    buffer_finish(&text);
    return rc == 0 && len == MASTER_LEN ? 0 : rc == -EACCES ? rc : -EBADMSG;
}

int channel_keys_load_or_make(const char *path, struct random *random, struct channel_keys *out_keys)
{
    uint8_t master[MASTER_LEN];
    int rc = load(path, master);
    rc = rc == -ENOENT ? make(path, random, master) : rc;
    if (rc == 0) {
        derive(master, out_keys);
    }
    sodium_memzero(master, sizeof(master));
    return rc;
}

void channel_keys_finish(struct channel_keys *keys)
{
    if (keys) {
        sodium_memzero(keys, sizeof(*keys));
    }
}

void channel_who(const struct channel_keys *keys, const char *account, const char *openid, uint8_t out_who[WHO_LEN])
{
    char text[256];
    uint8_t mac[HASH_LEN];
    int len = snprintf(text, sizeof(text), "%s/%s", account, openid);
    crypto_hmac_sha256(keys->index, sizeof(keys->index), text,
                       (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, mac);
    memcpy(out_who, mac, WHO_LEN);
}

_Static_assert(CHANNEL_SEALED_LEN(0) == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "sealed length");

void channel_seal(const struct channel_keys *keys, struct random *random, struct slice plain, uint8_t *out_sealed)
{
    random_fill(random, out_sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(out_sealed + crypto_secretbox_NONCEBYTES, plain.data, plain.len, out_sealed, keys->seal);
}

int channel_unseal(const struct channel_keys *keys, struct slice sealed, struct buffer *out_plain)
{
    if (sealed.len < CHANNEL_SEALED_LEN(0)) {
        return -EBADMSG;
    }
    size_t start = out_plain->len;
    size_t len = sealed.len - crypto_secretbox_NONCEBYTES;
    int rc = buffer_append(out_plain, sealed.data + crypto_secretbox_NONCEBYTES, len);
    if (rc < 0) {
        return rc;
    }
    uint8_t *place = out_plain->data + start;
    if (crypto_secretbox_open_easy(place, place, len, sealed.data, keys->seal) != 0) {
        out_plain->len = start;
        place[0] = '\0';
        return -EBADMSG;
    }
    out_plain->len = start + len - crypto_secretbox_MACBYTES;
    out_plain->data[out_plain->len] = '\0';
    return 0;
}

static void put_number(uint8_t *out, uint64_t number, int len)
{
    for (int i = 0; i < len; i++) {
        out[i] = (uint8_t)(number >> (8 * (len - 1 - i)));
    }
}

static uint64_t get_number(const uint8_t *bytes, int len)
{
    uint64_t number = 0;
    for (int i = 0; i < len; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

static void fill_ticket(const struct channel_keys *keys, uint64_t identity, uint64_t hour, uint8_t out[TICKET_LEN])
{
    uint8_t mac[HASH_LEN];
    put_number(out, identity, 8);
    put_number(out + 8, hour, TICKET_HOUR_LEN);
    crypto_hmac_sha256(keys->link, sizeof(keys->link), out, 8 + TICKET_HOUR_LEN, mac);
    memcpy(out + 8 + TICKET_HOUR_LEN, mac, TICKET_MAC_LEN);
}

void channel_ticket_make(const struct channel_keys *keys, uint64_t identity, int64_t now_ms,
                         char out_ticket[PAGE_TICKET_CAP])
{
    uint8_t bytes[TICKET_LEN];
    fill_ticket(keys, identity, (uint64_t)(now_ms / HOUR_MS), bytes);
    base64url_encode(bytes, sizeof(bytes), out_ticket, PAGE_TICKET_CAP);
}

int channel_ticket_open(const struct channel_keys *keys, const char *ticket, int64_t since_ms, uint64_t *out_identity)
{
    uint8_t bytes[TICKET_LEN], right[TICKET_LEN];
    size_t len = 0;
    if (base64url_decode(ticket, strlen(ticket), bytes, sizeof(bytes), &len) < 0 || len != sizeof(bytes)) {
        return -EBADMSG;
    }
    uint64_t identity = get_number(bytes, 8), hour = get_number(bytes + 8, TICKET_HOUR_LEN);
    fill_ticket(keys, identity, hour, right);
    if (!crypto_equal(bytes, right, sizeof(bytes))) {
        return -EBADMSG;
    }
    if ((int64_t)hour < since_ms / HOUR_MS) {
        return -ESTALE;
    }
    *out_identity = identity;
    return 0;
}
