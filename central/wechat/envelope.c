#include "central/wechat/envelope.h"

#include "domain/crypto.h"
#include "platform/encoding.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK      32 /* of the padding, a multiple of AES's own */
#define LENGTH_LEN 4
#define HEAD_LEN   (ENVELOPE_RANDOM_LEN + LENGTH_LEN)

int envelope_key_parse(const char *text, const char *appid, struct envelope_key *out_key)
{
    unsigned char padded[ENVELOPE_KEY_TEXT_LEN + 1], bytes[33];
    if (strlen(text) != ENVELOPE_KEY_TEXT_LEN || !appid[0]) {
        return -EBADMSG;
    }
    memcpy(padded, text, ENVELOPE_KEY_TEXT_LEN);
    padded[ENVELOPE_KEY_TEXT_LEN] = '=';
    /* OpenSSL passes over blanks at the ends, which would shorten the key. */
    if (strpbrk(text, " \t\r\n=") || EVP_DecodeBlock(bytes, padded, sizeof(padded)) != sizeof(bytes)) {
        return -EBADMSG;
    }
    memcpy(out_key->key, bytes, sizeof(out_key->key));
    out_key->appid = appid;
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse(padded, sizeof(padded));
    return 0;
}

void envelope_key_finish(struct envelope_key *key)
{
    if (key) {
        OPENSSL_cleanse(key, sizeof(*key));
    }
}

/* In place: len is a multiple of the block. */
static int crypt(const struct envelope_key *key, bool seal, uint8_t *data, size_t len)
{
    int done = 0, rest = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool ok = cipher && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->key, key->key, seal) == 1 &&
              EVP_CIPHER_CTX_set_padding(cipher, 0) == 1 &&
              EVP_CipherUpdate(cipher, data, &done, data, (int)len) == 1 &&
              EVP_CipherFinal_ex(cipher, data + done, &rest) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return ok ? 0 : -ENOMEM;
}

static uint32_t read_length(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The message within what was decrypted. Every byte of the padding, the length and the AppID have to be right. */
static int find_message(const struct envelope_key *key, struct slice plain, struct slice *out_message)
{
    size_t appid_len = strlen(key->appid);
    uint8_t pad = plain.data[plain.len - 1];
    if (pad < 1 || pad > BLOCK || plain.len < HEAD_LEN + appid_len + pad) {
        return -EBADMSG;
    }
    for (size_t i = 1; i <= pad; i++) {
        if (plain.data[plain.len - i] != pad) {
            return -EBADMSG;
        }
    }
    size_t room = plain.len - HEAD_LEN - appid_len - pad;
    if (read_length(plain.data + ENVELOPE_RANDOM_LEN) != room ||
        !crypto_equal(plain.data + HEAD_LEN + room, key->appid, appid_len)) {
        return -EBADMSG;
    }
    *out_message = (struct slice){plain.data + HEAD_LEN, room};
    return 0;
}

int envelope_open(const struct envelope_key *key, const char *encrypted, struct buffer *out_message)
{
    size_t text_len = strlen(encrypted), len = 0;
    if (text_len < 4 || text_len % 4 != 0 || text_len > INT32_MAX / 2) {
        return -EBADMSG;
    }
    uint8_t *data = malloc(text_len / 4 * 3);
    if (!data) {
        return -ENOMEM;
    }
    struct slice message;
    int rc = base64_decode(encrypted, text_len, data, text_len / 4 * 3, &len);
    if (rc == 0 && (len == 0 || len % BLOCK != 0)) {
        rc = -EBADMSG;
    }
    rc = rc ? rc : crypt(key, false, data, len);
    rc = rc ? rc : find_message(key, (struct slice){data, len}, &message);
    rc = rc ? rc : buffer_append(out_message, message.data, message.len);
    free(data);
    return rc;
}

static void fill_plain(const struct envelope_key *key, const uint8_t *random, struct slice message, uint8_t *out)
{
    size_t appid_len = strlen(key->appid);
    memcpy(out, random, ENVELOPE_RANDOM_LEN);
    for (int i = 0; i < LENGTH_LEN; i++) {
        out[ENVELOPE_RANDOM_LEN + i] = (uint8_t)(message.len >> (24 - 8 * i));
    }
    if (message.len > 0) {
        memcpy(out + HEAD_LEN, message.data, message.len);
    }
    memcpy(out + HEAD_LEN + message.len, key->appid, appid_len);
}

int envelope_seal(const struct envelope_key *key, const uint8_t random[ENVELOPE_RANDOM_LEN], struct slice message,
                  struct buffer *out_encrypted)
{
    size_t len = HEAD_LEN + message.len + strlen(key->appid), pad = BLOCK - len % BLOCK;
    size_t cap = BASE64_CAP(len + pad);
    uint8_t *plain = malloc(len + pad);
    char *text = malloc(cap);
    int rc = plain && text ? 0 : -ENOMEM;
    if (rc == 0) {
        fill_plain(key, random, message, plain);
        memset(plain + len, (int)pad, pad);
        rc = crypt(key, true, plain, len + pad);
    }
    if (rc == 0) {
        base64_encode(plain, len + pad, text, cap);
        rc = buffer_append_text(out_encrypted, text);
    }
    free(text);
    free(plain);
    return rc;
}
